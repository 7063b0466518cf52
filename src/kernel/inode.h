/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inode: whether what is behind an fd is what it is meant to be. A name proves nothing; type, device
 * number and file system do. Follows fstat(2), fstatfs(2).
 */
#ifndef OCIRT_KERNEL_INODE_H
#define OCIRT_KERNEL_INODE_H

#include <sys/types.h>

#include "base/err.h"

/* A character or block device (type is S_IFCHR or S_IFBLK) with this number. Returns 0 or -1. */
ERR_CHECK int inode_is_device(int fd, mode_t type, unsigned major, unsigned minor, struct err *err);

/* On a file system with this magic number (statfs(2)). Returns 0 or -1. */
ERR_CHECK int inode_is_fs(int fd, unsigned long magic, struct err *err);

#endif
