/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * create: the parent's side of a container start, in three stages between which lifecycle/ writes the
 * state:
 *
 *   spawn    open what must be opened in the host's view, make the cgroup, clone
 *            (lifecycle: pid and start time into the intent record)
 *   settle   place, map, release the child, run the host's hooks, wait until it is READY, limits
 *            (lifecycle: state `created`, pid file)
 *   release  GO: the container outlives its creator from here on
 *
 * Leaving a scope early kills and reaps the child (_cleanup_created_), and nothing else is left to
 * undo: mounts live in the child's namespaces, the cgroup is named in the state.
 */
#ifndef OCIRT_CONTAINER_CREATE_H
#define OCIRT_CONTAINER_CREATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "container/cgroup.h"
#include "container/proc.h"
#include "container/rdt.h"
#include "container/word.h"
#include "plan/plan.h"

struct create_job {
	const struct plan *plan;
	const struct facts *facts;
	int procfs;
	struct cgroup_dirs *cgroups;
	const struct rdt_place *rdt;
	struct filter_box *filter; /* filled before create_release; NULL: no filter */
	const char *console_socket; /* path, NULL: none */
	int barrier; /* listening socket for `start`; -1: START comes through release */
	const struct signals
		*signals; /* what the child gives back before it outlives us; NULL: nothing */
	const int *private_fds; /* of the caller: closed in the child first */
	size_t private_fd_count;
	struct arena *arena;
};

struct created {
	pid_t pid; /* of the container's first process, in the runtime's pid namespace */
	int pidfd;
	pid_t first_pid; /* 0, or the one that cloned it as a sibling: ends by itself, not reaped yet */
	int first_pidfd;
	bool in_cgroup; /* of v2, from its birth */
	const char *
		*net_names; /* what the network devices are called inside (container/netdev.h) */
	size_t net_moved; /* how many network devices went in */
	int netns; /* where they went, which is there without the child too, or -1 */
	bool hooks_begun; /* from here on the hooks of creation may have done something */
	int sock; /* messages */
	int signals; /* those that end the set-up (kernel/signals.h), borrowed, or -1 */
	struct word word; /* exec: see container/word.h */
	int terminal; /* the pty's master, when the caller keeps it, or -1 */
};

#define CREATED_INIT                                                                               \
	{                                                                                          \
		.pidfd = -1, .first_pidfd = -1, .sock = -1, .signals = -1, .word = WORD_INIT,      \
		.terminal = -1, .netns = -1                                                        \
	}

ERR_CHECK int create_spawn(const struct create_job *job, struct created *ret, struct err *err);

/* The child's ids are mapped and it starts to build its root: the caller has time for something else. */
ERR_CHECK int create_let_go(const struct create_job *job, struct created *child, struct err *err);

/* state_runtime: the state that prestart and createRuntime hooks see (the runtime's pid). */
ERR_CHECK int create_settle(const struct create_job *job, const char *state_runtime,
	struct created *child, struct err *err);

ERR_CHECK int create_release(const struct create_job *job, struct created *child, struct err *err);

/* The child has cloned a sibling of itself and ends: *child is the sibling behind the pidfd from now on,
 * whose number is read from procfs. */
ERR_CHECK int create_adopt(int procfs, int *take_pidfd, struct created *child, struct err *err);

/* Waits for the end of the one that cloned it, where there was one. */
ERR_CHECK int create_reap_first(struct created *child, struct err *err);

/* process.oomScoreAdj of a child, before it gives its rights up. */
ERR_CHECK int create_oom_score(
	int procfs, const struct proc_plan *proc, pid_t pid, struct err *err);

/* Kills and reaps the child if it was not given away by setting pid to 0, and the one that cloned it;
 * closes the fds. One that the kernel holds is warned of, and keeps its pid: it may be asked for again. */
void created_end(struct created *child);
void created_end_within(struct created *child, uint64_t deadline_ns);

#define _cleanup_created_ __attribute__((cleanup(created_end)))

#endif
