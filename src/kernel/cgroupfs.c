/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/cgroupfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "base/time.h"
#include "kernel/cgroupfs-controllers.h"

static const char top[] = "/sys/fs/cgroup";

enum { DEPTH = 64, FILE_BYTES = 1 << 20 };

/* ---- looking up --------------------------------------------------------------------------------- */

static bool is_cgroup(unsigned long magic)
{
	return magic == CGROUP_SUPER_MAGIC || magic == CGROUP2_SUPER_MAGIC;
}

/* EXDEV: it is on no cgroup file system. */
static int check_magic(int fd, const char *path, unsigned long *ret_magic, struct err *err)
{
	struct statfs info;

	if (fstatfs(fd, &info) < 0)
		return err_sys(err, "fstatfs %s", path);
	if (!is_cgroup((unsigned long) info.f_type))
		return err_num(err, EXDEV, "open %s", path);
	if (ret_magic != NULL)
		*ret_magic = (unsigned long) info.f_type;
	return 0;
}

static bool means_absent(int number)
{
	/* ENODEV: it was removed while it was open. EXDEV: another file system is there. */
	return number == ENOENT || number == ENOTDIR || number == EACCES || number == ENODEV ||
		number == EXDEV;
}

static bool goes_up(const char *path)
{
	for (const char *p = path; (p = strstr(p, "/..")) != NULL; p += 3)
		if (p[3] == '/' || p[3] == '\0')
			return true;
	return false;
}

/* The directory, seen to be one of a cgroup file system. The hierarchies are root's own, and no link can
 * be made in them: so the whole path is looked up at once. */
static int open_dir(const char *dir, unsigned long *ret_magic, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	const char *rest = str_after(dir, top);

	if (rest == NULL || (rest[0] != '/' && rest[0] != '\0') || goes_up(rest))
		return err_num(err, EINVAL, "open %s", dir);
	fd = open(dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open %s", dir);
	return check_magic(fd, dir, ret_magic, err) < 0 ? -1 : TAKE_FD(fd);
}

int cgroupfs_magic(const char *dir, unsigned long *ret_magic, struct err *err)
{
	struct statfs info = { 0 };

	if (statfs(dir, &info) < 0 && !means_absent(errno))
		return err_sys(err, "statfs %s", dir);
	*ret_magic = (unsigned long) info.f_type;
	return 0;
}

int cgroupfs_is_v1(const char *dir, struct err *err)
{
	unsigned long magic;

	return cgroupfs_magic(dir, &magic, err) < 0 ? -1 : magic == CGROUP_SUPER_MAGIC;
}

int cgroupfs_is_v2(const char *dir, struct err *err)
{
	unsigned long magic;

	return cgroupfs_magic(dir, &magic, err) < 0 ? -1 : magic == CGROUP2_SUPER_MAGIC;
}

/* ---- files -------------------------------------------------------------------------------------- */

static int write_at(int at, const char *dir, const char *file, const char *value, struct err *err)
{
	_cleanup_fd_ int fd = openat(at, file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "open %s/%s", dir, file);
	if (io_write_all(fd, value, strlen(value)) < 0)
		return err_sys(err, "write %s to %s/%s", value, dir, file);
	return 0;
}

static ssize_t read_at(
	int at, const char *dir, const char *file, char *text, size_t size, struct err *err)
{
	_cleanup_fd_ int fd = openat(at, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return err_sys(err, "open %s/%s", dir, file);
	got = io_read_full(fd, text, size - 1);
	if (got < 0)
		return err_sys(err, "read %s/%s", dir, file);
	text[got] = '\0';
	return got;
}

/* The file, seen to be one of a cgroup file system: like open_dir, in one look-up. */
static int open_file(const char *dir, const char *file, int flags, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	const size_t dir_length = strlen(dir), file_length = strlen(file);
	char path[4096];

	if (dir_length + file_length + 2 > sizeof(path))
		return err_num(err, ENAMETOOLONG, "open %s/%s", dir, file);
	memcpy(path, dir, dir_length);
	path[dir_length] = '/';
	memcpy(path + dir_length + 1, file, file_length + 1);
	if (goes_up(dir))
		return err_num(err, EINVAL, "open %s", path);
	fd = open(path, flags | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	return check_magic(fd, path, NULL, err) < 0 ? -1 : TAKE_FD(fd);
}

int cgroupfs_write_file(const char *dir, const char *file, const char *value, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	const char *rest = str_after(dir, top);

	if (rest == NULL || (rest[0] != '/' && rest[0] != '\0'))
		return err_num(err, EINVAL, "open %s", dir);
	fd = open_file(dir, file, O_WRONLY, err);
	if (fd < 0)
		return -1;
	if (io_write_all(fd, value, strlen(value)) < 0)
		return err_sys(err, "write %s to %s/%s", value, dir, file);
	return 0;
}

ssize_t cgroupfs_read_file(
	const char *dir, const char *file, char *text, size_t size, struct err *err)
{
	_cleanup_fd_ int fd = open_file(dir, file, O_RDONLY, err);
	ssize_t got;

	if (fd < 0)
		return -1;
	got = io_read_full(fd, text, size - 1);
	if (got < 0)
		return err_sys(err, "read %s/%s", dir, file);
	text[got] = '\0';
	return got;
}

/* Their names, a line each: the kernel's, or where it tells none (before Linux 4.15) the specification's. */
static int read_delegate(char *names, size_t size, struct err *err)
{
	static const char path[] = "/sys/kernel/cgroup/delegate";
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t got;

	if (fd < 0 && errno == ENOENT) {
		(void) snprintf(
			names, size, "cgroup.procs\ncgroup.subtree_control\ncgroup.threads\n");
		return 0;
	}
	got = fd < 0 ? -1 : io_read_full(fd, names, size - 1);
	if (got < 0)
		return err_sys(err, "read %s", path);
	names[got] = '\0';
	return 0;
}

int cgroupfs_hand_over(const char *dir, uid_t uid, struct err *err)
{
	_cleanup_fd_ int at = open_dir(dir, NULL, err);
	char names[4096], *next = names;

	if (at < 0 || read_delegate(names, sizeof(names), err) < 0)
		return -1;
	if (fchownat(at, "", uid, (gid_t) -1, AT_EMPTY_PATH) < 0)
		return err_sys(err, "chown %s", dir);
	for (char *name; (name = strsep(&next, "\n")) != NULL;) {
		if (!str_is_file_name(name))
			continue;
		/* Not every one is in every cgroup. */
		if (fchownat(at, name, uid, (gid_t) -1, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
			return err_sys(err, "chown %s/%s", dir, name);
	}
	return 0;
}

int cgroupfs_starts(const char *dir, const char *file, const char *text, struct err *err)
{
	const size_t length = strlen(text);
	_cleanup_fd_ int fd = open_file(dir, file, O_RDONLY, err);
	char value[32];
	ssize_t got;

	if (fd < 0) {
		if (!means_absent(err->num))
			return -1;
		err_drop(err);
		return 0;
	}
	do {
		got = read(fd, value, sizeof(value));
	} while (got < 0 && errno == EINTR);
	if (got < 0 && !means_absent(errno))
		return err_sys(err, "read %s/%s", dir, file);
	return got >= (ssize_t) length && memcmp(value, text, length) == 0;
}

int cgroupfs_has_file(const char *dir, const char *file, struct err *err)
{
	_cleanup_fd_ int at = open_dir(dir, NULL, err);

	if (at >= 0)
		return cgroupfs_at_has(at, dir, file, err);
	if (!means_absent(err->num))
		return -1;
	err_drop(err);
	return 0;
}

int cgroupfs_open(const char *dir, bool *ret_v2, struct err *err)
{
	unsigned long magic;
	int fd = open_dir(dir, &magic, err);

	if (fd >= 0)
		*ret_v2 = magic == CGROUP2_SUPER_MAGIC;
	return fd;
}

int cgroupfs_at_has(int at, const char *dir, const char *file, struct err *err)
{
	if (faccessat(at, file, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return means_absent(errno) ? 0 : err_sys(err, "access %s/%s", dir, file);
}

int cgroupfs_at_write(int at, const char *dir, const char *file, const char *value, struct err *err)
{
	return write_at(at, dir, file, value, err);
}

size_t cgroupfs_at_write_lines(int at, const char *dir, const char *file, const char *const *values,
	size_t count, struct err *err)
{
	_cleanup_fd_ int fd = openat(at, file, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		(void) err_sys(err, "open %s/%s", dir, file);
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		if (io_write_all(fd, values[i], strlen(values[i])) < 0) {
			(void) err_sys(err, "write %s to %s/%s", values[i], dir, file);
			return i;
		}
	return count;
}

int cgroupfs_at_read(
	int at, const char *dir, const char *file, struct arena *arena, char **ret, struct err *err)
{
	_cleanup_fd_ int fd = openat(at, file, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return err_sys(err, "open %s/%s", dir, file);
	return io_read_fd(fd, file, FILE_BYTES, arena, ret, NULL, err);
}

/* ---- making ------------------------------------------------------------------------------------- */

static bool is_blank(const char *text)
{
	return text[0] == '\0' || text[0] == '\n';
}

/* An empty v1 cpuset takes no process: its two lists are those of the directory above. That one may have
 * been made this very moment, by another runtime that has not filled it yet: then it is filled too. */
static int fill_cpuset(int at, int above, const char *dir, unsigned depth, struct err *err)
{
	static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };

	for (size_t i = 0; i < 2; i++) {
		char value[4096];

		const int has = cgroupfs_at_has(at, dir, files[i], err);

		if (has <= 0)
			return has;
		if (read_at(at, dir, files[i], value, sizeof(value), err) < 0)
			return -1;
		if (!is_blank(value))
			continue;
		if (read_at(above, dir, files[i], value, sizeof(value), err) < 0)
			return -1;
		if (is_blank(value) && depth > 0) {
			_cleanup_fd_ int higher =
				openat(above, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

			if (higher < 0)
				return err_sys(err, "open %s/../..", dir);
			if (fill_cpuset(above, higher, dir, depth - 1, err) < 0 ||
				read_at(above, dir, files[i], value, sizeof(value), err) < 0)
				return -1;
		}
		if (write_at(at, dir, files[i], value, err) < 0)
			return -1;
	}
	return 0;
}

/* Level by level from below, as far up as something is missing, for a cpuset is filled from the one
 * above. Nothing is made outside of a hierarchy. *made: the last level was. */
static int make_level(const char *dir, unsigned depth, bool *made, struct err *err)
{
	_cleanup_fd_ int above = -1, at = -1;
	const char *slash = strrchr(dir, '/');
	unsigned long magic = 0;
	char parent[4096];

	if (depth == 0 || slash == NULL || (size_t) (slash - dir) >= sizeof(parent))
		return err_num(err, ENAMETOOLONG, "mkdir %s", dir);
	memcpy(parent, dir, (size_t) (slash - dir));
	parent[slash - dir] = '\0';
	above = open_dir(parent, &magic, err);
	if (above < 0 && err->num == ENOENT) {
		bool ignored;

		err_drop(err);
		if (make_level(parent, depth - 1, &ignored, err) < 0)
			return -1;
		above = open_dir(parent, &magic, err);
	}
	if (above < 0 && err->num == EXDEV) {
		/* The root of a hierarchy, or of none: it must be there. */
		err_drop(err);
		*made = false;
		at = open_dir(dir, NULL, err);
		return at < 0 ? -1 : 0;
	}
	if (above < 0)
		return -1;
	*made = mkdirat(above, slash + 1, 0755) == 0;
	if (!*made && errno != EEXIST)
		return err_sys(err, "mkdir %s", dir);
	if (magic != CGROUP_SUPER_MAGIC)
		return 0;
	at = openat(above, slash + 1, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (at < 0)
		return err_sys(err, "open %s", dir);
	return fill_cpuset(at, above, dir, depth, err);
}

int cgroupfs_make_bare(const char *dir, struct err *err)
{
	bool ignored;

	return make_level(dir, DEPTH, &ignored, err);
}

int cgroupfs_make(const char *dir, struct err *err)
{
	_cleanup_fd_ int at = -1;
	char plain[4096];
	size_t length = strlen(dir);
	bool made = false;
	unsigned long magic;

	while (length > 1 && dir[length - 1] == '/')
		length--;
	if (length >= sizeof(plain))
		return err_num(err, ENAMETOOLONG, "mkdir %s", dir);
	memcpy(plain, dir, length);
	plain[length] = '\0';
	/* A directory above may go while another container is deleted: it is made again. */
	for (int tries = 10; make_level(plain, DEPTH, &made, err) < 0; tries--) {
		if (tries == 0 || (err->num != ENOENT && err->num != ENODEV))
			return -1;
		err_drop(err);
	}
	at = open_dir(plain, &magic, err);
	if (at < 0)
		return -1;
	/* Beside v1 hierarchies the cgroup2 is there for its processes, not for limits. */
	if (magic == CGROUP2_SUPER_MAGIC) {
		int alone = cgroupfs_is_v2(top, err);

		if (alone < 0)
			return -1;
		if (alone != 0)
			cgroupfs_enable(plain, NULL);
	}
	return made ? 0 : cgroupfs_check_unused(plain, err);
}

/* ---- trees -------------------------------------------------------------------------------------- */

/* Calls visit for the directory and all below it, those below first. Directories that vanish in
 * between are fine. */
static int each(int at, const char *dir, unsigned depth,
	int (*visit)(int at, const char *dir, void *data, struct err *err), void *data,
	struct err *err)
{
	DIR *listing;
	struct dirent *entry;
	int copy = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result = 0;

	if (copy < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : err_sys(err, "open %s", dir);
	if (depth == 0) {
		fd_close(&copy);
		return err_num(err, ELOOP, "open %s", dir);
	}
	listing = fdopendir(copy);
	if (listing == NULL) {
		fd_close(&copy);
		return err_sys(err, "opendir %s", dir);
	}
	for (;;) {
		_cleanup_fd_ int below = -1;
		char path[4096];
		const int more = result == 0 ? io_next_entry(listing, &entry) : 0;

		/* ENOENT: it was removed meanwhile. */
		if (more < 0 && errno != ENOENT)
			result = err_sys(err, "read %s", dir);
		if (more <= 0)
			break;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		below = openat(at, entry->d_name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0)
			continue;
		(void) snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		result = each(below, path, depth - 1, visit, data, err);
	}
	(void) closedir(listing);
	return result == 0 ? visit(at, dir, data, err) : result;
}

static int each_below(const char *dir,
	int (*visit)(int at, const char *dir, void *data, struct err *err), void *data,
	struct err *err)
{
	_cleanup_fd_ int at = open_dir(dir, NULL, err);

	if (at < 0) {
		if (err->num != ENOENT)
			return -1;
		err_drop(err);
		return 0;
	}
	return each(at, dir, DEPTH, visit, data, err);
}

struct pids {
	struct arena *arena;
	pid_t **pids;
	size_t *count;
};

static int add_pids(int at, const char *dir, void *data, struct err *err)
{
	struct pids *to = data;
	_cleanup_fd_ int fd = openat(at, "cgroup.procs", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char *text, *line;

	if (fd < 0)
		return errno == ENOENT || errno == ENODEV
			? 0
			: err_sys(err, "open %s/cgroup.procs", dir);
	if (io_read_fd(fd, dir, 64 << 20, to->arena, &text, NULL, err) < 0) {
		/* ENODEV: removed; EOPNOTSUPP: a threaded cgroup, whose processes are counted above. */
		if (err->num != ENODEV && err->num != EOPNOTSUPP)
			return -1;
		err_drop(err);
		return 0;
	}
	while ((line = strsep(&text, "\n")) != NULL) {
		uint32_t pid;

		if (str_to_u32(line, &pid) == 0 && pid != 0)
			*ARENA_PUSH(to->arena, *to->pids, *to->count) = (pid_t) pid;
	}
	return 0;
}

int cgroupfs_pids(
	const char *dir, struct arena *arena, pid_t **pids, size_t *count, struct err *err)
{
	struct pids to = { arena, pids, count };

	return each_below(dir, add_pids, &to, err);
}

struct value {
	const char *file;
	const char *text;
};

static int write_one(int at, const char *dir, void *data, struct err *err)
{
	const struct value *value = data;
	const int has = cgroupfs_at_has(at, dir, value->file, err);

	if (has <= 0)
		return has;
	return write_at(at, dir, value->file, value->text, err);
}

int cgroupfs_write_each(const char *dir, const char *file, const char *value, struct err *err)
{
	struct value one = { file, value };

	return each_below(dir, write_one, &one, err);
}

static int remove_one(int at, const char *dir, void *data, struct err *err)
{
	(void) at;
	(void) data;
	if (rmdir(dir) < 0 && errno != ENOENT)
		return err_sys(err, "rmdir %s", dir);
	return 0;
}

int cgroupfs_remove(const char *dir, struct err *err)
{
	/* Mostly nothing is below it. */
	if (rmdir(dir) == 0 || errno == ENOENT)
		return 0;
	return each_below(dir, remove_one, NULL, err);
}

bool cgroupfs_remove_idle(const char *dir)
{
	return rmdir(dir) == 0 || errno == ENOENT;
}

int cgroupfs_remove_empty(const char *dir, struct err *err)
{
	return remove_one(-1, dir, NULL, err);
}

int cgroupfs_check_unused(const char *dir, struct err *err)
{
	static const struct {
		const char *file, *thawed;
	} freezers[] = { { "cgroup.freeze", "0" }, { "freezer.state", "THAWED" } };
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_fd_ int at = open_dir(dir, NULL, err);
	pid_t *pids = NULL;
	size_t count = 0;
	char text[64];

	if (at < 0) {
		if (err->num != ENOENT)
			return -1;
		err_drop(err);
		return 0;
	}
	if (cgroupfs_pids(dir, &arena, &pids, &count, err) < 0)
		return -1;
	if (count > 0)
		return err_set(err, ERR_STATE, "cgroup %s holds processes already", dir);
	for (size_t i = 0; i < 2; i++) {
		const int has = cgroupfs_at_has(at, dir, freezers[i].file, err);

		if (has < 0 ||
			(has > 0 &&
				read_at(at, dir, freezers[i].file, text, sizeof(text), err) < 0))
			return -1;
		if (has > 0 && !str_starts(text, freezers[i].thawed))
			return err_set(err, ERR_STATE, "cgroup %s is frozen", dir);
	}
	return 0;
}

/* ---- ending ------------------------------------------------------------------------------------- */

int cgroupfs_kill(const char *dir, struct err *err)
{
	_cleanup_fd_ int at = open_dir(dir, NULL, err);

	if (at >= 0 && write_at(at, dir, "cgroup.kill", "1", err) == 0)
		return 1;
	if (err->num != ENOENT)
		return -1;
	err_drop(err);
	return 0;
}

int cgroupfs_wait_event(const char *dir, const char *line, uint64_t deadline_ns, struct err *err)
{
	_cleanup_fd_ int at = open_dir(dir, NULL, err), fd = -1;
	char text[256];

	if (at >= 0) {
		fd = openat(at, "cgroup.events", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			(void) err_sys(err, "open %s/cgroup.events", dir);
	}
	if (fd < 0) {
		if (!means_absent(err->num))
			return -1;
		err_drop(err);
		return 0;
	}
	for (;;) {
		struct pollfd look = { .fd = fd, .events = POLLPRI };
		ssize_t got = pread(fd, text, sizeof(text) - 1, 0);
		int ready;

		if (got < 0)
			return errno == ENODEV ? 0 : err_sys(err, "read %s/cgroup.events", dir);
		text[got] = '\0';
		if (strstr(text, line) != NULL)
			return 0;
		ready = poll(&look, 1, time_poll_ms(deadline_ns));
		if (ready == 0)
			return err_set(
				err, ERR_TIMEOUT, "cgroup %s does not become \"%s\"", dir, line);
		if (ready < 0 && errno != EINTR)
			return err_sys(err, "poll %s/cgroup.events", dir);
	}
}
