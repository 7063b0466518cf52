/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup-wait: the one place that looks again and again.
 *
 * Version 2 tells by cgroup.events when a cgroup is frozen or empty. Version 1 tells nobody: neither
 * that a freezer has become FROZEN, nor that the last process, whose end its pidfd has shown, has left
 * the directory. Nor does version 2 tell when a controller can be had that was taken back a moment ago. For
 * these three alone.
 */
#ifndef OCIRT_CONTAINER_CGROUP_WAIT_H
#define OCIRT_CONTAINER_CGROUP_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct cgroup_wait {
	uint64_t deadline_ns; /* time.h */
	unsigned round;
};

/* Waits a growing while (50 us to 50 ms), never beyond the deadline. Returns whether there is a reason
 * to look again: false when the deadline has passed. */
bool cgroup_wait_more(struct cgroup_wait *wait);

#endif
