/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/str.h"

static void test_numbers(void **state)
{
	static const char *const bad[] = { "", " 1", "+1", "1 ", "0x1", "18446744073709551616", "-",
		"--1" };
	uint64_t u = 7;
	int64_t i = 7;
	uint32_t w = 7;

	(void) state;
	for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
		assert_int_equal(str_to_u64(bad[k], &u), -1);
		assert_int_equal(str_to_i64(bad[k], &i), -1);
	}
	assert_true(u == 7 && i == 7);
	assert_int_equal(str_to_u64("18446744073709551615", &u), 0);
	assert_true(u == UINT64_MAX);
	assert_int_equal(str_to_i64("-9223372036854775808", &i), 0);
	assert_true(i == INT64_MIN);
	assert_int_equal(str_to_i64("9223372036854775808", &i), -1);
	assert_int_equal(str_to_u32("4294967296", &w), -1);
	assert_int_equal(str_to_octal("0755", &w), 0);
	assert_int_equal(w, 0755);
	assert_int_equal(str_to_octal("8", &w), -1);
	assert_int_equal(str_to_bytes("2G", &i), 0);
	assert_true(i == INT64_C(2) << 30);
	assert_int_equal(str_to_bytes("-1", &i), 0);
	assert_true(i == -1);
	assert_int_equal(str_to_bytes("9999999t", &i), -1);
	assert_int_equal(str_to_bytes("1x", &i), -1);
}

static void test_file_name(void **state)
{
	static const char *const not_names[] = { NULL, "", ".", "..", "/", "a/b", "a/" };
	static const char *const names[] = { "a", "...", ".a", "a b", "a:b" };
	char text[257];

	(void) state;
	for (size_t i = 0; i < sizeof(not_names) / sizeof(not_names[0]); i++)
		assert_false(str_is_file_name(not_names[i]));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_true(str_is_file_name(names[i]));
	memset(text, 'a', sizeof(text));
	text[255] = '\0';
	assert_true(str_is_file_name(text));
	text[255] = 'a';
	text[256] = '\0';
	assert_false(str_is_file_name(text));
}

static void test_json(void **state)
{
	char text[64], small[5];

	(void) state;
	assert_int_equal(str_json(text, sizeof(text), "a\"\n\x01\xff"), 16);
	assert_string_equal(text, "\"a\\\"\\n\\u0001\xef\xbf\xbd\"");
	assert_int_equal(str_json(small, sizeof(small), "ab\n"), 6);
	assert_string_equal(small, "\"ab");
	assert_false(str_is_utf8("\xed\xa0\x80", 3));
	assert_false(str_is_utf8("\xc0\x80", 2));
	assert_true(str_is_utf8("\xf0\x9f\x98\x80", 4));
	str_pointer_key(text, sizeof(text), "a/b~c");
	assert_string_equal(text, "a~1b~0c");
	str_pointer_key(text, 3, "a/");
	assert_string_equal(text, "a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_file_name),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
