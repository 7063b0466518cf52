/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/time.h"
#include "container/program.h"
#include "lifecycle/handle.h"
#include "lifecycle/lifecycle.h"

enum { MOST_OUTPUT = 16 * 1024 * 1024, PS_MS = 60 * 1000 };

struct pids {
	pid_t *items;
	size_t count;
};

static int container_pids(
	const char *root, const char *id, struct arena *arena, struct pids *ret, struct err *err)
{
	_cleanup_handle_ struct handle handle = HANDLE_INIT;

	if (handle_look_any(root, id, arena, &handle, err) < 0)
		return -1;
	if (handle.cgroups.leaf_count > 0)
		return cgroup_pids(&handle.cgroups, arena, &ret->items, &ret->count, err);
	/* Without a cgroup the first process is all that is known. */
	if (handle.pidfd >= 0)
		*ARENA_PUSH(arena, ret->items, ret->count) = (pid_t) handle.record.pid;
	return 0;
}

static char *as_json(const struct pids *pids, struct arena *arena)
{
	char *text = arena_str(arena, "[");

	for (size_t i = 0; i < pids->count; i++)
		text = arena_printf(
			arena, "%s%s%lld", text, i ? "," : "", (long long) pids->items[i]);
	return arena_printf(arena, "%s]\n", text);
}

/* What the host's ps prints. */
static int run_ps(char *const *args, struct arena *arena, char **ret, struct err *err)
{
	char errors[512] = "";
	struct program program = {
		.path = access("/bin/ps", X_OK) == 0 ? "/bin/ps" : "/usr/bin/ps",
		.argv = args,
		.envp = environ,
		.input = "",
		.deadline_ns = time_deadline_ms(PS_MS),
		.output = arena_alloc(arena, MOST_OUTPUT),
		.output_size = MOST_OUTPUT,
		.errors = errors,
		.errors_size = sizeof(errors),
	};
	int status;

	if (program_run(&program, &status, err) < 0)
		return err_ctx(err, "%s", program.path);
	if (status != 0)
		return err_set(
			err, ERR_SYSTEM, "%s: exit status %d: %s", program.path, status, errors);
	*ret = program.output;
	return 0;
}

/* The word at index of a line, or NULL; *ret_length is set. */
static const char *word_at(const char *line, size_t index, size_t *ret_length)
{
	for (;;) {
		line += strspn(line, " \t");
		*ret_length = strcspn(line, " \t\n");
		if (*ret_length == 0)
			return NULL;
		if (index-- == 0)
			return line;
		line += *ret_length;
	}
}

/* The lines of the container's processes below the header, found by the header's word PID. */
static int filter(
	const char *text, const struct pids *pids, struct arena *arena, char **ret, struct err *err)
{
	char *kept = arena_strn(arena, text, strcspn(text, "\n"));
	const char *word = NULL;
	size_t column = 0, length = 0;

	while ((word = word_at(kept, column, &length)) &&
		!(length == 3 && memcmp(word, "PID", 3) == 0))
		column++;
	if (!word)
		return err_set(err, ERR_USAGE, "ps printed no column PID");
	kept = arena_printf(arena, "%s\n", kept);
	for (text = strchr(text, '\n'); text && *++text; text = strchr(text, '\n')) {
		uint32_t number = 0;
		bool ours = false;

		word = word_at(text, column, &length);
		if (!word || str_to_u32(arena_strn(arena, word, length), &number) < 0)
			continue;
		for (size_t i = 0; i < pids->count && !ours; i++)
			ours = pids->items[i] == (pid_t) number;
		if (ours)
			kept = arena_printf(
				arena, "%s%.*s\n", kept, (int) strcspn(text, "\n"), text);
	}
	*ret = kept;
	return 0;
}

int lifecycle_ps(const struct global_options *global, const char *id, enum list_format format,
	char *const *args, struct arena *arena, char **ret_text, struct err *err)
{
	struct pids pids = { 0 };
	char **words = NULL;
	char *text = NULL;
	size_t count = 0;

	if (container_pids(global->root, id, arena, &pids, err) < 0)
		return err_ctx(err, "ps %s", id);
	if (format == LIST_JSON) {
		*ret_text = as_json(&pids, arena);
		return 0;
	}
	*ARENA_PUSH(arena, words, count) = arena_str(arena, "ps");
	if (!args || !args[0])
		*ARENA_PUSH(arena, words, count) = arena_str(arena, "-ef");
	for (; args && *args; args++)
		*ARENA_PUSH(arena, words, count) = *args;
	*ARENA_PUSH(arena, words, count) = NULL;
	if (run_ps(words, arena, &text, err) < 0 || filter(text, &pids, arena, ret_text, err) < 0)
		return err_ctx(err, "ps %s", id);
	return 0;
}
