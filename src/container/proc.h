/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc: makes the calling process the one that struct proc_plan describes, for init and exec alike:
 * there is one copy of this order.
 *
 *   prepare  all that can fail: limits of the scheduler, labels, groups, ids, capabilities, umask,
 *            working directory, the program found and seen to be executable
 *   become   what must come last: resource limits (a low RLIMIT_NOFILE or RLIMIT_AS would be in the
 *            runtime's own way before), close_range, seccomp, execve
 *
 * Without no_new_privs a seccomp filter needs CAP_SYS_ADMIN to be loaded, which is then held over the
 * barrier. Nothing gives it up behind the filter, where a call might be trapped: execve itself does.
 * It makes the new permitted set from the inheritable, bounding and ambient ones alone
 * (capabilities(7)), and these are final before.
 */
#ifndef OCIRT_CONTAINER_PROC_H
#define OCIRT_CONTAINER_PROC_H

#include <linux/filter.h>
#include <stdbool.h>

#include "base/err.h"
#include "kernel/beneath.h"
#include "plan/plan.h"

struct proc_ready {
	char path[4096]; /* what execve gets */
	char home[4096]; /* "HOME=…", when it was looked up */
	bool scheduler_pending; /* left to proc_become */
};

/* A compiled filter and where its listener goes. */
struct proc_filter {
	const struct sock_filter *code; /* NULL: none */
	unsigned short count;
	unsigned flags; /* SECCOMP_FILTER_FLAG_* */
	int listener_socket; /* connected, with a bound for sends, or -1 */
	const char *listener_state; /* what is sent with the listener */
};

/* Connects to the agent of linux.seccomp.listenerPath; sends to it give up after ten seconds. */
ERR_CHECK int proc_listener_socket(const char *path, struct err *err);

/* Inside the container's root. `root` is that root, procfs the private procfs. */
ERR_CHECK int proc_prepare(const struct proc_plan *plan, int procfs, const struct beneath *root,
	struct proc_ready *ret, struct err *err);

/* The other side's part: lifts the hard limits of the child `pid` that are to be above the caller's own,
 * which the child has inherited and may not raise: in a user namespace it has no right to, and by then
 * it has given up its capabilities. proc_become then sets every limit to its exact value. */
ERR_CHECK int proc_raise_limits(const struct proc_plan *plan, pid_t pid, struct err *err);

/* Leaves fds 0 to 2 + keep_fds open, moves the others that are named (-1: none) behind them, in their
 * order and closing at execve, and closes the rest. proc_become does it for itself. */
ERR_CHECK int proc_close_others(
	unsigned keep_fds, int *const extra[], size_t count, struct err *err);

/* Tells sock (EXEC), keeps fds 0 to 2 + plan->keep_fds, loads the filter, whose listener_socket may get
 * another number, and executes. Returns only on failure. */
ERR_CHECK int proc_become(const struct proc_plan *plan, const struct proc_ready *ready,
	struct proc_filter *filter, int *sock, struct err *err);

#endif
