/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What other processes and earlier commands left: records of the state directory, messages of the child,
 * of the container and of criu. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/protobuf.h"
#include "base/str.h"
#include "base/time.h"
#include "container/msg.h"
#include "fuzz.h"
#include "lifecycle/criu-files.h"
#include "lifecycle/record.h"
#include "lifecycle/state.h"

#if TARGET == STATE
void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	struct state_dir dir = STATE_DIR_INIT;
	struct record record;
	struct err err = { 0 };
	const char *root = fuzz_directory();
	char path[128];

	(void) snprintf(path, sizeof(path), "%s/c1", root);
	(void) mkdir(path, 0700);
	(void) snprintf(path, sizeof(path), "%s/c1/state.json", root);
	fuzz_put(path, bytes, length);
	must(state_open(root, "c1", 0, &dir, &err) == 0, "the directory can be locked");
	if (record_read(&dir, arena, &record, &err) == 0)
		must(strcmp(record.id, "c1") == 0, "the record is its own");
	else
		must(err.text[0] != '\0', "a damaged record has a reason");
	err = (struct err){ 0 };
	must(state_remove(&dir, &err) == 0, "a damaged record can be deleted");
	state_dir_done(&dir);
}
#elif TARGET == DESCRIPTORS
void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	struct err err = { 0 };
	char path[128], *texts[3];

	(void) snprintf(path, sizeof(path), "%s/descriptors.json", fuzz_directory());
	fuzz_put(path, bytes, length);
	if (criu_descriptors_read(fuzz_directory(), texts, arena, &err) == 0)
		for (int i = 0; i < 3; i++)
			must(texts[i] != NULL, "three texts");
}
#elif TARGET == MESSAGES
/* The first byte says how long each datagram is and what is waited for. */
void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	int ours, theirs, fd = -1;
	struct err err = { 0 };

	(void) arena;
	must(msg_pair(&ours, &theirs, &err) == 0, "a pair");
	while (length > 2) {
		size_t size = bytes[0] * 8U + bytes[1] % 8U;
		const enum msg_type type = 1 + bytes[1] % (MSG_TYPES - 1);

		bytes += 2;
		length -= 2;
		size = size < length ? size : length;
		(void) send(theirs, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		bytes += size;
		length -= size;
		err = (struct err){ 0 };
		if (msg_wait(ours, -1, time_deadline_ms(0), type, type, 0, &fd, &err) < 0)
			must(memchr(err.text, '\0', sizeof(err.text)) != NULL &&
					err.text[0] != '\0',
				"an error has a text");
		fd_close(&fd);
	}
	(void) close(ours);
	(void) close(theirs);
}
#elif TARGET == PROTOBUF
void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	const unsigned char *at = bytes, *end = bytes + length;
	struct protobuf_field field;
	size_t left = length;

	(void) arena;
	while (protobuf_next(&at, &left, &field) > 0) {
		must(at + left == end, "nothing is skipped");
		must(field.bytes == NULL ||
				(field.bytes >= bytes && field.bytes + field.length <= end),
			"a part of what is read");
	}
}
#elif TARGET == NOTIFY
#include "container/notify.c"

/* A message of the container's to the service manager: what goes on is made of lines that may, each of them
 * once, and MAINPID is ours alone. */
void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	char text[TEXT_BYTES], out[2 * TEXT_BYTES], *rest = out;
	int ends[2];
	ssize_t got;
	bool ready;
	struct notify notify = NOTIFY_INIT;

	(void) arena;
	length = length < sizeof(text) - 1 ? length : sizeof(text) - 1;
	memcpy(text, bytes, length);
	text[length] = '\0';
	must(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) == 0, "a pair");
	notify.manager = ends[0];
	ready = relay(&notify, text, 7);
	got = recv(ends[1], out, sizeof(out) - 1, MSG_DONTWAIT);
	out[got > 0 ? got : 0] = '\0';
	must(!ready || got > 0, "READY is passed on");
	must(got <= 0 || strlen(out) == (size_t) got, "one text");
	for (char *line; got > 0 && (line = strsep(&rest, "\n")) != NULL;)
		must(is_passed(line) || (ready && rest == NULL && str_eq(line, "MAINPID=7")),
			"only lines that may");
	(void) close(ends[0]);
	(void) close(ends[1]);
}
#endif
