/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount-table: reads a mountinfo file with libmount, which is loaded when this is first called: it pulls
 * in libraries that a container start would pay for.
 *
 * Not for: the path of a start, nor a process that has entered a container (a library that is loaded
 * there would be the container's).
 */
#ifndef OCIRT_KERNEL_MOUNT_TABLE_H
#define OCIRT_KERNEL_MOUNT_TABLE_H

#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/mount-table.h"

/* The mounts of a process, through procfs (kernel/procfs.h). Everything lives in the arena.
 * ERR_UNSUPPORTED where libmount.so.1 is missing. */
ERR_CHECK int mount_table_read(
	int procfs, pid_t pid, struct arena *arena, struct mount_table *ret, struct err *err);

#endif
