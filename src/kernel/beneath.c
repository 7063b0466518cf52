/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

#define PROC_MAGIC 0x9fa0UL

enum { MAX_LINKS = 40, MAX_TRIES = 128 };

/* ---- the walker --------------------------------------------------------------------------------- */

/* The path still to be walked; a link's target is put before the rest of it. */
struct route {
	char text[2 * PATH_MAX];
	const char *rest;
	unsigned links;
};

static bool same_inode(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
		x.st_ino == y.st_ino;
}

static int reopen(int fd)
{
	return openat(fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* A link of procfs that leads to an object and not to a name: what it reads as is a path of the host's,
 * or "pipe:[7]". The ordinary ones read "self", "self/mounts", "12/task/12". 1, 0, or -1 with errno. */
static int is_magic(int link, const char *target)
{
	struct statfs fs;

	if (fstatfs(link, &fs) < 0)
		return -1;
	return (unsigned long) fs.f_type == PROC_MAGIC &&
		(target[0] == '/' ||
			target[strspn(target, "abcdefghijklmnopqrstuvwxyz0123456789/-")] != '\0');
}

/* Puts the target of the link behind fd before the rest of the route. */
static int follow(struct route *route, int link, int root, int *at)
{
	char target[PATH_MAX], rest[2 * PATH_MAX];
	ssize_t length = readlinkat(link, "", target, sizeof(target) - 1);
	int n, magic;

	if (length < 0)
		return -1;
	target[length] = '\0';
	magic = is_magic(link, target);
	if (magic < 0)
		return -1;
	if (++route->links > MAX_LINKS || magic) {
		errno = ELOOP;
		return -1;
	}
	(void) snprintf(rest, sizeof(rest), "%s", route->rest);
	n = snprintf(route->text, sizeof(route->text), "%s/%s", target, rest);
	if (n < 0 || (size_t) n >= sizeof(route->text)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	/* A link at the end stays at the end: no slash that would ask for a directory. */
	if (rest[0] == '\0')
		route->text[length] = '\0';
	route->rest = route->text;
	if (target[0] == '/') {
		int fresh = reopen(root);

		if (fresh < 0)
			return -1;
		fd_close(at);
		*at = fresh;
	}
	return 0;
}

/* ".." of the root is the root. A directory that was moved out of the root in the meantime is seen by
 * walking up from it until the root or the top of everything comes by. */
static int go_up(int root, int *at)
{
	_cleanup_fd_ int up = -1;

	if (same_inode(*at, root))
		return 0;
	up = openat(*at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (up < 0)
		return -1;
	for (_cleanup_fd_ int climb = openat(up, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
		!same_inode(climb, root);) {
		int higher = openat(climb, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		const bool top = higher < 0 || same_inode(higher, climb);

		fd_close(&climb);
		climb = higher;
		if (top) {
			errno = EXDEV;
			return -1;
		}
	}
	fd_close(at);
	*at = TAKE_FD(up);
	return 0;
}

/* What is there is known by now, as an O_PATH fd; opened once more by its name for reading, it must
 * still be that. */
static int open_known(int at, const char *name, int known, int flags)
{
	_cleanup_fd_ int fd = openat(at, name, flags | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (!same_inode(fd, known)) {
		errno = EAGAIN;
		return -1;
	}
	return TAKE_FD(fd);
}

/* One step: *at becomes what `name` is in it. Returns 1 at the end of the route with *ret_fd, 0 on the
 * way, -1 with errno. */
static int step(int root, struct route *route, int *at, const char *name, int flags, bool nofollow,
	int *ret_fd)
{
	const bool last = route->rest[strspn(route->rest, "/")] == '\0';
	const bool directory = (flags & O_DIRECTORY) != 0 || route->rest[0] == '/';
	_cleanup_fd_ int next = -1;
	struct stat info;

	if (str_eq(name, "."))
		return 0;
	if (str_eq(name, ".."))
		return go_up(root, at);
	next = openat(*at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (next < 0 || fstat(next, &info) < 0)
		return -1;
	if (S_ISLNK(info.st_mode) && !(last && nofollow && route->rest[0] != '/'))
		return follow(route, next, root, at);
	if ((!last || directory) && !S_ISDIR(info.st_mode)) {
		errno = ENOTDIR;
		return -1;
	}
	if (!last || S_ISDIR(info.st_mode)) {
		fd_close(at);
		*at = TAKE_FD(next);
		return 0;
	}
	*ret_fd = (flags & O_PATH) != 0 ? TAKE_FD(next) : open_known(*at, name, next, flags);
	return *ret_fd < 0 ? -1 : 1;
}

/* Returns an fd, -1 with errno. */
static int walk_open(int root, const char *path, int flags, bool nofollow)
{
	struct route route = { .links = 0 };
	_cleanup_fd_ int at = reopen(root);

	if (at < 0)
		return -1;
	if ((size_t) snprintf(route.text, sizeof(route.text), "%s", path) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	route.rest = route.text;
	for (;;) {
		char name[NAME_MAX + 1];
		size_t length;
		int fd = -1, done;

		route.rest += strspn(route.rest, "/");
		length = strcspn(route.rest, "/");
		if (length == 0)
			break;
		if (length > NAME_MAX) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(name, route.rest, length);
		name[length] = '\0';
		route.rest += length;
		done = step(root, &route, &at, name, flags, nofollow, &fd);
		if (done != 0)
			return done < 0 ? -1 : fd;
	}
	return (flags & O_PATH) != 0 ? TAKE_FD(at) : openat(at, ".", flags | O_CLOEXEC);
}

int beneath_is_root(const struct beneath *below, int fd, struct err *err)
{
	struct stat root, here;
	struct statx a, b;

	if (fstat(below->root, &root) < 0 || fstat(fd, &here) < 0)
		return err_sys(err, "fstat directory");
	if (root.st_dev != here.st_dev || root.st_ino != here.st_ino)
		return 0;
	/* The root's directory may be bound below itself. Before Linux 5.8 nothing tells them apart. */
	if (statx(below->root, "", AT_EMPTY_PATH, STATX_MNT_ID, &a) < 0 ||
		statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &b) < 0 ||
		(a.stx_mask & b.stx_mask & STATX_MNT_ID) == 0)
		return 1;
	return a.stx_mnt_id == b.stx_mnt_id;
}

/* ---- openat2 ------------------------------------------------------------------------------------ */

int beneath_open(
	const struct beneath *below, const char *path, int flags, unsigned how, struct err *err)
{
	const bool nofollow = (how & BENEATH_NOFOLLOW) != 0;
	struct open_how ask = {
		.flags = (uint64_t) (unsigned) (flags | O_CLOEXEC | (nofollow ? O_NOFOLLOW : 0)),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	if (path[0] == '\0')
		return err_num(err, ENOENT, "open an empty path");
	errno = ENOSYS;
	/* EAGAIN: something was renamed while ".." was walked. An attacker can do that for ever. */
	for (unsigned tries = 0; !below->walker && tries < MAX_TRIES; tries++) {
		fd = syscall(SYS_openat2, below->root, path, &ask, sizeof(ask));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = walk_open(below->root, path, flags, nofollow);
	return fd < 0 ? err_sys(err, "open %s", path) : (int) fd;
}

/* ---- making ------------------------------------------------------------------------------------- */

/* Splits off the last component: *name points into path, *length is that of what is before it. */
static int last_name(const char *path, char name[NAME_MAX + 1], size_t *length, struct err *err)
{
	size_t end = strlen(path), start;

	while (end > 0 && path[end - 1] == '/')
		end--;
	for (start = end; start > 0 && path[start - 1] != '/'; start--)
		;
	if (end == start || end - start > NAME_MAX)
		return err_num(err, end == start ? EINVAL : ENAMETOOLONG, "open %s", path);
	memcpy(name, path + start, end - start);
	name[end - start] = '\0';
	if (str_eq(name, "..") || str_eq(name, "."))
		return err_num(err, EINVAL, "open %s", path);
	*length = start;
	return 0;
}

int beneath_mkdirs(const struct beneath *below, const char *path, mode_t mode, struct err *err)
{
	_cleanup_fd_ int at = -1;
	char head[PATH_MAX];
	size_t done = strlen(path);

	/* The longest part that exists, then one directory after the other below it. */
	if (done >= sizeof(head))
		return err_num(err, ENAMETOOLONG, "mkdir %s", path);
	memcpy(head, path, done + 1);
	for (;;) {
		at = beneath_open(below, done == 0 ? "/" : head, O_PATH | O_DIRECTORY, 0, err);
		if (at >= 0)
			break;
		if (err->num != ENOENT || done == 0)
			return -1;
		err_drop(err);
		while (done > 0 && head[done - 1] == '/')
			done--;
		while (done > 0 && head[done - 1] != '/')
			done--;
		head[done] = '\0';
	}
	for (const char *rest = path + done; *(rest += strspn(rest, "/")) != '\0';) {
		const size_t length = strcspn(rest, "/");
		char name[NAME_MAX + 1];
		int next;

		if (length > NAME_MAX)
			return err_num(err, ENAMETOOLONG, "mkdir %s", path);
		memcpy(name, rest, length);
		name[length] = '\0';
		rest += length;
		if (str_eq(name, "."))
			continue;
		/* Back from a directory that has just been made is where it was made; but a name that
		 * is there by now must be a directory, not a link that somebody put there. */
		if (str_eq(name, "..")) {
			if (go_up(below->root, &at) < 0)
				return err_sys(err, "mkdir %s", path);
			continue;
		}
		if (mkdirat(at, name, mode) < 0 && errno != EEXIST)
			return err_sys(err, "mkdir %s", path);
		next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (next < 0)
			return err_sys(err, "mkdir %s", path);
		fd_close(&at);
		at = next;
	}
	return TAKE_FD(at);
}

static int parent_of(
	const struct beneath *below, const char *path, char name[NAME_MAX + 1], struct err *err)
{
	char head[PATH_MAX];
	size_t length = 0;

	if (last_name(path, name, &length, err) < 0)
		return -1;
	if (length >= sizeof(head))
		return err_num(err, ENAMETOOLONG, "open %s", path);
	memcpy(head, path, length);
	head[length] = '\0';
	return beneath_mkdirs(below, length == 0 ? "/" : head, 0755, err);
}

int beneath_create_file(const struct beneath *below, const char *path, mode_t mode, struct err *err)
{
	_cleanup_fd_ int fd = beneath_open(below, path, O_PATH, 0, err), at = -1;
	char name[NAME_MAX + 1];
	struct stat info;

	if (fd < 0) {
		_cleanup_fd_ int made = -1;

		if (err->num != ENOENT)
			return -1;
		err_drop(err);
		at = parent_of(below, path, name, err);
		if (at < 0)
			return -1;
		made = openat(at, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (made < 0)
			return err_sys(err, "create %s", path);
		fd = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return err_sys(err, "open %s", path);
		if (!same_inode(fd, made))
			return err_num(err, EAGAIN, "create %s", path);
		return TAKE_FD(fd);
	}
	if (fstat(fd, &info) < 0)
		return err_sys(err, "fstat %s", path);
	if (S_ISDIR(info.st_mode))
		return err_num(err, EISDIR, "create %s", path);
	return TAKE_FD(fd);
}

int beneath_mknod(const struct beneath *below, const char *path, mode_t mode, unsigned major,
	unsigned minor, uint32_t uid, uint32_t gid, struct err *err)
{
	char name[NAME_MAX + 1], self[40];
	_cleanup_fd_ int at = parent_of(below, path, name, err), fd = -1;
	const dev_t device = S_ISFIFO(mode) ? 0 : makedev(major, minor);
	struct stat info;
	bool made;

	if (at < 0)
		return -1;
	made = mknodat(at, name, mode, device) == 0;
	if (!made && errno != EEXIST)
		return err_sys(err, "mknod %s", path);
	fd = openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	if (fstat(fd, &info) < 0)
		return err_sys(err, "fstat %s", path);
	if ((info.st_mode & S_IFMT) != (mode & S_IFMT) ||
		(!S_ISFIFO(mode) && info.st_rdev != device))
		return err_set(err, ERR_CONFIG, "%s is there already and is something else", path);
	if (!made)
		return 0;
	/* The umask may have cut the mode, and the owner is the runtime. */
	if ((info.st_uid != uid || info.st_gid != gid) &&
		fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0)
		return err_sys(err, "chown %s", path);
	if ((info.st_mode & 07777) == (mode & 07777) && info.st_uid == uid && info.st_gid == gid)
		return 0;
	(void) snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (fchmodat(AT_FDCWD, self, mode & 07777, 0) < 0)
		return err_sys(err, "chmod %s", path);
	return 0;
}

int beneath_symlink(
	const struct beneath *below, const char *path, const char *target, struct err *err)
{
	char name[NAME_MAX + 1], now[PATH_MAX];
	_cleanup_fd_ int at = parent_of(below, path, name, err);
	ssize_t length;

	if (at < 0)
		return -1;
	if (symlinkat(target, at, name) == 0)
		return 0;
	if (errno != EEXIST)
		return err_sys(err, "symlink %s", path);
	length = readlinkat(at, name, now, sizeof(now) - 1);
	if (length >= 0) {
		now[length] = '\0';
		if (str_eq(now, target))
			return 0;
	}
	if (unlinkat(at, name, 0) < 0 && errno != ENOENT)
		return err_sys(err, "unlink %s", path);
	if (symlinkat(target, at, name) < 0)
		return err_sys(err, "symlink %s", path);
	return 0;
}
