/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz: one target a build, TARGET says which. Every one takes bytes that come from outside and wants no
 * crash, no undefined behaviour, no leak and no time-out; some check the meaning too. With libFuzzer
 * (clang), or with PLAIN as a program that runs the files named on its command line once.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/facts.h"
#include "base/fd.h"
#include "base/protobuf.h"
#include "base/time.h"
#include "container/msg.h"
#include "container/seccomp.h"
#include "container/proc.h"
#include "kernel/procfs.h"
#include "libocispec-lite/ocispec.h"
#include "lifecycle/criu-files.h"
#include "lifecycle/state.h"
#include "plan/plan.h"

#define CONFIG	    1
#define PROCESS	    2
#define RESOURCES   3
#define STATE	    4
#define MESSAGES    5
#define PROTOBUF    6
#define DESCRIPTORS 7
#define STAT	    8

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

__attribute__((unused)) static void *give(void *data, size_t size)
{
	return arena_alloc(data, size);
}

__attribute__((unused)) static void must(int good, const char *what)
{
	if (good)
		return;
	(void) fprintf(stderr, "not so: %s\n", what);
	abort();
}

#if TARGET == CONFIG
/* The host is a choice of the first byte, the rest is config.json: parse, plan, print, compile. */
static void one(const uint8_t *bytes, size_t length, struct arena *arena)
{
	const struct ocispec_alloc alloc = { give, arena };
	const unsigned choice = length > 0 ? bytes[0] : 0;
	const struct facts facts = {
		.euid = (choice & 1) != 0 ? 1000 : 0,
		.in_user_ns = (choice & 2) != 0,
		.sys_admin = (choice & 1) == 0,
		.caps_bounding = 0x1ffffffffff,
		.cap_last = 40,
		.kernel_major = 6,
		.kernel_minor = 12,
		.namespaces = 0x7e020080,
		.cgroup = (choice & 4) != 0 ? CGROUP_LAYOUT_V1 : CGROUP_LAYOUT_V2,
	};
	const struct plan_options options = {
		.id = "c1",
		.bundle = "/bundle",
		.cgroup_manager = (choice & 8) != 0 ? CGROUP_MANAGER_SYSTEMD : CGROUP_MANAGER_FS,
		.foreground = (choice & 16) != 0,
	};
	struct ocispec_error at = { 0 };
	struct err err = { 0 };
	struct proc_filter filter = { 0 };
	struct plan plan;
	void *spec;

	if (length < 1 ||
		ocispec_parse(&ocispec_config, (const char *) bytes + 1, length - 1, &alloc, NULL,
			&spec, &at) < 0) {
		must(length < 1 || at.text[0] != '\0', "a refused document has a reason");
		return;
	}
	if (plan_make(spec, &facts, &options, arena, &plan, &err) < 0) {
		must(err.text[0] != '\0' && strchr(err.text, '\n') == NULL, "one line says why");
		return;
	}
	must(strlen(plan_print(&plan, arena)) > 0, "a plan has a text");
	if (seccomp_filter_make(plan.proc.seccomp, arena, &filter, &err) < 0)
		must(err.text[0] != '\0', "a refused profile has a reason");
}
#elif TARGET == PROCESS || TARGET == RESOURCES
static void one(const uint8_t *bytes, size_t length, struct arena *arena)
{
	const struct ocispec_alloc alloc = { give, arena };
	const struct ocispec_object *object =
		TARGET == PROCESS ? &ocispec_process : &ocispec_resources;
	struct ocispec_error at = { 0 };
	void *value, *again;
	char *text, *second;
	size_t size, second_size;

	if (ocispec_parse(object, (const char *) bytes, length, &alloc, NULL, &value, &at) < 0)
		return;
	text = ocispec_print(object, value, 0, &alloc, &size);
	must(ocispec_parse(object, text, size, &alloc, NULL, &again, &at) == 0,
		"what is printed is read again");
	second = ocispec_print(object, again, 0, &alloc, &second_size);
	must(size == second_size && memcmp(text, second, size) == 0, "and is the same");
}
#elif TARGET == STATE || TARGET == DESCRIPTORS
static int put(const char *path, const uint8_t *bytes, size_t length)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, length) != (ssize_t) length)
		return -1;
	return close(fd);
}

static void one(const uint8_t *bytes, size_t length, struct arena *arena)
{
	struct err err = { 0 };
	char root[64], path[128];

	(void) snprintf(root, sizeof(root), "/dev/shm/ocirt-fuzz-%d", (int) getpid());
	(void) mkdir(root, 0700);
#if TARGET == STATE
	struct state_dir dir = STATE_DIR_INIT;
	struct record record;

	(void) snprintf(path, sizeof(path), "%s/c1", root);
	(void) mkdir(path, 0700);
	(void) snprintf(path, sizeof(path), "%s/c1/state.json", root);
	must(put(path, bytes, length) == 0, "a file");
	must(state_open(root, "c1", 0, &dir, &err) == 0, "the directory can be locked");
	if (record_read(&dir, arena, &record, &err) == 0)
		must(strcmp(record.id, "c1") == 0, "the record is its own");
	else
		must(err.text[0] != '\0', "a damaged record has a reason");
	err = (struct err){ 0 };
	must(state_remove(&dir, &err) == 0, "a damaged record can be deleted");
	state_dir_done(&dir);
#else
	char *texts[3];

	(void) snprintf(path, sizeof(path), "%s/descriptors.json", root);
	must(put(path, bytes, length) == 0, "a file");
	if (criu_descriptors_read(root, texts, arena, &err) == 0)
		for (int i = 0; i < 3; i++)
			must(texts[i] != NULL, "three texts");
#endif
}
#elif TARGET == MESSAGES
/* The first byte says how long each datagram is and what is waited for. */
static void one(const uint8_t *bytes, size_t length, struct arena *arena)
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
static void one(const uint8_t *bytes, size_t length, struct arena *arena)
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
#elif TARGET == STAT
static void one(const uint8_t *bytes, size_t length, struct arena *arena)
{
	char *text = arena_strn(arena, (const char *) bytes, length);
	uint64_t ticks;
	char letter = 0;

	if (procfs_parse_stat(text, &ticks, &letter) == 0)
		must(strrchr(text, ')') != NULL, "a comm ends");
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arena arena = { 0 };

	one(bytes, length, &arena);
	arena_done(&arena);
	return 0;
}

#ifdef PLAIN
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "re");
		static uint8_t bytes[1 << 20];

		if (file == NULL)
			return 1;
		LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof(bytes), file));
		(void) fclose(file);
	}
	return 0;
}
#endif
