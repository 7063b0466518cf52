/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/devices.h"

#include <linux/bpf.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"

/* ---- rules -------------------------------------------------------------------------------------- */

/* No node of another device can be made with rights to it, for making one is not using it. */
static const struct device_rule default_rules[] = {
	{ true, 'c', -1, -1, DEVICE_MKNOD, "" }, { true, 'b', -1, -1, DEVICE_MKNOD, "" },
	{ true, 'c', 1, 3, DEVICE_ALL, "" }, /* null */
	{ true, 'c', 1, 8, DEVICE_ALL, "" }, /* random */
	{ true, 'c', 1, 7, DEVICE_ALL, "" }, /* full */
	{ true, 'c', 5, 0, DEVICE_ALL, "" }, /* tty */
	{ true, 'c', 1, 5, DEVICE_ALL, "" }, /* zero */
	{ true, 'c', 1, 9, DEVICE_ALL, "" }, /* urandom */
	{ true, 'c', 136, -1, DEVICE_ALL, "" }, /* pts/N */
	{ true, 'c', 5, 2, DEVICE_ALL, "" }, /* ptmx */
	{ true, 'c', 10, 200, DEVICE_ALL, "" }, /* net/tun */
};
enum { DEFAULT_RULES = sizeof(default_rules) / sizeof(default_rules[0]) };

static int read_access(const char *text, unsigned *ret)
{
	unsigned access = 0;

	for (; text != NULL && *text != '\0'; text++)
		switch (*text) {
		case 'r':
			access |= DEVICE_READ;
			break;
		case 'w':
			access |= DEVICE_WRITE;
			break;
		case 'm':
			access |= DEVICE_MKNOD;
			break;
		default:
			return -1;
		}
	*ret = access;
	return access == 0 ? -1 : 0;
}

static int64_t number_or_all(const int64_t *number)
{
	return number == NULL ? -1 : *number;
}

static int add_rule(const struct plan_input *in, const struct spec_device_cgroup *from,
	const char *at, struct cgroup_plan *to, struct device_rule **rules, struct err *err)
{
	struct device_rule rule = {
		.allow = from->allow,
		.type = 'a',
		.major = number_or_all(from->major),
		.minor = number_or_all(from->minor),
		.pointer = at,
	};

	if (from->type != NULL && *from->type != '\0') {
		if (strlen(from->type) != 1 || strchr("abc", *from->type) == NULL)
			return err_at(
				err, arena_printf(in->arena, "%s/type", at), "must be a, b or c");
		rule.type = *from->type;
	}
	if (rule.major < -1 || rule.major > INT32_MAX)
		return err_at(
			err, arena_printf(in->arena, "%s/major", at), "is not a device number");
	if (rule.minor < -1 || rule.minor > INT32_MAX)
		return err_at(
			err, arena_printf(in->arena, "%s/minor", at), "is not a device number");
	if (read_access(from->access, &rule.access) < 0)
		return err_at(err, arena_printf(in->arena, "%s/access", at),
			"must be one or more of r, w and m");
	if (rule.type == 'a' &&
		(rule.major != -1 || rule.minor != -1 || rule.access != DEVICE_ALL)) {
		/* For the kernel "a" is everything, whatever stands behind it. */
		rule.type = 'b';
		*ARENA_PUSH(in->arena, *rules, to->device_rule_count) = rule;
		rule.type = 'c';
	}
	*ARENA_PUSH(in->arena, *rules, to->device_rule_count) = rule;
	return 0;
}

int plan_devices(const struct plan_input *in, const struct spec_resources *given, bool creation,
	const char *at, struct cgroup_plan *ret, struct err *err)
{
	const struct facts *facts = in->facts;
	const bool privileged = facts->euid == 0 && !facts->in_user_ns && facts->sys_admin;
	struct device_rule *rules = NULL;
	struct cgroup_plan to = { .device_rule_count = 0 };

	for (size_t i = 0; i < given->devices.count; i++)
		if (add_rule(in, &given->devices.items[i],
			    arena_printf(in->arena, "%s/devices/%zu", at, i), &to, &rules, err) < 0)
			return -1;
	if (!privileged || (!creation && given->devices.count == 0))
		return 0;
	for (size_t i = 0; i < DEFAULT_RULES; i++)
		*ARENA_PUSH(in->arena, rules, to.device_rule_count) = default_rules[i];
	ret->device_rules = rules;
	ret->device_rule_count = to.device_rule_count;
	return 0;
}

/* ---- version 2 ---------------------------------------------------------------------------------- */

/* Registers: 1 the context, then 0 and 5 free; 2 the type, 3 the access that is still undecided, 4 and 6
 * the numbers. */
enum {
	R_RESULT = 0,
	R_CONTEXT = 1,
	R_TYPE = 2,
	R_WANTED = 3,
	R_MAJOR = 4,
	R_FREE = 5,
	R_MINOR = 6
};

struct program {
	struct arena *arena;
	struct bpf_insn *items;
	size_t count;
};

static void emit(struct program *to, unsigned code, unsigned dst, unsigned src, int off, int imm)
{
	*ARENA_PUSH(to->arena, to->items, to->count) = (struct bpf_insn){
		.code = (__u8) code,
		.dst_reg = dst & 0xf,
		.src_reg = src & 0xf,
		.off = (__s16) off,
		.imm = imm,
	};
}

static void emit_return(struct program *to, bool allow)
{
	emit(to, BPF_ALU64 | BPF_MOV | BPF_K, R_RESULT, 0, 0, allow);
	emit(to, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* Jumps to the next rule unless the register holds the number; the distance is filled in later. */
static void emit_must_be(struct program *to, unsigned reg, int number)
{
	emit(to, BPF_JMP | BPF_JNE | BPF_K, reg, 0, 0, number);
}

static void emit_rule(struct program *to, const struct device_rule *rule)
{
	const size_t begin = to->count;
	const int access = (int) rule->access;
	size_t checks;

	if (rule->type != 'a')
		emit_must_be(
			to, R_TYPE, rule->type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
	if (rule->major >= 0)
		emit_must_be(to, R_MAJOR, (int) rule->major);
	if (rule->minor >= 0)
		emit_must_be(to, R_MINOR, (int) rule->minor);
	checks = to->count;
	if (rule->access != DEVICE_ALL && rule->allow) {
		emit(to, BPF_ALU64 | BPF_AND | BPF_K, R_WANTED, 0, 0, DEVICE_ALL & ~access);
		emit_must_be(to, R_WANTED, 0);
		checks = to->count;
	} else if (rule->access != DEVICE_ALL) {
		emit(to, BPF_ALU64 | BPF_MOV | BPF_X, R_FREE, R_WANTED, 0, 0);
		emit(to, BPF_ALU64 | BPF_AND | BPF_K, R_FREE, 0, 0, access);
		emit(to, BPF_JMP | BPF_JEQ | BPF_K, R_FREE, 0, 0, 0);
		checks = to->count;
	}
	emit_return(to, rule->allow);
	for (size_t i = begin; i < checks; i++)
		if (BPF_CLASS(to->items[i].code) == BPF_JMP)
			to->items[i].off = (__s16) (to->count - i - 1);
}

size_t devices_program(const struct device_rule *rules, size_t count, struct arena *arena,
	const struct bpf_insn **ret)
{
	struct program to = { .arena = arena };

	emit(&to, BPF_LDX | BPF_MEM | BPF_W, R_TYPE, R_CONTEXT, 0, 0);
	emit(&to, BPF_ALU64 | BPF_MOV | BPF_X, R_WANTED, R_TYPE, 0, 0);
	emit(&to, BPF_ALU64 | BPF_AND | BPF_K, R_TYPE, 0, 0, 0xffff);
	emit(&to, BPF_ALU64 | BPF_RSH | BPF_K, R_WANTED, 0, 0, 16);
	emit(&to, BPF_LDX | BPF_MEM | BPF_W, R_MAJOR, R_CONTEXT, 4, 0);
	emit(&to, BPF_LDX | BPF_MEM | BPF_W, R_MINOR, R_CONTEXT, 8, 0);
	/* The last rule decides: so it comes first. */
	while (count > 0) {
		const struct device_rule *rule = &rules[--count];

		if (rule->type == 'a') {
			/* What stands before it is out of reach, which the kernel does not take. */
			emit_return(&to, rule->allow);
			break;
		}
		emit_rule(&to, rule);
		if (count == 0)
			emit_return(&to, false);
	}
	*ret = to.items;
	return to.count;
}

/* ---- version 1 ---------------------------------------------------------------------------------- */

/* What the kernel keeps: a default, and what differs from it. */
struct list {
	struct arena *arena;
	bool allow;
	struct device_rule *items;
	size_t count;
};

static bool same_place(const struct device_rule *a, const struct device_rule *b)
{
	return a->type == b->type && a->major == b->major && a->minor == b->minor;
}

static struct device_rule *find(const struct list *list, const struct device_rule *rule)
{
	for (size_t i = 0; i < list->count; i++)
		if (same_place(&list->items[i], rule))
			return &list->items[i];
	return NULL;
}

static void except(struct list *list, const struct device_rule *rule)
{
	struct device_rule *there = find(list, rule);

	if (there != NULL)
		there->access |= rule->access;
	else
		*ARENA_PUSH(list->arena, list->items, list->count) = *rule;
}

/* Whether each device of rule is one of wide. */
static bool covers(const struct device_rule *wide, const struct device_rule *rule)
{
	return wide->type == rule->type && (wide->major == -1 || wide->major == rule->major) &&
		(wide->minor == -1 || wide->minor == rule->minor);
}

static bool overlaps(const struct device_rule *a, const struct device_rule *b)
{
	return a->type == b->type && (a->major == -1 || b->major == -1 || a->major == b->major) &&
		(a->minor == -1 || b->minor == -1 || a->minor == b->minor);
}

/* The kernel takes back what is named by the same two numbers, and would ignore a hole in silence. */
static int take_back(struct list *list, const struct device_rule *rule, struct err *err)
{
	for (size_t i = 0; i < list->count; i++) {
		struct device_rule *there = &list->items[i];

		if ((there->access & rule->access) == 0 || !overlaps(there, rule))
			continue;
		if (!covers(rule, there))
			return err_at(err, rule->pointer,
				"takes a part out of a wider rule, which cgroup v1 cannot do");
		there->access &= ~rule->access;
	}
	return 0;
}

static int apply(struct list *list, const struct device_rule *rule, struct err *err)
{
	if (rule->type == 'a') {
		list->allow = rule->allow;
		list->count = 0;
		return 0;
	}
	if (rule->allow != list->allow) {
		except(list, rule);
		return 0;
	}
	return take_back(list, rule, err);
}

static void parse_list(struct list *to, const char *text)
{
	while (*text != '\0') {
		char type, major[12], minor[12], access[8];
		struct device_rule rule = { .pointer = "" };
		int64_t number;

		if (sscanf(text, "%c %11[0-9*]:%11[0-9*] %7[rwm]", &type, major, minor, access) ==
			4) {
			if (type == 'a')
				to->allow = true;
			rule.type = type;
			rule.major = str_to_i64(major, &number) == 0 ? number : -1;
			rule.minor = str_to_i64(minor, &number) == 0 ? number : -1;
			if (type != 'a' && read_access(access, &rule.access) == 0)
				except(to, &rule);
		}
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
}

struct writes {
	struct arena *arena;
	struct cgroup_value *items;
	size_t count;
};

static const char *number_text(struct arena *arena, int64_t number)
{
	return number < 0 ? "*" : arena_printf(arena, "%lld", (long long) number);
}

static void write_rule(
	struct writes *to, bool allow, const struct device_rule *rule, unsigned access)
{
	struct arena *arena = to->arena;
	const char *value = "a";

	if (access == 0)
		return;
	if (rule->type != 'a')
		value = arena_printf(arena, "%c %s:%s %s%s%s", rule->type,
			number_text(arena, rule->major), number_text(arena, rule->minor),
			(access & DEVICE_READ) != 0 ? "r" : "",
			(access & DEVICE_WRITE) != 0 ? "w" : "",
			(access & DEVICE_MKNOD) != 0 ? "m" : "");
	*ARENA_PUSH(arena, to->items, to->count) = (struct cgroup_value){
		.controller = "devices",
		.file = allow ? "devices.allow" : "devices.deny",
		.value = value,
		.pointer = rule->pointer,
	};
}

static unsigned access_in(const struct list *list, const struct device_rule *rule)
{
	const struct device_rule *there = find(list, rule);

	return there != NULL ? there->access : 0;
}

int devices_v1(const struct device_rule *rules, size_t count, const char *current,
	struct arena *arena, const struct cgroup_value **ret, size_t *ret_count, struct err *err)
{
	struct list wanted = { .arena = arena }, there = { .arena = arena };
	struct writes to = { .arena = arena };
	const struct device_rule everything = { .type = 'a',
		.pointer = count > 0 ? rules[0].pointer : "" };

	parse_list(&there, current);
	for (size_t i = 0; i < count; i++)
		if (apply(&wanted, &rules[i], err) < 0)
			return -1;
	if (wanted.allow || there.allow) {
		/* The exceptions from "all" are not shown by the kernel: it begins anew. */
		write_rule(&to, wanted.allow, &everything, DEVICE_ALL);
		there.count = 0;
	}
	for (size_t i = 0; i < wanted.count; i++)
		write_rule(&to, !wanted.allow, &wanted.items[i],
			wanted.items[i].access & ~access_in(&there, &wanted.items[i]));
	for (size_t i = 0; i < there.count; i++)
		write_rule(&to, wanted.allow, &there.items[i],
			there.items[i].access & ~access_in(&wanted, &there.items[i]));
	*ret = to.items;
	*ret_count = to.count;
	return 0;
}
