/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_json: the state of a container as hooks and seccomp agents read it: compact JSON on one
 * line. Not the answer of `state`, which has more members. Follows runtime.md, "State".
 */
#ifndef OCIRT_PLAN_STATE_JSON_H
#define OCIRT_PLAN_STATE_JSON_H

#include <sys/types.h>

#include "base/arena.h"

struct spec_map;

/* status is the specification's word. pid 0: left out (stopped). annotations may be NULL; an empty
 * list is left out. In the arena. */
char *plan_state_json(struct arena *arena, const char *id, const char *status, pid_t pid,
	const char *bundle, const struct spec_map *annotations);

/* The members of a state, for those who print it where they have no more than its owner gave them. */
struct state_facts {
	const char *id;
	const char *status;
	pid_t pid;
	const char *bundle;
	const struct spec_map *annotations;
};

/* What a seccomp agent reads beside the listener (config-linux.md, "The Container Process State"): pid
 * is the process that loads the filter, both pids as the runtime sees them. metadata may be NULL. */
char *plan_process_state_json(
	struct arena *arena, pid_t pid, const char *metadata, const struct state_facts *state);

#endif
