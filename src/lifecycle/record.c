/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/record.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "lifecycle/state.h"
#include "plan/document.h"

#define FIELD(name, kind, member)                                                                  \
	{                                                                                          \
		name, kind, offsetof(struct record, member), NULL, 0                               \
	}
static const struct ocispec_field record_fields[] = {
	FIELD("id", OCISPEC_STRING, id),
	FIELD("phase", OCISPEC_STRING, phase),
	FIELD("bootId", OCISPEC_STRING, boot_id),
	FIELD("pid", OCISPEC_I64, pid),
	FIELD("startTime", OCISPEC_U64, start_time),
	FIELD("pidfdInode", OCISPEC_U64, pidfd_inode),
	FIELD("pidNamespace", OCISPEC_U64, pid_namespace),
	FIELD("creatorPid", OCISPEC_I64, creator_pid),
	FIELD("bundle", OCISPEC_STRING, bundle),
	FIELD("rootfs", OCISPEC_STRING, rootfs),
	FIELD("created", OCISPEC_STRING, created),
	FIELD("owner", OCISPEC_STRING, owner),
	FIELD("sharedPids", OCISPEC_BOOL, shared_pids),
	FIELD("noHooks", OCISPEC_BOOL, no_hooks),
	FIELD("noProcess", OCISPEC_BOOL, no_process),
	FIELD("cgroupManager", OCISPEC_STRING, cgroup_manager),
	FIELD("cgroupPaths", OCISPEC_STRINGS, cgroup_paths),
	FIELD("cgroupHome", OCISPEC_STRING, cgroup_home),
	FIELD("cgroupParents", OCISPEC_STRINGS, cgroup_parents),
	FIELD("systemdUnit", OCISPEC_STRING, systemd_unit),
	FIELD("systemdUser", OCISPEC_BOOL, systemd_user),
	FIELD("rdtGroup", OCISPEC_STRING, rdt_group),
	FIELD("rdtMonitor", OCISPEC_STRING, rdt_monitor),
	FIELD("rdtOwned", OCISPEC_BOOL, rdt_owned),
	FIELD("netDevices", OCISPEC_STRINGS, net_devices),
	FIELD("annotations", OCISPEC_MAP, annotations),
};
static const struct ocispec_object record_object = {
	"state record",
	sizeof(struct record),
	record_fields,
	sizeof(record_fields) / sizeof(record_fields[0]),
};

int record_write(const struct state_dir *dir, const struct record *record, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	const struct ocispec_alloc alloc = document_alloc(&arena);
	size_t length = 0;
	char *text = ocispec_print(&record_object, record, 0, &alloc, &length);

	return state_write_file(dir, STATE_RECORD, text, length, err);
}

static int parse_record(const char *id, const char *text, size_t length, struct arena *arena,
	struct record *ret, struct err *err)
{
	const struct ocispec_alloc alloc = document_alloc(arena);
	struct ocispec_error error = { 0 };
	const struct record *record;
	void *parsed = NULL;

	if (ocispec_parse_printed(&record_object, text, length, &alloc, &parsed, &error) < 0)
		return err_set(err, ERR_STATE, "container %s: %s:%zu:%zu: %s: %s", id, STATE_RECORD,
			error.line, error.column, error.pointer, error.text);
	record = parsed;
	if (!record->id || !record->phase || !record->boot_id || !str_eq(record->id, id))
		return err_set(
			err, ERR_STATE, "container %s: %s is not its record", id, STATE_RECORD);
	*ret = *record;
	return 0;
}

int record_read(
	const struct state_dir *dir, struct arena *arena, struct record *ret, struct err *err)
{
	struct err local = { 0 };
	size_t length = 0;
	char *text = NULL;

	if (state_read_file(dir, STATE_RECORD, arena, &text, &length, &local) < 0) {
		if (local.num == ENOENT)
			return err_set(err, ERR_NOT_FOUND, "container does not exist");
		*err = local;
		err->code = ERR_STATE;
		return err_ctx(err, "container %s", dir->id);
	}
	return parse_record(dir->id, text, length, arena, ret, err);
}

int record_glance(int root, const char *id, struct arena *arena, struct record *ret,
	uid_t *ret_owner, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	char path[STATE_PATH_BYTES];
	struct stat st;
	size_t room;
	ssize_t got;
	char *text;

	state_path(id, STATE_RECORD, path);
	fd = openat(root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, "fstat %s", path);
	if (!S_ISREG(st.st_mode) || st.st_size > OCISPEC_MAX_BYTES)
		return err_set(err, ERR_STATE, "%s is not a record", path);
	room = (size_t) st.st_size + 1;
	text = arena_alloc(arena, room);
	/* A record is renamed into place: it has its size for ever. */
	got = read(fd, text, room);
	if (got != (ssize_t) st.st_size)
		return err_set(err, ERR_STATE, "%s: cannot be read in one piece", path);
	*ret_owner = st.st_uid;
	return parse_record(id, text, (size_t) got, arena, ret, err);
}

void record_set_cgroups(struct record *record, const struct cgroup_dirs *dirs, struct arena *arena)
{
	record->cgroup_manager = arena_str(arena, cgroup_manager_name(dirs->manager));
	record->cgroup_paths = (struct spec_strings){ dirs->leaves, dirs->leaf_count };
	record->cgroup_home = dirs->home;
	record->cgroup_parents = (struct spec_strings){ dirs->parents, dirs->parent_count };
	record->systemd_unit = dirs->unit;
	record->systemd_user = dirs->user_unit;
}

struct cgroup_dirs record_cgroups(const struct record *record)
{
	struct cgroup_dirs dirs = {
		.leaves = record->cgroup_paths.items,
		.leaf_count = record->cgroup_paths.count,
		.home = record->cgroup_home,
		.parents = record->cgroup_parents.items,
		.parent_count = record->cgroup_parents.count,
		.unit = record->systemd_unit,
		.user_unit = record->systemd_user,
		.manager = CGROUP_MANAGER_FS,
	};

	/* A name that we did not write is a record of another version: plain directories then. */
	if (record->cgroup_manager != NULL &&
		cgroup_manager_find(record->cgroup_manager, &dirs.manager) < 0)
		dirs.manager = CGROUP_MANAGER_FS;
	return dirs;
}

struct rdt_place record_rdt(const struct record *record)
{
	return (struct rdt_place){
		.group = record->rdt_group,
		.monitor = record->rdt_monitor,
		.owned = record->rdt_owned,
	};
}
