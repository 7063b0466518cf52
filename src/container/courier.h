/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * courier: loads the container's filter, and hands its listener to the agent.
 *
 * A profile may trap or deny any system call, so the process under the filter cannot be the one that
 * sends. A courier, a thread of it that the filter does not bind, is started before; the process
 * writes the listener's number into shared memory and makes no system call until the courier has
 * sent and is gone. Both wait for microseconds, and for nothing but each other's next step. The agent
 * was connected beforehand. See seccomp_unotify(2).
 */
#ifndef OCIRT_CONTAINER_COURIER_H
#define OCIRT_CONTAINER_COURIER_H

#include <stdbool.h>

#include "base/err.h"

struct proc_filter; /* container/proc.h */

struct courier {
	const struct proc_filter *filter;
	_Atomic int thread; /* its number, 0 when it is gone */
	_Atomic int listener; /* see courier.c */
	bool failed; /* to send */
	struct err err; /* why */
	unsigned char stack[32768] __attribute__((aligned(64)));
};

/* Starts the courier if there is a listener to send, before the process takes on a scheduling policy
 * that forbids new threads. courier_enforce must follow, or the end of the process. */
ERR_CHECK int courier_start(
	struct courier *courier, const struct proc_filter *filter, struct err *err);

/* Loads the filter. When it returns 0 the next system call is under it; -1 with err. */
ERR_CHECK int courier_enforce(struct courier *courier, struct err *err);

#endif
