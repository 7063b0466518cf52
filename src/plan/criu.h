/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * criu: which mounts of a container come from outside of it, so that criu names them instead of dumping
 * them: when dumping, told from the container's mounts; when restoring, from the plan, each with
 * the path of the host that takes its place. criu leaves a name that it does not meet unused.
 */
#ifndef OCIRT_PLAN_CRIU_H
#define OCIRT_PLAN_CRIU_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mount-table.h"
#include "plan/plan.h"

struct criu_pair {
	const char *key;
	const char *value;
};

struct criu_pairs {
	struct criu_pair *items;
	size_t count;
};

/* mounts: those of the container's first process. */
ERR_CHECK int plan_criu_dump(const struct spec *spec, const struct mount_table *mounts,
	struct arena *arena, struct criu_pairs *ret, struct err *err);

/* leaves: the container's directories in the v1 hierarchies (absolute). v2: the one that its processes live in,
 * where version 2 is alone; NULL. */
ERR_CHECK int plan_criu_restore(const struct plan *plan, const char *v2, char *const *leaves,
	size_t leaf_count, struct arena *arena, struct criu_pairs *ret, struct err *err);

#endif
