/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fd: who owns a file descriptor, said in types and attributes.
 *
 * An fd given by value is borrowed. `int *take_fd` is given away and set to -1. A returned fd is the
 * caller's. A local that owns one is declared `_cleanup_fd_ int x = -1`, and success disarms it with
 * TAKE_FD(x). close(2) is called once and never retried; errno survives.
 */
#ifndef OCIRT_BASE_FD_H
#define OCIRT_BASE_FD_H

#include <stddef.h>

/* Closes *fd unless it is -1, sets it to -1, keeps errno. */
void fd_close(int *fd);

#define _cleanup_fd_ __attribute__((cleanup(fd_close)))

static inline int fd_take(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* The fd, and the variable is -1 from now on. */
#define TAKE_FD(fd) fd_take(&(fd))

/* An array of fds with one owner. */
struct fd_list {
	int *fds;
	size_t count;
};
void fd_list_close(struct fd_list *list);

#endif
