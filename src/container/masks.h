/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * masks: maskedPaths and readonlyPaths, behind the pivot.
 *
 * A mask is never an inode of the container's: a file is covered by the host's null device, cloned
 * before anything of the container's was in sight, and read-only, so that nobody inside can change
 * the mode of the host's inode; a directory by an empty read-only tmpfs. Only a path that is not
 * there is left out. Follows config-linux.md "Masked Paths", "Readonly Paths" (CVE-2025-31133).
 */
#ifndef OCIRT_CONTAINER_MASKS_H
#define OCIRT_CONTAINER_MASKS_H

#include "base/err.h"
#include "kernel/beneath.h"
#include "plan/plan.h"

/* In the host's view: a detached clone of /dev/null, checked; -1 with err untouched is no answer.
 * Returns the fd. */
ERR_CHECK int masks_open_null(struct err *err);

/* Read-only paths first, then masks. null_tree is given away. */
ERR_CHECK int masks_apply(const struct rootfs_plan *plan, const struct beneath *root,
	int *take_null, struct err *err);

#endif
