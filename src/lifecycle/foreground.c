/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/foreground.h"

#include "container/wait.h"
#include "kernel/ns.h"
#include "kernel/signals.h"

enum { LOCK_MS = 10 * 1000 };

int foreground_begin(const struct create_options *options, struct err *err)
{
	return options->detach || options->no_subreaper ? 0 : ns_subreaper(err);
}

int foreground_wait(const struct create_options *options, struct container *container,
	int *ret_status, struct err *err)
{
	*ret_status = 0;
	state_unlock(&container->dir);
	if (options->detach) {
		/* A signal behind the last wait is too late, as it is for create. Only who waits on heeds it. */
		if (container->notify.inside < 0)
			return 0;
		signals_restore(&container->signals);
		return notify_until_ready(
			&container->notify, container->child.pid, container->child.pidfd, err);
	}
	if (signals_take_all(&container->signals, err) < 0 ||
		wait_for(container->child.pid, container->child.pidfd, container->signals.fd,
			&container->child.terminal, &container->notify, ret_status, err) < 0)
		return -1;
	container->child.pid = 0;
	if (options->keep)
		return 0;
	/* A `delete` by somebody else may have come first. */
	if (state_lock(&container->dir, LOCK_MS, err) < 0) {
		err_drop(err);
		return 0;
	}
	container->ended = true;
	return 0;
}
