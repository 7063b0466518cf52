/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * time: deadlines and dates. A wait takes a deadline, never a duration, so that a retry cannot
 * prolong it. Follows clock_gettime(2); CLOCK_MONOTONIC for deadlines, CLOCK_REALTIME for dates.
 */
#ifndef OCIRT_BASE_TIME_H
#define OCIRT_BASE_TIME_H

#include <stddef.h>
#include <stdint.h>

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t time_now_ns(void);

/* The moment that lies ms milliseconds ahead, in nanoseconds of CLOCK_MONOTONIC. */
uint64_t time_deadline_ms(uint64_t ms);

/* What poll(2) takes for a deadline: milliseconds rounded up, 0 when it has passed. */
int time_poll_ms(uint64_t deadline_ns);

/* RFC 3339 with nanoseconds in UTC, "2026-01-02T03:04:05.123456789Z". */
enum { TIME_RFC3339_BYTES = 40 };
void time_to_rfc3339(int64_t seconds, long nanoseconds, char text[TIME_RFC3339_BYTES]);
void time_rfc3339(char text[TIME_RFC3339_BYTES]);

#endif
