/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/fd.h"
#include "base/time.h"
#include "container/hooks.h"
#include "container/word.h"
#include "kernel/tty.h"
#include "lifecycle/container.h"
#include "lifecycle/foreground.h"
#include "lifecycle/hooks.h"

enum { START_MS = 600 * 1000 }; /* startContainer hooks come on top of it */

static int start(struct container *container, struct err *err)
{
	const struct hook_list *hooks = container->bundle.plan.hooks;
	struct created *child = &container->child;
	const struct word_from from = {
		.sock = child->sock, .pidfd = child->pidfd, .procfs = -1, .signals = child->signals
	};

	if (notify_open(container->dir.dir, container->bundle.plan.notify_socket,
		    &container->notify, err) < 0)
		return -1;
	if (word_start(&from,
		    time_deadline_ms(START_MS + hooks_limit_ms(&hooks[HOOK_START_CONTAINER])),
		    err) < 0)
		return -1;
	fd_close(&child->sock);
	return hooks_after_start(
		&hooks[HOOK_POSTSTART], &container->record, child->signals, &container->arena, err);
}

static int run(const struct global_options *global, const struct create_options *options,
	int *ret_status, struct err *err)
{
	_cleanup_container_ struct container container = CONTAINER_INIT;

	if (foreground_begin(options, err) < 0 ||
		container_create(global, options, true, &container, err) < 0)
		return -1;
	if (container.child.terminal >= 0 &&
		(container.bundle.plan.proc.rows == 0 || container.bundle.plan.proc.columns == 0))
		tty_size_of_caller(container.child.terminal);
	if (start(&container, err) < 0) {
		container_take_back(options);
		container.ended = true;
		return -1;
	}
	return foreground_wait(options, &container, ret_status, err);
}

int lifecycle_run(const struct global_options *global, const struct create_options *options,
	int *ret_status, struct err *err)
{
	if (run(global, options, ret_status, err) < 0)
		return err_ctx(err, "run %s", options->id);
	return 0;
}
