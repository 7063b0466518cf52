/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <unistd.h>

#include "kernel/signals.h"

/* Whoever runs the tests may have us ignore them, as a shell does in the background. */
static int defaults(void **state)
{
	(void) state;
	(void) signal(SIGTERM, SIG_DFL);
	(void) signal(SIGINT, SIG_DFL);
	(void) signal(SIGHUP, SIG_DFL);
	(void) signal(SIGQUIT, SIG_DFL);
	(void) signal(SIGUSR1, SIG_DFL);
	return 0;
}

static bool has_one(int fd)
{
	struct pollfd look = { .fd = fd, .events = POLLIN };

	return poll(&look, 1, 0) == 1;
}

static void test_interrupts(void **state)
{
	static const struct {
		int number;
		const char *text;
	} cases[] = {
		{ SIGTERM, "interrupted by SIGTERM" },
		{ SIGINT, "interrupted by SIGINT" },
		{ SIGHUP, "interrupted by SIGHUP" },
		{ SIGQUIT, "interrupted by SIGQUIT" },
	};
	struct signals signals = SIGNALS_INIT;
	struct err err = { 0 };
	sigset_t now;

	(void) state;
	assert_int_equal(signals_hold(false, &signals, &err), 0);
	assert_false(has_one(signals.fd));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(kill(getpid(), cases[i].number), 0);
		assert_true(has_one(signals.fd));
		assert_int_equal(signals_check(signals.fd, &err), -1);
		assert_int_equal(err.code, ERR_INTERRUPTED);
		assert_string_equal(err.text, cases[i].text);
		(void) err_ctx(&err, "create c1");
		assert_int_equal(err_exit_status(&err), 128 + cases[i].number);
		assert_false(has_one(signals.fd));
	}
	err.signal = 128;
	assert_int_equal(err_exit_status(&err), 128);
	signals_restore(&signals);
	signals_done(&signals);
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &now), 0);
	assert_int_equal(sigismember(&now, SIGTERM), 0);
	assert_int_equal(signals.fd, -1);
}

/* nohup, and a caller who has it blocked and expects it to stay so. */
static void test_callers(void **state)
{
	struct signals signals = SIGNALS_INIT;
	struct err err = { 0 };
	sigset_t set;

	(void) state;
	(void) sigemptyset(&set);
	(void) sigaddset(&set, SIGINT);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, NULL), 0);
	(void) signal(SIGHUP, SIG_IGN);
	assert_int_equal(signals_hold(false, &signals, &err), 0);
	assert_int_equal(kill(getpid(), SIGINT), 0);
	assert_false(has_one(signals.fd));
	assert_int_equal(kill(getpid(), SIGHUP), 0);
	assert_true(has_one(signals.fd));
	assert_int_equal(signals_check(signals.fd, &err), 0);
	assert_int_equal(err.code, ERR_NONE);
	/* In the foreground every one is to be passed on. */
	assert_int_equal(signals_take_all(&signals, &err), 0);
	assert_true(has_one(signals.fd));
	(void) signal(SIGINT, SIG_IGN);
	(void) signal(SIGHUP, SIG_DFL);
	signals_restore(&signals);
	assert_int_equal(sigprocmask(SIG_BLOCK, NULL, &set), 0);
	assert_int_equal(sigismember(&set, SIGINT), 1);
	assert_int_equal(sigismember(&set, SIGHUP), 0);
	assert_int_equal(sigprocmask(SIG_UNBLOCK, &set, NULL), 0);
	(void) signal(SIGINT, SIG_DFL);
	signals_done(&signals);
}

/* What is not one of the four waits for who forwards it. */
static void test_others(void **state)
{
	struct signals signals = SIGNALS_INIT;
	struct err err = { 0 };

	(void) state;
	assert_int_equal(signals_hold(true, &signals, &err), 0);
	assert_int_equal(kill(getpid(), SIGUSR1), 0);
	assert_false(has_one(signals.fd));
	assert_int_equal(signals_take_all(&signals, &err), 0);
	assert_true(has_one(signals.fd));
	assert_int_equal(signals_check(signals.fd, &err), 0);
	signals_restore(&signals);
	signals_done(&signals);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interrupts),
		cmocka_unit_test(test_callers),
		cmocka_unit_test(test_others),
	};

	return cmocka_run_group_tests(tests, defaults, NULL);
}
