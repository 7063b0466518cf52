/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup-stats: what the container uses, read from its cgroups, in the JSON that `runc events` prints and
 * engines read: bytes, nanoseconds, counts; version 2's figures under version 1's names.
 */
#ifndef OCIRT_CONTAINER_CGROUP_STATS_H
#define OCIRT_CONTAINER_CGROUP_STATS_H

#include "base/arena.h"
#include "container/cgroup.h"

/* One object, without a line break, in the arena. What the kernel does not tell is left out, or 0. NULL
 * with an error where it cannot be told which version the files are of. */
ERR_CHECK char *cgroup_stats_json(
	const struct cgroup_dirs *dirs, struct arena *arena, struct err *err);

#endif
