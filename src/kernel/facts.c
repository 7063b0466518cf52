/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/facts.h"
#include "base/str.h"
#include "kernel/cap.h"
#include "kernel/cgroupfs.h"
#include "kernel/lsm.h"
#include "kernel/procfs.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

/* Another failure is none of the host's properties: with a fact that was only guessed a container would
 * have fewer limits than its configuration says. */
static bool means_absent(int number)
{
	return number == ENOENT || number == ENOTDIR || number == EACCES;
}

static int cgroup_layout(enum cgroup_layout *ret, struct err *err)
{
	unsigned long magic, below = 0;

	if (cgroupfs_magic("/sys/fs/cgroup", &magic, err) < 0)
		return -1;
	if ((magic == TMPFS_MAGIC || magic == CGROUP_SUPER_MAGIC) &&
		cgroupfs_magic("/sys/fs/cgroup/unified", &below, err) < 0)
		return -1;
	if (magic == CGROUP2_SUPER_MAGIC)
		*ret = CGROUP_LAYOUT_V2;
	else if (magic != TMPFS_MAGIC && magic != CGROUP_SUPER_MAGIC)
		*ret = CGROUP_LAYOUT_NONE;
	else
		*ret = below == CGROUP2_SUPER_MAGIC ? CGROUP_LAYOUT_HYBRID : CGROUP_LAYOUT_V1;
	return 0;
}

/* 1: there, 0: not. */
static int is_there(int at, const char *path, int flags, struct err *err)
{
	struct stat st;

	if (fstatat(at, path, &st, flags) == 0)
		return 1;
	return means_absent(errno) ? 0 : err_sys(err, "stat %s", path);
}

/* Returns 1 with the text, 0 where this kernel has no such file. */
static int read_if_there(int procfs, const char *path, char *text, size_t size, struct err *err)
{
	if (procfs_read(procfs, path, text, size, err) >= 0)
		return 1;
	if (!means_absent(err->num))
		return -1;
	err_drop(err);
	return 0;
}

static int namespaces(int procfs, unsigned *ret, struct err *err)
{
	static const struct {
		const char *name;
		unsigned flag;
	} files[] = {
		{ "cgroup", CLONE_NEWCGROUP },
		{ "ipc", CLONE_NEWIPC },
		{ "net", CLONE_NEWNET },
		{ "mnt", CLONE_NEWNS },
		{ "pid", CLONE_NEWPID },
		{ "time", CLONE_NEWTIME },
		{ "user", CLONE_NEWUSER },
		{ "uts", CLONE_NEWUTS },
	};
	unsigned have = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		char path[32];
		int there;

		(void) snprintf(path, sizeof(path), "self/ns/%s", files[i].name);
		/* Only whether the link is there; it is not followed. */
		there = is_there(procfs, path, AT_SYMLINK_NOFOLLOW, err);
		if (there < 0)
			return -1;
		if (there != 0)
			have |= files[i].flag;
	}
	*ret = have;
	return 0;
}

int facts_probe_process(int procfs, struct facts *ret, struct err *err)
{
	struct facts facts = { .euid = (uint32_t) geteuid(), .egid = (uint32_t) getegid() };
	unsigned inside, outside, count;
	struct utsname host;
	char text[256];
	int there;

	there = read_if_there(procfs, "self/uid_map", text, sizeof(text), err);
	if (there < 0)
		return -1;
	if (there != 0)
		facts.in_user_ns = sscanf(text, "%u %u %u", &inside, &outside, &count) != 3 ||
			inside != 0 || outside != 0 || count != UINT32_MAX;
	there = read_if_there(procfs, "self/setgroups", text, sizeof(text), err);
	if (there < 0)
		return -1;
	if (there != 0)
		facts.setgroups_denied = str_starts(text, "deny");
	facts.sys_admin = cap_effective(CAP_SYS_ADMIN);
	facts.cap_last = cap_last();
	if (procfs_status(procfs, &facts.caps_bounding, &facts.signals_ignored, err) < 0)
		return -1;
	if (uname(&host) < 0)
		return err_sys(err, "uname");
	if (sscanf(host.release, "%u.%u", &facts.kernel_major, &facts.kernel_minor) != 2)
		return err_set(err, ERR_SYSTEM, "uname: no version in %s", host.release);
	if (namespaces(procfs, &facts.namespaces, err) < 0)
		return -1;
	facts.apparmor = lsm_has_apparmor();
	facts.selinux = lsm_has_selinux(procfs);
	*ret = facts;
	return 0;
}

int facts_probe(int procfs, struct facts *ret, struct err *err)
{
	int swap = 0;

	if (facts_probe_process(procfs, ret, err) < 0 || cgroup_layout(&ret->cgroup, err) < 0)
		return -1;
	/* The root of the hierarchy has no limit, but it has the usage where memsw is counted. */
	if (ret->cgroup != CGROUP_LAYOUT_V2)
		swap = is_there(
			AT_FDCWD, "/sys/fs/cgroup/memory/memory.memsw.usage_in_bytes", 0, err);
	ret->swap_accounting = swap > 0;
	return swap < 0 ? -1 : 0;
}
