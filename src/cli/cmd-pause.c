/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"
#include "lifecycle/pause.h"

static int run_pause(struct call *call, struct err *err)
{
	return lifecycle_pause(call->global, call->args[0], err);
}

const struct command command_pause = {
	.name = "pause",
	.arguments = "ID",
	.help = "hold all processes of a container still",
	.rows = command_no_rows,
	.least = 1,
	.most = 1,
	.run = run_pause,
};

static int run_resume(struct call *call, struct err *err)
{
	return lifecycle_resume(call->global, call->args[0], err);
}

const struct command command_resume = {
	.name = "resume",
	.arguments = "ID",
	.help = "let the processes of a paused container run",
	.rows = command_no_rows,
	.least = 1,
	.most = 1,
	.run = run_resume,
};
