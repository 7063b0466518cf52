/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/container.h"
#include "lifecycle/lifecycle.h"

int lifecycle_plan(const struct global_options *global, const struct create_options *options,
	struct arena *arena, char **ret_text, struct err *err)
{
	_cleanup_container_ struct container container = CONTAINER_INIT;

	/* As in the foreground: a terminal then needs no socket. */
	if (container_read(global, options, !options->console_socket, &container, err) < 0)
		return err_ctx(err, "plan");
	*ret_text = plan_print(&container.bundle.plan, arena);
	return 0;
}
