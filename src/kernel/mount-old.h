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
#include <stdint.h>

#include "base/err.h"

/* mount_setattr(2) by mount(2), for a mount that is attached; fd is its root. */
ERR_CHECK int mount_old_set_attr(int fd, uint64_t set, uint64_t clear, unsigned long propagation,
	bool recursive, struct err *err);

#endif
