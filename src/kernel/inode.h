/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inode: whether what is behind an fd is what it is meant to be. A name proves nothing; type, device
 * number and file system do. Follows fstat(2), fstatfs(2).
 */
#ifndef OCIRT_KERNEL_INODE_H
#define OCIRT_KERNEL_INODE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

/* Magic numbers of file systems (statfs(2)). */
#define INODE_FS_CGROUP2 0x63677270UL
#define INODE_FS_DEVPTS	 0x1cd1UL
#define INODE_FS_PROC	 0x9fa0UL
#define INODE_FS_SYS	 0x62656572UL
#define INODE_FS_TMPFS	 0x01021994UL

/* A character or block device (type is S_IFCHR or S_IFBLK) with this number. Returns 0 or -1. */
ERR_CHECK int inode_is_device(int fd, mode_t type, unsigned major, unsigned minor, struct err *err);

/* On a file system with this magic number. Returns 0 or -1. */
ERR_CHECK int inode_is_fs(int fd, unsigned long magic, struct err *err);

/* The same as an answer: 1 or 0; -1 when it cannot be told. */
ERR_CHECK int inode_on_fs(int fd, unsigned long magic, struct err *err);

/* Writes the SELinux label of a directory that fd (O_PATH) is. */
ERR_CHECK int inode_set_label(int fd, const char *label, struct err *err);

#endif
