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

#include "base/err.h"

enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_NUMBER }; /* bool, const char *, unsigned */

struct option_row {
	const char *name; /* without dashes; NULL ends the table */
	char letter; /* 0: none */
	enum option_kind kind;
	size_t offset; /* in the struct that is filled */
	const char *help; /* NULL: accepted and not shown */
};

/* Fills *values. Positional arguments are moved to the front of argv (argv[0] is one of them) and
 * NULL-terminated. stop_at_first: the first positional ends the options. Returns their count, or -1
 * with ERR_USAGE. */
ERR_CHECK int options_parse(const struct option_row *rows, char **argv, bool stop_at_first,
	void *values, struct err *err);

/* One line per row on stdout. */
void options_print(const struct option_row *rows);

#endif
