/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/io.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"

int io_write_all(int fd, const void *bytes, size_t length)
{
	const char *p = bytes;

	while (length > 0) {
		ssize_t n = write(fd, p, length);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		p += n;
		length -= (size_t) n;
	}
	return 0;
}

ssize_t io_read_full(int fd, void *bytes, size_t size)
{
	char *p = bytes;
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, p + used, size - used);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		if (n == 0)
			break;
		used += (size_t) n;
	}
	return (ssize_t) used;
}

static int too_large(const char *what, size_t limit, struct err *err)
{
	return err_num(err, EFBIG, "read %s, of which %zu bytes are taken at most", what, limit);
}

int io_read_fd(int fd, const char *what, size_t limit, struct arena *arena, char **ret,
	size_t *ret_length, struct err *err)
{
	enum { FIRST_BYTES = 4096 };
	size_t room = FIRST_BYTES, used = 0;
	struct stat st;
	char *text;

	/* st_size is a hint: /proc says 0, and a file may grow while it is read. */
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0) {
		if ((uintmax_t) st.st_size > limit)
			return too_large(what, limit, err);
		room = (size_t) st.st_size + 2;
	}
	text = arena_alloc(arena, room);
	for (;;) {
		/* The last byte of the room stays for the NUL. */
		ssize_t n = io_read_full(fd, text + used, room - 1 - used);

		if (n < 0)
			return err_sys(err, "read %s", what);
		used += (size_t) n;
		if (used > limit)
			return too_large(what, limit, err);
		if (used < room - 1)
			break;
		text = arena_grow(arena, text, room, room * 2);
		room *= 2;
	}
	text[used] = '\0';
	*ret = text;
	if (ret_length != NULL)
		*ret_length = used;
	return 0;
}

static const char *file_kind(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFCHR:
	case S_IFBLK:
		return "a device";
	default:
		return "something else";
	}
}

int io_read_file(const char *path, size_t limit, struct arena *arena, char **ret,
	size_t *ret_length, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	struct stat st;

	/* O_NONBLOCK: the open of a FIFO without a writer must not wait. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, "fstat %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_SYSTEM, "open %s: not a regular file but %s", path,
			file_kind(st.st_mode));
	return io_read_fd(fd, path, limit, arena, ret, ret_length, err);
}

int io_next_entry(DIR *stream, struct dirent **ret)
{
	struct dirent *entry;

	errno = 0;
	entry = readdir(stream);
	if (entry == NULL)
		return errno != 0 ? -1 : 0;
	*ret = entry;
	return 1;
}
