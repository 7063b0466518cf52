/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program is run here, by an interpreter of the few instructions that it uses, against the plain
 * reading of the rules; the lines of version 1 against the kernel's rules for its two lists. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/bpf.h>
#include <string.h>

#include "libocispec-lite/spec.h"
#include "plan/devices.h"
#include "tests/machines.h"

static void machine_must(bool holds, const char *what)
{
	if (!holds)
		fail_msg("not so: %s", what);
}

/* Every instruction can be reached, which kernels before 5.3 ask for. */
static void check_reachable(const struct bpf_insn *code, size_t count)
{
	bool reached[4096] = { [0] = true };

	assert_in_range(count, 1, sizeof(reached));
	for (size_t pc = 0; pc < count; pc++) {
		if (!reached[pc])
			fail_msg("instruction %zu cannot be reached", pc);
		if (code[pc].code == (BPF_JMP | BPF_EXIT))
			continue;
		assert_true(pc + 1 < count);
		reached[pc + 1] = true;
		if (BPF_CLASS(code[pc].code) == BPF_JMP) {
			assert_true(pc + 1 + (size_t) code[pc].off < count);
			reached[pc + 1 + (size_t) code[pc].off] = true;
		}
	}
}

/* The specification's words: in the listed order, so the last that fits decides. */
static bool allowed(const struct device_rule *rules, size_t count, char type, unsigned major,
	unsigned minor, unsigned access)
{
	for (unsigned bit = 1; bit <= DEVICE_WRITE; bit <<= 1) {
		bool allow = false;

		if ((access & bit) == 0)
			continue;
		for (size_t i = 0; i < count; i++)
			if ((rules[i].type == 'a' || rules[i].type == type) &&
				(rules[i].major == -1 || rules[i].major == major) &&
				(rules[i].minor == -1 || rules[i].minor == minor) &&
				(rules[i].access & bit) != 0)
				allow = rules[i].allow;
		if (!allow)
			return false;
	}
	return true;
}

static void compare(const struct device_rule *rules, size_t count)
{
	static const unsigned numbers[] = { 0, 1, 3, 5, 10, 136, 200, 1048575 };
	enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };
	_cleanup_arena_ struct arena arena = { 0 };
	const struct bpf_insn *code;
	const size_t length = devices_program(rules, count, &arena, &code);

	check_reachable(code, length);
	for (unsigned i = 0; i < 2U * NUMBERS * NUMBERS * 7; i++) {
		const unsigned access = 1 + i % 7, major = numbers[i / 7 % NUMBERS],
			       minor = numbers[i / 7 / NUMBERS % NUMBERS];
		const char type = i / 7 / NUMBERS / NUMBERS == 0 ? 'b' : 'c';
		const struct bpf_cgroup_dev_ctx ctx = {
			.access_type = access << 16 |
				(type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR),
			.major = major,
			.minor = minor,
		};

		if (machine_device(code, length, &ctx) !=
			allowed(rules, count, type, major, minor, access))
			fail_msg("%c %u:%u access %u", type, major, minor, access);
	}
}

static void test_program(void **state)
{
	static const struct device_rule deny_all = { false, 'a', -1, -1, DEVICE_ALL, "" };
	static const struct device_rule allow_all = { true, 'a', -1, -1, DEVICE_ALL, "" };
	const struct device_rule holes[] = { deny_all, { true, 'c', -1, -1, DEVICE_ALL, "" },
		{ false, 'c', 1, 3, DEVICE_WRITE, "" }, { true, 'c', 1, -1, DEVICE_MKNOD, "" },
		{ false, 'b', 10, 5, DEVICE_READ | DEVICE_MKNOD, "" } };
	const struct device_rule late[] = { allow_all, { false, 'b', 1, 3, DEVICE_ALL, "" },
		deny_all, { true, 'b', 5, 1, DEVICE_READ, "" } };
	const struct device_rule all_but[] = { allow_all, { false, 'c', 5, -1, DEVICE_WRITE, "" },
		{ false, 'b', -1, 200, DEVICE_MKNOD, "" } };
	uint32_t seed = 1;

	(void) state;
	compare(&deny_all, 1);
	compare(&allow_all, 1);
	compare(holes, 5);
	compare(late, 4);
	compare(all_but, 3);
	for (unsigned round = 0; round < 300; round++) {
		static const int64_t majors[] = { -1, 1, 5, 136 }, minors[] = { -1, 0, 3, 200 };
		struct device_rule rules[6];
		size_t count = 1 + round % 6;

		for (size_t i = 0; i < count; i++) {
			seed = seed * 1664525 + 1013904223;
			rules[i] = (struct device_rule){ .allow = (seed >> 8 & 1) != 0,
				.type = (seed >> 9 & 7) == 0 ? 'a'
					: (seed >> 9 & 1)    ? 'b'
							     : 'c',
				.major = majors[seed >> 13 & 3],
				.minor = minors[seed >> 16 & 3],
				.access = 1 + (seed >> 19 & 7) % 7,
				.pointer = "" };
			if (rules[i].type == 'a') {
				rules[i].major = rules[i].minor = -1;
				rules[i].access = DEVICE_ALL;
			}
		}
		compare(rules, count);
	}
}

static const char *lines_of(const struct cgroup_value *values, size_t count, struct arena *arena)
{
	const char *text = "";

	for (size_t i = 0; i < count; i++)
		text = arena_printf(arena, "%s%s%c%s", text, i > 0 ? "; " : "",
			values[i].file[8] == 'a' ? '+' : '-', values[i].value);
	return text;
}

static void test_lines(void **state)
{
	static const struct device_rule deny = { false, 'a', -1, -1, DEVICE_ALL, "/0" };
	static const struct device_rule allow = { true, 'a', -1, -1, DEVICE_ALL, "/0" };
	static const struct device_rule null_rw = { true, 'c', 1, 3, DEVICE_READ | DEVICE_WRITE,
		"/1" };
	static const struct device_rule no_zero = { false, 'c', 1, 5, DEVICE_ALL, "/1" };
	static const struct device_rule chars = { true, 'c', -1, -1, DEVICE_MKNOD, "/2" };
	static const struct device_rule no_char = { false, 'c', 1, 5, DEVICE_MKNOD, "/3" };
	const struct {
		const struct device_rule rules[4];
		size_t count;
		const char *current;
		const char *lines; /* "!" and the pointer: refused */
	} cases[] = {
		{ { deny, null_rw }, 2, "a *:* rwm\n", "-a; +c 1:3 rw" },
		{ { null_rw }, 1, "a *:* rwm\n", "-a; +c 1:3 rw" },
		{ { deny, null_rw }, 2, "c 1:3 rw\n", "" },
		{ { deny, null_rw }, 2, "c 1:3 rwm\nb 8:0 r\n", "-c 1:3 m; -b 8:0 r" },
		{ { deny, null_rw, chars }, 3, "c 1:3 r\nb *:* m\n",
			"+c 1:3 w; +c *:* m; -b *:* m" },
		{ { allow, no_zero }, 2, "c 1:3 rwm\n", "+a; -c 1:5 rwm" },
		{ { allow, no_zero, null_rw }, 3, "a *:* rwm\n", "+a; -c 1:5 rwm" },
		{ { deny, chars, no_char }, 3, "", "!/3" },
		{ { deny, null_rw, { false, 'c', 1, 3, DEVICE_READ, "/2" } }, 3, "", "+c 1:3 w" },
		/* What is taken back by a wider rule is gone; what only overlaps is a hole. */
		{ { deny, null_rw, { false, 'c', -1, -1, DEVICE_WRITE, "/2" } }, 3, "",
			"+c 1:3 r" },
		{ { deny, null_rw, { false, 'c', 1, -1, DEVICE_ALL, "/2" } }, 3, "c 1:3 rw\n",
			"-c 1:3 rw" },
		{ { allow, no_zero, { true, 'c', -1, 5, DEVICE_ALL, "/2" } }, 3, "", "+a" },
		{ { deny, { true, 'c', 1, -1, DEVICE_READ, "/1" },
			  { false, 'c', -1, 3, DEVICE_ALL, "/2" } },
			3, "", "!/2" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		const struct cgroup_value *values;
		struct err err = { 0 };
		size_t count;
		const int rc = devices_v1(cases[i].rules, cases[i].count, cases[i].current, &arena,
			&values, &count, &err);

		if (cases[i].lines[0] == '!') {
			assert_int_equal(rc, -1);
			assert_string_equal(err.pointer, cases[i].lines + 1);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_string_equal(lines_of(values, count, &arena), cases[i].lines);
	}
}

static void test_rules(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	int64_t one = 1;
	struct spec_device_cgroup items[] = { { .allow = false, .access = (char *) "rwm" },
		{ .allow = true, .major = &one, .access = (char *) "r" } };
	struct spec_resources given = { .devices = { items, 2 } };
	struct facts facts = { .euid = 0, .sys_admin = true };
	const struct plan_input in = { NULL, &facts, NULL, &arena, NULL };
	struct cgroup_plan got = { 0 };
	struct err err = { 0 };

	(void) state;
	assert_int_equal(plan_devices(&in, &given, true, "/r", &got, &err), 0);
	assert_int_equal(got.device_rules[0].type, 'a');
	/* "All of major 1" is two rules: a bare "a" would be everything. */
	assert_int_equal(got.device_rules[1].type, 'b');
	assert_int_equal(got.device_rules[2].type, 'c');
	assert_int_equal(got.device_rules[2].major, 1);
	assert_string_equal(got.device_rules[2].pointer, "/r/devices/1");
	assert_true(allowed(got.device_rules, got.device_rule_count, 'c', 1, 3, DEVICE_ALL));
	assert_true(allowed(got.device_rules, got.device_rule_count, 'c', 136, 9, DEVICE_ALL));
	assert_true(allowed(got.device_rules, got.device_rule_count, 'b', 8, 0, DEVICE_MKNOD));
	assert_false(allowed(got.device_rules, got.device_rule_count, 'b', 8, 0, DEVICE_READ));
	assert_false(allowed(got.device_rules, got.device_rule_count, 'c', 5, 1, DEVICE_READ));
	compare(got.device_rules, got.device_rule_count);
	given.devices.count = 0;
	assert_int_equal(plan_devices(&in, &given, true, "/r", &got, &err), 0);
	assert_int_equal(got.device_rule_count, 11);
	got.device_rule_count = 0;
	assert_int_equal(plan_devices(&in, &given, false, "/r", &got, &err), 0);
	assert_int_equal(got.device_rule_count, 0);
	facts.in_user_ns = true;
	assert_int_equal(plan_devices(&in, &given, true, "/r", &got, &err), 0);
	assert_int_equal(got.device_rule_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
