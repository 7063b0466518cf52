/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/restored-facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/resource.h>

static const char status[] =
	"Name:\tNoNewPrivs:\t1\nUmask:\t0022\nState:\tt (tracing stop)\nTgid:\t40\nPid:\t41\n"
	"PPid:\t39\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t4294967294\nGroups:\t8 9 \nNStgid:\t40\t2\n"
	"NSpid:\t41\t3\nCapInh:\t0000000000000001\nCapPrm:\t0000000000000003\n"
	"CapEff:\t0000000000000007\nCapBnd:\t000001fffeffffff\nCapAmb:\t000000000000000f\n"
	"NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n";

static const char limits[] =
	"Limit                     Soft Limit           Hard Limit           Units     \n"
	"Max cpu time              1                    unlimited            seconds   \n"
	"Max open files            unlimited            4096                 files     \n"
	"Max nice priority         0                    3                    \n";

static void of_status(void **state)
{
	static const char *const lines[] = { "State", "PPid", "Uid", "Gid", "Groups", "CapInh",
		"CapPrm", "CapEff", "CapBnd", "CapAmb" };
	_cleanup_arena_ struct arena arena = { 0 };
	struct restored p = { 0 };
	struct err err = { 0 };
	char *text;

	(void) state;
	assert_int_equal(restored_parse_status(status, &arena, &p, &err), 0);
	assert_int_equal(p.pid, 3);
	assert_int_equal(p.pid_depth, 2);
	assert_int_equal(p.parent, 39);
	assert_int_equal(p.state, 't');
	assert_int_equal(p.uids[0], 1);
	assert_int_equal(p.uids[3], 4);
	assert_int_equal(p.gids[3], 4294967294U);
	assert_int_equal(p.group_count, 2);
	assert_int_equal(p.groups[1], 9);
	assert_true(p.caps.inheritable == 1 && p.caps.permitted == 3 && p.caps.effective == 7 &&
		p.caps.ambient == 15);
	assert_true(p.caps.bounding == 0x1fffeffffffULL);
	assert_true(p.no_new_privs);
	assert_int_equal(p.seccomp_mode, 2);
	/* What is missing or no number is an error, never less. */
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char *at;

		text = arena_str(&arena, status);
		at = strstr(text, lines[i]);
		at[0] = 'x';
		assert_int_equal(restored_parse_status(text, &arena, &p, &err), -1);
		at[0] = lines[i][0];
		at = strchr(at, '\t');
		at[1] = i == 0 ? '\0' : '-';
		if (i > 0)
			assert_int_equal(restored_parse_status(text, &arena, &p, &err), -1);
	}
	text = arena_str(&arena, status);
	*strstr(text, "\nNoNewPrivs") = 'x';
	assert_int_equal(restored_parse_status(text, &arena, &p, &err), -1);
	assert_int_equal(restored_parse_status("", &arena, &p, &err), -1);
}

static void of_limits(void **state)
{
	struct err err = { 0 };
	uint64_t hard;

	(void) state;
	assert_int_equal(restored_parse_limit(limits, RLIMIT_CPU, &hard, &err), 0);
	assert_true(hard == UINT64_MAX);
	assert_int_equal(restored_parse_limit(limits, RLIMIT_NOFILE, &hard, &err), 0);
	assert_true(hard == 4096);
	assert_int_equal(restored_parse_limit(limits, RLIMIT_NICE, &hard, &err), 0);
	assert_true(hard == 3);
	assert_int_equal(restored_parse_limit(limits, RLIMIT_CORE, &hard, &err), -1);
	assert_int_equal(restored_parse_limit(limits, 16, &hard, &err), -1);
	assert_int_equal(restored_parse_limit(limits, -1, &hard, &err), -1);
}

static void of_scheduling(void **state)
{
	struct restored_sched sched;
	struct err err = { 0 };

	(void) state;
	assert_int_equal(
		restored_parse_sched("7 (a) b) S 1 7 7 0 -1 4194304 1 2 3 4 5 6 7 8 20 -5 1 "
				     "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 3 "
				     "50 2 0 0 0\n",
			&sched, &err),
		0);
	assert_int_equal(sched.nice, -5);
	assert_int_equal(sched.priority, 50);
	assert_int_equal(sched.policy, 2);
	assert_int_equal(restored_parse_sched("7 (a) S 1 7\n", &sched, &err), -1);
	assert_int_equal(restored_parse_sched("7", &sched, &err), -1);
}

static void of_maps(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	const struct id_map *maps;
	struct err err = { 0 };
	size_t count;

	(void) state;
	assert_int_equal(restored_parse_map("         0     100000       1000\n  1000 0 1\n",
				 &arena, &maps, &count, &err),
		0);
	assert_int_equal(count, 2);
	assert_int_equal(maps[0].outside, 100000);
	assert_int_equal(maps[1].inside, 1000);
	assert_int_equal(restored_parse_map("", &arena, &maps, &count, &err), 0);
	assert_int_equal(count, 0);
	assert_int_equal(restored_parse_map("0 0\n", &arena, &maps, &count, &err), -1);
	assert_int_equal(restored_parse_map("0 0 1", &arena, &maps, &count, &err), -1);
	assert_int_equal(restored_parse_map("0 0 1 2\n", &arena, &maps, &count, &err), -1);
	assert_int_equal(restored_parse_map("0 0 4294967296\n", &arena, &maps, &count, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_status),
		cmocka_unit_test(of_limits),
		cmocka_unit_test(of_scheduling),
		cmocka_unit_test(of_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
