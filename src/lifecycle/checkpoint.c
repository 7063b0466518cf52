/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "kernel/mount-table.h"
#include "kernel/procfs.h"
#include "libocispec-lite/spec.h"
#include "lifecycle/config.h"
#include "lifecycle/criu-files.h"
#include "lifecycle/handle.h"

enum { FREEZE_MS = 10 * 1000 };

/* A namespace that the configuration names by its path belongs to somebody else: "net[inode]:key". */
static int add_namespace(const struct handle *handle, const struct spec *spec, const char *type,
	const char *file, const char *key, struct criu_call *call, const char **external,
	struct err *err)
{
	char path[64];

	for (size_t i = 0; spec->linux_ != NULL && i < spec->linux_->namespaces.count; i++) {
		const struct spec_namespace *ns = &spec->linux_->namespaces.items[i];
		struct stat info;

		if (!str_eq(ns->type, type) || ns->path == NULL || ns->path[0] == '\0')
			continue;
		(void) snprintf(path, sizeof(path), "%d/ns", (int) handle->record.pid);
		_cleanup_fd_ int fd =
			procfs_open_file(handle->procfs, path, O_RDONLY | O_DIRECTORY, err);

		if (fd < 0)
			return -1;
		if (fstatat(fd, file, &info, 0) < 0)
			return err_sys(err, "stat %s/%s", path, file);
		external[call->external_count++] = arena_printf(
			call->arena, "%s[%llu]:%s", file, (unsigned long long) info.st_ino, key);
	}
	return 0;
}

/* The directory through which criu freezes: of the v1 freezer, or the container's on v2. */
static const char *freezer(const struct cgroup_dirs *cgroups)
{
	const char *found = NULL;

	for (size_t i = 0; i < cgroups->leaf_count; i++) {
		const char *below = str_after(cgroups->leaves[i], "/sys/fs/cgroup/");

		if (below != NULL && str_starts(below, "freezer/"))
			return cgroups->leaves[i];
		if (cgroups->leaf_count == 1)
			found = cgroups->leaves[i];
	}
	return found;
}

/* What the standard streams are: a restore puts others in the place of pipes. */
static int read_streams(
	const struct handle *handle, struct arena *arena, const char *ret_texts[3], struct err *err)
{
	char path[64], text[4096];
	_cleanup_fd_ int fds = -1;

	(void) snprintf(path, sizeof(path), "%d/fd", (int) handle->record.pid);
	fds = procfs_open_file(handle->procfs, path, O_RDONLY | O_DIRECTORY, err);
	if (fds < 0)
		return -1;
	for (int i = 0; i < 3; i++) {
		ssize_t length;

		(void) snprintf(path, sizeof(path), "%d", i);
		length = readlinkat(fds, path, text, sizeof(text));
		/* A stream that is closed is none. Without the name of a pipe no restore could replace it. */
		if (length < 0 && errno != ENOENT)
			return err_sys(err, "readlink /proc/%d/fd/%d", (int) handle->record.pid, i);
		if (length == (ssize_t) sizeof(text))
			return err_num(err, ENAMETOOLONG, "readlink /proc/%d/fd/%d",
				(int) handle->record.pid, i);
		ret_texts[i] = length < 0 ? "" : arena_strn(arena, text, (size_t) length);
	}
	return 0;
}

static int freeze(const struct cgroup_dirs *cgroups, bool on, struct err *err)
{
	return cgroup_freeze(cgroups, on, time_deadline_ms(FREEZE_MS), err);
}

/* criu freezes by itself, and hangs on what somebody else has frozen by other means: so a paused container
 * is let go for criu, and frozen again while criu still holds every process. */
static int talk(const struct criu_call *call, const struct handle *handle, struct err *err)
{
	_cleanup_criu_ struct criu criu = CRIU_INIT;
	const bool paused = handle->status == STATUS_PAUSED;
	struct criu_event event;

	if (criu_start(call, &criu, err) < 0 ||
		(paused && freeze(&handle->cgroups, false, err) < 0) ||
		criu_send(call, &criu, err) < 0)
		return -1;
	for (;;) {
		if (criu_next(&criu, &event, err) < 0)
			return -1;
		fd_close(&event.fd);
		if (event.script[0] == '\0')
			return 0;
		log_debug("criu: %s", event.script);
		if (paused && str_eq(event.script, "post-dump") &&
			freeze(&handle->cgroups, true, err) < 0)
			return -1;
		if (criu_answer(&criu, err) < 0)
			return -1;
	}
}

static int dump(const struct global_options *global, const char *id,
	const struct criu_options *options, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_handle_ struct handle handle = HANDLE_INIT;
	const char *external[2];
	struct criu_call call = {
		.action = CRIU_DUMP, .options = options, .external = external, .arena = &arena
	};
	const struct spec *spec;
	const char *streams[3];
	struct mount_table mounts = { 0 };

	if (criu_check_options(options, err) < 0 ||
		handle_open(global->root, id, &arena, &handle, err) < 0)
		return -1;
	if (handle.status != STATUS_RUNNING && handle.status != STATUS_PAUSED)
		return err_set(err, ERR_NOT_RUNNING, "container not running");
	if (config_read_kept(&handle.dir, &arena, &spec, err) < 0 ||
		mount_table_read(handle.procfs, (pid_t) handle.record.pid, &arena, &mounts, err) <
			0)
		return -1;
	if (plan_criu_dump(spec, &mounts, &arena, &call.mounts, err) < 0 ||
		add_namespace(&handle, spec, "network", "net", CRIU_NETNS_KEY, &call, external,
			err) < 0 ||
		add_namespace(&handle, spec, "pid", "pid", CRIU_PIDNS_KEY, &call, external, err) <
			0)
		return -1;
	call.pid = (pid_t) handle.record.pid;
	call.root = handle.record.rootfs;
	call.freeze_cgroup = freezer(&handle.cgroups);
	if (criu_config_file(spec, &call.config_file, err) < 0 ||
		read_streams(&handle, &arena, streams, err) < 0)
		return -1;
	if (talk(&call, &handle, err) < 0) {
		struct err ignored;

		/* It was paused and has not been dumped: it is paused again. */
		if (handle.status == STATUS_PAUSED && freeze(&handle.cgroups, true, &ignored) < 0)
			err_drop(&ignored);
		return -1;
	}
	return criu_descriptors_write(
		options->image_path != NULL ? options->image_path : CRIU_IMAGE_PATH, streams,
		&arena, err);
}

int lifecycle_checkpoint(const struct global_options *global, const char *id,
	const struct criu_options *criu, struct err *err)
{
	if (dump(global, id, criu, err) < 0)
		return err_ctx(err, "checkpoint %s", id);
	if (criu->leave_running || criu->pre_dump)
		return 0;
	return lifecycle_delete(global, id, true, err);
}
