/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

static int run(struct call *call, struct err *err)
{
	char *text;

	if (lifecycle_features(call->arena, &text, err) < 0)
		return -1;
	return command_print(text, err);
}

const struct command command_features = {
	.name = "features",
	.arguments = "",
	.help = "print what this build can do",
	.rows = command_no_rows,
	.run = run,
};
