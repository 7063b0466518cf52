/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/hooks.h"

#include "base/log.h"
#include "base/time.h"
#include "container/program.h"
#include "plan/proc-names.h"

enum { OUTPUT_BYTES = 512 };

const char *hooks_name(enum hook_kind kind)
{
	for (size_t i = 0; i < names_hooks.count; i++)
		if (names_hooks.rows[i].value == kind)
			return names_hooks.rows[i].name;
	return "";
}

static uint64_t limit_ms(const struct hook *hook)
{
	return hook->timeout_ms != 0 ? hook->timeout_ms : HOOK_LIMIT_MS;
}

uint64_t hooks_limit_ms(const struct hook_list *list)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < list->count; i++)
		sum += limit_ms(&list->items[i]);
	return sum;
}

static int run_one(const struct hook *hook, const char *state, const char *cwd,
	const struct until *until, struct err *err)
{
	char output[OUTPUT_BYTES] = "";
	const struct program program = {
		.path = hook->path,
		.argv = hook->argv,
		.envp = hook->envp,
		.cwd = cwd,
		.until = until,
		.input = state,
		.deadline_ns = time_deadline_ms(limit_ms(hook)),
		.output = output,
		.output_size = sizeof(output),
	};
	int status;

	if (program_run(&program, &status, err) < 0)
		return -1;
	log_debug("hook %s: exit status %d", hook->path, status);
	if (status == 0)
		return 0;
	return err_set(err, ERR_HOOK, "%s %d%s%s",
		status <= 128 ? "exit status" : "killed by signal",
		status <= 128 ? status : status - 128, output[0] != '\0' ? ": " : "", output);
}

int hooks_run(const struct hook_list *list, enum hook_kind kind, const char *state_json,
	const char *cwd, const struct until *until, struct err *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (run_one(&list->items[i], state_json, cwd, until, err) < 0) {
			if (err->code != ERR_INTERRUPTED)
				err->code = ERR_HOOK;
			return err_point(err, list->items[i].pointer, "hook %s %s",
				hooks_name(kind), list->items[i].path);
		}
	return 0;
}
