/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>

#include "cli/command.h"

struct options {
	bool all;
	bool regex;
	int sig;
};

static const struct option_row rows[] = {
	ROW(struct options, "all", 'a', OPTION_FLAG, all, "every process of the container"),
	ROW(struct options, "regex", 'r', OPTION_FLAG, regex, "every container whose id matches"),
	{ 0 },
};

static int kill_one(const struct call *call, const char *id, struct err *err)
{
	const struct options *options = call->options;

	if (lifecycle_kill(call->global, id, options->sig, options->all, err) < 0)
		return err_ctx(err, "kill %s", id);
	return 0;
}

static int run(struct call *call, struct err *err)
{
	struct options *options = call->options;

	options->sig = SIGTERM;
	if (call->args[1] != NULL && lifecycle_signal(call->args[1], &options->sig, err) < 0)
		return -1;
	return command_each(call, call->args[0], options->regex, kill_one, err);
}

const struct command command_kill = {
	.name = "kill",
	.arguments = "ID [SIGNAL]",
	.help = "send a signal",
	.rows = rows,
	.options_bytes = sizeof(struct options),
	.least = 1,
	.most = 2,
	.run = run,
};
