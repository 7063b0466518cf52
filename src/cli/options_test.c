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
	struct option_list env;
	const char *rootless;
	const char *guess;
};
static const struct option_row rows[] = {
	{ "force", 'f', OPTION_FLAG, offsetof(struct values, force), "" },
	{ "all", 'a', OPTION_FLAG, offsetof(struct values, all), "" },
	{ "bundle", 'b', OPTION_TEXT, offsetof(struct values, bundle), "" },
	{ "fds", 0, OPTION_NUMBER, offsetof(struct values, fds), "" },
	{ "env", 'e', OPTION_LIST, offsetof(struct values, env), "" },
	{ "rootless", 0, OPTION_OPTIONAL, offsetof(struct values, rootless), "" },
	{ "guess", 0, OPTION_AUTO, offsetof(struct values, guess), "" },
	{ 0 },
};

static int parse(char **argv, struct arena *arena, struct values *got, struct err *err)
{
	const struct option_tables tables = { rows, got, NULL, NULL };

	return options_parse(&tables, argv, false, arena, err);
}

static void accepts(void **state)
{
	static const struct {
		const char *argv[6];
		int count;
		struct values want;
	} cases[] = {
		{ { "--bundle", "x", "id" }, 1, { .bundle = "x" } },
		{ { "id", "--bundle=x" }, 1, { .bundle = "x" } },
		{ { "-bx", "-fa", "id" }, 1, { .force = true, .all = true, .bundle = "x" } },
		{ { "-fab", "x" }, 0, { .force = true, .all = true, .bundle = "x" } },
		{ { "-force", "--all=false", "id" }, 1, { .force = true, .bundle = "" } },
		{ { "--guess", "true", "id" }, 1, { .bundle = "", .guess = "true" } },
		{ { "--guess", "id" }, 1, { .bundle = "" } },
		{ { "--guess=auto", "true" }, 1, { .bundle = "", .guess = "auto" } },
		{ { "--bundle", "", "id" }, 1, { .bundle = "" } },
		{ { "--bundle=x", "--bundle=", "id" }, 1, { .bundle = "x" } },
		{ { "--force=T", "--all=0", "id" }, 1, { .force = true, .bundle = "" } },
		{ { "--fds", "3", "--", "-f" }, 1, { .bundle = "", .fds = 3 } },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct values got = { .bundle = "" };
		_cleanup_arena_ struct arena arena = { 0 };
		struct err err = { 0 };
		char *argv[7] = { 0 };

		for (size_t j = 0; j < 6; j++)
			argv[j] = (char *) cases[i].argv[j];
		assert_int_equal(parse(argv, &arena, &got, &err), cases[i].count);
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
		_cleanup_arena_ struct arena arena = { 0 };
		struct err err = { 0 };
		char *argv[2] = { (char *) cases[i], NULL };

		assert_int_equal(parse(argv, &arena, &got, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
	}
}

/* What may be given more than once keeps its order; an optional value takes no word of its own. */
static void lists(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	char *argv[] = { "-e", "A=1", "--env", "B=2", "--env=C=3", "--rootless", "id", NULL };
	struct values got = { 0 };
	struct err err = { 0 };

	(void) state;
	assert_int_equal(parse(argv, &arena, &got, &err), 1);
	assert_int_equal(got.env.count, 3);
	assert_string_equal(got.env.items[0], "A=1");
	assert_string_equal(got.env.items[2], "C=3");
	assert_string_equal(got.rootless, "");
	assert_string_equal(argv[0], "id");
}

static void shared(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	const struct option_row more[] = { { "help", 'h', OPTION_FLAG, 0, "" }, { 0 } };
	char *argv[] = { "-fh", "id", NULL };
	struct values got = { 0 };
	struct err err = { 0 };
	bool help = false;
	const struct option_tables tables = { rows, &got, more, &help };

	(void) state;
	assert_int_equal(options_parse(&tables, argv, false, &arena, &err), 1);
	assert_true(help);
	assert_true(got.force);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(accepts), cmocka_unit_test(refuses),
		cmocka_unit_test(lists), cmocka_unit_test(shared) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
