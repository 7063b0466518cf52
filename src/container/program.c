/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/time.h"
#include "kernel/ns.h"
#include "kernel/signals.h"

enum { END_MS = 10 * 1000 };

/* A program while it runs; leaving the scope kills and reaps it. The ends here never block: it need not
 * read, and may leave children behind that hold its output open. */
struct running {
	pid_t pid;
	int pidfd;
	int input;
	int output;
	int errors;
};

/* Its ends are closed first: it may wait for them. */
static int end(struct running *running, struct err *err)
{
	const pid_t pid = running->pid;

	fd_close(&running->input);
	fd_close(&running->output);
	fd_close(&running->errors);
	running->pid = 0;
	return pid > 0 ? ns_end(pid, running->pidfd, time_deadline_ms(END_MS), err) : 0;
}

static void running_end(struct running *running)
{
	struct err late;

	if (end(running, &late) < 0) {
		log_warning("%s", late.text);
		err_drop(&late);
	}
	fd_close(&running->pidfd);
}

#define _cleanup_running_ __attribute__((cleanup(running_end)))

/* The program's side of the clone. All fds but 0, 1 and 2 are O_CLOEXEC. */
__attribute__((noreturn)) static void become(
	const struct program *program, pid_t parent, int input, int output, int errors)
{
	struct err err;
	sigset_t none;

	if (ns_die_with(parent, &err) < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 ||
		dup2(errors, 2) < 0)
		_exit(127);
	(void) sigemptyset(&none);
	(void) sigprocmask(SIG_SETMASK, &none, NULL);
	(void) signal(SIGPIPE, SIG_DFL);
	(void) signal(SIGXFSZ, SIG_DFL);
	if (program->cwd != NULL && chdir(program->cwd) < 0)
		(void) err_sys(&err, "chdir %s", program->cwd);
	else {
		(void) execve(program->path, program->argv, program->envp);
		(void) err_sys(&err, "execve");
	}
	(void) dprintf(2, "%s", err.text);
	_exit(127);
}

static int make_pipe(int *ret_read, int *ret_write, struct err *err)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, "pipe2");
	*ret_read = ends[0];
	*ret_write = ends[1];
	return 0;
}

static int launch(const struct program *program, struct running *ret, struct err *err)
{
	_cleanup_fd_ int input = -1, output = -1, errors = -1;
	const pid_t parent = getpid();
	pid_t pid;

	if (make_pipe(&input, &ret->input, err) < 0 || make_pipe(&ret->output, &output, err) < 0 ||
		(program->errors != NULL && make_pipe(&ret->errors, &errors, err) < 0))
		return -1;
	if (fcntl(ret->input, F_SETFL, O_NONBLOCK) < 0 ||
		fcntl(ret->output, F_SETFL, O_NONBLOCK) < 0 ||
		(ret->errors >= 0 && fcntl(ret->errors, F_SETFL, O_NONBLOCK) < 0))
		return err_sys(err, "fcntl pipes");
	pid = ns_clone(0, -1, &ret->pidfd, err);
	if (pid < 0)
		return -1;
	if (pid == 0)
		become(program, parent, input, output, errors >= 0 ? errors : output);
	ret->pid = pid;
	return 0;
}

/* What is read or written in part must not pass for the whole. */
static bool is_no_failure(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static int feed(int *fd, const char **text, struct err *err)
{
	size_t left = strlen(*text);
	ssize_t wrote = left == 0 ? 0 : write(*fd, *text, left);

	if (wrote > 0)
		*text += wrote;
	if (wrote < 0 && errno != EPIPE && !is_no_failure())
		return err_sys(err, "write to its standard input");
	/* EPIPE: it does not want to know. */
	if (**text == '\0' || (wrote < 0 && errno == EPIPE))
		fd_close(fd);
	return 0;
}

/* Keeps the last size - 1 bytes. */
static int drain(int *fd, char *text, size_t size, size_t *used, struct err *err)
{
	char bytes[4096];
	ssize_t got = read(*fd, bytes, sizeof(bytes));
	size_t count = got > 0 ? (size_t) got : 0, room = size - 1;

	if (got < 0 && !is_no_failure())
		return err_sys(err, "read its output");
	if (got == 0)
		fd_close(fd);
	if (text == NULL || size == 0)
		return 0;
	if (count > room) {
		memmove(bytes, bytes + count - room, room);
		count = room;
	}
	if (*used + count > room) {
		memmove(text, text + *used + count - room, room - count);
		*used = room - count;
	}
	memcpy(text + *used, bytes, count);
	*used += count;
	return 0;
}

static void trim(char *text, size_t used)
{
	if (text == NULL)
		return;
	while (used > 0 && (text[used - 1] == '\n' || text[used - 1] == ' '))
		used--;
	text[used] = '\0';
}

/* Feeds and drains until the process has ended and its output is read, as far as it is there. */
static int tend(const struct program *program, struct running *running, struct err *err)
{
	const char *input = program->input;
	size_t output_used = 0, errors_used = 0;
	struct stat info;
	struct until until = UNTIL_NOTHING;

	if (program->until != NULL)
		until = *program->until;
	/* A directory in /proc in place of a pidfd has nothing to poll for. */
	if (until.pidfd >= 0 && fstat(until.pidfd, &info) == 0 && S_ISDIR(info.st_mode))
		until.pidfd = -1;
	for (;;) {
		struct pollfd polls[6] = {
			{ .fd = running->pidfd, .events = POLLIN },
			{ .fd = running->input, .events = POLLOUT },
			{ .fd = running->output, .events = POLLIN },
			{ .fd = running->errors, .events = POLLIN },
			{ .fd = until.pidfd, .events = POLLIN },
			{ .fd = until.signals, .events = POLLIN },
		};
		int ready = poll(polls, 6, time_poll_ms(program->deadline_ns));

		if (ready < 0 && errno != EINTR)
			return err_sys(err, "poll %s", program->path);
		if (ready == 0)
			return err_set(err, ERR_TIMEOUT, "ran past its time-out and was killed");
		if (ready < 0)
			continue;
		if (polls[5].revents != 0 && signals_check(until.signals, err) < 0)
			return -1;
		if (polls[4].revents != 0 && polls[0].revents == 0)
			return err_set(err, ERR_CHILD, "was killed: the container ended meanwhile");
		if ((polls[1].revents != 0 && feed(&running->input, &input, err) < 0) ||
			(polls[2].revents != 0 &&
				drain(&running->output, program->output, program->output_size,
					&output_used, err) < 0) ||
			(polls[3].revents != 0 &&
				drain(&running->errors, program->errors, program->errors_size,
					&errors_used, err) < 0))
			return -1;
		if (polls[0].revents != 0 && polls[2].revents == 0 && polls[3].revents == 0)
			break;
	}
	trim(program->output, output_used);
	trim(program->errors, errors_used);
	return 0;
}

int program_run(const struct program *program, int *ret_status, struct err *err)
{
	_cleanup_running_ struct running running = {
		.pidfd = -1, .input = -1, .output = -1, .errors = -1
	};
	siginfo_t info;
	pid_t pid;

	if (launch(program, &running, err) < 0)
		return -1;
	if (tend(program, &running, err) < 0) {
		struct err late;

		return end(&running, &late) < 0 ? err_ctx(err, "%s", late.text) : -1;
	}
	pid = running.pid;
	running.pid = 0;
	if (ns_reap_soon(pid, running.pidfd, &info, err) < 0)
		return -1;
	*ret_status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	return 0;
}
