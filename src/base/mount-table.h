/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount-table: the mounts of a process as data: kernel/mount-table.c reads them, plan/ and lifecycle/
 * look at them. Follows proc_pid_mountinfo(5).
 */
#ifndef OCIRT_BASE_MOUNT_TABLE_H
#define OCIRT_BASE_MOUNT_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct mount_entry {
	uint64_t device; /* dev_t of its file system */
	const char *root; /* which part of the file system is shown */
	const char *target; /* where, as the process sees it */
	const char *type;
	const char *source; /* "none" where there is none */
	const char *options; /* of the mount */
	const char *fs_options; /* of the file system */
};

struct mount_table {
	struct mount_entry *items; /* in the kernel's order */
	size_t count;
};

#endif
