/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "kernel/mount-old.h"

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
	};

	/* MS_SILENT is about the kernel's log alone, and has no word here. */
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if ((sb_flags & words[i].flag) != 0 && set_option(context, words[i].name, err) < 0)
			return -1;
	/* mount(2) takes this flag for every file system; here those that know it have a word. */
	if ((sb_flags & MS_I_VERSION) != 0 && set_option(context, "iversion", err) < 0) {
		if (err->num != EINVAL)
			return -1;
		err_drop(err);
	}
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

/* fsconfig(2) takes a value of 255 bytes at most, which two directories of an overlay can pass; mount(2)
 * a page for all of them. */
static bool has_long_value(const char *source, const char *const *data, size_t count)
{
	enum { VALUE_BYTES = 255 };
	bool found = source != NULL && strlen(source) > VALUE_BYTES;

	for (size_t i = 0; i < count; i++) {
		const char *equals = strchr(data[i], '=');

		found = found || (equals != NULL && strlen(equals + 1) > VALUE_BYTES);
	}
	return found;
}

int mount_make_fs_inside(const char *type, const char *source, const char *const *data,
	size_t count, unsigned long sb_flags, uint64_t attrs, struct err *err)
{
	int fd;

	if (has_long_value(source, data, count))
		return mount_old_make_fs(type, source, data, count, sb_flags, attrs, err);
	fd = mount_make_fs(type, source, data, count, sb_flags, attrs, err);
	if (fd >= 0 || err->num != ENOSYS)
		return fd;
	err_drop(err);
	return mount_old_make_fs(type, source, data, count, sb_flags, attrs, err);
}

int mount_reconfigure(
	int fd, const char *const *data, size_t count, unsigned long sb_flags, struct err *err)
{
	_cleanup_fd_ int context = -1;

	if (has_long_value(NULL, data, count))
		return mount_old_reconfigure(fd, data, count, sb_flags, err);
	context = (int) syscall(SYS_fspick, fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
	if (context < 0 && errno == ENOSYS)
		return mount_old_reconfigure(fd, data, count, sb_flags, err);
	if (context < 0)
		return err_sys(err, "fspick");
	if (set_flags(context, sb_flags, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (set_option(context, data[i], err) < 0)
			return -1;
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0) < 0)
		return fs_error(context, "fsconfig", "reconfigure", err);
	return 0;
}

/* ---- attributes --------------------------------------------------------------------------------- */

/* MOUNT_ATTR_* and propagation in one call; false with errno. */
static bool set_attr(int fd, struct mount_attr *attr, bool recursive)
{
	/* The access time modes are values of one field: to set one is to clear the field. */
	if (((attr->attr_set | attr->attr_clr) & MOUNT_ATTR__ATIME) != 0)
		attr->attr_clr |= MOUNT_ATTR__ATIME;
	return syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0),
		       attr, sizeof(*attr)) == 0;
}

static bool has_setattr(void)
{
	/* Asks for nothing of no file: EBADF where the call is known. */
	struct mount_attr attr = { .attr_set = 0 };

	return set_attr(-1, &attr, false) || errno != ENOSYS;
}

int mount_set_attr(int fd, uint64_t set, uint64_t clear, unsigned long propagation, bool recursive,
	struct err *err)
{
	struct mount_attr attr = { .attr_set = set, .attr_clr = clear, .propagation = propagation };

	if (set_attr(fd, &attr, recursive))
		return 0;
	if (errno != ENOSYS)
		return err_sys(err, "mount_setattr");
	return mount_old_set_attr(fd, set, clear, propagation, recursive, err);
}

int mount_idmap(int fd, int userns, bool recursive, struct err *err)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t) userns };

	if (set_attr(fd, &attr, recursive))
		return 0;
	if (errno == ENOSYS)
		return err_set(err, ERR_UNSUPPORTED, "id-mapped mounts need Linux 5.12");
	return err_sys(err, "mount_setattr idmap");
}

static int apply_flags(int mount, const struct mount_flags *flags, struct err *err)
{
	size_t done = 0;

	/* Those of the whole tree, then those of the mount itself, then propagation as listed. */
	if ((flags->set_rec | flags->clear_rec) != 0 &&
		mount_set_attr(mount, flags->set_rec, flags->clear_rec, 0, true, err) < 0)
		return -1;
	if ((flags->set | flags->clear) != 0) {
		/* The first propagation goes with it where it is of the mount alone as well. */
		if (flags->propagation_count > 0 && (flags->propagation[0] & MS_REC) == 0)
			done = 1;
		if (mount_set_attr(mount, flags->set, flags->clear,
			    done > 0 ? flags->propagation[0] : 0, false, err) < 0)
			return -1;
	}
	for (size_t i = done; i < flags->propagation_count; i++)
		if (mount_set_attr(mount, 0, 0, flags->propagation[i] & ~(unsigned long) MS_REC,
			    (flags->propagation[i] & MS_REC) != 0, err) < 0)
			return -1;
	return 0;
}

int mount_change(int mount, const struct mount_flags *flags, struct err *err)
{
	return apply_flags(mount, flags, err);
}

int mount_place(int mount, int target, const struct mount_flags *flags, struct err *err)
{
	if (has_setattr())
		return apply_flags(mount, flags, err) < 0 ? -1 : mount_attach(mount, target, err);
	/* mount(2) changes what is attached, so that the old way has a moment between the two. */
	return mount_attach(mount, target, err) < 0 ? -1 : apply_flags(mount, flags, err);
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

int mount_detach(int fd, int procfs, struct err *err)
{
	_cleanup_fd_ int cwd = mount_old_here();
	char name[32] = ".";
	struct stat info;
	int done = -1;

	/* umount2(2) takes a path: "." of a directory, and a link of our procfs for anything else. */
	if (cwd < 0 || fstat(fd, &info) < 0)
		return err_sys(err, "stat mount");
	if (!S_ISDIR(info.st_mode))
		(void) snprintf(name, sizeof(name), "self/fd/%d", fd);
	if (fchdir(S_ISDIR(info.st_mode) ? fd : procfs) == 0)
		done = umount2(name, MNT_DETACH);
	if (done < 0)
		(void) err_sys(err, "umount2");
	return fchdir(cwd) < 0 ? err_sys(err, "fchdir") : done;
}

int mount_chroot(int fd, struct err *err)
{
	if (fchdir(fd) < 0)
		return err_sys(err, "fchdir root");
	if (chroot(".") < 0)
		return err_sys(err, "chroot .");
	return 0;
}

int mount_move_root(int fd, struct err *err)
{
	if (mount_old_hide(fd, err) < 0)
		return -1;
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
