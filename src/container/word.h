/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * word: the last word of a process whose execve fails behind its seccomp filter, which may refuse sendmsg:
 * to whoever waits that would look like a program that runs. A page of shared memory needs no call.
 * execve takes the page out of the process, so that the program never has it.
 */
#ifndef OCIRT_CONTAINER_WORD_H
#define OCIRT_CONTAINER_WORD_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct word {
	struct err *page; /* shared, or NULL: a kernel without it does without */
	int fd; /* to pass the page to a process that is there already, or -1 */
};
#define WORD_INIT                                                                                  \
	{                                                                                          \
		.fd = -1                                                                           \
	}

void word_open(struct word *ret);
/* Without a descriptor: for processes that are made afterwards. */
void word_open_inherited(struct word *ret);
void word_close(struct word *word);
#define _cleanup_word_ __attribute__((cleanup(word_close)))

/* The page behind a descriptor that came with START; closes it. */
void word_take(int *take_fd, struct word *ret);

/* Leaves *err there. Keeps *err. No system call. */
void word_leave(const struct word *word, const struct err *err);

/* Waits for EXEC and then for the end of file that execve makes; -1 with what the process has sent
 * instead, or left. */
ERR_CHECK int word_wait_exec(
	const struct word *word, int sock, int pidfd, uint64_t deadline_ns, struct err *err);

/* Who gives its word: its socket, a pidfd, and, where it may have been stopped by others since it got
 * ready, its number in procfs (else procfs is -1). */
struct word_from {
	int sock;
	int pidfd;
	int procfs;
	pid_t pid;
	int signals; /* kernel/signals.h, or -1 */
};

/* Sends START to a process that is ready, and waits like that. ERR_TIMEOUT too where it is stopped. */
ERR_CHECK int word_start(const struct word_from *from, uint64_t deadline_ns, struct err *err);

#endif
