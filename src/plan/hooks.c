/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "libocispec-lite/spec.h"
#include "plan/parts.h"
#include "plan/proc-names.h"

static char *const *list_or(
	struct arena *arena, const struct spec_strings *from, const char *without)
{
	const size_t count = from->count > 0 ? from->count : without != NULL;
	char **list = arena_array(arena, count + 1, sizeof(char *));

	for (size_t i = 0; i < count; i++)
		list[i] = from->count > 0 ? from->items[i] : arena_str(arena, without);
	return list;
}

static int make_hook(struct arena *arena, const struct spec_hook *from, const char *pointer,
	struct hook *ret, struct err *err)
{
	char at[128];

	(void) snprintf(at, sizeof(at), "%s/path", pointer);
	if (from->path == NULL || from->path[0] != '/')
		return err_at(err, at, "must be an absolute path");
	for (size_t i = 0; i < from->env.count; i++) {
		const char *equals = strchr(from->env.items[i], '=');

		(void) snprintf(at, sizeof(at), "%s/env/%zu", pointer, i);
		if (equals == NULL || equals == from->env.items[i])
			return err_at(err, at, "\"%s\" is not NAME=value", from->env.items[i]);
	}
	(void) snprintf(at, sizeof(at), "%s/timeout", pointer);
	if (from->timeout != NULL && *from->timeout <= 0)
		return err_at(err, at, "must be greater than zero");
	ret->path = from->path;
	ret->argv = list_or(arena, &from->args, from->path);
	ret->envp = list_or(arena, &from->env, NULL);
	if (from->timeout != NULL)
		ret->timeout_ms = *from->timeout > UINT32_MAX / 1000
			? UINT32_MAX
			: (uint32_t) *from->timeout * 1000;
	ret->pointer = pointer;
	return 0;
}

static int make_list(struct arena *arena, const struct spec_hook_list *from, const char *kind,
	struct hook_list *ret, struct err *err)
{
	struct hook *items = arena_array(arena, from->count, sizeof(*items));

	for (size_t i = 0; i < from->count; i++)
		if (make_hook(arena, &from->items[i], arena_printf(arena, "/hooks/%s/%zu", kind, i),
			    &items[i], err) < 0)
			return -1;
	ret->items = items;
	ret->count = from->count;
	return 0;
}

int plan_hooks(const struct plan_input *in, struct hook_list ret[HOOK_KINDS], struct err *err)
{
	const struct spec_hooks *hooks = in->spec->hooks;
	struct hook_list lists[HOOK_KINDS] = { 0 };

	if (hooks != NULL) {
		const struct spec_hook_list *const from[HOOK_KINDS] = {
			[HOOK_PRESTART] = &hooks->prestart,
			[HOOK_CREATE_RUNTIME] = &hooks->create_runtime,
			[HOOK_CREATE_CONTAINER] = &hooks->create_container,
			[HOOK_START_CONTAINER] = &hooks->start_container,
			[HOOK_POSTSTART] = &hooks->poststart,
			[HOOK_POSTSTOP] = &hooks->poststop,
		};

		for (size_t i = 0; i < names_hooks.count; i++) {
			const struct name_row *row = &names_hooks.rows[i];

			if (make_list(in->arena, from[row->value], row->name, &lists[row->value],
				    err) < 0)
				return -1;
		}
	}
	memcpy(ret, lists, sizeof(lists));
	return 0;
}
