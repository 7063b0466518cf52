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

int streams_own_null(const struct beneath *root, struct err *err)
{
	_cleanup_fd_ int own = -1;

	for (int stream = 0; stream < 3; stream++) {
		if (!is_null(stream))
			continue;
		if (own < 0) {
			struct err missing;

			own = beneath_open(
				root, "/dev/null", O_RDWR | O_NONBLOCK | O_NOCTTY, 0, &missing);
			/* What stands under that name is the image's to choose. */
			if (own < 0 || !is_null(own)) {
				err_drop(&missing);
				return 0;
			}
			if (fcntl(own, F_SETFL, O_RDWR) < 0)
				return err_sys(err, "fcntl /dev/null");
		}
		if (dup2(own, stream) < 0)
			return err_sys(err, "dup2 %d", stream);
	}
	return 0;
}
