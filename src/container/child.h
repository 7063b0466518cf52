/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * child: the end of a process that the runtime made for a task of its own.
 *
 * Not for: the container's first process, whose state is kept when it does not end (container/create.h).
 */
#ifndef OCIRT_CONTAINER_CHILD_H
#define OCIRT_CONTAINER_CHILD_H

#include <stdint.h>
#include <sys/types.h>

/* Kills and reaps it. One that the kernel holds beyond the deadline is warned of, by what it was for: what it
 * was made for has its own result, and nothing of the container's depends on its end. */
void child_end(pid_t pid, int pidfd, uint64_t deadline_ns, const char *what);

#endif
