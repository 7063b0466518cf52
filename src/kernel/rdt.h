/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rdt: the resctrl file system: groups of processes that share parts of the caches and of the memory
 * bandwidth, and groups in them that are only counted.
 *
 * All functions take a directory fd of the root, so that a test can give them a tree of its own. A group
 * is a name below it, "" for the root itself. Follows the kernel's filesystems/resctrl.
 * Not for: which group, and what is written (plan/rdt.c, container/rdt.c).
 */
#ifndef OCIRT_KERNEL_RDT_H
#define OCIRT_KERNEL_RDT_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

/* The root where it is mounted: /sys/fs/resctrl, or elsewhere by the table of mounts. ERR_UNSUPPORTED where
 * it is not. Returns an O_CLOEXEC fd. */
ERR_CHECK int rdt_open(int procfs, struct arena *arena, struct err *err);

/* Returns 1: there is such a group, 0: there is none. */
ERR_CHECK int rdt_exists(int root, const char *group, struct err *err);

/* Makes a group, or a counted one in it. err->num is EEXIST where it is there, ENOSPC where the processor
 * has no more classes. */
ERR_CHECK int rdt_make(int root, const char *group, struct err *err);
ERR_CHECK int rdt_make_monitor(int root, const char *group, const char *name, struct err *err);

/* What the group may use, as the kernel prints it. */
ERR_CHECK int rdt_read_schemata(
	int root, const char *group, struct arena *arena, char **ret, struct err *err);

/* Lines with a line break each, in one write. The error has the kernel's own reason as well. */
ERR_CHECK int rdt_write_schemata(int root, const char *group, const char *text, struct err *err);

/* Moves a process; its children follow. monitor: the counted group in it, NULL for none. */
ERR_CHECK int rdt_enter(
	int root, const char *group, const char *monitor, pid_t pid, struct err *err);

/* Removes the group, or with monitor only the counted one in it; the processes in it go one up. What is not
 * there is fine. */
ERR_CHECK int rdt_remove(int root, const char *group, const char *monitor, struct err *err);

#endif
