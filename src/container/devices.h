/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * devices: the nodes and links of /dev, and the devices of the configuration, below a root that is an
 * fd.
 *
 * Nodes are made where the kernel lets us. In a user namespace it does not: there a node is bound, one
 * that the privileged parent made on a file system of our own, or the host's, once it is seen to be
 * the one. Follows config-linux.md "Devices" and "Default Devices".
 */
#ifndef OCIRT_CONTAINER_DEVICES_H
#define OCIRT_CONTAINER_DEVICES_H

#include "base/err.h"
#include "kernel/beneath.h"
#include "plan/plan.h"

/* By a privileged parent: a detached file system with one node per device, named by its number, with
 * the mode and the owner that the container is to see. Returns its fd; -1. */
ERR_CHECK int devices_prepare(
	const struct ns_plan *ns, const struct rootfs_plan *plan, struct err *err);

/* By the child: prepared is what devices_prepare returned, or -1. It is attached for the time being to
 * the host's root in the child's mount namespace, from where nodes are cloned, and detached again. */
ERR_CHECK int devices_make(
	const struct rootfs_plan *plan, const struct beneath *root, int prepared, struct err *err);

#endif
