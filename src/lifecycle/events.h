/* SPDX-License-Identifier: GPL-2.0-or-later */
/* events: what a container uses and when the kernel kills for want of memory, as runc prints it. */
#ifndef OCIRT_LIFECYCLE_EVENTS_H
#define OCIRT_LIFECYCLE_EVENTS_H

#include <stdint.h>

#include "base/err.h"
#include "lifecycle/lifecycle.h"

/* Writes one JSON object per line to the fd output: {"type":"stats","id":…,"data":…} every interval_ms
 * (0: one, and no more), and {"type":"oom","id":…} when the kernel tells, until the container ends.
 * ERR_NOT_RUNNING. */
ERR_CHECK int lifecycle_events(const struct global_options *global, const char *id,
	uint64_t interval_ms, int output, struct err *err);

/* "5s", "1m30s", "250ms", "1.5h" in milliseconds. More than 0, or ERR_USAGE. */
ERR_CHECK int events_interval(const char *text, uint64_t *ret_ms, struct err *err);

#endif
