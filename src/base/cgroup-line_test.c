/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/cgroup-line.h"

static void test_lines(void **state)
{
	static const struct {
		const char *controllers, *path;
	} want[] = { { "cpu,cpuacct", "/a" }, { "name=systemd", "/b:c" }, { "", "/" },
		{ "pids", "" }, { "memory", "/no line break" } };
	const char *text = "4:cpu,cpuacct:/a\n\n1:name=systemd:/b:c\n0::/"
			   "\nodd\n5:one\n:\n2:pids:\n3:memory:/no line break";
	struct cgroup_line line;

	(void) state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_true(cgroup_line_next(&text, &line));
		assert_true(
			cgroup_line_is(&line, want[i].controllers, strlen(want[i].controllers)));
		assert_int_equal(line.path_length, strlen(want[i].path));
		assert_memory_equal(line.path, want[i].path, line.path_length);
	}
	assert_false(cgroup_line_next(&text, &line));
}

static void test_find(void **state)
{
	const char *text = "4:cpu,cpuacct:/a\n0::/b\n";
	struct cgroup_line line;

	(void) state;
	assert_true(cgroup_line_find(text, "", 0, &line));
	assert_memory_equal(line.path, "/b\n", 3);
	assert_int_equal(line.path_length, 2);
	assert_true(cgroup_line_find(text, "cpu,cpuacct", 11, &line));
	assert_false(cgroup_line_find(text, "cpu", 3, &line));
	assert_false(cgroup_line_find("", "", 0, &line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
