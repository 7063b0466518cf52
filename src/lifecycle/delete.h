/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * delete: the end of a container for a verb that has its lock already.
 */
#ifndef OCIRT_LIFECYCLE_DELETE_H
#define OCIRT_LIFECYCLE_DELETE_H

#include "base/err.h"
#include "lifecycle/state.h"

/* What `delete --force` does, poststop hooks and all. dir stays open and locked. */
ERR_CHECK int delete_by_force(
	const char *root, const char *id, struct state_dir *dir, struct err *err);

#endif
