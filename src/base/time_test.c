/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <time.h>

#include "base/time.h"

/* libc's own calendar, some 20 days apart and around each of its steps. */
static void test_rfc3339(void **state)
{
	(void) state;
	for (time_t t = 0; t < (time_t) 250 * 366 * 86400; t += (time_t) 20 * 86400 + 7919) {
		char is[TIME_RFC3339_BYTES], due[TIME_RFC3339_BYTES + 16], date[32];
		struct tm utc;

		assert_non_null(gmtime_r(&t, &utc));
		assert_true(strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &utc) > 0);
		(void) snprintf(due, sizeof(due), "%s.%09dZ", date, 12345);
		time_to_rfc3339(t, 12345, is);
		assert_string_equal(is, due);
	}
}

static void test_days(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01T00:00:00.000000000Z" },
		{ 951782399, "2000-02-28T23:59:59.000000000Z" },
		{ 951782400, "2000-02-29T00:00:00.000000000Z" },
		{ 951868800, "2000-03-01T00:00:00.000000000Z" },
		{ 1735689599, "2024-12-31T23:59:59.000000000Z" },
		{ 4107542400, "2100-03-01T00:00:00.000000000Z" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[TIME_RFC3339_BYTES];

		time_to_rfc3339(rows[i].seconds, 0, text);
		assert_string_equal(text, rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rfc3339),
		cmocka_unit_test(test_days) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
