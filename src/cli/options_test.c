/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/options.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

struct values {
	bool force, all;
	const char *bundle;
	unsigned fds;
};
static const struct option_row rows[] = {
	{ "force", 'f', OPTION_FLAG, offsetof(struct values, force), "" },
	{ "all", 'a', OPTION_FLAG, offsetof(struct values, all), "" },
	{ "bundle", 'b', OPTION_TEXT, offsetof(struct values, bundle), "" },
	{ "fds", 0, OPTION_NUMBER, offsetof(struct values, fds), "" },
	{ 0 },
};

static void accepts(void **state)
{
	static const struct {
		const char *argv[6];
		int count;
		struct values want;
	} cases[] = {
		{ { "--bundle", "x", "id" }, 1, { false, false, "x", 0 } },
		{ { "id", "--bundle=x" }, 1, { false, false, "x", 0 } },
		{ { "-bx", "-fa", "id" }, 1, { true, true, "x", 0 } },
		{ { "-fab", "x" }, 0, { true, true, "x", 0 } },
		{ { "-force", "--all=false", "id" }, 1, { true, false, "", 0 } },
		{ { "--fds", "3", "--", "-f" }, 1, { false, false, "", 3 } },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct values got = { .bundle = "" };
		struct err err = { 0 };
		char *argv[7] = { 0 };

		for (size_t j = 0; j < 6; j++)
			argv[j] = (char *) cases[i].argv[j];
		assert_int_equal(options_parse(rows, argv, false, &got, &err), cases[i].count);
		assert_int_equal(got.force, cases[i].want.force);
		assert_int_equal(got.all, cases[i].want.all);
		assert_string_equal(got.bundle, cases[i].want.bundle);
		assert_int_equal(got.fds, cases[i].want.fds);
	}
}

static void refuses(void **state)
{
	static const char *const cases[] = { "--none", "-x", "--bundle", "-b", "--fds=3x",
		"--all=maybe" };

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct values got = { 0 };
		struct err err = { 0 };
		char *argv[2] = { (char *) cases[i], NULL };

		assert_int_equal(options_parse(rows, argv, false, &got, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(accepts), cmocka_unit_test(refuses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
