/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan/resources: what can be judged of linux.resources without the kernel and on either version of
 * cgroups, and the choice between the two. Follows config-linux.md, "Control groups". */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/cg.h"
#include "plan/devices.h"

/* ---- the list ----------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 0))) static const char *format_text(
	struct arena *arena, const char *format, va_list args)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = arena_alloc(arena, (size_t) (length < 0 ? 0 : length) + 1);
	(void) vsnprintf(text, (size_t) (length < 0 ? 0 : length) + 1, format, args);
	return text;
}

struct cgroup_value *cg_add(
	struct cg *cg, const char *file, const char *place, const char *format, ...)
{
	struct cgroup_value *value;
	va_list args;

	value = ARENA_PUSH(cg->arena, cg->items, cg->count);
	*value = (struct cgroup_value){
		.controller = arena_strn(cg->arena, file, strcspn(file, ".")),
		.file = file,
		.pointer = arena_printf(cg->arena, "%s%s", cg->at, place),
	};
	va_start(args, format);
	value->value = format_text(cg->arena, format, args);
	va_end(args);
	return value;
}

const char *cg_place(const struct cg *cg, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = format_text(cg->arena, format, args);
	va_end(args);
	return arena_printf(cg->arena, "%s%s", cg->at, text);
}

const char *cg_number(struct cg *cg, int64_t number, const char *word)
{
	return number < 0 ? word : arena_printf(cg->arena, "%lld", (long long) number);
}

bool cg_has(const int64_t *number)
{
	return number != NULL && *number != 0;
}

bool cg_has_u(const uint64_t *number)
{
	return number != NULL && *number != 0;
}

/* ---- conversions -------------------------------------------------------------------------------- */

static double log2_of(uint64_t x)
{
	double whole = 0, part = (double) x, bit = 1;

	while (part >= 2) {
		part /= 2;
		whole++;
	}
	/* The bits of the fraction, one by one: squaring doubles the logarithm. */
	for (unsigned i = 0; i < 52; i++) {
		bit /= 2;
		part *= part;
		if (part >= 2) {
			part /= 2;
			whole += bit;
		}
	}
	return whole;
}

static double power_of_ten(double exponent)
{
	const double ln10 = 2.302585092994045684;
	double whole = 1, term = 1, sum = 1, rest = exponent;

	for (; rest >= 1; rest--)
		whole *= 10;
	for (unsigned i = 1; i < 40; i++) {
		term *= rest * ln10 / i;
		sum += term;
	}
	return whole * sum;
}

/* A curve through (2, 1), (1024, 100) and (262144, 10000): the ends and the two defaults. */
uint64_t cg_weight_of_shares(uint64_t shares)
{
	double l, weight;

	if (shares == 0)
		return 0;
	if (shares <= 2)
		return 1;
	if (shares >= 262144)
		return 10000;
	l = log2_of(shares);
	weight = power_of_ten((l * l + 125 * l) / 612.0 - 7.0 / 34.0);
	/* Rounded up; where the curve meets a whole number, rounding errors do not count. */
	return (uint64_t) (weight + (1 - 1e-9));
}

uint64_t cg_io_weight(uint64_t weight)
{
	return weight < 10 ? weight : 1 + (weight - 10) * 9999 / 990;
}

/* ---- checks ------------------------------------------------------------------------------------- */

/* One word for the kernel: no blanks, no control characters. */
static bool is_word(const char *text)
{
	if (text == NULL || *text == '\0')
		return false;
	for (; *text != '\0'; text++)
		if ((unsigned char) *text <= ' ' || *text == 127)
			return false;
	return true;
}

static int check_memory(const struct cg *cg, const struct spec_memory *memory, struct err *err)
{
	const struct {
		const char *name;
		const int64_t *value;
	} limits[] = {
		{ "limit", memory->limit },
		{ "reservation", memory->reservation },
		{ "swap", memory->swap },
		{ "kernel", memory->kernel },
		{ "kernelTCP", memory->kernel_tcp },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (limits[i].value != NULL && *limits[i].value < -1)
			return err_at(err, cg_place(cg, "/memory/%s", limits[i].name),
				"must be -1 (no limit) or a number of bytes");
	if (memory->swappiness != NULL && *memory->swappiness > 100)
		return err_at(err, cg_place(cg, "/memory/swappiness"), "must be from 0 to 100");
	if (memory->swap != NULL && memory->limit != NULL && *memory->swap > 0 &&
		*memory->swap < *memory->limit)
		return err_at(err, cg_place(cg, "/memory/swap"),
			"is the limit of memory and swap together: must not be less than "
			"memory.limit");
	return 0;
}

static int check_cpu(const struct cg *cg, const struct spec_cpu *cpu, struct err *err)
{
	if (cpu->idle != NULL && *cpu->idle != 0 && *cpu->idle != 1)
		return err_at(err, cg_place(cg, "/cpu/idle"), "must be 0 or 1");
	if (cpu->burst != NULL && cpu->quota != NULL && *cpu->quota > 0 &&
		*cpu->burst > (uint64_t) *cpu->quota)
		return err_at(err, cg_place(cg, "/cpu/burst"), "must not exceed cpu.quota");
	if (cpu->cpus != NULL && *cpu->cpus != '\0' && !is_word(cpu->cpus))
		return err_at(err, cg_place(cg, "/cpu/cpus"), "is not a list of processors");
	if (cpu->mems != NULL && *cpu->mems != '\0' && !is_word(cpu->mems))
		return err_at(err, cg_place(cg, "/cpu/mems"), "is not a list of memory nodes");
	return 0;
}

static int check_weight(const uint16_t *weight, const char *at, struct err *err)
{
	if (weight != NULL && *weight != 0 && (*weight < 10 || *weight > 1000))
		return err_at(err, at, "must be from 10 to 1000, or 0 for none");
	return 0;
}

static int check_device(const struct cg *cg, const char *list, size_t i, int64_t major,
	int64_t minor, struct err *err)
{
	if (major < 0 || major > UINT32_MAX)
		return err_at(err, cg_place(cg, "/blockIO/%s/%zu/major", list, i),
			"is not a device number");
	if (minor < 0 || minor > UINT32_MAX)
		return err_at(err, cg_place(cg, "/blockIO/%s/%zu/minor", list, i),
			"is not a device number");
	return 0;
}

static int check_throttles(const struct cg *cg, const char *list,
	const struct spec_throttle_list *throttles, struct err *err)
{
	for (size_t i = 0; i < throttles->count; i++) {
		const struct spec_throttle_device *item = &throttles->items[i];

		if (check_device(cg, list, i, item->major, item->minor, err) < 0)
			return -1;
		if (item->rate == NULL)
			return err_at(
				err, cg_place(cg, "/blockIO/%s/%zu/rate", list, i), "is missing");
	}
	return 0;
}

static int check_block_io(const struct cg *cg, const struct spec_block_io *io, struct err *err)
{
	if (check_weight(io->weight, cg_place(cg, "/blockIO/weight"), err) < 0 ||
		check_weight(io->leaf_weight, cg_place(cg, "/blockIO/leafWeight"), err) < 0)
		return -1;
	for (size_t i = 0; i < io->weight_device.count; i++) {
		const struct spec_weight_device *item = &io->weight_device.items[i];

		if (check_device(cg, "weightDevice", i, item->major, item->minor, err) < 0 ||
			check_weight(item->weight,
				cg_place(cg, "/blockIO/weightDevice/%zu/weight", i), err) < 0 ||
			check_weight(item->leaf_weight,
				cg_place(cg, "/blockIO/weightDevice/%zu/leafWeight", i), err) < 0)
			return -1;
		if (item->weight == NULL && item->leaf_weight == NULL)
			return err_at(err, cg_place(cg, "/blockIO/weightDevice/%zu", i),
				"needs weight or leafWeight");
	}
	if (check_throttles(cg, "throttleReadBpsDevice", &io->throttle_read_bps_device, err) < 0 ||
		check_throttles(cg, "throttleWriteBpsDevice", &io->throttle_write_bps_device, err) <
			0 ||
		check_throttles(cg, "throttleReadIOPSDevice", &io->throttle_read_iops_device, err) <
			0)
		return -1;
	return check_throttles(cg, "throttleWriteIOPSDevice", &io->throttle_write_iops_device, err);
}

/* "2MB", "64KB", "1GB": it becomes a part of a file's name. */
static bool is_page_size(const char *text)
{
	const size_t digits = text != NULL ? strspn(text, "0123456789") : 0;

	return digits > 0 && digits < 10 && text[0] != '0' && text[digits] != '\0' &&
		strchr("KMG", text[digits]) != NULL && str_eq(text + digits + 1, "B");
}

static int check_lists(const struct cg *cg, struct err *err)
{
	const struct spec_resources *given = cg->given;

	if (given->pids != NULL && given->pids->limit != NULL && *given->pids->limit < -1)
		return err_at(err, cg_place(cg, "/pids/limit"),
			"must be -1 (no limit) or a number of processes");
	for (size_t i = 0; i < given->hugepage_limits.count; i++)
		if (!is_page_size(given->hugepage_limits.items[i].page_size))
			return err_at(err, cg_place(cg, "/hugepageLimits/%zu/pageSize", i),
				"must be a size such as 2MB or 1GB");
	for (size_t i = 0; given->network != NULL && i < given->network->priorities.count; i++)
		if (!is_word(given->network->priorities.items[i].name))
			return err_at(err, cg_place(cg, "/network/priorities/%zu/name", i),
				"is not the name of a network interface");
	for (size_t i = 0; i < given->rdma.count; i++) {
		const struct spec_rdma *item = &given->rdma.items[i];
		char key[100];

		str_pointer_key(key, sizeof(key), item->key);
		if (!is_word(item->key))
			return err_at(err, cg_place(cg, "/rdma/%s", key),
				"is not the name of an RDMA device");
		if (item->hca_handles == NULL && item->hca_objects == NULL)
			return err_at(err, cg_place(cg, "/rdma/%s", key),
				"needs hcaHandles or hcaObjects");
	}
	return 0;
}

static int check(const struct cg *cg, struct err *err)
{
	const struct spec_resources *given = cg->given;

	if (given->memory != NULL && check_memory(cg, given->memory, err) < 0)
		return -1;
	if (given->cpu != NULL && check_cpu(cg, given->cpu, err) < 0)
		return -1;
	if (given->block_io != NULL && check_block_io(cg, given->block_io, err) < 0)
		return -1;
	return check_lists(cg, err);
}

/* ---- the whole ---------------------------------------------------------------------------------- */

int plan_resources(const struct plan_input *in, const struct spec_resources *given,
	const struct spec_resources *before, const char *at, struct cgroup_plan *ret,
	struct err *err)
{
	static const struct spec_resources nothing;
	struct cg cg = {
		.given = given != NULL ? given : &nothing,
		.before = before != NULL ? before : &nothing,
		.at = at,
		.arena = in->arena,
		.notes = in->notes,
	};

	if (check(&cg, err) < 0)
		return -1;
	if (in->facts->cgroup == CGROUP_LAYOUT_V2) {
		if (cg_v2(&cg, err) < 0)
			return -1;
	} else if (cg_v1(&cg, err) < 0)
		return -1;
	if (in->facts->cgroup != CGROUP_LAYOUT_V2 && in->facts->cgroup != CGROUP_LAYOUT_HYBRID &&
		cg.given->unified.count > 0)
		return err_at(err, cg_place(&cg, "/unified"), "needs cgroup v2");
	if (in->facts->cgroup == CGROUP_LAYOUT_HYBRID && cg_unified(&cg, err) < 0)
		return -1;
	ret->values = cg.items;
	ret->value_count = cg.count;
	for (size_t i = 0; i < cg.count; i++)
		if (str_eq(cg.items[i].file, "pids.max") && str_eq(cg.items[i].value, "0"))
			ret->full = true;
	return plan_devices(in, cg.given, before == NULL, at, ret, err);
}
