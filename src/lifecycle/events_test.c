/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "lifecycle/events.h"

static void test_interval(void **state)
{
	static const struct {
		const char *text;
		uint64_t ms; /* 0: refused */
	} cases[] = {
		{ "5s", 5000 },
		{ "250ms", 250 },
		{ "1m30s", 90000 },
		{ "1.5h", 5400000 },
		{ "0.25s", 250 },
		{ "1us", 1 },
		{ "1ns", 1 },
		{ "2h45m", 9900000 },
		{ "", 0 },
		{ "0s", 0 },
		{ "5", 0 },
		{ "s", 0 },
		{ "-1s", 0 },
		{ "1x", 0 },
		{ "1 s", 0 },
		{ "1s ", 0 },
		{ "1sm", 0 },
		{ "999999999h", 0 },
		{ "9999999999s", 0 },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };
		uint64_t ms = 0;
		int rc = events_interval(cases[i].text, &ms, &err);

		assert_int_equal(rc, cases[i].ms == 0 ? -1 : 0);
		assert_true(ms == cases[i].ms);
		if (rc < 0)
			assert_int_equal(err.code, ERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_interval) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
