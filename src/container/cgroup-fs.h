/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup-fs: the manager `cgroupfs`: directories made and removed by hand; and what the other
 * manager needs of it, for systemd knows some of the hierarchies only.
 */
#ifndef OCIRT_CONTAINER_CGROUP_FS_H
#define OCIRT_CONTAINER_CGROUP_FS_H

#include "container/cgroup-manager.h"

/* Appends to dirs one leaf for each hierarchy that is mounted: its root, the own cgroup's directory in
 * front where `relative` (runc's rule), and path. The parents that are missing are noted. */
ERR_CHECK int cgroup_fs_leaves(const char *path, bool relative, const struct facts *facts,
	int procfs, struct arena *arena, struct cgroup_dirs *dirs, struct err *err);

/* Makes every leaf (cgroupfs_make). */
ERR_CHECK int cgroup_fs_make(const struct cgroup_dirs *dirs, struct err *err);

/* Writes pid into every leaf; those of v2 are left out where it was born inside. */
ERR_CHECK int cgroup_fs_join(
	const struct cgroup_dirs *dirs, pid_t pid, bool born_inside, struct err *err);

/* The same for a container without processes and without cgroups of its own: a call for each. False: not
 * all are gone, and the long way has to be taken. */
bool cgroup_fs_remove_idle(const struct cgroup_dirs *dirs);

/* Removes leaves, with all below them, and then the parents that are empty. */
ERR_CHECK int cgroup_fs_remove(
	const struct cgroup_dirs *dirs, uint64_t deadline_ns, struct err *err);

#endif
