/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/time.h"
#include "container/msg.h"
#include "container/wait.h"
#include "kernel/ns.h"
#include "kernel/tty.h"
#include "lifecycle/container.h"
#include "lifecycle/hooks.h"

enum { START_MS = 600 * 1000 };

static int start(struct container *container, struct err *err)
{
	struct created *child = &container->child;
	const uint64_t deadline = time_deadline_ms(START_MS);
	int got;

	if (msg_send(child->sock, MSG_START, -1, err) < 0)
		return -1;
	got = msg_wait(child->sock, child->pidfd, deadline, MSG_EXEC, MSG_EXEC, 0, NULL, err);
	if (got == MSG_EXEC)
		got = msg_wait(child->sock, -1, deadline, MSG_EXEC, MSG_EXEC, 1, NULL, err);
	if (got < 0)
		return -1;
	fd_close(&child->sock);
	return hooks_after_start(&container->dir, &container->record, &container->arena, err);
}

/* What `delete` does with a container that has ended. */
static void remove_ended(struct container *container)
{
	container->child.pid = 0;
	hooks_after_stop(&container->dir, &container->record, &container->arena);
	container->created = false;
}

static int run(const struct global_options *global, const struct create_options *options,
	int *ret_status, struct err *err)
{
	_cleanup_container_ struct container container = CONTAINER_INIT;
	_cleanup_fd_ int signals = -1;
	int waited;

	if (!options->detach) {
		if (!options->no_subreaper && ns_subreaper(err) < 0)
			return -1;
		signals = wait_signals(err);
		if (signals < 0)
			return -1;
	}
	if (container_create(global, options, true, &container, err) < 0)
		return -1;
	if (container.child.terminal >= 0 &&
		(container.bundle.plan.proc.rows == 0 || container.bundle.plan.proc.columns == 0))
		tty_size_of_caller(container.child.terminal);
	if (start(&container, err) < 0) {
		container.created = false;
		return -1;
	}
	if (options->detach) {
		*ret_status = 0;
		return 0;
	}
	state_unlock(&container.dir);
	waited = wait_for(container.child.pid, container.child.pidfd, signals,
		&container.child.terminal, ret_status, err);
	if (waited < 0)
		return -1;
	if (options->keep) {
		container.child.pid = 0;
		return 0;
	}
	/* A `delete` by somebody else may have come first. */
	if (state_lock(&container.dir, 10 * 1000, err) < 0) {
		err_drop(err);
		container.child.pid = 0;
		return 0;
	}
	remove_ended(&container);
	return 0;
}

int lifecycle_run(const struct global_options *global, const struct create_options *options,
	int *ret_status, struct err *err)
{
	if (run(global, options, ret_status, err) < 0)
		return err_ctx(err, "run %s", options->id);
	return 0;
}
