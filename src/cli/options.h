/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * options: one parser for all option tables of the command line, and the help from the same rows.
 *
 * Takes --flag V, --flag=V, -b V, -bV, bundled booleans, "--", and options in any order before the
 * positional arguments, and behind them unless the caller says that those end the options.
 */
#ifndef OCIRT_CLI_OPTIONS_H
#define OCIRT_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"

enum option_kind {
	OPTION_FLAG, /* bool; --flag, --flag=false */
	OPTION_AUTO, /* const char *; true, false or auto behind "=" or as the next word */
	OPTION_TEXT, /* const char *; an empty value counts as not given */
	OPTION_WORD, /* const char *; an empty value is one too, for the command to judge */
	OPTION_NUMBER, /* unsigned */
	OPTION_LIST, /* struct option_list; may be given more than once */
	OPTION_OPTIONAL, /* const char *; the value only behind "=", "" without */
};

struct option_list {
	const char **items;
	size_t count;
};

struct option_row {
	const char *name; /* without dashes; NULL ends the table */
	char letter; /* 0: none */
	enum option_kind kind;
	size_t offset; /* in the struct that is filled */
	const char *help; /* NULL: accepted and not shown */
};

/* A command's own rows and those that it shares with others (NULL: none), each with the struct that
 * they fill. */
struct option_tables {
	const struct option_row *rows;
	void *values;
	const struct option_row *shared_rows;
	void *shared_values;
};

/* Fills the structs. Positional arguments are moved to the front of argv (argv[0] is one of them) and
 * NULL-terminated. stop_at_first: the first positional ends the options. Lists live in the arena.
 * Returns the count of positional arguments, or -1 with ERR_USAGE. */
ERR_CHECK int options_parse(const struct option_tables *tables, char **argv, bool stop_at_first,
	struct arena *arena, struct err *err);

/* One line per row on stdout. */
void options_print(const struct option_row *rows);

#endif
