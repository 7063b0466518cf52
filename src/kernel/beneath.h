/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * beneath: the one way to use a path inside a container's root file system.
 *
 * A path is walked inside the root, as chroot would: an absolute path and an absolute link begin at the
 * root, ".." stops there, links of procfs ("magic links") are refused. What comes back is a file
 * descriptor; what is done next is done to it, never to the path again. Another process may rename
 * what is below the root at any time: the walk then ends in some place below the root, or fails.
 *
 * openat2(2) does the walk since Linux 5.6; before that, and where a sandbox refuses it, a walker that
 * goes component by component with O_PATH fds. Both are tested against the same trees.
 * Not for: paths of the host.
 */
#ifndef OCIRT_KERNEL_BENEATH_H
#define OCIRT_KERNEL_BENEATH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct beneath {
	int root; /* a directory, borrowed */
	bool walker; /* tests: never use openat2 */
};

enum { BENEATH_NOFOLLOW = 1 }; /* the last component may be a symbolic link and is not followed */

/* Opens a path. flags: O_PATH, O_RDONLY, O_DIRECTORY, O_NONBLOCK, …; O_CLOEXEC is added; not for
 * O_CREAT. Returns the fd. err->num is ENOENT for a missing path, ELOOP for more than 40 links. */
ERR_CHECK int beneath_open(
	const struct beneath *below, const char *path, int flags, unsigned how, struct err *err);

/* 1 if the fd is the root itself, where ".." and links can end, 0 if not; -1. What is mounted there is out of the
 * sight of who starts at the root. */
ERR_CHECK int beneath_is_root(const struct beneath *below, int fd, struct err *err);

/* The directory at path, made with all that is missing (mode cut by the umask). Links on the way are
 * followed inside the root; one that leads nowhere is an error. Returns an O_PATH fd. */
ERR_CHECK int beneath_mkdirs(
	const struct beneath *below, const char *path, mode_t mode, struct err *err);

/* The file at path, made empty if missing, with the directories above it; anything but a directory is
 * accepted. Returns an O_PATH fd. */
ERR_CHECK int beneath_create_file(
	const struct beneath *below, const char *path, mode_t mode, struct err *err);

/* A device or FIFO with exactly this mode and owner; an existing one must be the same device. */
ERR_CHECK int beneath_mknod(const struct beneath *below, const char *path, mode_t mode,
	unsigned major, unsigned minor, uint32_t uid, uint32_t gid, struct err *err);

/* A symbolic link. An existing link, file or node of that name gives way; a directory does not. */
ERR_CHECK int beneath_symlink(
	const struct beneath *below, const char *path, const char *target, struct err *err);

#endif
