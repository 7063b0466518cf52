/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tty: pseudo-terminals, their size and mode.
 *
 * A pair is opened from a devpts directory that may belong to an attacker: it is used only if it is
 * on devpts and its ptmx is the true one, and the slave comes from the master by ioctl, never by name.
 * Follows pts(4), ioctl_tty(2), termios(3).
 */
#ifndef OCIRT_KERNEL_TTY_H
#define OCIRT_KERNEL_TTY_H

#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

#include "base/err.h"

/* A new pair from the directory pts (O_PATH). Both fds are the caller's. */
ERR_CHECK int tty_open_pair(int pts, int *ret_master, int *ret_slave, struct err *err);

ERR_CHECK int tty_set_size(int fd, uint16_t rows, uint16_t columns, struct err *err);

/* Gives `to` the size of the first of the standard streams that is a terminal and knows its size. */
void tty_size_of_caller(int to);

/* False where reading `fd` would stop us: it is our controlling terminal and another process group has
 * it. True for everything else. */
bool tty_is_ours(int fd);

/* A description of our own of the same pipe or terminal, non-blocking, which leaves alone the one that we
 * share with our caller; flags is O_RDONLY or O_WRONLY. A copy of fd where that cannot be had (another
 * user's terminal) or is not needed (regular files do not block). Returns an O_CLOEXEC fd. */
ERR_CHECK int tty_private(int fd, int flags, struct err *err);

/* Another open slave of the master. */
ERR_CHECK int tty_open_slave(int master, struct err *err);

/* The character that means end of file to who reads the slave, or -1: it is not in canonical mode. */
int tty_eof_char(int master);

/* Makes it the controlling terminal of the calling session leader. */
ERR_CHECK int tty_make_controlling(int fd, struct err *err);

struct tty_saved {
	bool valid;
	int fd;
	struct termios mode;
};

#define TTY_SAVED_INIT                                                                             \
	{                                                                                          \
		.valid = false                                                                     \
	}

/* Raw mode, for the first time or again; *ret keeps the mode that was, for tty_restore at the end of its scope. */
ERR_CHECK int tty_raw(int fd, struct tty_saved *ret, struct err *err);
void tty_restore(struct tty_saved *saved);

#define _cleanup_tty_saved_ __attribute__((cleanup(tty_restore)))

#endif
