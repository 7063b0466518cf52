/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mount: the kernel's mount interface: detached trees, made complete and then attached to an fd.
 *
 * A mount is made or cloned detached, gets all its flags, and is attached to a target that was
 * resolved to an fd: there is no moment at which it is visible half-made, and no path that is looked
 * up twice. Linux 5.2 has these calls; what is done without one of them is in mount-old.c.
 * Follows fsopen(2), open_tree(2), mount_setattr(2), move_mount(2), pivot_root(2).
 */
#ifndef OCIRT_KERNEL_MOUNT_H
#define OCIRT_KERNEL_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* A detached clone of the mount at dirfd/path ("": dirfd itself). recursive: with all below it;
 * nofollow: a symbolic link as last component is not followed. Returns its fd. */
ERR_CHECK int mount_clone_tree(
	int dirfd, const char *path, bool recursive, bool nofollow, struct err *err);

/* A detached mount of a new file system. data: "key" or "key=value" each; sb_flags: MS_RDONLY,
 * MS_SYNCHRONOUS, MS_DIRSYNC, MS_LAZYTIME, MS_MANDLOCK, MS_SILENT of the file system; attrs:
 * MOUNT_ATTR_* of the mount. The kernel's own words about a refused option are put into the error. */
ERR_CHECK int mount_make_fs(const char *type, const char *source, const char *const *data,
	size_t count, unsigned long sb_flags, uint64_t attrs, struct err *err);

/* The same for who is in a mount namespace of its own: there mount(2) helps where fsopen is missing
 * (err->num is ENOSYS from mount_make_fs). */
ERR_CHECK int mount_make_fs_inside(const char *type, const char *source, const char *const *data,
	size_t count, unsigned long sb_flags, uint64_t attrs, struct err *err);

/* Changes the options of the file system that fd is the root of, as `mount -o remount` does. */
ERR_CHECK int mount_reconfigure(
	int fd, const char *const *data, size_t count, unsigned long sb_flags, struct err *err);

/* What a mount becomes: MOUNT_ATTR_* of it and all below it, then of itself, then propagations
 * (MS_SHARED, MS_SLAVE|MS_REC, …), one after the other. */
struct mount_flags {
	uint64_t set_rec;
	uint64_t clear_rec;
	uint64_t set;
	uint64_t clear;
	const unsigned long *propagation;
	size_t propagation_count;
};

/* Attaches a detached mount to the directory, file or symbolic link that target (O_PATH) is. It has
 * its flags before it is seen; without mount_setattr it gets them immediately behind. */
ERR_CHECK int mount_place(int mount, int target, const struct mount_flags *flags, struct err *err);

/* The same flags for a mount that is attached already; fd is its root. */
ERR_CHECK int mount_change(int mount, const struct mount_flags *flags, struct err *err);

/* One call of it: sets and clears MOUNT_ATTR_* and, unless 0, the propagation (MS_PRIVATE, MS_SLAVE,
 * MS_SHARED, MS_UNBINDABLE) of the mount that fd is the root of; recursive: and of all below. */
ERR_CHECK int mount_set_attr(int fd, uint64_t set, uint64_t clear, unsigned long propagation,
	bool recursive, struct err *err);

/* Maps the ids of a detached mount as the user namespace does. ERR_UNSUPPORTED before Linux 5.12;
 * EINVAL where the file system cannot. */
ERR_CHECK int mount_idmap(int fd, int userns, bool recursive, struct err *err);

/* Propagation (MS_SLAVE|MS_REC, …) of the mount at a path of the host's view. */
ERR_CHECK int mount_propagation(const char *path, unsigned long flags, struct err *err);

/* Attaches a detached mount to the directory or file that target (O_PATH) is. */
ERR_CHECK int mount_attach(int mount, int target, struct err *err);

/* Makes the mount that fd is the root of the root of this mount namespace and detaches the old one
 * with everything below it. */
ERR_CHECK int mount_pivot(int fd, struct err *err);

/* Detaches the attached mount that fd is the root of. procfs: a procfs of our own that shows this
 * process (kernel/procfs.h), or -1 where the mount is a directory. */
ERR_CHECK int mount_detach(int fd, int procfs, struct err *err);

/* Makes a directory the root of this process alone; nothing is mounted. chroot(2). */
ERR_CHECK int mount_chroot(int fd, struct err *err);

/* --no-pivot: moves the mount over the root and chroots; the old tree stays below it, without
 * the procfs and sysfs that could be mounted anew inside while they are there. */
ERR_CHECK int mount_move_root(int fd, struct err *err);

#endif
