/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount-old: what mount.c does where the kernel lacks one of its calls. Nobody else includes this.
 *
 * mount(2) takes paths. A directory is given as "." after fchdir(2) to its fd; anything else by its
 * number in a /proc/self/fd that is seen to be on a procfs and to lead to that very mount, because the
 * container's root may hold anything of that name. The working directory is put back.
 */
#ifndef OCIRT_KERNEL_MOUNT_OLD_H
#define OCIRT_KERNEL_MOUNT_OLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* mount_setattr(2) by mount(2), for a mount that is attached; fd is its root. */
ERR_CHECK int mount_old_set_attr(int fd, uint64_t set, uint64_t clear, unsigned long propagation,
	bool recursive, struct err *err);

/* mount_make_fs by mount(2), in a mount namespace of our own: the file system is put on the root
 * directory, where a lookup of "/" passes it by and one of "/.." does not, cloned from there, and taken
 * away again. */
ERR_CHECK int mount_old_make_fs(const char *type, const char *source, const char *const *data,
	size_t count, unsigned long sb_flags, uint64_t attrs, struct err *err);

/* Takes away, or covers, every proc and sysfs that is not in the tree of which root is the top: while one
 * is in the mount namespace, who makes a user namespace in there may mount it without masks. Changes the
 * working directory. */
ERR_CHECK int mount_old_hide(int root, struct err *err);

/* The working directory, to go back to; the root where it is in a place that may not be entered any more,
 * so that nobody stays in it. Returns an O_PATH fd, or -1 with errno. */
ERR_CHECK int mount_old_here(void);

/* mount_reconfigure by mount(2). */
ERR_CHECK int mount_old_reconfigure(
	int fd, const char *const *data, size_t count, unsigned long sb_flags, struct err *err);

#endif
