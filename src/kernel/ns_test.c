/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sched.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/time.h"
#include "kernel/ns.h"

static void test_child(void **state)
{
	_cleanup_fd_ int pidfd = -1;
	struct err err = { 0 };
	siginfo_t info = { 0 };
	pid_t pid;

	(void) state;
	pid = ns_clone(0, -1, &pidfd, &err);
	if (pid == 0) {
		(void) pause();
		_exit(9);
	}
	assert_true(pid > 0 && pidfd >= 0);
	assert_int_equal(ns_pidfd_wait(pidfd, time_deadline_ms(1), &err), 0);
	assert_int_equal(ns_pidfd_send(pidfd, SIGKILL, &err), 0);
	assert_int_equal(ns_pidfd_wait(pidfd, UINT64_MAX, &err), 1);
	assert_int_equal(ns_reap(pid, pidfd, &info, &err), 0);
	assert_int_equal(info.si_status, SIGKILL);
	assert_int_equal(ns_pidfd_send(pidfd, 0, &err), -1);
	assert_int_equal(err.num, ESRCH);
}

static void test_open(void **state)
{
	_cleanup_fd_ int fd = -1;
	struct err err = { 0 };

	(void) state;
	fd = ns_open_self(CLONE_NEWNS, &err);
	assert_true(fd >= 0);
	assert_int_equal(ns_open("/proc/self/ns/uts", CLONE_NEWNET, &err), -1);
	assert_string_equal(err.text, "open /proc/self/ns/uts: a namespace of type uts, not net");
	assert_int_equal(ns_open("/dev/null", CLONE_NEWNET, &err), -1);
	assert_string_equal(err.text, "open /dev/null: not a namespace");
}

/* What cannot be looked at is not said to be another one: our own must not be joined. */
static void test_own(void **state)
{
	struct err err = { 0 };
	_cleanup_fd_ int own = ns_open_self(CLONE_NEWNS, &err);
	_cleanup_fd_ int other = ns_open_self(CLONE_NEWIPC, &err);

	(void) state;
	assert_true(own >= 0 && other >= 0);
	assert_int_equal(ns_is_own(own, CLONE_NEWNS, &err), 1);
	assert_int_equal(ns_is_own(other, CLONE_NEWNS, &err), 0);
	assert_int_equal(err.num, 0);
	assert_int_equal(ns_is_own(-1, CLONE_NEWNS, &err), -1);
	assert_int_equal(err.num, EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_child),
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
