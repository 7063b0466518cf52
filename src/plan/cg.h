/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cg: linux.resources as the values that one version of cgroups takes: cg-v1.c and cg-v2.c, one row of
 * code per field, over the list that is built here.
 *
 * The formulas between the versions are those that other runtimes have, because engines and people
 * compare. 0 stands for "not given" where it can be no limit, as engines write it.
 * Only plan/resources.c calls these, and tests.
 */
#ifndef OCIRT_PLAN_CG_H
#define OCIRT_PLAN_CG_H

#include "plan/parts.h"

struct spec_rdma;

struct cg {
	const struct spec_resources *given;
	const struct spec_resources *before; /* never NULL; empty at creation */
	const char *at;
	struct arena *arena;
	struct plan_notes *notes;
	struct cgroup_value *items;
	size_t count;
};

/* Groups of values that depend on one another. */
enum { CG_ALONE, CG_MEMORY, CG_QUOTA, CG_SHARES, CG_REALTIME };

/* Appends a value; the controller is the file's name up to the first dot. The row may be changed until
 * the next call. */
struct cgroup_value *cg_add(struct cg *cg, const char *file, const char *place, const char *format,
	...) __attribute__((format(printf, 4, 5), returns_nonnull));

/* The JSON pointer of a place below the resources object. */
const char *cg_place(const struct cg *cg, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

/* "-1" or below: word; otherwise the number. */
const char *cg_number(struct cg *cg, int64_t number, const char *word);

/* What is given and says something. */
bool cg_has(const int64_t *number); /* and is not 0 */
bool cg_has_u(const uint64_t *number);

ERR_CHECK int cg_v1(struct cg *cg, struct err *err);
ERR_CHECK int cg_v2(struct cg *cg, struct err *err);
/* The part of cg_v2 that a hybrid layout can do as well: its cgroup2 directory has files too. */
ERR_CHECK int cg_unified(struct cg *cg, struct err *err);
/* The same file in both versions. */
void cg_rdma(struct cg *cg, const struct spec_rdma *item);

/* Version 1 to version 2. 0 stays 0 (not given). */
uint64_t cg_weight_of_shares(uint64_t shares); /* cpu.weight, 1 to 10000 */
uint64_t cg_io_weight(uint64_t weight); /* io.weight from a blkio weight of 10 to 1000 */

#endif
