/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

struct options {
	bool quiet;
	const char *format;
};

static const struct option_row rows[] = {
	ROW(struct options, "quiet", 'q', OPTION_FLAG, quiet, "ids alone"),
	ROW(struct options, "format", 'f', OPTION_TEXT, format, "table or json"),
	{ 0 },
};

static int run(struct call *call, struct err *err)
{
	const struct options *options = call->options;
	enum list_format format;
	char *text;

	if (command_format(options->format, &format, err) < 0 ||
		lifecycle_list(call->global, format, options->quiet, call->arena, &text, err) < 0)
		return -1;
	return command_print(text, err);
}

const struct command command_list = {
	.name = "list",
	.arguments = "",
	.help = "list the containers",
	.rows = rows,
	.options_bytes = sizeof(struct options),
	.run = run,
};
