/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/facts.h"
#include "base/fd.h"
#include "base/io.h"
#include "kernel/facts.h"
#include "kernel/procfs.h"
#include "kernel/seccomp.h"
#include "plan/document.h"
#include "lifecycle/lifecycle.h"

struct unknown {
	struct arena *arena;
	struct plan_notes notes;
};

static void note_unknown(const char *pointer, void *data)
{
	struct unknown *unknown = data;

	plan_note(&unknown->notes, unknown->arena, "%s: no field of the specification", pointer);
}

/* A profile names calls of other kernels and architectures: that is no fault, unless it is a slip. */
static void note_unknown_calls(const struct spec_linux *linux_, struct unknown *unknown)
{
	if (linux_ == NULL || linux_->seccomp == NULL)
		return;
	for (size_t i = 0; i < linux_->seccomp->syscalls.count; i++) {
		const struct spec_strings *names = &linux_->seccomp->syscalls.items[i].names;

		for (size_t k = 0; k < names->count; k++)
			if (!seccomp_knows(names->items[k]))
				plan_note(&unknown->notes, unknown->arena,
					"/linux/seccomp/syscalls/%zu/names/%zu: libseccomp does "
					"not know %s",
					i, k, names->items[k]);
	}
}

static char *append(
	struct arena *arena, char *text, const char *kind, const struct plan_notes *notes)
{
	for (size_t i = 0; i < notes->count; i++)
		text = arena_printf(arena, "%s%s%s\n", text, kind, notes->items[i]);
	return text;
}

static int read_spec(const char *path, struct unknown *unknown, struct plan_notes *faults,
	const struct spec **ret, struct err *err)
{
	const struct ocispec_alloc alloc = document_alloc(unknown->arena);
	const struct ocispec_options options = { note_unknown, unknown };
	struct ocispec_error at;
	size_t length;
	char *bytes;
	void *spec;

	if (io_read_file(path, OCISPEC_MAX_BYTES, unknown->arena, &bytes, &length, err) < 0)
		return -1;
	*ret = NULL;
	if (ocispec_parse(&ocispec_config, bytes, length, &alloc, &options, &spec, &at) == 0)
		*ret = spec;
	else
		plan_note(faults, unknown->arena, "%zu:%zu: %s%s%s", at.line, at.column, at.pointer,
			at.pointer[0] != '\0' ? ": " : "", at.text);
	return 0;
}

int lifecycle_check(const struct global_options *global, const struct create_options *options,
	bool unknown, struct arena *arena, char **ret_text, struct err *err)
{
	_cleanup_fd_ int procfs = procfs_open(err);
	struct unknown fields = { .arena = arena };
	struct plan_notes faults = { 0 }, warnings = { 0 };
	struct plan_options plan_options = {
		.id = "check", .cgroup_manager = global->cgroup_manager, .foreground = true
	};
	const char *given = options->bundle != NULL ? options->bundle : ".";
	struct facts facts = { 0 };
	const struct spec *spec;
	char *absolute, *text = arena_str(arena, "");

	if (procfs < 0 || facts_probe(procfs, &facts, err) < 0)
		return err_ctx(err, "check");
	absolute = realpath(given, NULL);
	if (absolute == NULL) {
		(void) err_sys(err, "open bundle %s", given);
		return err_ctx(err, "check");
	}
	plan_options.bundle = arena_str(arena, absolute);
	free(absolute);
	if (read_spec(options->config != NULL
			    ? options->config
			    : arena_printf(arena, "%s/config.json", plan_options.bundle),
		    &fields, &faults, &spec, err) < 0)
		return err_ctx(err, "check");
	if (spec != NULL) {
		plan_faults(spec, &facts, &plan_options, arena, &faults, &warnings);
		note_unknown_calls(spec->linux_, &fields);
	}
	text = append(arena, text, "fault: ", &faults);
	text = append(arena, text, "warning: ", &warnings);
	text = append(arena, text, "unknown: ", &fields.notes);
	*ret_text = text;
	return (int) (faults.count + (unknown ? fields.notes.count : 0));
}
