/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * console: the container's terminal. A pty of the container's own devpts, seen to be one, becomes
 * stdin, stdout, stderr, controlling terminal and /dev/console of its first process; the master goes
 * to --console-socket, or to the parent for `run` in the foreground.
 */
#ifndef OCIRT_CONTAINER_CONSOLE_H
#define OCIRT_CONTAINER_CONSOLE_H

#include "base/err.h"
#include "plan/plan.h"

struct beneath;
struct init_fds;
struct rootfs;

/* In the child, inside the root, before the ids change. */
ERR_CHECK int console_set_up(const struct plan *plan, const struct rootfs *root,
	const struct init_fds *fds, struct err *err);

/* The two halves of it that exec needs as well: a pair of the root's devpts, of the size and with the
 * owner that the plan says, and making the slave the terminal of the calling session leader. */
ERR_CHECK int console_open(const struct proc_plan *proc, const struct beneath *root,
	int *ret_master, int *ret_slave, struct err *err);
ERR_CHECK int console_take(int *take_slave, struct err *err);

/* Sends a pty's master over a connected console socket, with the name of the pty as its message, as
 * engines expect. */
ERR_CHECK int console_send(int console_socket, int master, struct err *err);

#endif
