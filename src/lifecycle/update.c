/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/update.h"

#include <stddef.h>
#include <string.h>

#include "base/facts.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "container/cgroup-values.h"
#include "kernel/facts.h"
#include "kernel/rdt.h"
#include "plan/document.h"
#include "lifecycle/config.h"
#include "lifecycle/handle.h"
#include "lifecycle/lifecycle.h"
#include "plan/cg-systemd.h"
#include "plan/parts.h"
#include "plan/rdt.h"

/* ---- from the options --------------------------------------------------------------------------- */

enum kind { BYTES, SIGNED, UNSIGNED, SHORT, TEXT };

#define OPTION(name) offsetof(struct update_options, name)

struct option {
	const char *name;
	size_t from; /* in struct update_options */
	enum kind kind;
	size_t to; /* in the object of the specification */
};

static const struct option memory_options[] = {
	{ "memory", OPTION(memory), BYTES, offsetof(struct spec_memory, limit) },
	{ "memory-reservation", OPTION(memory_reservation), BYTES,
		offsetof(struct spec_memory, reservation) },
	{ "memory-swap", OPTION(memory_swap), BYTES, offsetof(struct spec_memory, swap) },
	{ "kernel-memory", OPTION(kernel_memory), BYTES, offsetof(struct spec_memory, kernel) },
	{ "kernel-memory-tcp", OPTION(kernel_memory_tcp), BYTES,
		offsetof(struct spec_memory, kernel_tcp) },
	{ 0 },
};

static const struct option cpu_options[] = {
	{ "cpu-share", OPTION(cpu_shares), UNSIGNED, offsetof(struct spec_cpu, shares) },
	{ "cpu-quota", OPTION(cpu_quota), SIGNED, offsetof(struct spec_cpu, quota) },
	{ "cpu-period", OPTION(cpu_period), UNSIGNED, offsetof(struct spec_cpu, period) },
	{ "cpu-burst", OPTION(cpu_burst), UNSIGNED, offsetof(struct spec_cpu, burst) },
	{ "cpu-rt-runtime", OPTION(cpu_rt_runtime), SIGNED,
		offsetof(struct spec_cpu, realtime_runtime) },
	{ "cpu-rt-period", OPTION(cpu_rt_period), UNSIGNED,
		offsetof(struct spec_cpu, realtime_period) },
	{ "cpu-idle", OPTION(cpu_idle), SIGNED, offsetof(struct spec_cpu, idle) },
	{ "cpuset-cpus", OPTION(cpuset_cpus), TEXT, offsetof(struct spec_cpu, cpus) },
	{ "cpuset-mems", OPTION(cpuset_mems), TEXT, offsetof(struct spec_cpu, mems) },
	{ 0 },
};

static const struct option pids_options[] = {
	{ "pids-limit", OPTION(pids_limit), SIGNED, offsetof(struct spec_pids, limit) },
	{ 0 },
};

static const struct option block_options[] = {
	{ "blkio-weight", OPTION(blkio_weight), SHORT, offsetof(struct spec_block_io, weight) },
	{ 0 },
};

static const char *text_of(const struct update_options *options, const struct option *option)
{
	return *(const char *const *) (const void *) ((const char *) options + option->from);
}

static int read_option(const struct option *option, const char *text, void *object,
	struct arena *arena, struct err *err)
{
	void **to = (void **) (void *) ((char *) object + option->to);
	int64_t number = 0;
	uint64_t size = 0;
	int result = 0;

	if (option->kind == BYTES)
		result = str_to_bytes(text, &number);
	else if (option->kind == SIGNED)
		result = str_to_i64(text, &number);
	else if (option->kind != TEXT)
		result = str_to_u64(text, &size);
	if (result < 0 || (option->kind == SHORT && size > UINT16_MAX))
		return err_set(
			err, ERR_USAGE, "--%s: \"%s\" is not a valid number", option->name, text);
	if (option->kind == TEXT)
		*to = arena_str(arena, text);
	else if (option->kind == SHORT) {
		*to = ARENA_NEW(arena, uint16_t);
		*(uint16_t *) *to = (uint16_t) size;
	} else {
		*to = ARENA_NEW(arena, uint64_t);
		if (option->kind == UNSIGNED)
			*(uint64_t *) *to = size;
		else
			*(int64_t *) *to = number;
	}
	return 0;
}

/* The object, or NULL where none of its options was given. */
static int read_object(const struct update_options *options, const struct option *rows, size_t size,
	struct arena *arena, void **ret, struct err *err)
{
	for (; rows->name != NULL; rows++) {
		const char *text = text_of(options, rows);

		if (text == NULL)
			continue;
		if (options->resources != NULL)
			return err_set(err, ERR_USAGE,
				"--%s: cannot be given together with --resources", rows->name);
		if (*ret == NULL)
			*ret = arena_alloc(arena, size);
		if (read_option(rows, text, *ret, arena, err) < 0)
			return -1;
	}
	return 0;
}

static int read_options(const struct update_options *options, struct arena *arena,
	struct spec_resources *ret, struct err *err)
{
	void *memory = NULL, *cpu = NULL, *pids = NULL, *block = NULL;

	if (read_object(options, memory_options, sizeof(struct spec_memory), arena, &memory, err) <
			0 ||
		read_object(options, cpu_options, sizeof(struct spec_cpu), arena, &cpu, err) < 0 ||
		read_object(options, pids_options, sizeof(struct spec_pids), arena, &pids, err) <
			0 ||
		read_object(options, block_options, sizeof(struct spec_block_io), arena, &block,
			err) < 0)
		return -1;
	ret->memory = memory;
	ret->cpu = cpu;
	ret->pids = pids;
	ret->block_io = block;
	return 0;
}

/* ---- from documents ----------------------------------------------------------------------------- */

static int read_document(
	const char *path, struct arena *arena, struct spec_resources **ret, struct err *err)
{
	const bool standard = str_eq(path, "-");
	const char *name = standard ? "standard input" : path;
	void *document;
	char *bytes;
	size_t length;

	if (standard ? io_read_fd(0, name, OCISPEC_MAX_BYTES, arena, &bytes, &length, err) < 0
		     : io_read_file(path, OCISPEC_MAX_BYTES, arena, &bytes, &length, err) < 0)
		return -1;
	if (document_parse(&ocispec_resources, bytes, length, name, arena, &document, err) < 0)
		return -1;
	*ret = document;
	return 0;
}

/* What the container has by now: the last update's result, or its configuration. */
static int read_before(const struct state_dir *dir, struct arena *arena,
	const struct spec_resources **ret, struct err *err)
{
	static const struct spec_resources nothing;
	const struct spec *spec;
	void *document;
	char *bytes;
	size_t length;

	if (state_read_file(dir, STATE_RESOURCES, arena, &bytes, &length, err) == 0) {
		if (document_parse(&ocispec_resources, bytes, length, STATE_RESOURCES, arena,
			    &document, err) < 0)
			return -1;
		*ret = document;
		return 0;
	}
	if (err->num != ENOENT)
		return -1;
	err_drop(err);
	if (config_read_kept(dir, arena, &spec, err) < 0)
		return -1;
	*ret = spec->linux_ != NULL && spec->linux_->resources != NULL ? spec->linux_->resources
								       : &nothing;
	return 0;
}

/* ---- the verb ----------------------------------------------------------------------------------- */

static int keep(const struct state_dir *dir, const struct spec_resources *all, struct arena *arena,
	struct err *err)
{
	const struct ocispec_alloc alloc = document_alloc(arena);
	size_t length;
	char *text = ocispec_print(&ocispec_resources, all, 0, &alloc, &length);

	return state_write_file(dir, STATE_RESOURCES, text, length, err);
}

/* systemd has books of its own, out of which it would write the old values again. It writes all of a
 * controller where one of its values changes: so it is told all that holds. devices: the rules are others. */
static int tell_manager(const struct handle *handle, const struct plan_input *in,
	const struct spec_resources *all, bool devices, struct err *err)
{
	struct cgroup_plan plan = { .value_count = 0 };

	if (handle->cgroups.manager != CGROUP_MANAGER_SYSTEMD)
		return 0;
	if (plan_resources(in, all, NULL, "", &plan, err) < 0)
		return -1;
	if (!devices)
		plan.device_rule_count = 0;
	if (cg_systemd_properties(in->arena, NULL, &plan, &plan.unit, err) < 0)
		return -1;
	return cgroup_update(&plan, &handle->cgroups, err);
}

static int write_devices(const struct handle *handle, const struct plan_input *in,
	const struct spec_resources *all, struct err *err)
{
	struct cgroup_plan plan = { .value_count = 0 };

	if (plan_resources(in, all, NULL, "", &plan, err) < 0)
		return -1;
	plan.value_count = 0;
	return cgroup_values_write(&handle->cgroups, &plan, NULL, err);
}

/* The files have the old values again; what cannot be read back from every kernel, device rules and what
 * the manager knows, is made anew from what was asked for before. */
static void take_back(const struct handle *handle, const struct plan_input *in,
	const struct spec_resources *before, bool devices, const struct cgroup_past *past)
{
	struct err refused;

	cgroup_values_restore(past);
	if ((!devices || write_devices(handle, in, before, &refused) == 0) &&
		tell_manager(handle, in, before, devices, &refused) == 0)
		return;
	log_warning("take back: %s", refused.text);
	err_drop(&refused);
}

static int apply(const struct handle *handle, struct spec_resources *given, struct arena *arena,
	struct err *err)
{
	struct cgroup_past past = { .arena = arena };
	struct plan_notes notes = { 0 };
	struct facts facts = { 0 };
	const struct plan_input in = { .facts = &facts, .arena = arena, .notes = &notes };
	const struct spec_resources *before, *all;
	struct cgroup_plan plan = { 0 };

	if (read_before(&handle->dir, arena, &before, err) < 0 ||
		facts_probe(handle->procfs, &facts, err) < 0)
		return -1;
	all = plan_merge(before, given, arena);
	if (plan_resources(&in, given, before, "", &plan, err) < 0)
		return -1;
	if (handle->cgroups.leaf_count == 0 && (plan.value_count | plan.device_rule_count) != 0)
		return err_set(err, ERR_STATE, "the container has no cgroup");
	if (cgroup_values_write(&handle->cgroups, &plan, &past, err) == 0 &&
		tell_manager(handle, &in, all, plan.device_rule_count > 0, err) == 0 &&
		keep(&handle->dir, all, arena, err) == 0)
		return 0;
	take_back(handle, &in, before, plan.device_rule_count > 0, &past);
	return -1;
}

/* ---- the class of service ----------------------------------------------------------------------- */

static int check_rdt(
	const struct update_options *options, const struct record *record, struct err *err)
{
	if ((options->l3_cache_schema != NULL || options->mem_bw_schema != NULL) &&
		record->rdt_group == NULL)
		return err_set(err, ERR_STATE,
			"the container was made without linux.intelRdt and has no class of "
			"service");
	return 0;
}

/* The kernel takes all lines or none, and is the one that keeps them. */
static int apply_rdt(const struct update_options *options, const struct handle *handle,
	struct arena *arena, struct err *err)
{
	const char *text =
		plan_rdt_schemata(options->l3_cache_schema, options->mem_bw_schema, arena);
	_cleanup_fd_ int root = -1;

	if (text == NULL)
		return 0;
	root = rdt_open(handle->procfs, arena, err);
	return root < 0 ? -1 : rdt_write_schemata(root, handle->record.rdt_group, text, err);
}

static int update(const struct global_options *global, const char *id,
	const struct update_options *options, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_handle_ struct handle handle = HANDLE_INIT;
	struct spec_resources nothing = { 0 }, *given = &nothing;

	if (read_options(options, &arena, given, err) < 0)
		return -1;
	if (options->resources != NULL &&
		read_document(options->resources, &arena, &given, err) < 0)
		return err_ctx(err, "--resources");
	if (handle_open(global->root, id, &arena, &handle, err) < 0)
		return -1;
	if (handle.status == STATUS_STOPPED)
		return err_set(err, ERR_NOT_RUNNING, "container not running");
	if (check_rdt(options, &handle.record, err) < 0 || apply(&handle, given, &arena, err) < 0)
		return -1;
	return apply_rdt(options, &handle, &arena, err);
}

int lifecycle_update(const struct global_options *global, const char *id,
	const struct update_options *options, struct err *err)
{
	if (update(global, id, options, err) < 0)
		return err_ctx(err, "update %s", id);
	return 0;
}
