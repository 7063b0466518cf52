/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts: what this host and this caller can do, as data.
 *
 * kernel/facts.c probes it once per command; plan/ decides from it; a test writes it by hand. It
 * holds nothing about one mount, one path or one container: whoever needs such an answer asks the
 * kernel at the moment of use.
 */
#ifndef OCIRT_BASE_FACTS_H
#define OCIRT_BASE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

enum cgroup_layout {
	CGROUP_LAYOUT_NONE, /* no cgroup file system in /sys/fs/cgroup */
	CGROUP_LAYOUT_V1, /* v1 hierarchies alone */
	CGROUP_LAYOUT_HYBRID, /* v1 hierarchies and a cgroup2 at /sys/fs/cgroup/unified */
	CGROUP_LAYOUT_V2, /* cgroup2 at /sys/fs/cgroup */
};

struct facts {
	uint32_t euid;
	uint32_t egid;
	bool in_user_ns; /* /proc/self/uid_map is not the identity over all ids */
	bool setgroups_denied; /* /proc/self/setgroups says deny */
	bool sys_admin; /* CAP_SYS_ADMIN is effective in our user namespace */
	uint64_t caps_bounding; /* our own bounding set, bit N = capability N */
	uint64_t signals_ignored; /* by us, bit N - 1 = signal N: execve keeps them so */
	int cap_last; /* the highest capability that the kernel knows */
	unsigned kernel_major;
	unsigned kernel_minor;
	unsigned namespaces; /* CLONE_NEW* that the kernel was built with */
	enum cgroup_layout cgroup;
	bool apparmor;
	bool selinux;
	bool swap_accounting; /* v1: memory.memsw.* exist */
};

#endif
