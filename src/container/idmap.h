/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * idmap: a user namespace that nobody lives in, for the id maps of a mount.
 *
 * The kernel takes the maps of an id-mapped mount as the fd of a user namespace. A child is born in a
 * new one, gets the maps, and ends once the namespace is open. Follows mount_setattr(2).
 */
#ifndef OCIRT_CONTAINER_IDMAP_H
#define OCIRT_CONTAINER_IDMAP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

/* Returns the fd of a user namespace with these maps. deny_setgroups: as an ordinary user must. */
ERR_CHECK int idmap_open(const struct id_maps *maps, bool deny_setgroups, int procfs,
	struct arena *arena, struct err *err);

#endif
