/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line: options into structs, one call per verb, its text to stdout, its error once. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "cli/options.h"
#include "config.h"
#include "lifecycle/lifecycle.h"
#include "ocirt-commit.h"

struct values { /* of all commands; a command's table names those it has */
	const char *root, *log, *log_format, *log_level, *cgroup_manager, *ignored;
	bool debug, systemd, version, help;
	struct create_options create;
	bool force, all, quiet, regex, rootless;
	const char *format;
};

#define ROW(name, letter, kind, member, help)                                                      \
	{                                                                                          \
		name, letter, kind, offsetof(struct values, member), help                          \
	}
#define ROW_HELP ROW("help", 'h', OPTION_FLAG, help, "show this text")

static const struct option_row global_rows[] = {
	ROW("root", 0, OPTION_TEXT, root, "directory of the containers' state"),
	ROW("log", 0, OPTION_TEXT, log, "log file"),
	ROW("log-format", 0, OPTION_TEXT, log_format, "text or json"),
	ROW("log-level", 0, OPTION_TEXT, log_level, "error, warning, info or debug"),
	ROW("debug", 0, OPTION_FLAG, debug, "log debug lines"),
	ROW("systemd-cgroup", 0, OPTION_FLAG, systemd, "let systemd make the cgroups"),
	ROW("cgroup-manager", 0, OPTION_TEXT, cgroup_manager, "cgroupfs, systemd or disabled"),
	ROW("rootless", 0, OPTION_TEXT, ignored, "ignored"),
	ROW("criu", 0, OPTION_TEXT, ignored, "ignored"),
	ROW("version", 'v', OPTION_FLAG, version, "show the version"),
	ROW_HELP,
	{ 0 },
};
#define CREATE_ROWS                                                                                \
	ROW("bundle", 'b', OPTION_TEXT, create.bundle, "bundle directory"),                        \
		ROW("config", 'f', OPTION_TEXT, create.config, "another config.json"),             \
		ROW("console-socket", 0, OPTION_TEXT, create.console_socket, "receives the pty"),  \
		ROW("pidfd-socket", 0, OPTION_TEXT, create.pidfd_socket, "receives a pidfd"),      \
		ROW("pid-file", 0, OPTION_TEXT, create.pid_file, "gets the process id"),           \
		ROW("no-pivot", 0, OPTION_FLAG, create.no_pivot, "no pivot_root"),                 \
		ROW("no-new-keyring", 0, OPTION_FLAG, create.no_new_keyring, "keep the keyring"),  \
		ROW("preserve-fds", 0, OPTION_NUMBER, create.preserve_fds,                         \
			"fds to pass from 3 on")
static const struct option_row create_rows[] = { CREATE_ROWS, ROW_HELP, { 0 } };
static const struct option_row run_rows[] = { CREATE_ROWS,
	ROW("detach", 'd', OPTION_FLAG, create.detach, "do not wait"),
	ROW("keep", 0, OPTION_FLAG, create.keep, "do not delete afterwards"),
	ROW("no-subreaper", 0, OPTION_FLAG, create.no_subreaper, "do not adopt orphans"), ROW_HELP,
	{ 0 } };
static const struct option_row kill_rows[] = {
	ROW("all", 'a', OPTION_FLAG, all, "every process of the container"),
	ROW("regex", 'r', OPTION_FLAG, regex, "every container whose id matches"), ROW_HELP, { 0 }
};
static const struct option_row delete_rows[] = {
	ROW("force", 'f', OPTION_FLAG, force, "kill it first"),
	ROW("regex", 'r', OPTION_FLAG, regex, "every container whose id matches"), ROW_HELP, { 0 }
};
static const struct option_row ps_rows[] = {
	ROW("format", 'f', OPTION_TEXT, format, "table or json"), ROW_HELP, { 0 }
};
static const struct option_row spec_rows[] = { ROW("bundle", 'b', OPTION_TEXT, create.bundle,
						       "bundle directory"),
	ROW("file", 'f', OPTION_TEXT, create.config, "the file to write"),
	ROW("rootless", 0, OPTION_FLAG, rootless, "for a caller without privileges"), ROW_HELP,
	{ 0 } };
static const struct option_row list_rows[] = { ROW("quiet", 'q', OPTION_FLAG, quiet, "ids alone"),
	ROW("format", 'f', OPTION_TEXT, format, "table or json"), ROW_HELP, { 0 } };
static const struct option_row plain_rows[] = { ROW_HELP, { 0 } };

enum verb { CREATE, RUN, START, STATE, KILL, DELETE, LIST, PS, SPEC, FEATURES, PLAN };
enum { ANY_NUMBER = 1 << 20 };
static const struct command {
	const char *name;
	const struct option_row *rows;
	const char *arguments;
	int least, most;
	const char *help; /* NULL: not shown */
} commands[] = {
	[CREATE] = { "create", create_rows, "ID", 1, 1, "create a container" },
	[RUN] = { "run", run_rows, "ID", 1, 1, "create and start a container" },
	[START] = { "start", plain_rows, "ID", 1, 1, "start a created container" },
	[STATE] = { "state", plain_rows, "ID", 1, 1, "print the state of a container" },
	[KILL] = { "kill", kill_rows, "ID [SIGNAL]", 1, 2, "send a signal" },
	[DELETE] = { "delete", delete_rows, "ID", 1, 1, "delete a container" },
	[LIST] = { "list", list_rows, "", 0, 0, "list the containers" },
	[PS] = { "ps", ps_rows, "ID [PS-OPTION]...", 1, ANY_NUMBER, "list the processes" },
	[SPEC] = { "spec", spec_rows, "", 0, 0, "write a default config.json" },
	[FEATURES] = { "features", plain_rows, "", 0, 0, "print what this build can do" },
	[PLAN] = { "plan", create_rows, "ID", 1, 1, NULL },
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void usage(void)
{
	(void) printf("usage: ocirt [OPTION]... COMMAND [OPTION]... [ARGUMENT]...\n\n");
	for (size_t i = 0; i < COMMANDS; i++)
		if (commands[i].help)
			(void) printf("  %-10s %s\n", commands[i].name, commands[i].help);
	(void) printf("\n");
	options_print(global_rows);
}

static int list_format(const char *text, enum list_format *ret, struct err *err)
{
	if (text && !str_eq(text, "table") && !str_eq(text, "json"))
		return err_set(err, ERR_USAGE, "--format: \"%s\" is not table or json", text);
	*ret = text && str_eq(text, "json") ? LIST_JSON : LIST_TABLE;
	return 0;
}

static int kill_or_delete(const struct global_options *global, bool deletes, const char *id,
	const struct values *values, int sig, struct err *err)
{
	return deletes ? lifecycle_delete(global, id, values->force, err)
		       : lifecycle_kill(global, id, sig, values->all, err);
}

/* One container, or all that match: one that fails does not keep the others from their turn. */
static int each_match(const struct global_options *global, bool deletes, const char *id,
	const struct values *values, int sig, struct arena *arena, struct err *err)
{
	char **ids = NULL;
	int result = 0;

	if (!values->regex)
		return kill_or_delete(global, deletes, id, values, sig, err);
	if (lifecycle_matching(global, id, arena, &ids, err) < 0)
		return -1;
	for (; *ids; ids++) {
		struct err local = { 0 };

		if (kill_or_delete(global, deletes, *ids, values, sig, &local) == 0)
			continue;
		if (result < 0)
			log_warning("%s: %s", *ids, local.text);
		else
			*err = local;
		result = -1;
	}
	return result;
}

static int do_verb(enum verb verb, const struct global_options *global, struct values *values,
	char **args, struct arena *arena, int *ret_status, struct err *err)
{
	enum list_format format = LIST_TABLE;
	char *text = NULL;
	int sig = SIGTERM;
	int result = -1;

	values->create.id = args[0];
	if (list_format(values->format, &format, err) < 0)
		return -1;
	switch (verb) {
	case CREATE:
		return lifecycle_create(global, &values->create, err);
	case RUN:
		return lifecycle_run(global, &values->create, ret_status, err);
	case START:
		return lifecycle_start(global, args[0], err);
	case KILL:
		if (args[1] && lifecycle_signal(args[1], &sig, err) < 0)
			return -1;
		return each_match(global, false, args[0], values, sig, arena, err);
	case DELETE:
		return each_match(global, true, args[0], values, sig, arena, err);
	case SPEC:
		return lifecycle_spec(
			values->create.bundle, values->create.config, values->rootless, err);
	case STATE:
		result = lifecycle_state(global, args[0], arena, &text, err);
		break;
	case LIST:
		result = lifecycle_list(global, format, values->quiet, arena, &text, err);
		break;
	case PS:
		result = lifecycle_ps(global, args[0], format, args + 1, arena, &text, err);
		break;
	case FEATURES:
		result = lifecycle_features(arena, &text, err);
		break;
	case PLAN:
		result = lifecycle_plan(global, &values->create, arena, &text, err);
		break;
	}
	if (result == 0 && (fputs(text, stdout) < 0 || fflush(stdout) != 0))
		return err_sys(err, "write stdout");
	return result;
}

static int run(
	int argc, char **argv, char **envp, struct arena *arena, int *ret_status, struct err *err)
{
	struct values values = { .log_level = "warning" };
	struct log_options log = { 0 };
	char **saved = arena_array(arena, (size_t) argc + 1, sizeof(*saved));
	size_t verb = 0;

	memcpy(saved, argv, (size_t) argc * sizeof(*saved));
	argv += argc > 0;
	if (options_parse(global_rows, argv, true, &values, err) < 0)
		return -1;
	if (values.version)
		return printf("ocirt version %s\ncommit: %s\nspec: 1.3.0\n", PACKAGE_VERSION,
			       OCIRT_COMMIT) < 0
			? -1
			: 0;
	if (values.help || !argv[0] || str_eq(argv[0], "help")) {
		usage();
		return 0;
	}
	log.path = values.log;
	if (values.log_format && !str_eq(values.log_format, "text") &&
		!str_eq(values.log_format, "json"))
		return err_set(err, ERR_USAGE, "unknown log format %s", values.log_format);
	log.json = str_eq(values.log_format ? values.log_format : "", "json");
	if (log_level_parse(values.debug ? "debug" : values.log_level, &log.level) < 0)
		return err_set(err, ERR_USAGE, "unknown log level %s", values.log_level);
	if (log_open(&log, err) < 0)
		return -1;
	while (verb < COMMANDS && !str_eq(argv[0], commands[verb].name))
		verb++;
	if (verb == COMMANDS)
		return err_set(err, ERR_USAGE, "unknown command %s", argv[0]);
	const struct command *command = &commands[verb];
	/* What follows the id of ps is the host's ps's. */
	int count = options_parse(command->rows, ++argv, verb == PS, &values, err);

	if (count < 0)
		return -1;
	if (values.help) {
		(void) printf(
			"usage: ocirt %s [OPTION]... %s\n", command->name, command->arguments);
		options_print(command->rows);
		return 0;
	}
	if (count < command->least || count > command->most)
		return err_set(err, ERR_USAGE, "%s takes %s", command->name,
			*command->arguments ? command->arguments : "no arguments");
	if ((verb == CREATE || verb == RUN) && lifecycle_seal(saved, envp, err) < 0)
		return -1;
	struct global_options global = { .root = values.root, .debug = values.debug };
	const char *manager = values.cgroup_manager ? values.cgroup_manager : "cgroupfs";

	if (!global.root) {
		if (lifecycle_default_root(arena, &global.root, err) < 0)
			return -1;
	} else if (global.root[0] != '/') {
		char here[4096];

		if (!getcwd(here, sizeof(here)))
			return err_sys(err, "getcwd");
		global.root = arena_printf(arena, "%s/%s", here, global.root);
	}
	if (values.systemd || str_eq(manager, "systemd"))
		global.cgroup_manager = CGROUP_MANAGER_SYSTEMD;
	else if (str_eq(manager, "disabled"))
		global.cgroup_manager = CGROUP_MANAGER_DISABLED;
	else if (!str_eq(manager, "cgroupfs"))
		return err_set(err, ERR_USAGE, "unknown cgroup manager %s", manager);
	return do_verb((enum verb) verb, &global, &values, argv, arena, ret_status, err);
}

int main(int argc, char **argv, char **envp)
{
	_cleanup_arena_ struct arena arena = { 0 };
	struct err err = { 0 };
	int status = 0;
	int fd;

	/* A closed 0, 1 or 2 would be taken by the next file that is opened. */
	do {
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		if (fd >= 0 && fd <= 2)
			(void) fcntl(fd, F_SETFD, 0); /* a child needs them as well */
	} while (fd >= 0 && fd <= 2);
	if (fd > 2)
		(void) close(fd);
	(void) signal(SIGPIPE, SIG_IGN);
	/* Nothing here is written for a program that has more rights than its caller. */
	if (getauxval(AT_SECURE) != 0) {
		(void) err_set(&err, ERR_USAGE,
			"ocirt does not run set-user-id, set-group-id or with file capabilities");
		log_error(&err);
		return err_exit_status(&err);
	}
	if (run(argc, argv, envp, &arena, &status, &err) < 0) {
		log_error(&err);
		return err_exit_status(&err);
	}
	return status;
}
