/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/rdt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "kernel/procfs.h"

#define RESCTRL_MAGIC 0x7655821UL
#define USUAL_PLACE   "/sys/fs/resctrl"

enum { FILE_BYTES = 1 << 20, TABLE_BYTES = 16 << 20, DIR_FLAGS = O_PATH | O_DIRECTORY | O_CLOEXEC };

static int open_root(const char *path)
{
	_cleanup_fd_ int fd = open(path, DIR_FLAGS);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0 ||
		((unsigned long) fs.f_type & 0xffffffffUL) != RESCTRL_MAGIC)
		return -1;
	return TAKE_FD(fd);
}

/* The fifth word of a line whose type, the first word behind " - ", is resctrl. */
static int find_root(char *table)
{
	for (char *line; (line = strsep(&table, "\n")) != NULL;) {
		char *type = strstr(line, " - "), *point = NULL;
		int fd;

		if (type == NULL || !str_starts(type + 3, "resctrl "))
			continue;
		for (int word = 0; word < 5 && line != NULL; word++)
			point = strsep(&line, " ");
		fd = point == NULL ? -1 : open_root(point);
		if (fd >= 0)
			return fd;
	}
	return -1;
}

int rdt_open(int procfs, struct arena *arena, struct err *err)
{
	_cleanup_fd_ int table = -1;
	int fd = open_root(USUAL_PLACE);
	char *text;

	if (fd >= 0)
		return fd;
	table = procfs_open_file(procfs, "thread-self/mountinfo", O_RDONLY, err);
	if (table < 0 || io_read_fd(table, "mountinfo", TABLE_BYTES, arena, &text, NULL, err) < 0)
		return -1;
	fd = find_root(text);
	return fd >= 0 ? fd
		       : err_set(err, ERR_UNSUPPORTED, "the resctrl file system is not mounted");
}

/* Names have no slash: the plan has looked at them. */
static int open_group(int root, const char *group, struct err *err)
{
	const int fd = openat(root, *group == '\0' ? "." : group, DIR_FLAGS | O_NOFOLLOW);

	return fd < 0 ? err_sys(err, "open resctrl group \"%s\"", group) : fd;
}

int rdt_exists(int root, const char *group, struct err *err)
{
	struct err local = { 0 };
	_cleanup_fd_ int fd = open_group(root, group, &local);

	if (fd >= 0)
		return 1;
	if (local.num == ENOENT)
		return 0;
	*err = local;
	return -1;
}

int rdt_make(int root, const char *group, struct err *err)
{
	if (mkdirat(root, group, 0755) < 0)
		return err_sys(err, "make resctrl group \"%s\"", group);
	return 0;
}

static void monitor_path(char path[300], const char *name)
{
	(void) snprintf(path, 300, "mon_groups/%s", name);
}

int rdt_make_monitor(int root, const char *group, const char *name, struct err *err)
{
	_cleanup_fd_ int dir = open_group(root, group, err);
	char path[300];

	if (dir < 0)
		return -1;
	monitor_path(path, name);
	if (mkdirat(dir, path, 0755) < 0)
		return err_sys(err, "make resctrl group \"%s/%s\"", group, path);
	return 0;
}

int rdt_read_schemata(int root, const char *group, struct arena *arena, char **ret, struct err *err)
{
	_cleanup_fd_ int dir = open_group(root, group, err);
	_cleanup_fd_ int file = -1;

	if (dir < 0)
		return -1;
	file = openat(dir, "schemata", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (file < 0)
		return err_sys(err, "open schemata of resctrl group \"%s\"", group);
	return io_read_fd(file, "schemata", FILE_BYTES, arena, ret, NULL, err);
}

/* The reason of the last refusal, one line, empty if there is none. */
static void read_reason(int root, char *text, size_t size)
{
	_cleanup_fd_ int file =
		openat(root, "info/last_cmd_status", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t got = file < 0 ? -1 : read(file, text, size - 1);

	text[got > 0 ? got : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
}

/* One write is one command to the kernel. */
static int write_once(int dir, const char *name, const char *text, struct err *err)
{
	_cleanup_fd_ int file = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	const size_t length = strlen(text);
	ssize_t put;

	if (file < 0)
		return err_sys(err, "open %s", name);
	put = write(file, text, length);
	if (put != (ssize_t) length)
		return put < 0 ? err_sys(err, "write %s", name)
			       : err_num(err, EIO, "write %s", name);
	return 0;
}

int rdt_write_schemata(int root, const char *group, const char *text, struct err *err)
{
	_cleanup_fd_ int dir = open_group(root, group, err);
	char reason[200];

	if (dir < 0)
		return -1;
	if (write_once(dir, "schemata", text, err) == 0)
		return 0;
	read_reason(root, reason, sizeof(reason));
	return reason[0] == '\0' || str_eq(reason, "ok")
		? err_ctx(err, "resctrl group \"%s\"", group)
		: err_ctx(err, "resctrl group \"%s\": %s", group, reason);
}

int rdt_enter(int root, const char *group, const char *monitor, pid_t pid, struct err *err)
{
	_cleanup_fd_ int dir = open_group(root, group, err);
	char path[320] = "", number[32];

	if (dir < 0)
		return -1;
	(void) snprintf(number, sizeof(number), "%d", (int) pid);
	/* The kernel counts a process only in a group of the class that it is in. */
	if (write_once(dir, "tasks", number, err) < 0)
		return err_ctx(err, "resctrl group \"%s\"", group);
	if (monitor == NULL)
		return 0;
	monitor_path(path, monitor);
	(void) snprintf(path + strlen(path), sizeof(path) - strlen(path), "/tasks");
	if (write_once(dir, path, number, err) < 0)
		return err_ctx(err, "resctrl group \"%s\"", group);
	return 0;
}

int rdt_remove(int root, const char *group, const char *monitor, struct err *err)
{
	struct err local = { 0 };
	_cleanup_fd_ int dir = -1;
	char path[300];

	if (monitor == NULL) {
		if (unlinkat(root, group, AT_REMOVEDIR) < 0 && errno != ENOENT)
			return err_sys(err, "remove resctrl group \"%s\"", group);
		return 0;
	}
	dir = open_group(root, group, &local);
	if (dir < 0 && local.num == ENOENT)
		return 0;
	if (dir < 0) {
		*err = local;
		return -1;
	}
	monitor_path(path, monitor);
	if (unlinkat(dir, path, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_sys(err, "remove resctrl group \"%s/%s\"", group, path);
	return 0;
}
