/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

static int run(struct call *call, struct err *err)
{
	return lifecycle_start(call->global, call->args[0], err);
}

const struct command command_start = {
	.name = "start",
	.arguments = "ID",
	.help = "start a created container",
	.rows = command_no_rows,
	.least = 1,
	.most = 1,
	.run = run,
};
