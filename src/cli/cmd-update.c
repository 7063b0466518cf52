/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"
#include "lifecycle/update.h"

#define TEXT(name, letter, member, help)                                                           \
	ROW(struct update_options, name, letter, OPTION_TEXT, member, help)

static const struct option_row rows[] = {
	TEXT("resources", 'r', resources, "file with a linux.resources object, - for stdin"),
	TEXT("memory", 0, memory, "bytes of memory, -1 for no limit"),
	TEXT("memory-reservation", 0, memory_reservation, "soft limit of memory in bytes"),
	TEXT("memory-swap", 0, memory_swap, "bytes of memory and swap together"),
	TEXT("kernel-memory", 0, kernel_memory, "bytes of kernel memory (cgroup v1)"),
	TEXT("kernel-memory-tcp", 0, kernel_memory_tcp, "bytes of TCP buffers (cgroup v1)"),
	TEXT("cpu-share", 0, cpu_shares, "weight among others, 2 to 262144"),
	TEXT("cpu-quota", 0, cpu_quota, "microseconds of each period, -1 for no limit"),
	TEXT("cpu-period", 0, cpu_period, "microseconds of a period"),
	TEXT("cpu-burst", 0, cpu_burst, "microseconds that may be saved up"),
	TEXT("cpu-rt-runtime", 0, cpu_rt_runtime, "realtime microseconds of each period"),
	TEXT("cpu-rt-period", 0, cpu_rt_period, "microseconds of a realtime period"),
	TEXT("cpu-idle", 0, cpu_idle, "1: only when nothing else wants to run"),
	TEXT("cpuset-cpus", 0, cpuset_cpus, "processors, such as 0-2,7"),
	TEXT("cpuset-mems", 0, cpuset_mems, "memory nodes"),
	TEXT("pids-limit", 0, pids_limit, "number of tasks, -1 for no limit"),
	TEXT("blkio-weight", 0, blkio_weight, "weight of block I/O, 10 to 1000"),
	TEXT("l3-cache-schema", 0, l3_cache_schema, "part of the L3 cache, such as L3:0=7f0;1=1f"),
	TEXT("mem-bw-schema", 0, mem_bw_schema, "memory bandwidth, such as MB:0=20;1=70"),
	{ 0 },
};

static int run(struct call *call, struct err *err)
{
	return lifecycle_update(call->global, call->args[0], call->options, err);
}

const struct command command_update = {
	.name = "update",
	.arguments = "ID",
	.help = "change the limits of a container",
	.rows = rows,
	.options_bytes = sizeof(struct update_options),
	.least = 1,
	.most = 1,
	.run = run,
};
