/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The verdicts of plan/filter.c against those of libseccomp: all calls of all architectures, with
 * arguments around every value that the profile names. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/str.h"
#include "container/proc.h"
#include "container/seccomp.h"
#include "kernel/seccomp.h"
#include "libocispec-lite/ocispec.h"
#include "libocispec-lite/spec.h"
#include "plan/filter.h"
#include "plan/parts.h"
#include "plan/seccomp.h"
#include "tests/machines.h"

static void machine_must(bool holds, const char *what)
{
	if (!holds)
		fail_msg("not so: %s", what);
}

/* ---- comparing ---------------------------------------------------------------------------------- */

struct pair {
	const struct sock_filter *ours, *theirs;
	unsigned short our_count, their_count;
	const struct seccomp_rules *rules;
	const struct filter_arch *arch; /* of the call */
	bool exact; /* no call where libseccomp errs is allowed for */
};

/* What the rules say, word by word, for a call that has conditions. Where libseccomp 2.5 joins several
 * comparisons of one argument that are not for equality it goes wrong; only then may it and we differ. */
static bool libseccomp_errs(const struct pair *pair, const struct seccomp_data *data, uint32_t ours)
{
	const bool is_32 = (data->arch & __AUDIT_ARCH_64BIT) == 0 || data->nr >= 0x40000000;
	uint32_t verdict = pair->rules->default_action;
	bool by_size = false, decided = false;

	for (size_t i = 0; i < pair->rules->rule_count; i++) {
		const struct seccomp_rule *rule = &pair->rules->rules[i];
		const bool twice =
			rule->arg_count == 2 && rule->args[0].index == rule->args[1].index;
		bool all = true, any = false;

		if (pair->arch->numbers[i] != data->nr || rule->action == verdict || decided)
			continue;
		for (size_t k = 0; k < rule->arg_count; k++) {
			const bool one = machine_holds(
				&rule->args[k], data, is_32 ? UINT32_MAX : UINT64_MAX);

			all &= one;
			any |= one;
			by_size |= rule->args[k].op != SECCOMP_OP_EQ;
		}
		if (twice ? any : all) {
			verdict = rule->action;
			decided = true;
		}
	}
	return by_size && verdict == ours;
}

static void compare(const struct pair *pair, const struct seccomp_data *data)
{
	const uint32_t ours = machine_filter(pair->ours, pair->our_count, data);
	const uint32_t theirs = machine_filter(pair->theirs, pair->their_count, data);

	if (ours == theirs || (!pair->exact && libseccomp_errs(pair, data, ours)))
		return;
	for (size_t i = 0; i < pair->rules->rule_count; i++) {
		const struct seccomp_rule *rule = &pair->rules->rules[i];

		if (pair->arch->numbers[i] != data->nr)
			continue;
		print_error("%s 0x%x", rule->name, rule->action);
		for (size_t k = 0; k < rule->arg_count; k++)
			print_error(" %u op %d 0x%llx 0x%llx", rule->args[k].index,
				(int) rule->args[k].op, (unsigned long long) rule->args[k].value,
				(unsigned long long) rule->args[k].value_two);
		print_error("\n");
	}
	fail_msg("arch 0x%x call %u (0x%llx 0x%llx 0x%llx 0x%llx): 0x%x, libseccomp 0x%x",
		data->arch, (unsigned) data->nr, (unsigned long long) data->args[0],
		(unsigned long long) data->args[1], (unsigned long long) data->args[2],
		(unsigned long long) data->args[3], ours, theirs);
}

/* Every value of the profile with its neighbours, whole and by halves, on every argument alone and on
 * two at once. */
static void compare_arguments(
	const struct pair *pair, struct seccomp_data *data, const uint64_t *values, size_t count)
{
	const bool is_32 = (data->arch & __AUDIT_ARCH_64BIT) == 0;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count; k++)
			for (int arg = 0; arg < 6; arg++) {
				memset(data->args, 0, sizeof(data->args));
				data->args[arg] = is_32 ? (uint32_t) values[i] : values[i];
				data->args[(arg + 1 + (int) (k % 5)) % 6] =
					is_32 ? (uint32_t) values[k] : values[k];
				compare(pair, data);
			}
}

static size_t add_value(uint64_t *values, size_t count, size_t room, uint64_t value)
{
	for (size_t i = 0; i < count; i++)
		if (values[i] == value)
			return count;
	if (count < room)
		values[count++] = value;
	return count;
}

static size_t collect_values(const struct seccomp_rules *rules, uint64_t *values, size_t room)
{
	size_t count = 0;

	count = add_value(values, count, room, 0);
	count = add_value(values, count, room, UINT64_MAX);
	for (size_t i = 0; i < rules->rule_count; i++)
		for (size_t k = 0; k < rules->rules[i].arg_count; k++)
			for (int two = 0; two < 2; two++) {
				const uint64_t v = two ? rules->rules[i].args[k].value_two
						       : rules->rules[i].args[k].value;

				count = add_value(values, count, room, v);
				count = add_value(values, count, room, v + 1);
				count = add_value(values, count, room, v - 1);
				count = add_value(values, count, room, v << 32);
				count = add_value(values, count, room, v | (uint64_t) 1 << 32);
				count = add_value(values, count, room, ~v);
			}
	return count;
}

static bool has_arguments(
	const struct seccomp_rules *rules, const struct filter_arch *arch, uint32_t number)
{
	/* i386's socketcall and ipc carry the rules of others. */
	if (arch->token == AUDIT_ARCH_I386 && (number == 102 || number == 117))
		return true;
	for (size_t i = 0; i < rules->rule_count; i++)
		if (rules->rules[i].arg_count > 0 && (uint32_t) arch->numbers[i] == number)
			return true;
	return false;
}

static void compare_all(const struct seccomp_rules *rules, const struct filter_arch *archs,
	size_t arch_count, struct pair *pair)
{
	static const uint32_t odd[] = { 0x3fffffff, 0x40000000, 0x400001ff, 0x7fffffff, 0x80000000,
		0xfffffffe, 0xffffffff };
	uint64_t values[64];
	const size_t value_count = collect_values(rules, values, 64);
	struct seccomp_data data = { .arch = AUDIT_ARCH_SPARC64 };

	pair->arch = &archs[0];
	compare(pair, &data);
	for (size_t i = 0; i < arch_count; i++) {
		const uint32_t base = archs[i].token == SECCOMP_ARCH_X32 ? 0x40000000 : 0;

		pair->arch = &archs[i];
		data.arch = base != 0 ? AUDIT_ARCH_X86_64 : archs[i].token;
		for (uint32_t number = 0; number < 1100; number++) {
			data.nr = (int) (base + number);
			if (has_arguments(rules, &archs[i], base + number))
				compare_arguments(pair, &data, values, value_count);
			memset(data.args, 0, sizeof(data.args));
			compare(pair, &data);
		}
		for (size_t k = 0; k < sizeof(odd) / sizeof(odd[0]); k++) {
			data.nr = (int) odd[k];
			compare(pair, &data);
		}
	}
}

/* Returns whether the profile was one of ours. */
static bool check_profile(const struct seccomp_rules *rules, bool exact, struct arena *arena)
{
	struct filter_arch archs[8];
	struct err err = { 0 };
	struct pair pair = { .rules = rules, .exact = exact };
	uint32_t *tokens;
	size_t count;

	seccomp_archs(rules, arena, &tokens, &count);
	assert_true(count <= 8);
	for (size_t i = 0; i < count; i++) {
		int *numbers = arena_array(arena, rules->rule_count, sizeof(int));

		seccomp_numbers(rules, tokens[i], numbers);
		archs[i] = (struct filter_arch){ tokens[i], numbers };
	}
	if (filter_compile(rules, archs, count, arena, &pair.ours, &pair.our_count) != 0)
		return false;
	if (seccomp_compile(rules, arena, &pair.theirs, &pair.their_count, &err) < 0)
		fail_msg("%s", err.text);
	compare_all(rules, archs, count, &pair);
	return true;
}

/* ---- profiles of engines ------------------------------------------------------------------------ */

static void *from_arena(void *data, size_t size)
{
	return arena_alloc(data, size);
}

static void check_file(const char *name)
{
	_cleanup_arena_ struct arena arena = { 0 };
	const struct ocispec_alloc alloc = { from_arena, &arena };
	const char *top = getenv("OCIRT_SRCDIR");
	const char *path = arena_printf(&arena, "%s/tests/configs/%s", top ? top : ".", name);
	const struct seccomp_plan *plan = NULL;
	struct plan_input in = { .arena = &arena };
	struct ocispec_error at;
	struct err err = { 0 };
	void *spec = NULL;
	size_t length;
	char *text;

	assert_int_equal(io_read_file(path, OCISPEC_MAX_BYTES, &arena, &text, &length, &err), 0);
	assert_int_equal(ocispec_parse(&ocispec_config, text, length, &alloc, NULL, &spec, &at), 0);
	in.spec = spec;
	assert_int_equal(plan_seccomp(&in, &plan, &err), 0);
	assert_non_null(plan);
	assert_true(check_profile(&plan->rules, true, &arena));
}

static void test_engines(void **state)
{
	(void) state;
	check_file("docker-01.json");
	check_file("podman-01.json");
}

/* ---- made-up profiles --------------------------------------------------------------------------- */

static const char *const names[] = { "read", "write", "openat", "socket", "connect", "accept",
	"send", "clone", "clone3", "semget", "shmat", "msgctl", "ioctl", "personality",
	"socketcall", "ipc", "mmap2", "fcntl64", "keyctl", "futex", "getppid", "no_such_call" };
static const uint32_t actions[] = { SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO | EPERM,
	SECCOMP_RET_ERRNO | ENOSYS, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_LOG, SECCOMP_RET_TRAP };
static const uint64_t interesting[] = { 0, 1, 2, 40, 0x7e020000, 0xffffffff, 0x100000000,
	0x8000000000000000, 0xfffffffffffffffe };
static const uint32_t arch_tokens[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, SECCOMP_ARCH_X32,
	AUDIT_ARCH_AARCH64, AUDIT_ARCH_RISCV64 };

#define PICK(list, random) ((list)[(random) % (sizeof(list) / sizeof((list)[0]))])

/* A generator of its own: the same profiles everywhere and always. */
static uint32_t next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t) (*seed >> 33);
}

static void make_profile(
	uint64_t *seed, bool one_action, struct seccomp_rules *ret, struct arena *arena)
{
	const size_t count = 1 + next(seed) % 12;
	struct seccomp_rule *list = arena_array(arena, count, sizeof(*list));
	uint32_t *archs = arena_array(arena, 3, sizeof(*archs));
	const uint32_t action = PICK(actions, next(seed));

	for (size_t i = 0; i < count; i++) {
		const size_t arg_count = next(seed) % 3 == 0 ? 1 + next(seed) % 2 : 0;
		struct seccomp_arg *args = arena_array(arena, 2, sizeof(*args));

		for (size_t k = 0; k < arg_count; k++)
			args[k] = (struct seccomp_arg){
				.index = (next(seed) % 3 + (unsigned) k) % 6,
				.op = (enum seccomp_op)(1 + next(seed) % 7),
				.value = PICK(interesting, next(seed)),
				.value_two = PICK(interesting, next(seed)),
			};
		for (size_t k = 0; k < arg_count; k++)
			if (args[k].op == SECCOMP_OP_MASKED_EQ)
				args[k].value_two &= args[k].value;
		list[i] = (struct seccomp_rule){ PICK(names, next(seed)),
			one_action ? action : PICK(actions, next(seed)), args, arg_count };
	}
	*ret = (struct seccomp_rules){
		.default_action = PICK(actions, next(seed)),
		.default_errno_given = next(seed) % 2 == 0,
		.archs = archs,
		.arch_count = next(seed) % 4,
		.rules = list,
		.rule_count = count,
	};
	for (size_t i = 0; i < ret->arch_count; i++)
		archs[i] = PICK(arch_tokens, next(seed));
}

static void test_made_up(void **state)
{
	uint64_t seed = 20250607;
	int ours = 0;

	(void) state;
	for (int i = 0; i < 300; i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		struct seccomp_rules rules;

		make_profile(&seed, i % 2 == 0, &rules, &arena);
		ours += check_profile(&rules, false, &arena);
	}
	assert_true(ours > 200);
}

/* Two verdicts at once: the order is libseccomp's own, and so is the program. */
static void test_left_to_libseccomp(void **state)
{
	static const struct seccomp_arg a = { 0, SECCOMP_OP_EQ, 1, 0 };
	static const struct seccomp_arg b = { 1, SECCOMP_OP_EQ, 2, 0 };
	static const struct seccomp_rule list[] = {
		{ "socket", SECCOMP_RET_ALLOW, &a, 1 },
		{ "socket", SECCOMP_RET_ERRNO | EPERM, &b, 1 },
	};
	const struct seccomp_plan plan = {
		.rules = { .default_action = SECCOMP_RET_KILL_PROCESS,
			.rules = list,
			.rule_count = 2 },
		.flags = SECCOMP_FILTER_FLAG_LOG,
	};
	_cleanup_arena_ struct arena arena = { 0 };
	struct proc_filter filter;
	struct err err = { 0 };
	struct seccomp_data data = { .arch = AUDIT_ARCH_X86_64, .nr = 41, .args = { 1, 3 } };

	(void) state;
	assert_false(check_profile(&plan.rules, true, &arena));
	assert_int_equal(seccomp_filter_make(&plan, &arena, &filter, &err), 0);
	assert_int_equal(filter.flags, SECCOMP_FILTER_FLAG_LOG);
	assert_int_equal(filter.listener_socket, -1);
#ifdef __x86_64__
	assert_int_equal(machine_filter(filter.code, filter.count, &data), SECCOMP_RET_ALLOW);
	data.args[0] = 2;
	assert_int_equal(
		machine_filter(filter.code, filter.count, &data), SECCOMP_RET_KILL_PROCESS);
#endif
	assert_int_equal(seccomp_filter_make(NULL, &arena, &filter, &err), 0);
	assert_null(filter.code);
}

/* Two rules for one call on which libseccomp 2.5 never ends. One that can do it may. */
static void test_endless(void **state)
{
	static const struct seccomp_arg a[] = { { 5, SECCOMP_OP_GE, 1, 0 },
		{ 3, SECCOMP_OP_EQ, 0, 0 }, { 0, SECCOMP_OP_NE, 0, 0 } };
	static const struct seccomp_arg b[] = { { 3, SECCOMP_OP_MASKED_EQ, 0xfb, 0xc0 },
		{ 4, SECCOMP_OP_EQ, 1, 0 }, { 0, SECCOMP_OP_NE, 0, 0 } };
	static const struct seccomp_rule list[] = {
		{ "personality", SECCOMP_RET_KILL_THREAD, a, 3 },
		{ "personality", SECCOMP_RET_KILL_PROCESS, b, 3 },
	};
	const struct seccomp_plan plan = {
		.rules = { .default_action = SECCOMP_RET_LOG, .rules = list, .rule_count = 2 },
	};
	_cleanup_arena_ struct arena arena = { 0 };
	struct proc_filter filter;
	struct err err = { 0 };

	(void) state;
	if (seccomp_filter_make(&plan, &arena, &filter, &err) == 0) {
		assert_non_null(filter.code);
		return;
	}
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_string_equal(err.pointer, "/linux/seccomp");
	assert_non_null(strstr(err.text, "libseccomp does not get done"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_engines),
		cmocka_unit_test(test_made_up),
		cmocka_unit_test(test_left_to_libseccomp),
		cmocka_unit_test(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
