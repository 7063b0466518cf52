/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config: the configuration that a container was made from, kept in its state directory: for the verbs
 * that come after `create` (hooks, update, checkpoint, mounts).
 *
 * Not for: exec, which has a record of its own (exec-record.h).
 */
#ifndef OCIRT_LIFECYCLE_CONFIG_H
#define OCIRT_LIFECYCLE_CONFIG_H

#include "base/arena.h"
#include "base/err.h"
#include "lifecycle/state.h"

struct spec;

/* *ret lives in the arena. An error names the file and the place. */
ERR_CHECK int config_read_kept(
	const struct state_dir *dir, struct arena *arena, const struct spec **ret, struct err *err);

#endif
