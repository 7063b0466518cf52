/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * io: whole reads and whole writes on fds. Retries EINTR, never sleeps.
 * Follows read(2) and write(2).
 */
#ifndef OCIRT_BASE_IO_H
#define OCIRT_BASE_IO_H

#include <dirent.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

/* Writes all bytes. Returns 0; -1 with errno set and no error text (the caller names the object). */
ERR_CHECK int io_write_all(int fd, const void *bytes, size_t length);

/* Reads until the end of file or until size bytes are there. Returns the count; -1 with errno set. */
ERR_CHECK ssize_t io_read_full(int fd, void *bytes, size_t size);

/* The rest of a file in the arena, NUL-terminated. Refuses more than limit bytes (EFBIG). Names
 * `what` in the error. *ret_length may be NULL. */
ERR_CHECK int io_read_fd(int fd, const char *what, size_t limit, struct arena *arena, char **ret,
	size_t *ret_length, struct err *err);

/* The next entry of a directory. Returns 1; 0 at its end; -1 with errno set and no error text: readdir alone
 * tells a directory that cannot be read from one that has ended by errno only. */
ERR_CHECK int io_next_entry(DIR *stream, struct dirent **ret);

/* Opens (O_CLOEXEC, O_NONBLOCK, O_NOCTTY) and reads a regular file; a directory, FIFO, device or
 * socket is refused in one clear sentence, never waited for. */
ERR_CHECK int io_read_file(const char *path, size_t limit, struct arena *arena, char **ret,
	size_t *ret_length, struct err *err);

#endif
