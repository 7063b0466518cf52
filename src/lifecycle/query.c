/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/log.h"
#include "base/str.h"
#include "kernel/procfs.h"
#include "plan/document.h"
#include "lifecycle/handle.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/state.h"

/* What is the same for all containers of a list. */
struct common {
	int procfs;
	struct status_host host;
	uid_t uid; /* of owner, where that is not NULL */
	char *owner;
};

/* The user whose container it is, as runc names them: "root", or "#1234" where nobody has a name for it. */
static char *owner_of(uid_t uid, struct common *common, struct arena *arena)
{
	const struct passwd *user;
	FILE *users;
	char *name;

	if (common->owner != NULL && common->uid == uid)
		return common->owner;
	name = arena_printf(arena, "#%u", uid);
	users = fopen("/etc/passwd", "re");
	while (users != NULL && (user = fgetpwent(users)) != NULL)
		if (user->pw_uid == uid) {
			name = arena_str(arena, user->pw_name);
			break;
		}
	if (users != NULL)
		(void) fclose(users);
	common->uid = uid;
	common->owner = name;
	return name;
}

static void answer(const struct record *record, enum status status, bool lives, struct arena *arena,
	struct spec_state *ret)
{
	int64_t *pid = ARENA_NEW(arena, int64_t);

	*pid = lives ? record->pid : 0;
	*ret = (struct spec_state){
		.oci_version = arena_str(arena, "1.3.0"),
		.id = record->id,
		.pid = pid,
		.status = arena_str(arena, status_name(status)),
		.bundle = record->bundle,
		.rootfs = record->rootfs,
		.created = record->created,
		.owner = record->owner,
		.annotations = record->annotations,
	};
}

/* The container of any runtime. common: NULL for one container alone. */
static int query(const char *root, const char *id, struct common *common, struct arena *arena,
	struct spec_state *ret, struct err *err)
{
	_cleanup_handle_ struct handle handle = HANDLE_INIT;
	struct stat st;
	int done;

	if (common != NULL) {
		handle.procfs = common->procfs;
		handle.host = &common->host;
	}
	done = handle_look_any(root, id, arena, &handle, err);
	if (common != NULL)
		handle.procfs = -1;
	if (done < 0)
		return -1;
	answer(&handle.record, handle.status, handle.pidfd >= 0, arena, ret);
	if (common != NULL && fstat(handle.dir.dir, &st) == 0)
		ret->owner = owner_of(st.st_uid, common, arena);
	return 0;
}

/* The same by the fewest calls: those of a handle cost more than all else in a long list. -1: not like
 * this, for whatever reason; then the handle says why. */
static int glance(int root, const char *id, struct common *common, struct arena *arena,
	struct spec_state *ret)
{
	struct state_dir dir = { .root = root, .dir = -1 };
	_cleanup_fd_ int pidfd = -1;
	struct err ignored = { 0 };
	struct record record;
	enum status status;
	uid_t owner;

	(void) stpcpy(dir.id, id); /* checked: it has room */
	if (record_glance(root, id, arena, &record, &owner, &ignored) < 0 ||
		status_of(common->procfs, &common->host, &dir, &record, &status, &pidfd, &ignored) <
			0) {
		err_drop(&ignored);
		return -1;
	}
	if (str_eq(record.phase, "creating"))
		return -1;
	answer(&record, status, pidfd >= 0, arena, ret);
	ret->owner = owner_of(owner, common, arena);
	return 0;
}

int lifecycle_state(const struct global_options *global, const char *id, struct arena *arena,
	char **ret_json, struct err *err)
{
	const struct ocispec_alloc alloc = document_alloc(arena);
	struct spec_state state;
	size_t length;

	if (query(global->root, id, NULL, arena, &state, err) < 0)
		return -1;
	*ret_json = ocispec_print(&ocispec_state, &state, OCISPEC_PRETTY, &alloc, &length);
	return 0;
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

enum { COLUMNS = 6, LEAST_WIDTH = 12, GAP = 3 };

static char *table_of(const struct spec_state *items, size_t count, struct arena *arena)
{
	static const char *const head[COLUMNS] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED",
		"OWNER" };
	const char *(*cells)[COLUMNS] = arena_array(arena, count + 1, sizeof(*cells));
	size_t width[COLUMNS] = { 0 }, size = 1;
	char *text, *end;

	memcpy(cells[0], head, sizeof(head));
	for (size_t i = 0; i < count; i++) {
		const struct spec_state *s = &items[i];
		const char *row[COLUMNS] = { s->id,
			arena_printf(arena, "%lld", (long long) *s->pid), s->status,
			text_or_empty(s->bundle), text_or_empty(s->created),
			text_or_empty(s->owner) };

		memcpy(cells[i + 1], row, sizeof(row));
	}
	for (size_t c = 0; c < COLUMNS; c++) {
		width[c] = LEAST_WIDTH;
		for (size_t i = 0; i <= count; i++)
			if (strlen(cells[i][c]) + GAP > width[c])
				width[c] = strlen(cells[i][c]) + GAP;
	}
	for (size_t i = 0; i <= count; i++) {
		for (size_t c = 0; c + 1 < COLUMNS; c++)
			size += width[c];
		size += strlen(cells[i][COLUMNS - 1]) + 1;
	}
	text = end = arena_alloc(arena, size);
	for (size_t i = 0; i <= count; i++) {
		for (size_t c = 0; c < COLUMNS; c++) {
			const size_t length = strlen(cells[i][c]);
			const size_t room = c + 1 < COLUMNS ? width[c] : length;

			memcpy(end, cells[i][c], length);
			memset(end + length, ' ', room - length);
			end += room;
		}
		*end++ = '\n';
	}
	return text;
}

int lifecycle_list(const struct global_options *global, enum list_format format, bool quiet,
	struct arena *arena, char **ret_text, struct err *err)
{
	const struct ocispec_alloc alloc = document_alloc(arena);
	struct spec_state *items = NULL;
	size_t count = 0, length;
	struct err local = { 0 };
	_cleanup_fd_ int procfs = procfs_open(err);
	struct common common = { .procfs = procfs };
	char *text, *end;
	DIR *stream;
	int root, more = 0;

	if (procfs < 0 || status_host_read(procfs, &common.host, err) < 0)
		return -1;
	root = state_root_open(global->root, false, &local);
	stream = root < 0 ? NULL : fdopendir(root);
	if (root < 0 && local.code != ERR_NOT_FOUND) {
		*err = local;
		return -1;
	}
	for (struct dirent *entry; stream && (more = io_next_entry(stream, &entry)) > 0;) {
		struct spec_state state;
		char *id;

		local = (struct err){ 0 };
		if (state_check_id(entry->d_name, &local) < 0)
			continue;
		id = arena_str(arena, entry->d_name);
		/* Through a link somebody else's container would be listed as ours. */
		if ((entry->d_type != DT_DIR || glance(root, id, &common, arena, &state) < 0) &&
			query(global->root, id, &common, arena, &state, &local) < 0) {
			if (local.code != ERR_NOT_FOUND)
				log_warning("load container %s: %s", entry->d_name, local.text);
			continue;
		}
		*ARENA_PUSH(arena, items, count) = state;
	}
	if (more < 0)
		(void) err_sys(err, "read %s", global->root);
	if (stream)
		(void) closedir(stream);
	if (more < 0)
		return -1;
	if (quiet) {
		size_t size = 1;

		for (size_t i = 0; i < count; i++)
			size += strlen(items[i].id) + 1;
		text = end = arena_alloc(arena, size);
		for (size_t i = 0; i < count; i++)
			end = stpcpy(stpcpy(end, items[i].id), "\n");
	} else if (format == LIST_TABLE)
		text = table_of(items, count, arena);
	else
		text = arena_printf(arena, "%s\n",
			count ? ocispec_print_list(&ocispec_state, items, count, 0, &alloc, &length)
			      : "null");
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
	int root, more = 0;
	DIR *stream;

	if (regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return err_set(err, ERR_USAGE, "\"%s\" is no regular expression", pattern);
	root = state_root_open(global->root, false, &local);
	stream = root < 0 ? NULL : fdopendir(root);
	for (struct dirent *entry; stream && (more = io_next_entry(stream, &entry)) > 0;) {
		struct err ignored = { 0 };

		if (state_check_id(entry->d_name, &ignored) == 0 &&
			regexec(&regex, entry->d_name, 0, NULL, 0) == 0)
			*ARENA_PUSH(arena, ids, count) = arena_str(arena, entry->d_name);
	}
	if (more < 0)
		(void) err_sys(err, "read %s", global->root);
	if (stream)
		(void) closedir(stream);
	regfree(&regex);
	if (more < 0)
		return -1;
	if (root < 0 && local.code != ERR_NOT_FOUND) {
		*err = local;
		return -1;
	}
	*ARENA_PUSH(arena, ids, count) = NULL;
	*ret_ids = ids;
	return 0;
}
