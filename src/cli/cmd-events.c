/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <unistd.h>

#include "cli/command.h"
#include "lifecycle/events.h"

struct options {
	bool stats;
	const char *interval;
};

static const struct option_row rows[] = {
	ROW(struct options, "stats", 0, OPTION_FLAG, stats, "print what it uses once, and end"),
	ROW(struct options, "interval", 0, OPTION_WORD, interval, "between two lines; 5s"),
	{ 0 },
};

static int run(struct call *call, struct err *err)
{
	const struct options *options = call->options;
	uint64_t interval_ms;

	if (events_interval(
		    options->interval != NULL ? options->interval : "5s", &interval_ms, err) < 0)
		return -1;
	return lifecycle_events(
		call->global, call->args[0], options->stats ? 0 : interval_ms, STDOUT_FILENO, err);
}

const struct command command_events = {
	.name = "events",
	.arguments = "ID",
	.help = "print what a container uses, and memory that ran out",
	.rows = rows,
	.options_bytes = sizeof(struct options),
	.least = 1,
	.most = 1,
	.run = run,
};
