/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/tty.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "kernel/inode.h"

enum { PTMX_INODE = 2 };

int tty_open_pair(int pts, int *ret_master, int *ret_slave, struct err *err)
{
	_cleanup_fd_ int look = -1, master = -1, slave = -1;
	struct stat info;
	int unlock = 0;

	if (inode_is_fs(pts, DEVPTS_SUPER_MAGIC, err) < 0)
		return err_ctx(err, "/dev/pts");
	look = openat(pts, "ptmx", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (look < 0)
		return err_sys(err, "open /dev/pts/ptmx");
	if (fstat(look, &info) < 0)
		return err_sys(err, "fstat /dev/pts/ptmx");
	if (inode_is_fs(look, DEVPTS_SUPER_MAGIC, err) < 0 ||
		inode_is_device(look, S_IFCHR, 5, 2, err) < 0)
		return err_ctx(err, "/dev/pts/ptmx");
	if (info.st_ino != PTMX_INODE)
		return err_set(err, ERR_CONFIG, "/dev/pts/ptmx is not devpts' own");
	master = openat(pts, "ptmx", O_RDWR | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC);
	if (master < 0)
		return err_sys(err, "open /dev/pts/ptmx");
	/* Whatever was swapped in between the two opens is not of devpts. */
	if (inode_is_fs(master, DEVPTS_SUPER_MAGIC, err) < 0 ||
		inode_is_device(master, S_IFCHR, 5, 2, err) < 0)
		return err_ctx(err, "/dev/pts/ptmx");
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
		return err_sys(err, "ioctl TIOCSPTLCK");
	slave = tty_open_slave(master, err);
	if (slave < 0)
		return -1;
	*ret_master = TAKE_FD(master);
	*ret_slave = TAKE_FD(slave);
	return 0;
}

int tty_set_size(int fd, uint16_t rows, uint16_t columns, struct err *err)
{
	const struct winsize size = { .ws_row = rows, .ws_col = columns };

	if (ioctl(fd, TIOCSWINSZ, &size) < 0)
		return err_sys(err, "ioctl TIOCSWINSZ");
	return 0;
}

void tty_size_of_caller(int to)
{
	struct winsize size;

	for (int fd = 0; fd <= 2; fd++)
		if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row != 0 && size.ws_col != 0) {
			/* The other side may have closed by now. */
			(void) ioctl(to, TIOCSWINSZ, &size);
			return;
		}
}

bool tty_is_ours(int fd)
{
	const pid_t group = tcgetpgrp(fd);

	return group < 0 || group == getpgrp();
}

int tty_private(int fd, int flags, struct err *err)
{
	char path[32];
	struct stat info;
	int own = -1;

	if (fstat(fd, &info) < 0)
		return err_sys(err, "fstat %d", fd);
	if (S_ISFIFO(info.st_mode) || isatty(fd)) {
		(void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		own = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	}
	if (own < 0)
		own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return own < 0 ? err_sys(err, "dup %d", fd) : own;
}

int tty_open_slave(int master, struct err *err)
{
	int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);

	return slave < 0 ? err_sys(err, "ioctl TIOCGPTPEER") : slave;
}

int tty_eof_char(int master)
{
	struct termios mode;

	if (tcgetattr(master, &mode) < 0 || (mode.c_lflag & ICANON) == 0)
		return -1;
	return mode.c_cc[VEOF];
}

int tty_make_controlling(int fd, struct err *err)
{
	if (ioctl(fd, TIOCSCTTY, 0) < 0)
		return err_sys(err, "ioctl TIOCSCTTY");
	return 0;
}

int tty_raw(int fd, struct tty_saved *ret, struct err *err)
{
	struct termios raw;

	if (!ret->valid && tcgetattr(fd, &ret->mode) < 0)
		return err_sys(err, "tcgetattr");
	raw = ret->mode;
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw) < 0)
		return err_sys(err, "tcsetattr");
	ret->fd = fd;
	ret->valid = true;
	return 0;
}

void tty_restore(struct tty_saved *saved)
{
	/* The terminal may be gone; there is nobody to tell. */
	if (saved->valid && tty_is_ours(saved->fd))
		(void) tcsetattr(saved->fd, TCSANOW, &saved->mode);
	saved->valid = false;
}
