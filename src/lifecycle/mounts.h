/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mounts: adds mounts to a running container, removes and lists them. The documents are lists of the
 * entries that mounts[] of a configuration has. Nothing is written into the container's record: its
 * mounts are what the kernel says they are.
 */
#ifndef OCIRT_LIFECYCLE_MOUNTS_H
#define OCIRT_LIFECYCLE_MOUNTS_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "lifecycle/lifecycle.h"

/* ERR_NOT_RUNNING where the first process has ended. An error names the entry ("/0"); those before it
 * have been done. */
ERR_CHECK int lifecycle_mounts(const struct global_options *global, const char *id, bool remove,
	const char *file, struct arena *arena, struct err *err);

/* The mounts that the first process sees, in the order of the kernel. */
ERR_CHECK int lifecycle_mounts_list(const struct global_options *global, const char *id,
	enum list_format format, struct arena *arena, char **ret_text, struct err *err);

#endif
