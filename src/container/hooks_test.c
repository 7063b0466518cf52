/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/hooks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* Whoever waits for a list waits for each of its hooks: its own time-out, or the runtime's bound. */
static void limits_add_up(void **state)
{
	const struct hook items[] = { { .timeout_ms = 1000 }, { .timeout_ms = 0 },
		{ .timeout_ms = UINT32_MAX }, { .timeout_ms = UINT32_MAX } };

	(void) state;
	assert_true(hooks_limit_ms(&(struct hook_list){ NULL, 0 }) == 0);
	assert_true(hooks_limit_ms(&(struct hook_list){ items, 1 }) == 1000);
	assert_true(hooks_limit_ms(&(struct hook_list){ items, 2 }) == 1000 + HOOK_LIMIT_MS);
	assert_true(hooks_limit_ms(&(struct hook_list){ items, 4 }) ==
		1000 + HOOK_LIMIT_MS + 2 * (uint64_t) UINT32_MAX);
}

static void names(void **state)
{
	(void) state;
	assert_string_equal(hooks_name(HOOK_PRESTART), "prestart");
	assert_string_equal(hooks_name(HOOK_CREATE_RUNTIME), "createRuntime");
	assert_string_equal(hooks_name(HOOK_CREATE_CONTAINER), "createContainer");
	assert_string_equal(hooks_name(HOOK_START_CONTAINER), "startContainer");
	assert_string_equal(hooks_name(HOOK_POSTSTART), "poststart");
	assert_string_equal(hooks_name(HOOK_POSTSTOP), "poststop");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(limits_add_up),
		cmocka_unit_test(names) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
