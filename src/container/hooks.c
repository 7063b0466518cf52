/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/time.h"
#include "kernel/ns.h"

enum { OUTPUT_BYTES = 512 };

struct running {
	pid_t pid;
	int pidfd;
	int input; /* the state goes in here, -1 when all of it has */
	int output; /* stdout and stderr come out here, -1 at end of file */
};

/* A hook that is still alive when its scope is left is killed and reaped. */
static void running_end(struct running *hook)
{
	struct err ignored;
	siginfo_t info;

	fd_close(&hook->input);
	fd_close(&hook->output);
	if (hook->pid > 0) {
		if (ns_pidfd_send(hook->pidfd, SIGKILL, &ignored) < 0)
			err_drop(&ignored);
		if (ns_reap(hook->pid, hook->pidfd, &info, &ignored) < 0)
			err_drop(&ignored);
	}
	hook->pid = 0;
	fd_close(&hook->pidfd);
}

#define _cleanup_running_ __attribute__((cleanup(running_end)))

const char *hooks_name(enum hook_kind kind)
{
	static const char *const names[HOOK_KINDS] = {
		[HOOK_PRESTART] = "prestart",
		[HOOK_CREATE_RUNTIME] = "createRuntime",
		[HOOK_CREATE_CONTAINER] = "createContainer",
		[HOOK_START_CONTAINER] = "startContainer",
		[HOOK_POSTSTART] = "poststart",
		[HOOK_POSTSTOP] = "poststop",
	};

	return names[kind];
}

/* The hook's side of the clone. All fds but 0, 1 and 2 are O_CLOEXEC. */
__attribute__((noreturn)) static void become(
	const struct hook *hook, const char *cwd, pid_t parent, int input, int output)
{
	struct err err;
	sigset_t none;

	/* The runtime may have ended before the death signal was set. */
	if (ns_pdeathsig(SIGKILL, &err) < 0 || getppid() != parent || dup2(input, 0) < 0 ||
		dup2(output, 1) < 0 || dup2(output, 2) < 0)
		_exit(127);
	(void) sigemptyset(&none);
	(void) sigprocmask(SIG_SETMASK, &none, NULL);
	(void) signal(SIGPIPE, SIG_DFL);
	if (cwd != NULL && chdir(cwd) < 0)
		(void) err_sys(&err, "chdir %s", cwd);
	else {
		(void) execve(hook->path, hook->argv, hook->envp);
		(void) err_sys(&err, "execve");
	}
	(void) dprintf(2, "%s", err.text);
	_exit(127);
}

static int launch(const struct hook *hook, const char *cwd, struct running *ret, struct err *err)
{
	_cleanup_fd_ int input_read = -1, input_write = -1, output_read = -1, output_write = -1;
	const pid_t parent = getpid();
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "pipe for the hook's state");
	input_read = ends[0];
	input_write = ends[1];
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "pipe for the hook's output");
	output_read = ends[0];
	output_write = ends[1];
	/* Our own ends never block: a hook need not read, and may leave children behind that hold
	 * its output open. */
	if (fcntl(input_write, F_SETFL, O_NONBLOCK) < 0 ||
		fcntl(output_read, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, "fcntl pipes of the hook");
	pid = ns_clone(0, -1, &ret->pidfd, err);
	if (pid < 0)
		return -1;
	if (pid == 0)
		become(hook, cwd, parent, input_read, output_write);
	ret->pid = pid;
	ret->input = TAKE_FD(input_write);
	ret->output = TAKE_FD(output_read);
	return 0;
}

static void feed(struct running *hook, const char **state)
{
	size_t left = strlen(*state);
	ssize_t wrote = left == 0 ? 0 : write(hook->input, *state, left);

	if (wrote > 0)
		*state += wrote;
	/* EPIPE: it does not want to know. */
	if (**state == '\0' || (wrote < 0 && errno != EAGAIN && errno != EINTR))
		fd_close(&hook->input);
}

/* Keeps the last OUTPUT_BYTES - 1 bytes. */
static void drain(struct running *hook, char *output, size_t *used)
{
	char bytes[4096];
	ssize_t got = read(hook->output, bytes, sizeof(bytes));

	if (got <= 0) {
		if (got == 0 || (errno != EAGAIN && errno != EINTR))
			fd_close(&hook->output);
		return;
	}
	for (ssize_t i = 0; i < got; i++) {
		if (*used == OUTPUT_BYTES - 1) {
			memmove(output, output + 1, OUTPUT_BYTES - 2);
			(*used)--;
		}
		output[(*used)++] = bytes[i];
	}
}

/* Feeds and drains until the process has ended and its output is read, as far as it is there. */
static int tend(struct running *hook, const char *state, uint64_t deadline_ns, char *output,
	struct err *err)
{
	size_t used = 0;

	for (;;) {
		struct pollfd polls[3] = {
			{ .fd = hook->pidfd, .events = POLLIN },
			{ .fd = hook->input, .events = POLLOUT },
			{ .fd = hook->output, .events = POLLIN },
		};
		int ready = poll(polls, 3, time_poll_ms(deadline_ns));

		if (ready < 0 && errno != EINTR)
			return err_sys(err, "poll a hook");
		if (ready == 0)
			return err_set(err, ERR_TIMEOUT, "ran past its time-out and was killed");
		if (ready < 0)
			continue;
		if (polls[1].revents != 0)
			feed(hook, &state);
		if (polls[2].revents != 0)
			drain(hook, output, &used);
		else if (polls[0].revents != 0)
			break;
		output[used] = '\0';
	}
	while (used > 0 && (output[used - 1] == '\n' || output[used - 1] == ' '))
		used--;
	output[used] = '\0';
	return 0;
}

static int run_one(const struct hook *hook, const char *state, const char *cwd, struct err *err)
{
	_cleanup_running_ struct running running = { .pidfd = -1, .input = -1, .output = -1 };
	char output[OUTPUT_BYTES] = "";
	siginfo_t info;
	pid_t pid;

	if (launch(hook, cwd, &running, err) < 0)
		return -1;
	if (tend(&running, state,
		    time_deadline_ms(hook->timeout_ms != 0 ? hook->timeout_ms : HOOK_LIMIT_MS),
		    output, err) < 0)
		return -1;
	pid = running.pid;
	running.pid = 0;
	if (ns_reap(pid, running.pidfd, &info, err) < 0)
		return -1;
	if (info.si_code == CLD_EXITED && info.si_status == 0)
		return 0;
	return err_set(err, ERR_HOOK, "%s %d%s%s",
		info.si_code == CLD_EXITED ? "exit status" : "killed by signal", info.si_status,
		output[0] != '\0' ? ": " : "", output);
}

int hooks_run(const struct hook_list *list, enum hook_kind kind, const char *state_json,
	const char *cwd, struct err *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (run_one(&list->items[i], state_json, cwd, err) < 0) {
			err->code = ERR_HOOK;
			return err_point(err, list->items[i].pointer, "hook %s %s",
				hooks_name(kind), list->items[i].path);
		}
	return 0;
}
