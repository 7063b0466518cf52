/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp: from the profile of the plan to the program that the kernel gets, for init and exec alike.
 * plan/filter.h writes it within microseconds; what that leaves to libseccomp goes there.
 *
 * There is no cache of programs. Docker's profile is compiled in 0.12 to 0.17 ms (libseccomp: 13 ms), so
 * that a profile which was never seen before starts like any other. To open, check and read a stored
 * program and to take a digest of the profile would still cost a third of that, and would be one more
 * file whose writer has to be trusted. What a container was started with is kept in its state for
 * `exec`, by lifecycle.
 */
#ifndef OCIRT_CONTAINER_SECCOMP_H
#define OCIRT_CONTAINER_SECCOMP_H

#include "base/arena.h"
#include "base/err.h"

struct proc_filter;
struct seccomp_plan;

/* plan may be NULL: no filter. The program is in the arena, the listener's socket not yet connected. A
 * call of the profile that is known to nobody is left out; where it was to be refused the log says so. */
ERR_CHECK int seccomp_filter_make(const struct seccomp_plan *plan, struct arena *arena,
	struct proc_filter *ret, struct err *err);

/* Memory that a clone shares: the parent compiles while the child builds its root, and puts the program in
 * before it lets the child go on (GO), which takes it out behind that. NULL where there is no filter. */
struct filter_box;
ERR_CHECK int filter_box_new(
	const struct seccomp_plan *plan, struct filter_box **ret, struct err *err);
void filter_box_put(struct filter_box *box, const struct proc_filter *filter);
/* Code, count and flags alone; the code stays in the box. */
void filter_box_open(const struct filter_box *box, struct proc_filter *filter);
void filter_box_done(struct filter_box **box);

#endif
