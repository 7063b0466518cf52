/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mounts: the entries of mounts[], one step each, done to a root that is an fd.
 *
 * A step opens its destination below the root, makes the mount detached, checks that it is what was
 * asked for, gives it all its flags, and attaches it to the fd. Bind sources, and file systems that
 * only the privileged side may make, come as detached mounts from the parent.
 * Also used for a running container (`mounts add`).
 * Follows config.md "Mounts" and config-linux.md "Default Filesystems".
 */
#ifndef OCIRT_CONTAINER_MOUNTS_H
#define OCIRT_CONTAINER_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "kernel/beneath.h"
#include "plan/plan.h"

struct cgroup_dirs;

/* What was opened in advance for one step; -1 where nothing was. */
struct mount_fds {
	int source; /* a detached mount: the clone of a bind source, or a file system */
	int idmap; /* a user namespace with the step's id maps */
	bool idmapped; /* source has them already */
};

#define MOUNT_FDS_INIT                                                                             \
	{                                                                                          \
		.source = -1, .idmap = -1                                                          \
	}

/* Lifts the soft limit of open files for that many steps. Returns 1 with the limit as it was, or 0: it was
 * high enough. */
ERR_CHECK int mounts_make_room(size_t steps, uint64_t *ret_before, struct err *err);

/* Opens what the caller can open for one step: with `privileged` bind sources (id-mapped if asked
 * for) and file systems of the host's namespaces, and in any case the user namespace of its id maps.
 * procfs is the runtime's own. The plan's arena is not touched. */
ERR_CHECK int mounts_open(const struct ns_plan *ns, const struct mount_step *step, bool privileged,
	int procfs, struct arena *arena, struct mount_fds *ret, struct err *err);
void mounts_close(struct mount_fds *fds);

/* Opens the bind source of one step in the caller's own view, unless it is there already. */
ERR_CHECK int mounts_open_source(
	const struct mount_step *step, struct mount_fds *fds, struct err *err);

struct mount_root {
	struct beneath beneath;
	const struct ns_plan *ns;
	const struct cgroup_dirs *cgroups;
	unsigned long setup_propagation; /* of what comes from the host, MS_SLAVE or MS_PRIVATE */
};

/* Does one step. *ret_late is the mount when it is to become read-only in the end, else untouched.
 * The error names the place in the configuration and the destination. */
ERR_CHECK int mounts_step(const struct mount_root *root, const struct mount_step *step,
	struct mount_fds *fds, int *ret_late, struct err *err);

#endif
