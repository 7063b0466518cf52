/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/handle.h"

#include "base/fd.h"
#include "base/str.h"
#include "kernel/procfs.h"

enum { LOCK_MS = 10 * 1000 };

int handle_open(
	const char *root, const char *id, struct arena *arena, struct handle *ret, struct err *err)
{
	struct state_record *record = &ret->record;

	if (state_open(root, id, LOCK_MS, &ret->dir, err) < 0 ||
		state_read_record(&ret->dir, arena, record, err) < 0)
		return -1;
	if (str_eq(record->phase, "creating"))
		return err_set(err, ERR_NOT_FOUND, "container does not exist");
	ret->procfs = procfs_open(err);
	if (ret->procfs < 0 ||
		state_status(ret->procfs, &ret->dir, record, &ret->status, &ret->pidfd, err) < 0)
		return -1;
	ret->cgroups = (struct cgroup_dirs){ record->cgroup_paths.items, record->cgroup_paths.count,
		record->cgroup_parents.items, record->cgroup_parents.count };
	return 0;
}

void handle_done(struct handle *handle)
{
	fd_close(&handle->pidfd);
	fd_close(&handle->procfs);
	state_dir_done(&handle->dir);
}
