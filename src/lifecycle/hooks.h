/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hooks: the hooks that run when `create` is over: poststart and poststop. For the running of one list
 * see container/hooks.h.
 */
#ifndef OCIRT_LIFECYCLE_HOOKS_H
#define OCIRT_LIFECYCLE_HOOKS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "lifecycle/record.h"
#include "lifecycle/state.h"
#include "plan/plan.h"

/* Whether one of the lists has a hook. */
bool hooks_any(const struct hook_list hooks[HOOK_KINDS]);

/* The lists of the configuration that is kept in the state directory, in the arena. */
ERR_CHECK int hooks_load(const struct state_dir *dir, const struct record *record,
	struct arena *arena, struct hook_list ret[HOOK_KINDS], struct err *err);

/* poststart hooks. A failing one ends the first process and is the error; the rest goes with the caller. signals
 * (kernel/signals.h, or -1) end a hook. */
ERR_CHECK int hooks_after_start(const struct hook_list *poststart, const struct record *record,
	int signals, struct arena *arena, struct err *err);

/* poststop hooks. The specification: a failure is logged, and the others still run. */
void hooks_after_stop(const struct hook_list *poststop, const struct record *record, int signals,
	struct arena *arena);

#endif
