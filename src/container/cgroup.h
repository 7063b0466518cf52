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

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

struct cgroup_plan;
struct facts;

/* Absolute directories on the host. */
struct cgroup_dirs {
	char **leaves; /* one per hierarchy: the container's own */
	size_t leaf_count;
	char **parents; /* directories above them that are made with them, top down */
	size_t parent_count;
};

/* Decides the directories; makes nothing. The manager `disabled` has none. */
ERR_CHECK int cgroup_locate(const struct cgroup_plan *plan, const struct facts *facts, int procfs,
	struct arena *arena, struct cgroup_dirs *ret, struct err *err);

/* Makes them, fills new cpuset directories from above, writes the plan's values. A directory that is
 * there already must be empty of processes and not frozen. On failure removes what it made. With
 * plan->may_fail a refusal by the kernel empties *dirs instead. */
ERR_CHECK int cgroup_make(
	const struct cgroup_plan *plan, struct cgroup_dirs *dirs, struct err *err);

/* The fd of the v2 directory for CLONE_INTO_CGROUP, or -1 with *err untouched where there is none.
 * -2 for a failure. */
ERR_CHECK int cgroup_clone_fd(const struct cgroup_dirs *dirs, struct err *err);

/* Moves pid into the v1 directories (and the v2 one if it was not born there). */
ERR_CHECK int cgroup_enter(
	const struct cgroup_dirs *dirs, pid_t pid, int born_inside, struct err *err);

/* All processes of the container's cgroups, each once, sorted. *ret is in the arena. */
ERR_CHECK int cgroup_pids(const struct cgroup_dirs *dirs, struct arena *arena, pid_t **ret,
	size_t *ret_count, struct err *err);

/* Sends sig to every process in the container's cgroups and those below. SIGKILL through cgroup.kill
 * where the kernel has it. */
ERR_CHECK int cgroup_signal(const struct cgroup_dirs *dirs, int sig, struct err *err);

/* Kills what is left, waits for its end until the deadline, removes the directories and the parents
 * that are empty. Directories that are gone already are fine. */
ERR_CHECK int cgroup_destroy(const struct cgroup_dirs *dirs, uint64_t deadline_ns, struct err *err);

#endif
