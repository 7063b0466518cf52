/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * restored: the processes that criu has made from images, found and held against the configuration while none
 * of them has run yet (plan/restored.h has the rules).
 *
 * criu notifies "pre-resume" when every thread has its ids, capabilities and filters and stops at the
 * sigreturn that would give it its registers; "post-restore" is too early, for the credentials come behind
 * it. criu goes on whatever the answer is: who refuses kills first and then leaves criu
 * (restored_kill). Meanwhile the cgroup is frozen, so that nothing runs even if the runtime ends; criu
 * itself is taken out of it before.
 *
 * Not for: files and mounts of the images.
 */
#ifndef OCIRT_CONTAINER_RESTORED_H
#define OCIRT_CONTAINER_RESTORED_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

struct cgroup_dirs;
struct proc_filter;

struct restored_job {
	const struct plan *plan;
	const struct cgroup_dirs *cgroups;
	int procfs;
	pid_t first; /* the container's first process */
	pid_t criu; /* lives in the container's cgroups until then */
	const char *lsm_profile; /* TYPE:LABEL in place of the configuration's label; NULL */
	struct arena *arena;
	bool frozen; /* by restored_hold */
	char *born; /* /proc/PID/cgroup of criu before it left; by restored_hold */
};

/* At pre-resume: criu goes to our own cgroups and what it made is frozen, where there is a freezer; */
ERR_CHECK int restored_hold(struct restored_job *job, struct err *err);
/* then every thread of every process in the container's cgroups, in its own pid namespace and below its
 * first process is judged. */
ERR_CHECK int restored_check(const struct restored_job *job, struct err *err);

/* When criu has let go of them: where the configuration has a filter, every thread must be under that very
 * program (under others as well, which only take from it). Then they run. To read it takes a stop by us
 * and one tracer at a time, so that this cannot be done before. */
ERR_CHECK int restored_release(
	struct restored_job *job, const struct proc_filter *filter, struct err *err);

/* Before criu learns of a failure. */
void restored_kill(const struct restored_job *job);

#endif
