/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * signals: what SIGTERM, SIGINT, SIGHUP and SIGQUIT do to a runtime that has something to clean up. They
 * are blocked and come through a descriptor, which whoever waits anyway polls as well: the wait fails with
 * ERR_INTERRUPTED, and every scope on the way out undoes what is its own. No handler, no flag, nothing to
 * ask for in between.
 *
 * Not for what is bounded and short: waits for cgroups, for a lock, for systemd.
 */
#ifndef OCIRT_KERNEL_SIGNALS_H
#define OCIRT_KERNEL_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include "base/err.h"

struct signals {
	int fd; /* a signalfd, or -1 */
	sigset_t before; /* the mask of the caller */
};
#define SIGNALS_INIT                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* What ends a wait before its answer and its deadline; -1 each: nothing. */
struct until {
	int pidfd; /* of a process that has ended */
	int signals; /* the fd of a struct signals */
};
#define UNTIL_NOTHING                                                                              \
	{                                                                                          \
		-1, -1                                                                             \
	}

/* Blocks the four, but for those that the caller had blocked already. all: and every other that is not about
 * this process itself, for signals_take_all. */
ERR_CHECK int signals_hold(bool all, struct signals *ret, struct err *err);

/* The fd yields every signal from now on. */
ERR_CHECK int signals_take_all(const struct signals *signals, struct err *err);

/* A signalfd that yields every signal at once: signals_hold and signals_take_all in one. Returns it. */
ERR_CHECK int signals_open_all(struct err *err);

/* For one whose poll has shown the fd readable: -1 with ERR_INTERRUPTED and the signal, 0 where it was one
 * that the caller has us ignore. */
ERR_CHECK int signals_check(int fd, struct err *err);

/* The mask of the caller again. What came meanwhile and was not taken comes now. */
void signals_restore(const struct signals *signals);

void signals_done(struct signals *signals);

#endif
