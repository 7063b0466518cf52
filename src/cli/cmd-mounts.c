/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "cli/command.h"
#include "lifecycle/mounts.h"

struct options {
	const char *format;
};

static const struct option_row rows[] = {
	ROW(struct options, "format", 'f', OPTION_TEXT, format, "list: table or json"),
	{ 0 },
};

static int run_list(struct call *call, struct err *err)
{
	const struct options *options = call->options;
	enum list_format format;
	char *text;

	if (command_format(options->format, &format, err) < 0 ||
		lifecycle_mounts_list(
			call->global, call->args[1], format, call->arena, &text, err) < 0)
		return -1;
	return command_print(text, err);
}

static int run(struct call *call, struct err *err)
{
	const char *verb = call->args[0], *file = call->args[2];
	const bool remove = str_eq(verb, "remove");

	if (str_eq(verb, "list") && file == NULL)
		return run_list(call, err);
	if ((!remove && !str_eq(verb, "add")) || file == NULL)
		return err_set(
			err, ERR_USAGE, "mounts takes add ID FILE, remove ID FILE or list ID");
	return lifecycle_mounts(call->global, call->args[1], remove, file, call->arena, err);
}

const struct command command_mounts = {
	.name = "mounts",
	.arguments = "add|remove|list ID [FILE]",
	.help = "add mounts to a running container, remove or list them",
	.rows = rows,
	.options_bytes = sizeof(struct options),
	.least = 2,
	.most = 3,
	.sealed = true,
	.run = run,
};
