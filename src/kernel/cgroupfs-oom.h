/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroupfs-oom: the kernel's notice that it killed a process of a cgroup for want of memory. Follows cgroups(7), and of the
 * kernel's documentation cgroup-v2 (memory.events) and cgroup-v1/memory (memory.oom_control).
 */
#ifndef OCIRT_KERNEL_CGROUPFS_OOM_H
#define OCIRT_KERNEL_CGROUPFS_OOM_H

#include <stdint.h>

#include "base/err.h"

/* The kernel's notice that it killed for want of memory: memory.events on v2, an eventfd on v1. */
struct cgroupfs_oom {
	int fd; /* -1: this directory has no memory controller */
	int control; /* v1: memory.oom_control, open as long as the eventfd */
	short poll_events; /* what to poll fd for */
	uint64_t seen;
};
#define CGROUPFS_OOM_INIT                                                                          \
	{                                                                                          \
		.fd = -1, .control = -1                                                            \
	}
ERR_CHECK int cgroupfs_oom_open(const char *dir, struct cgroupfs_oom *ret, struct err *err);
/* How many since it was opened or last asked. */
uint64_t cgroupfs_oom_count(struct cgroupfs_oom *oom);
void cgroupfs_oom_close(struct cgroupfs_oom *oom);

#endif
