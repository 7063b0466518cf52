/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "kernel/inode.h"

static void test_file_system(void **state)
{
	_cleanup_fd_ int proc = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_fd_ int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct err err = { 0 };

	(void) state;
	assert_int_equal(inode_on_fs(proc, INODE_FS_PROC, &err), 1);
	assert_int_equal(inode_on_fs(top, INODE_FS_PROC, &err), 0);
	assert_int_equal(inode_is_fs(proc, INODE_FS_PROC, &err), 0);
	assert_int_equal(err.num, 0);
	assert_int_equal(inode_is_fs(top, INODE_FS_PROC, &err), -1);
	/* What cannot be looked at is on none and on every one. */
	assert_int_equal(inode_on_fs(-1, INODE_FS_PROC, &err), -1);
	assert_int_equal(err.num, EBADF);
	assert_int_equal(inode_is_fs(-1, INODE_FS_PROC, &err), -1);
}

static void test_device(void **state)
{
	_cleanup_fd_ int null = open("/dev/null", O_PATH | O_CLOEXEC);
	struct err err = { 0 };

	(void) state;
	assert_int_equal(inode_is_device(null, S_IFCHR, 1, 3, &err), 0);
	assert_int_equal(inode_is_device(null, S_IFCHR, 1, 5, &err), -1);
	assert_int_equal(inode_is_device(null, S_IFBLK, 1, 3, &err), -1);
	assert_int_equal(inode_is_device(-1, S_IFCHR, 1, 3, &err), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file_system),
		cmocka_unit_test(test_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
