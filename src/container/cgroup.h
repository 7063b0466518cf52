/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup: the container's place in the cgroup hierarchies, made, entered and removed.
 *
 * First the names are decided and written into the state (cgroup_locate), then the directories are
 * made (cgroup_make), so that a runtime that is killed in between leaves nothing unnamed. On v2 the
 * first process is born inside (cgroup_clone_fd); on v1 the parent moves it before it is released.
 *
 * Follows cgroups(7), the kernel's admin-guide/cgroup-v1 and cgroup-v2.
 */
#ifndef OCIRT_CONTAINER_CGROUP_H
#define OCIRT_CONTAINER_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

/* Where a container is: absolute directories on the host, and who made them. All of it is in the state
 * record, so that a later verb needs no option. */
struct cgroup_dirs {
	char **leaves; /* one per hierarchy: the container's own */
	size_t leaf_count;
	char *home; /* below the one of v2, where the processes live; NULL: in the leaves */
	char **parents; /* directories above them that are made with them, top down */
	size_t parent_count;
	enum cgroup_manager manager;
	char *unit; /* of systemd: "runc-c1.scope"; NULL */
	bool user_unit; /* it belongs to the user's own systemd */
};

/* The name of a manager on the command line and in the record, and back (-1: there is none). */
const char *cgroup_manager_name(enum cgroup_manager manager);
ERR_CHECK int cgroup_manager_find(const char *name, enum cgroup_manager *ret);

/* Decides the directories; makes nothing. The manager `disabled` has none. One that is there already must
 * hold no process and not be frozen: ERR_STATE. */
ERR_CHECK int cgroup_locate(const struct cgroup_plan *plan, const struct facts *facts, int procfs,
	struct arena *arena, struct cgroup_dirs *ret, struct err *err);

/* Makes them as far as that needs no process, fills new cpuset directories from above, writes the
 * plan's values (of systemd's directories cgroup_place does). A directory
 * that is there already must be empty of processes and not frozen. With plan->may_fail a refusal by
 * the kernel empties *dirs instead. */
ERR_CHECK int cgroup_make(
	const struct cgroup_plan *plan, struct cgroup_dirs *dirs, struct err *err);

/* The directory of a hierarchy in which the container's processes live, as long as *dirs. */
const char *cgroup_home(const struct cgroup_dirs *dirs, size_t leaf);

/* The fd of the v2 directory for CLONE_INTO_CGROUP, or -1 with *err untouched where there is none.
 * -2 for a failure. */
ERR_CHECK int cgroup_clone_fd(const struct cgroup_dirs *dirs, struct err *err);

/* Puts the first process of the container, which waits for its release, into its cgroups.
 * born_inside: the clone has put it into the v2 one. */
ERR_CHECK int cgroup_place(const struct cgroup_plan *plan, struct cgroup_dirs *dirs, int procfs,
	pid_t pid, bool born_inside, struct err *err);

/* Whether the first process moves itself instead (cgroup_enter with pid 0), which costs a hundredth of
 * that on v1: not where systemd does it, nor where a refusal means to do without a cgroup. */
bool cgroup_is_entered(const struct cgroup_plan *plan, const struct cgroup_dirs *dirs);

/* Puts a process of `exec` beside it. pid 0 is the caller, which has one thread; on v1 that is a
 * hundred times faster than to move another process. */
ERR_CHECK int cgroup_enter(
	const struct cgroup_dirs *dirs, pid_t pid, int born_inside, struct err *err);

/* Moves pid to where the process init is, in the hierarchies of *dirs: where a v2 cgroup has controllers
 * for the ones below it, it may hold no processes itself (EBUSY), and those of the container are
 * below. */
ERR_CHECK int cgroup_enter_beside(
	const struct cgroup_dirs *dirs, int procfs, pid_t init, pid_t pid, struct err *err);

/* A process that was put into them (cgroup_place) comes to where the caller is. */
ERR_CHECK int cgroup_leave(const struct cgroup_dirs *dirs, int procfs, pid_t pid, struct err *err);

/* The caller goes into the cgroups, or to the process init where one may hold no processes. */
ERR_CHECK int cgroup_join(
	const struct cgroup_dirs *dirs, int procfs, pid_t init, bool born_inside, struct err *err);

/* Tells the manager what `update` has written into the files. */
ERR_CHECK int cgroup_update(
	const struct cgroup_plan *plan, const struct cgroup_dirs *dirs, struct err *err);

/* All processes of the container's cgroups, each once, sorted. *ret is in the arena. */
ERR_CHECK int cgroup_pids(const struct cgroup_dirs *dirs, struct arena *arena, pid_t **ret,
	size_t *ret_count, struct err *err);

/* Sends sig to every process in the container's cgroups and those below, at one moment: by cgroup.kill,
 * or with the cgroup frozen meanwhile, where that can be had. SIGKILL reaches a frozen container as
 * well, and thaws a v1 one, which could not end otherwise. */
ERR_CHECK int cgroup_signal(const struct cgroup_dirs *dirs, int sig, struct err *err);

/* Freezes or thaws, and returns when the kernel says that it is done; ERR_TIMEOUT, and thawed, when the
 * deadline has passed. ERR_UNSUPPORTED where no hierarchy has a freezer. */
ERR_CHECK int cgroup_freeze(
	const struct cgroup_dirs *dirs, bool freeze, uint64_t deadline_ns, struct err *err);

/* 1: the container is frozen, whoever did it. 0: it is not. */
ERR_CHECK int cgroup_frozen(const struct cgroup_dirs *dirs, struct err *err);

/* Kills what is left, frozen or not, waits for its end until the deadline, removes the directories with
 * all below them and the parents that are empty. What is gone already is fine. */
ERR_CHECK int cgroup_destroy(const struct cgroup_dirs *dirs, uint64_t deadline_ns, struct err *err);

#endif
