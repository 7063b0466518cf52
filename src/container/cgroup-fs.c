/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/cgroup-fs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cgroup-line.h"
#include "base/facts.h"
#include "base/str.h"
#include "container/cgroup-processes.h"
#include "container/cgroup-wait.h"
#include "container/cgroup.h"
#include "kernel/cgroupfs.h"
#include "kernel/procfs.h"
#include "plan/plan.h"

static const char mount_point[] = "/sys/fs/cgroup";

/* ---- locate ------------------------------------------------------------------------------------- */

/* The directory of a hierarchy below mount_point, by its controllers in /proc/PID/cgroup. */
static const char *hierarchy_name(enum cgroup_layout layout, const char *controllers)
{
	if (controllers[0] == '\0')
		return layout == CGROUP_LAYOUT_V2 ? "" : "/unified";
	if (str_starts(controllers, "name="))
		return controllers + 5;
	return controllers;
}

/* runc's rule for a path that is not absolute: below the parent of the runtime's own cgroup on v2,
 * which may hold no processes beside child cgroups; below its own on v1. */
static const char *base_of(bool v2, const char *own, struct arena *arena)
{
	const char *slash = strrchr(own, '/');

	if (!v2)
		return str_eq(own, "/") ? "" : own;
	return slash == NULL || slash == own ? "" : arena_strn(arena, own, (size_t) (slash - own));
}

static int add_parents(struct cgroup_dirs *dirs, struct arena *arena, const char *root,
	const char *leaf, struct err *err)
{
	for (const char *slash = strchr(leaf + strlen(root) + 1, '/'); slash != NULL;
		slash = strchr(slash + 1, '/')) {
		char *parent = arena_strn(arena, leaf, (size_t) (slash - leaf));

		if (access(parent, F_OK) == 0)
			continue;
		/* Whether it will have been made by us must be known, or it stays or goes wrongly. */
		if (errno != ENOENT)
			return err_sys(err, "access %s", parent);
		*ARENA_PUSH(arena, dirs->parents, dirs->parent_count) = parent;
	}
	return 0;
}

int cgroup_fs_leaves(const char *path, bool relative, const struct facts *facts, int procfs,
	struct arena *arena, struct cgroup_dirs *dirs, struct err *err)
{
	struct cgroup_line line;
	const char *next;
	char *text;

	if (procfs_read_all(procfs, "self/cgroup", arena, &text, err) < 0)
		return -1;
	for (next = text; cgroup_line_next(&next, &line);) {
		const char *controllers =
			arena_strn(arena, line.controllers, line.controllers_length);
		const char *own = arena_strn(arena, line.path, line.path_length);
		const char *name = hierarchy_name(facts->cgroup, controllers), *root, *base;
		int mounted;

		root = arena_printf(arena, "%s%s%s", mount_point,
			name[0] == '\0' || name[0] == '/' ? "" : "/", name);
		/* A hierarchy that is mounted nowhere is nobody's to use. On v2 a cgroup may have its name. */
		mounted = controllers[0] == '\0' ? cgroupfs_is_v2(root, err)
						 : cgroupfs_is_v1(root, err);
		if (mounted < 0)
			return err_place(err, "/linux/cgroupsPath");
		if (mounted == 0)
			continue;
		base = relative ? base_of(controllers[0] == '\0', own, arena) : "";
		*ARENA_PUSH(arena, dirs->leaves, dirs->leaf_count) = arena_printf(
			arena, "%s%s%s%s", root, base, path[0] == '/' ? "" : "/", path);
		if (add_parents(dirs, arena, root, dirs->leaves[dirs->leaf_count - 1], err) < 0)
			return err_place(err, "/linux/cgroupsPath");
	}
	return 0;
}

static int locate(const struct cgroup_plan *plan, const struct facts *facts, int procfs,
	struct arena *arena, struct cgroup_dirs *ret, struct err *err)
{
	return cgroup_fs_leaves(plan->path, plan->relative, facts, procfs, arena, ret, err);
}

/* ---- make, enter -------------------------------------------------------------------------------- */

int cgroup_fs_make(const struct cgroup_dirs *dirs, struct err *err)
{
	struct err ignored;

	for (size_t i = 0; i < dirs->leaf_count; i++) {
		if (cgroupfs_make(dirs->leaves[i], err) == 0)
			continue;
		/* Somebody else's by now: what was made for us goes, and only that. */
		while (err->code == ERR_STATE && i-- > 0)
			if (cgroupfs_remove_empty(dirs->leaves[i], &ignored) < 0)
				err_drop(&ignored);
		return -1;
	}
	return 0;
}

int cgroup_fs_join(const struct cgroup_dirs *dirs, pid_t pid, bool born_inside, struct err *err)
{
	char text[16];

	(void) snprintf(text, sizeof(text), "%d", (int) pid);
	for (size_t i = 0; i < dirs->leaf_count; i++) {
		const char *home = cgroup_home(dirs, i);
		const bool may_be_v2 = cgroup_may_be_v2(dirs, i);

		/* A thread that moves itself alone need not wait until the kernel has stopped all
		 * forks and ends of processes, which takes it ten milliseconds (since Linux 5.18).
		 * v1 alone has the file. */
		if (pid == 0 && !may_be_v2) {
			if (cgroupfs_write_file(home, "tasks", text, err) == 0)
				continue;
			if (err->num != ENOENT)
				return -1;
			err_drop(err);
		}
		const int v2 = cgroupfs_is_v2(home, err);

		if (v2 < 0)
			return -1;
		if ((!born_inside || !v2) &&
			cgroupfs_write_file(
				home, !v2 && pid == 0 ? "tasks" : "cgroup.procs", text, err) < 0)
			return -1;
	}
	return 0;
}

static int place(const struct cgroup_plan *plan, const struct cgroup_dirs *dirs, int procfs,
	pid_t pid, bool born_inside, struct err *err)
{
	(void) plan;
	(void) procfs;
	return cgroup_fs_join(dirs, pid, born_inside, err);
}

/* ---- remove ------------------------------------------------------------------------------------- */

static int remove_leaf(const char *leaf, struct cgroup_wait *wait, struct err *err)
{
	while (cgroupfs_remove(leaf, err) < 0) {
		/* A process that has ended leaves its v1 cgroup a moment later, and nothing tells. */
		if (err->num != EBUSY || !cgroup_wait_more(wait))
			return -1;
		err_drop(err);
	}
	return 0;
}

static int remove_parents(const struct cgroup_dirs *dirs, struct err *err)
{
	for (size_t i = dirs->parent_count; i-- > 0;) {
		if (cgroupfs_remove_empty(dirs->parents[i], err) == 0)
			continue;
		/* Another container may live below it by now: then it is that one's. */
		if (err->num != EBUSY && err->num != ENOTEMPTY)
			return -1;
		err_drop(err);
	}
	return 0;
}

bool cgroup_fs_remove_idle(const struct cgroup_dirs *dirs)
{
	struct err ignored;
	bool all = true;

	for (size_t i = 0; i < dirs->leaf_count; i++)
		all &= cgroupfs_remove_idle(dirs->leaves[i]);
	if (all && remove_parents(dirs, &ignored) < 0) {
		err_drop(&ignored); /* whoever removes in earnest will say it */
		return false;
	}
	return all;
}

int cgroup_fs_remove(const struct cgroup_dirs *dirs, uint64_t deadline_ns, struct err *err)
{
	struct cgroup_wait wait = { .deadline_ns = deadline_ns };

	for (size_t i = 0; i < dirs->leaf_count; i++)
		if (remove_leaf(dirs->leaves[i], &wait, err) < 0)
			return -1;
	return remove_parents(dirs, err);
}

const struct cgroup_ops cgroup_fs_ops = {
	.locate = locate,
	.make = cgroup_fs_make,
	.place = place,
	.join = cgroup_fs_join,
	.remove = cgroup_fs_remove,
};

int cgroup_enter_beside(
	const struct cgroup_dirs *dirs, int procfs, pid_t init, pid_t pid, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	char path[32], number[16], dir[4096], *text;
	struct cgroup_line own;
	const char *root;

	(void) snprintf(path, sizeof(path), "%d/cgroup", (int) init);
	(void) snprintf(number, sizeof(number), "%d", (int) pid);
	if (procfs_read_all(procfs, path, &arena, &text, err) < 0)
		return -1;
	if (!cgroup_line_find(text, "", 0, &own))
		return err_set(err, ERR_SYSTEM, "read /proc/%s: no line of cgroup v2", path);
	for (size_t i = 0; i < dirs->leaf_count; i++) {
		const int v2 = cgroupfs_is_v2(dirs->leaves[i], err);

		if (v2 < 0)
			return -1;
		if (v2 == 0)
			continue;
		root = str_starts(dirs->leaves[i], "/sys/fs/cgroup/unified/") ? "/unified" : "";
		(void) snprintf(dir, sizeof(dir), "%s%s%.*s", mount_point, root,
			(int) own.path_length, own.path);
		if (cgroupfs_write_file(dir, "cgroup.procs", number, err) < 0)
			return err_place(err, "/linux/cgroupsPath");
	}
	return 0;
}

/* The root of a line's hierarchy where one of the container's directories lies in it, else NULL. */
static int root_of(const struct cgroup_dirs *dirs, const char *controllers, struct arena *arena,
	const char **ret, struct err *err)
{
	*ret = NULL;
	for (size_t i = 0; i < dirs->leaf_count; i++) {
		const bool unified = str_starts(dirs->leaves[i], "/sys/fs/cgroup/unified/");
		const char *name = hierarchy_name(
			unified ? CGROUP_LAYOUT_HYBRID : CGROUP_LAYOUT_V2, controllers);
		const char *root = arena_printf(arena, "%s%s%s", mount_point,
			name[0] == '\0' || name[0] == '/' ? "" : "/", name);
		const int v2 = cgroupfs_is_v2(dirs->leaves[i], err);

		if (v2 < 0)
			return -1;
		if (v2 != (controllers[0] == '\0') ||
			(!v2 && !str_starts(dirs->leaves[i], arena_printf(arena, "%s/", root))))
			continue;
		*ret = root;
		return 0;
	}
	return 0;
}

int cgroup_leave(const struct cgroup_dirs *dirs, int procfs, pid_t pid, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	struct cgroup_line own;
	char number[16], *text;
	const char *next;

	(void) snprintf(number, sizeof(number), "%d", (int) pid);
	if (procfs_read_all(procfs, "self/cgroup", &arena, &text, err) < 0)
		return -1;
	for (next = text; cgroup_line_next(&next, &own);) {
		const char *root;

		if (root_of(dirs, arena_strn(&arena, own.controllers, own.controllers_length),
			    &arena, &root, err) < 0)
			return -1;
		if (root != NULL &&
			cgroupfs_write_file(
				arena_printf(&arena, "%s%.*s", root,
					own.path_length == 1 ? 0 : (int) own.path_length, own.path),
				"cgroup.procs", number, err) < 0)
			return err_place(err, "/linux/cgroupsPath");
	}
	return 0;
}
