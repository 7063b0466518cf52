/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rdt: linux.intelRdt as a group of the resctrl file system and the text of its `schemata`. The makers are
 * in plan/parts.h; this is what others ask as well. */
#ifndef OCIRT_PLAN_RDT_H
#define OCIRT_PLAN_RDT_H

#include <stdbool.h>

#include "base/arena.h"

/* The lines of both schemas, each with a line break: of cache those that begin with MB: count only where
 * bandwidth is not given. Either may be NULL. NULL where that is nothing. */
const char *plan_rdt_schemata(const char *cache, const char *bandwidth, struct arena *arena);

/* Whether a group that has the schemata `have` (as the kernel prints them) is what `wanted` asks for: each
 * value of each line is there. Blanks and leading zeros say nothing. */
bool plan_rdt_has(const char *have, const char *wanted, struct arena *arena);

#endif
