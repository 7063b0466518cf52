/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/word.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/time.h"
#include "container/msg.h"
#include "kernel/procfs.h"
#include "kernel/signals.h"

enum { LOOK_MS = 5000 };

static struct err *map(int fd)
{
	void *page = mmap(NULL, sizeof(struct err), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return page == MAP_FAILED ? NULL : page;
}

void word_open(struct word *ret)
{
	_cleanup_fd_ int fd = memfd_create("ocirt", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, sizeof(struct err)) < 0)
		return;
	ret->page = map(fd);
	ret->fd = TAKE_FD(fd);
}

void word_open_inherited(struct word *ret)
{
	void *page = mmap(NULL, sizeof(struct err), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	ret->page = page == MAP_FAILED ? NULL : page;
}

void word_close(struct word *word)
{
	if (word->page != NULL)
		(void) munmap(word->page, sizeof(struct err));
	word->page = NULL;
	fd_close(&word->fd);
}

void word_take(int *take_fd, struct word *ret)
{
	_cleanup_fd_ int fd = TAKE_FD(*take_fd);

	ret->page = fd < 0 ? NULL : map(fd);
}

void word_leave(const struct word *word, const struct err *err)
{
	if (word->page != NULL)
		memcpy(word->page, err, sizeof(*err));
}

/* Its hooks may take long. But from a process that is stopped no word comes at all. */
static int wait_looking(
	const struct word_from *from, int pidfd, uint64_t deadline_ns, int eof_ok, struct err *err)
{
	const struct until until = { pidfd, from->signals };

	for (;;) {
		const uint64_t look_ns = time_deadline_ms(LOOK_MS);
		const bool last = from->procfs < 0 || look_ns >= deadline_ns;
		const int got = msg_wait_until(from->sock, &until, last ? deadline_ns : look_ns,
			MSG_EXEC, MSG_EXEC, eof_ok, NULL, err);
		char letter = 0;

		if (got >= 0 || err->code != ERR_TIMEOUT || last)
			return got;
		err_drop(err);
		if (procfs_start_time(from->procfs, from->pid, NULL, &letter, err) < 0)
			return -1;
		if (letter == 'T' || letter == 't')
			return err_set(err, ERR_TIMEOUT,
				"the container's first process is stopped (SIGSTOP)");
	}
}

static int wait_exec(const struct word *word, const struct word_from *from, uint64_t deadline_ns,
	struct err *err)
{
	int got = wait_looking(from, from->pidfd, deadline_ns, 0, err);

	/* An error of what is left to do may still follow. */
	if (got == MSG_EXEC)
		got = wait_looking(from, -1, deadline_ns, 1, err);
	if (got < 0)
		return -1;
	if (word->page == NULL || word->page->text[0] == '\0')
		return 0;
	memcpy(err, word->page, sizeof(*err));
	err->text[sizeof(err->text) - 1] = '\0';
	return -1;
}

int word_wait_exec(
	const struct word *word, int sock, int pidfd, uint64_t deadline_ns, struct err *err)
{
	const struct word_from from = { .sock = sock, .pidfd = pidfd, .procfs = -1, .signals = -1 };

	return wait_exec(word, &from, deadline_ns, err);
}

int word_start(const struct word_from *from, uint64_t deadline_ns, struct err *err)
{
	_cleanup_word_ struct word word = WORD_INIT;

	word_open(&word);
	if (msg_send(from->sock, MSG_START, word.fd, err) < 0)
		return -1;
	fd_close(&word.fd);
	return wait_exec(&word, from, deadline_ns, err);
}
