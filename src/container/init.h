/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * init: the child's side of a container start, from the clone to execve, on one page (init.c).
 *
 * The child holds the plan by copy-on-write, the fds below and the message socket, and uses nothing
 * else: not the specification, not the state directory, not the host's /proc by path.
 */
#ifndef OCIRT_CONTAINER_INIT_H
#define OCIRT_CONTAINER_INIT_H

#include <stddef.h>

#include "base/err.h"
#include "container/proc.h"
#include "plan/plan.h"

struct arena;
struct cgroup_dirs;
struct mount_fds;
struct signals;

/* Everything was opened by the parent in the host's view; -1 where there is none. */
struct init_fds {
	int sock; /* messages, see container/msg.h */
	int barrier; /* the listening socket of the state directory; -1: START comes on sock */
	int root_tree; /* a detached clone of the root file system; -1: the child makes it */
	struct mount_fds *mounts; /* one per mount step: what the parent could open for it */
	int device_tree; /* nodes for a user namespace, see container/devices.h; -1: none */
	int *joins; /* one per plan->ns.child_joins */
	int procfs; /* the private procfs */
	int console_socket; /* connected; the pty's master is sent there */
	int listener_socket; /* connected to linux.seccomp.listenerPath */
	bool files_lifted; /* RLIMIT_NOFILE is above the caller's, for the mounts */
	uint64_t files_before; /* … which was this */
	const int *not_mine; /* fds of the parent's that the child closes first */
	size_t not_mine_count;
};

/* What the child needs besides the plan. */
struct init_job {
	const struct plan *plan;
	const struct cgroup_dirs *cgroups;
	bool born_inside; /* its v2 cgroup */
	const struct signals
		*signals; /* of kernel/signals.h: their mask is given back; NULL: it stays */
	const struct filter_box *filter; /* of container/seccomp.h; NULL: none */
	struct arena *arena; /* inherited from the parent */
};

/* Whether HOOKS is sent: where there is no hook of `create`, nobody has to be waited for. */
bool init_asks_for_hooks(const struct plan *plan);

/* Never returns: execve, or an error that has been sent to whoever waits, and _exit. */
__attribute__((noreturn)) void init_main(const struct init_job *job, struct init_fds *fds);

#endif
