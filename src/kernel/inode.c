/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/inode.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>

#include "base/fd.h"

int inode_is_device(int fd, mode_t type, unsigned major, unsigned minor, struct err *err)
{
	struct stat info;

	if (fstat(fd, &info) < 0)
		return err_sys(err, "fstat device");
	if ((info.st_mode & S_IFMT) != type || info.st_rdev != makedev(major, minor))
		return err_set(err, ERR_CONFIG, "it is not the %s device %u:%u",
			type == S_IFCHR ? "character" : "block", major, minor);
	return 0;
}

int inode_is_fs(int fd, unsigned long magic, struct err *err)
{
	struct statfs info;

	if (fstatfs(fd, &info) < 0)
		return err_sys(err, "fstatfs");
	if ((unsigned long) info.f_type != magic)
		return err_set(err, ERR_CONFIG, "it is on a file system of type %#lx, not %#lx",
			(unsigned long) info.f_type, magic);
	return 0;
}

int inode_on_fs(int fd, unsigned long magic, struct err *err)
{
	struct statfs info;

	if (fstatfs(fd, &info) < 0)
		return err_sys(err, "fstatfs");
	return (unsigned long) info.f_type == magic;
}

int inode_set_label(int fd, const char *label, struct err *err)
{
	_cleanup_fd_ int real = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (real < 0)
		return err_sys(err, "open directory");
	if (fsetxattr(real, "security.selinux", label, strlen(label) + 1, 0) < 0)
		return err_sys(err, "fsetxattr security.selinux");
	return 0;
}
