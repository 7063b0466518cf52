/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * restored-facts: which processes criu has made, and what each of them is, as the host's /proc says it.
 *
 * Not for: what they may be (plan/restored.h).
 */
#ifndef OCIRT_CONTAINER_RESTORED_FACTS_H
#define OCIRT_CONTAINER_RESTORED_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "container/restored.h"
#include "plan/restored.h"

struct restored_pids { /* in the arena of the job */
	pid_t *items;
	size_t count;
};

/* Every process in the container's cgroups, in its own pid namespace and below its first process, but for criu. */
ERR_CHECK int restored_find(
	const struct restored_job *job, struct restored_pids *ret, struct err *err);
/* The threads of one, each of which has credentials and filters of its own; none of one that is gone, unless it is
 * the first. */
ERR_CHECK int restored_find_threads(
	const struct restored_job *job, pid_t process, struct restored_pids *ret, struct err *err);

/* Whether an error of what follows is that the thread has ended. */
bool restored_is_gone(const struct err *err);

/* What /proc/PID/status says of a thread. */
ERR_CHECK int restored_status(
	const struct restored_job *job, pid_t tid, struct restored *ret, struct err *err);
/* All that is compared; of one that has ended its state alone. */
ERR_CHECK int restored_read(const struct restored_job *job, const struct restored_host *host,
	pid_t tid, struct restored *ret, struct err *err);

/* What they are measured by. */
ERR_CHECK int restored_read_host(
	const struct restored_job *job, struct restored_host *ret, struct err *err);

#endif
