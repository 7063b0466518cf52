/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * join: one more process in a container that is there.
 *
 * Two processes, for what is inside may be hostile and may see, and with CAP_SYS_PTRACE trace, whatever
 * appears in its pid namespace. The first is in the container's cgroups but not in its pid namespace:
 * it enters the namespaces, opens the terminal, becomes the user with the user's capabilities, and
 * closes every descriptor that the program is not to have. Only then it clones the second, its
 * sibling, which is born into the pid namespace with no right and no descriptor that the program will
 * not have (one socket excepted, CAP_SYS_ADMIN where a seccomp filter must be loaded without
 * no_new_privs, and CAP_SYS_NICE where the scheduler can only be set in the end), and ends. (CVE-2016-9962, CVE-2024-21626)
 * Not for: which container, which process (lifecycle/exec.c).
 */
#ifndef OCIRT_CONTAINER_JOIN_H
#define OCIRT_CONTAINER_JOIN_H

#include <sys/types.h>

#include "base/err.h"
#include "container/cgroup.h"
#include "container/create.h"
#include "container/proc.h"
#include "plan/plan.h"
#include "plan/state_json.h"

struct join_job {
	const struct proc_plan *proc;
	const struct ns_plan *ns; /* of the container; all of them are entered */
	int init_pidfd; /* of the container's first process, and its number */
	pid_t init_pid;
	int procfs;
	const struct cgroup_dirs *cgroups; /* where the process goes */
	struct proc_filter filter; /* its listener_socket is the caller's */
	struct state_facts state; /* of the container, for the agent that gets the listener */
	struct arena *arena;
	bool may_be_frozen; /* it may take as long as somebody needs to resume it */
};

/* Makes the process and stops where only GO is missing. *ret is as create_spawn's: leaving the scope
 * early ends it. err->code is ERR_NOT_RUNNING when the container has ended meanwhile. */
ERR_CHECK int join_spawn(const struct join_job *job, struct created *ret, struct err *err);

/* Lets it become the program. */
ERR_CHECK int join_release(const struct join_job *job, struct created *child, struct err *err);

#endif
