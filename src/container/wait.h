/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wait: what a `run` or `exec` in the foreground does until its process ends: forwards signals,
 * copies between the caller's terminal and the container's, follows changes of its size.
 *
 * One poll over a signalfd, the pidfd and the two terminals; no handler, no thread, no sleep. The
 * caller's terminal gets its mode back whatever happens (SIGKILL excepted).
 */
#ifndef OCIRT_CONTAINER_WAIT_H
#define OCIRT_CONTAINER_WAIT_H

#include <sys/types.h>

#include "base/err.h"

struct notify;

/* Waits for pid, our child. signals: a signalfd that yields all (kernel/signals.h), held since before the clone,
 * so that none is lost. *terminal: the pty's master or -1; it is closed. notify: relayed meanwhile,
 * NULL: nothing is. Returns 0 with its status:
 * 0 to 255, or 128 + the signal that ended it.
 *
 * With a terminal every byte that the program has written when it ends is passed on, however slow its
 * reader; only a second signal that would end us cuts that short. The end of stdin is told to the
 * reader of the terminal by its end-of-file character; when nobody reads stdout any more the terminal
 * hangs up. */
ERR_CHECK int wait_for(pid_t pid, int pidfd, int signals, int *terminal, struct notify *notify,
	int *ret_status, struct err *err);

#endif
