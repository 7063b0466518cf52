/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The manager `systemd`: one transient scope per container, made for its first process, which is born
 * outside and waits. systemd makes and removes the directories of the hierarchies that it knows; those of
 * the others (v1 alone) are made beside them with the same name. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cgroup-line.h"
#include "base/facts.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "container/cgroup-fs.h"
#include "container/cgroup-manager.h"
#include "container/cgroup-values.h"
#include "container/systemd.h"
#include "kernel/cgroupfs.h"
#include "kernel/procfs.h"

enum { START_MS = 30 * 1000, FREEZE_MS = 10 * 1000 };

/* Whether version 2 is alone. */
static int is_v2(const struct cgroup_dirs *dirs, struct err *err)
{
	return dirs->leaf_count == 1 ? cgroupfs_is_v2("/sys/fs/cgroup", err) : 0;
}

static int locate(const struct cgroup_plan *plan, const struct facts *facts, int procfs,
	struct arena *arena, struct cgroup_dirs *ret, struct err *err)
{
	const char *above = "";

	ret->unit = arena_str(arena, plan->unit.name);
	ret->user_unit = facts->euid != 0 || facts->in_user_ns || !facts->sys_admin;
	if (ret->user_unit) {
		_cleanup_systemd_ struct systemd *systemd = NULL;

		if (systemd_open(true, arena, &systemd, err) < 0 ||
			systemd_control_group(systemd, arena, &above, err) < 0)
			return -1;
	}
	if (cgroup_fs_leaves(arena_printf(arena, "%s%s", above, plan->unit.path), false, facts,
		    procfs, arena, ret, err) < 0)
		return -1;
	/* Its slices are made and removed by systemd. */
	if (facts->cgroup == CGROUP_LAYOUT_V2)
		ret->parent_count = 0;
	return 0;
}

static int make(const struct cgroup_dirs *dirs, struct err *err)
{
	(void) dirs;
	(void) err;
	return 0;
}

/* Whether /proc/PID/cgroup has a line that ends in the path of one of the leaves: where systemd put the
 * process. Nothing may be written before that is seen, or it would be written for somebody else. */
static int check_place(const struct cgroup_plan *plan, const struct cgroup_dirs *dirs, int procfs,
	pid_t pid, struct arena *arena, struct err *err)
{
	const char *path = arena_printf(arena, "%d/cgroup", (int) pid);
	struct cgroup_line line;
	const char *next;
	char *text;

	if (procfs_read_all(procfs, path, arena, &text, err) < 0)
		return -1;
	for (next = text; cgroup_line_next(&next, &line);) {
		if (!cgroup_line_is(&line, "", 0) &&
			!cgroup_line_is(&line, "name=systemd", strlen("name=systemd")))
			continue;
		for (size_t i = 0; i < dirs->leaf_count; i++) {
			const size_t length = strlen(dirs->leaves[i]), tail = line.path_length;

			if (tail > 1 && length > tail &&
				memcmp(dirs->leaves[i] + length - tail, line.path, tail) == 0)
				return 0;
		}
	}
	return err_set(err, ERR_SYSTEM, "systemd did not put process %d into %s", (int) pid,
		plan->unit.path);
}

/* v1 hierarchies that systemd does not know. What is below the unit is not made yet. */
static int make_others(const struct cgroup_dirs *dirs, pid_t pid, struct err *err)
{
	struct cgroup_dirs units = *dirs;

	units.home = NULL;
	for (size_t i = 0; i < dirs->leaf_count; i++)
		if (access(dirs->leaves[i], F_OK) < 0 && cgroupfs_make(dirs->leaves[i], err) < 0)
			return -1;
	return cgroup_fs_join(&units, pid, false, err);
}

static int place(const struct cgroup_plan *plan, const struct cgroup_dirs *dirs, int procfs,
	pid_t pid, bool born_inside, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_systemd_ struct systemd *systemd = NULL;
	const char *dash = strchr(plan->unit.name, '-');
	const int v2 = is_v2(dirs, err);

	(void) born_inside;
	if (v2 < 0 || systemd_open(dirs->user_unit, &arena, &systemd, err) < 0 ||
		systemd_start(systemd, &plan->unit, dash != NULL ? dash + 1 : plan->unit.name, pid,
			v2 != 0, time_deadline_ms(START_MS), err) < 0)
		return -1;
	if (!str_eq(plan->unit.name + strlen(plan->unit.name) - 6, ".slice") &&
		check_place(plan, dirs, procfs, pid, &arena, err) < 0)
		return -1;
	return make_others(dirs, pid, err);
}

/* An ordinary user may write into the directory of a unit, but not take a process out of a session: its
 * manager may. */
static int join(const struct cgroup_dirs *dirs, pid_t pid, bool born_inside, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_systemd_ struct systemd *systemd = NULL;
	int result = cgroup_fs_join(dirs, pid, born_inside, err);

	if (result == 0 || !dirs->user_unit || (err->num != EACCES && err->num != EPERM))
		return result;
	err_drop(err);
	if (systemd_open(true, &arena, &systemd, err) < 0)
		return -1;
	return systemd_attach(systemd, dirs->unit, pid != 0 ? pid : getpid(), err);
}

/* systemd writes the files behind its answer, before it takes the next call, and rounds: so they get the
 * exact values once more. */
static int tell(const struct cgroup_plan *plan, const struct cgroup_dirs *dirs, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_systemd_ struct systemd *systemd = NULL;
	const char *ignored;

	if (systemd_open(dirs->user_unit, &arena, &systemd, err) < 0 ||
		systemd_set(systemd, &plan->unit, dirs->unit, err) < 0 ||
		systemd_control_group(systemd, &arena, &ignored, err) < 0)
		return -1;
	return cgroup_values_write(dirs, plan, NULL, err);
}

/* On version 1 systemd denies or allows every device before it allows what its list has: nobody runs until the
 * rules are there again. 1: they are to be frozen. */
static int wants_frozen(
	const struct cgroup_plan *plan, const struct cgroup_dirs *dirs, struct err *err)
{
	int is;

	if (plan->device_rule_count == 0)
		return 0;
	is = is_v2(dirs, err);
	if (is == 0)
		is = cgroup_frozen(dirs, err);
	return is < 0 ? -1 : is == 0;
}

static int update(const struct cgroup_plan *plan, const struct cgroup_dirs *dirs, struct err *err)
{
	struct err late = { 0 };
	int freeze, told;

	if (plan->unit.property_count == 0)
		return 0;
	freeze = wants_frozen(plan, dirs, err);
	if (freeze < 0 ||
		(freeze > 0 && cgroup_freeze(dirs, true, time_deadline_ms(FREEZE_MS), err) < 0))
		return -1;
	told = tell(plan, dirs, err);
	if (freeze == 0 || cgroup_freeze(dirs, false, time_deadline_ms(FREEZE_MS), &late) == 0)
		return told;
	if (told == 0)
		*err = late;
	else
		err_drop(&late);
	return -1;
}

static bool nothing_left(const struct cgroup_dirs *dirs)
{
	for (size_t i = 0; i < dirs->leaf_count; i++)
		if (access(dirs->leaves[i], F_OK) == 0 || errno != ENOENT)
			return false;
	return true;
}

static int remove_unit(const struct cgroup_dirs *dirs, uint64_t deadline_ns, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_systemd_ struct systemd *systemd = NULL;

	if (dirs->unit != NULL &&
		(systemd_open(dirs->user_unit, &arena, &systemd, err) < 0 ||
			systemd_stop(systemd, dirs->unit, deadline_ns, err) < 0)) {
		/* Without systemd a container can still be deleted, if no more than a name is left. */
		if (!nothing_left(dirs))
			return -1;
		log_warning("%s", err->text);
		err_drop(err);
	}
	return cgroup_fs_remove(dirs, deadline_ns, err);
}

const struct cgroup_ops cgroup_systemd_ops = {
	.locate = locate,
	.make = make,
	.place = place,
	.join = join,
	.update = update,
	.remove = remove_unit,
};
