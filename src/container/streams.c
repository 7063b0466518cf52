/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/streams.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"

/* 1, 0, or -1 with errno. */
static int is_null(int fd)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return -1;
	return S_ISCHR(info.st_mode) && major(info.st_rdev) == 1 && minor(info.st_rdev) == 3;
}

/* What an image can make of it, and a device list: there is no null device for the container then. */
static bool is_the_images(int num)
{
	return num == ENOENT || num == ENOTDIR || num == ELOOP || num == EACCES || num == EPERM ||
		num == EXDEV || num == ENXIO;
}

/* What stands under that name is the image's to choose, and to open some devices is to act on them: it
 * is looked at first, and again once it is open. *ret_fd is -1 where it is not the null device. */
static int open_null(const struct beneath *root, int *ret_fd, struct err *err)
{
	static const int flags[] = { O_PATH, O_RDWR | O_NONBLOCK | O_NOCTTY };
	_cleanup_fd_ int fd = -1;

	for (size_t i = 0; i < 2; i++) {
		int null = 0;

		fd_close(&fd);
		fd = beneath_open(root, "/dev/null", flags[i], 0, err);
		if (fd < 0 && !is_the_images(err->num))
			return -1;
		if (fd < 0)
			err_drop(err);
		else
			null = is_null(fd);
		if (null < 0)
			return err_sys(err, "fstat /dev/null");
		if (fd < 0 || !null)
			return 0;
	}
	*ret_fd = TAKE_FD(fd);
	return 0;
}

int streams_own_null(const struct beneath *root, struct err *err)
{
	_cleanup_fd_ int own = -1;

	for (int stream = 0; stream < 3; stream++) {
		const int null = is_null(stream);

		/* The host's, taken for something else, would be the container's to give away. */
		if (null < 0 && errno != EBADF)
			return err_sys(err, "fstat %d", stream);
		if (null <= 0)
			continue;
		if (own < 0) {
			if (open_null(root, &own, err) < 0)
				return -1;
			if (own < 0)
				return 0;
			if (fcntl(own, F_SETFL, O_RDWR) < 0)
				return err_sys(err, "fcntl /dev/null");
		}
		if (dup2(own, stream) < 0)
			return err_sys(err, "dup2 %d", stream);
	}
	return 0;
}
