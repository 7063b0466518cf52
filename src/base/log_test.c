/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"

static void test_one_object(void **state)
{
	char dir[] = "/tmp/log_testXXXXXX", path[64], *text;
	_cleanup_arena_ struct arena arena = { 0 };
	struct err err = { 0 }, cause = { 0 };

	(void) state;
	assert_non_null(mkdtemp(dir));
	(void) snprintf(path, sizeof(path), "%s/log", dir);
	assert_int_equal(log_open(
				 &(struct log_options){
					 .path = path, .json = true, .level = LOG_LEVEL_WARNING },
				 &err),
		0);
	/* No file before the first line, and no warning in a JSON log. */
	log_warning("a warning");
	assert_int_equal(access(path, F_OK), -1);
	(void) err_num(&cause, ENOENT, "open /x");
	log_error(&cause);
	assert_int_equal(io_read_file(path, 4096, &arena, &text, NULL, &err), 0);
	assert_int_equal(strncmp(text,
				 "{\"level\":\"error\",\"msg\":\"open /x: no such file or "
				 "directory\",\"time\":\"2",
				 strlen("{\"level\":\"error\",\"msg\":\"open /x: no such file or "
					"directory\",\"time\":\"2")),
		0);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_int_equal(io_read_file(path, 10, &arena, &text, NULL, &err), -1);
	assert_int_equal(err.num, EFBIG);
	assert_int_equal(io_read_file(dir, 10, &arena, &text, NULL, &err), -1);
	assert_non_null(strstr(err.text, "a directory"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_one_object) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
