/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "kernel/procfs.h"

static void test_parse_stat(void **state)
{
	uint64_t ticks = 0;
	char letter = 0;

	(void) state;
	assert_int_equal(procfs_parse_stat("7 (a) R (b) S 1 7 7 0 -1 4 1 2 3 4 5 6 7 8 20 0 1 0 "
					   "4242 9 9\n",
				 &ticks, &letter),
		0);
	assert_true(ticks == 4242);
	assert_int_equal(letter, 'S');
	assert_int_equal(procfs_parse_stat("7 (a) S 1 2", &ticks, &letter), -1);
	assert_int_equal(procfs_parse_stat("", &ticks, &letter), -1);
}

static void test_walk(void **state)
{
	_cleanup_fd_ int procfs = -1;
	struct err err = { 0 };
	uint64_t ticks = 0;
	char id[37], text[64], letter = 0;

	(void) state;
	procfs = procfs_open(&err);
	assert_true(procfs >= 0);
	assert_int_equal(procfs_boot_id(procfs, id, &err), 0);
	assert_int_equal(procfs_start_time(procfs, getpid(), &ticks, &letter, &err), 0);
	assert_true(ticks > 0 && letter == 'R');
	assert_true(procfs_read(procfs, "self/comm", text, sizeof(text), &err) > 0);
	/* Links and ways out are refused. */
	assert_int_equal(procfs_open_file(procfs, "self/exe", O_RDONLY, &err), -1);
	assert_int_equal(procfs_open_file(procfs, "self/root/etc", O_RDONLY, &err), -1);
	assert_int_equal(procfs_open_file(procfs, "../etc", O_RDONLY, &err), -1);
	assert_int_equal(procfs_read(procfs, "self/none", text, sizeof(text), &err), -1);
	assert_int_equal(err.num, ENOENT);
}

static void test_read_all(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_fd_ int procfs = -1;
	struct err err = { 0 };
	char *text = NULL, page[4096];

	(void) state;
	procfs = procfs_open(&err);
	assert_true(procfs >= 0);
	assert_int_equal(procfs_read_all(procfs, "self/status", &arena, &text, &err), 0);
	assert_non_null(strstr(text, "\nSigIgn:"));
	/* Every symbol of the kernel is longer than any buffer. */
	if (procfs_read(procfs, "kallsyms", page, sizeof(page), &err) == sizeof(page) - 1) {
		if (procfs_read_all(procfs, "kallsyms", &arena, &text, &err) == 0)
			assert_true(strlen(text) > sizeof(page));
		else
			assert_int_equal(err.num, EFBIG);
	}
	assert_int_equal(procfs_read_all(procfs, "self/none", &arena, &text, &err), -1);
	assert_int_equal(err.num, ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_stat),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_read_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
