/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "container/notify.h"
#include "kernel/ns.h"
#include "kernel/tty.h"

/* A pipe that poll calls writable takes this much without blocking (PIPE_BUF). */
enum { WRITE_BYTES = 4096, FLOW_BYTES = 16384, END_KEYS = 2 };

/* Bytes on their way from one terminal to the other. */
struct flow {
	int from;
	int to;
	char bytes[FLOW_BYTES + END_KEYS];
	size_t start;
	size_t end;
	bool finished; /* nothing more will come from `from` */
	bool mid_line; /* the last byte that went through was no line break */
};

/* The caller's side and the container's. */
struct session {
	pid_t pid;
	int pidfd;
	int signals;
	int terminal; /* the master, or -1 */
	int slave; /* held open, so that the master knows no end of file before the program's end */
	struct notify *notify; /* or NULL */
	struct flow in; /* caller to container */
	struct flow out;
	struct tty_saved saved;
	bool keys_taken; /* or there is no terminal to take them from */
	bool ended; /* the program */
	bool cut; /* a signal came when there was nobody left to forward it to */
};

/* The caller's terminal passes every key on, as long as it is ours: a shell may have put us into the
 * background, and then the mode is its own. */
static void take_keys(struct session *s)
{
	struct err err;

	s->keys_taken = s->terminal < 0 || !isatty(0);
	if (s->keys_taken || !tty_is_ours(0))
		return;
	s->keys_taken = true;
	if (tty_raw(0, &s->saved, &err) < 0) {
		log_warning("terminal: %s", err.text);
		err_drop(&err);
	}
}

/* ---- signals ------------------------------------------------------------------------------------ */

static void forward_one(struct session *s, int sig)
{
	struct err ignored;

	switch (sig) {
	case SIGCHLD:
		/* In a pid namespace that is ours too, what lost its parent is a child of the subreaper. */
		ns_reap_others(s->pid);
		return;
	case SIGURG:
	case SIGPIPE:
	case SIGTTIN:
	case SIGTTOU:
		return; /* these are between the kernel and this process */
	case SIGWINCH:
		if (s->terminal >= 0) {
			tty_size_of_caller(s->terminal);
			return;
		}
		break;
	case SIGCONT:
		/* Back from a stop, and the shell has had the terminal meanwhile. */
		take_keys(s);
		if (s->terminal >= 0)
			tty_size_of_caller(s->terminal);
		break;
	case SIGTERM:
	case SIGINT:
	case SIGHUP:
	case SIGQUIT:
		if (s->ended)
			s->cut = true;
		break;
	default:
		break;
	}
	/* It may have ended by now. */
	if (ns_pidfd_send(s->pidfd, sig, &ignored) < 0)
		err_drop(&ignored);
}

static void forward(struct session *s)
{
	struct signalfd_siginfo info;

	while (read(s->signals, &info, sizeof(info)) == (ssize_t) sizeof(info))
		forward_one(s, (int) info.ssi_signo);
}

/* ---- bytes -------------------------------------------------------------------------------------- */

static bool can_read(const struct flow *flow)
{
	return !flow->finished && flow->end < FLOW_BYTES;
}

static bool can_write(const struct flow *flow)
{
	return flow->end > flow->start;
}

static void pull(struct flow *flow)
{
	ssize_t got = read(flow->from, flow->bytes + flow->end, FLOW_BYTES - flow->end);

	if (got > 0) {
		flow->end += (size_t) got;
		flow->mid_line = flow->bytes[flow->end - 1] != '\n';
	} else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		flow->finished = true;
	}
}

static void push(struct flow *flow)
{
	size_t length = flow->end - flow->start;
	ssize_t put = write(
		flow->to, flow->bytes + flow->start, length < WRITE_BYTES ? length : WRITE_BYTES);

	if (put > 0)
		flow->start += (size_t) put;
	else if (put < 0 && errno != EAGAIN && errno != EINTR) {
		flow->finished = true;
		flow->start = flow->end;
	}
	if (flow->start == flow->end)
		flow->start = flow->end = 0;
}

/* In the background the kernel stops who reads the terminal, by a signal that must not be blocked then;
 * an orphan gets an error instead. After the stop the terminal is ours. A shell that brings us to the
 * foreground without a stop tells us nothing: the first keys do. */
static void pull_keys(struct session *s)
{
	sigset_t stop, before;

	if (tty_is_ours(0)) {
		if (!s->keys_taken)
			take_keys(s);
		pull(&s->in);
		return;
	}
	(void) sigemptyset(&stop);
	(void) sigaddset(&stop, SIGTTIN);
	(void) sigprocmask(SIG_UNBLOCK, &stop, &before);
	pull(&s->in);
	(void) sigprocmask(SIG_SETMASK, &before, NULL);
	take_keys(s);
}

/* The end of a file or pipe on stdin is told to who reads the container's terminal as a key would tell
 * it; twice behind half a line, which the first one only completes. */
static void pass_end(struct session *s)
{
	const int key = tty_eof_char(s->terminal);

	if (key < 0)
		return;
	for (int i = s->in.mid_line ? 0 : 1; i < END_KEYS; i++)
		s->in.bytes[s->in.end++] = (char) key;
}

/* Nobody reads the output any more: a terminal whose user has gone hangs up. */
static void hang_up(struct session *s)
{
	fd_close(&s->slave);
	fd_close(&s->terminal);
	s->in.finished = s->out.finished = true;
	s->in.start = s->in.end = s->out.start = s->out.end = 0;
}

/* ---- the loop ----------------------------------------------------------------------------------- */

enum { PIDFD, SIGNALS, NOTIFY, STDIN, TERMINAL, STDOUT, POLLS };

/* Reads only where there is room and writes only where there is something: nobody spins. */
static void watch(const struct session *s, struct pollfd polls[POLLS])
{
	for (int i = 0; i < POLLS; i++)
		polls[i] = (struct pollfd){ .fd = -1, .events = POLLIN };
	polls[PIDFD].fd = s->ended ? -1 : s->pidfd;
	polls[SIGNALS].fd = s->signals;
	polls[NOTIFY].fd = s->notify == NULL ? -1 : s->notify->inside;
	if (s->terminal < 0)
		return;
	if (can_read(&s->in) && !s->ended)
		polls[STDIN].fd = s->in.from;
	polls[TERMINAL].events = (short) ((can_read(&s->out) ? POLLIN : 0) |
		(can_write(&s->in) && !s->ended ? POLLOUT : 0));
	if (polls[TERMINAL].events != 0)
		polls[TERMINAL].fd = s->terminal;
	polls[STDOUT].events = POLLOUT;
	if (can_write(&s->out))
		polls[STDOUT].fd = s->out.to;
}

static void serve(struct session *s, const struct pollfd polls[POLLS])
{
	if (polls[NOTIFY].revents != 0)
		notify_pass(s->notify);
	if (polls[STDIN].revents != 0) {
		pull_keys(s);
		if (s->in.finished)
			pass_end(s);
	}
	if ((polls[TERMINAL].revents & ~POLLOUT) != 0 && can_read(&s->out))
		pull(&s->out);
	if ((polls[TERMINAL].revents & POLLOUT) != 0 && can_write(&s->in))
		push(&s->in);
	if (polls[STDOUT].revents != 0 && can_write(&s->out)) {
		const bool before = s->out.finished;

		push(&s->out);
		if (!before && s->out.finished)
			hang_up(s);
	}
}

/* Until the program has ended and what it wrote has been passed on. What children that live on may
 * still write is not waited for: an empty terminal at that moment is the end. */
static int loop(struct session *s, struct err *err)
{
	while (!s->ended || can_write(&s->out) || can_read(&s->out)) {
		struct pollfd polls[POLLS];
		const bool last = s->ended && !can_write(&s->out);
		int ready;

		watch(s, polls);
		ready = poll(polls, POLLS, last ? 0 : -1);
		if (ready < 0 && errno != EINTR)
			return err_sys(err, "poll the container");
		if (ready < 0)
			continue;
		if (last && polls[TERMINAL].revents == 0)
			break;
		if (polls[PIDFD].revents != 0)
			s->ended = true;
		if (polls[SIGNALS].revents != 0)
			forward(s);
		if (s->cut)
			break;
		serve(s, polls);
	}
	return 0;
}

static int open_session(struct session *s, struct err *err)
{
	s->in.finished = s->out.finished = true;
	if (s->terminal < 0)
		return 0;
	s->slave = tty_open_slave(s->terminal, err);
	if (s->slave < 0)
		return -1;
	s->in.from = tty_private(0, O_RDONLY, err);
	if (s->in.from < 0)
		return -1;
	s->out.to = tty_private(1, O_WRONLY, err);
	if (s->out.to < 0)
		return -1;
	if (fcntl(s->terminal, F_SETFL, O_NONBLOCK) < 0)
		return err_sys(err, "fcntl terminal");
	s->in.to = s->out.from = s->terminal;
	s->in.finished = s->out.finished = false;
	take_keys(s);
	return 0;
}

static void close_session(struct session *s)
{
	tty_restore(&s->saved);
	fd_close(&s->slave);
	fd_close(&s->in.from);
	fd_close(&s->out.to);
}

int wait_for(pid_t pid, int pidfd, int signals, int *terminal, struct notify *notify,
	int *ret_status, struct err *err)
{
	struct session s = {
		.pid = pid,
		.pidfd = pidfd,
		.signals = signals,
		.notify = notify,
		.terminal = *terminal,
		.slave = -1,
		.in = { .from = -1 },
		.out = { .to = -1 },
		.saved = TTY_SAVED_INIT,
	};
	siginfo_t info;
	int result;

	*terminal = -1; /* it may be hung up on the way */
	result = open_session(&s, err) < 0 ? -1 : loop(&s, err);
	close_session(&s);
	fd_close(&s.terminal);
	if (result < 0 || ns_reap(pid, pidfd, &info, err) < 0)
		return -1;
	*ret_status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	return 0;
}
