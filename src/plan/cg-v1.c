/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan/cg-v1: the files of version 1. Follows admin-guide/cgroup-v1 of the kernel. */
#include "base/facts.h"
#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/cg.h"

static void add_number(
	struct cg *cg, const char *file, const char *place, const int64_t *number, unsigned group)
{
	if (cg_has(number))
		cg_add(cg, file, place, "%s", cg_number(cg, *number, "-1"))->group = group;
}

static void add_unsigned(
	struct cg *cg, const char *file, const char *place, const uint64_t *number, unsigned group)
{
	if (cg_has_u(number))
		cg_add(cg, file, place, "%llu", (unsigned long long) *number)->group = group;
}

static void add_text(struct cg *cg, const char *file, const char *place, const char *text)
{
	if (text != NULL && *text != '\0')
		(void) cg_add(cg, file, place, "%s", text);
}

static int add_cpu(struct cg *cg, const struct spec_cpu *cpu, struct err *err)
{
	add_text(cg, "cpuset.cpus", "/cpu/cpus", cpu->cpus);
	add_text(cg, "cpuset.mems", "/cpu/mems", cpu->mems);
	/* The kernel would take these as the nearest that it allows, in silence. */
	if (cg_has_u(cpu->shares) && (*cpu->shares < 2 || *cpu->shares > 262144))
		return err_at(err, cg_place(cg, "/cpu/shares"),
			"must be from 2 to 262144, or 0 for none");
	add_unsigned(cg, "cpu.shares", "/cpu/shares", cpu->shares, CG_SHARES);
	if (cpu->idle != NULL)
		cg_add(cg, "cpu.idle", "/cpu/idle", "%lld", (long long) *cpu->idle)->group =
			CG_SHARES;
	add_unsigned(cg, "cpu.cfs_period_us", "/cpu/period", cpu->period, CG_QUOTA);
	add_number(cg, "cpu.cfs_quota_us", "/cpu/quota", cpu->quota, CG_QUOTA);
	if (cpu->burst != NULL)
		cg_add(cg, "cpu.cfs_burst_us", "/cpu/burst", "%llu",
			(unsigned long long) *cpu->burst)
			->group = CG_QUOTA;
	add_unsigned(
		cg, "cpu.rt_period_us", "/cpu/realtimePeriod", cpu->realtime_period, CG_REALTIME);
	add_number(cg, "cpu.rt_runtime_us", "/cpu/realtimeRuntime", cpu->realtime_runtime,
		CG_REALTIME);
	return 0;
}

static void add_memory(struct cg *cg, const struct spec_memory *memory)
{
	if (memory->use_hierarchy != NULL)
		(void) cg_add(cg, "memory.use_hierarchy", "/memory/useHierarchy", "%d",
			*memory->use_hierarchy ? 1 : 0);
	add_number(cg, "memory.limit_in_bytes", "/memory/limit", memory->limit, CG_MEMORY);
	if (cg_has(memory->swap))
		add_number(
			cg, "memory.memsw.limit_in_bytes", "/memory/swap", memory->swap, CG_MEMORY);
	else if (cg_has(memory->limit) && *memory->limit < 0) {
		/* No limit of memory alone would still be one of memory and swap. */
		struct cgroup_value *value =
			cg_add(cg, "memory.memsw.limit_in_bytes", "/memory/limit", "-1");

		value->group = CG_MEMORY;
		value->optional = true;
	}
	add_number(cg, "memory.soft_limit_in_bytes", "/memory/reservation", memory->reservation,
		CG_ALONE);
	add_number(cg, "memory.kmem.limit_in_bytes", "/memory/kernel", memory->kernel, CG_ALONE);
	add_number(cg, "memory.kmem.tcp.limit_in_bytes", "/memory/kernelTCP", memory->kernel_tcp,
		CG_ALONE);
	if (memory->swappiness != NULL)
		(void) cg_add(cg, "memory.swappiness", "/memory/swappiness", "%llu",
			(unsigned long long) *memory->swappiness);
	if (memory->disable_oom_killer != NULL) {
		struct cgroup_value *value = cg_add(cg, "memory.oom_control",
			"/memory/disableOOMKiller", "%d", *memory->disable_oom_killer ? 1 : 0);

		value->undo = CGROUP_UNDO_REST;
		value->key = "oom_kill_disable";
	}
}

static void by_device(struct cg *cg, struct cgroup_value *value, int64_t major, int64_t minor)
{
	value->undo = CGROUP_UNDO_LINE;
	value->key = arena_printf(cg->arena, "%lld:%lld", (long long) major, (long long) minor);
	value->unset = arena_printf(cg->arena, "%s 0", value->key);
}

static void add_throttles(struct cg *cg, const char *file, const char *list,
	const struct spec_throttle_list *throttles)
{
	for (size_t i = 0; i < throttles->count; i++) {
		const struct spec_throttle_device *item = &throttles->items[i];
		const char *place = arena_printf(cg->arena, "/blockIO/%s/%zu", list, i);

		by_device(cg,
			cg_add(cg, file, place, "%lld:%lld %llu", (long long) item->major,
				(long long) item->minor, (unsigned long long) *item->rate),
			item->major, item->minor);
	}
}

/* The first name was the CFQ scheduler's, which kernels before 5.0 have; the other is BFQ's. */
static void add_weight_device(
	struct cg *cg, size_t i, const struct spec_weight_device *item, bool leaf)
{
	const uint16_t *weight = leaf ? item->leaf_weight : item->weight;
	struct cgroup_value *value;

	if (weight == NULL)
		return;
	value = cg_add(cg, leaf ? "blkio.leaf_weight_device" : "blkio.weight_device",
		arena_printf(cg->arena, "/blockIO/weightDevice/%zu/%s", i,
			leaf ? "leafWeight" : "weight"),
		"%lld:%lld %u", (long long) item->major, (long long) item->minor, *weight);
	by_device(cg, value, item->major, item->minor);
	if (!leaf) {
		value->other_file = "blkio.bfq.weight_device";
		value->other_value = value->value;
	}
}

static void add_block_io(struct cg *cg, const struct spec_block_io *io)
{
	if (io->weight != NULL && *io->weight != 0) {
		struct cgroup_value *value =
			cg_add(cg, "blkio.weight", "/blockIO/weight", "%u", *io->weight);

		value->other_file = "blkio.bfq.weight";
		value->other_value = value->value;
	}
	if (io->leaf_weight != NULL && *io->leaf_weight != 0)
		(void) cg_add(
			cg, "blkio.leaf_weight", "/blockIO/leafWeight", "%u", *io->leaf_weight);
	for (size_t i = 0; i < io->weight_device.count; i++) {
		add_weight_device(cg, i, &io->weight_device.items[i], false);
		add_weight_device(cg, i, &io->weight_device.items[i], true);
	}
	add_throttles(cg, "blkio.throttle.read_bps_device", "throttleReadBpsDevice",
		&io->throttle_read_bps_device);
	add_throttles(cg, "blkio.throttle.write_bps_device", "throttleWriteBpsDevice",
		&io->throttle_write_bps_device);
	add_throttles(cg, "blkio.throttle.read_iops_device", "throttleReadIOPSDevice",
		&io->throttle_read_iops_device);
	add_throttles(cg, "blkio.throttle.write_iops_device", "throttleWriteIOPSDevice",
		&io->throttle_write_iops_device);
}

static void add_hugepages(struct cg *cg)
{
	for (size_t i = 0; i < cg->given->hugepage_limits.count; i++) {
		const struct spec_hugepage_limit *item = &cg->given->hugepage_limits.items[i];
		const char *place = arena_printf(cg->arena, "/hugepageLimits/%zu", i);

		(void) cg_add(cg,
			arena_printf(cg->arena, "hugetlb.%s.limit_in_bytes", item->page_size),
			place, "%llu", (unsigned long long) item->limit);
		cg_add(cg,
			arena_printf(cg->arena, "hugetlb.%s.rsvd.limit_in_bytes", item->page_size),
			place, "%llu", (unsigned long long) item->limit)
			->optional = true;
	}
}

static void add_network(struct cg *cg, const struct spec_network *network)
{
	if (network->class_id != NULL && *network->class_id != 0)
		(void) cg_add(cg, "net_cls.classid", "/network/classID", "%u", *network->class_id);
	for (size_t i = 0; i < network->priorities.count; i++) {
		const struct spec_interface_priority *item = &network->priorities.items[i];
		struct cgroup_value *value = cg_add(cg, "net_prio.ifpriomap",
			arena_printf(cg->arena, "/network/priorities/%zu", i), "%s %u", item->name,
			item->priority != NULL ? *item->priority : 0);

		value->undo = CGROUP_UNDO_LINE;
		value->key = item->name;
	}
}

int cg_v1(struct cg *cg, struct err *err)
{
	const struct spec_resources *given = cg->given;

	if (given->cpu != NULL && add_cpu(cg, given->cpu, err) < 0)
		return -1;
	if (given->memory != NULL)
		add_memory(cg, given->memory);
	if (given->pids != NULL && given->pids->limit != NULL)
		(void) cg_add(cg, "pids.max", "/pids/limit", "%s",
			cg_number(cg, *given->pids->limit, "max"));
	if (given->block_io != NULL)
		add_block_io(cg, given->block_io);
	add_hugepages(cg);
	if (given->network != NULL)
		add_network(cg, given->network);
	for (size_t i = 0; i < given->rdma.count; i++)
		cg_rdma(cg, &given->rdma.items[i]);
	return 0;
}
