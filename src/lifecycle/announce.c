/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/announce.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "kernel/sock.h"

/* A file without a name until it is complete, so that our end leaves nothing behind. Returns 1 where that is
 * not to be had: no O_TMPFILE in the file system, or no right to link by a descriptor. */
static int write_nameless(const char *path, const char *text, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char directory[4096];
	_cleanup_fd_ int fd = -1;
	int length;

	length = slash == NULL ? snprintf(directory, sizeof(directory), ".")
			       : snprintf(directory, sizeof(directory), "%.*s",
					 (int) (slash == path ? 1 : slash - path), path);
	if (length < 0 || (size_t) length >= sizeof(directory))
		return err_num(err, ENAMETOOLONG, "open %s", path);
	fd = open(directory, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
	if (fd < 0)
		return 1;
	if (io_write_all(fd, text, strlen(text)) < 0)
		return err_sys(err, "write %s", path);
	if (linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0)
		return 0;
	/* The file of an earlier container: between the two calls there is none, never half of one. */
	return errno == EEXIST && unlink(path) == 0 &&
			linkat(fd, "", AT_FDCWD, path, AT_EMPTY_PATH) == 0
		? 0
		: 1;
}

static int write_beside(const char *path, const char *text, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	char temporary[4096];
	int length = snprintf(temporary, sizeof(temporary), "%s.%d~", path, (int) getpid());

	if (length < 0 || (size_t) length >= sizeof(temporary))
		return err_num(err, ENAMETOOLONG, "open %s", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (fd < 0)
		return err_sys(err, "open %s", temporary);
	if (io_write_all(fd, text, strlen(text)) < 0 || rename(temporary, path) < 0) {
		(void) err_sys(err, "write %s", path);
		(void) unlink(temporary); /* ours, and of no use to anybody */
		return -1;
	}
	return 0;
}

/* Complete and final before anybody can read it. */
int announce_pid(const char *path, pid_t pid, struct err *err)
{
	char text[16];
	int written;

	(void) snprintf(text, sizeof(text), "%d", (int) pid);
	written = write_nameless(path, text, err);
	if (written > 0)
		written = write_beside(path, text, err);
	return written < 0 ? err_ctx(err, "--pid-file") : 0;
}

int announce_pidfd(const char *path, int pidfd, const char *what, struct err *err)
{
	_cleanup_fd_ int sock = sock_connect_path(path, SOCK_STREAM, err);

	if (sock < 0 || sock_send_fd(sock, what, strlen(what), pidfd, err) < 0)
		return err_ctx(err, "--pidfd-socket");
	return 0;
}
