/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * foreground: what run and restore do while their container runs: they stay, forward signals and the
 * terminal, and delete the container when it has ended; detached, they leave at once.
 */
#ifndef OCIRT_LIFECYCLE_FOREGROUND_H
#define OCIRT_LIFECYCLE_FOREGROUND_H

#include "base/err.h"
#include "lifecycle/container.h"

/* Before the container is made, so that no orphan is missed. */
ERR_CHECK int foreground_begin(const struct create_options *options, struct err *err);

/* Relays what the container says of itself (container/notify.h), and lets others have its lock.
 * Returns 0 with the exit status of the container's first process, 0 when detached. */
ERR_CHECK int foreground_wait(const struct create_options *options, struct container *container,
	int *ret_status, struct err *err);

#endif
