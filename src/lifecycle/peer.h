/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peer: containers that runc or crun made, so that changing the runtime of a live machine orphans
 * none: list, state, ps and kill understand them, and delete hands them to the runtime that made them.
 *
 * Their files are only read. A layout that is not known is an error that says so.
 *
 * Not for: start, exec, pause and whatever else changes a container: its maker does that.
 */
#ifndef OCIRT_LIFECYCLE_PEER_H
#define OCIRT_LIFECYCLE_PEER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "lifecycle/record.h"
#include "lifecycle/state.h"

/* Fills *ret from the files of another runtime, with the boot id of now (they hold none: pid and start
 * time identify the process). *ret_created: its first process still waits for `start`. Returns the
 * name of the runtime ("runc", "crun"); NULL with *err untouched where the directory is not theirs;
 * NULL with *err set for one that cannot be read: ERR_UNSUPPORTED where it is somebody else's for certain,
 * of a runtime that is not known here too. */
const char *peer_read(const struct state_dir *dir, const char *boot_id, struct arena *arena,
	struct record *ret, bool *ret_created, struct err *err);

/* Runs `RUNTIME --root ROOT delete [--force] ID`, whatever comes of it once and nothing else. Its words are
 * the error's. A program of that name that is ocirt is passed over. */
ERR_CHECK int peer_delete(
	const char *runtime, const char *root, const char *id, bool force, struct err *err);

#endif
