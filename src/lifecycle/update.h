/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * update: other limits for a container that is there.
 *
 * What is given is written over what is there; all the rest stays. If one value is refused, those that
 * were written before it are taken back, and the error says which one it was. The result is kept in
 * the state directory (resources.json), so that a later update knows the other half of a pair.
 */
#ifndef OCIRT_LIFECYCLE_UPDATE_H
#define OCIRT_LIFECYCLE_UPDATE_H

#include "base/err.h"

struct global_options;

/* The text of each option as it was given; NULL: not given. */
struct update_options {
	const char *resources; /* a file with a linux.resources object, "-": standard input */
	const char *memory; /* bytes, with k, m, g or t behind; -1 */
	const char *memory_reservation;
	const char *memory_swap;
	const char *kernel_memory;
	const char *kernel_memory_tcp;
	const char *cpu_shares;
	const char *cpu_quota; /* microseconds, here and below */
	const char *cpu_period;
	const char *cpu_burst;
	const char *cpu_rt_runtime;
	const char *cpu_rt_period;
	const char *cpu_idle;
	const char *cpuset_cpus;
	const char *cpuset_mems;
	const char *pids_limit;
	const char *blkio_weight;
	const char *l3_cache_schema; /* lines of a resctrl schemata */
	const char *mem_bw_schema;
};

/* ERR_USAGE for an option that is no number, or together with a file; ERR_STATE for a container that
 * has stopped. */
ERR_CHECK int lifecycle_update(const struct global_options *global, const char *id,
	const struct update_options *options, struct err *err);

#endif
