/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cg-systemd: what systemd is asked for: the names of unit and slice, and the properties that say what
 * the values in the cgroup's files say, so that systemd does not undo them.
 *
 * Names are those of runc and crun: slice:prefix:name is prefix-name.scope in that slice, a name that
 * ends in .slice is a slice itself, and a-b.slice lies in a.slice.
 */
#ifndef OCIRT_PLAN_CG_SYSTEMD_H
#define OCIRT_PLAN_CG_SYSTEMD_H

#include "plan/parts.h"

/* The names for a cgroupsPath (NULL or "": of the container's id). user: below a user's manager. */
ERR_CHECK int cg_systemd_names(const struct plan_input *in, const char *cgroups_path, bool user,
	struct unit_plan *ret, struct err *err);

/* The properties: of the values and device rules of plan, and of the annotations
 * org.systemd.property.NAME, whose values are in GVariant's text format; a name that ends in Sec is in
 * seconds. Of those a table says which may be set; every other one is an error. annotations may be NULL
 * (update). */
ERR_CHECK int cg_systemd_properties(struct arena *arena, const struct spec_map *annotations,
	const struct cgroup_plan *plan, struct unit_plan *ret, struct err *err);

#endif
