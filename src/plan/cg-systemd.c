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

/* What an annotation may set: when and how this unit ends, and after what. Annotations come from pods and
 * images too (CVE-2024-3154), so nothing is here that runs, starts or stops something else of the host
 * (Exec..., Wants, Conflicts, OnFailure), that takes a limit of the administrator away, or that we say
 * ourselves (Slice, PIDs, and all that /linux/resources becomes). Engines set After, CollectMode,
 * DefaultDependencies, Delegate and TimeoutStopUSec. */
static const struct settable {
	const char *name;
	const char *type;
	const char *words[4]; /* if any: these values alone; ends with NULL */
} settable[] = {
	{ "After", "as", { NULL } },
	{ "Before", "as", { NULL } },
	{ "CollectMode", "s", { "inactive", "inactive-or-failed" } },
	{ "DefaultDependencies", "b", { NULL } },
	{ "Delegate", "b", { "true" } }, /* as it is */
	{ "KillMode", "s", { "control-group", "mixed" } }, /* others leave processes behind */
	{ "KillSignal", "i", { NULL } },
	{ "ManagedOOMMemoryPressure", "s", { "auto", "kill" } },
	{ "ManagedOOMSwap", "s", { "auto", "kill" } },
	{ "OOMPolicy", "s", { "continue", "kill", "stop" } },
	{ "PartOf", "as", { NULL } },
	{ "RuntimeMaxUSec", "t", { NULL } },
	{ "TimeoutStopUSec", "t", { NULL } },
};

enum { SETTABLE = sizeof(settable) / sizeof(settable[0]) };

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

/* 'a' */
static bool read_text(struct arena *arena, const char *p, struct unit_property *ret)
{
	const char **texts = arena_array(arena, 1, sizeof(*texts));

	texts[0] = quoted(arena, &p);
	ret->texts = texts;
	ret->count = 1;
	return texts[0] != NULL && *p == '\0';
}

/* ['a', "b"] */
static bool read_texts(struct arena *arena, const char *p, struct unit_property *ret)
{
	const char **texts = NULL;
	size_t count = 0;

	if (*p++ != '[')
		return false;
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

/* What stands behind "uint64 " and the like: the row knows the type. */
static const char *number_in(const char *text)
{
	static const char *const types[] = { "int32 ", "uint32 ", "int64 ", "uint64 ", "double " };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const char *rest = str_after(text, types[i]);

		if (rest != NULL)
			return rest + strspn(rest, " ");
	}
	return text;
}

static bool read_value(struct arena *arena, const struct settable *row, const char *text,
	bool seconds, struct unit_property *ret)
{
	uint64_t number;

	switch (row->type[0]) {
	case 'a':
		return read_texts(arena, text, ret);
	case 's':
		return read_text(arena, text, ret);
	case 'b':
		ret->number = str_eq(text, "true");
		return ret->number == 1 || str_eq(text, "false");
	case 'i': /* a signal */
		if (str_to_u64(number_in(text), &number) < 0 || number < 1 || number > 64)
			return false;
		ret->number = number;
		return true;
	default:
		text = number_in(text);
		return seconds ? millionths(text, &ret->number)
			       : str_to_u64(text, &ret->number) == 0;
	}
}

static bool is_a_word(const struct settable *row, const struct unit_property *property)
{
	const char *flag = property->number == 1 ? "true" : "false";

	return row->words[0] == NULL ||
		str_in(row->type[0] == 's' ? property->texts[0] : flag, row->words);
}

static const char *wanted(struct arena *arena, const struct settable *row)
{
	const bool text = row->type[0] == 's';
	const char *list = NULL;

	for (size_t i = 0; row->words[i] != NULL; i++)
		list = arena_printf(arena, text ? "%s%s'%s'" : "%s%s%s", list != NULL ? list : "",
			list != NULL ? " or " : "", row->words[i]);
	if (list != NULL)
		return list;
	switch (row->type[0]) {
	case 'a':
		return "a list of units, as ['a.service']";
	case 'b':
		return "true or false";
	case 'i':
		return "the number of a signal";
	default:
		return "microseconds, or seconds for a name that ends in Sec";
	}
}

static bool is_of_resources(const char *name)
{
	static const char *const others[] = { "AllowedCPUs", "AllowedMemoryNodes",
		"CPUQuotaPerSecUSec", "CPUQuotaPeriodUSec", "DeviceAllow", "DevicePolicy", NULL };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (str_eq(name, numbers[i].property))
			return true;
	return str_in(name, others);
}

static int refuse(struct arena *arena, const char *pointer, const char *name, struct err *err)
{
	const char *list = settable[0].name;

	if (is_of_resources(name))
		return err_at(err, pointer,
			"no annotation sets \"%s\" of a unit: say it in /linux/resources", name);
	for (size_t i = 1; i < SETTABLE; i++)
		list = arena_printf(arena, "%s, %s", list, settable[i].name);
	return err_at(err, pointer,
		"no annotation sets \"%s\" of a unit: leave it out; those that one sets are %s",
		name, list);
}

static int add_annotation(struct list *list, const char *asked, const char *text,
	const char *pointer, struct err *err)
{
	/* TimeoutStopSec=5 is TimeoutStopUSec=uint64 5000000 on the bus. */
	const bool seconds = ends(asked, "Sec") && !ends(asked, "USec");
	const char *name = seconds
		? arena_printf(list->arena, "%.*sUSec", (int) strlen(asked) - 3, asked)
		: asked;
	const struct settable *row = NULL;
	struct unit_property property = { .name = name, .pointer = pointer };

	for (size_t i = 0; i < SETTABLE && row == NULL; i++)
		if (str_eq(settable[i].name, name))
			row = &settable[i];
	if (row == NULL)
		return refuse(list->arena, pointer, name, err);
	property.type = row->type;
	text += strspn(text, " ");
	if (!read_value(list->arena, row, text, seconds, &property) || !is_a_word(row, &property))
		return err_at(err, pointer, "expected %s in GVariant's text format, found \"%s\"",
			wanted(list->arena, row), text);
	*ARENA_PUSH(list->arena, list->items, list->count) = property;
	return 0;
}

static int add_annotations(struct list *list, const struct spec_map *annotations, struct err *err)
{
	for (size_t i = 0; annotations != NULL && i < annotations->count; i++) {
		const struct spec_map_entry *entry = &annotations->items[i];
		const char *name = str_after(entry->key, "org.systemd.property.");
		char key[96];

		if (name == NULL)
			continue;
		str_pointer_key(key, sizeof(key), entry->key);
		if (add_annotation(list, name, entry->value,
			    arena_printf(list->arena, "/annotations/%s", key), err) < 0)
			return -1;
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
