/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * handle: an existing container as a verb finds it: its record read, and its first process held by a
 * pidfd if it is alive. Every verb but create and run begins here. Who changes the container takes its
 * lock; who only looks or sends a signal does not, for a hook that hangs keeps the lock of `start`.
 *
 * Not for: half-made containers, which only `create` and `delete` may see (state.h).
 */
#ifndef OCIRT_LIFECYCLE_HANDLE_H
#define OCIRT_LIFECYCLE_HANDLE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "container/cgroup.h"
#include "lifecycle/record.h"
#include "lifecycle/state.h"
#include "lifecycle/status.h"

struct handle {
	struct state_dir dir;
	struct record record;
	struct cgroup_dirs cgroups; /* from the record */
	enum status status; /* never STATUS_CREATING */
	const char *peer; /* the runtime that made it, NULL: this one */
	bool peer_created; /* … and its first process waits for `start` */
	int procfs; /* kernel/procfs.h */
	const struct status_host *host; /* `list` brings it, and procfs; else NULL */
	int pidfd; /* of the first process; -1: it has ended */
};
#define HANDLE_INIT                                                                                \
	{                                                                                          \
		.dir = STATE_DIR_INIT, .procfs = -1, .pidfd = -1                                   \
	}

/* ERR_NOT_FOUND where there is none or only an intent; ERR_STATE
 * where another runtime made it; ERR_TIMEOUT where somebody keeps the lock. Texts
 * of the record live in the arena. */
ERR_CHECK int handle_open(
	const char *root, const char *id, struct arena *arena, struct handle *ret, struct err *err);

/* The same without the lock, for who reads the record alone: records are replaced as a whole, and what
 * ends in between is noticed by the pidfd. */
ERR_CHECK int handle_look(
	const char *root, const char *id, struct arena *arena, struct handle *ret, struct err *err);

/* … and one that another runtime made is found as well (peer.h). */
ERR_CHECK int handle_look_any(
	const char *root, const char *id, struct arena *arena, struct handle *ret, struct err *err);

/* Closes everything, which gives the lock back. */
void handle_done(struct handle *handle);
#define _cleanup_handle_ __attribute__((cleanup(handle_done)))

#endif
