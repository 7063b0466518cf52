/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/lsm.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "kernel/procfs.h"

#define SELINUX_MAGIC 0xf97cff8cUL

bool lsm_has_apparmor(void)
{
	_cleanup_fd_ int fd = -1;
	char yes = 'N';

	fd = open("/sys/module/apparmor/parameters/enabled", O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd >= 0 && read(fd, &yes, 1) == 1 && yes == 'Y';
}

bool lsm_has_selinux(int procfs)
{
	struct statfs fs;
	struct err err = { 0 };
	char text[256];

	if (statfs("/sys/fs/selinux", &fs) != 0 ||
		((unsigned long) fs.f_type & 0xffffffffUL) != SELINUX_MAGIC)
		return false;
	/* The file system may be there with no policy loaded: then we have no label. */
	if (procfs_read(procfs, "thread-self/attr/current", text, sizeof(text), &err) < 0) {
		err_drop(&err);
		return false;
	}
	return strchr(text, ':') != NULL;
}

/* Podman finds the path between backquotes, and says then that it is the label that does not fit. */
static int write_attr(int procfs, const char *path, const char *value, struct err *err)
{
	if (procfs_write(procfs, path, value, err) < 0)
		return err_ctx(err, "`/proc/%s`", path);
	return 0;
}

static bool is_confined(int procfs)
{
	struct err err = { 0 };
	char text[512];

	if (procfs_read(procfs, "thread-self/attr/apparmor/current", text, sizeof(text), &err) <
			0 &&
		procfs_read(procfs, "thread-self/attr/current", text, sizeof(text), &err) < 0) {
		err_drop(&err);
		return false;
	}
	return text[0] != '\0' && !str_starts(text, "unconfined");
}

int lsm_set_apparmor(int procfs, const char *profile, bool no_new_privs, struct err *err)
{
	/* Without new privileges a profile may only be narrowed: both hold then. */
	const char *how = no_new_privs && is_confined(procfs) ? "stack" : "exec";
	char value[512];
	int length = snprintf(value, sizeof(value), "%s %s", how, profile);

	if (length < 0 || (size_t) length >= sizeof(value))
		return err_num(err, ENAMETOOLONG, "apparmor profile %s", profile);
	/* attr/apparmor is Linux 5.8; attr/exec may belong to another module where several are. */
	if (write_attr(procfs, "thread-self/attr/apparmor/exec", value, err) < 0) {
		if (err->num != ENOENT)
			return err_ctx(err, "apparmor profile %s", profile);
		err_drop(err);
		if (write_attr(procfs, "thread-self/attr/exec", value, err) < 0)
			return err_ctx(err, "apparmor profile %s", profile);
	}
	return 0;
}

int lsm_set_selinux(int procfs, const char *label, struct err *err)
{
	if (write_attr(procfs, "thread-self/attr/exec", label, err) < 0)
		return err_ctx(err, "selinux label %s", label);
	return 0;
}

int lsm_set_selinux_key(int procfs, const char *label, struct err *err)
{
	/* A line break alone takes the label back: an empty write would not reach the kernel. */
	const char *value = label != NULL && label[0] != '\0' ? label : "\n";

	if (write_attr(procfs, "thread-self/attr/keycreate", value, err) < 0)
		return err_ctx(err, "selinux label of keys");
	return 0;
}

static int get_attr(
	int procfs, pid_t pid, const char *file, struct arena *arena, char **ret, struct err *err)
{
	char path[64];

	(void) snprintf(path, sizeof(path), "%d/attr/%s", (int) pid, file);
	return procfs_read_all(procfs, path, arena, ret, err);
}

int lsm_get_apparmor(int procfs, pid_t pid, struct arena *arena, char **ret, struct err *err)
{
	if (get_attr(procfs, pid, "apparmor/current", arena, ret, err) == 0)
		return 0;
	/* Before Linux 5.1 one module alone had the directory. */
	if (err->num != ENOENT)
		return -1;
	err_drop(err);
	return get_attr(procfs, pid, "current", arena, ret, err);
}

int lsm_get_selinux(int procfs, pid_t pid, struct arena *arena, char **ret, struct err *err)
{
	return get_attr(procfs, pid, "current", arena, ret, err);
}
