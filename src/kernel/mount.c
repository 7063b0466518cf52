/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"

int mount_clone_tree(int dirfd, const char *path, bool recursive, bool nofollow, struct err *err)
{
	unsigned flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC;
	long fd;

	if (path[0] == '\0')
		flags |= AT_EMPTY_PATH;
	if (recursive)
		flags |= AT_RECURSIVE;
	if (nofollow)
		flags |= AT_SYMLINK_NOFOLLOW;
	fd = syscall(SYS_open_tree, dirfd, path, flags);
	return fd < 0 ? err_sys(err, "open_tree %s", path) : (int) fd;
}

/* ---- new file systems --------------------------------------------------------------------------- */

/* Takes the last message of the file system context ("e tmpfs: Bad value for 'size'") as the error's
 * words; the errno stays. */
static int fs_error(int context, const char *what, const char *object, struct err *err)
{
	const int num = errno;
	char words[200];
	ssize_t got = read(context, words, sizeof(words) - 1);

	if (got <= 2)
		return err_num(err, num, "%s %s", what, object);
	words[got] = '\0';
	words[strcspn(words, "\n")] = '\0';
	return err_num(err, num, "%s %s (%s)", what, object, words + 2);
}

static int set_option(int context, const char *option, struct err *err)
{
	const char *equals = strchr(option, '=');
	char key[256];
	long done;

	if (equals == NULL)
		done = syscall(SYS_fsconfig, context, FSCONFIG_SET_FLAG, option, NULL, 0);
	else {
		if ((size_t) (equals - option) >= sizeof(key))
			return err_num(err, ENAMETOOLONG, "fsconfig %s", option);
		memcpy(key, option, (size_t) (equals - option));
		key[equals - option] = '\0';
		done = syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, key, equals + 1, 0);
	}
	return done < 0 ? fs_error(context, "fsconfig", option, err) : 0;
}

static int set_flags(int context, unsigned long sb_flags, struct err *err)
{
	static const struct {
		unsigned long flag;
		const char *name;
	} words[] = {
		{ MS_RDONLY, "ro" },
		{ MS_SYNCHRONOUS, "sync" },
		{ MS_DIRSYNC, "dirsync" },
		{ MS_LAZYTIME, "lazytime" },
		{ MS_MANDLOCK, "mand" },
		{ MS_SILENT, "silent" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((sb_flags & words[i].flag) != 0 && set_option(context, words[i].name, err) < 0)
			return -1;
	return 0;
}

int mount_make_fs(const char *type, const char *source, const char *const *data, size_t count,
	unsigned long sb_flags, uint64_t attrs, struct err *err)
{
	_cleanup_fd_ int context = (int) syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	long fd;

	if (context < 0)
		return err_sys(err, "fsopen %s", type);
	if (source != NULL && source[0] != '\0' &&
		syscall(SYS_fsconfig, context, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		return fs_error(context, "fsconfig", source, err);
	if (set_flags(context, sb_flags, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (set_option(context, data[i], err) < 0)
			return -1;
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return fs_error(context, "fsconfig", type, err);
	fd = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, (unsigned) attrs);
	return fd < 0 ? fs_error(context, "fsmount", type, err) : (int) fd;
}

/* ---- attributes --------------------------------------------------------------------------------- */

static void self_path(char path[32], int fd)
{
	(void) snprintf(path, 32, "/proc/self/fd/%d", fd);
}

/* What mount(2) calls the flags that the mount has now and those that are asked for. */
static unsigned long old_flags(const struct statvfs *now, uint64_t set, uint64_t clear)
{
	static const struct {
		uint64_t attr;
		unsigned long flag;
		unsigned long has;
	} rows[] = {
		{ MOUNT_ATTR_RDONLY, MS_RDONLY, ST_RDONLY },
		{ MOUNT_ATTR_NOSUID, MS_NOSUID, ST_NOSUID },
		{ MOUNT_ATTR_NODEV, MS_NODEV, ST_NODEV },
		{ MOUNT_ATTR_NOEXEC, MS_NOEXEC, ST_NOEXEC },
		{ MOUNT_ATTR_NODIRATIME, MS_NODIRATIME, ST_NODIRATIME },
		{ MOUNT_ATTR_NOATIME, MS_NOATIME, ST_NOATIME },
	};
	unsigned long flags = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((set & rows[i].attr) != 0 ||
			((now->f_flag & rows[i].has) != 0 && (clear & rows[i].attr) == 0))
			flags |= rows[i].flag;
	if ((set & MOUNT_ATTR_STRICTATIME) != 0)
		flags |= MS_STRICTATIME;
	else if ((flags & MS_NOATIME) == 0 && (now->f_flag & ST_RELATIME) != 0)
		flags |= MS_RELATIME;
	return flags;
}

/* Before Linux 5.12: by mount(2), which needs the mount attached: so a detached one is refused, and
 * the caller attaches first. A recursive change of flags is not to be had. */
static int set_attr_old(int fd, uint64_t set, uint64_t clear, unsigned long propagation,
	bool recursive, struct err *err)
{
	struct statvfs now;
	char path[32];

	self_path(path, fd);
	if (propagation != 0 &&
		mount(NULL, path, NULL, propagation | (recursive ? MS_REC : 0), NULL) < 0)
		return err_sys(err, "mount propagation");
	if ((set | clear) == 0)
		return 0;
	if (fstatvfs(fd, &now) < 0)
		return err_sys(err, "statvfs mount");
	if (mount(NULL, path, NULL, MS_REMOUNT | MS_BIND | old_flags(&now, set, clear), NULL) < 0)
		return err_sys(err, "remount");
	return 0;
}

int mount_set_attr(int fd, uint64_t set, uint64_t clear, unsigned long propagation, bool recursive,
	int userns_fd, struct err *err)
{
	struct mount_attr attr = { .attr_set = set, .attr_clr = clear, .propagation = propagation };

	/* The access time modes are values of one field: to set one is to clear the field. */
	if ((set & MOUNT_ATTR__ATIME) != 0 || (clear & MOUNT_ATTR__ATIME) != 0)
		attr.attr_clr |= MOUNT_ATTR__ATIME;
	if (userns_fd >= 0) {
		attr.attr_set |= MOUNT_ATTR_IDMAP;
		attr.userns_fd = (uint64_t) userns_fd;
	}
	if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0),
		    &attr, sizeof(attr)) == 0)
		return 0;
	if (errno != ENOSYS || userns_fd >= 0)
		return err_sys(err, "mount_setattr");
	return set_attr_old(fd, set, clear, propagation, recursive, err);
}

int mount_propagation(const char *path, unsigned long flags, struct err *err)
{
	/* mount(2) and mount_setattr(2) do the same here; this one every kernel has. */
	if (mount(NULL, path, NULL, flags, NULL) < 0)
		return err_sys(err, "mount propagation of %s", path);
	return 0;
}

/* ---- attaching and the root --------------------------------------------------------------------- */

int mount_attach(int mount, int target, struct err *err)
{
	if (syscall(SYS_move_mount, mount, "", target, "",
		    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(err, "move_mount");
	return 0;
}

int mount_pivot(int fd, struct err *err)
{
	_cleanup_fd_ int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (old < 0)
		return err_sys(err, "open /");
	if (fchdir(fd) < 0)
		return err_sys(err, "fchdir root");
	if (syscall(SYS_pivot_root, ".", ".") < 0)
		return err_sys(err, "pivot_root");
	/* The old root is now on top of the new one. What happens to it must not reach the host.
	 * "." of the new root would name the new root itself, and take its propagation. */
	if (fchdir(old) < 0)
		return err_sys(err, "fchdir old root");
	if (mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0)
		return err_sys(err, "mount propagation of the old root");
	if (umount2(".", MNT_DETACH) < 0)
		return err_sys(err, "umount2 old root");
	if (chdir("/") < 0)
		return err_sys(err, "chdir /");
	return 0;
}

int mount_move_root(int fd, struct err *err)
{
	if (fchdir(fd) < 0)
		return err_sys(err, "fchdir root");
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return err_sys(err, "mount move to /");
	if (chroot(".") < 0)
		return err_sys(err, "chroot .");
	if (chdir("/") < 0)
		return err_sys(err, "chdir /");
	return 0;
}
