/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/facts.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/facts.h"
#include "base/str.h"
#include "kernel/cap.h"
#include "kernel/lsm.h"
#include "kernel/procfs.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#define CGROUP2_MAGIC 0x63677270UL
#define TMPFS_MAGIC_  0x01021994UL
#define CGROUP1_MAGIC 0x0027e0ebUL

static unsigned long magic_of(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 ? (unsigned long) fs.f_type : 0;
}

static enum cgroup_layout cgroup_layout(void)
{
	unsigned long magic = magic_of("/sys/fs/cgroup");

	if (magic == CGROUP2_MAGIC)
		return CGROUP_LAYOUT_V2;
	if (magic != TMPFS_MAGIC_ && magic != CGROUP1_MAGIC)
		return CGROUP_LAYOUT_NONE;
	if (magic_of("/sys/fs/cgroup/unified") == CGROUP2_MAGIC)
		return CGROUP_LAYOUT_HYBRID;
	return CGROUP_LAYOUT_V1;
}

static unsigned namespaces(int procfs)
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
		struct stat st;

		(void) snprintf(path, sizeof(path), "self/ns/%s", files[i].name);
		/* Only whether the link is there; it is not followed. */
		if (fstatat(procfs, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
			have |= files[i].flag;
	}
	return have;
}

int facts_probe_process(int procfs, struct facts *ret, struct err *err)
{
	struct facts facts = { .euid = (uint32_t) geteuid(), .egid = (uint32_t) getegid() };
	struct err missing = { 0 };
	unsigned inside, outside, count;
	struct utsname host;
	char text[256];

	if (procfs_read(procfs, "self/uid_map", text, sizeof(text), &missing) < 0)
		err_drop(&missing); /* a kernel without user namespaces */
	else
		facts.in_user_ns = sscanf(text, "%u %u %u", &inside, &outside, &count) != 3 ||
			inside != 0 || outside != 0 || count != UINT32_MAX;
	if (procfs_read(procfs, "self/setgroups", text, sizeof(text), &missing) < 0)
		err_drop(&missing);
	else
		facts.setgroups_denied = str_starts(text, "deny");
	facts.sys_admin = cap_effective(CAP_SYS_ADMIN);
	facts.cap_last = cap_last();
	if (procfs_status(procfs, &facts.caps_bounding, &facts.signals_ignored, err) < 0)
		return -1;
	if (uname(&host) < 0)
		return err_sys(err, "uname");
	if (sscanf(host.release, "%u.%u", &facts.kernel_major, &facts.kernel_minor) != 2)
		return err_set(err, ERR_SYSTEM, "uname: no version in %s", host.release);
	facts.namespaces = namespaces(procfs);
	facts.apparmor = lsm_has_apparmor();
	facts.selinux = lsm_has_selinux(procfs);
	*ret = facts;
	return 0;
}

int facts_probe(int procfs, struct facts *ret, struct err *err)
{
	struct stat st;

	if (facts_probe_process(procfs, ret, err) < 0)
		return -1;
	ret->cgroup = cgroup_layout();
	/* The root of the hierarchy has no limit, but it has the usage where memsw is counted. */
	ret->swap_accounting = ret->cgroup != CGROUP_LAYOUT_V2 &&
		stat("/sys/fs/cgroup/memory/memory.memsw.usage_in_bytes", &st) == 0;
	return 0;
}
