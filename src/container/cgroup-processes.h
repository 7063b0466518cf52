/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup-processes: the processes of a container by its cgroups: listed, signalled, frozen, ended. The
 * same for every manager; the functions of cgroup.h that are not about directories are here as well.
 */
#ifndef OCIRT_CONTAINER_CGROUP_PROCESSES_H
#define OCIRT_CONTAINER_CGROUP_PROCESSES_H

#include "container/cgroup.h"

/* Kills every process, frozen or not, and those that it made meanwhile, and returns when the last has
 * left. ERR_TIMEOUT. */
ERR_CHECK int cgroup_end_processes(
	const struct cgroup_dirs *dirs, uint64_t deadline_ns, struct err *err);

/* By its name, without a call: a v1 hierarchy is mounted by the names of its controllers, a v2 one is
 * alone or called "unified". */
bool cgroup_may_be_v2(const struct cgroup_dirs *dirs, size_t leaf);

#endif
