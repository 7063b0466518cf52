/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: global options into a struct, one command per call, its error once. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "cli/command.h"
#include "config.h"
#include "ocirt-commit.h"

static const struct command *const commands[] = {
	&command_create,
	&command_run,
	&command_start,
	&command_state,
	&command_exec,
	&command_kill,
	&command_update,
	&command_delete,
	&command_events,
	&command_pause,
	&command_resume,
	&command_list,
	&command_ps,
	&command_mounts,
	&command_spec,
	&command_features,
	&command_check,
	&command_checkpoint,
	&command_restore,
	&command_plan,
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

struct globals {
	const char *root, *log, *log_format, *log_level, *cgroup_manager, *ignored;
	bool debug, systemd, version, help;
};

#define GLOBAL(name, letter, kind, member, help)                                                   \
	ROW(struct globals, name, letter, kind, member, help)

static const struct option_row global_rows[] = {
	GLOBAL("root", 0, OPTION_WORD, root, "directory of the containers' state"),
	GLOBAL("log", 0, OPTION_TEXT, log, "log file"),
	GLOBAL("log-format", 0, OPTION_TEXT, log_format, "text or json"),
	GLOBAL("log-level", 0, OPTION_TEXT, log_level, "error, warning, info or debug"),
	GLOBAL("debug", 0, OPTION_FLAG, debug, "log debug lines"),
	GLOBAL("systemd-cgroup", 0, OPTION_FLAG, systemd, "let systemd make the cgroups"),
	GLOBAL("cgroup-manager", 0, OPTION_TEXT, cgroup_manager, "cgroupfs, systemd or disabled"),
	GLOBAL("rootless", 0, OPTION_AUTO, ignored, "ignored: it is found out"),
	GLOBAL("criu", 0, OPTION_TEXT, ignored, NULL),
	GLOBAL("version", 'v', OPTION_FLAG, version, "show the version"),
	GLOBAL("version", 'V', OPTION_FLAG, version, NULL),
	GLOBAL("help", 'h', OPTION_FLAG, help, "show this text"),
	GLOBAL("usage", '?', OPTION_FLAG, help, NULL),
	{ 0 },
};

static int usage(void)
{
	(void) printf("usage: ocirt [OPTION]... COMMAND [OPTION]... [ARGUMENT]...\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i]->help != NULL)
			(void) printf("  %-10s %s\n", commands[i]->name, commands[i]->help);
	(void) printf("\n");
	options_print(global_rows);
	return 0;
}

/* What each command has besides its own rows. */
static const struct option_row every_row[] = {
	{ "help", 'h', OPTION_FLAG, 0, "show this text" },
	{ "usage", '?', OPTION_FLAG, 0, NULL },
	{ 0 },
};

static int command_usage(const struct command *command)
{
	(void) printf("usage: ocirt %s [OPTION]... %s\n", command->name, command->arguments);
	options_print(command->rows);
	options_print(every_row);
	return 0;
}

static int version(struct arena *arena)
{
	(void) printf("ocirt version %s\ncommit: %s\nspec: 1.3.0\n%s", PACKAGE_VERSION,
		OCIRT_COMMIT, lifecycle_libraries(arena));
	return 0;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++)
		if (str_eq(name, commands[i]->name))
			return commands[i];
	return NULL;
}

static int open_log(const struct globals *globals, struct err *err)
{
	const char *format = globals->log_format != NULL ? globals->log_format : "text";
	struct log_options log = { .path = globals->log, .json = str_eq(format, "json") };

	if (!log.json && !str_eq(format, "text"))
		return err_set(err, ERR_USAGE, "unknown log format %s", format);
	if (log_level_parse(globals->debug ? "debug" : globals->log_level, &log.level) < 0)
		return err_set(err, ERR_USAGE, "unknown log level %s", globals->log_level);
	return log_open(&log, err);
}

static int fill_global(const struct globals *globals, struct arena *arena,
	struct global_options *ret, struct err *err)
{
	const char *manager = globals->systemd ? "systemd" : globals->cgroup_manager;

	ret->debug = globals->debug;
	if (manager == NULL || str_eq(manager, "cgroupfs"))
		ret->cgroup_manager = CGROUP_MANAGER_FS;
	else if (str_eq(manager, "systemd"))
		ret->cgroup_manager = CGROUP_MANAGER_SYSTEMD;
	else if (str_eq(manager, "disabled"))
		ret->cgroup_manager = CGROUP_MANAGER_DISABLED;
	else
		return err_set(err, ERR_USAGE, "unknown cgroup manager %s", manager);
	ret->root = globals->root;
	if (ret->root == NULL)
		return lifecycle_default_root(arena, &ret->root, err);
	if (ret->root[0] == '\0')
		return err_set(err, ERR_USAGE, "--root is empty");
	if (ret->root[0] != '/') {
		char here[4096];

		if (getcwd(here, sizeof(here)) == NULL)
			return err_sys(err, "getcwd");
		ret->root = arena_printf(arena, "%s/%s", here, ret->root);
	}
	return 0;
}

static int parse_command(const struct command *command, char **argv, struct arena *arena,
	struct call *call, bool *help, struct err *err)
{
	int count;

	call->options = arena_alloc(arena, command->options_bytes);
	call->args = argv;
	count = options_parse(
		&(struct option_tables){ command->rows, call->options, every_row, help }, argv,
		command->options_first, arena, err);
	if (count < 0 || *help)
		return count;
	if (count < command->least || count > command->most)
		return err_set(err, ERR_USAGE, "%s takes %s", command->name,
			command->arguments[0] != '\0' ? command->arguments : "no arguments");
	return count;
}

static int seal(const struct command *command, char **argv, char **envp, struct err *err)
{
	if (lifecycle_seal(argv, envp, err) < 0)
		return err_ctx(err, "%s: protect the runtime's own program", command->name);
	return 0;
}

/* Returns the exit status; a failure has been logged. */
static int run(int argc, char **argv, char **envp, struct arena *arena, struct err *err)
{
	struct globals globals = { .log_level = "warning" };
	struct global_options global = { 0 };
	struct call call = { .global = &global, .arena = arena };
	const struct command *command;
	char **saved = arena_array(arena, (size_t) argc + 1, sizeof(*saved));
	bool help = false;

	memcpy(saved, argv, (size_t) argc * sizeof(*saved));
	argv += argc > 0;
	if (options_parse(&(struct option_tables){ global_rows, &globals, NULL, NULL }, argv, true,
		    arena, err) < 0)
		return -1;
	if (globals.version)
		return version(arena);
	if (argv[0] != NULL && str_eq(argv[0], "help")) {
		globals.help = true;
		argv++;
	}
	if (argv[0] == NULL)
		return usage();
	command = find_command(argv[0]);
	if (open_log(&globals, err) < 0)
		return -1;
	if (globals.help && command != NULL)
		return command_usage(command);
	if (command == NULL)
		return err_set(err, ERR_USAGE, "unknown command %s", argv[0]);
	if (parse_command(command, argv + 1, arena, &call, &help, err) < 0)
		return -1;
	if (help)
		return command_usage(command);
	if ((command->sealed && seal(command, saved, envp, err) < 0) ||
		fill_global(&globals, arena, &global, err) < 0 || command->run(&call, err) < 0) {
		log_error(err);
		return command->failure_status != 0 ? command->failure_status
						    : err_exit_status(err);
	}
	return call.exit_status;
}

/* A closed 0, 1 or 2 would be taken by the next file that is opened. */
static int fill_streams(struct err *err)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd >= 0 && fd <= 2)
			(void) fcntl(fd, F_SETFD, 0); /* a child needs them as well */
	} while (fd >= 0 && fd <= 2);
	if (fd > 2) {
		(void) close(fd);
		return 0;
	}
	(void) err_sys(err, "open /dev/null for a stream that is closed");
	for (int stream = 0; stream <= 2; stream++)
		if (fcntl(stream, F_GETFD) < 0)
			return -1;
	err_drop(err); /* nothing is missing */
	return 0;
}

int main(int argc, char **argv, char **envp)
{
	_cleanup_arena_ struct arena arena = { 0 };
	struct err err = { 0 };
	int status;

	if (fill_streams(&err) < 0) {
		log_error(&err);
		return 1;
	}
	(void) signal(SIGPIPE, SIG_IGN);
	(void) signal(SIGXFSZ, SIG_IGN);
	/* A caller that ignores it leaves it so, and the kernel would reap our children before we can. */
	(void) signal(SIGCHLD, SIG_DFL);
	/* Nothing here is written for a program that has more rights than its caller. */
	if (getauxval(AT_SECURE) != 0) {
		(void) err_set(&err, ERR_USAGE,
			"ocirt does not run set-user-id, set-group-id or with file capabilities");
		log_error(&err);
		return err_exit_status(&err);
	}
	status = run(argc, argv, envp, &arena, &err);
	if (status < 0) {
		log_error(&err);
		return err_exit_status(&err);
	}
	return status;
}
