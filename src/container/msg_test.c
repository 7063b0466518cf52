/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/time.h"
#include "container/msg.h"
#include "kernel/sock.h"

enum { HEAD = 8, ROOM = 70000 };

/* What msg_wait makes of length bytes that say of themselves that their body has size. */
static int receive(uint32_t type, uint32_t size, size_t length, struct err *err)
{
	static const unsigned char zeros[ROOM];
	unsigned char *bytes = calloc(1, ROOM);
	_cleanup_fd_ int parent = -1, child = -1;
	int got;

	assert_non_null(bytes);
	assert_true(length <= sizeof(zeros));
	memcpy(bytes, &type, sizeof(type));
	memcpy(bytes + sizeof(type), &size, sizeof(size));
	assert_int_equal(msg_pair(&parent, &child, err), 0);
	assert_int_equal(send(child, bytes, length, 0), (ssize_t) length);
	free(bytes);
	got = msg_wait(parent, -1, time_deadline_ms(60000), MSG_READY, MSG_READY, 0, NULL, err);
	return got;
}

static void test_lengths(void **state)
{
	static const struct {
		uint32_t type, size;
		size_t length;
		int got;
		const char *says;
	} cases[] = {
		{ MSG_READY, 0, HEAD, MSG_READY, NULL },
		{ MSG_READY, 1024, HEAD + 1024, MSG_READY, NULL },
		/* Shorter than a head, and than it says. */
		{ MSG_READY, 0, 1, -1, "a message of 1 bytes in place of READY" },
		{ MSG_READY, 0, HEAD - 1, -1, "a message of 7 bytes in place of READY" },
		{ MSG_READY, 8, HEAD, -1, "a message of 8 bytes in place of READY" },
		{ MSG_READY, 1024, HEAD + 1000, -1, "a message of 1008 bytes in place of READY" },
		/* Longer: what 16 and 32 bits would leave of it is right. */
		{ MSG_READY, 0, HEAD + 1, -1, "a message of 9 bytes in place of READY" },
		{ MSG_READY, 65536, HEAD, -1, "a message of 8 bytes in place of READY" },
		{ MSG_READY, 65536 + 16, HEAD + 16, -1, "a message of 24 bytes" },
		{ MSG_READY, UINT32_MAX - HEAD + 1, HEAD, -1, "a message of 8 bytes" },
		{ MSG_READY, UINT32_MAX, HEAD - 1, -1, "a message of 7 bytes" },
		/* Longer than there is room for: not its beginning. */
		{ MSG_READY, 1025, HEAD + 1025, -1, "message too long" },
		{ MSG_READY, 1024, HEAD + 1025, -1, "message too long" },
		{ MSG_READY, 65536, HEAD + 65536, -1, "message too long" },
		{ MSG_READY, 0, HEAD + 65536, -1, "message too long" },
		/* An error that is none: it is out of turn. */
		{ MSG_ERROR, 1023, HEAD + 1023, -1, "got ERROR when READY was due" },
		{ MSG_ERROR, 0, HEAD, -1, "got ERROR when READY was due" },
		{ MSG_LOG, 1, HEAD + 1, -1, "got LOG when READY was due" },
		{ 65536 + MSG_READY, 0, HEAD, -1, "got an unknown message when READY was due" },
		{ 0, 0, HEAD, -1, "got an unknown message when READY was due" },
		{ MSG_TYPES, 0, HEAD, -1, "got an unknown message when READY was due" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };

		assert_int_equal(
			receive(cases[i].type, cases[i].size, cases[i].length, &err), cases[i].got);
		if (cases[i].says != NULL && strstr(err.text, cases[i].says) == NULL)
			fail_msg("case %zu: \"%s\" is not in \"%s\"", i, cases[i].says, err.text);
	}
}

/* The texts of an error fill their room and have no end of their own. */
static void test_error_without_end(void **state)
{
	_cleanup_fd_ int parent = -1, child = -1;
	struct err sent, err = { 0 };

	(void) state;
	memset(&sent, 'a', sizeof(sent));
	assert_int_equal(msg_pair(&parent, &child, &err), 0);
	msg_send_error(child, &sent);
	assert_int_equal(
		msg_wait(parent, -1, time_deadline_ms(60000), MSG_READY, MSG_READY, 0, NULL, &err),
		-1);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_int_equal(strlen(err.pointer), sizeof(err.pointer) - 1);
	assert_int_equal(strlen(err.operation), sizeof(err.operation) - 1);
	assert_int_equal(strlen(err.object), sizeof(err.object) - 1);
}

static void test_number(void **state)
{
	static const unsigned char frame[HEAD + 2] = { MSG_PID, 0, 0, 0, 2 };
	_cleanup_fd_ int parent = -1, child = -1;
	struct err err = { 0 };
	pid_t pid = -1;

	(void) state;
	assert_int_equal(msg_pair(&parent, &child, &err), 0);
	assert_int_equal(msg_send_pid(child, MSG_PID, 70000, &err), 0);
	assert_int_equal(msg_wait_pid(parent, time_deadline_ms(60000), MSG_PID, &pid, &err), 0);
	assert_int_equal(pid, 70000);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	assert_int_equal(send(child, frame, sizeof(frame), 0), (ssize_t) sizeof(frame));
	assert_int_equal(msg_wait_pid(parent, time_deadline_ms(60000), MSG_PID, &pid, &err), -1);
	assert_non_null(strstr(err.text, "PID without a number"));
	assert_int_equal(pid, 70000);
#else
	(void) frame;
#endif
}

/* ---- streams ------------------------------------------------------------------------------------ */

struct reader {
	int sock;
	size_t got;
	bool good;
};

static void *read_slowly(void *data)
{
	struct reader *reader = data;
	unsigned char bytes[5000];
	ssize_t got;

	reader->good = true;
	while ((got = read(reader->sock, bytes, sizeof(bytes))) > 0)
		for (ssize_t i = 0; i < got; i++)
			reader->good =
				reader->good && bytes[i] == (unsigned char) (reader->got++ % 251);
	return NULL;
}

/* A stream takes no more than its buffer at once. */
static void test_stream(void **state)
{
	enum { LENGTH = 2000000 };
	unsigned char *bytes = malloc(LENGTH);
	struct reader reader = { 0 };
	struct err err = { 0 };
	pthread_t thread;
	int ends[2];

	(void) state;
	assert_non_null(bytes);
	for (size_t i = 0; i < LENGTH; i++)
		bytes[i] = (unsigned char) (i % 251);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	/* Nobody reads yet: it gives up in time, and has not said that all was sent. */
	assert_int_equal(sock_send_all(ends[0], bytes, LENGTH, -1, time_now_ns(), &err), -1);
	assert_int_equal(err.code, ERR_TIMEOUT);
	assert_int_equal(close(ends[0]) + close(ends[1]), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	reader.sock = ends[1];
	assert_int_equal(pthread_create(&thread, NULL, read_slowly, &reader), 0);
	assert_int_equal(
		sock_send_all(ends[0], bytes, LENGTH, -1, time_deadline_ms(60000), &err), 0);
	assert_int_equal(close(ends[0]), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(reader.got, LENGTH);
	assert_true(reader.good);
	assert_int_equal(close(ends[1]), 0);
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_error_without_end),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
