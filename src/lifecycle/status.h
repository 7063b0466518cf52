/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status: what a container is now, which the kernel is asked for each time. What was written about it is
 * lifecycle/record.h.
 */
#ifndef OCIRT_LIFECYCLE_STATUS_H
#define OCIRT_LIFECYCLE_STATUS_H

#include <stdint.h>

#include "base/err.h"

struct record;
struct state_dir;

enum status { STATUS_CREATING, STATUS_CREATED, STATUS_RUNNING, STATUS_PAUSED, STATUS_STOPPED };
const char *status_name(enum status status);

/* The identity of our pid namespace, for the record. */
ERR_CHECK int status_pid_namespace(int procfs, uint64_t *ret, struct err *err);

/* This boot and this pid namespace, which records are compared with. `list` asks once. */
struct status_host {
	char boot_id[37];
	uint64_t pid_namespace;
};
ERR_CHECK int status_host_read(int procfs, struct status_host *ret, struct err *err);

/* What the container is now. host: NULL to have it read. Of dir its id and either fd is enough.
 * *ret_pidfd (may be NULL) gets a pidfd of its init, or -1 when it has ended. PAUSED is what the cgroup
 * says, whoever froze it. ERR_STATE where the record is of another pid namespace, whose numbers mean
 * nothing here. */
ERR_CHECK int status_of(int procfs, const struct status_host *host, const struct state_dir *dir,
	const struct record *record, enum status *ret, int *ret_pidfd, struct err *err);

#endif
