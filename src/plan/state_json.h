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

#endif
