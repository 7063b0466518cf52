/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pty: runs a program on a pseudo-terminal of its own, for the tests of terminals.
 *
 *     pty [-r ROWS] [-c COLUMNS] [-i TEXT] [-w TEXT] [-z ROWSxCOLUMNS] [-s SIGNAL] -- PROGRAM [ARGUMENT]...
 *     pty -S SOCKET
 *
 * What the program writes is copied to stdout. The options -w (wait until the output holds TEXT), -i
 * (send TEXT as keys; \r, \n and \xHH as in C), -z (change the size), -s (send a signal to the program)
 * and -q (say on stderr whether the terminal is in raw mode) are done one after the other. In the end
 * the status of the program is ours, and a line on stderr says whether the mode of the terminal is what
 * it was.
 *
 * With -S it is the other side of --console-socket: it receives one terminal and does the same with that.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>

enum { LIMIT_S = 180, KEEP = 1 << 20 };

static char seen[KEEP];
static size_t seen_length;

__attribute__((noreturn)) static void fail(const char *what)
{
	fprintf(stderr, "pty: %s: %s\n", what, strerror(errno));
	exit(99);
}

/* Returns false at the end of the output. */
static bool copy_some(int master, int wait_ms)
{
	struct pollfd look = { .fd = master, .events = POLLIN };
	char bytes[8192];
	ssize_t got;

	if (poll(&look, 1, wait_ms) <= 0)
		return true;
	got = read(master, bytes, sizeof(bytes));
	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	if (write(1, bytes, (size_t) got) != got)
		fail("write");
	for (ssize_t i = 0; i < got; i++)
		if (bytes[i] != '\0' && seen_length < KEEP - 1)
			seen[seen_length++] = bytes[i];
	seen[seen_length] = '\0';
	return true;
}

static time_t deadline;

static void wait_text(int master, const char *text)
{
	const char *found;

	while ((found = strstr(seen, text)) == NULL) {
		if (time(NULL) > deadline || !copy_some(master, 200)) {
			fprintf(stderr, "pty: never saw \"%s\"\n", text);
			exit(98);
		}
	}
	/* The next one is looked for behind it. */
	found += strlen(text);
	memmove(seen, found, strlen(found) + 1);
	seen_length = strlen(seen);
}

static void send_text(int master, const char *text)
{
	for (; *text != '\0'; text++) {
		char byte = *text;

		if (text[0] == '\\' && text[1] != '\0') {
			text++;
			byte = *text == 'n' ? '\n' : *text == 'r' ? '\r' : *text;
			if (*text == 'x') {
				char hex[3] = { text[1], text[2], '\0' };

				byte = (char) strtol(hex, NULL, 16);
				text += 2;
			}
		}
		if (write(master, &byte, 1) != 1)
			fail("write keys");
	}
}

static int receive(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	char room[CMSG_SPACE(sizeof(int))], text[256];
	struct iovec part = { text, sizeof(text) };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = room,
		.msg_controllen = sizeof(room) };
	int sock = socket(AF_UNIX, SOCK_STREAM, 0), caller, fd;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	alarm(LIMIT_S);
	if (sock < 0 || bind(sock, (struct sockaddr *) &at, sizeof(at)) < 0 || listen(sock, 1) < 0)
		fail("socket");
	caller = accept(sock, NULL, NULL);
	if (caller < 0 || recvmsg(caller, &message, 0) < 0)
		fail("recvmsg");
	if (CMSG_FIRSTHDR(&message) == NULL) {
		fprintf(stderr, "pty: no terminal came\n");
		exit(97);
	}
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

int main(int argc, char **argv)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	struct termios before, after;
	int master, slave = -1, status = 0, option;
	const char *sock = NULL;
	pid_t pid = 0;

	static const char options[] = "+S:r:c:i:w:z:s:q";

	deadline = time(NULL) + LIMIT_S;
	while ((option = getopt(argc, argv, options)) != -1) {
		if (option == 'S')
			sock = optarg;
		if (option == 'r')
			size.ws_row = (unsigned short) atoi(optarg);
		if (option == 'c')
			size.ws_col = (unsigned short) atoi(optarg);
	}
	if (sock != NULL) {
		master = receive(sock);
	} else {
		if (openpty(&master, &slave, NULL, NULL, &size) < 0 ||
			tcgetattr(slave, &before) < 0)
			fail("openpty");
		pid = fork();
		if (pid == 0) {
			(void) close(master);
			if (login_tty(slave) < 0)
				fail("login_tty");
			execvp(argv[optind], argv + optind);
			fail(argv[optind]);
		}
	}
	optind = 1;
	while ((option = getopt(argc, argv, options)) != -1) {
		if (option == 'w')
			wait_text(master, optarg);
		if (option == 'i')
			send_text(master, optarg);
		if (option == 's')
			(void) kill(pid, atoi(optarg));
		if (option == 'q' && tcgetattr(slave, &after) == 0)
			fprintf(stderr, "raw: %s\n", (after.c_lflag & ICANON) != 0 ? "no" : "yes");
		if (option == 'z' &&
			(sscanf(optarg, "%hux%hu", &size.ws_row, &size.ws_col) != 2 ||
				ioctl(master, TIOCSWINSZ, &size) < 0))
			fail("size");
	}
	if (pid == 0) {
		while (copy_some(master, 1000))
			if (time(NULL) > deadline)
				return 96;
		return 0;
	}
	for (;;) {
		const pid_t ended = waitpid(pid, &status, WNOHANG);

		if (!copy_some(master, ended == 0 ? 50 : 0) || ended != 0) {
			while (copy_some(master, 0)) {
				struct pollfd look = { .fd = master, .events = POLLIN };

				if (poll(&look, 1, 0) <= 0)
					break;
			}
			if (ended != 0)
				break;
		}
		if (time(NULL) > deadline) {
			fprintf(stderr, "pty: the program does not end\n");
			(void) kill(pid, SIGKILL);
			return 95;
		}
	}
	if (tcgetattr(slave, &after) < 0)
		fail("tcgetattr");
	fprintf(stderr, "mode: %s\n",
		before.c_lflag == after.c_lflag && before.c_iflag == after.c_iflag &&
				before.c_oflag == after.c_oflag
			? "restored"
			: "changed");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
