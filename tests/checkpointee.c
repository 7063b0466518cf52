/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program for the tests of checkpoint: holds something that criu has to know of, and counts into
 * /tmp/n while it is there. usage: checkpointee lock | tcp | groups | ids | many */
#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int count(int n)
{
	const struct timespec pause = { 0, 50 * 1000 * 1000 };
	FILE *file = fopen("/tmp/n", "w");

	if (file == NULL || fprintf(file, "%d\n", n) < 0 || fclose(file) != 0)
		return 1;
	(void) nanosleep(&pause, NULL); /* a dump may cut it short */
	return 0;
}

static int lock(void)
{
	int fd = open("/tmp/lock", O_RDWR | O_CREAT, 0600);

	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return 1;
	for (int n = 0;; n++) {
		int other = open("/tmp/lock", O_RDWR);

		/* Lost, it could be taken again. */
		if (other < 0 || flock(other, LOCK_EX | LOCK_NB) == 0)
			return 2;
		close(other);
		if (count(n) != 0)
			return 3;
	}
}

static int tcp(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(to);
	int listener = socket(AF_INET, SOCK_STREAM, 0), out = socket(AF_INET, SOCK_STREAM, 0), in;

	if (listener < 0 || out < 0 || bind(listener, (struct sockaddr *) &to, length) < 0 ||
		listen(listener, 1) < 0 ||
		getsockname(listener, (struct sockaddr *) &to, &length) < 0 ||
		connect(out, (struct sockaddr *) &to, length) < 0)
		return 1;
	in = accept(listener, NULL, NULL);
	for (int n = 0; in >= 0; n++) {
		int got = -1;

		if (write(out, &n, sizeof(n)) != sizeof(n) ||
			recv(in, &got, sizeof(got), MSG_WAITALL) != sizeof(got) || got != n)
			return 2;
		if (count(n) != 0)
			return 3;
	}
	return 1;
}

/* What root that is allowed to may become. */
static int ids(bool all)
{
	const gid_t group = 34;

	if (setgroups(1, &group) < 0 || prctl(PR_CAPBSET_DROP, CAP_KILL, 0, 0, 0) < 0 ||
		(all && (setresgid(group, group, group) < 0 || setresuid(33, 33, 33) < 0)))
		return 1;
	for (int n = 0;; n++)
		if (count(n) != 0)
			return 3;
}

static void *rest(void *unused)
{
	(void) unused;
	for (;;)
		pause();
}

/* Threads, and a child that has ended and nobody reaps. */
static int many(void)
{
	pthread_t thread;
	siginfo_t info;
	const pid_t child = fork();

	if (child == 0)
		_exit(0);
	if (child < 0 || waitid(P_PID, (id_t) child, &info, WEXITED | WNOWAIT) < 0 ||
		pthread_create(&thread, NULL, rest, NULL) != 0 ||
		pthread_create(&thread, NULL, rest, NULL) != 0)
		return 1;
	for (int n = 0;; n++)
		if (count(n) != 0)
			return 3;
}

int main(int argc, char **argv)
{
	const char *what = argc < 2 ? "" : argv[1];

	if (strcmp(what, "tcp") == 0)
		return tcp();
	if (strcmp(what, "many") == 0)
		return many();
	if (strcmp(what, "groups") == 0 || strcmp(what, "ids") == 0)
		return ids(strcmp(what, "ids") == 0);
	return strcmp(what, "lock") == 0 ? lock() : 1;
}
