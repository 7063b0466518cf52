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
#include "kernel/ns.h"
#include "kernel/tty.h"

/* Bytes on their way from one terminal to the other. */
struct flow {
	int from;
	int to;
	char bytes[16384];
	size_t start;
	size_t end;
	bool finished; /* nothing more will come from `from` */
};

int wait_signals(struct err *err)
{
	sigset_t set;
	int fd;

	(void) sigfillset(&set);
	/* These are about this process itself. */
	(void) sigdelset(&set, SIGSEGV);
	(void) sigdelset(&set, SIGBUS);
	(void) sigdelset(&set, SIGFPE);
	(void) sigdelset(&set, SIGILL);
	(void) sigdelset(&set, SIGABRT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return err_sys(err, "sigprocmask");
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(err, "signalfd") : fd;
}

static void forward(int pidfd, int signals, int terminal)
{
	struct signalfd_siginfo info;
	struct err ignored;

	while (read(signals, &info, sizeof(info)) == (ssize_t) sizeof(info)) {
		if (info.ssi_signo == SIGCHLD || info.ssi_signo == SIGURG ||
			info.ssi_signo == SIGPIPE)
			continue;
		if (info.ssi_signo == SIGWINCH && terminal >= 0) {
			if (tty_copy_size(0, terminal, &ignored) < 0)
				err_drop(&ignored);
			continue;
		}
		/* It may have ended by now. */
		if (ns_pidfd_send(pidfd, (int) info.ssi_signo, &ignored) < 0)
			err_drop(&ignored);
	}
}

static bool can_read(const struct flow *flow)
{
	return !flow->finished && flow->end < sizeof(flow->bytes);
}

static bool can_write(const struct flow *flow)
{
	return flow->end > flow->start;
}

static void pull(struct flow *flow)
{
	ssize_t got = read(flow->from, flow->bytes + flow->end, sizeof(flow->bytes) - flow->end);

	if (got > 0)
		flow->end += (size_t) got;
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		flow->finished = true; /* EIO: the last process has closed the terminal */
}

static void push(struct flow *flow)
{
	ssize_t put = write(flow->to, flow->bytes + flow->start, flow->end - flow->start);

	if (put > 0)
		flow->start += (size_t) put;
	else if (put < 0 && errno != EAGAIN && errno != EINTR) {
		flow->finished = true;
		flow->start = flow->end;
	}
	if (flow->start == flow->end)
		flow->start = flow->end = 0;
}

/* Reads only where there is room and writes only where there is something: nobody spins. */
static void serve(const struct pollfd *polls, struct flow *in, struct flow *out)
{
	if (polls[2].revents != 0 && can_read(in))
		pull(in);
	if ((polls[3].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && can_read(out))
		pull(out);
	if ((polls[3].revents & POLLOUT) != 0 && can_write(in))
		push(in);
	if (polls[4].revents != 0 && can_write(out))
		push(out);
}

static int loop(int pidfd, int signals, int terminal, struct err *err)
{
	struct flow in = { .from = 0, .to = terminal }, out = { .from = terminal, .to = 1 };
	bool ended = false;

	while (!ended || (terminal >= 0 && (!out.finished || can_write(&out)))) {
		struct pollfd polls[5] = {
			{ .fd = ended ? -1 : pidfd, .events = POLLIN },
			{ .fd = signals, .events = POLLIN },
			{ .fd = terminal >= 0 && can_read(&in) ? 0 : -1, .events = POLLIN },
			{ .fd = terminal, .events = 0 },
			{ .fd = terminal >= 0 && can_write(&out) ? 1 : -1, .events = POLLOUT },
		};
		int ready;

		if (terminal >= 0) {
			if (can_read(&out))
				polls[3].events |= POLLIN;
			if (can_write(&in))
				polls[3].events |= POLLOUT;
			if (polls[3].events == 0 || out.finished)
				polls[3].fd = -1;
		}
		/* Once it has ended what the terminal still holds is there at once: children that live
		 * on and keep it open are not waited for. */
		ready = poll(polls, 5, ended ? 0 : -1);
		if (ready < 0 && errno != EINTR)
			return err_sys(err, "poll the container");
		if (ready < 0)
			continue;
		if (ended && ready == 0 && !can_write(&out))
			break;
		if (polls[0].revents != 0)
			ended = true;
		if (polls[1].revents != 0)
			forward(pidfd, signals, terminal);
		if (terminal >= 0)
			serve(polls, &in, &out);
		if (terminal < 0 && ended)
			break;
	}
	return 0;
}

int wait_for(pid_t pid, int pidfd, int signals, int terminal, int *ret_status, struct err *err)
{
	_cleanup_tty_saved_ struct tty_saved saved = TTY_SAVED_INIT;
	struct err ignored;
	siginfo_t info;

	if (terminal >= 0) {
		/* A caller without a terminal of its own copies all the same. */
		if (tty_copy_size(0, terminal, &ignored) < 0)
			err_drop(&ignored);
		if (isatty(0) && tty_raw(0, &saved, err) < 0)
			return -1;
		if (fcntl(terminal, F_SETFL, O_NONBLOCK) < 0)
			return err_sys(err, "fcntl terminal");
	}
	if (loop(pidfd, signals, terminal, err) < 0 || ns_reap(pid, pidfd, &info, err) < 0)
		return -1;
	*ret_status = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
	return 0;
}
