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

/* gmtime_r would read the file of the local time zone first. The days are counted in years that begin in
 * March, so that the leap day is the last, from the year 0 on; 400 years have 146097 days. */
void time_to_rfc3339(int64_t seconds, long nanoseconds, char text[TIME_RFC3339_BYTES])
{
	const uint64_t whole = seconds < 0 ? 0 : (uint64_t) seconds;
	const uint64_t days = whole / 86400 + 719468, left = whole % 86400;
	const uint64_t day = days % 146097;
	const uint64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	const uint64_t of_year = day - (365 * year + year / 4 - year / 100);
	const uint64_t month = (5 * of_year + 2) / 153;

	/* The modulos tell the compiler that the text fits. */
	(void) snprintf(text, TIME_RFC3339_BYTES, "%04u-%02u-%02uT%02u:%02u:%02u.%09luZ",
		(unsigned) (days / 146097 * 400 + year + (month >= 10)) % 10000,
		(unsigned) (month < 10 ? month + 3 : month - 9) % 100,
		(unsigned) (of_year - (153 * month + 2) / 5 + 1) % 100,
		(unsigned) (left / 3600) % 100, (unsigned) (left / 60 % 60), (unsigned) (left % 60),
		(unsigned long) nanoseconds % 1000000000UL);
}

void time_rfc3339(char text[TIME_RFC3339_BYTES])
{
	struct timespec now = { 0 };

	(void) clock_gettime(CLOCK_REALTIME, &now);
	time_to_rfc3339(now.tv_sec, now.tv_nsec, text);
}
