/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/cgroupfs-oom.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "kernel/cgroupfs.h"

static uint64_t oom_kills(int fd)
{
	char text[512];
	ssize_t got = pread(fd, text, sizeof(text) - 1, 0);
	uint64_t number;
	char *line;

	if (got <= 0)
		return 0;
	text[got] = '\0';
	line = strstr(text, "oom_kill ");
	if (line == NULL)
		return 0;
	line += strlen("oom_kill ");
	line[strcspn(line, "\n")] = '\0';
	return str_to_u64(line, &number) == 0 ? number : 0;
}

static int oom_open_v1(int at, const char *dir, struct cgroupfs_oom *ret, struct err *err)
{
	_cleanup_fd_ int control =
		openat(at, "memory.oom_control", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_fd_ int fd = -1;
	char text[32];

	if (control < 0) /* ENOENT: of another controller */
		return errno == ENOENT ? 0 : err_sys(err, "open %s/memory.oom_control", dir);
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (fd < 0)
		return err_sys(err, "eventfd");
	(void) snprintf(text, sizeof(text), "%d %d", fd, control);
	if (cgroupfs_at_write(at, dir, "cgroup.event_control", text, err) < 0)
		return -1;
	ret->fd = TAKE_FD(fd);
	ret->control = TAKE_FD(control);
	ret->poll_events = POLLIN;
	return 0;
}

int cgroupfs_oom_open(const char *dir, struct cgroupfs_oom *ret, struct err *err)
{
	bool v2;
	_cleanup_fd_ int at = cgroupfs_open(dir, &v2, err);

	if (at < 0)
		return -1;
	if (!v2)
		return oom_open_v1(at, dir, ret, err);
	ret->fd = openat(at, "memory.events", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (ret->fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, "open %s/memory.events", dir);
	ret->poll_events = POLLPRI;
	ret->seen = oom_kills(ret->fd);
	return 0;
}

uint64_t cgroupfs_oom_count(struct cgroupfs_oom *oom)
{
	uint64_t number = 0;

	if (oom->fd < 0)
		return 0;
	if (oom->control >= 0)
		return read(oom->fd, &number, sizeof(number)) == sizeof(number) ? number : 0;
	number = oom_kills(oom->fd);
	if (number <= oom->seen)
		return 0;
	number -= oom->seen;
	oom->seen += number;
	return number;
}

void cgroupfs_oom_close(struct cgroupfs_oom *oom)
{
	fd_close(&oom->fd);
	fd_close(&oom->control);
}
