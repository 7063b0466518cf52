/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rdt: the container's class of service: its group of the resctrl file system, made, entered and removed.
 *
 * As with cgroups the names are decided first (rdt_locate) and written into the state, then made. A group
 * that the configuration names (closID) may be others' as well and is never removed; one that is named
 * by the container's id and was not there before goes with the container.
 * `root` is an fd of the file system's root (kernel/rdt.h). Follows config-linux.md "IntelRdt".
 */
#ifndef OCIRT_CONTAINER_RDT_H
#define OCIRT_CONTAINER_RDT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

/* Where the container is; all of it is in the state record. */
struct rdt_place {
	const char *group; /* NULL: no class was asked for; "": that of the root */
	const char *monitor; /* the counted group in it, NULL: none */
	bool owned; /* removed with the container */
};

/* Decides; makes nothing. A group without schemata must be there; one that is there must have those that
 * are asked for. The error names the place in the configuration. */
ERR_CHECK int rdt_locate(int root, const struct rdt_plan *plan, struct arena *arena,
	struct rdt_place *ret, struct err *err);

/* Makes the directories that are missing, */
ERR_CHECK int rdt_make_groups(int root, const struct rdt_plan *plan, const struct rdt_place *place,
	bool *ret_made, struct err *err);
/* and writes what was asked for: of a group that was there only what rdt_locate has not compared. */
ERR_CHECK int rdt_fill(int root, const struct rdt_plan *plan, const struct rdt_place *place,
	bool made, struct err *err);

/* All of it up to here, where the file system is mounted, and the move of a process. Nothing to do without
 * a group. */
ERR_CHECK int rdt_set_up(const struct rdt_plan *plan, const struct rdt_place *place, int procfs,
	struct arena *arena, struct err *err);
ERR_CHECK int rdt_place_process(
	const struct rdt_place *place, int procfs, pid_t pid, struct arena *arena, struct err *err);

/* What the container's end takes away. A file system that is not mounted any more has nothing. */
ERR_CHECK int rdt_give_back(
	const struct rdt_place *place, int procfs, struct arena *arena, struct err *err);

#endif
