/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "libocispec-lite/spec.h"
#include "plan/parts.h"

static struct plan_notes notes;

static int make(struct arena *arena, const struct spec_process *process, struct proc_plan *ret,
	struct err *err)
{
	static const struct facts facts = { .caps_bounding = UINT64_MAX, .cap_last = 40 };
	static const struct plan_options options = { .id = "c1", .listen_fds = 2 };
	static const struct spec spec = { 0 };
	static const struct ns_plan ns = { 0 };
	const struct plan_input in = { &spec, &facts, &options, arena, &notes };

	return plan_proc(&in, process, "/process", &ns, ret, err);
}

static void test_refused(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	char *args[] = { (char *) "sh" }, *env[] = { (char *) "A=1", (char *) "=x" };
	int64_t score = 2000;
	uint32_t no_id = UINT32_MAX, umask = 01000;
	struct spec_user nobody = { .uid = &no_id }, masked = { .umask = &umask };
	struct spec_rlimit above = { (char *) "RLIMIT_CORE", 2, 1 };
	struct spec_rlimit twice[] = { { (char *) "RLIMIT_CORE", 1, 1 },
		{ (char *) "RLIMIT_CORE", 1, 1 } };
	const struct spec_process good = { .args = { args, 1 }, .cwd = (char *) "/" };
	struct spec_process cases[7];
	static const char *const pointers[7] = { "/process/cwd", "/process/env/1",
		"/process/oomScoreAdj", "/process/user/uid", "/process/user/umask",
		"/process/rlimits/0/soft", "/process/rlimits/1/type" };

	(void) state;
	for (size_t i = 0; i < 7; i++)
		cases[i] = good;
	cases[0].cwd = (char *) "tmp";
	cases[1].env = (struct spec_strings){ env, 2 };
	cases[2].oom_score_adj = &score;
	cases[3].user = &nobody;
	cases[4].user = &masked;
	cases[5].rlimits.items = &above;
	cases[5].rlimits.count = 1;
	cases[6].rlimits.items = twice;
	cases[6].rlimits.count = 2;
	for (size_t i = 0; i < 7; i++) {
		struct proc_plan plan = { 0 };
		struct err err = { 0 };

		assert_int_equal(make(&arena, &cases[i], &plan, &err), -1);
		assert_string_equal(err.pointer, pointers[i]);
	}
}

/* What cannot be had goes with a warning: an unknown name, and what the other sets do not allow. */
static void test_capabilities(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	char *args[] = { (char *) "sh" };
	char *kill_[] = { (char *) "CAP_KILL" };
	char *both[] = { (char *) "CAP_KILL", (char *) "CAP_CHOWN" };
	char *unknown[] = { (char *) "CAP_CHOWN", (char *) "CAP_NOSUCH" };
	struct spec_capabilities sets = {
		.bounding = { unknown, 2 },
		.permitted = { kill_, 1 },
		.effective = { both, 2 },
		.inheritable = { both, 2 },
		.ambient = { kill_, 1 },
	};
	const struct spec_process process = {
		.args = { args, 1 }, .cwd = (char *) "/", .capabilities = &sets
	};
	static const char *const warnings[] = {
		"/process/capabilities/bounding/1: unknown capability \"CAP_NOSUCH\" ignored",
		"/process/capabilities/effective: CAP_CHOWN is not permitted: ignored",
		"/process/capabilities/inheritable: CAP_KILL is not in the bounding set: ignored",
		"/process/capabilities/ambient: CAP_KILL is not permitted and inheritable: ignored",
	};
	struct proc_plan plan = { 0 };
	struct err err = { 0 };

	(void) state;
	notes = (struct plan_notes){ 0 };
	assert_int_equal(make(&arena, &process, &plan, &err), 0);
	assert_int_equal(plan.caps.bounding, 1);
	assert_int_equal(plan.caps.permitted, 1 << 5);
	assert_int_equal(plan.caps.effective, 1 << 5);
	assert_int_equal(plan.caps.inheritable, 1);
	assert_int_equal(plan.caps.ambient, 0);
	assert_int_equal(notes.count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(notes.items[i], warnings[i]);
}

static void test_environment(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	char *args[] = { (char *) "sh" };
	char *env[] = { (char *) "A=1", (char *) "PATH=/bin", (char *) "A=2" };
	const struct spec_process process = {
		.args = { args, 1 }, .cwd = (char *) "/", .env = { env, 3 }
	};
	struct proc_plan plan = { 0 };
	struct err err = { 0 };

	(void) state;
	assert_int_equal(make(&arena, &process, &plan, &err), 0);
	assert_int_equal(plan.env_count, 4);
	assert_string_equal(plan.envp[0], "PATH=/bin");
	assert_string_equal(plan.envp[1], "A=2");
	assert_string_equal(plan.envp[2], "LISTEN_FDS=2");
	assert_string_equal(plan.envp[3], "LISTEN_PID=1");
	assert_true(plan.needs_home);
	assert_string_equal(plan.path_env, "/bin");
	assert_int_equal(plan.umask, 0022);
	assert_int_equal(plan.keep_fds, 2);
	assert_string_equal(plan.keyring, "_ses.c1");
	assert_int_equal(plan.caps.bounding, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
