/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp-rules: a seccomp profile as data, in kernel values. plan/seccomp.c makes it from the
 * configuration, kernel/seccomp.c compiles it. Names of system calls stay text, because their
 * numbers differ between architectures; everything else is decided here. No code, and no knowledge of
 * the specification's words.
 */
#ifndef OCIRT_BASE_SECCOMP_RULES_H
#define OCIRT_BASE_SECCOMP_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The order of the specification's operators, and of libseccomp's. */
enum seccomp_op {
	SECCOMP_OP_NE = 1,
	SECCOMP_OP_LT,
	SECCOMP_OP_LE,
	SECCOMP_OP_EQ,
	SECCOMP_OP_GE,
	SECCOMP_OP_GT,
	SECCOMP_OP_MASKED_EQ, /* (argument & value) == value_two */
};

/* The x32 calls of AUDIT_ARCH_X86_64 have no token of their own in the kernel. */
#define SECCOMP_ARCH_X32 0x4000003eU

struct seccomp_arg {
	unsigned index; /* 0 to 5 */
	enum seccomp_op op;
	uint64_t value; /* MASKED_EQ: the mask */
	uint64_t value_two;
};

struct seccomp_rule {
	const char *name; /* of the system call */
	uint32_t action; /* SECCOMP_RET_* with its data */
	const struct seccomp_arg *args; /* all must hold; of one index twice: one is enough */
	size_t arg_count;
};

struct seccomp_rules {
	uint32_t default_action; /* SECCOMP_RET_* with its data */
	bool default_errno_given; /* calls newer than the profile get it too, instead of ENOSYS */
	const uint32_t *archs; /* AUDIT_ARCH_* and SECCOMP_ARCH_X32; the native one is implied */
	size_t arch_count;
	const struct seccomp_rule *rules;
	size_t rule_count;
};

#endif
