/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_fsopen
#define SYS_fsopen   430
#define SYS_fsconfig 431
#define SYS_fsmount  432
#endif

enum {
	FS_OPEN_CLOEXEC = 1,
	FS_MOUNT_CLOEXEC = 1,
	FS_CONFIG_CREATE = 6,
	ATTR_NOSUID = 2,
	ATTR_NODEV = 4,
	ATTR_NOEXEC = 8,
	PROC_ROOT_INODE = 1,
	READ_LIMIT = 16 * 1024 * 1024,
};
#define PROC_MAGIC 0x9fa0UL

static bool is_procfs(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (unsigned long) fs.f_type == PROC_MAGIC;
}

static bool is_root(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_ino == PROC_ROOT_INODE && is_procfs(fd);
}

/* Whether it shows the caller's own pid namespace: then a process has one number from there on down. */
static bool is_own(int procfs)
{
	_cleanup_arena_ struct arena arena = { 0 };
	struct err ignored;
	const char *line;
	char *text;

	if (procfs_read_all(procfs, "self/status", &arena, &text, &ignored) < 0) {
		err_drop(&ignored);
		return false;
	}
	line = strstr(text, "\nNSpid:\t");
	return line != NULL && strcspn(line + 8, "\t\n") == strcspn(line + 8, "\n");
}

/* Whether the parts that are read and written here lie under mounts of somebody: then to look them up
 * would fail, for no lookup leaves the mount of the root. */
static bool is_covered(int procfs)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV,
	};
	_cleanup_fd_ int fd = (int) syscall(SYS_openat2, procfs, "sys/kernel", &how, sizeof(how));

	return fd < 0 && errno == EXDEV;
}

/* -1: not allowed here, or not known to this kernel; the caller falls back. */
static int open_private(void)
{
	_cleanup_fd_ int fs = -1;

	fs = (int) syscall(SYS_fsopen, "proc", FS_OPEN_CLOEXEC);
	if (fs < 0 || syscall(SYS_fsconfig, fs, FS_CONFIG_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return (int) syscall(
		SYS_fsmount, fs, FS_MOUNT_CLOEXEC, ATTR_NOSUID | ATTR_NODEV | ATTR_NOEXEC);
}

int procfs_open(struct err *err)
{
	_cleanup_fd_ int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	/* A mount of our own costs a wait for the kernel's readers when it goes, milliseconds on a
	 * machine at rest. It is for hosts where something is mounted over or into /proc. */
	if (fd < 0 || !is_root(fd) || !is_own(fd) || is_covered(fd)) {
		int own = open_private();

		if (own >= 0) {
			fd_close(&fd);
			fd = own;
		}
	}
	if (fd < 0)
		return err_sys(err, "open /proc");
	if (!is_root(fd))
		return err_set(err, ERR_SYSTEM, "open /proc: not the root of a procfs");
	return TAKE_FD(fd);
}

/* The number of the mount that fd is on; -1 with errno. */
static int64_t mount_of(int procfs, int fd)
{
	char path[96], self[32] = "", text[512];
	_cleanup_fd_ int info = -1;
	struct statx st;
	const char *at;
	ssize_t got;
	int id;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) == 0 &&
		(st.stx_mask & STATX_MNT_ID) != 0)
		return (int64_t) st.stx_mnt_id;
	/* Before Linux 5.8 only procfs itself knows. */
	if (readlinkat(procfs, "self", self, sizeof(self) - 1) <= 0)
		return -1;
	(void) snprintf(path, sizeof(path), "%s/fdinfo/%d", self, fd);
	info = openat(procfs, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (info < 0 || !is_procfs(info) || (got = read(info, text, sizeof(text) - 1)) < 0)
		return -1;
	text[got] = '\0';
	at = strstr(text, "mnt_id:");
	errno = ENODATA;
	return at != NULL && sscanf(at, "mnt_id: %d", &id) == 1 ? id : -1;
}

/* One component at a time, each on the same mount, none a link; for kernels without openat2. Another
 * file of procfs may be mounted over the one that is meant (CVE-2025-52881). */
static int open_by_steps(int procfs, const char *path, int flags)
{
	const int64_t mount = mount_of(procfs, procfs);
	_cleanup_fd_ int dir = -1;

	if (mount < 0)
		return -1;
	for (;;) {
		char name[256];
		const char *slash = strchr(path, '/');
		size_t length = slash != NULL ? (size_t) (slash - path) : strlen(path);
		int next;

		if (length == 0 || length >= sizeof(name)) {
			errno = EINVAL;
			return -1;
		}
		memcpy(name, path, length);
		name[length] = '\0';
		if (str_eq(name, "..")) {
			errno = EXDEV;
			return -1;
		}
		next = openat(dir >= 0 ? dir : procfs, name,
			slash != NULL ? O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC : flags);
		if (next < 0)
			return -1;
		fd_close(&dir);
		dir = next;
		if (mount_of(procfs, dir) != mount) {
			errno = EXDEV;
			return -1;
		}
		if (slash == NULL)
			return TAKE_FD(dir);
		path = slash + 1;
	}
}

int procfs_open_file(int procfs, const char *path, int flags, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	char real[256];
	const char *rest;
	int length;
	struct open_how how = {
		.flags = (uint64_t) (flags | O_CLOEXEC | O_NOFOLLOW),
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS |
			RESOLVE_NO_SYMLINKS,
	};

	/* The links are read, not followed: their text is our number in the pid namespace that this
	 * procfs shows, which getpid(2) need not be. */
	rest = str_after(path, "thread-self/");
	if (rest == NULL)
		rest = str_after(path, "self/");
	if (rest != NULL) {
		char self[64] = "";
		ssize_t n = readlinkat(
			procfs, path[0] == 't' ? "thread-self" : "self", self, sizeof(self) - 1);

		if (n <= 0)
			return err_sys(err, "readlink /proc/self");
		self[n] = '\0';
		length = snprintf(real, sizeof(real), "%s/%s", self, rest);
	} else {
		length = snprintf(real, sizeof(real), "%s", path);
	}
	if (length < 0 || (size_t) length >= sizeof(real))
		return err_num(err, ENAMETOOLONG, "open /proc/%s", path);
	fd = (int) syscall(SYS_openat2, procfs, real, &how, sizeof(how));
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = open_by_steps(procfs, real, flags | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_sys(err, "open /proc/%s", path);
	/* Neither way leaves the mount of `procfs`, which was seen to be of procfs. */
	return TAKE_FD(fd);
}

pid_t procfs_self(int procfs, struct err *err)
{
	char text[24] = "";
	uint32_t pid;

	if (readlinkat(procfs, "self", text, sizeof(text) - 1) < 0)
		return err_sys(err, "readlink /proc/self");
	if (str_to_u32(text, &pid) < 0 || pid == 0 || pid > INT32_MAX)
		return err_num(err, ESRCH, "readlink /proc/self");
	return (pid_t) pid;
}

int procfs_open_pid(int procfs, pid_t pid, struct err *err)
{
	char path[32];

	(void) snprintf(path, sizeof(path), "%d", (int) pid);
	return procfs_open_file(procfs, path, O_RDONLY | O_DIRECTORY, err);
}

int procfs_open_root(int procfs, pid_t pid, struct err *err)
{
	_cleanup_fd_ int dir = procfs_open_pid(procfs, pid, err);
	int fd;

	if (dir < 0)
		return -1;
	fd = openat(dir, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, "open /proc/%d/root", (int) pid) : fd;
}

int procfs_open_ns(int procfs, pid_t pid, const char *name, struct err *err)
{
	_cleanup_fd_ int dir = -1;
	char path[32];
	int fd;

	(void) snprintf(path, sizeof(path), "%d/ns", (int) pid);
	dir = procfs_open_file(procfs, path, O_RDONLY | O_DIRECTORY, err);
	if (dir < 0)
		return -1;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, "open /proc/%s/%s", path, name) : fd;
}

int procfs_ns_id(int procfs, pid_t pid, const char *name, uint64_t *ret_device, uint64_t *ret_inode,
	struct err *err)
{
	_cleanup_fd_ int dir = -1;
	struct stat info;
	char path[32];

	(void) snprintf(path, sizeof(path), "%d/ns", (int) pid);
	dir = procfs_open_file(procfs, path, O_RDONLY | O_DIRECTORY, err);
	if (dir < 0)
		return -1;
	if (fstatat(dir, name, &info, 0) < 0)
		return err_sys(err, "stat /proc/%s/%s", path, name);
	*ret_device = info.st_dev;
	*ret_inode = info.st_ino;
	return 0;
}

static void close_stream(DIR **stream)
{
	if (*stream != NULL)
		(void) closedir(*stream);
}

int procfs_numbers(int procfs, const char *path, struct arena *arena, pid_t **ret,
	size_t *ret_count, struct err *err)
{
	_cleanup_fd_ int dir = procfs_open_file(procfs, path, O_RDONLY | O_DIRECTORY, err);
	__attribute__((cleanup(close_stream))) DIR *stream = NULL;
	struct dirent *entry;
	pid_t *numbers = NULL;
	size_t count = 0;
	int more;

	if (dir < 0)
		return -1;
	stream = fdopendir(dir);
	if (stream == NULL)
		return err_sys(err, "opendir /proc/%s", path);
	dir = -1;
	while ((more = io_next_entry(stream, &entry)) > 0) {
		uint32_t number;

		if (str_to_u32(entry->d_name, &number) == 0 && number > 0 && number <= INT32_MAX)
			*ARENA_PUSH(arena, numbers, count) = (pid_t) number;
	}
	if (more < 0)
		return err_sys(err, "readdir /proc/%s", path);
	*ret = numbers;
	*ret_count = count;
	return 0;
}

int procfs_write(int procfs, const char *path, const char *value, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	size_t length = strlen(value);
	ssize_t n;

	fd = procfs_open_file(procfs, path, O_WRONLY, err);
	if (fd < 0)
		return -1;
	do {
		n = write(fd, value, length);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, "write /proc/%s", path);
	/* A second write would be a second value to the kernel. */
	if ((size_t) n != length)
		return err_num(err, EIO, "write /proc/%s", path);
	return 0;
}

ssize_t procfs_read(int procfs, const char *path, char *buffer, size_t size, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	ssize_t n;

	fd = procfs_open_file(procfs, path, O_RDONLY, err);
	if (fd < 0)
		return -1;
	n = io_read_full(fd, buffer, size - 1);
	if (n < 0)
		return err_sys(err, "read /proc/%s", path);
	buffer[n] = '\0';
	return n;
}

int procfs_read_all(int procfs, const char *path, struct arena *arena, char **ret, struct err *err)
{
	_cleanup_fd_ int fd = procfs_open_file(procfs, path, O_RDONLY, err);
	char what[128];

	if (fd < 0)
		return -1;
	(void) snprintf(what, sizeof(what), "/proc/%s", path);
	return io_read_fd(fd, what, READ_LIMIT, arena, ret, NULL, err);
}

int procfs_parse_stat(const char *text, uint64_t *ret_ticks, char *ret_state)
{
	/* The comm is the second field and may hold anything, so count from the last ')'. */
	const char *p = strrchr(text, ')');
	char digits[24];
	size_t length;
	uint64_t ticks;
	char state;

	if (p == NULL || p[1] != ' ' || p[2] == '\0')
		return -1;
	p += 2;
	state = *p;
	/* p is at field 3; the start time is field 22. */
	for (int field = 3; field < 22; field++) {
		p = strchr(p, ' ');
		if (p == NULL)
			return -1;
		p++;
	}
	length = strcspn(p, " \n");
	if (length == 0 || length >= sizeof(digits))
		return -1;
	memcpy(digits, p, length);
	digits[length] = '\0';
	if (str_to_u64(digits, &ticks) < 0)
		return -1;
	if (ret_ticks != NULL)
		*ret_ticks = ticks;
	if (ret_state != NULL)
		*ret_state = state;
	return 0;
}

int procfs_start_time(int procfs, pid_t pid, uint64_t *ret_ticks, char *ret_state, struct err *err)
{
	char path[32], text[1024];

	(void) snprintf(path, sizeof(path), "%d/stat", (int) pid);
	if (procfs_read(procfs, path, text, sizeof(text), err) < 0)
		return -1;
	if (procfs_parse_stat(text, ret_ticks, ret_state) < 0)
		return err_set(err, ERR_SYSTEM, "read /proc/%s: not what proc(5) describes", path);
	return 0;
}

int procfs_status(
	int procfs, uint64_t *ret_caps_bounding, uint64_t *ret_signals_ignored, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	const char *caps, *ignored;
	unsigned long long bounding, signals;
	char *text;

	if (procfs_read_all(procfs, "self/status", &arena, &text, err) < 0)
		return -1;
	caps = strstr(text, "\nCapBnd:");
	ignored = strstr(text, "\nSigIgn:");
	if (caps == NULL || ignored == NULL || sscanf(caps, "\nCapBnd: %llx", &bounding) != 1 ||
		sscanf(ignored, "\nSigIgn: %llx", &signals) != 1)
		return err_set(
			err, ERR_SYSTEM, "read /proc/self/status: not what proc(5) describes");
	*ret_caps_bounding = bounding;
	*ret_signals_ignored = signals;
	return 0;
}

int procfs_boot_id(int procfs, char id[37], struct err *err)
{
	char text[64];

	if (procfs_read(procfs, "sys/kernel/random/boot_id", text, sizeof(text), err) < 0)
		return -1;
	if (strcspn(text, "\n") != 36)
		return err_set(err, ERR_SYSTEM, "read boot_id: not 36 characters");
	memcpy(id, text, 36);
	id[36] = '\0';
	return 0;
}

int procfs_write_sysctl(int procfs, const char *path, const char *value, struct err *err)
{
	char full[256];
	int length = snprintf(full, sizeof(full), "sys/%s", path);

	if (length < 0 || (size_t) length >= sizeof(full))
		return err_num(err, ENAMETOOLONG, "open /proc/sys/%s", path);
	return procfs_write(procfs, full, value, err);
}

int procfs_id_maps(int procfs, pid_t pid, const char *uid_text, const char *gid_text,
	bool setgroups_deny, struct err *err)
{
	const struct {
		const char *name, *value;
	} files[] = {
		/* The kernel refuses an unprivileged gid_map until setgroups is denied. */
		{ "setgroups", setgroups_deny ? "deny" : NULL },
		{ "gid_map", gid_text },
		{ "uid_map", uid_text },
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[64];

		if (files[i].value == NULL)
			continue;
		(void) snprintf(path, sizeof(path), "%d/%s", (int) pid, files[i].name);
		if (procfs_write(procfs, path, files[i].value, err) < 0)
			return -1;
	}
	return 0;
}

int procfs_oom_score_adj(int procfs, pid_t pid, int value, struct err *err)
{
	char path[64], text[16];

	(void) snprintf(path, sizeof(path), "%d/oom_score_adj", (int) pid);
	(void) snprintf(text, sizeof(text), "%d", value);
	return procfs_write(procfs, path, text, err);
}
