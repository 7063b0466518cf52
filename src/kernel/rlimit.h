/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rlimit: resource limits of any process, in 64 bits on every architecture. Follows prlimit(2).
 */
#ifndef OCIRT_KERNEL_RLIMIT_H
#define OCIRT_KERNEL_RLIMIT_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* resource is RLIMIT_*; UINT64_MAX is "unlimited"; pid 0 is the caller. */
ERR_CHECK int rlimit_set(pid_t pid, int resource, uint64_t soft, uint64_t hard, struct err *err);
ERR_CHECK int rlimit_get(
	pid_t pid, int resource, uint64_t *ret_soft, uint64_t *ret_hard, struct err *err);

/* Lifts the caller's own soft limit to at least `soft`, or as far as the hard one lets it. Returns 1 with
 * the limit as it was, or 0: it was high enough. */
ERR_CHECK int rlimit_lift(int resource, uint64_t soft, uint64_t *ret_before, struct err *err);

/* Puts the caller's own soft limit back. */
ERR_CHECK int rlimit_lower(int resource, uint64_t before, struct err *err);

#endif
