/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/time.h"
#include "kernel/signals.h"

enum { CONNECT_S = 10 };

int sock_pair(int *ret_one, int *ret_other, struct err *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, "socketpair");
	*ret_one = ends[0];
	*ret_other = ends[1];
	return 0;
}

static int address(int dirfd, const char *name, struct sockaddr_un *ret, struct err *err)
{
	int length;

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	length = snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", dirfd, name);
	if (length < 0 || (size_t) length >= sizeof(ret->sun_path))
		return err_num(err, ENAMETOOLONG, "connect %s", name);
	return 0;
}

int sock_listen_at(int dirfd, const char *name, struct err *err)
{
	_cleanup_fd_ int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un to;

	if (sock < 0)
		return err_sys(err, "socket");
	if (address(dirfd, name, &to, err) < 0)
		return -1;
	if (bind(sock, (const struct sockaddr *) &to, sizeof(to)) < 0)
		return err_sys(err, "bind %s", name);
	if (listen(sock, 4) < 0)
		return err_sys(err, "listen %s", name);
	return TAKE_FD(sock);
}

int sock_accept(int listener, struct err *err)
{
	int sock;

	do
		sock = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	while (sock < 0 && (errno == EINTR || errno == ECONNABORTED));
	return sock < 0 ? err_sys(err, "accept") : sock;
}

/* The queue of a listener is full, and nothing tells when that changes: the call itself can wait. */
static int connect_patiently(
	int sock, const struct sockaddr_un *to, const char *name, struct err *err)
{
	const struct timeval limit = { .tv_sec = CONNECT_S };

	if (fcntl(sock, F_SETFL, 0) < 0)
		return err_sys(err, "fcntl");
	if (setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		return err_sys(err, "setsockopt SO_SNDTIMEO");
	if (connect(sock, (const struct sockaddr *) to, sizeof(*to)) == 0)
		return 0;
	if (errno == EAGAIN)
		return err_set(err, ERR_TIMEOUT, "connect %s: nobody accepted it within %d seconds",
			name, CONNECT_S);
	return err_sys(err, "connect %s", name);
}

/* A stream is not waited for without a bound: its listener may never accept. */
int sock_connect_at(int dirfd, const char *name, int type, struct err *err)
{
	const int flags = SOCK_CLOEXEC | (type == SOCK_DGRAM ? 0 : SOCK_NONBLOCK);
	_cleanup_fd_ int sock = socket(AF_UNIX, type | flags, 0);
	struct sockaddr_un to;
	int done;

	if (sock < 0)
		return err_sys(err, "socket");
	if (address(dirfd, name, &to, err) < 0)
		return -1;
	do
		done = connect(sock, (const struct sockaddr *) &to, sizeof(to));
	while (done < 0 && errno == EINTR);
	if (done < 0 && errno == EAGAIN)
		done = connect_patiently(sock, &to, name, err);
	else if (done < 0)
		(void) err_sys(err, "connect %s", name);
	return done < 0 ? -1 : TAKE_FD(sock);
}

int sock_connect_path(const char *path, int type, struct err *err)
{
	_cleanup_fd_ int dir = -1;
	const char *slash = strrchr(path, '/');
	char parent[4096] = ".";
	int sock;

	if (slash != NULL && (size_t) (slash - path) >= sizeof(parent))
		return err_num(err, ENAMETOOLONG, "connect %s", path);
	if (slash != NULL)
		(void) snprintf(parent, sizeof(parent), "%.*s",
			slash == path ? 1 : (int) (slash - path), path);
	dir = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, "connect %s", path);
	sock = sock_connect_at(dir, slash == NULL ? path : slash + 1, type, err);
	return sock < 0 && err->num != 0 ? err_num(err, err->num, "connect %s", path) : sock;
}

int sock_connect_manager(const char *address, struct err *err)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const size_t length = strlen(address);
	_cleanup_fd_ int sock = -1;

	if (address[0] == '/')
		return sock_connect_path(address, SOCK_DGRAM, err);
	if (address[0] != '@' || length > sizeof(to.sun_path))
		return err_num(err, EAFNOSUPPORT, "connect %s", address);
	sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (sock < 0)
		return err_sys(err, "socket");
	memcpy(to.sun_path + 1, address + 1, length - 1);
	if (connect(sock, (const struct sockaddr *) &to,
		    (socklen_t) (offsetof(struct sockaddr_un, sun_path) + length)) < 0)
		return err_sys(err, "connect %s", address);
	return TAKE_FD(sock);
}

int sock_bind_datagram_at(int dirfd, const char *name, struct err *err)
{
	_cleanup_fd_ int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to;

	if (sock < 0)
		return err_sys(err, "socket");
	if (address(dirfd, name, &to, err) < 0)
		return -1;
	if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
		return err_sys(err, "unlink %s", name);
	if (bind(sock, (const struct sockaddr *) &to, sizeof(to)) < 0)
		return err_sys(err, "bind %s", name);
	if (fchmodat(dirfd, name, 0777, 0) < 0)
		return err_sys(err, "chmod %s", name);
	return TAKE_FD(sock);
}

static ssize_t send_part(int sock, const void *bytes, size_t length, int fd, int flags)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part = { .iov_base = (void *) (uintptr_t) bytes, .iov_len = length };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
	ssize_t sent;

	if (fd >= 0) {
		struct cmsghdr *head;

		message.msg_control = control.room;
		message.msg_controllen = sizeof(control.room);
		head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	}
	do
		sent = sendmsg(sock, &message, MSG_NOSIGNAL | flags);
	while (sent < 0 && errno == EINTR);
	return sent;
}

int sock_send_fd(int sock, const void *bytes, size_t length, int fd, struct err *err)
{
	const ssize_t sent = send_part(sock, bytes, length, fd, 0);

	if (sent < 0)
		return err_sys(err, "sendmsg");
	if ((size_t) sent != length)
		return err_num(err, EMSGSIZE, "sendmsg");
	return 0;
}

int sock_send_all(
	int sock, const void *bytes, size_t length, int fd, uint64_t deadline_ns, struct err *err)
{
	const char *rest = bytes;

	for (;;) {
		struct pollfd room = { .fd = sock, .events = POLLOUT };
		const ssize_t sent = send_part(sock, rest, length, fd, MSG_DONTWAIT);
		int ready;

		if (sent < 0 && errno != EAGAIN)
			return err_sys(err, "sendmsg");
		if (sent >= 0 && (size_t) sent == length)
			return 0;
		if (sent > 0) {
			rest += sent;
			length -= (size_t) sent;
			fd = -1; /* it went with the first part */
		}
		ready = poll(&room, 1, time_poll_ms(deadline_ns));
		if (ready < 0 && errno != EINTR)
			return err_sys(err, "poll");
		if (ready == 0)
			return err_set(err, ERR_TIMEOUT, "sendmsg: the other side does not read");
	}
}

int sock_bound_send(int sock, unsigned ms, struct err *err)
{
	const struct timeval bound = { .tv_sec = (time_t) (ms / 1000),
		.tv_usec = (suseconds_t) (ms % 1000 * 1000) };

	if (setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &bound, sizeof(bound)) < 0)
		return err_sys(err, "setsockopt SO_SNDTIMEO");
	return 0;
}

static int take_fd(struct msghdr *message)
{
	int kept = -1;

	for (struct cmsghdr *head = CMSG_FIRSTHDR(message); head != NULL;
		head = CMSG_NXTHDR(message, head)) {
		size_t count;

		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(head) + i * sizeof(int), sizeof(fd));
			/* One fd is asked for; more than that are not kept open by accident. */
			if (kept < 0)
				kept = fd;
			else
				fd_close(&fd);
		}
	}
	return kept;
}

/* Returns 1 when there is something to read, 0 when the process has ended without a word. */
static int wait_readable(int sock, uint64_t deadline_ns, const struct until *until, struct err *err)
{
	int pidfd = until->pidfd;

	for (;;) {
		struct pollfd polls[3] = {
			{ .fd = sock, .events = POLLIN },
			{ .fd = pidfd, .events = POLLIN },
			{ .fd = until->signals, .events = POLLIN },
		};
		int ready =
			poll(polls, 3, deadline_ns == UINT64_MAX ? -1 : time_poll_ms(deadline_ns));

		if (ready < 0 && errno != EINTR)
			return err_sys(err, "poll");
		if (ready == 0)
			return err_set(err, ERR_TIMEOUT, "no answer within the time allowed");
		if (ready > 0 && polls[2].revents != 0 && signals_check(until->signals, err) < 0)
			return -1;
		if (ready > 0 && polls[0].revents != 0)
			return 1;
		if (ready > 0 && polls[1].revents != 0) {
			struct stat info;

			/* A directory in /proc in place of a pidfd tells nothing: the socket alone
			 * does, whose other end closes with the process. */
			if (fstat(pidfd, &info) == 0 && S_ISDIR(info.st_mode)) {
				pidfd = -1;
				continue;
			}
			/* It may have spoken between the two looks. */
			ready = poll(polls, 1, 0);
			return ready > 0;
		}
	}
}

ssize_t sock_recv(int sock, void *bytes, size_t size, int *ret_fd, uint64_t deadline_ns,
	const struct until *until, struct err *err)
{
	union {
		char room[CMSG_SPACE(4 * sizeof(int))];
		struct cmsghdr align;
	} control = { 0 };
	struct iovec part = { .iov_base = bytes, .iov_len = size };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof(control.room) };
	int readable = wait_readable(sock, deadline_ns, until, err);
	_cleanup_fd_ int fd = -1;
	ssize_t got;

	if (readable <= 0)
		return readable;
	do
		got = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0 && errno == ECONNRESET)
		return 0;
	if (got < 0)
		return err_sys(err, "recvmsg");
	fd = take_fd(&message);
	if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return err_num(err, EMSGSIZE, "recvmsg");
	if (ret_fd != NULL)
		*ret_fd = TAKE_FD(fd);
	return got;
}

bool sock_is_closed(int sock)
{
	struct pollfd look = { .fd = sock, .events = POLLIN };

	return poll(&look, 1, 0) > 0 && (look.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}
