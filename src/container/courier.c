/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/courier.h"

#include <sched.h>
#include <string.h>

#include "base/fd.h"
#include "base/time.h"
#include "container/proc.h"
#include "kernel/ns.h"
#include "kernel/seccomp.h"
#include "kernel/sock.h"

enum { NOT_YET = -1, NEVER = -2 };
enum { AGENT_MS = 10 * 1000 }; /* for an agent that does not read */

/* The courier's side. Its only libc is sched_yield and what sends. */
static int deliver(void *data)
{
	struct courier *courier = data;
	const struct proc_filter *filter = courier->filter;
	int connection = filter->listener_socket;
	int listener;

	while ((listener = courier->listener) == NOT_YET)
		(void) sched_yield();
	if (listener == NEVER)
		return 0;
	courier->failed =
		sock_send_all(connection, filter->listener_state, strlen(filter->listener_state),
			listener, time_deadline_ms(AGENT_MS), &courier->err) < 0;
	/* Here and now: an agent that reads to the end would wait for an execve that waits for its answer. */
	fd_close(&connection);
	/* Were it kept here and the agent gone, trapped calls would wait for ever; with nobody
	 * listening they fail. */
	fd_close(&listener);
	return 0;
}

int courier_start(struct courier *courier, const struct proc_filter *filter, struct err *err)
{
	courier->filter = filter;
	courier->thread = 0;
	courier->listener = NOT_YET;
	courier->failed = false;
	if (filter->code == NULL || filter->listener_socket < 0)
		return 0;
	if (ns_thread(deliver, courier, courier->stack, sizeof(courier->stack), &courier->thread,
		    err) < 0)
		return err_place(err, "/linux/seccomp/listenerPath");
	return 0;
}

int courier_enforce(struct courier *courier, struct err *err)
{
	const struct proc_filter *filter = courier->filter;
	int got;

	if (filter->code == NULL)
		return 0;
	got = seccomp_install(filter->code, filter->count, filter->flags, err);
	courier->listener = got < 0 ? NEVER : got;
	while (courier->thread != 0)
		; /* a system call, even a yield, might be trapped */
	if (got < 0)
		return err_place(err, "/linux/seccomp");
	if (!courier->failed)
		return 0;
	*err = courier->err;
	return err_place(err, "/linux/seccomp/listenerPath");
}
