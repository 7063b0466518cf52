/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify: the relay between a container that says READY=1 and the service manager that waits for it.
 *
 * The container cannot reach the manager's socket, and what it says must not be believed in full: the
 * manager takes other words (MAINPID, FDSTORE, NOTIFYACCESS) as the runtime's own. So it gets a socket
 * of the runtime's, in a directory of the state directory that is mounted read-only at /run/notify, and
 * the words that are about itself are passed on. There is no process for it: `start` and a detached `run`
 * stay until it is ready or has ended, a `run` in the foreground relays as long as it lives.
 * Follows sd_notify(3).
 */
#ifndef OCIRT_CONTAINER_NOTIFY_H
#define OCIRT_CONTAINER_NOTIFY_H

#include <sys/types.h>

#include "base/err.h"

struct notify {
	int inside; /* what the container sends to, -1: no relay */
	int manager;
};
#define NOTIFY_INIT                                                                                \
	{                                                                                          \
		.inside = -1, .manager = -1                                                        \
	}

/* Makes the directory that is mounted, before the container is. */
ERR_CHECK int notify_prepare(int state_dir, struct err *err);

/* Binds the socket there; manager: an address as in NOTIFY_SOCKET, NULL: no relay. A manager that cannot
 * be reached is a warning and no relay. Without the directory (the container was created without a
 * NOTIFY_SOCKET) there is no relay either. */
ERR_CHECK int notify_open(int state_dir, const char *manager, struct notify *ret, struct err *err);

/* Relays until READY=1, which goes out with the number of the first process, or until that has ended.
 * Has no bound of its own: the manager has. */
ERR_CHECK int notify_until_ready(struct notify *notify, pid_t pid, int pidfd, struct err *err);

/* Relays what is there now and never waits for the container: for a loop that polls notify->inside. */
void notify_pass(struct notify *notify);

void notify_close(struct notify *notify);
#define _cleanup_notify_ __attribute__((cleanup(notify_close)))

#endif
