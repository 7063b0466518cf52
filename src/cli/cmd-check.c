/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/command.h"

struct options {
	struct create_options create;
	bool strict;
};

static const struct option_row rows[] = {
	ROW(struct options, "bundle", 'b', OPTION_TEXT, create.bundle, "bundle directory"),
	ROW(struct options, "config", 'f', OPTION_TEXT, create.config, "another config.json"),
	ROW(struct options, "strict", 0, OPTION_FLAG, strict,
		"unknown fields and system calls are faults"),
	{ 0 },
};

static int run(struct call *call, struct err *err)
{
	const struct options *options = call->options;
	char *text;
	int faults = lifecycle_check(
		call->global, &options->create, options->strict, call->arena, &text, err);

	if (faults < 0 || command_print(text, err) < 0)
		return -1;
	if (faults > 0)
		return err_set(
			err, ERR_CONFIG, "check: %d fault%s", faults, faults == 1 ? "" : "s");
	return 0;
}

const struct command command_check = {
	.name = "check",
	.arguments = "",
	.help = "look for faults in a bundle and do nothing",
	.rows = rows,
	.options_bytes = sizeof(struct options),
	.run = run,
};
