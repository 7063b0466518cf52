/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup-mount: the mount of type `cgroup` or `cgroup2`, as the host's layout has it.
 *
 * v2: the hierarchy itself, whose root a cgroup namespace hides. v1: a tmpfs with one directory for
 * each hierarchy, and links for the controllers that share one. Without a cgroup namespace the
 * container sees its own directory of each v1 hierarchy, by a bind.
 * Follows cgroups(7), cgroup_namespaces(7).
 */
#ifndef OCIRT_CONTAINER_CGROUP_MOUNT_H
#define OCIRT_CONTAINER_CGROUP_MOUNT_H

#include "base/err.h"
#include "plan/plan.h"

struct cgroup_dirs;

/* Mounts them on target, an O_PATH fd of a directory below the root. */
ERR_CHECK int cgroup_mount(const struct ns_plan *ns, const struct cgroup_dirs *cgroups,
	const struct mount_step *step, int target, struct err *err);

#endif
