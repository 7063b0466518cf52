/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sched.h"

#include <limits.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { WHO_PROCESS_GROUP = 2, IOPRIO_SHIFT = 13, CPU_BYTES = 1024 };

/* struct sched_attr of sched_setattr(2), its first version. */
struct attributes {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

/* The kernel's masks are arrays of long: bytes in order only where the machine is little-endian. */
static void to_longs(const unsigned char *mask, size_t bytes, unsigned long *longs)
{
	for (size_t i = 0; i < bytes; i++)
		longs[i / sizeof(long)] |= (unsigned long) mask[i] << (8 * (i % sizeof(long)));
}

int sched_set_values(pid_t pid, const struct sched_values *values, struct err *err)
{
	const struct attributes attributes = {
		.size = sizeof(attributes),
		.policy = values->policy,
		.flags = values->flags,
		.nice = values->nice,
		.priority = values->priority,
		.runtime = values->runtime_ns,
		.deadline = values->deadline_ns,
		.period = values->period_ns,
	};

	if (syscall(SYS_sched_setattr, pid, &attributes, 0U) < 0)
		return err_sys(err, "sched_setattr policy %u", values->policy);
	return 0;
}

int sched_set_ioprio(int class, int priority, struct err *err)
{
	/* Who 0 of the kind "process group" is our own. */
	if (syscall(SYS_ioprio_set, WHO_PROCESS_GROUP, 0, class << IOPRIO_SHIFT | priority) < 0)
		return err_sys(err, "ioprio_set class %d", class);
	return 0;
}

int sched_set_affinity(pid_t pid, const unsigned char *mask, size_t bytes, struct err *err)
{
	unsigned long longs[CPU_BYTES / sizeof(long)] = { 0 };

	if (bytes > CPU_BYTES)
		return err_num(err, EINVAL, "sched_setaffinity");
	to_longs(mask, bytes, longs);
	if (syscall(SYS_sched_setaffinity, pid, sizeof(longs), longs) < 0)
		return err_sys(err, "sched_setaffinity");
	return 0;
}

int sched_reset_affinity(pid_t pid, struct err *err)
{
	unsigned char all[CPU_BYTES];

	memset(all, 0xff, sizeof(all));
	return sched_set_affinity(pid, all, sizeof(all), err);
}

int sched_set_mempolicy(int mode, const unsigned char *nodes, size_t bytes, struct err *err)
{
	unsigned long longs[CPU_BYTES / sizeof(long)] = { 0 };

	if (bytes > CPU_BYTES)
		return err_num(err, EINVAL, "set_mempolicy");
	to_longs(nodes, bytes, longs);
	/* The kernel takes one bit off maxnode, and refuses a mask for MPOL_DEFAULT and MPOL_LOCAL
	 * that is not empty. */
	if (syscall(SYS_set_mempolicy, mode, bytes > 0 ? longs : NULL,
		    bytes > 0 ? (unsigned long) bytes * CHAR_BIT + 1 : 0UL) < 0)
		return err_sys(err, "set_mempolicy mode %d", mode);
	return 0;
}

int sched_set_personality(unsigned long persona, struct err *err)
{
	if (personality(persona) < 0)
		return err_sys(err, "personality 0x%lx", persona);
	return 0;
}
