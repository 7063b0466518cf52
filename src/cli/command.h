/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * command: what a command of the command line is: a row with its name, its options and its function.
 *
 * Each cmd-X.c has its own struct of options, the rows that fill it, and a function of a screen that
 * turns them into one call of lifecycle/. A new command is such a file and a line in main.c.
 *
 * Not for: anything that is done to a container (lifecycle/).
 */
#ifndef OCIRT_CLI_COMMAND_H
#define OCIRT_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "cli/options.h"
#include "lifecycle/lifecycle.h"

/* One call of a command. */
struct call {
	const struct global_options *global;
	void *options; /* the command's own struct, filled by its rows; zero where nothing was given */
	char **args; /* positional, NULL-terminated */
	struct arena *arena; /* for whatever lives as long as the command */
	int exit_status; /* of the program when the function returns 0 */
};

enum { ANY_NUMBER = 1 << 20 };

struct command {
	const char *name;
	const char *arguments; /* "ID [SIGNAL]", for the usage line */
	const char *help; /* one line; NULL: not shown in the list of commands */
	const struct option_row *rows;
	size_t options_bytes; /* size of the struct that the rows fill */
	int least, most; /* positional arguments */
	bool options_first; /* the first positional ends the options (ps, exec) */
	bool sealed; /* enters a container: runs as a sealed copy (kernel/exeseal.h) */
	int failure_status; /* exit status for a failure of the runtime; 0: that of its code */
	int (*run)(struct call *call, struct err *err);
};

#define ROW(type, name, letter, kind, member, help)                                                \
	{                                                                                          \
		name, letter, kind, offsetof(type, member), help                                   \
	}
/* For a command without options. */
extern const struct option_row command_no_rows[];

extern const struct command command_check;
extern const struct command command_create;
extern const struct command command_run;
extern const struct command command_plan;
extern const struct command command_start;
extern const struct command command_state;
extern const struct command command_exec;
extern const struct command command_kill;
extern const struct command command_delete;
extern const struct command command_events;
extern const struct command command_pause;
extern const struct command command_resume;
extern const struct command command_list;
extern const struct command command_mounts;
extern const struct command command_ps;
extern const struct command command_spec;
extern const struct command command_features;
extern const struct command command_update;
extern const struct command command_checkpoint;
extern const struct command command_restore;

/* Prints text to stdout and sees it written. */
ERR_CHECK int command_print(const char *text, struct err *err);

/* --format of list and ps: "table", "json" or NULL. */
ERR_CHECK int command_format(const char *text, enum list_format *ret, struct err *err);

/* Calls verb for the container id, or, with regex, for each whose id matches: one that fails does not
 * keep the others from their turn; the first error is the result, the others are logged. */
ERR_CHECK int command_each(const struct call *call, const char *id, bool regex,
	int (*verb)(const struct call *call, const char *id, struct err *err), struct err *err);

#endif
