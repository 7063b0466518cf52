/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/peer.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "base/time.h"
#include "container/program.h"
#include "plan/document.h"

enum { DELETE_MS = 60 * 1000 };

/* ---- runc: state.json --------------------------------------------------------------------------- */

struct runc_config {
	char *rootfs;
	struct spec_strings labels; /* "bundle=/path" and the annotations as "name=value" */
};

struct runc_state {
	char *id;
	int64_t pid;
	uint64_t start_time;
	char *created;
	struct runc_config *config;
	struct spec_map cgroup_paths; /* controller to absolute directory */
};

#define ROW(type, name, kind, member, object)                                                      \
	{                                                                                          \
		name, kind, offsetof(struct type, member), object, 0                               \
	}
#define OBJECT(type, label, rows)                                                                  \
	{                                                                                          \
		label, sizeof(struct type), rows, sizeof(rows) / sizeof((rows)[0])                 \
	}

static const struct ocispec_field runc_config_fields[] = {
	ROW(runc_config, "rootfs", OCISPEC_STRING, rootfs, NULL),
	ROW(runc_config, "labels", OCISPEC_STRINGS, labels, NULL),
};
static const struct ocispec_object runc_config_object =
	OBJECT(runc_config, "runc's config", runc_config_fields);

static const struct ocispec_field runc_fields[] = {
	ROW(runc_state, "id", OCISPEC_STRING, id, NULL),
	ROW(runc_state, "init_process_pid", OCISPEC_I64, pid, NULL),
	ROW(runc_state, "init_process_start", OCISPEC_U64, start_time, NULL),
	ROW(runc_state, "created", OCISPEC_STRING, created, NULL),
	ROW(runc_state, "config", OCISPEC_OBJECT, config, &runc_config_object),
	ROW(runc_state, "cgroup_paths", OCISPEC_MAP, cgroup_paths, NULL),
};
static const struct ocispec_object runc_object = OBJECT(runc_state, "runc's state", runc_fields);

/* ---- crun: status ------------------------------------------------------------------------------- */

struct crun_state {
	int64_t pid;
	uint64_t start_time;
	char *cgroup_path; /* below each hierarchy */
	char *rootfs;
	char *bundle;
	char *created;
	char *owner;
};

static const struct ocispec_field crun_fields[] = {
	ROW(crun_state, "pid", OCISPEC_I64, pid, NULL),
	ROW(crun_state, "process-start-time", OCISPEC_U64, start_time, NULL),
	ROW(crun_state, "cgroup-path", OCISPEC_STRING, cgroup_path, NULL),
	ROW(crun_state, "rootfs", OCISPEC_STRING, rootfs, NULL),
	ROW(crun_state, "bundle", OCISPEC_STRING, bundle, NULL),
	ROW(crun_state, "created", OCISPEC_STRING, created, NULL),
	ROW(crun_state, "owner", OCISPEC_STRING, owner, NULL),
};
static const struct ocispec_object crun_object = OBJECT(crun_state, "crun's status", crun_fields);

/* ---- reading ------------------------------------------------------------------------------------ */

/* Returns the struct, or NULL with *err set. */
static void *parse(const struct state_dir *dir, const char *name,
	const struct ocispec_object *object, struct arena *arena, struct err *err)
{
	const struct ocispec_alloc alloc = document_alloc(arena);
	struct ocispec_error at;
	void *parsed = NULL;
	char *text;
	size_t length;

	if (state_read_file(dir, name, arena, &text, &length, err) < 0)
		return NULL;
	if (ocispec_parse(object, text, length, &alloc, NULL, &parsed, &at) < 0) {
		(void) err_set(err, ERR_STATE, "%s: %s: %s", name, at.pointer, at.text);
		return NULL;
	}
	return parsed;
}

static char *or_empty(struct arena *arena, char *text)
{
	return text != NULL ? text : arena_str(arena, "");
}

static void add_path(struct record *record, struct arena *arena, char *path)
{
	for (size_t i = 0; i < record->cgroup_paths.count; i++)
		if (str_eq(record->cgroup_paths.items[i], path))
			return;
	*ARENA_PUSH(arena, record->cgroup_paths.items, record->cgroup_paths.count) = path;
}

static int read_runc(
	const struct state_dir *dir, struct arena *arena, struct record *ret, struct err *err)
{
	const struct runc_state *state = parse(dir, "state.json", &runc_object, arena, err);

	if (state == NULL)
		return -1;
	if (state->id == NULL || !str_eq(state->id, dir->id) || state->config == NULL ||
		state->pid == 0)
		return err_set(err, ERR_STATE,
			"state.json is neither ocirt's nor in a form of runc's that is known");
	ret->pid = state->pid;
	ret->start_time = state->start_time;
	ret->created = or_empty(arena, state->created);
	ret->rootfs = or_empty(arena, state->config->rootfs);
	ret->owner = arena_str(arena, "");
	ret->bundle = arena_str(arena, "");
	for (size_t i = 0; i < state->config->labels.count; i++) {
		const char *bundle = str_after(state->config->labels.items[i], "bundle=");

		if (bundle != NULL)
			ret->bundle = arena_str(arena, bundle);
	}
	/* Controllers that share a hierarchy are there under each name: one directory has them all. */
	for (size_t i = 0; i < state->cgroup_paths.count; i++) {
		struct stat info;

		if (stat(state->cgroup_paths.items[i].value, &info) == 0)
			add_path(ret, arena, state->cgroup_paths.items[i].value);
	}
	return 0;
}

/* The directories below /sys/fs/cgroup (v1), or it itself (v2), in which crun's path is found. */
static void find_crun_cgroups(const char *path, struct arena *arena, struct record *ret)
{
	char *leaf = arena_printf(arena, "/sys/fs/cgroup%s%s", path[0] == '/' ? "" : "/", path);
	struct stat info;
	DIR *top;

	if (path[0] == '\0')
		return;
	if (stat(leaf, &info) == 0 && S_ISDIR(info.st_mode))
		add_path(ret, arena, leaf);
	top = opendir("/sys/fs/cgroup");
	for (struct dirent *entry; top != NULL && (entry = readdir(top)) != NULL;) {
		if (entry->d_name[0] == '.' || entry->d_type != DT_DIR)
			continue;
		leaf = arena_printf(arena, "/sys/fs/cgroup/%s%s%s", entry->d_name,
			path[0] == '/' ? "" : "/", path);
		if (stat(leaf, &info) == 0 && S_ISDIR(info.st_mode))
			add_path(ret, arena, leaf);
	}
	if (top != NULL)
		(void) closedir(top);
}

static int read_crun(
	const struct state_dir *dir, struct arena *arena, struct record *ret, struct err *err)
{
	const struct crun_state *state = parse(dir, "status", &crun_object, arena, err);

	if (state == NULL)
		return -1;
	if (state->bundle == NULL || state->pid <= 0)
		return err_set(err, ERR_STATE, "status is not in a form of crun's that is known");
	ret->pid = state->pid;
	ret->start_time = state->start_time;
	ret->created = or_empty(arena, state->created);
	ret->bundle = state->bundle;
	ret->rootfs = state->rootfs == NULL ? arena_str(arena, "")
		: state->rootfs[0] == '/'
		? state->rootfs
		: arena_printf(arena, "%s/%s", state->bundle, state->rootfs);
	ret->owner = or_empty(arena, state->owner);
	find_crun_cgroups(state->cgroup_path != NULL ? state->cgroup_path : "", arena, ret);
	return 0;
}

static bool has(const struct state_dir *dir, const char *name)
{
	struct stat info;

	return fstatat(dir->dir, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Whether a record that cannot be read is that runtime's for certain: no file of ours is a "status", and a
 * spoilt state.json may be ours. */
static bool is_theirs(const struct state_dir *dir, const char *runtime, struct arena *arena)
{
	struct err ignored;
	size_t length;
	char *text;

	if (str_eq(runtime, "crun"))
		return true;
	if (state_read_file(dir, "state.json", arena, &text, &length, &ignored) < 0) {
		err_drop(&ignored);
		return false;
	}
	return memmem(text, length, "\"init_process_pid\"", 18) != NULL;
}

/* ---- what nobody here knows --------------------------------------------------------------------- */

/* What each record of ours has. */
struct our_marks {
	char *phase;
	char *boot_id;
};

static const struct ocispec_field mark_fields[] = {
	ROW(our_marks, "phase", OCISPEC_STRING, phase, NULL),
	ROW(our_marks, "bootId", OCISPEC_STRING, boot_id, NULL),
};
static const struct ocispec_object mark_object = OBJECT(our_marks, "state", mark_fields);

/* Whether state.json is whole and yet nothing of a record of ours: youki has one too. A spoilt one of ours
 * is cut off, or lacks a part. */
static bool is_anothers(const struct state_dir *dir, struct arena *arena)
{
	struct err ignored = { 0 };
	const struct our_marks *marks = parse(dir, "state.json", &mark_object, arena, &ignored);

	if (marks == NULL) {
		err_drop(&ignored);
		return false;
	}
	return marks->phase == NULL && marks->boot_id == NULL;
}

const char *peer_read(const struct state_dir *dir, const char *boot_id, struct arena *arena,
	struct record *ret, bool *ret_created, struct err *err)
{
	struct record record = { 0 };
	const char *runtime = has(dir, "status") ? "crun" : has(dir, "state.json") ? "runc" : NULL;

	if (runtime == NULL)
		return NULL;
	if ((str_eq(runtime, "crun") ? read_crun(dir, arena, &record, err)
				     : read_runc(dir, arena, &record, err)) < 0) {
		if (is_theirs(dir, runtime, arena)) {
			(void) err_ctx(err,
				"%s made this container, in a form that ocirt does not know "
				"(delete it "
				"with %s)",
				runtime, runtime);
			err->code = ERR_UNSUPPORTED;
		} else if (is_anothers(dir, arena)) {
			err_drop(err);
			(void) err_set(err, ERR_UNSUPPORTED,
				"state.json is of a runtime that ocirt does not know (delete this "
				"container with the one that made it)");
		}
		return NULL;
	}
	record.id = arena_str(arena, dir->id);
	record.phase = arena_str(arena, "created");
	record.boot_id = arena_str(arena, boot_id);
	*ret = record;
	*ret_created = has(dir, "exec.fifo");
	return runtime;
}

/* ---- delete ------------------------------------------------------------------------------------- */

static const char HANDED_OVER[] = "OCIRT_HANDED_OVER=";

static bool is_ocirt(const char *path)
{
	struct stat self, other;

	return stat("/proc/self/exe", &self) == 0 && stat(path, &other) == 0 &&
		self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}

/* The environment, with a word for an ocirt that is found under the name of the other runtime: for this
 * container (its hooks may delete others) it looks on behind the place in which it was found. */
static char **tell(const char *id, const char *path, struct arena *arena)
{
	char **list = NULL;
	size_t count = 0;

	for (char **entry = environ; *entry != NULL; entry++)
		if (!str_starts(*entry, HANDED_OVER))
			*ARENA_PUSH(arena, list, count) = *entry;
	*ARENA_PUSH(arena, list, count) = arena_printf(arena, "%s%s:%s", HANDED_OVER, id, path);
	*ARENA_PUSH(arena, list, count) = NULL;
	return list;
}

/* Where we were found when this was handed over to us, or NULL. */
static const char *found_as(const char *id, struct arena *arena)
{
	const char *mine = arena_printf(arena, "%s%s:", HANDED_OVER, id);

	for (char **entry = environ; *entry != NULL; entry++)
		if (str_starts(*entry, mine))
			return str_after(*entry, mine);
	return NULL;
}

/* The program of that name that is not ocirt: as a link to it, it is the same file; a copy of it, or a
 * script around it, is called and looks on by itself. */
static const char *find(const char *runtime, const char *id, struct arena *arena, struct err *err)
{
	/* Behind those of a PATH: what CRI-O's packages bring with them, and NixOS's. */
	static const char *const folders[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
		"/usr/bin", "/sbin", "/bin", "/usr/libexec/crio", "/usr/lib/cri-o-runc/sbin",
		"/run/current-system/sw/bin" };
	const char *behind = found_as(id, arena), *ours = behind;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *path = arena_printf(arena, "%s/%s", folders[i], runtime);

		if (behind != NULL) {
			if (str_eq(path, behind))
				behind = NULL;
			continue;
		}
		if (access(path, X_OK) < 0)
			continue;
		if (!is_ocirt(path))
			return path;
		ours = path;
	}
	if (ours != NULL)
		(void) err_set(err, ERR_UNSUPPORTED,
			"%s made this container and has to delete it, but %s is ocirt: install %s "
			"beside it, in /usr/sbin or /usr/bin, until its containers are gone",
			runtime, ours, runtime);
	else
		(void) err_set(err, ERR_UNSUPPORTED,
			"%s made this container and has to delete it, but it is not installed: "
			"install it, in /usr/sbin or /usr/bin, until its containers are gone",
			runtime);
	return NULL;
}

int peer_delete(const char *runtime, const char *root, const char *id, bool force, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	const char *path = find(runtime, id, &arena, err);
	const char *words[7] = { runtime, "--root", root, "delete", force ? "--force" : id,
		force ? id : NULL, NULL };
	char output[512] = "";
	struct program program = {
		.path = path,
		.argv = (char *const *) words,
		.input = "",
		.deadline_ns = time_deadline_ms(DELETE_MS),
		.output = output,
		.output_size = sizeof(output),
	};
	int status;

	if (path == NULL)
		return -1;
	program.envp = tell(id, path, &arena);
	if (program_run(&program, &status, err) < 0)
		return err_ctx(err, "%s delete", path);
	if (status != 0)
		return err_set(err, ERR_SYSTEM, "%s delete: exit status %d: %s", path, status,
			output[0] != '\0' ? output : "it says nothing");
	return 0;
}
