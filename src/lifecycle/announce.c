/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/announce.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "kernel/sock.h"

/* Complete and final before anybody can read it: written beside and renamed. */
int announce_pid(const char *path, pid_t pid, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	char text[16], temporary[4096];
	int length = snprintf(temporary, sizeof(temporary), "%s.%d~", path, (int) getpid());

	if (length < 0 || (size_t) length >= sizeof(temporary))
		return err_num(err, ENAMETOOLONG, "open %s", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0) {
		(void) err_sys(err, "open %s", temporary);
		return err_ctx(err, "--pid-file");
	}
	length = snprintf(text, sizeof(text), "%d", (int) pid);
	if (io_write_all(fd, text, (size_t) length) < 0 || rename(temporary, path) < 0) {
		(void) err_sys(err, "write %s", path);
		(void) unlink(temporary); /* ours, and of no use to anybody */
		return err_ctx(err, "--pid-file");
	}
	return 0;
}

int announce_pidfd(const char *path, int pidfd, const char *what, struct err *err)
{
	_cleanup_fd_ int sock = sock_connect_path(path, SOCK_STREAM, err);

	if (sock < 0 || sock_send_fd(sock, what, strlen(what), pidfd, err) < 0)
		return err_ctx(err, "--pidfd-socket");
	return 0;
}
