/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * container: what `create` and `run` have in common: from the options to a container that is created
 * and waits for its start.
 *
 * Not for verbs on a container that is there already: they begin with state_open (state.h).
 */
#ifndef OCIRT_LIFECYCLE_CONTAINER_H
#define OCIRT_LIFECYCLE_CONTAINER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/facts.h"
#include "container/create.h"
#include "container/notify.h"
#include "kernel/signals.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/record.h"
#include "lifecycle/state.h"
#include "plan/plan.h"

struct spec;

/* What is known of a bundle before anything is done. */
struct bundle {
	const char *path; /* absolute */
	const char *notify_directory; /* that of its state directory */
	const char *config;
	size_t config_bytes;
	const struct spec *spec;
	struct facts facts;
	struct plan plan;
};

struct container {
	struct arena arena;
	struct bundle bundle;
	int procfs;
	struct state_dir dir;
	struct record record;
	struct cgroup_dirs cgroups;
	struct rdt_place rdt;
	struct created child;
	struct notify notify;
	struct signals signals; /* held from the claim on */
	bool created; /* on disk; until then leaving the scope undoes everything */
	bool ended; /* it was created, and goes with the scope all the same */
};

#define CONTAINER_INIT                                                                             \
	{                                                                                          \
		.procfs = -1, .dir = STATE_DIR_INIT, .child = CREATED_INIT, .notify = NOTIFY_INIT, \
		.signals = SIGNALS_INIT                                                            \
	}

/* Reads, checks and plans a bundle; changes nothing (`ocirt plan` stops here). */
ERR_CHECK int container_read(const struct global_options *global,
	const struct create_options *options, bool foreground, struct container *ret,
	struct err *err);

/* Everything up to status `created`. foreground: START will come through the message socket. */
ERR_CHECK int container_create(const struct global_options *global,
	const struct create_options *options, bool foreground, struct container *ret,
	struct err *err);

/* The parts of it that a restore has as well: reads and plans the bundle, claims the id, writes the
 * intent and keeps the configuration; */
ERR_CHECK int container_begin(const struct global_options *global,
	const struct create_options *options, bool foreground, struct container *ret,
	struct err *err);
/* puts the first process (child.pid, child.pidfd) into the record; */
ERR_CHECK int container_record_child(struct container *container, struct err *err);
/* sends the pidfd, writes the pid file and the record of phase `created`. */
ERR_CHECK int container_announce(
	struct container *container, const struct create_options *options, struct err *err);
/* The pid file goes, where a later step fails: it names a process that will be gone. */
void container_take_back(const struct create_options *options);

/* The state that hooks get. */
const char *container_state(struct container *container, const char *status, pid_t pid);

/* Gives everything back; a container that did not get as far as `created` is undone. */
void container_done(struct container *container);

#define _cleanup_container_ __attribute__((cleanup(container_done)))

#endif
