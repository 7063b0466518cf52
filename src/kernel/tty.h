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

/* Gives `to` the size of `from`. */
ERR_CHECK int tty_copy_size(int from, int to, struct err *err);

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

/* Raw mode; *ret keeps the mode that was, for tty_restore at the end of its scope. */
ERR_CHECK int tty_raw(int fd, struct tty_saved *ret, struct err *err);
void tty_restore(struct tty_saved *saved);

#define _cleanup_tty_saved_ __attribute__((cleanup(tty_restore)))

#endif
