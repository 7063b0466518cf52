/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/hotplug.h"

#include "libocispec-lite/spec.h"
#include "plan/parts.h"

static bool is_root(const char *path)
{
	for (; *path != '\0'; path++)
		if (*path != '/' && *path != '.')
			return false;
	return true;
}

static int plan_removal(struct arena *arena, const struct spec_mount *mount, const char *pointer,
	struct mount_step *ret)
{
	*ret = (struct mount_step){
		.kind = MOUNT_REMOUNT,
		.pointer = pointer,
		.destination = mount->destination[0] == '/'
			? mount->destination
			: arena_printf(arena, "/%s", mount->destination),
	};
	return 0;
}

int plan_hotplug(const struct spec *config, const struct facts *facts,
	const struct plan_options *options, const struct spec_mount *items, size_t count,
	bool remove, struct arena *arena, struct hotplug_plan *ret, struct plan_notes *ret_notes,
	struct err *err)
{
	const struct plan_input in = {
		.spec = config,
		.facts = facts,
		.options = options,
		.arena = arena,
		.notes = ret_notes,
	};
	struct mount_step *steps = arena_array(arena, count, sizeof(*steps));

	if (plan_ns(&in, &ret->ns, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		const char *pointer = arena_printf(arena, "/%zu", i);

		if (items[i].destination == NULL || is_root(items[i].destination))
			return err_at(err, arena_printf(arena, "%s/destination", pointer),
				"a mount needs a destination below the root");
		if ((remove ? plan_removal(arena, &items[i], pointer, &steps[i])
			    : plan_mount(&in, &ret->ns, &items[i], pointer, &steps[i], err)) < 0)
			return -1;
	}
	ret->steps = steps;
	ret->step_count = count;
	return 0;
}
