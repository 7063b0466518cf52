/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"
#include "cli/command.h"
#include "lifecycle/exec.h"

struct options {
	struct exec_request request;
	const char *tty;
	struct option_list env, groups, caps, cgroups;
};

#define EXEC(name, letter, kind, member, help) ROW(struct options, name, letter, kind, member, help)

static const struct option_row rows[] = {
	EXEC("process", 'p', OPTION_TEXT, request.process_file, "file with the process object"),
	EXEC("detach", 'd', OPTION_FLAG, request.detach, "do not wait"),
	EXEC("tty", 't', OPTION_OPTIONAL, tty, "with a terminal"),
	EXEC("cwd", 0, OPTION_TEXT, request.cwd, "working directory"),
	EXEC("env", 'e', OPTION_LIST, env, "NAME=VALUE"),
	EXEC("user", 'u', OPTION_WORD, request.user, "UID or UID:GID"),
	EXEC("additional-gids", 'g', OPTION_LIST, groups, "more groups"),
	EXEC("cap", 'c', OPTION_LIST, caps, "a capability more"),
	EXEC("no-new-privs", 0, OPTION_FLAG, request.no_new_privs, "set no_new_privs"),
	EXEC("process-label", 0, OPTION_TEXT, request.process_label, "SELinux label"),
	EXEC("apparmor", 0, OPTION_TEXT, request.apparmor, "AppArmor profile"),
	EXEC("cgroup", 0, OPTION_LIST, cgroups, "[CONTROLLER,...:]PATH below the container's"),
	EXEC("console-socket", 0, OPTION_TEXT, request.console_socket, "receives the pty"),
	EXEC("pidfd-socket", 0, OPTION_TEXT, request.pidfd_socket, "receives a pidfd"),
	EXEC("pid-file", 0, OPTION_TEXT, request.pid_file, "gets the process id"),
	EXEC("preserve-fds", 0, OPTION_NUMBER, request.preserve_fds, "fds to pass from 3 on"),
	EXEC("ignore-paused", 0, OPTION_FLAG, request.ignore_paused, "wait until it is resumed"),
	{ 0 },
};

static int run(struct call *call, struct err *err)
{
	struct options *options = call->options;
	struct exec_request *request = &options->request;

	request->id = call->args[0];
	request->args = call->args + 1;
	request->terminal = options->tty != NULL && !str_eq(options->tty, "false") &&
		!str_eq(options->tty, "no");
	request->env = options->env.items;
	request->env_count = options->env.count;
	request->groups = options->groups.items;
	request->group_count = options->groups.count;
	request->caps = options->caps.items;
	request->cap_count = options->caps.count;
	request->cgroups = options->cgroups.items;
	request->cgroup_count = options->cgroups.count;
	return lifecycle_exec(call->global, request, &call->exit_status, err);
}

const struct command command_exec = {
	.name = "exec",
	.arguments = "ID [PROGRAM [ARGUMENT]...]",
	.help = "run one more process in a container",
	.rows = rows,
	.options_bytes = sizeof(struct options),
	.least = 1,
	.most = ANY_NUMBER,
	.options_first = true, /* what follows the id is the program's */
	.sealed = true,
	.failure_status = 255,
	.run = run,
};
