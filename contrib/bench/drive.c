/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * drive: times commands against each other. It reads rows from standard input, one per command:
 *
 *   LABEL <tab> BEFORE <tab> COMMAND <tab> AFTER
 *
 * Each of the three is a list of commands separated by " ; ", words by blanks, and each %d in them is
 * the number of the sample, so that every container has an id of its own. COMMAND alone is timed. A
 * word "@reap" in BEFORE or AFTER waits until no process is left that a command made.
 *
 *   drive rounds ROUNDS REST_MS SEED      every row once in each round, in random order
 *   drive burst STARTS AT_A_TIME          each row's COMMAND so many times, so many together
 *
 * It prints one line per sample: LABEL, wall time, user and system CPU time (ns), page faults, peak
 * memory (KiB), exit status; after a burst a line "LABEL total NS". CPU time, faults and memory are
 * the command's own and those of the children that it waited for.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { ROWS = 64, WORDS = 64, LINE = 4096, TOGETHER = 64 };

struct row {
	char *label, *before, *command, *after;
};

struct sample {
	uint64_t start, wall, user, system;
	long faults, peak;
	int status;
};

static uint64_t now(void)
{
	struct timespec t;

	(void) clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_nsec;
}

static uint64_t nanoseconds(struct timeval t)
{
	return (uint64_t) t.tv_sec * 1000000000 + (uint64_t) t.tv_usec * 1000;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* The words of a command, with %d replaced. */
static void split(const char *text, long number, char *store, char **words)
{
	size_t used = 0, count = 0;

	for (const char *p = text; *p != '\0';) {
		if (*p == ' ') {
			p++;
			continue;
		}
		words[count++] = store + used;
		for (; *p != '\0' && *p != ' ';) {
			if (p[0] == '%' && p[1] == 'd') {
				used += (size_t) sprintf(store + used, "%ld", number);
				p += 2;
			} else
				store[used++] = *p++;
			if (used > LINE - 32 || count > WORDS - 2)
				die("drive: a command is too long");
		}
		store[used++] = '\0';
	}
	words[count] = NULL;
}

static pid_t spawn(char **words)
{
	static posix_spawn_file_actions_t actions;
	static posix_spawnattr_t attributes;
	static int ready;
	pid_t pid;
	int rc;

	if (!ready) {
		(void) posix_spawn_file_actions_init(&actions);
		(void) posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
		(void) posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
		(void) posix_spawnattr_init(&attributes);
		ready = 1;
	}
	rc = posix_spawnp(&pid, words[0], &actions, &attributes, words, environ);
	if (rc != 0) {
		errno = rc;
		die(words[0]);
	}
	return pid;
}

static void finish(pid_t pid, struct sample *sample)
{
	struct rusage use;
	int status;

	if (wait4(pid, &status, 0, &use) != pid)
		die("wait4");
	sample->wall = now() - sample->start;
	sample->user = nanoseconds(use.ru_utime);
	sample->system = nanoseconds(use.ru_stime);
	sample->faults = use.ru_minflt + use.ru_majflt;
	sample->peak = use.ru_maxrss;
	sample->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static struct sample run_one(const char *command, long number)
{
	struct sample sample = { 0 };
	char store[LINE], *words[WORDS];

	split(command, number, store, words);
	sample.start = now();
	finish(spawn(words), &sample);
	return sample;
}

static void run_list(const char *list, long number)
{
	char one[LINE];

	while (*list != '\0') {
		const char *end = strstr(list, " ; ");
		size_t length = end != NULL ? (size_t) (end - list) : strlen(list);

		memcpy(one, list, length);
		one[length] = '\0';
		if (strcmp(one, "@reap") == 0)
			while (waitpid(-1, NULL, 0) > 0)
				;
		else {
			struct sample got = run_one(one, number);

			if (got.status != 0)
				fprintf(stderr, "drive: status %d from: %s\n", got.status, one);
		}
		list += length + (end != NULL ? 3 : 0);
	}
}

static void print(const struct row *row, const struct sample *s)
{
	printf("%s\t%llu\t%llu\t%llu\t%ld\t%ld\t%d\n", row->label, (unsigned long long) s->wall,
		(unsigned long long) s->user, (unsigned long long) s->system, s->faults, s->peak,
		s->status);
}

static void rest(long ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	if (ms > 0)
		(void) nanosleep(&t, NULL);
}

static void rounds(const struct row *rows, size_t count, long times, long rest_ms)
{
	size_t order[ROWS];
	long number = 0;

	for (long round = 0; round < times; round++) {
		for (size_t i = 0; i < count; i++)
			order[i] = i;
		for (size_t i = count; i > 1; i--) {
			size_t j = (size_t) rand() % i, keep = order[i - 1];

			order[i - 1] = order[j];
			order[j] = keep;
		}
		for (size_t i = 0; i < count; i++) {
			const struct row *row = &rows[order[i]];
			struct sample sample;

			number++;
			run_list(row->before, number);
			rest(rest_ms);
			sample = run_one(row->command, number);
			print(row, &sample);
			run_list(row->after, number);
		}
	}
}

static void burst(const struct row *row, long starts, long together)
{
	struct sample samples[TOGETHER];
	pid_t pids[TOGETHER] = { 0 };
	long begun = 0, ended = 0;
	uint64_t start = now();

	while (ended < starts) {
		siginfo_t info;

		for (long slot = 0; slot < together && begun < starts; slot++) {
			char store[LINE], *words[WORDS];

			if (pids[slot] != 0)
				continue;
			split(row->command, slot, store, words);
			samples[slot] = (struct sample){ .start = now() };
			pids[slot] = spawn(words);
			begun++;
		}
		if (waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) < 0)
			die("waitid");
		for (long slot = 0; slot < together; slot++)
			if (pids[slot] == info.si_pid) {
				finish(pids[slot], &samples[slot]);
				print(row, &samples[slot]);
				pids[slot] = 0;
				ended++;
			}
	}
	printf("%s\ttotal\t%llu\n", row->label, (unsigned long long) (now() - start));
}

int main(int argc, char **argv)
{
	static char text[ROWS][4 * LINE];
	struct row rows[ROWS];
	size_t count = 0;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		die("prctl");
	while (count < ROWS && fgets(text[count], sizeof(text[count]), stdin) != NULL) {
		char *rest_of = text[count];

		rest_of[strcspn(rest_of, "\n")] = '\0';
		rows[count].label = strsep(&rest_of, "\t");
		rows[count].before = strsep(&rest_of, "\t");
		rows[count].command = strsep(&rest_of, "\t");
		rows[count].after = rest_of;
		if (rest_of == NULL)
			die("drive: a row has four columns");
		count++;
	}
	setvbuf(stdout, NULL, _IOFBF, 1 << 20);
	if (argc == 5 && strcmp(argv[1], "rounds") == 0) {
		srand((unsigned) atol(argv[4]));
		rounds(rows, count, atol(argv[2]), atol(argv[3]));
	} else if (argc == 4 && strcmp(argv[1], "burst") == 0 && atol(argv[3]) <= TOGETHER)
		for (size_t i = 0; i < count; i++)
			burst(&rows[i], atol(argv[2]), atol(argv[3]));
	else {
		fputs("usage: drive rounds ROUNDS REST_MS SEED | drive burst STARTS AT_A_TIME\n",
			stderr);
		return 2;
	}
	return 0;
}
