/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The test machines have neither AppArmor nor SELinux: the procfs is a fake one, a directory with the files
 * that are written. A fake file keeps what is behind the new bytes, so each starts empty. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "kernel/lsm.h"

struct fake {
	char path[256];
	int procfs;
	struct err err;
};

#define ATTR "7/task/8/attr/"

static void put(const struct fake *fake, const char *name, const char *text)
{
	_cleanup_fd_ int fd =
		openat(fake->procfs, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, text, strlen(text)), 0);
}

static void assert_written(const struct fake *fake, const char *name, const char *text)
{
	_cleanup_fd_ int fd = openat(fake->procfs, name, O_RDONLY | O_CLOEXEC);
	char got[512] = "";

	assert_true(fd >= 0);
	assert_true(io_read_full(fd, got, sizeof(got) - 1) >= 0);
	assert_string_equal(got, text);
}

static int set_up(void **state)
{
	static const char *const dirs[] = { "7", "7/task", "7/task/8", "7/task/8/attr",
		"7/task/8/attr/apparmor" };
	const char *tmp = getenv("TMPDIR");
	struct fake *fake = calloc(1, sizeof(*fake));

	assert_non_null(fake);
	(void) snprintf(
		fake->path, sizeof(fake->path), "%s/lsm-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(fake->path));
	fake->procfs = open(fake->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(fake->procfs >= 0);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++)
		assert_int_equal(mkdirat(fake->procfs, dirs[i], 0755), 0);
	assert_int_equal(symlinkat("7/task/8", fake->procfs, "thread-self"), 0);
	put(fake, ATTR "exec", "");
	put(fake, ATTR "current", "");
	put(fake, ATTR "keycreate", "");
	put(fake, ATTR "apparmor/exec", "");
	put(fake, ATTR "apparmor/current", "unconfined\n");
	*state = fake;
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void) info;
	(void) type;
	(void) where;
	return remove(path);
}

static int tear_down(void **state)
{
	struct fake *fake = *state;

	fd_close(&fake->procfs);
	assert_int_equal(nftw(fake->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	free(fake);
	return 0;
}

static void test_apparmor(void **state)
{
	struct fake *fake = *state;

	assert_int_equal(lsm_set_apparmor(fake->procfs, "box", true, &fake->err), 0);
	assert_written(fake, ATTR "apparmor/exec", "exec box");
	assert_written(fake, ATTR "exec", "");
	/* A kernel before 5.8 has the common file alone. */
	assert_int_equal(unlinkat(fake->procfs, ATTR "apparmor/exec", 0), 0);
	assert_int_equal(unlinkat(fake->procfs, ATTR "apparmor/current", 0), 0);
	assert_int_equal(unlinkat(fake->procfs, ATTR "apparmor", AT_REMOVEDIR), 0);
	assert_int_equal(lsm_set_apparmor(fake->procfs, "box", false, &fake->err), 0);
	assert_written(fake, ATTR "exec", "exec box");
}

static void test_stacked(void **state)
{
	struct fake *fake = *state;

	put(fake, ATTR "apparmor/current", "outer (enforce)\n");
	assert_int_equal(lsm_set_apparmor(fake->procfs, "box", false, &fake->err), 0);
	assert_written(fake, ATTR "apparmor/exec", "exec box");
	put(fake, ATTR "apparmor/exec", "");
	assert_int_equal(lsm_set_apparmor(fake->procfs, "box", true, &fake->err), 0);
	assert_written(fake, ATTR "apparmor/exec", "stack box");
}

static void test_selinux(void **state)
{
	struct fake *fake = *state;

	assert_int_equal(lsm_set_selinux(fake->procfs, "u:r:t:s0:c1,c2", &fake->err), 0);
	assert_written(fake, ATTR "exec", "u:r:t:s0:c1,c2");
	assert_int_equal(lsm_set_selinux_key(fake->procfs, "u:r:t:s0", &fake->err), 0);
	assert_written(fake, ATTR "keycreate", "u:r:t:s0");
	put(fake, ATTR "keycreate", "");
	assert_int_equal(lsm_set_selinux_key(fake->procfs, NULL, &fake->err), 0);
	assert_written(fake, ATTR "keycreate", "\n");
}

/* Podman looks for the path between backquotes. */
static void test_errors(void **state)
{
	struct fake *fake = *state;
	char longest[600];

	assert_int_equal(unlinkat(fake->procfs, ATTR "apparmor/exec", 0), 0);
	assert_int_equal(unlinkat(fake->procfs, ATTR "exec", 0), 0);
	assert_int_equal(lsm_set_selinux(fake->procfs, "a:b:c", &fake->err), -1);
	assert_int_equal(fake->err.num, ENOENT);
	assert_non_null(
		strstr(fake->err.text, "selinux label a:b:c: `/proc/thread-self/attr/exec`: "));
	fake->err = (struct err){ 0 };
	assert_int_equal(lsm_set_apparmor(fake->procfs, "box", false, &fake->err), -1);
	assert_non_null(
		strstr(fake->err.text, "apparmor profile box: `/proc/thread-self/attr/exec`: "));
	/* What is there and is none of these files is not written to: a link, another file system. */
	assert_int_equal(symlinkat("current", fake->procfs, ATTR "apparmor/exec"), 0);
	fake->err = (struct err){ 0 };
	assert_int_equal(lsm_set_apparmor(fake->procfs, "box", false, &fake->err), -1);
	assert_int_equal(fake->err.num, ELOOP);
	assert_non_null(strstr(fake->err.text, "`/proc/thread-self/attr/apparmor/exec`: "));
	assert_written(fake, ATTR "apparmor/current", "unconfined\n");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(lsm_set_apparmor(fake->procfs, longest, false, &fake->err), -1);
	assert_int_equal(fake->err.num, ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_apparmor, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stacked, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_selinux, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_errors, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
