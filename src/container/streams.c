/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/streams.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"

static bool is_null(int fd)
{
	struct stat info;

	return fstat(fd, &info) == 0 && S_ISCHR(info.st_mode) && major(info.st_rdev) == 1 &&
		minor(info.st_rdev) == 3;
}

/* What stands under that name is the image's to choose, and to open some devices is to act on them: it
 * is looked at first, and again once it is open. -1: it is not the null device. */
static int open_null(const struct beneath *root)
{
	static const int flags[] = { O_PATH, O_RDWR | O_NONBLOCK | O_NOCTTY };
	_cleanup_fd_ int fd = -1;

	for (size_t i = 0; i < 2; i++) {
		struct err missing;

		fd_close(&fd);
		fd = beneath_open(root, "/dev/null", flags[i], 0, &missing);
		if (fd < 0)
			err_drop(&missing);
		if (fd < 0 || !is_null(fd))
			return -1;
	}
	return TAKE_FD(fd);
}

int streams_own_null(const struct beneath *root, struct err *err)
{
	_cleanup_fd_ int own = -1;

	for (int stream = 0; stream < 3; stream++) {
		if (!is_null(stream))
			continue;
		if (own < 0) {
			own = open_null(root);
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
