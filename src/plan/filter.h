/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * filter: seccomp rules to a classic BPF program. Per architecture the numbers of its system calls are
 * cut into ranges of one verdict, and a binary tree of comparisons finds the range: a handful of
 * instructions for any call, and a program so short that the kernel checks and translates it quickly.
 *
 * Not the names of system calls: the caller brings their numbers. Not every profile: what libseccomp
 * answers by an order that only its own tree knows is left to libseccomp (filter_compile returns 1).
 * For the others the verdicts are libseccomp's, which container/seccomp_test.c compares call by call.
 *
 * Of several rules for one call, the first without conditions decides; else those whose conditions
 * hold. A call newer than the newest of the profile gets ENOSYS where the profile's default refuses
 * without naming an errno, so that its caller falls back to an older one. Follows seccomp(2).
 */
#ifndef OCIRT_PLAN_FILTER_H
#define OCIRT_PLAN_FILTER_H

#include <linux/filter.h>

#include "base/arena.h"
#include "base/seccomp-rules.h"

/* One architecture of a filter. */
struct filter_arch {
	uint32_t token; /* AUDIT_ARCH_*, or SECCOMP_ARCH_X32 */
	const int
		*numbers; /* of each rule's call; below zero: this architecture has no such call */
};

/* The architectures are each named once. Returns 0 and the program in the arena, or 1: for libseccomp. */
int filter_compile(const struct seccomp_rules *rules, const struct filter_arch *archs,
	size_t arch_count, struct arena *arena, const struct sock_filter **ret,
	unsigned short *ret_count);

#endif
