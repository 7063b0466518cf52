/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan/cg-v2: the files of version 2, and the fields of version 1 that it has no file for. Follows
 * admin-guide/cgroup-v2 of the kernel. */
#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/cg.h"

static int refuse(const struct cg *cg, const char *place, struct err *err)
{
	return err_at(err, cg_place(cg, "%s", place), "cgroup v2 has no such limit");
}

/* ---- processors --------------------------------------------------------------------------------- */

/* quota and period are one file. The one that is not given stays as it was. */
static void add_quota(struct cg *cg, const struct spec_cpu *cpu)
{
	const struct spec_cpu *before = cg->before->cpu;
	const int64_t *quota = cpu->quota;
	const uint64_t *period = cpu->period;
	unsigned long long period_us;

	if (!cg_has(quota) && !cg_has_u(period))
		return;
	if (!cg_has(quota) && before != NULL)
		quota = before->quota;
	if (!cg_has_u(period) && before != NULL)
		period = before->period;
	period_us = cg_has_u(period) ? *period : 100000; /* the kernel's default */
	cg_add(cg, "cpu.max", cg_has(cpu->quota) ? "/cpu/quota" : "/cpu/period", "%s %llu",
		cg_has(quota) ? cg_number(cg, *quota, "max") : "max", period_us)
		->group = CG_QUOTA;
}

static int add_cpu(struct cg *cg, const struct spec_cpu *cpu, struct err *err)
{
	if (cg_has(cpu->realtime_runtime))
		return refuse(cg, "/cpu/realtimeRuntime", err);
	if (cg_has_u(cpu->realtime_period))
		return refuse(cg, "/cpu/realtimePeriod", err);
	if (cpu->cpus != NULL && *cpu->cpus != '\0')
		(void) cg_add(cg, "cpuset.cpus", "/cpu/cpus", "%s", cpu->cpus);
	if (cpu->mems != NULL && *cpu->mems != '\0')
		(void) cg_add(cg, "cpuset.mems", "/cpu/mems", "%s", cpu->mems);
	if (cg_has_u(cpu->shares))
		cg_add(cg, "cpu.weight", "/cpu/shares", "%llu",
			(unsigned long long) cg_weight_of_shares(*cpu->shares))
			->group = CG_SHARES;
	if (cpu->idle != NULL)
		cg_add(cg, "cpu.idle", "/cpu/idle", "%lld", (long long) *cpu->idle)->group =
			CG_SHARES;
	add_quota(cg, cpu);
	if (cpu->burst != NULL)
		cg_add(cg, "cpu.max.burst", "/cpu/burst", "%llu", (unsigned long long) *cpu->burst)
			->group = CG_QUOTA;
	return 0;
}

/* ---- memory ------------------------------------------------------------------------------------- */

/* The specification limits memory and swap together, the kernel swap alone. */
static int add_swap(struct cg *cg, const struct spec_memory *memory, struct err *err)
{
	const struct spec_memory *before = cg->before->memory;
	const int64_t *limit = memory->limit;
	const char *text;

	if (!cg_has(limit) && before != NULL)
		limit = before->limit;
	if (!cg_has(memory->swap)) {
		if (!cg_has(memory->limit) || *memory->limit > 0)
			return 0;
		text = "max"; /* no limit of memory alone would still limit the whole */
	} else if (*memory->swap < 0)
		text = "max";
	else if (!cg_has(limit))
		return err_at(err, cg_place(cg, "/memory/swap"),
			"is the limit of memory and swap together: needs memory.limit");
	else if (*limit < 0)
		text = cg_number(cg, *memory->swap, "max");
	else if (*memory->swap < *limit)
		return err_at(err, cg_place(cg, "/memory/swap"),
			"is the limit of memory and swap together: must not be less than the "
			"limit of memory (%lld)",
			(long long) *limit);
	else
		text = cg_number(cg, *memory->swap - *limit, "max");
	/* A kernel without swap limits nothing, and grants none. */
	cg_add(cg, "memory.swap.max", cg_has(memory->swap) ? "/memory/swap" : "/memory/limit", "%s",
		text)
		->optional = str_eq(text, "max") || str_eq(text, "0");
	return 0;
}

static int add_memory(struct cg *cg, const struct spec_memory *memory, struct err *err)
{
	/* What asks for nothing else than what version 2 does anyhow is fine. */
	if (memory->kernel != NULL && *memory->kernel > 0)
		return refuse(cg, "/memory/kernel", err);
	if (memory->kernel_tcp != NULL && *memory->kernel_tcp > 0)
		return refuse(cg, "/memory/kernelTCP", err);
	if (memory->swappiness != NULL)
		return refuse(cg, "/memory/swappiness", err);
	if (memory->disable_oom_killer != NULL && *memory->disable_oom_killer)
		return refuse(cg, "/memory/disableOOMKiller", err);
	if (memory->use_hierarchy != NULL && !*memory->use_hierarchy)
		return err_at(err, cg_place(cg, "/memory/useHierarchy"),
			"cgroup v2 always accounts hierarchically");
	if (add_swap(cg, memory, err) < 0)
		return -1;
	if (cg_has(memory->limit)) {
		struct cgroup_value *value = cg_add(cg, "memory.max", "/memory/limit", "%s",
			cg_number(cg, *memory->limit, "max"));

		if (memory->check_before_update != NULL && *memory->check_before_update &&
			*memory->limit > 0)
			value->below = "memory.current";
	}
	if (cg_has(memory->reservation))
		(void) cg_add(cg, "memory.low", "/memory/reservation", "%s",
			cg_number(cg, *memory->reservation, "max"));
	return 0;
}

/* ---- block devices ------------------------------------------------------------------------------ */

static void add_throttles(struct cg *cg, const char *key, const char *list,
	const struct spec_throttle_list *throttles)
{
	for (size_t i = 0; i < throttles->count; i++) {
		const struct spec_throttle_device *item = &throttles->items[i];
		const char *rate = *item->rate == 0
			? "max"
			: arena_printf(cg->arena, "%llu", (unsigned long long) *item->rate);
		struct cgroup_value *value = cg_add(cg, "io.max",
			arena_printf(cg->arena, "/blockIO/%s/%zu", list, i), "%lld:%lld %s=%s",
			(long long) item->major, (long long) item->minor, key, rate);

		value->undo = CGROUP_UNDO_LINE;
		value->key = arena_printf(
			cg->arena, "%lld:%lld", (long long) item->major, (long long) item->minor);
		value->unset = arena_printf(cg->arena, "%s %s=max", value->key, key);
	}
}

/* BFQ takes the weights as they are; the other scheduler's range is ten times as wide. */
static int add_block_io(struct cg *cg, const struct spec_block_io *io, struct err *err)
{
	struct cgroup_value *value;

	if (io->leaf_weight != NULL && *io->leaf_weight != 0)
		return refuse(cg, "/blockIO/leafWeight", err);
	if (io->weight != NULL && *io->weight != 0) {
		value = cg_add(cg, "io.bfq.weight", "/blockIO/weight", "%u", *io->weight);
		value->other_file = "io.weight";
		value->other_value = arena_printf(
			cg->arena, "%llu", (unsigned long long) cg_io_weight(*io->weight));
		value->undo = CGROUP_UNDO_LINE;
		value->key = "default";
	}
	for (size_t i = 0; i < io->weight_device.count; i++) {
		const struct spec_weight_device *item = &io->weight_device.items[i];
		const char *key = arena_printf(
			cg->arena, "%lld:%lld", (long long) item->major, (long long) item->minor);

		if (item->leaf_weight != NULL && *item->leaf_weight != 0)
			return refuse(cg,
				arena_printf(cg->arena, "/blockIO/weightDevice/%zu/leafWeight", i),
				err);
		if (item->weight == NULL || *item->weight == 0)
			continue;
		value = cg_add(cg, "io.bfq.weight",
			arena_printf(cg->arena, "/blockIO/weightDevice/%zu/weight", i), "%s %u",
			key, *item->weight);
		value->other_file = "io.weight";
		value->other_value = arena_printf(cg->arena, "%s %llu", key,
			(unsigned long long) cg_io_weight(*item->weight));
		value->undo = CGROUP_UNDO_LINE;
		value->key = key;
		value->unset = arena_printf(cg->arena, "%s default", key);
	}
	add_throttles(cg, "rbps", "throttleReadBpsDevice", &io->throttle_read_bps_device);
	add_throttles(cg, "wbps", "throttleWriteBpsDevice", &io->throttle_write_bps_device);
	add_throttles(cg, "riops", "throttleReadIOPSDevice", &io->throttle_read_iops_device);
	add_throttles(cg, "wiops", "throttleWriteIOPSDevice", &io->throttle_write_iops_device);
	return 0;
}

/* ---- the rest ----------------------------------------------------------------------------------- */

void cg_rdma(struct cg *cg, const struct spec_rdma *item)
{
	char key[100];
	const char *handles = "", *objects = "";
	struct cgroup_value *value;

	str_pointer_key(key, sizeof(key), item->key);
	if (item->hca_handles != NULL)
		handles = arena_printf(cg->arena, " hca_handle=%u", *item->hca_handles);
	if (item->hca_objects != NULL)
		objects = arena_printf(cg->arena, " hca_object=%u", *item->hca_objects);
	value = cg_add(cg, "rdma.max", arena_printf(cg->arena, "/rdma/%s", key), "%s%s%s",
		item->key, handles, objects);
	value->undo = CGROUP_UNDO_LINE;
	value->key = item->key;
	value->unset = arena_printf(cg->arena, "%s hca_handle=max hca_object=max", item->key);
}

/* A line of the text is a write: files that are lists by device take one at a time. */
int cg_unified(struct cg *cg, struct err *err)
{
	const struct spec_map *unified = &cg->given->unified;

	for (size_t i = 0; i < unified->count; i++) {
		const char *file = unified->items[i].key, *text = unified->items[i].value;
		char key[100];
		const char *place;

		str_pointer_key(key, sizeof(key), file);
		place = arena_printf(cg->arena, "/unified/%s", key);
		if (*file == '\0' || strchr(file, '/') != NULL || *file == '.')
			return err_at(err, cg_place(cg, "%s", place),
				"must be the name of a file of the cgroup, without a slash");
		for (const char *line = text;; line++) {
			const size_t length = strcspn(line, "\n");

			/* An empty text is a write of its own; an empty line at the end is not. */
			if (length > 0 || line == text)
				cg_add(cg, file, place, "%.*s", (int) length, line)->unified = true;
			line += length;
			if (*line == '\0')
				break;
		}
	}
	return 0;
}

int cg_v2(struct cg *cg, struct err *err)
{
	const struct spec_resources *given = cg->given;
	const struct spec_network *network = given->network;

	if (network != NULL && network->class_id != NULL && *network->class_id != 0)
		return refuse(cg, "/network/classID", err);
	if (network != NULL && network->priorities.count > 0)
		return refuse(cg, "/network/priorities", err);
	if (given->cpu != NULL && add_cpu(cg, given->cpu, err) < 0)
		return -1;
	if (given->memory != NULL && add_memory(cg, given->memory, err) < 0)
		return -1;
	if (given->pids != NULL && given->pids->limit != NULL)
		(void) cg_add(cg, "pids.max", "/pids/limit", "%s",
			cg_number(cg, *given->pids->limit, "max"));
	if (given->block_io != NULL && add_block_io(cg, given->block_io, err) < 0)
		return -1;
	for (size_t i = 0; i < given->hugepage_limits.count; i++) {
		const struct spec_hugepage_limit *item = &given->hugepage_limits.items[i];
		const char *place = arena_printf(cg->arena, "/hugepageLimits/%zu", i);

		(void) cg_add(cg, arena_printf(cg->arena, "hugetlb.%s.max", item->page_size), place,
			"%llu", (unsigned long long) item->limit);
		cg_add(cg, arena_printf(cg->arena, "hugetlb.%s.rsvd.max", item->page_size), place,
			"%llu", (unsigned long long) item->limit)
			->optional = true;
	}
	for (size_t i = 0; i < given->rdma.count; i++)
		cg_rdma(cg, &given->rdma.items[i]);
	/* Last, so that they have the last word. */
	return cg_unified(cg, err);
}
