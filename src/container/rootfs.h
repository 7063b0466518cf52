/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rootfs: the container's view of the file systems, in four stages that container/init.c calls.
 *
 *   build   a private copy of the host's tree, the root file system's clone on top, the mount steps in
 *           the user's order, devices and links; the host is still in view (hooks need both)
 *   enter   pivot_root (or MS_MOVE and chroot), the old root is gone
 *   finish  masked and read-only paths, behind the hooks that may have written there
 *   seal    read-only where it was put off, propagation of the root
 *
 * Every path inside the root goes through kernel/beneath and is an fd from then on; every mount is
 * complete, with all its flags, before it is attached. Without a mount namespace of its own the
 * container gets a chroot, and nothing is mounted.
 * Follows config.md "Root", "Mounts", config-linux.md "Rootfs Mount Propagation", pivot_root(2).
 */
#ifndef OCIRT_CONTAINER_ROOTFS_H
#define OCIRT_CONTAINER_ROOTFS_H

#include "base/err.h"
#include "kernel/beneath.h"
#include "plan/plan.h"

struct init_fds;
struct cgroup_dirs;

struct rootfs {
	struct beneath beneath; /* of the root mount's top */
	int fd; /* the root mount; beneath.root is the same */
	int null_tree; /* a detached clone of the host's /dev/null, for masks */
	int *late; /* mount fds by step that become read-only in the end, or -1 */
	size_t late_count;
};

#define ROOTFS_INIT                                                                                \
	{                                                                                          \
		.beneath = { .root = -1 }, .fd = -1, .null_tree = -1                               \
	}

ERR_CHECK int rootfs_build(const struct plan *plan, const struct cgroup_dirs *cgroups,
	struct init_fds *fds, struct rootfs *root, struct err *err);
ERR_CHECK int rootfs_enter(const struct plan *plan, struct rootfs *root, struct err *err);
ERR_CHECK int rootfs_finish(const struct plan *plan, struct rootfs *root, struct err *err);
ERR_CHECK int rootfs_seal(const struct plan *plan, struct rootfs *root, struct err *err);

/* Closes what the struct holds. */
void rootfs_done(struct rootfs *root);

#endif
