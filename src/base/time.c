/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/time.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

enum { NS_PER_MS = 1000000 };

uint64_t time_now_ns(void)
{
	struct timespec now = { 0 };

	/* Cannot fail: the clock exists on every Linux. */
	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t) now.tv_sec * 1000 * NS_PER_MS + (uint64_t) now.tv_nsec;
}

uint64_t time_deadline_ms(uint64_t ms)
{
	uint64_t ns;

	if (__builtin_mul_overflow(ms, (uint64_t) NS_PER_MS, &ns) ||
		__builtin_add_overflow(ns, time_now_ns(), &ns))
		return UINT64_MAX;
	return ns;
}

int time_poll_ms(uint64_t deadline_ns)
{
	uint64_t now = time_now_ns(), left_ms;

	if (deadline_ns <= now)
		return 0;
	/* Up, or the last fraction of a millisecond would be a busy loop. */
	left_ms = (deadline_ns - now - 1) / NS_PER_MS + 1;
	return left_ms > INT_MAX ? INT_MAX : (int) left_ms;
}

void time_rfc3339(char text[TIME_RFC3339_BYTES])
{
	struct timespec now = { 0 };
	struct tm utc = { 0 };

	(void) clock_gettime(CLOCK_REALTIME, &now);
	(void) gmtime_r(&now.tv_sec, &utc);
	/* The modulos tell the compiler what gmtime_r promises: the text fits. */
	(void) snprintf(text, TIME_RFC3339_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%09luZ",
		(unsigned) (utc.tm_year + 1900) % 10000, (unsigned) (utc.tm_mon + 1) % 100,
		(unsigned) utc.tm_mday % 100, (unsigned) utc.tm_hour % 100,
		(unsigned) utc.tm_min % 100, (unsigned) utc.tm_sec % 100,
		(unsigned long) now.tv_nsec % 1000000000UL);
}
