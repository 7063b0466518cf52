/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "base/err.h"

static void test_chain(void **state)
{
	struct err err = { 0 };

	(void) state;
	assert_int_equal(err_num(&err, ENOENT, "open %s", "/a\nb"), -1);
	assert_int_equal(err_point(&err, "/mounts/3", "source"), -1);
	assert_int_equal(err_ctx(&err, "create c1"), -1);
	assert_string_equal(
		err.text, "create c1: /mounts/3 source: open /a b: no such file or directory");
	assert_string_equal(err.operation, "open");
	assert_string_equal(err.pointer, "/mounts/3");
	assert_int_equal(err.num, ENOENT);
	/* However long the chain, the cause stays at its end. */
	for (int i = 0; i < 100; i++)
		(void) err_ctx(&err, "a context of some length %d", i);
	assert_non_null(strstr(err.text, "no such file or directory"));
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void test_long_words(void **state)
{
	static char path[5000];
	struct err err = { 0 };

	(void) state;
	memset(path, 'x', sizeof(path) - 1);
	assert_int_equal(err_num(&err, ENAMETOOLONG, "open %s", path), -1);
	assert_int_equal(err_point(&err, "/mounts/3", "%s", path), -1);
	assert_int_equal(err_ctx(&err, "create %.255s", path), -1);
	assert_int_equal(strncmp(err.text, "create xxx", 10), 0);
	assert_non_null(strstr(err.text, ": /mounts/3 xxx"));
	assert_non_null(strstr(err.text, "...xxx"));
	assert_non_null(strstr(err.text, "xxx: open xxx"));
	assert_non_null(strstr(err.text, "xxx: file name too long"));
	/* No path, but many words. */
	for (size_t i = 0; i < sizeof(path) - 1; i += 2)
		path[i] = ' ';
	assert_int_equal(err_at(&err, "/process/env/0", "\"%s\" is not NAME=value", path), -1);
	assert_int_equal(strncmp(err.text, "/process/env/0: \" x x", 21), 0);
	assert_non_null(strstr(err.text, "x \" is not NAME=value"));
}

static void test_arena(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	int *list = NULL;
	size_t count = 0;

	(void) state;
	for (int i = 0; i < 1000; i++) {
		*ARENA_PUSH(&arena, list, count) = i;
		assert_string_equal(arena_printf(&arena, "%d", 5), "5");
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list[i], i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_long_words),
		cmocka_unit_test(test_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
