/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/rdt.h"

#include <errno.h>

#include "base/fd.h"
#include "kernel/rdt.h"
#include "plan/rdt.h"

#define POINTER "/linux/intelRdt"

int rdt_locate(int root, const struct rdt_plan *plan, struct arena *arena, struct rdt_place *ret,
	struct err *err)
{
	const int there = rdt_exists(root, plan->group, err);
	char *have;

	if (there < 0)
		return err_place(err, POINTER "/closID");
	if (there == 0 && plan->shared && plan->schemata == NULL && plan->more_schemata == NULL)
		return err_at(err, POINTER "/closID",
			"there is no resctrl group \"%s\", and no schemata to make it with",
			plan->group);
	if (there > 0 && plan->schemata != NULL) {
		if (rdt_read_schemata(root, plan->group, arena, &have, err) < 0)
			return err_place(err, POINTER "/closID");
		if (!plan_rdt_has(have, plan->schemata, arena))
			return err_at(err, POINTER,
				"the resctrl group \"%s\" is there with other schemata",
				plan->group);
	}
	*ret = (struct rdt_place){
		.group = plan->group,
		.monitor = plan->monitor,
		.owned = there == 0 && !plan->shared,
	};
	return 0;
}

int rdt_make_groups(int root, const struct rdt_plan *plan, const struct rdt_place *place,
	bool *ret_made, struct err *err)
{
	int there = rdt_exists(root, place->group, err);

	if (there == 0)
		there = rdt_make(root, place->group, err);
	else if (there > 0)
		*ret_made = false;
	if (there < 0)
		return err_place(err, plan->shared ? POINTER "/closID" : POINTER);
	if (place->monitor == NULL ||
		rdt_make_monitor(root, place->group, place->monitor, err) == 0)
		return 0;
	/* One that a runtime left which was killed. */
	if (err->num != EEXIST)
		return err_place(err, POINTER "/enableMonitoring");
	err_drop(err);
	return 0;
}

int rdt_fill(int root, const struct rdt_plan *plan, const struct rdt_place *place, bool made,
	struct err *err)
{
	if (made && plan->schemata != NULL &&
		rdt_write_schemata(root, place->group, plan->schemata, err) < 0)
		return err_place(err, POINTER);
	if (plan->more_schemata != NULL &&
		rdt_write_schemata(root, place->group, plan->more_schemata, err) < 0)
		return err_place(err, POINTER "/schemata");
	return 0;
}

int rdt_set_up(const struct rdt_plan *plan, const struct rdt_place *place, int procfs,
	struct arena *arena, struct err *err)
{
	_cleanup_fd_ int root = -1;
	bool made = true;

	if (place->group == NULL)
		return 0;
	root = rdt_open(procfs, arena, err);
	if (root < 0)
		return err_place(err, POINTER);
	if (rdt_make_groups(root, plan, place, &made, err) < 0)
		return -1;
	return rdt_fill(root, plan, place, made, err);
}

int rdt_place_process(
	const struct rdt_place *place, int procfs, pid_t pid, struct arena *arena, struct err *err)
{
	_cleanup_fd_ int root = -1;

	if (place->group == NULL)
		return 0;
	root = rdt_open(procfs, arena, err);
	if (root < 0 || rdt_enter(root, place->group, place->monitor, pid, err) < 0)
		return err_place(err, POINTER);
	return 0;
}

int rdt_give_back(const struct rdt_place *place, int procfs, struct arena *arena, struct err *err)
{
	_cleanup_fd_ int root = -1;
	struct err local = { 0 };

	if (place->group == NULL || (!place->owned && place->monitor == NULL))
		return 0;
	root = rdt_open(procfs, arena, &local);
	if (root < 0 && local.code == ERR_UNSUPPORTED)
		return 0;
	if (root < 0) {
		*err = local;
		return -1;
	}
	return rdt_remove(root, place->group, place->owned ? NULL : place->monitor, err);
}
