/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "kernel/ns.h"
#include "lifecycle/handle.h"
#include "lifecycle/lifecycle.h"

enum { SIGNAL_LAST = 64, RT_FIRST = 34 };

static const struct {
	const char *name;
	int number;
} signals[] = {
	{ "ABRT", SIGABRT },
	{ "ALRM", SIGALRM },
	{ "BUS", SIGBUS },
	{ "CHLD", SIGCHLD },
	{ "CLD", SIGCHLD },
	{ "CONT", SIGCONT },
	{ "FPE", SIGFPE },
	{ "HUP", SIGHUP },
	{ "ILL", SIGILL },
	{ "INT", SIGINT },
	{ "IO", SIGIO },
	{ "IOT", SIGABRT },
	{ "KILL", SIGKILL },
	{ "PIPE", SIGPIPE },
	{ "POLL", SIGIO },
	{ "PROF", SIGPROF },
	{ "PWR", SIGPWR },
	{ "QUIT", SIGQUIT },
	{ "SEGV", SIGSEGV },
	{ "STOP", SIGSTOP },
	{ "SYS", SIGSYS },
	{ "TERM", SIGTERM },
	{ "TRAP", SIGTRAP },
	{ "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN },
	{ "TTOU", SIGTTOU },
	{ "URG", SIGURG },
	{ "USR1", SIGUSR1 },
	{ "USR2", SIGUSR2 },
	{ "VTALRM", SIGVTALRM },
	{ "WINCH", SIGWINCH },
	{ "XCPU", SIGXCPU },
	{ "XFSZ", SIGXFSZ },
};

int lifecycle_signal(const char *text, int *ret, struct err *err)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	uint32_t number = 0;

	if (str_to_u32(text, &number) == 0 && number >= 1 && number <= SIGNAL_LAST) {
		*ret = (int) number;
		return 0;
	}
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (strcasecmp(name, signals[i].name) == 0) {
			*ret = signals[i].number;
			return 0;
		}
	/* The kernel's and glibc's numbers: libc's SIGRTMIN is 34. */
	number = 0;
	if (strcasecmp(name, "RTMAX") == 0)
		*ret = SIGNAL_LAST;
	else if (strcasecmp(name, "RTMIN") == 0)
		*ret = RT_FIRST;
	else if (strncasecmp(name, "RTMIN+", 6) == 0 && str_to_u32(name + 6, &number) == 0 &&
		number <= SIGNAL_LAST - RT_FIRST)
		*ret = RT_FIRST + (int) number;
	else if (strncasecmp(name, "RTMAX-", 6) == 0 && str_to_u32(name + 6, &number) == 0 &&
		number <= SIGNAL_LAST - RT_FIRST)
		*ret = SIGNAL_LAST - (int) number;
	else
		return err_set(err, ERR_USAGE,
			"unknown signal \"%s\" (1 to 64, or a name such as TERM or RTMIN+3)", text);
	return 0;
}

int lifecycle_kill(
	const struct global_options *global, const char *id, int sig, bool all, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_handle_ struct handle handle = HANDLE_INIT;

	if (handle_look_any(global->root, id, &arena, &handle, err) < 0)
		return -1;
	/* Without a pid namespace of its own a container's processes outlive its first one. */
	if (sig == SIGKILL && handle.record.shared_pids && !all) {
		pid_t *pids;
		size_t count;

		if (cgroup_pids(&handle.cgroups, &arena, &pids, &count, err) < 0)
			return -1;
		all = count > 0;
	}
	if (all && handle.cgroups.leaf_count > 0)
		return cgroup_signal(&handle.cgroups, sig, err);
	if (handle.pidfd < 0)
		return err_set(err, ERR_NOT_RUNNING, "container not running");
	/* A process in a v1 freezer would end only with its thaw. */
	if (sig == SIGKILL && handle.status == STATUS_PAUSED &&
		cgroup_signal(&handle.cgroups, sig, err) < 0)
		return -1;
	return ns_pidfd_send(handle.pidfd, sig, err) == 0 || err->num == ESRCH ? 0 : -1;
}
