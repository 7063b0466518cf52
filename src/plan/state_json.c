/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/state_json.h"

#include "libocispec-lite/ocispec.h"

static void *from_arena(void *arena, size_t size)
{
	return arena_alloc(arena, size);
}

char *plan_state_json(struct arena *arena, const char *id, const char *status, pid_t pid,
	const char *bundle, const struct spec_map *annotations)
{
	const struct ocispec_alloc alloc = { from_arena, arena };
	int64_t number = pid;
	struct spec_state state = {
		.oci_version = arena_str(arena, "1.3.0"),
		.id = arena_str(arena, id),
		.status = arena_str(arena, status),
		.pid = pid > 0 ? &number : NULL,
		.bundle = arena_str(arena, bundle),
	};
	size_t length;

	if (annotations != NULL && annotations->count > 0)
		state.annotations = *annotations;
	return ocispec_print(&ocispec_state, &state, 0, &alloc, &length);
}
