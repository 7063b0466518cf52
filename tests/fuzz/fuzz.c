/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame of all targets: libFuzzer calls it (clang), or with PLAIN it is a program that runs each file
 * that its command line names. */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/* libseccomp 2.5 loses some of its own nodes where rules overlap. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libseccomp";
}

void must(bool good, const char *what)
{
	if (good)
		return;
	(void) fprintf(stderr, "not so: %s\n", what);
	abort();
}

void *fuzz_alloc(void *data, size_t size)
{
	return arena_alloc(data, size);
}

const char *fuzz_directory(void)
{
	static char path[64];

	if (path[0] == '\0') {
		(void) snprintf(path, sizeof(path), "/dev/shm/ocirt-fuzz-%d", (int) getpid());
		(void) mkdir(path, 0700);
	}
	return path;
}

void fuzz_put(const char *path, const void *bytes, size_t length)
{
	const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0 && write(fd, bytes, length) == (ssize_t) length && close(fd) == 0, "a file");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct arena arena = { 0 };

	run_target(bytes, length, &arena);
	arena_done(&arena);
	return 0;
}

#ifdef PLAIN
static void run_file(const char *path)
{
	static uint8_t bytes[1 << 20];
	FILE *file = fopen(path, "re");

	must(file != NULL, path);
	(void) LLVMFuzzerTestOneInput(bytes, fread(bytes, 1, sizeof(bytes), file));
	(void) fclose(file);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run_file(argv[i]);
	return 0;
}
#endif
