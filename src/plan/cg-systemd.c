/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/cg-systemd.h"

#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"

static const char at[] = "/linux/cgroupsPath";

/* ---- names -------------------------------------------------------------------------------------- */

static bool ends(const char *text, const char *end)
{
	const size_t length = strlen(text), tail = strlen(end);

	return length > tail && str_eq(text + length - tail, end);
}

/* "a-b.slice" lies in "a.slice": "/a.slice/a-b.slice". */
static int expand(struct arena *arena, const char *slice, const char **ret, struct err *err)
{
	const size_t length = strlen(slice) - strlen(".slice");
	char *path = arena_str(arena, "");

	if (str_eq(slice, "-.slice")) {
		*ret = path;
		return 0;
	}
	if (slice[0] == '-' || slice[length - 1] == '-' || strstr(slice, "--") != NULL)
		return err_at(err, at, "\"%s\" is no name of a slice", slice);
	for (const char *dash = strchr(slice, '-'); dash != NULL; dash = strchr(dash + 1, '-'))
		path = arena_printf(arena, "%s/%.*s.slice", path, (int) (dash - slice), slice);
	*ret = arena_printf(arena, "%s/%s", path, slice);
	return 0;
}

/* An id may have a '+', a unit name may not (systemd-escape(1)). */
static char *escape(struct arena *arena, const char *id)
{
	char *to = arena_alloc(arena, 4 * strlen(id) + 1);
	size_t used = 0;

	for (; *id != '\0'; id++) {
		if (*id == '+') {
			memcpy(to + used, "\\x2b", 4);
			used += 4;
		} else
			to[used++] = *id;
	}
	to[used] = '\0';
	return to;
}

int cg_systemd_names(const struct plan_input *in, const char *cgroups_path, bool user,
	struct unit_plan *ret, struct err *err)
{
	const char *usual = user ? "user.slice" : "system.slice";
	const char *slice = "", *prefix = "ocirt", *name = escape(in->arena, in->options->id);
	struct unit_plan unit = { 0 };
	const char *parent;

	if (cgroups_path != NULL && cgroups_path[0] != '\0') {
		const char *first = strchr(cgroups_path, ':');
		const char *second = first != NULL ? strchr(first + 1, ':') : NULL;

		if (strchr(cgroups_path, '/') != NULL || (first != NULL && second == NULL) ||
			(second != NULL && strchr(second + 1, ':') != NULL))
			return err_at(err, at,
				"\"%s\" is not slice:prefix:name, as the systemd cgroup manager "
				"takes it",
				cgroups_path);
		prefix = "";
		name = cgroups_path;
		if (second != NULL) {
			slice = arena_strn(
				in->arena, cgroups_path, (size_t) (first - cgroups_path));
			prefix = arena_strn(in->arena, first + 1, (size_t) (second - first - 1));
			name = second + 1;
		}
	}
	if (name[0] == '\0')
		return err_at(err, at, "\"%s\" has an empty name", cgroups_path);
	unit.slice = slice[0] != '\0' ? slice : usual;
	if (!ends(unit.slice, ".slice"))
		return err_at(err, at, "\"%s\" is no name of a slice", unit.slice);
	unit.name = ends(name, ".slice") ? name
					 : arena_printf(in->arena, "%s%s%s.scope", prefix,
						   prefix[0] != '\0' ? "-" : "", name);
	if (expand(in->arena, unit.slice, &parent, err) < 0)
		return -1;
	if (ends(name, ".slice")) {
		if (expand(in->arena, name, &unit.path, err) < 0)
			return -1;
	} else
		unit.path = arena_printf(in->arena, "%s/%s", parent, unit.name);
	*ret = unit;
	return 0;
}

/* ---- values ------------------------------------------------------------------------------------- */

struct list {
	struct arena *arena;
	struct unit_property *items;
	size_t count;
};

static struct unit_property *add(
	struct list *list, const char *name, const char *type, const char *pointer)
{
	struct unit_property *property = NULL;

	/* systemd takes the last one, and so do the files. */
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->items[i].name, name))
			property = &list->items[i];
	if (property == NULL)
		property = ARENA_PUSH(list->arena, list->items, list->count);
	*property = (struct unit_property){
		.name = name, .type = type, .pointer = pointer, .optional = true
	};
	return property;
}

static const struct {
	const char *file;
	const char *property;
	uint64_t least; /* smaller ones systemd refuses: then the file alone says it */
} numbers[] = {
	{ "blkio.weight", "BlockIOWeight", 10 },
	{ "cpu.shares", "CPUShares", 2 },
	{ "cpu.weight", "CPUWeight", 1 },
	{ "io.weight", "IOWeight", 1 },
	{ "memory.high", "MemoryHigh", 1 },
	{ "memory.limit_in_bytes", "MemoryLimit", 1 },
	{ "memory.low", "MemoryLow", 0 },
	{ "memory.max", "MemoryMax", 1 },
	{ "memory.min", "MemoryMin", 0 },
	{ "memory.swap.max", "MemorySwapMax", 0 },
	{ "memory.zswap.max", "MemoryZSwapMax", 0 },
	{ "pids.max", "TasksMax", 1 },
};

/* "max" and "-1" are infinity. */
static bool number_of(const char *text, uint64_t *ret)
{
	if (str_eq(text, "max") || str_eq(text, "-1")) {
		*ret = UINT64_MAX;
		return true;
	}
	return str_to_u64(text, ret) == 0;
}

/* "0-2,7" as a bitmap, the first byte for the first eight. False: not a list. */
static bool bitmap_of(struct arena *arena, const char *text, struct unit_property *ret)
{
	enum { MOST = 8192 };
	uint8_t *bits = arena_alloc(arena, MOST / 8);
	char *rest = arena_str(arena, text), *part;

	while ((part = strsep(&rest, ",")) != NULL) {
		char *dash = strchr(part, '-');
		uint32_t from, to;

		if (dash != NULL)
			*dash = '\0';
		if (str_to_u32(part, &from) < 0)
			return false;
		to = from;
		if ((dash != NULL && str_to_u32(dash + 1, &to) < 0) || to < from || to >= MOST)
			return false;
		for (; from <= to; from++)
			bits[from / 8] |= (uint8_t) (1U << from % 8);
		if (to / 8 + 1 > ret->count)
			ret->count = to / 8 + 1;
	}
	ret->bytes = bits;
	return true;
}

struct quota {
	uint64_t quota; /* us; UINT64_MAX: none; 0: not given */
	uint64_t period;
	const char *pointer;
};

static void read_quota(struct quota *quota, struct arena *arena, const struct cgroup_value *value)
{
	uint64_t number;

	if (str_eq(value->file, "cpu.max")) {
		char *rest = arena_str(arena, value->value), *word = strsep(&rest, " ");

		if (number_of(word, &number))
			quota->quota = number;
		if (rest != NULL && number_of(rest, &number))
			quota->period = number;
	} else if (str_eq(value->file, "cpu.cfs_quota_us") && number_of(value->value, &number))
		quota->quota = number;
	else if (str_eq(value->file, "cpu.cfs_period_us") && number_of(value->value, &number))
		quota->period = number;
	else
		return;
	quota->pointer = value->pointer;
}

static void add_quota(struct list *list, const struct quota *quota)
{
	const uint64_t period = quota->period != 0 ? quota->period : 100000, step = 10000;
	uint64_t per_second = UINT64_MAX;

	if (quota->pointer == NULL)
		return;
	if (quota->period != 0)
		add(list, "CPUQuotaPeriodUSec", "t", quota->pointer)->number = quota->period;
	if (quota->quota == 0)
		return;
	/* systemd counts in whole percents. */
	if (quota->quota < UINT64_MAX / 1000000)
		per_second = (quota->quota * 1000000 / period + step - 1) / step * step;
	add(list, "CPUQuotaPerSecUSec", "t", quota->pointer)->number = per_second;
}

static void add_values(struct list *list, const struct cgroup_plan *plan)
{
	struct quota quota = { 0 };

	for (size_t i = 0; i < plan->value_count; i++) {
		const struct cgroup_value *value = &plan->values[i];
		const bool cpus = str_eq(value->file, "cpuset.cpus");
		uint64_t number;

		read_quota(&quota, list->arena, value);
		if (cpus || str_eq(value->file, "cpuset.mems")) {
			struct unit_property bits = { 0 };

			if (bitmap_of(list->arena, value->value, &bits)) {
				struct unit_property *to =
					add(list, cpus ? "AllowedCPUs" : "AllowedMemoryNodes", "ay",
						value->pointer);

				to->bytes = bits.bytes;
				to->count = bits.count;
			}
		}
		/* Weight 0 is systemd's word for idle. */
		if (str_eq(value->file, "cpu.idle") && str_eq(value->value, "1"))
			add(list, "CPUWeight", "t", value->pointer)->number = 0;
		for (size_t k = 0; k < sizeof(numbers) / sizeof(numbers[0]); k++) {
			const char *text = str_after(value->value, "default ");

			if (str_eq(value->file, numbers[k].file) &&
				number_of(text != NULL ? text : value->value, &number) &&
				number >= numbers[k].least)
				add(list, numbers[k].property, "t", value->pointer)->number =
					number;
		}
	}
	add_quota(list, &quota);
}

/* ---- devices ------------------------------------------------------------------------------------ */

static bool is_all(const struct device_rule *rule)
{
	return rule->type == 'a' && rule->major < 0 && rule->minor < 0 &&
		rule->access == DEVICE_ALL;
}

static const char *node_of(struct arena *arena, const struct device_rule *rule)
{
	const char *kind = rule->type == 'b' ? "block" : "char";

	if (rule->major < 0)
		return rule->minor < 0 ? arena_printf(arena, "%s-*", kind) : NULL;
	if (rule->minor < 0)
		return arena_printf(arena, "%s-%lld", kind, (long long) rule->major);
	return arena_printf(
		arena, "/dev/%s/%lld:%lld", kind, (long long) rule->major, (long long) rule->minor);
}

static const char *access_of(const struct device_rule *rule)
{
	static const char *const words[] = { "", "m", "r", "rm", "w", "wm", "rw", "rwm" };

	return words[rule->access & DEVICE_ALL];
}

/* Names and accesses of what is allowed, two texts each; false where the rules are no such list. */
static bool list_devices(
	struct arena *arena, const struct cgroup_plan *plan, const char ***ret, size_t *ret_count)
{
	size_t first = 0;

	for (size_t i = 0; i < plan->device_rule_count; i++)
		if (is_all(&plan->device_rules[i]))
			first = i;
	if (!is_all(&plan->device_rules[first]) || plan->device_rules[first].allow)
		return false;
	for (size_t i = first + 1; i < plan->device_rule_count; i++) {
		const struct device_rule *rule = &plan->device_rules[i];
		const char *node = rule->allow && rule->type != 'a' ? node_of(arena, rule) : NULL;

		if (node == NULL)
			return false;
		*ARENA_PUSH(arena, *ret, *ret_count) = node;
		*ARENA_PUSH(arena, *ret, *ret_count) = access_of(rule);
	}
	return true;
}

/* systemd knows a list of what is allowed, and no exceptions from it: more than that only our own
 * program says, beside which systemd then has none. */
static void add_devices(struct list *list, const struct cgroup_plan *plan)
{
	static const char *const strict[] = { "strict" }, *const none[] = { "auto" };
	static const char place[] = "/linux/resources/devices";
	const char **texts = NULL;
	size_t count = 0;
	bool told;

	if (plan->device_rule_count == 0)
		return;
	told = list_devices(list->arena, plan, &texts, &count);
	add(list, "DevicePolicy", "s", place)->texts = told ? strict : none;
	/* A list is added to what there is, and an empty one takes that away. */
	(void) add(list, "DeviceAllow", "a(ss)", place);
	if (told && count > 0)
		*ARENA_PUSH(list->arena, list->items, list->count) = (struct unit_property){
			.name = "DeviceAllow",
			.type = "a(ss)",
			.texts = texts,
			.count = count,
			.pointer = place,
			.optional = true,
		};
}

/* ---- annotations -------------------------------------------------------------------------------- */

/* A text in quotes at *from, which moves behind it. NULL: none. */
static const char *quoted(struct arena *arena, const char **from)
{
	const char quote = **from;
	char *to = arena_alloc(arena, strlen(*from) + 1);
	size_t used = 0;
	const char *p = *from;

	if (quote != '\'' && quote != '"')
		return NULL;
	for (p++; *p != quote; p++) {
		if (*p == '\\')
			p++;
		if (*p == '\0')
			return NULL;
		to[used++] = *p;
	}
	*from = p + 1;
	return to;
}

/* ['a', "b"] */
static bool read_texts(struct arena *arena, const char *p, struct unit_property *ret)
{
	const char **texts = NULL;
	size_t count = 0;

	p++;
	for (;;) {
		const char *text;

		p += strspn(p, " ");
		if (*p == ']' && count == 0)
			break;
		text = quoted(arena, &p);
		if (text == NULL)
			return false;
		*ARENA_PUSH(arena, texts, count) = text;
		p += strspn(p, " ");
		if (*p == ']')
			break;
		if (*p++ != ',')
			return false;
	}
	ret->type = "as";
	ret->texts = texts;
	ret->count = count;
	return p[1] == '\0';
}

/* Digits with an optional part behind a point, in millionths. */
static bool millionths(const char *text, uint64_t *ret)
{
	const size_t whole = strspn(text, "0123456789");
	uint64_t number = 0, scale = 1000000;

	if (whole == 0 || whole > 12)
		return false;
	for (size_t i = 0; i < whole; i++)
		number = number * 10 + (uint64_t) (text[i] - '0');
	number *= scale;
	text += whole;
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9'; text++) {
			scale /= 10;
			number += (uint64_t) (*text - '0') * scale;
		}
	*ret = number;
	return *text == '\0';
}

static bool read_number(const char *text, struct unit_property *ret)
{
	static const struct {
		const char *word;
		const char *type;
	} types[] = { { "int32 ", "i" }, { "uint32 ", "u" }, { "int64 ", "x" }, { "uint64 ", "t" },
		{ "double ", "d" } };
	int64_t number;
	uint64_t parts;

	ret->type = strchr(text, '.') != NULL ? "d" : "i"; /* GVariant's defaults */
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const char *rest = str_after(text, types[i].word);

		if (rest != NULL) {
			ret->type = types[i].type;
			text = rest + strspn(rest, " ");
			break;
		}
	}
	if (ret->type[0] == 'd') {
		const bool minus = text[0] == '-';

		if (!millionths(text + minus, &parts))
			return false;
		ret->real = (minus ? -1.0 : 1.0) * (double) parts / 1e6;
		return true;
	}
	if (ret->type[0] == 't')
		return str_to_u64(text, &ret->number) == 0;
	if (str_to_i64(text, &number) < 0 || (ret->type[0] == 'i' && number != (int32_t) number) ||
		(ret->type[0] == 'u' && (number < 0 || number > UINT32_MAX)))
		return false;
	ret->number = (uint64_t) number;
	return true;
}

/* TimeoutStopSec=5 is TimeoutStopUSec=uint64 5000000 on the bus. */
static bool read_seconds(
	struct arena *arena, const char *name, const char *text, struct unit_property *ret)
{
	const char *rest = strrchr(text, ' ');

	ret->name = arena_printf(arena, "%.*sUSec", (int) (strlen(name) - 3), name);
	ret->type = "t";
	return millionths(rest != NULL ? rest + 1 : text, &ret->number);
}

static bool read_property(
	struct arena *arena, const char *name, const char *text, struct unit_property *ret)
{
	text += strspn(text, " ");
	ret->name = name;
	if (ends(name, "Sec") && !ends(name, "USec"))
		return read_seconds(arena, name, text, ret);
	if (str_eq(text, "true") || str_eq(text, "false")) {
		ret->type = "b";
		ret->number = text[0] == 't';
		return true;
	}
	if (text[0] == '[')
		return read_texts(arena, text, ret);
	if (text[0] == '\'' || text[0] == '"') {
		const char **texts = arena_array(arena, 1, sizeof(*texts));

		texts[0] = quoted(arena, &text);
		ret->type = "s";
		ret->texts = texts;
		ret->count = 1;
		return texts[0] != NULL && *text == '\0';
	}
	return read_number(text, ret);
}

static int add_annotations(struct list *list, const struct spec_map *annotations, struct err *err)
{
	static const char prefix[] = "org.systemd.property.";

	for (size_t i = 0; annotations != NULL && i < annotations->count; i++) {
		const char *name = str_after(annotations->items[i].key, prefix);
		struct unit_property property = { 0 };

		if (name == NULL)
			continue;
		property.pointer =
			arena_printf(list->arena, "/annotations/%s", annotations->items[i].key);
		if (name[0] == '\0' ||
			strspn(name,
				"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				"0123456789") != strlen(name))
			return err_at(
				err, property.pointer, "\"%s\" is no name of a property", name);
		if (!read_property(list->arena, name, annotations->items[i].value, &property))
			return err_at(err, property.pointer,
				"\"%s\" is not a value in GVariant's text format",
				annotations->items[i].value);
		*ARENA_PUSH(list->arena, list->items, list->count) = property;
	}
	return 0;
}

int cg_systemd_properties(struct arena *arena, const struct spec_map *annotations,
	const struct cgroup_plan *plan, struct unit_plan *ret, struct err *err)
{
	struct list list = { .arena = arena };

	add_values(&list, plan);
	add_devices(&list, plan);
	if (add_annotations(&list, annotations, err) < 0)
		return -1;
	ret->properties = list.items;
	ret->property_count = list.count;
	return 0;
}
