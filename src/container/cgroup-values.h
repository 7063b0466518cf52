/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup-values: writes what the plan wants into the files of the container's cgroups, and takes it back.
 *
 * The same for every manager: the directories are there. An error names the place in the configuration,
 * the file, the value and the kernel's answer. Not for: which values (plan/cg-*.c, plan/devices.c).
 */
#ifndef OCIRT_CONTAINER_CGROUP_VALUES_H
#define OCIRT_CONTAINER_CGROUP_VALUES_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

struct cgroup_dirs;
struct cgroup_plan;

/* What files held before they were written, in the order of the writes. */
struct cgroup_old {
	const char *dir;
	const char *file;
	const char *value;
};

struct cgroup_past {
	struct arena *arena; /* the caller's; texts live there */
	struct cgroup_old *items;
	size_t count;
};

/* Writes the values, then the device rules. past (may be NULL) remembers what was there; it is filled
 * as far as the writing came, also on failure. */
ERR_CHECK int cgroup_values_write(const struct cgroup_dirs *dirs, const struct cgroup_plan *plan,
	struct cgroup_past *past, struct err *err);

/* Writes back what was there, the last first. What cannot be is a warning in the log. */
void cgroup_values_restore(const struct cgroup_past *past);

#endif
