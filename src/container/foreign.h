/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * foreign: proc, sysfs and mqueue of namespaces that the container's user namespace does not own.
 *
 * The kernel gives these file systems to whoever owns the pid, network or ipc namespace that they
 * show. Behind a user namespace a container that joined one of these, or kept the host's, cannot
 * mount them; the privileged side can, from inside of the same namespaces, and hands them over
 * detached. Follows pid_namespaces(7) and user_namespaces(7).
 */
#ifndef OCIRT_CONTAINER_FOREIGN_H
#define OCIRT_CONTAINER_FOREIGN_H

#include "base/err.h"
#include "plan/plan.h"

struct mount_fds;

/* Fills mounts[i].source of each step that says by_parent. Called where the parent has entered the
 * namespaces to join: a child makes the mounts, because a pid namespace is entered by children
 * only. A mount that the parent too is refused, or cannot make on this kernel, is left to the
 * container's own way. */
ERR_CHECK int foreign_mounts(
	const struct rootfs_plan *rootfs, struct mount_fds *mounts, struct err *err);

#endif
