/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/cgroup-fs.h"
#include "container/cgroup-manager.h"

static int locate(const struct cgroup_plan *plan, const struct facts *facts, int procfs,
	struct arena *arena, struct cgroup_dirs *ret, struct err *err)
{
	(void) plan;
	(void) facts;
	(void) procfs;
	(void) arena;
	(void) ret;
	return err_set(err, ERR_UNSUPPORTED,
		"the systemd cgroup manager is not in this build; use --cgroup-manager=cgroupfs");
}

static int place(const struct cgroup_plan *plan, const struct cgroup_dirs *dirs, int procfs,
	pid_t pid, bool born_inside, struct err *err)
{
	(void) plan;
	(void) procfs;
	return cgroup_fs_join(dirs, pid, born_inside, err);
}

const struct cgroup_ops cgroup_systemd_ops = {
	.locate = locate,
	.make = cgroup_fs_make,
	.place = place,
	.join = cgroup_fs_join,
	.remove = cgroup_fs_remove,
};
