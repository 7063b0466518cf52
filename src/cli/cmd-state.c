/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

static int run(struct call *call, struct err *err)
{
	char *text;

	if (lifecycle_state(call->global, call->args[0], call->arena, &text, err) < 0)
		return err_ctx(err, "state %s", call->args[0]);
	return command_print(text, err);
}

const struct command command_state = {
	.name = "state",
	.arguments = "ID",
	.help = "print the state of a container",
	.rows = command_no_rows,
	.least = 1,
	.most = 1,
	.run = run,
};
