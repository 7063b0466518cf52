/* SPDX-License-Identifier: GPL-2.0-or-later */
/* create, run and plan: three ways into the same options. */
#include "cli/command.h"

#define CREATE(name, letter, kind, member, help)                                                   \
	ROW(struct create_options, name, letter, kind, member, help)
#define CREATE_ROWS                                                                                \
	CREATE("bundle", 'b', OPTION_TEXT, bundle, "bundle directory"),                            \
		CREATE("config", 'f', OPTION_TEXT, config, "another config.json"),                 \
		CREATE("console-socket", 0, OPTION_TEXT, console_socket, "receives the pty"),      \
		CREATE("pidfd-socket", 0, OPTION_TEXT, pidfd_socket, "receives a pidfd"),          \
		CREATE("pid-file", 0, OPTION_TEXT, pid_file, "gets the process id"),               \
		CREATE("no-pivot", 0, OPTION_FLAG, no_pivot, "no pivot_root"),                     \
		CREATE("no-new-keyring", 0, OPTION_FLAG, no_new_keyring, "keep the keyring"),      \
		CREATE("preserve-fds", 0, OPTION_NUMBER, preserve_fds, "fds to pass from 3 on"),   \
		CREATE("no-subreaper", 0, OPTION_FLAG, no_subreaper, "do not adopt orphans")

static const struct option_row create_rows[] = { CREATE_ROWS, { 0 } };
static const struct option_row run_rows[] = {
	CREATE_ROWS,
	CREATE("detach", 'd', OPTION_FLAG, detach, "do not wait"),
	CREATE("keep", 0, OPTION_FLAG, keep, "do not delete afterwards"),
	{ 0 },
};

static int create(struct call *call, struct err *err)
{
	struct create_options *options = call->options;

	options->id = call->args[0];
	return lifecycle_create(call->global, options, err);
}

static int run(struct call *call, struct err *err)
{
	struct create_options *options = call->options;

	options->id = call->args[0];
	return lifecycle_run(call->global, options, &call->exit_status, err);
}

static int plan(struct call *call, struct err *err)
{
	struct create_options *options = call->options;
	char *text;

	options->id = call->args[0];
	if (lifecycle_plan(call->global, options, call->arena, &text, err) < 0)
		return -1;
	return command_print(text, err);
}

const struct command command_create = {
	.name = "create",
	.arguments = "ID",
	.help = "create a container",
	.rows = create_rows,
	.options_bytes = sizeof(struct create_options),
	.least = 1,
	.most = 1,
	.sealed = true,
	.run = create,
};

const struct command command_run = {
	.name = "run",
	.arguments = "ID",
	.help = "create and start a container",
	.rows = run_rows,
	.options_bytes = sizeof(struct create_options),
	.least = 1,
	.most = 1,
	.sealed = true,
	.run = run,
};

const struct command command_plan = {
	.name = "plan",
	.arguments = "ID",
	.rows = create_rows,
	.options_bytes = sizeof(struct create_options),
	.least = 1,
	.most = 1,
	.run = plan,
};
