/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usermap: the id maps of a process that was born in a new user namespace.
 *
 * Who has the rights writes them into the process's /proc files. For an ordinary user and more than
 * their own id newuidmap and newgidmap do it, set-user-ID programs that know /etc/subuid and
 * /etc/subgid. They are looked for in fixed directories of the host alone, never in PATH.
 * Follows user_namespaces(7), newuidmap(1).
 */
#ifndef OCIRT_CONTAINER_USERMAP_H
#define OCIRT_CONTAINER_USERMAP_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

/* A map without lines is left alone. deny_setgroups: as an ordinary user must who maps their own id. */
ERR_CHECK int usermap_write(const struct id_maps *maps, bool deny_setgroups, int procfs, pid_t pid,
	struct arena *arena, struct err *err);

/* Through newuidmap and newgidmap. The process must be dumpable: they open its files as the user. */
ERR_CHECK int usermap_write_by_helpers(
	const struct id_maps *maps, pid_t pid, struct arena *arena, struct err *err);

#endif
