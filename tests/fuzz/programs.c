/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is compiled for the kernel: device rules and seccomp profiles. The programs are run here, by
 * interpreters of the instructions that they use, against the plain reading of what they were made from. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/bpf.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "container/proc.h"
#include "container/seccomp.h"
#include "fuzz.h"
#include "kernel/seccomp.h"
#include "plan/devices.h"
#include "plan/filter.h"
#include "plan/seccomp.h"
#include "tests/machines.h"

static void machine_must(bool holds, const char *what)
{
	must(holds, what);
}

#if TARGET == DEVICES
enum { RULES = 48, TEXT = 24 };

/* ---- version 2 ---------------------------------------------------------------------------------- */

/* The specification: in the listed order, the last that fits decides; one access at a time. */
static bool is_allowed(const struct device_rule *rules, size_t count, char type, uint32_t major,
	uint32_t minor, unsigned access)
{
	bool allow = false;

	for (size_t i = 0; i < count; i++)
		if ((rules[i].type == 'a' || rules[i].type == type) &&
			(rules[i].major == -1 || rules[i].major == major) &&
			(rules[i].minor == -1 || rules[i].minor == minor) &&
			(rules[i].access & access) != 0)
			allow = rules[i].allow;
	return allow;
}

/* ---- version 1: the kernel's two lists, as its devices controller keeps them ---------------------- */

struct lists {
	bool allow;
	struct device_rule items[4 * RULES];
	size_t count;
};

static void write_v1(struct lists *to, bool allow, const struct device_rule *rule)
{
	size_t i = 0;

	if (rule->type == 'a') {
		to->allow = allow;
		to->count = 0;
		return;
	}
	while (i < to->count &&
		(to->items[i].type != rule->type || to->items[i].major != rule->major ||
			to->items[i].minor != rule->minor))
		i++;
	if (allow == to->allow && i < to->count)
		to->items[i].access &= ~rule->access;
	if (allow == to->allow)
		return;
	must(i < 4 * (size_t) RULES, "not more entries than rules");
	if (i == to->count) {
		to->items[to->count++] = *rule;
		to->items[i].access = 0;
	}
	to->items[i].access |= rule->access;
}

static bool is_allowed_v1(
	const struct lists *lists, char type, uint32_t major, uint32_t minor, unsigned access)
{
	for (size_t i = 0; i < lists->count; i++)
		if (lists->items[i].type == type &&
			(lists->items[i].major == -1 || lists->items[i].major == major) &&
			(lists->items[i].minor == -1 || lists->items[i].minor == minor) &&
			(lists->items[i].access & access) != 0)
			return !lists->allow;
	return lists->allow;
}

static struct device_rule read_line(const char *value)
{
	struct device_rule rule = { .type = value[0], .major = -1, .minor = -1 };
	char major[12], minor[12], access[4];

	if (value[0] == 'a' && value[1] == '\0')
		return rule;
	must(sscanf(value, "%*c %11[0-9*]:%11[0-9*] %3[rwm]", major, minor, access) == 3 &&
			(value[0] == 'b' || value[0] == 'c'),
		"a line that the kernel takes");
	rule.major = major[0] == '*' ? -1 : atol(major);
	rule.minor = minor[0] == '*' ? -1 : atol(minor);
	for (const char *c = access; *c != '\0'; c++)
		rule.access |= *c == 'r' ? DEVICE_READ : *c == 'w' ? DEVICE_WRITE : DEVICE_MKNOD;
	return rule;
}

static const char *list_text(const struct lists *lists, struct arena *arena)
{
	char *text = arena_str(arena, lists->allow ? "a *:* rwm\n" : "");

	for (size_t i = 0; !lists->allow && i < lists->count; i++) {
		const struct device_rule *rule = &lists->items[i];
		char major[TEXT] = "*", minor[TEXT] = "*";

		if (rule->access == 0)
			continue;
		if (rule->major >= 0)
			(void) snprintf(major, sizeof(major), "%lld", (long long) rule->major);
		if (rule->minor >= 0)
			(void) snprintf(minor, sizeof(minor), "%lld", (long long) rule->minor);
		text = arena_printf(arena, "%s%c %s:%s %s%s%s\n", text, rule->type, major, minor,
			(rule->access & DEVICE_READ) != 0 ? "r" : "",
			(rule->access & DEVICE_WRITE) != 0 ? "w" : "",
			(rule->access & DEVICE_MKNOD) != 0 ? "m" : "");
	}
	return text;
}

/* ---- all devices that a rule may tell apart ------------------------------------------------------- */

struct devices {
	uint32_t numbers[2 * RULES + 2];
	size_t count;
	size_t at; /* of the one that is looked at now */
	char type;
	uint32_t major, minor;
	unsigned access;
};

static void add_number(struct devices *devices, int64_t number)
{
	for (size_t i = 0; i < devices->count; i++)
		if (number < 0 || devices->numbers[i] == (uint32_t) number)
			return;
	if (devices->count < 12)
		devices->numbers[devices->count++] = (uint32_t) number;
}

static bool next_device(struct devices *d)
{
	const size_t n = d->count, at = d->at++;

	d->type = at % 2 == 0 ? 'b' : 'c';
	d->access = 1U << (at / 2 % 3);
	d->major = d->numbers[at / 6 % n];
	d->minor = d->numbers[at / 6 / n % n];
	return at < 6 * n * n;
}

static struct device_rule take_rule(struct input *in)
{
	const unsigned bits = take(in), major = take(in), minor = take(in);
	struct device_rule rule = {
		.allow = (bits & 1) != 0,
		.type = "abcc"[bits >> 1 & 3],
		.access = 1 + (bits >> 3) % 7,
		.major = major > 200  ? -1
			: major > 190 ? (int64_t) INT32_MAX
				      : (int64_t) major,
		.minor = minor > 200  ? -1
			: minor > 190 ? (int64_t) INT32_MAX
				      : (int64_t) minor,
		.pointer = "/linux/resources/devices/0",
	};

	if (rule.type == 'a') {
		rule.major = rule.minor = -1;
		rule.access = DEVICE_ALL;
	}
	return rule;
}

static void check_v2(
	const struct device_rule *rules, size_t count, struct devices d, struct arena *arena)
{
	const struct bpf_insn *code;
	const size_t length = devices_program(rules, count, arena, &code);

	while (next_device(&d)) {
		struct bpf_cgroup_dev_ctx device = { .major = d.major, .minor = d.minor };

		device.access_type =
			d.access << 16 | (d.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
		must(machine_device(code, length, &device) ==
				is_allowed(rules, count, d.type, d.major, d.minor, d.access),
			"the program decides as the rules");
	}
}

static void check_v1(const struct device_rule *rules, size_t count, struct lists *lists,
	struct devices d, struct arena *arena)
{
	const struct lists before = *lists;
	const struct cgroup_value *values;
	struct err err = { 0 };
	size_t value_count;

	if (devices_v1(rules, count, list_text(lists, arena), arena, &values, &value_count, &err) <
		0) {
		must(err.text[0] != '\0' && err.pointer[0] == '/', "a hole has a place");
		return;
	}
	for (size_t i = 0; i < value_count; i++) {
		const struct device_rule rule = read_line(values[i].value);
		struct devices each = d;

		write_v1(lists, str_eq(values[i].file, "devices.allow"), &rule);
		if (before.allow || values[0].value[0] == 'a')
			continue;
		while (next_device(&each))
			must(!is_allowed_v1(
				     &before, each.type, each.major, each.minor, each.access) ||
					!is_allowed(rules, count, each.type, each.major, each.minor,
						each.access) ||
					is_allowed_v1(lists, each.type, each.major, each.minor,
						each.access),
				"what stays allowed is never denied");
	}
	while (next_device(&d))
		must(is_allowed_v1(lists, d.type, d.major, d.minor, d.access) ==
				is_allowed(rules, count, d.type, d.major, d.minor, d.access),
			"the kernel's lists decide as the rules");
}

void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	struct input in = { bytes, length };
	const unsigned choice = take(&in);
	struct device_rule rules[RULES];
	struct lists lists = { .allow = (choice & 1) != 0 };
	struct devices d = { .numbers = { 0, 255 }, .count = 2 };
	size_t count = 1, there = choice >> 1 & 7;

	for (; there > 0; there--) {
		const struct device_rule rule = take_rule(&in);

		if (rule.type != 'a')
			write_v1(&lists, !lists.allow, &rule);
		add_number(&d, rule.major);
		add_number(&d, rule.minor);
	}
	/* A container's list begins with a verdict on all of them. */
	rules[0] = (struct device_rule){ (choice & 16) != 0, 'a', -1, -1, DEVICE_ALL, "/" };
	for (; in.left > 0 && count < RULES; count++) {
		rules[count] = take_rule(&in);
		add_number(&d, rules[count].major);
		add_number(&d, rules[count].minor);
	}
	/* And a list that begins otherwise, which denies the others. */
	if (count > 1)
		check_v2(rules + 1, count - 1, d, arena);
	check_v2(rules, count, d, arena);
	check_v1(rules, count, &lists, d, arena);
}
#elif TARGET == SECCOMP
enum { PROFILE_RULES = 24, DATA_SETS = 64 };

/* All conditions hold; where they name one argument twice, one of them does. */
static bool applies(const struct seccomp_rule *rule, const struct seccomp_data *data, uint64_t most)
{
	bool all = true, any = false, twice = false;

	for (size_t i = 0; i < rule->arg_count; i++) {
		const bool one = machine_holds(&rule->args[i], data, most);

		all &= one;
		any |= one;
		for (size_t k = 0; k < i; k++)
			twice |= rule->args[i].index == rule->args[k].index;
	}
	return twice ? any : all;
}

static bool refuses(uint32_t action)
{
	const uint32_t kind = action & SECCOMP_RET_ACTION_FULL;

	return kind != SECCOMP_RET_ALLOW && kind != SECCOMP_RET_LOG && kind != SECCOMP_RET_TRACE;
}

/* The meaning of a profile for a call of an architecture of it, as plan/filter.h has it. */
static uint32_t meaning(const struct seccomp_rules *rules, const struct filter_arch *arch,
	const struct seccomp_data *data)
{
	const uint64_t most = (arch->token & __AUDIT_ARCH_64BIT) != 0 ? UINT64_MAX : UINT32_MAX;
	const uint32_t other = rules->default_action;
	uint32_t verdict = other;
	int newest = -1;

	for (size_t i = 0; i < rules->rule_count; i++) {
		const struct seccomp_rule *rule = &rules->rules[i];

		newest = arch->numbers[i] > newest ? arch->numbers[i] : newest;
		if (arch->numbers[i] == data->nr && rule->arg_count == 0 && rule->action != other)
			return rule->action;
	}
	for (size_t i = 0; i < rules->rule_count; i++)
		if (arch->numbers[i] == data->nr && rules->rules[i].action != other &&
			applies(&rules->rules[i], data, most))
			verdict = rules->rules[i].action;
	if (newest >= 0 && data->nr > newest && !rules->default_errno_given && refuses(other))
		return SECCOMP_RET_ERRNO | ENOSYS;
	return verdict;
}

static const char *const names[] = { "read", "write", "openat", "socket", "connect", "clone",
	"clone3", "ioctl", "personality", "mmap", "fcntl", "keyctl", "futex", "getppid", "execve",
	"landlock_create_ruleset", "semget", "send", "no_such_call" };
static const uint32_t actions[] = { SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM,
	SECCOMP_RET_ERRNO | ENOSYS, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD,
	SECCOMP_RET_LOG, SECCOMP_RET_TRAP, SECCOMP_RET_TRACE | 1, SECCOMP_RET_USER_NOTIF };
static const uint32_t tokens[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, SECCOMP_ARCH_X32,
	AUDIT_ARCH_AARCH64, AUDIT_ARCH_RISCV64 };

#define PICK(list, in) ((list)[take(in) % (sizeof(list) / sizeof((list)[0]))])

static uint64_t take_value(struct input *in)
{
	const unsigned kind = take(in);
	uint64_t value = 0;

	for (unsigned i = 0; i < kind % 9; i++)
		value = value << 8 | take(in);
	return (kind & 0x80) != 0 ? ~value : value;
}

static void take_profile(struct input *in, struct arena *arena, struct seccomp_rules *ret)
{
	struct seccomp_rule *list = arena_array(arena, PROFILE_RULES, sizeof(*list));
	uint32_t *archs = arena_array(arena, 4, sizeof(*archs));
	const unsigned bits = take(in);

	*ret = (struct seccomp_rules){ .default_action = PICK(actions, in),
		.default_errno_given = (bits & 1) != 0,
		.archs = archs,
		.arch_count = bits >> 1 & 3,
		.rules = list,
		.rule_count = (bits >> 3) % PROFILE_RULES };
	for (size_t i = 0; i < ret->arch_count; i++)
		archs[i] = PICK(tokens, in);
	for (size_t i = 0; i < ret->rule_count; i++) {
		const unsigned shape = take(in);
		struct seccomp_arg *args = arena_array(arena, 3, sizeof(*args));

		list[i] = (struct seccomp_rule){ PICK(names, in), PICK(actions, in), args,
			shape % 4 };
		for (size_t k = 0; k < list[i].arg_count; k++) {
			args[k] = (struct seccomp_arg){ .index = take(in) % 6,
				.op = (enum seccomp_op)(1 + take(in) % 7),
				.value = take_value(in) };
			if (args[k].op == SECCOMP_OP_MASKED_EQ)
				args[k].value_two = take_value(in) & args[k].value;
		}
	}
}

/* Arguments on and beside the values of the profile, and those of the input. */
static void take_arguments(
	struct input *in, const struct seccomp_rules *rules, struct seccomp_data *data)
{
	for (int i = 0; i < 6; i++) {
		const unsigned from = take(in);
		const struct seccomp_rule *rule =
			rules->rule_count > 0 ? &rules->rules[from % rules->rule_count] : NULL;

		data->args[i] = rule == NULL || rule->arg_count == 0
			? take_value(in)
			: rule->args[0].value + (uint64_t) (take(in) % 3) - 1;
	}
}

static bool is_possible(const struct seccomp_rules *rules, uint32_t verdict)
{
	if (verdict == rules->default_action || verdict == (SECCOMP_RET_ERRNO | ENOSYS) ||
		verdict == SECCOMP_RET_KILL_THREAD || verdict == SECCOMP_RET_KILL_PROCESS)
		return true;
	for (size_t i = 0; i < rules->rule_count; i++)
		if (rules->rules[i].action == verdict)
			return true;
	return false;
}

void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	struct input in = { bytes, length };
	struct seccomp_rules rules;
	struct filter_arch *archs;
	struct seccomp_data data = { .arch = AUDIT_ARCH_SPARC64 };
	const struct sock_filter *code;
	unsigned short code_count;
	struct err err = { 0 };
	uint32_t *all;
	size_t count;
	bool ours;

	if (length == 0)
		return;
	take_profile(&in, arena, &rules);
	seccomp_archs(&rules, arena, &all, &count);
	archs = arena_array(arena, count, sizeof(*archs));
	for (size_t i = 0; i < count; i++) {
		int *numbers = arena_array(arena, rules.rule_count, sizeof(*numbers));

		seccomp_numbers(&rules, all[i], numbers);
		archs[i] = (struct filter_arch){ all[i], numbers };
	}
	ours = filter_compile(&rules, archs, count, arena, &code, &code_count) == 0;
	/* The library's own tree never ends for some. Once in a while will do, within its time. */
	if (!ours) {
		const struct seccomp_plan plan = { .rules = rules };
		struct proc_filter filter;

		if (bytes[length - 1] % 64 != 0 ||
			seccomp_filter_make(&plan, arena, &filter, &err) < 0)
			return;
		code = filter.code;
		code_count = filter.count;
	}
	if (ours)
		must(machine_filter(code, code_count, &data) == SECCOMP_RET_KILL_THREAD,
			"an architecture that is not the profile's is killed");
	for (int set = 0; set < DATA_SETS; set++) {
		const struct filter_arch *arch = &archs[(size_t) set % count];
		const bool x32 = arch->token == SECCOMP_ARCH_X32;
		const unsigned which = take(&in);
		uint32_t verdict;

		data.arch = x32 ? AUDIT_ARCH_X86_64 : arch->token;
		data.nr = (int) which * 3;
		if (rules.rule_count > 0 && arch->numbers[which % rules.rule_count] >= 0)
			data.nr = arch->numbers[which % rules.rule_count];
		take_arguments(&in, &rules, &data);
		verdict = machine_filter(code, code_count, &data);
		/* socketcall and ipc of i386 carry the rules of other calls: container/seccomp_test.c
		 * has them beside libseccomp's. */
		if (ours && !x32 &&
			!(arch->token == AUDIT_ARCH_I386 &&
				(data.nr == 102 || data.nr == 117 ||
					(data.nr >= 337 && data.nr <= 402))))
			must(verdict == meaning(&rules, arch, &data),
				"the program decides as the profile");
		must(is_possible(&rules, verdict), "a verdict of the profile");
	}
}
#endif
