/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * netdev: linux.netDevices: devices of the host go into the container's network namespace, under the
 * name they are to have there, with their permanent addresses of global scope, and up. A create that
 * fails takes them back. From a container that is there they are not taken: they belong to the namespace.
 *
 * When a namespace ends, the kernel itself gives physical devices back to the host and ends virtual
 * ones (network_namespaces(7)). So what is to come back must be taken while the namespace lives.
 * Follows config-linux.md, "Network Devices".
 */
#ifndef OCIRT_CONTAINER_NETDEV_H
#define OCIRT_CONTAINER_NETDEV_H

#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

/* The network namespace of a process, to keep it alive. Returns an fd. */
ERR_CHECK int netdev_namespace(pid_t pid, struct err *err);

/* A name for each device, in the arena: inside a namespace that is joined one like eth%d gets the first free number,
 * before anything moves, so that the state knows it. In a new namespace none is chosen yet: NULL. */
ERR_CHECK int netdev_choose(
	const struct net_plan *net, struct arena *arena, const char ***ret_names, struct err *err);

/* Moves all of them; *ret_moved counts those that have gone, whatever the result. The caller is in the
 * host's namespace and stays there. names has count names that were chosen, or NULL for one that was not, and
 * gets those of the devices that have gone. */
ERR_CHECK int netdev_move(const struct net_device_plan *devices, size_t count, int netns,
	struct arena *arena, const char **names, size_t *ret_moved, struct err *err);

/* What netdev_return needs to know of the devices, one text each, for the state. names: what netdev_choose or
 * netdev_move gave. Before the move the way back of a device that never went fails, as its name is taken. */
char **netdev_record(const struct net_plan *net, const char *const *names, struct arena *arena);

/* Takes those that are still in the namespace back to the host, where they have their old names, and
 * their addresses, and are up. netns -1: the one of the record's path, if it has one. Failures are
 * logged: the others still go. */
void netdev_return(char *const *records, size_t count, int netns, struct arena *arena);

#endif
