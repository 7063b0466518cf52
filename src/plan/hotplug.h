/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hotplug: the steps for mounts that come into a running container, or go (`mounts add`, `remove`). */
#ifndef OCIRT_PLAN_HOTPLUG_H
#define OCIRT_PLAN_HOTPLUG_H

#include "plan/plan.h"

struct spec_mount;

struct hotplug_plan {
	struct ns_plan ns; /* of the container, as the configuration says */
	const struct mount_step *steps; /* the pointer of the first is "/0" */
	size_t step_count;
};

/* config is the container's own. remove: an entry needs a destination alone. */
ERR_CHECK int plan_hotplug(const struct spec *config, const struct facts *facts,
	const struct plan_options *options, const struct spec_mount *items, size_t count,
	bool remove, struct arena *arena, struct hotplug_plan *ret, struct plan_notes *ret_notes,
	struct err *err);

#endif
