/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ptrace: stops a thread where it is, for what its tracer alone may read: the seccomp filters that it is under.
 * As long as it is held it dies with the caller. It does not notice that it was. Follows ptrace(2).
 */
#ifndef OCIRT_KERNEL_PTRACE_H
#define OCIRT_KERNEL_PTRACE_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct arena;

/* Asks it to stop, also one that a freezer holds: it does as soon as it is thawed, before it runs. err->num is
 * ESRCH where there is none, EPERM where it has another tracer. */
ERR_CHECK int ptrace_hold(pid_t tid, struct err *err);

/* Returns when it has stopped. ERR_TIMEOUT; err->num is ESRCH where it has ended. */
ERR_CHECK int ptrace_stopped(pid_t tid, uint64_t deadline_ns, struct err *err);

/* One of the filters of a thread that has stopped, by an index from 0: 1 with the program in the arena, 0: it
 * has no more. Needs CAP_SYS_ADMIN, and that the caller is under no filter itself (EACCES). */
ERR_CHECK int ptrace_filter(pid_t tid, size_t index, struct arena *arena,
	const struct sock_filter **ret, size_t *ret_count, struct err *err);

/* Lets it go on. One that has ended is fine. */
void ptrace_let_go(pid_t tid);

#endif
