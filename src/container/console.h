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

struct init_fds;
struct rootfs;

/* In the child, inside the root, before the ids change. */
ERR_CHECK int console_set_up(const struct plan *plan, const struct rootfs *root,
	const struct init_fds *fds, struct err *err);

/* Sends a pty's master over a connected console socket, with the name of the pty as its message, as
 * engines expect. */
ERR_CHECK int console_send(int console_socket, int master, struct err *err);

#endif
