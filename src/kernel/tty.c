/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/tty.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

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
	slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0)
		return err_sys(err, "ioctl TIOCGPTPEER");
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

int tty_copy_size(int from, int to, struct err *err)
{
	struct winsize size;

	if (ioctl(from, TIOCGWINSZ, &size) < 0)
		return err_sys(err, "ioctl TIOCGWINSZ");
	if (ioctl(to, TIOCSWINSZ, &size) < 0)
		return err_sys(err, "ioctl TIOCSWINSZ");
	return 0;
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

	if (tcgetattr(fd, &ret->mode) < 0)
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
	if (saved->valid)
		(void) tcsetattr(saved->fd, TCSANOW, &saved->mode);
	saved->valid = false;
}
