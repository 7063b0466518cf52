/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup-manager: what a cgroup manager does differently: who makes the directories, who moves the
 * first process, who removes them. All the rest (processes, values, freezing) is the same files in the
 * same directories for each of them. Only container/cgroup*.c include this; cgroup.h is the entry.
 */
#ifndef OCIRT_CONTAINER_CGROUP_MANAGER_H
#define OCIRT_CONTAINER_CGROUP_MANAGER_H

#include "container/cgroup.h"

struct cgroup_ops {
	/* Decides the names in *ret (zeroed, but for the manager). Makes nothing. */
	int (*locate)(const struct cgroup_plan *plan, const struct facts *facts, int procfs,
		struct arena *arena, struct cgroup_dirs *ret, struct err *err);
	/* Before the clone: makes what can be made without a process. */
	int (*make)(const struct cgroup_dirs *dirs, struct err *err);
	/* After the clone: the first process, which waits, comes inside. born_inside: the clone put it
	 * into the v2 directory. */
	int (*place)(const struct cgroup_plan *plan, const struct cgroup_dirs *dirs, int procfs,
		pid_t pid, bool born_inside, struct err *err);
	/* A process of `exec` comes inside. */
	int (*join)(const struct cgroup_dirs *dirs, pid_t pid, bool born_inside, struct err *err);
	/* New values, which are in the files already, for the manager's own books; they are in the files again
	 * when it returns. NULL: it has none. */
	int (*update)(
		const struct cgroup_plan *plan, const struct cgroup_dirs *dirs, struct err *err);
	/* No process is left: everything that was made goes. What is gone already is fine. */
	int (*remove)(const struct cgroup_dirs *dirs, uint64_t deadline_ns, struct err *err);
};

extern const struct cgroup_ops cgroup_fs_ops;
extern const struct cgroup_ops cgroup_systemd_ops;

#endif
