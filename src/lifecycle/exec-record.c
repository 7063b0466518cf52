/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/exec-record.h"

#include <linux/filter.h>

#include "plan/document.h"
#include "plan/exec.h"
#include "plan/seccomp.h"

static const char record_name[] = "exec.json";
static const char filter_name[] = "seccomp.bpf";

/* The file. */
struct exec_file {
	struct spec *config;
	bool *setgroups_denied;
	uint64_t *filter_flags; /* absent: no filter */
	char *listener_path;
	char *listener_metadata;
};

static const struct ocispec_field file_fields[] = {
	{ "config", OCISPEC_OBJECT, offsetof(struct exec_file, config), &ocispec_config,
		OCISPEC_REQUIRED },
	{ "setgroupsDenied", OCISPEC_BOOL_OPT, offsetof(struct exec_file, setgroups_denied), NULL,
		0 },
	{ "seccompFlags", OCISPEC_U64_OPT, offsetof(struct exec_file, filter_flags), NULL, 0 },
	{ "listenerPath", OCISPEC_STRING, offsetof(struct exec_file, listener_path), NULL, 0 },
	{ "listenerMetadata", OCISPEC_STRING, offsetof(struct exec_file, listener_metadata), NULL,
		0 },
};
static const struct ocispec_object file_object = {
	"exec record",
	sizeof(struct exec_file),
	file_fields,
	sizeof(file_fields) / sizeof(file_fields[0]),
};

int exec_record_write(const struct state_dir *dir, const struct spec *spec, const struct plan *plan,
	const struct proc_filter *filter, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	const struct ocispec_alloc alloc = document_alloc(&arena);
	bool denied = plan->ns.setgroups_deny;
	uint64_t flags = filter->flags;
	const struct seccomp_plan *seccomp = plan->proc.seccomp;
	const struct exec_file file = {
		.config = (struct spec *) (uintptr_t) plan_exec_record(spec, &arena),
		.setgroups_denied = denied ? &denied : NULL,
		.filter_flags = filter->code != NULL ? &flags : NULL,
		.listener_path =
			seccomp != NULL ? (char *) (uintptr_t) seccomp->listener_path : NULL,
		.listener_metadata =
			seccomp != NULL ? (char *) (uintptr_t) seccomp->listener_metadata : NULL,
	};
	size_t length = 0;
	char *text = ocispec_print(&file_object, &file, 0, &alloc, &length);

	if (filter->code != NULL &&
		state_write_file(dir, filter_name, filter->code,
			filter->count * sizeof(*filter->code), err) < 0)
		return -1;
	return state_write_file(dir, record_name, text, length, err);
}

static int read_filter(const struct state_dir *dir, struct arena *arena, struct exec_record *record,
	struct err *err)
{
	const size_t one = sizeof(*record->filter.code);
	size_t length = 0;
	char *bytes;

	if (state_read_file(dir, filter_name, arena, &bytes, &length, err) < 0)
		return -1;
	if (length == 0 || length % one != 0 || length / one > BPF_MAXINSNS)
		return err_set(err, ERR_STATE, "%s: %zu bytes are no filter", filter_name, length);
	/* A block of the arena is aligned for any type. */
	record->filter.code = (const struct sock_filter *) (const void *) bytes;
	record->filter.count = (unsigned short) (length / one);
	return 0;
}

int exec_record_read(
	const struct state_dir *dir, struct arena *arena, struct exec_record *ret, struct err *err)
{
	const struct ocispec_alloc alloc = document_alloc(arena);
	struct exec_record record = { .filter = { .listener_socket = -1 } };
	struct ocispec_error error = { 0 };
	const struct exec_file *file;
	size_t length = 0;
	char *text = NULL;
	void *parsed = NULL;

	if (state_read_file(dir, record_name, arena, &text, &length, err) < 0)
		return -1;
	if (ocispec_parse_printed(&file_object, text, length, &alloc, &parsed, &error) < 0)
		return err_set(err, ERR_STATE, "%s: %s", record_name, error.text);
	file = parsed;
	if (file->config->process == NULL)
		return err_set(err, ERR_STATE, "%s: no process", record_name);
	record.config = file->config;
	record.setgroups_denied = file->setgroups_denied != NULL && *file->setgroups_denied;
	if (file->filter_flags != NULL) {
		struct seccomp_plan *seccomp = ARENA_NEW(arena, struct seccomp_plan);

		record.filter.flags = (unsigned) *file->filter_flags;
		seccomp->flags = record.filter.flags;
		seccomp->listener_path = file->listener_path;
		seccomp->listener_metadata = file->listener_metadata;
		record.seccomp = seccomp;
		if (read_filter(dir, arena, &record, err) < 0)
			return -1;
	}
	*ret = record;
	return 0;
}
