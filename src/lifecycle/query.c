/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "libocispec-lite/ocispec.h"
#include "lifecycle/handle.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/state.h"

static void *in_arena(void *data, size_t size)
{
	return arena_alloc(data, size);
}

static int query(const char *root, const char *id, struct arena *arena, struct spec_state *ret,
	struct err *err)
{
	_cleanup_handle_ struct handle handle = HANDLE_INIT;
	const struct state_record *record = &handle.record;
	int64_t *pid = ARENA_NEW(arena, int64_t);

	if (handle_look_any(root, id, arena, &handle, err) < 0)
		return -1;
	*pid = handle.pidfd >= 0 ? record->pid : 0;
	*ret = (struct spec_state){
		.oci_version = arena_str(arena, "1.3.0"),
		.id = record->id,
		.pid = pid,
		.status = arena_str(arena, state_status_name(handle.status)),
		.bundle = record->bundle,
		.rootfs = record->rootfs,
		.created = record->created,
		.owner = record->owner,
		.annotations = record->annotations,
	};
	return 0;
}

int lifecycle_state(const struct global_options *global, const char *id, struct arena *arena,
	char **ret_json, struct err *err)
{
	const struct ocispec_alloc alloc = { in_arena, arena };
	struct spec_state state;
	size_t length;

	if (query(global->root, id, arena, &state, err) < 0)
		return -1;
	*ret_json = ocispec_print(&ocispec_state, &state, OCISPEC_PRETTY, &alloc, &length);
	return 0;
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

int lifecycle_list(const struct global_options *global, enum list_format format, bool quiet,
	struct arena *arena, char **ret_text, struct err *err)
{
	const struct ocispec_alloc alloc = { in_arena, arena };
	struct spec_state *items = NULL;
	size_t count = 0, length;
	struct err local = { 0 };
	int root = state_root_open(global->root, false, &local);
	DIR *stream = root < 0 ? NULL : fdopendir(root);

	if (root < 0 && local.code != ERR_NOT_FOUND) {
		*err = local;
		return -1;
	}
	for (struct dirent *entry; stream && (entry = readdir(stream));) {
		struct spec_state state;

		local = (struct err){ 0 };
		if (state_check_id(entry->d_name, &local) < 0)
			continue;
		if (query(global->root, arena_str(arena, entry->d_name), arena, &state, &local) <
			0) {
			if (local.code != ERR_NOT_FOUND)
				log_warning("load container %s: %s", entry->d_name, local.text);
			continue;
		}
		*ARENA_PUSH(arena, items, count) = state;
	}
	if (stream)
		(void) closedir(stream);
	if (format == LIST_JSON && !quiet) {
		*ret_text = count
			? ocispec_print_list(&ocispec_state, items, count, 0, &alloc, &length)
			: arena_str(arena, "null");
		return 0;
	}
	char *text = arena_str(arena, "");

	if (!quiet)
		text = arena_printf(arena, "%-20s %-10s %-10s %-30s %-31s %s\n", "ID", "PID",
			"STATUS", "BUNDLE", "CREATED", "OWNER");
	for (size_t i = 0; i < count; i++) {
		const struct spec_state *s = &items[i];

		text = quiet
			? arena_printf(arena, "%s%s\n", text, s->id)
			: arena_printf(arena, "%s%-20s %-10lld %-10s %-30s %-31s %s\n", text, s->id,
				  (long long) *s->pid, s->status, text_or_empty(s->bundle),
				  text_or_empty(s->created), text_or_empty(s->owner));
	}
	*ret_text = text;
	return 0;
}

int lifecycle_matching(const struct global_options *global, const char *pattern,
	struct arena *arena, char ***ret_ids, struct err *err)
{
	struct err local = { 0 };
	size_t count = 0;
	char **ids = NULL;
	regex_t regex;
	int root;
	DIR *stream;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return err_set(err, ERR_USAGE, "\"%s\" is no regular expression", pattern);
	root = state_root_open(global->root, false, &local);
	stream = root < 0 ? NULL : fdopendir(root);
	for (struct dirent *entry; stream && (entry = readdir(stream));) {
		struct err ignored = { 0 };

		if (state_check_id(entry->d_name, &ignored) == 0 &&
			regexec(&regex, entry->d_name, 0, NULL, 0) == 0)
			*ARENA_PUSH(arena, ids, count) = arena_str(arena, entry->d_name);
	}
	if (stream)
		(void) closedir(stream);
	regfree(&regex);
	if (root < 0 && local.code != ERR_NOT_FOUND) {
		*err = local;
		return -1;
	}
	*ARENA_PUSH(arena, ids, count) = NULL;
	*ret_ids = ids;
	return 0;
}
