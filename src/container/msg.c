/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/msg.h"

#include <string.h>
#include <sys/types.h>

#include "base/fd.h"
#include "base/log.h"
#include "kernel/signals.h"
#include "kernel/sock.h"

struct frame {
	uint32_t type;
	uint32_t size;
	unsigned char body[sizeof(struct err)];
};

enum { HEAD_BYTES = offsetof(struct frame, body) };

const char *msg_name(enum msg_type type)
{
	static const char *const names[MSG_TYPES] = {
		[MSG_ERROR] = "ERROR",
		[MSG_LOG] = "LOG",
		[MSG_PID] = "PID",
		[MSG_MAPPED] = "MAPPED",
		[MSG_HOOKS] = "HOOKS",
		[MSG_HOOKS_DONE] = "HOOKS_DONE",
		[MSG_CONSOLE] = "CONSOLE",
		[MSG_LISTENER] = "LISTENER",
		[MSG_READY] = "READY",
		[MSG_GO] = "GO",
		[MSG_ENTER] = "ENTER",
		[MSG_START] = "START",
		[MSG_EXEC] = "EXEC",
	};

	return type > 0 && type < MSG_TYPES ? names[type] : "an unknown message";
}

int msg_pair(int *ret_parent, int *ret_child, struct err *err)
{
	return sock_pair(ret_parent, ret_child, err);
}

static int send_frame(
	int sock, enum msg_type type, const void *body, size_t size, int fd, struct err *err)
{
	struct frame frame = { .type = (uint32_t) type, .size = (uint32_t) size };

	if (size != 0)
		memcpy(frame.body, body, size);
	return sock_send_fd(sock, &frame, HEAD_BYTES + size, fd, err);
}

int msg_send(int sock, enum msg_type type, int fd, struct err *err)
{
	if (send_frame(sock, type, NULL, 0, fd, err) < 0)
		return err_ctx(err, "send %s", msg_name(type));
	return 0;
}

void msg_send_error(int sock, const struct err *err)
{
	struct err ignored;

	/* The other side then sees an end of file and says that this one died. */
	if (send_frame(sock, MSG_ERROR, err, sizeof(*err), -1, &ignored) < 0)
		err_drop(&ignored);
}

void msg_send_log(enum log_level level, const char *text, void *data)
{
	struct err ignored;
	char body[sizeof(struct err)] = { (char) level };
	size_t length = strnlen(text, sizeof(body) - 2);

	memcpy(body + 1, text, length);
	if (send_frame(*(const int *) data, MSG_LOG, body, length + 2, -1, &ignored) < 0)
		err_drop(&ignored);
}

/* The text of a frame from the other side ends where the frame says, whatever its bytes are. */
static void take_error(const struct frame *frame, struct err *err)
{
	memcpy(err, frame->body, sizeof(*err));
	err->pointer[sizeof(err->pointer) - 1] = '\0';
	err->operation[sizeof(err->operation) - 1] = '\0';
	err->object[sizeof(err->object) - 1] = '\0';
	err->text[sizeof(err->text) - 1] = '\0';
}

/* msg_wait with the whole frame. */
static int wait_frame(int sock, const struct until *until, uint64_t deadline_ns, enum msg_type one,
	enum msg_type other, int eof_ok, int *ret_fd, struct frame *ret, struct err *err)
{
	for (;;) {
		_cleanup_fd_ int fd = -1;
		struct frame frame = { 0 };
		ssize_t got = sock_recv(sock, &frame, sizeof(frame), &fd, deadline_ns, until, err);

		if (got < 0)
			return err_ctx(err, "wait for %s", msg_name(one));
		if (got == 0) {
			if (eof_ok)
				return 0;
			return err_set(err, ERR_CHILD, "the other side ended before it sent %s",
				msg_name(one));
		}
		if ((size_t) got < HEAD_BYTES || (size_t) got != HEAD_BYTES + frame.size)
			return err_set(err, ERR_CHILD, "a message of %zd bytes in place of %s", got,
				msg_name(one));
		if (frame.type == MSG_LOG && frame.size >= 2) {
			frame.body[frame.size - 1] = '\0';
			log_line((enum log_level) frame.body[0], (const char *) frame.body + 1);
			continue;
		}
		if (frame.type == MSG_ERROR && frame.size == sizeof(*err)) {
			take_error(&frame, err);
			return -1;
		}
		if (frame.type != one && frame.type != other)
			return err_set(err, ERR_CHILD, "got %s when %s was due",
				msg_name((enum msg_type) frame.type), msg_name(one));
		if (ret_fd != NULL)
			*ret_fd = TAKE_FD(fd);
		*ret = frame;
		return (int) frame.type;
	}
}

int msg_wait(int sock, int pidfd, uint64_t deadline_ns, enum msg_type one, enum msg_type other,
	int eof_ok, int *ret_fd, struct err *err)
{
	const struct until until = { pidfd, -1 };

	return msg_wait_until(sock, &until, deadline_ns, one, other, eof_ok, ret_fd, err);
}

int msg_wait_until(int sock, const struct until *until, uint64_t deadline_ns, enum msg_type one,
	enum msg_type other, int eof_ok, int *ret_fd, struct err *err)
{
	struct frame frame;

	return wait_frame(sock, until, deadline_ns, one, other, eof_ok, ret_fd, &frame, err);
}

int msg_send_pid(int sock, enum msg_type type, pid_t pid, struct err *err)
{
	if (send_frame(sock, type, &pid, sizeof(pid), -1, err) < 0)
		return err_ctx(err, "send %s", msg_name(type));
	return 0;
}

int msg_wait_pid(
	int sock, uint64_t deadline_ns, enum msg_type type, pid_t *ret_pid, struct err *err)
{
	const struct until until = UNTIL_NOTHING;
	struct frame frame;

	if (wait_frame(sock, &until, deadline_ns, type, type, 0, NULL, &frame, err) < 0)
		return -1;
	if (frame.size != sizeof(*ret_pid))
		return err_set(err, ERR_CHILD, "%s without a number", msg_name(type));
	memcpy(ret_pid, frame.body, sizeof(*ret_pid));
	return 0;
}
