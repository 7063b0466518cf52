/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * announce: tells the caller of create, run or exec which process it is: --pid-file, --pidfd-socket.
 */
#ifndef OCIRT_LIFECYCLE_ANNOUNCE_H
#define OCIRT_LIFECYCLE_ANNOUNCE_H

#include <sys/types.h>

#include "base/err.h"

/* Writes the pid file beside its name and renames it: nobody reads half a number, and a link of that
 * name is replaced, not followed. */
ERR_CHECK int announce_pid(const char *path, pid_t pid, struct err *err);

/* Sends a pidfd; `what` is the message that goes with it, "standard" for a container's first process and
 * "setns" for one that joins. */
ERR_CHECK int announce_pidfd(const char *path, int pidfd, const char *what, struct err *err);

#endif
