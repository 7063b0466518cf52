/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hotplug: mounts that come into a running container, or go.
 *
 * What is the host's is opened by the caller, as at creation; a child enters the container's namespaces
 * and does the steps below the container's root. Without a mount of type proc it stays out of the
 * pid namespace, where nobody can see it. Where it copies files it goes into the container's cgroups
 * first, for the copies are the container's memory.
 * Not for: mounts[] of the configuration (rootfs.h).
 */
#ifndef OCIRT_CONTAINER_HOTPLUG_H
#define OCIRT_CONTAINER_HOTPLUG_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

struct cgroup_dirs;

struct hotplug_job {
	const struct ns_plan *ns; /* of the container */
	const struct cgroup_dirs *cgroups;
	const struct mount_step *steps;
	size_t count;
	bool remove; /* take the mounts at the destinations away, the last one first */
	bool privileged; /* facts.sys_admin */
	int init_pidfd;
	pid_t init_pid;
	int procfs;
	struct arena *arena;
};

/* Whether a step copies files, for which the container must not be frozen. */
bool hotplug_copies(const struct mount_step *steps, size_t count);

/* Does all steps in order. A step that fails ends it: those before it stay. */
ERR_CHECK int hotplug(const struct hotplug_job *job, struct err *err);

#endif
