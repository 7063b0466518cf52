/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

struct options {
	bool force;
	bool regex;
};

static const struct option_row rows[] = {
	ROW(struct options, "force", 'f', OPTION_FLAG, force, "kill it first"),
	ROW(struct options, "regex", 'r', OPTION_FLAG, regex, "every container whose id matches"),
	{ 0 },
};

static int delete_one(const struct call *call, const char *id, struct err *err)
{
	const struct options *options = call->options;

	if (lifecycle_delete(call->global, id, options->force, err) < 0)
		return err_ctx(err, "delete %s", id);
	return 0;
}

static int run(struct call *call, struct err *err)
{
	const struct options *options = call->options;

	return command_each(call, call->args[0], options->regex, delete_one, err);
}

const struct command command_delete = {
	.name = "delete",
	.arguments = "ID",
	.help = "delete a container",
	.rows = rows,
	.options_bytes = sizeof(struct options),
	.least = 1,
	.most = 1,
	.run = run,
};
