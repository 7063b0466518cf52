/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "base/fd.h"

static const struct {
	int number;
	const char *name;
} ending[] = {
	{ SIGTERM, "SIGTERM" },
	{ SIGINT, "SIGINT" },
	{ SIGHUP, "SIGHUP" },
	{ SIGQUIT, "SIGQUIT" },
};
enum { ENDING = sizeof(ending) / sizeof(ending[0]), FD_FLAGS = SFD_CLOEXEC | SFD_NONBLOCK };

static void fill_all(sigset_t *set)
{
	(void) sigfillset(set);
	/* These are about this process itself. */
	(void) sigdelset(set, SIGSEGV);
	(void) sigdelset(set, SIGBUS);
	(void) sigdelset(set, SIGFPE);
	(void) sigdelset(set, SIGILL);
	(void) sigdelset(set, SIGABRT);
}

int signals_hold(bool all, struct signals *ret, struct err *err)
{
	sigset_t set, wanted;

	(void) sigemptyset(&set);
	for (size_t i = 0; i < ENDING; i++)
		(void) sigaddset(&set, ending[i].number);
	wanted = set;
	if (all)
		fill_all(&set);
	if (sigprocmask(SIG_BLOCK, &set, &ret->before) < 0)
		return err_sys(err, "sigprocmask");
	for (size_t i = 0; i < ENDING; i++)
		if (sigismember(&ret->before, ending[i].number) == 1)
			(void) sigdelset(&wanted, ending[i].number);
	ret->fd = signalfd(-1, &wanted, FD_FLAGS);
	return ret->fd < 0 ? err_sys(err, "signalfd") : 0;
}

int signals_take_all(const struct signals *signals, struct err *err)
{
	sigset_t set;

	fill_all(&set);
	return signalfd(signals->fd, &set, FD_FLAGS) < 0 ? err_sys(err, "signalfd") : 0;
}

int signals_open_all(struct err *err)
{
	sigset_t set;
	int fd;

	fill_all(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(err, "sigprocmask");
	fd = signalfd(-1, &set, FD_FLAGS);
	return fd < 0 ? err_sys(err, "signalfd") : fd;
}

/* One that is blocked is queued though it is ignored: nohup(1) has SIGHUP so. */
static bool is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int signals_check(int fd, struct err *err)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t) sizeof(info))
		for (size_t i = 0; i < ENDING; i++)
			if ((int) info.ssi_signo == ending[i].number &&
				!is_ignored(ending[i].number)) {
				(void) err_set(
					err, ERR_INTERRUPTED, "interrupted by %s", ending[i].name);
				err->signal = ending[i].number;
				return -1;
			}
	return 0;
}

void signals_restore(const struct signals *signals)
{
	if (signals->fd >= 0)
		(void) sigprocmask(SIG_SETMASK, &signals->before, NULL);
}

void signals_done(struct signals *signals)
{
	fd_close(&signals->fd);
}
