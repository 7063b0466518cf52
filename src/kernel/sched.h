/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sched: how the calling process is scheduled: policy, I/O priority, CPUs, memory nodes; and its
 * personality. Takes kernel values only. Follows sched_setattr(2), ioprio_set(2),
 * sched_setaffinity(2), set_mempolicy(2), personality(2).
 */
#ifndef OCIRT_KERNEL_SCHED_H
#define OCIRT_KERNEL_SCHED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* SCHED_DEADLINE forbids a later fork. nice counts for SCHED_OTHER and SCHED_BATCH, priority for
 * SCHED_FIFO and SCHED_RR; runtime, deadline and period are nanoseconds. */
struct sched_values {
	uint32_t policy;
	uint64_t flags; /* SCHED_FLAG_* */
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns;
	uint64_t deadline_ns;
	uint64_t period_ns;
};
ERR_CHECK int sched_set_values(pid_t pid, const struct sched_values *values, struct err *err);

/* I/O priority of the caller's process group: class is IOPRIO_CLASS_* (1 rt, 2 be, 3 idle). */
ERR_CHECK int sched_set_ioprio(int class, int priority, struct err *err);

/* mask: bit N of byte N/8 is CPU N. pid 0 is the caller. */
ERR_CHECK int sched_set_affinity(
	pid_t pid, const unsigned char *mask, size_t bytes, struct err *err);

/* Every CPU that the cgroup allows. */
ERR_CHECK int sched_reset_affinity(pid_t pid, struct err *err);

/* mode is MPOL_* with its flags; nodes: bit N of byte N/8 is node N. */
ERR_CHECK int sched_set_mempolicy(
	int mode, const unsigned char *nodes, size_t bytes, struct err *err);

ERR_CHECK int sched_set_personality(unsigned long persona, struct err *err);

#endif
