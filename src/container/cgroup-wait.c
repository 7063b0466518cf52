/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/cgroup-wait.h"

#include <poll.h>
#include <time.h>

#include "base/time.h"

enum { FIRST_NS = 50 * 1000, DOUBLINGS = 10 };

bool cgroup_wait_more(struct cgroup_wait *wait)
{
	const uint64_t now = time_now_ns();
	uint64_t pause_ns = (uint64_t) FIRST_NS << wait->round;
	struct timespec timeout;

	if (now >= wait->deadline_ns)
		return false;
	if (wait->round < DOUBLINGS)
		wait->round++;
	if (pause_ns > wait->deadline_ns - now)
		pause_ns = wait->deadline_ns - now;
	timeout = (struct timespec){ (time_t) (pause_ns / 1000000000),
		(long) (pause_ns % 1000000000) };
	(void) ppoll(NULL, 0, &timeout, NULL); /* a signal: look earlier */
	return true;
}
