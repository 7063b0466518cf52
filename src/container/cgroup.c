/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/cgroup.h"

#include <errno.h>
#include <fcntl.h>

#include "base/facts.h"
#include "base/str.h"
#include "container/cgroup-fs.h"
#include "container/cgroup-manager.h"
#include "container/cgroup-processes.h"
#include "container/cgroup-values.h"
#include "kernel/cgroupfs-controllers.h"
#include "kernel/cgroupfs.h"

static const struct cgroup_ops *const managers[] = {
	[CGROUP_MANAGER_FS] = &cgroup_fs_ops,
	[CGROUP_MANAGER_SYSTEMD] = &cgroup_systemd_ops,
	[CGROUP_MANAGER_DISABLED] = &cgroup_fs_ops, /* of no directory */
};

static const char *const names[] = {
	[CGROUP_MANAGER_FS] = "cgroupfs",
	[CGROUP_MANAGER_SYSTEMD] = "systemd",
	[CGROUP_MANAGER_DISABLED] = "disabled",
};

const char *cgroup_manager_name(enum cgroup_manager manager)
{
	return names[manager];
}

int cgroup_manager_find(const char *name, enum cgroup_manager *ret)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_eq(name, names[i])) {
			*ret = (enum cgroup_manager) i;
			return 0;
		}
	return -1;
}

int cgroup_locate(const struct cgroup_plan *plan, const struct facts *facts, int procfs,
	struct arena *arena, struct cgroup_dirs *ret, struct err *err)
{
	struct cgroup_dirs dirs = { .manager = plan->manager };

	if (plan->manager != CGROUP_MANAGER_DISABLED && facts->cgroup != CGROUP_LAYOUT_NONE &&
		managers[plan->manager]->locate(plan, facts, procfs, arena, &dirs, err) < 0)
		return -1;
	/* Before the names are recorded as ours: what is recorded is what will be killed and removed. */
	for (size_t i = 0; i < dirs.leaf_count; i++)
		if (cgroupfs_check_unused(dirs.leaves[i], err) < 0)
			return err_place(err, "/linux/cgroupsPath");
	if (plan->delegate != NULL && dirs.leaf_count > 0)
		dirs.home = arena_printf(arena, "%s/%s", dirs.leaves[0], plan->delegate);
	*ret = dirs;
	return 0;
}

/* It came into use since it was looked at: it is not ours to end. */
static void give_up(struct cgroup_dirs *dirs)
{
	dirs->unit = NULL;
	dirs->leaf_count = 0;
	dirs->parent_count = 0;
}

/* An ordinary user who asked for nothing goes on without a cgroup where the kernel lets make none. */
static int or_without(const struct cgroup_plan *plan, struct cgroup_dirs *dirs, struct err *err)
{
	if (plan->may_fail &&
		(err->num == EACCES || err->num == EPERM || err->num == EROFS ||
			err->num == ENOENT)) {
		err_drop(err);
		*dirs = (struct cgroup_dirs){ .manager = CGROUP_MANAGER_DISABLED };
		return 0;
	}
	if (err->num == EACCES || err->num == EPERM || err->num == EROFS)
		(void) err_ctx(err,
			"limits and cgroupsPath need a cgroup that is delegated to you "
			"(cgroup v2: systemd-run --user --scope -p Delegate=yes), without them it "
			"goes on without one");
	return err_place(err, "/linux/cgroupsPath");
}

const char *cgroup_home(const struct cgroup_dirs *dirs, size_t leaf)
{
	return dirs->home != NULL ? dirs->home : dirs->leaves[leaf];
}

/* The limits stay the runtime's when the cgroup is handed over. */
static int fill(const struct cgroup_plan *plan, const struct cgroup_dirs *dirs, struct err *err)
{
	if (cgroup_values_write(dirs, plan, NULL, err) < 0)
		return -1;
	if (dirs->home != NULL && cgroupfs_make_bare(dirs->home, err) < 0)
		return err_place(err, "/annotations/" DELEGATE_ANNOTATION);
	for (size_t i = 0; plan->handed_over && i < dirs->leaf_count; i++)
		if (cgroupfs_hand_over(cgroup_home(dirs, i), plan->owner, err) < 0)
			return err_place(err, "/linux/cgroupsPath");
	return 0;
}

/* systemd has put the process into the unit's own cgroup, which may have no processes once it hands its
 * controllers down. */
static int go_home(const struct cgroup_dirs *dirs, pid_t pid, struct err *err)
{
	if (dirs->home == NULL)
		return 0;
	if (cgroup_fs_join(dirs, pid, false, err) < 0)
		return err_place(err, "/annotations/" DELEGATE_ANNOTATION);
	cgroupfs_enable(dirs->home, NULL);
	return 0;
}

int cgroup_make(const struct cgroup_plan *plan, struct cgroup_dirs *dirs, struct err *err)
{
	if (managers[dirs->manager]->make(dirs, err) < 0) {
		if (err->code == ERR_STATE)
			give_up(dirs);
		return or_without(plan, dirs, err);
	}
	/* Where systemd makes the directories they are not there yet. */
	if (dirs->manager == CGROUP_MANAGER_SYSTEMD)
		return 0;
	if (fill(plan, dirs, err) < 0)
		return -1;
	if (dirs->home != NULL)
		cgroupfs_enable(dirs->home, NULL);
	return 0;
}

int cgroup_clone_fd(const struct cgroup_dirs *dirs, struct err *err)
{
	/* There is none before systemd has made it for this very process. */
	for (size_t i = 0; i < dirs->leaf_count; i++) {
		int fd, v2 = cgroup_may_be_v2(dirs, i) ? cgroupfs_is_v2(dirs->leaves[i], err) : 0;

		if (v2 < 0)
			return -2;
		if (v2 == 0)
			continue;
		fd = open(cgroup_home(dirs, i), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0) {
			(void) err_sys(err, "open %s", cgroup_home(dirs, i));
			return -2;
		}
		return fd;
	}
	return -1;
}

int cgroup_place(const struct cgroup_plan *plan, struct cgroup_dirs *dirs, int procfs, pid_t pid,
	bool born_inside, struct err *err)
{
	if (managers[dirs->manager]->place(plan, dirs, procfs, pid, born_inside, err) < 0) {
		if (err->code == ERR_STATE)
			give_up(dirs);
		return or_without(plan, dirs, err);
	}
	if (dirs->manager != CGROUP_MANAGER_SYSTEMD)
		return 0;
	return fill(plan, dirs, err) < 0 ? -1 : go_home(dirs, pid, err);
}

bool cgroup_is_entered(const struct cgroup_plan *plan, const struct cgroup_dirs *dirs)
{
	return dirs->manager == CGROUP_MANAGER_FS && !plan->may_fail;
}

int cgroup_enter(const struct cgroup_dirs *dirs, pid_t pid, int born_inside, struct err *err)
{
	if (managers[dirs->manager]->join(dirs, pid, born_inside, err) < 0)
		return err_place(err, "/linux/cgroupsPath");
	return 0;
}

int cgroup_join(
	const struct cgroup_dirs *dirs, int procfs, pid_t init, bool born_inside, struct err *err)
{
	if (cgroup_enter(dirs, 0, born_inside, err) == 0)
		return 0;
	if (err->num != EBUSY)
		return -1;
	err_drop(err);
	for (size_t i = 0; i < dirs->leaf_count; i++) {
		struct cgroup_dirs one = *dirs;

		one.leaves = &dirs->leaves[i];
		one.leaf_count = 1;
		if (cgroup_enter(&one, 0, born_inside, err) == 0)
			continue;
		if (err->num != EBUSY || cgroup_enter_beside(&one, procfs, init, 0, err) < 0)
			return -1;
	}
	return 0;
}

int cgroup_update(const struct cgroup_plan *plan, const struct cgroup_dirs *dirs, struct err *err)
{
	const struct cgroup_ops *ops = managers[dirs->manager];

	return ops->update != NULL ? ops->update(plan, dirs, err) : 0;
}

int cgroup_destroy(const struct cgroup_dirs *dirs, uint64_t deadline_ns, struct err *err)
{
	/* Of a container that has ended nothing is left in there, which its removal tells soonest. */
	if (dirs->manager != CGROUP_MANAGER_SYSTEMD && cgroup_fs_remove_idle(dirs))
		return 0;
	if (cgroup_end_processes(dirs, deadline_ns, err) < 0)
		return -1;
	return managers[dirs->manager]->remove(dirs, deadline_ns, err);
}
