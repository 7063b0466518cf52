/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

struct options {
	const char *bundle;
	const char *file;
	bool rootless;
};

static const struct option_row rows[] = {
	ROW(struct options, "bundle", 'b', OPTION_TEXT, bundle, "bundle directory"),
	ROW(struct options, "file", 'f', OPTION_TEXT, file, "the file to write"),
	ROW(struct options, "rootless", 0, OPTION_FLAG, rootless,
		"for a caller without privileges"),
	{ 0 },
};

static int run(struct call *call, struct err *err)
{
	const struct options *options = call->options;

	return lifecycle_spec(options->bundle, options->file, options->rootless, err);
}

const struct command command_spec = {
	.name = "spec",
	.arguments = "",
	.help = "write a default config.json",
	.rows = rows,
	.options_bytes = sizeof(struct options),
	.run = run,
};
