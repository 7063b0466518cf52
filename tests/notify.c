/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify: both sides of sd_notify(3) for tests.
 *
 *     notify listen ADDRESS FILE   writes each message into FILE, its lines joined by blanks; lets a
 *                                  barrier pass; ends when FILE has been removed
 *     notify send TEXT...          sends each TEXT ("\n" is a line break) to $NOTIFY_SOCKET; a TEXT
 *                                  "fds:N" is an empty message with N descriptors
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int fail(const char *what)
{
	fprintf(stderr, "notify: %s: %s\n", what, strerror(errno));
	return 1;
}

static socklen_t address(const char *text, struct sockaddr_un *to)
{
	*to = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(to->sun_path, sizeof(to->sun_path), "%s", text);
	if (text[0] != '@')
		return sizeof(*to);
	to->sun_path[0] = '\0';
	return (socklen_t) (offsetof(struct sockaddr_un, sun_path) + strlen(text));
}

static int listen_to(const char *where, const char *file)
{
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to;
	socklen_t size = address(where, &to);
	FILE *out = fopen(file, "ae");
	char text[65536];

	if (sock < 0 || out == NULL || bind(sock, (struct sockaddr *) &to, size) < 0)
		return fail(where);
	for (;;) {
		struct pollfd wait = { .fd = sock, .events = POLLIN };
		ssize_t got;

		if (poll(&wait, 1, 200) < 0)
			return fail("poll");
		if (access(file, F_OK) != 0)
			return 0;
		if ((wait.revents & POLLIN) == 0)
			continue;
		/* Without room for descriptors the kernel closes those that come along. */
		got = recv(sock, text, sizeof(text) - 1, 0);
		if (got < 0)
			return fail("recv");
		text[got] = '\0';
		for (char *at = text; *at != '\0'; at++)
			if (*at == '\n')
				*at = ' ';
		fprintf(out, "%s\n", text);
		fflush(out);
	}
}

static int send_fds(int sock, int count)
{
	char control[CMSG_SPACE(sizeof(int) * 64)] = { 0 }, byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *head;

	message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t) count);
	head = CMSG_FIRSTHDR(&message);
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int) * (size_t) count);
	memset(CMSG_DATA(head), 0, sizeof(int) * (size_t) count);
	return sendmsg(sock, &message, 0) < 0 ? fail("sendmsg") : 0;
}

static int send_all(int count, char **texts)
{
	const char *where = getenv("NOTIFY_SOCKET");
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un to;

	if (where == NULL)
		return errno = ENOENT, fail("NOTIFY_SOCKET");
	if (sock < 0 || connect(sock, (struct sockaddr *) &to, address(where, &to)) < 0)
		return fail(where);
	for (int i = 0; i < count; i++) {
		char text[65536], *put = text;

		if (strncmp(texts[i], "fds:", 4) == 0) {
			if (send_fds(sock, (int) strtol(texts[i] + 4, NULL, 10)) != 0)
				return 1;
			continue;
		}
		for (const char *at = texts[i]; *at != '\0' && put < text + sizeof(text) - 1; at++)
			if (at[0] == '\\' && at[1] == 'n')
				*put++ = '\n', at++;
			else
				*put++ = *at;
		if (send(sock, text, (size_t) (put - text), 0) < 0)
			return fail("send");
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "listen") == 0)
		return listen_to(argv[2], argv[3]);
	if (argc > 2 && strcmp(argv[1], "send") == 0)
		return send_all(argc - 2, argv + 2);
	fprintf(stderr, "usage: notify listen ADDRESS FILE | notify send TEXT...\n");
	return 2;
}
