/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "libocispec-lite/spec.h"
#include "plan/parts.h"

struct hook_case {
	const char *path;
	const char *env;
	int64_t timeout;
	const char *pointer; /* of the error, NULL: accepted */
};

static void test_hooks(void **state)
{
	static const struct hook_case cases[] = {
		{ "/bin/true", "A=b", 2, NULL },
		{ "true", "A=b", 2, "/hooks/poststop/0/path" },
		{ "/bin/true", "A", 2, "/hooks/poststop/0/env/0" },
		{ "/bin/true", "A=b", 0, "/hooks/poststop/0/timeout" },
		{ "/bin/true", "A=b", -1, "/hooks/poststop/0/timeout" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		char *env[] = { (char *) cases[i].env };
		int64_t timeout = cases[i].timeout;
		struct spec_hook hook = {
			.path = (char *) cases[i].path, .env = { env, 1 }, .timeout = &timeout
		};
		struct spec_hooks hooks = { .poststop = { &hook, 1 } };
		struct spec spec = { .hooks = &hooks };
		const struct plan_input in = { .spec = &spec, .arena = &arena };
		struct hook_list lists[HOOK_KINDS] = { 0 };
		struct err err = { 0 };

		if (cases[i].pointer != NULL) {
			assert_int_equal(plan_hooks(&in, lists, &err), -1);
			assert_string_equal(err.pointer, cases[i].pointer);
			continue;
		}
		assert_int_equal(plan_hooks(&in, lists, &err), 0);
		assert_int_equal(lists[HOOK_POSTSTOP].count, 1);
		assert_int_equal(lists[HOOK_PRESTART].count, 0);
		assert_string_equal(lists[HOOK_POSTSTOP].items[0].argv[0], "/bin/true");
		assert_null(lists[HOOK_POSTSTOP].items[0].argv[1]);
		assert_int_equal(lists[HOOK_POSTSTOP].items[0].timeout_ms, 2000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_hooks) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
