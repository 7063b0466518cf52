/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

struct options {
	const char *format;
};

static const struct option_row rows[] = {
	ROW(struct options, "format", 'f', OPTION_TEXT, format, "table or json"),
	{ 0 },
};

static int run(struct call *call, struct err *err)
{
	const struct options *options = call->options;
	enum list_format format;
	char *text;

	if (command_format(options->format, &format, err) < 0 ||
		lifecycle_ps(call->global, call->args[0], format, call->args + 1, call->arena,
			&text, err) < 0)
		return -1;
	return command_print(text, err);
}

const struct command command_ps = {
	.name = "ps",
	.arguments = "ID [PS-OPTION]...",
	.help = "list the processes",
	.rows = rows,
	.options_bytes = sizeof(struct options),
	.least = 1,
	.most = ANY_NUMBER,
	.options_first = true, /* what follows the id is the host's ps's */
	.run = run,
};
