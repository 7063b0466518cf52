/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/notify.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "kernel/ns.h"
#include "kernel/signals.h"
#include "kernel/sock.h"
#include "plan/plan.h"

enum {
	TEXT_BYTES = 4096,
	SEND_MS = 2 * 1000,
	BARRIER_MS = 30 * 1000,
	LOOK_MS = 1000,
	AT_ONCE = 16
};

int notify_prepare(int state_dir, struct err *err)
{
	if (mkdirat(state_dir, PLAN_NOTIFY_DIRECTORY, 0755) < 0 && errno != EEXIST)
		return err_sys(err, "mkdir %s", PLAN_NOTIFY_DIRECTORY);
	/* The caller's umask may have taken more than the container can do without. */
	if (fchmodat(state_dir, PLAN_NOTIFY_DIRECTORY, 0755, 0) < 0)
		return err_sys(err, "chmod %s", PLAN_NOTIFY_DIRECTORY);
	return 0;
}

int notify_open(int state_dir, const char *manager, struct notify *ret, struct err *err)
{
	_cleanup_fd_ int dir = -1, inside = -1, outside = -1;

	if (manager == NULL)
		return 0;
	dir = openat(
		state_dir, PLAN_NOTIFY_DIRECTORY, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0 && errno == ENOENT)
		return 0;
	if (dir < 0)
		return err_sys(err, "open %s", PLAN_NOTIFY_DIRECTORY);
	outside = sock_connect_manager(manager, err);
	if (outside < 0 || sock_bound_send(outside, SEND_MS, err) < 0) {
		log_warning("NOTIFY_SOCKET: %s", err->text);
		err_drop(err);
		return 0;
	}
	inside = sock_bind_datagram_at(dir, PLAN_NOTIFY_NAME, err);
	if (inside < 0)
		return -1;
	ret->inside = TAKE_FD(inside);
	ret->manager = TAKE_FD(outside);
	return 0;
}

void notify_close(struct notify *notify)
{
	fd_close(&notify->inside);
	fd_close(&notify->manager);
}

static bool is_passed(const char *line)
{
	static const char *const words[] = { "READY=1", "RELOADING=1", "STOPPING=1", "WATCHDOG=1",
		NULL };
	static const char *const names[] = {
		"STATUS=", "ERRNO=", "EXTEND_TIMEOUT_USEC=", "MONOTONIC_USEC="
	};

	if (str_in(line, words))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (str_starts(line, names[i]))
			return true;
	return false;
}

/* One message of the container's, cut into lines in place; the lines that are passed go out as one
 * message. pid 0: the first process is not the service's main process. */
static bool relay(struct notify *notify, char *text, pid_t pid)
{
	char out[TEXT_BYTES + 64];
	size_t length = 0;
	bool ready = false;
	struct err err;

	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		if (!is_passed(line))
			continue;
		ready = ready || str_eq(line, "READY=1");
		length += (size_t) snprintf(
			out + length, sizeof(out) - length, "%s%s", length > 0 ? "\n" : "", line);
	}
	if (ready && pid > 0)
		length += (size_t) snprintf(
			out + length, sizeof(out) - length, "\nMAINPID=%d", (int) pid);
	if (length > 0 && sock_send_fd(notify->manager, out, length, -1, &err) < 0) {
		log_warning("NOTIFY_SOCKET: %s", err.text);
		err_drop(&err);
	}
	return ready;
}

/* The next message as text. Returns 1; 0 where there is none, which includes one that is no message; -1.
 * Descriptors that the container sends along are closed. */
static int next(struct notify *notify, uint64_t deadline_ns, int pidfd, char text[TEXT_BYTES],
	struct err *err)
{
	const struct until until = { pidfd, -1 };
	const ssize_t got =
		sock_recv(notify->inside, text, TEXT_BYTES - 1, NULL, deadline_ns, &until, err);

	if (got < 0 && err->code != ERR_TIMEOUT && err->num != EMSGSIZE)
		return -1;
	if (got < 0)
		err_drop(err);
	text[got > 0 ? got : 0] = '\0';
	return got > 0;
}

void notify_pass(struct notify *notify)
{
	char text[TEXT_BYTES];
	struct err err;
	int got = 0;

	/* Not more at a time: the loop has others to look after. */
	for (int i = 0; i < AT_ONCE && (got = next(notify, 0, -1, text, &err)) > 0; i++)
		(void) relay(notify, text, 0);
	if (got < 0) {
		log_warning("NOTIFY_SOCKET: %s", err.text);
		err_drop(&err);
		notify_close(notify);
	}
}

/* Behind the message, while its sender is still there: the manager finds out by its process whose it is.
 * It closes the pipe when it has come so far. */
static void wait_until_read(struct notify *notify)
{
	static const char barrier[] = "BARRIER=1";
	_cleanup_fd_ int read_end = -1;
	int ends[2];
	struct pollfd hangup = { 0 };
	struct err err;
	const uint64_t deadline = time_deadline_ms(BARRIER_MS);

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	read_end = ends[0];
	if (sock_send_fd(notify->manager, barrier, strlen(barrier), ends[1], &err) < 0) {
		err_drop(&err);
		fd_close(&ends[1]);
		return;
	}
	fd_close(&ends[1]);
	hangup.fd = read_end;
	while (poll(&hangup, 1, time_poll_ms(deadline)) < 0 && errno == EINTR)
		;
}

int notify_until_ready(struct notify *notify, pid_t pid, int pidfd, struct err *err)
{
	char text[TEXT_BYTES];
	int got;

	while (notify->inside >= 0) {
		got = next(notify, time_deadline_ms(LOOK_MS), pidfd, text, err);
		if (got < 0)
			return -1;
		if (got > 0 && relay(notify, text, pid)) {
			wait_until_read(notify);
			break;
		}
		if (got > 0)
			continue;
		/* An end, an empty message, or a kernel whose pidfd cannot be polled. */
		got = ns_pidfd_wait(pidfd, 0, err);
		if (got < 0)
			return -1;
		if (got > 0)
			break;
	}
	notify_close(notify);
	return 0;
}
