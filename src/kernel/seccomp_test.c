/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/seccomp.h>
#include <sys/prctl.h>

#include "kernel/seccomp.h"

/* In a child, whose exit status is a bit per check that failed. */
static int try_filter(const struct sock_filter *code, unsigned short count)
{
	struct err err = { 0 };
	int bad = 0;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || seccomp_install(code, count, 0, &err) < 0)
		return 64;
	bad |= syscall(SYS_getppid) < 0 ? 1 : 0;
	bad |= syscall(SYS_getpgid, 0) == -1 && errno == EPERM ? 0 : 2;
	bad |= syscall(SYS_dup, 77) == -1 && errno == EXDEV ? 0 : 4;
	bad |= syscall(SYS_dup, 78) == -1 && errno == EBADF ? 0 : 8;
	bad |= syscall(100000) == -1 && errno == ENOSYS ? 0 : 16;
	return bad;
}

static void test_filter(void **state)
{
	static const struct seccomp_arg is_77 = { 0, SECCOMP_OP_EQ, 77, 0 };
	static const struct seccomp_arg not_77 = { 0, SECCOMP_OP_NE, 77, 0 };
	static const struct seccomp_rule list[] = {
		{ "getppid", SECCOMP_RET_ALLOW, NULL, 0 },
		{ "exit_group", SECCOMP_RET_ALLOW, NULL, 0 },
		{ "getpgid", SECCOMP_RET_ERRNO | EPERM, NULL, 0 },
		{ "dup", SECCOMP_RET_ERRNO | EXDEV, &is_77, 1 },
		{ "dup", SECCOMP_RET_ALLOW, &not_77, 1 },
		{ "no_such_call", SECCOMP_RET_ALLOW, NULL, 0 },
	};
	const struct seccomp_rules rules = {
		.default_action = SECCOMP_RET_ERRNO | EPERM,
		.rules = list,
		.rule_count = sizeof(list) / sizeof(list[0]),
	};
	_cleanup_arena_ struct arena arena = { 0 };
	const struct sock_filter *code = NULL;
	unsigned short count = 0;
	struct err err = { 0 };
	int status = 0;
	pid_t pid;

	(void) state;
	assert_int_equal(seccomp_compile(&rules, &arena, &code, &count, &err), 0);
	pid = fork();
	if (pid == 0)
		/* Not _exit: what a sanitizer puts in its place makes calls that the filter denies. */
		(void) syscall(SYS_exit_group, try_filter(code, count));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_filter) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
