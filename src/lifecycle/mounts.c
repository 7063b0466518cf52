/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/mounts.h"

#include <string.h>

#include "base/facts.h"
#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "container/hotplug.h"
#include "kernel/facts.h"
#include "kernel/mount-table.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "plan/document.h"
#include "lifecycle/config.h"
#include "lifecycle/door.h"
#include "lifecycle/handle.h"
#include "plan/hotplug.h"

static int look(const struct global_options *global, const char *id, struct arena *arena,
	struct handle *ret, struct err *err)
{
	if (handle_look(global->root, id, arena, ret, err) < 0)
		return -1;
	return ret->pidfd < 0 ? err_set(err, ERR_NOT_RUNNING, "container not running") : 0;
}

/* ---- add, remove -------------------------------------------------------------------------------- */

static int read_list(const char *file, struct arena *arena, const struct spec_mount **ret,
	size_t *ret_count, struct err *err)
{
	const struct ocispec_alloc alloc = document_alloc(arena);
	struct ocispec_error at;
	size_t length;
	char *bytes;
	void *items;

	if (io_read_file(file, OCISPEC_MAX_BYTES, arena, &bytes, &length, err) < 0)
		return -1;
	if (ocispec_parse_list(
		    &ocispec_mount, bytes, length, &alloc, NULL, &items, ret_count, &at) < 0) {
		(void) err_at(err, at.pointer, "%s", at.text);
		return err_ctx(err, "%s:%zu:%zu", file, at.line, at.column);
	}
	*ret = items;
	return 0;
}

static int change(const struct global_options *global, const char *id, bool remove,
	const char *file, struct arena *arena, struct err *err)
{
	_cleanup_handle_ struct handle handle = HANDLE_INIT;
	struct plan_options options = { .id = id };
	const struct spec *config = NULL;
	const struct spec_mount *items = NULL;
	struct plan_notes notes = { 0 };
	struct hotplug_plan plan = { .step_count = 0 };
	struct facts facts;
	size_t count = 0;
	_cleanup_fd_ int door = -1;

	if (look(global, id, arena, &handle, err) < 0 ||
		read_list(file, arena, &items, &count, err) < 0 ||
		config_read_kept(&handle.dir, arena, &config, err) < 0 ||
		facts_probe(handle.procfs, &facts, err) < 0)
		return -1;
	options.bundle = handle.record.bundle;
	if (plan_hotplug(
		    config, &facts, &options, items, count, remove, arena, &plan, &notes, err) < 0)
		return -1;
	if (!remove && handle.status == STATUS_PAUSED &&
		hotplug_copies(plan.steps, plan.step_count))
		return err_set(
			err, ERR_PAUSED, "tmpcopyup needs a container that runs: container paused");
	for (size_t i = 0; i < notes.count; i++)
		log_warning("%s", notes.items[i]);
	const struct hotplug_job job = {
		.ns = &plan.ns,
		.cgroups = &handle.cgroups,
		.steps = plan.steps,
		.count = plan.step_count,
		.remove = remove,
		.privileged = facts.sys_admin,
		.init_pidfd = handle.pidfd,
		.init_pid = (pid_t) handle.record.pid,
		.procfs = handle.procfs,
		.arena = arena,
	};
	return door_open(&handle, &door, err) < 0 ? -1 : hotplug(&job, err);
}

int lifecycle_mounts(const struct global_options *global, const char *id, bool remove,
	const char *file, struct arena *arena, struct err *err)
{
	if (change(global, id, remove, file, arena, err) < 0)
		return err_ctx(err, "mounts %s %s", remove ? "remove" : "add", id);
	return 0;
}

/* ---- list --------------------------------------------------------------------------------------- */

static char *json_text(struct arena *arena, const char *text)
{
	const size_t size = 6 * strlen(text) + 3;
	char *to = arena_alloc(arena, size);

	(void) str_json(to, size, text);
	return to;
}

static char *print_line(struct arena *arena, char *before, enum list_format format, bool first,
	const struct mount_entry *line)
{
	if (format == LIST_TABLE)
		return arena_printf(arena, "%s%-32s %-12s %-24s %s\n", before, line->target,
			line->type, line->source, line->options);
	return arena_printf(arena,
		"%s%s{\"destination\":%s,\"type\":%s,\"source\":%s,\"root\":%s,\"options\":%s,"
		"\"fsOptions\":%s}",
		before, first ? "" : ",", json_text(arena, line->target),
		json_text(arena, line->type), json_text(arena, line->source),
		json_text(arena, line->root), json_text(arena, line->options),
		json_text(arena, line->fs_options));
}

static int list(const struct global_options *global, const char *id, enum list_format format,
	struct arena *arena, char **ret, struct err *err)
{
	_cleanup_handle_ struct handle handle = HANDLE_INIT;
	struct mount_table mounts = { 0 };
	char *out;

	if (look(global, id, arena, &handle, err) < 0 ||
		mount_table_read(handle.procfs, (pid_t) handle.record.pid, arena, &mounts, err) <
			0 ||
		/* It lives, so its number was no other process's while that was read. */
		ns_pidfd_send(handle.pidfd, 0, err) < 0)
		return -1;
	out = format == LIST_JSON ? arena_str(arena, "[")
				  : arena_printf(arena, "%-32s %-12s %-24s %s\n", "DESTINATION",
					    "TYPE", "SOURCE", "OPTIONS");
	for (size_t i = 0; i < mounts.count; i++)
		out = print_line(arena, out, format, i == 0, &mounts.items[i]);
	*ret = format == LIST_JSON ? arena_printf(arena, "%s]\n", out) : out;
	return 0;
}

int lifecycle_mounts_list(const struct global_options *global, const char *id,
	enum list_format format, struct arena *arena, char **ret_text, struct err *err)
{
	if (list(global, id, format, arena, ret_text, err) < 0)
		return err_ctx(err, "mounts list %s", id);
	return 0;
}
