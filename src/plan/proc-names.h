/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc-names: the specification's words for the values of a process, of namespaces and of seccomp, one table per
 * list. The makers look words up here and `features` prints the same rows, so that it cannot disagree
 * with what is accepted.
 */
#ifndef OCIRT_PLAN_PROC_NAMES_H
#define OCIRT_PLAN_PROC_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct name_row {
	const char *name;
	uint64_t value; /* the kernel's */
};

struct name_table {
	const struct name_row *rows;
	size_t count;
};

extern const struct name_table names_namespaces; /* CLONE_NEW* */
extern const struct name_table names_capabilities; /* the capability's number */
extern const struct name_table names_rlimits; /* RLIMIT_* */
extern const struct name_table names_scheduler_policies; /* SCHED_* */
extern const struct name_table names_scheduler_flags; /* SCHED_FLAG_* */
extern const struct name_table names_io_classes; /* IOPRIO_CLASS_* */
extern const struct name_table names_memory_modes; /* MPOL_* */
extern const struct name_table names_memory_flags; /* MPOL_F_* */
extern const struct name_table names_personalities; /* PER_* */
extern const struct name_table names_seccomp_actions; /* SECCOMP_RET_* without data */
extern const struct name_table names_seccomp_operators; /* enum seccomp_op */
extern const struct name_table names_seccomp_archs; /* AUDIT_ARCH_*, SECCOMP_ARCH_X32 */
extern const struct name_table names_seccomp_flags; /* SECCOMP_FILTER_FLAG_* */
extern const struct name_table names_hooks; /* enum hook_kind */

/* The row of a word, or NULL (also for NULL). */
const struct name_row *names_find(const struct name_table *table, const char *name);

/* "POINTER: unknown WHAT "NAME" (known: ...)". Returns -1. */
int names_unknown(const struct name_table *table, const char *what, const char *name,
	const char *pointer, struct err *err);

#endif
