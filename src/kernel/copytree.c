/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/copytree.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"

enum { XATTR_BYTES = 64 * 1024 };

/* ---- what goes with every file ------------------------------------------------------------------ */

/* A file system without extended attributes, or one that refuses a name, is no reason to fail. */
static void copy_xattrs(int from, int to)
{
	char *names = malloc(XATTR_BYTES), *value = malloc(XATTR_BYTES);
	ssize_t length = names == NULL ? -1 : flistxattr(from, names, XATTR_BYTES);

	for (const char *name = names; value != NULL && length > 0 && name < names + length;
		name += strlen(name) + 1) {
		ssize_t size = fgetxattr(from, name, value, XATTR_BYTES);

		if (size >= 0)
			(void) fsetxattr(to, name, value, (size_t) size, 0);
	}
	free(names);
	free(value);
}

static int copy_meta(int from, int to, const struct stat *info, const char *name, struct err *err)
{
	const struct timespec times[2] = { info->st_atim, info->st_mtim };

	/* The owner first: a change of owner clears the set-id bits. */
	if (fchown(to, info->st_uid, info->st_gid) < 0)
		return err_sys(err, "fchown %s", name);
	if (fchmod(to, info->st_mode & 07777) < 0)
		return err_sys(err, "fchmod %s", name);
	copy_xattrs(from, to);
	if (futimens(to, times) < 0)
		return err_sys(err, "futimens %s", name);
	return 0;
}

/* ---- one entry ---------------------------------------------------------------------------------- */

static int copy_file(int from, int to, const char *name, struct err *err)
{
	_cleanup_fd_ int in =
		openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	_cleanup_fd_ int out = -1;
	struct stat info;
	ssize_t n;

	if (in < 0)
		return errno == ENOENT ? 0 : err_sys(err, "open %s", name);
	if (fstat(in, &info) < 0)
		return err_sys(err, "fstat %s", name);
	if (!S_ISREG(info.st_mode))
		return err_num(err, EAGAIN, "open %s", name);
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out < 0)
		return err_sys(err, "create %s", name);
	do {
		n = sendfile(out, in, NULL, 1 << 20);
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return err_sys(err, "copy %s", name);
	return copy_meta(in, out, &info, name, err);
}

static int copy_link(int from, int to, const char *name, const struct stat *info, struct err *err)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(from, name, target, sizeof(target) - 1);

	if (length < 0)
		return errno == ENOENT ? 0 : err_sys(err, "readlink %s", name);
	target[length] = '\0';
	if (symlinkat(target, to, name) < 0)
		return err_sys(err, "symlink %s", name);
	if (fchownat(to, name, info->st_uid, info->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, "fchown %s", name);
	return 0;
}

static int copy_node(int to, const char *name, const struct stat *info, struct err *err)
{
	if (mknodat(to, name, info->st_mode & (S_IFMT | 07777), info->st_rdev) < 0)
		return err_sys(err, "mknod %s", name);
	if (fchownat(to, name, info->st_uid, info->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, "fchown %s", name);
	return 0;
}

static int copy_directory(int from, int to, unsigned depth, struct err *err);

static int copy_subdirectory(int from, int to, const char *name, unsigned depth, struct err *err)
{
	_cleanup_fd_ int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	_cleanup_fd_ int out = -1;

	if (in < 0)
		return errno == ENOENT ? 0 : err_sys(err, "open %s", name);
	if (mkdirat(to, name, 0700) < 0)
		return err_sys(err, "mkdir %s", name);
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		return err_sys(err, "open %s", name);
	return copy_directory(in, out, depth + 1, err);
}

static int copy_entry(int from, int to, const char *name, unsigned depth, struct err *err)
{
	struct stat info;

	if (fstatat(from, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_sys(err, "fstat %s", name);
	switch (info.st_mode & S_IFMT) {
	case S_IFDIR:
		return copy_subdirectory(from, to, name, depth, err);
	case S_IFREG:
		return copy_file(from, to, name, err);
	case S_IFLNK:
		return copy_link(from, to, name, &info, err);
	case S_IFSOCK:
		return 0;
	default:
		return copy_node(to, name, &info, err);
	}
}

/* ---- a directory -------------------------------------------------------------------------------- */

static void close_dir(DIR **dir)
{
	if (*dir != NULL)
		(void) closedir(*dir);
}

static int copy_directory(int from, int to, unsigned depth, struct err *err)
{
	__attribute__((cleanup(close_dir))) DIR *dir = NULL;
	int list = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat info;

	if (depth > COPYTREE_DEPTH) {
		fd_close(&list);
		return err_num(err, ELOOP, "copy directory");
	}
	dir = list < 0 ? NULL : fdopendir(list);
	if (dir == NULL) {
		(void) err_sys(err, "open directory");
		fd_close(&list);
		return -1;
	}
	for (;;) {
		struct dirent *entry;
		const int more = io_next_entry(dir, &entry);

		if (more < 0)
			return err_sys(err, "read directory");
		if (more == 0)
			break;
		if (str_eq(entry->d_name, ".") || str_eq(entry->d_name, ".."))
			continue;
		if (copy_entry(from, to, entry->d_name, depth, err) < 0)
			return -1;
	}
	if (fstat(list, &info) < 0)
		return err_sys(err, "fstat directory");
	/* Behind the entries, whose making would change the times. */
	return copy_meta(list, to, &info, "directory", err);
}

int copytree(int from, int to, struct err *err)
{
	_cleanup_fd_ int out = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (out < 0)
		return err_sys(err, "open directory");
	return copy_directory(from, out, 0, err);
}
