/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/mount-old.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"

#define PROC_MAGIC 0x9fa0UL

/* A file below /proc/self that is on a procfs, whoever made the /proc. */
static int open_self(const char *path, int flags)
{
	_cleanup_fd_ int fd = open(path, flags | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -1;
	if ((unsigned long) fs.f_type != PROC_MAGIC) {
		errno = EXDEV;
		return -1;
	}
	return TAKE_FD(fd);
}

/* The number of the mount that fd is on (proc(5), fdinfo); -1 with errno. */
static int mount_id(int fd)
{
	char path[48], text[512];
	_cleanup_fd_ int info = -1;
	const char *at;
	ssize_t got;
	int id;

	(void) snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = open_self(path, O_RDONLY);
	if (info < 0)
		return -1;
	got = read(info, text, sizeof(text) - 1);
	if (got < 0)
		return -1;
	text[got] = '\0';
	at = strstr(text, "mnt_id:");
	if (at == NULL || sscanf(at, "mnt_id: %d", &id) != 1) {
		errno = ENODATA;
		return -1;
	}
	return id;
}

int mount_old_here(void)
{
	const int cwd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	return cwd >= 0 || errno != EACCES ? cwd : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Goes to where fd can be named, and writes the name. */
static int go_to(int fd, char name[16])
{
	_cleanup_fd_ int fds = -1, same = -1;
	struct stat a, b;

	if (fstat(fd, &a) < 0)
		return -1;
	if (S_ISDIR(a.st_mode)) {
		(void) snprintf(name, 16, ".");
		return fchdir(fd);
	}
	fds = open_self("/proc/self/fd", O_PATH | O_DIRECTORY);
	if (fds < 0)
		return -1;
	(void) snprintf(name, 16, "%d", fd);
	same = openat(fds, name, O_PATH | O_CLOEXEC);
	if (same < 0 || fstat(same, &b) < 0)
		return -1;
	if (a.st_dev != b.st_dev || a.st_ino != b.st_ino || mount_id(fd) != mount_id(same)) {
		errno = EXDEV;
		return -1;
	}
	return fchdir(fds);
}

static int mount_by_fd(
	int fd, unsigned long flags, const char *data, const char *what, struct err *err)
{
	_cleanup_fd_ int cwd = mount_old_here();
	char name[16];
	int done = cwd < 0 ? -1 : go_to(fd, name);

	if (done == 0)
		done = mount(NULL, name, NULL, flags, data);
	if (done < 0)
		(void) err_sys(err, "%s", what);
	if (cwd >= 0 && fchdir(cwd) < 0)
		return err_sys(err, "fchdir");
	return done;
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
		/* Linux 5.10; statvfs(3) has no name for it. */
		{ 0x00200000 /* MOUNT_ATTR_NOSYMFOLLOW */, 256 /* MS_NOSYMFOLLOW */, 0x2000 },
	};
	unsigned long flags = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if ((set & rows[i].attr) != 0 ||
			((now->f_flag & rows[i].has) != 0 && (clear & rows[i].attr) == 0))
			flags |= rows[i].flag;
	/* One field: NOATIME, STRICTATIME, or 0, which is relatime, the kernel's own choice. */
	if (((set | clear) & MOUNT_ATTR__ATIME) != 0) {
		if ((set & MOUNT_ATTR__ATIME) == MOUNT_ATTR_NOATIME)
			return flags | MS_NOATIME;
		return flags |
			((set & MOUNT_ATTR__ATIME) == MOUNT_ATTR_STRICTATIME ? MS_STRICTATIME
									     : MS_RELATIME);
	}
	if ((now->f_flag & ST_NOATIME) != 0)
		return flags | MS_NOATIME;
	return flags | ((now->f_flag & ST_RELATIME) != 0 ? MS_RELATIME : MS_STRICTATIME);
}

static int set_one(int fd, uint64_t set, uint64_t clear, struct err *err)
{
	struct statvfs now;

	if (fstatvfs(fd, &now) < 0)
		return err_sys(err, "statvfs mount");
	return mount_by_fd(
		fd, MS_REMOUNT | MS_BIND | old_flags(&now, set, clear), NULL, "remount", err);
}

/* A space, tab, newline or backslash of a path is written in octal (proc(5)). */
static void unescape(char *path)
{
	char *to = path;

	for (const char *at = path; *at != '\0';) {
		if (*at == '\\' && strspn(at + 1, "01234567") >= 3) {
			*to++ = (char) ((at[1] - '0') << 6 | (at[2] - '0') << 3 | (at[3] - '0'));
			at += 4;
		} else {
			*to++ = *at++;
		}
	}
	*to = '\0';
}

struct below {
	int *ids;
	size_t count;
	char *point; /* where the tree is attached */
};

static bool is_below(const struct below *below, int parent)
{
	for (size_t i = 0; i < below->count; i++)
		if (below->ids[i] == parent)
			return true;
	return false;
}

static void free_below(struct below *below)
{
	free(below->ids);
	free(below->point);
}

/* A path of mountinfo below the tree that root is, from there: the way to the tree may be closed to the
 * ids of a user namespace. */
static int open_below(const struct below *below, int root, const char *path)
{
	const char *rest = below->point == NULL || str_eq(below->point, "/")
		? path
		: str_after(path, below->point);

	if (rest == NULL)
		return open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	rest += strspn(rest, "/");
	return openat(root, rest[0] != '\0' ? rest : ".", O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

/* One line of mountinfo: a mount whose parent is of the tree belongs to it. What is mounted over and
 * cannot be reached by its path is hidden from the container as well. */
static int set_line(
	struct below *below, int root, char *line, uint64_t set, uint64_t clear, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	int id, parent, start = 0;
	char *path;
	int *more;

	if (sscanf(line, "%d %d %*s %*s %n", &id, &parent, &start) != 2 || start == 0 ||
		(id != below->ids[0] && !is_below(below, parent)))
		return 0;
	path = line + start;
	path[strcspn(path, " ")] = '\0';
	unescape(path);
	if (id == below->ids[0]) {
		free(below->point);
		below->point = strdup(path);
		return below->point == NULL ? err_sys(err, "malloc path") : 0;
	}
	more = realloc(below->ids, (below->count + 1) * sizeof(*more));
	if (more == NULL)
		return err_sys(err, "malloc mounts");
	below->ids = more;
	below->ids[below->count++] = id;
	fd = open_below(below, root, path);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	return mount_id(fd) == id ? set_one(fd, set, clear, err) : 0;
}

/* The kernel lists a mount behind its parent. */
static int set_tree(int fd, uint64_t set, uint64_t clear, struct err *err)
{
	__attribute__((cleanup(free_below))) struct below below = { malloc(sizeof(int)), 1, NULL };
	int info = open_self("/proc/self/mountinfo", O_RDONLY), done = 0;
	FILE *file = info < 0 ? NULL : fdopen(info, "r");
	char *line = NULL;
	size_t size = 0;

	if (file == NULL || below.ids == NULL) {
		done = err_sys(err, "open /proc/self/mountinfo");
		if (file == NULL)
			fd_close(&info);
		else
			(void) fclose(file);
		return done;
	}
	below.ids[0] = mount_id(fd);
	if (below.ids[0] < 0)
		done = err_sys(err, "read /proc/self/fdinfo");
	else
		done = set_one(fd, set, clear, err);
	while (done == 0 && getline(&line, &size, file) > 0)
		done = set_line(&below, fd, line, set, clear, err);
	free(line);
	(void) fclose(file);
	return done;
}

int mount_old_set_attr(int fd, uint64_t set, uint64_t clear, unsigned long propagation,
	bool recursive, struct err *err)
{
	if (propagation != 0 &&
		mount_by_fd(fd, propagation | (recursive ? MS_REC : 0), NULL, "mount propagation",
			err) < 0)
		return -1;
	if ((set | clear) == 0)
		return 0;
	return recursive ? set_tree(fd, set, clear, err) : set_one(fd, set, clear, err);
}

/* ---- what stays below a root that was moved there ------------------------------------------------ */

struct hide {
	struct below ours;
	int *fds;
	size_t count;
};

static void free_hide(struct hide *hide)
{
	for (size_t i = 0; i < hide->count; i++)
		fd_close(&hide->fds[i]);
	free(hide->fds);
	free_below(&hide->ours);
}

static int remember_id(struct below *below, int id, struct err *err)
{
	int *more = realloc(below->ids, (below->count + 1) * sizeof(*more));

	if (more == NULL)
		return err_sys(err, "malloc mounts");
	below->ids = more;
	below->ids[below->count++] = id;
	return 0;
}

/* One line of mountinfo: opens a proc or sysfs that is not of our tree. */
static int find_foreign(struct hide *hide, char *line, struct err *err)
{
	char *path, *type = strstr(line, " - ");
	int id, parent, start = 0, *more;
	_cleanup_fd_ int fd = -1;

	if (type == NULL || sscanf(line, "%d %d %*s %*s %n", &id, &parent, &start) != 2 ||
		start == 0)
		return 0;
	if (is_below(&hide->ours, id) || is_below(&hide->ours, parent))
		return remember_id(&hide->ours, id, err);
	if (!str_starts(type, " - proc ") && !str_starts(type, " - sysfs "))
		return 0;
	path = line + start;
	path[strcspn(path, " ")] = '\0';
	unescape(path);
	fd = open(path, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || mount_id(fd) != id)
		return 0;
	more = realloc(hide->fds, (hide->count + 1) * sizeof(*more));
	if (more == NULL)
		return err_sys(err, "malloc mounts");
	hide->fds = more;
	hide->fds[hide->count++] = TAKE_FD(fd);
	return 0;
}

int mount_old_hide(int root, struct err *err)
{
	__attribute__((cleanup(free_hide))) struct hide hide = { .count = 0 };
	int info = open_self("/proc/self/mountinfo", O_RDONLY), done = 0, own = mount_id(root);
	FILE *file = info < 0 ? NULL : fdopen(info, "r");
	char *line = NULL;
	size_t size = 0;

	if (file == NULL || own < 0) {
		done = err_sys(err, "open /proc/self/mountinfo");
		if (file == NULL)
			fd_close(&info);
		else
			(void) fclose(file);
		return done;
	}
	done = remember_id(&hide.ours, own, err);
	while (done == 0 && getline(&line, &size, file) > 0)
		done = find_foreign(&hide, line, err);
	free(line);
	(void) fclose(file);
	for (size_t i = 0; done == 0 && i < hide.count; i++) {
		if (fchdir(hide.fds[i]) < 0)
			return err_sys(err, "fchdir");
		/* One that a user namespace may not take away is covered. */
		if (umount2(".", MNT_DETACH) < 0 &&
			mount("tmpfs", ".", "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
				"size=0") < 0)
			return err_sys(err, "mount over a file system of the host");
	}
	return done;
}

/* ---- new file systems --------------------------------------------------------------------------- */

/* The text of a context of SELinux is read by that, which knows quotes. */
static bool takes_quotes(const char *option)
{
	static const char *const keys[] = {
		"context=", "fscontext=", "defcontext=", "rootcontext="
	};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (str_starts(option, keys[i]))
			return strchr(option, '"') == NULL;
	return false;
}

static int join_data(char *text, size_t size, const char *const *data, size_t count)
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const char *value = strchr(data[i], ',') != NULL ? strchr(data[i], '=') : NULL;
		const char *quote = "";
		int length;

		/* For anything else mount(2) has no way to write a comma in a value. */
		if (value != NULL && takes_quotes(data[i]))
			quote = "\"";
		else if (strchr(data[i], ',') != NULL)
			goto refused;
		value = value != NULL ? value + 1 : data[i];
		length = snprintf(text + used, size - used, "%s%.*s%s%s%s", i > 0 ? "," : "",
			(int) (value - data[i]), data[i], quote, value, quote);
		if (length < 0 || (size_t) length >= size - used)
			goto refused;
		used += (size_t) length;
	}
	return 0;
refused:
	errno = EINVAL;
	return -1;
}

int mount_old_make_fs(const char *type, const char *source, const char *const *data, size_t count,
	unsigned long sb_flags, uint64_t attrs, struct err *err)
{
	const struct statvfs fresh = { .f_flag = ST_RELATIME };
	const unsigned long flags = sb_flags | old_flags(&fresh, attrs, attrs & MOUNT_ATTR__ATIME);
	_cleanup_fd_ int fd = -1;
	char text[4096];

	if (join_data(text, sizeof(text), data, count) < 0)
		return err_sys(err, "mount %s: an option that mount(2) cannot take", type);
	if (mount(source, "/", type, flags, text) < 0)
		return err_sys(err, "mount %s", type);
	fd = (int) syscall(SYS_open_tree, AT_FDCWD, "/..", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (fd < 0)
		(void) err_sys(err, "open_tree %s", type);
	if (umount2("/..", MNT_DETACH) < 0)
		return err_sys(err, "umount2 %s", type);
	return TAKE_FD(fd);
}

int mount_old_reconfigure(
	int fd, const char *const *data, size_t count, unsigned long sb_flags, struct err *err)
{
	struct statvfs now;
	char text[4096];

	if (join_data(text, sizeof(text), data, count) < 0)
		return err_sys(err, "remount: an option that mount(2) cannot take");
	if (fstatvfs(fd, &now) < 0)
		return err_sys(err, "statvfs mount");
	/* This call sets the flags of the mount as well: they stay as they are. */
	return mount_by_fd(fd, MS_REMOUNT | sb_flags | old_flags(&now, 0, 0), text, "remount", err);
}
