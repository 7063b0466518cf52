/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * names: the words of the specification that plan/ knows, for `features` and for tests.
 *
 * They are the same tables that the makers look words up in, so the two cannot disagree. The lists
 * are sorted, constant, and hold *ret_count entries (no NULL behind the last).
 */
#ifndef OCIRT_PLAN_NAMES_H
#define OCIRT_PLAN_NAMES_H

#include <stddef.h>

/* plan/mount.c: the options of mounts[] that are not data for the file system. */
const char *const *plan_mount_option_names(size_t *ret_count);

#endif
