/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/state_json.h"

#include "plan/document.h"

static struct spec_state state_of(struct arena *arena, const char *id, const char *status,
	pid_t pid, const char *bundle, const struct spec_map *annotations)
{
	struct spec_state state = {
		.oci_version = arena_str(arena, "1.3.0"),
		.id = arena_str(arena, id),
		.status = arena_str(arena, status),
		.bundle = arena_str(arena, bundle),
	};

	if (pid > 0) {
		state.pid = ARENA_NEW(arena, int64_t);
		*state.pid = pid;
	}
	if (annotations != NULL && annotations->count > 0)
		state.annotations = *annotations;
	return state;
}

char *plan_state_json(struct arena *arena, const char *id, const char *status, pid_t pid,
	const char *bundle, const struct spec_map *annotations)
{
	const struct ocispec_alloc alloc = document_alloc(arena);
	const struct spec_state state = state_of(arena, id, status, pid, bundle, annotations);
	size_t length;

	return ocispec_print(&ocispec_state, &state, 0, &alloc, &length);
}

char *plan_process_state_json(
	struct arena *arena, pid_t pid, const char *metadata, const struct state_facts *facts)
{
	const struct ocispec_alloc alloc = document_alloc(arena);
	struct spec_state state = state_of(
		arena, facts->id, facts->status, facts->pid, facts->bundle, facts->annotations);
	char *fd_name = arena_str(arena, "seccompFd");
	const struct spec_container_process_state process = {
		.oci_version = arena_str(arena, "1.3.0"),
		.fds = { &fd_name, 1 },
		.pid = pid,
		.metadata = metadata != NULL ? arena_str(arena, metadata) : NULL,
		.state = &state,
	};
	size_t length;

	return ocispec_print(&ocispec_container_process_state, &process, 0, &alloc, &length);
}
