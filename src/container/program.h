/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * program: runs another program to its end: hooks, newuidmap, ps, criu, another runtime.
 *
 * It gets text on stdin, an environment and a working directory of its own, an empty signal mask and a
 * death signal, so that it never outlives the runtime. Its output is kept up to a bound. It has a
 * deadline, at which it is killed. One poll over its pidfd and pipes.
 */
#ifndef OCIRT_CONTAINER_PROGRAM_H
#define OCIRT_CONTAINER_PROGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct until;

struct program {
	const char *path; /* absolute */
	char *const *argv; /* NULL-terminated */
	char *const *envp; /* NULL-terminated */
	const char *cwd; /* NULL: the caller's */
	const struct until *until; /* what ends it early (kernel/signals.h); NULL: nothing */
	const char *input; /* for stdin, "" for none */
	uint64_t deadline_ns;
	char *output; /* at least output_size bytes; NUL-terminated in the end, its last bytes kept */
	size_t output_size;
	char *errors; /* stderr alone, where it is wanted apart; NULL: with stdout */
	size_t errors_size;
};

/* Returns 0 when the program ended by itself, with its exit status (0 to 255) or 128 + the signal that
 * ended it; -1 when it could not be run or was killed at the deadline (ERR_TIMEOUT)
 * or at the end of the process of until (ERR_CHILD) or a signal (ERR_INTERRUPTED). A program that
 * cannot be executed has status 127 and says why in its output, as execve of a shell would. White
 * space at the ends of the texts is cut. */
ERR_CHECK int program_run(const struct program *program, int *ret_status, struct err *err);

#endif
