/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/handle.h"

#include "base/fd.h"
#include "base/str.h"
#include "kernel/procfs.h"
#include "lifecycle/peer.h"

enum { LOCK_MS = 10 * 1000 };

/* Ours, or else one of another runtime's. */
static int read_record(struct handle *ret, struct arena *arena, struct err *err)
{
	struct err local = { 0 };
	char boot_id[37];

	if (record_read(&ret->dir, arena, &ret->record, err) == 0) {
		if (str_eq(ret->record.phase, "creating"))
			return err_set(err, ERR_NOT_FOUND, "container does not exist");
		return 0;
	}
	if (procfs_boot_id(ret->procfs, boot_id, &local) < 0)
		return -1;
	ret->peer = peer_read(&ret->dir, boot_id, arena, &ret->record, &ret->peer_created, &local);
	if (ret->peer == NULL) {
		if (local.code == ERR_UNSUPPORTED)
			*err = local;
		return -1;
	}
	err_drop(err);
	return 0;
}

static int fill(struct handle *ret, struct arena *arena, struct err *err)
{
	struct record *record = &ret->record;

	if (ret->procfs < 0)
		ret->procfs = procfs_open(err);
	if (ret->procfs < 0 || read_record(ret, arena, err) < 0 ||
		status_of(ret->procfs, ret->host, &ret->dir, record, &ret->status, &ret->pidfd,
			err) < 0)
		return -1;
	if (ret->status == STATUS_RUNNING && ret->peer_created)
		ret->status = STATUS_CREATED;
	ret->cgroups = record_cgroups(record);
	return 0;
}

static int refuse_peer(const struct handle *ret, struct err *err)
{
	if (ret->peer != NULL)
		return err_set(err, ERR_STATE,
			"%s made this container: only list, state, ps, kill and delete work here "
			"(%s does the rest)",
			ret->peer, ret->peer);
	return 0;
}

int handle_open(
	const char *root, const char *id, struct arena *arena, struct handle *ret, struct err *err)
{
	struct err local = { 0 };

	/* Before the lock: an intent, whose creator has it, is nobody's to wait for. */
	if (state_look(root, id, &ret->dir, err) < 0)
		return -1;
	if (record_read(&ret->dir, arena, &ret->record, &local) == 0 &&
		str_eq(ret->record.phase, "creating"))
		return err_set(err, ERR_NOT_FOUND, "container does not exist");
	if (state_lock(&ret->dir, LOCK_MS, err) < 0 || fill(ret, arena, err) < 0)
		return -1;
	return refuse_peer(ret, err);
}

int handle_look(
	const char *root, const char *id, struct arena *arena, struct handle *ret, struct err *err)
{
	return handle_look_any(root, id, arena, ret, err) < 0 ? -1 : refuse_peer(ret, err);
}

int handle_look_any(
	const char *root, const char *id, struct arena *arena, struct handle *ret, struct err *err)
{
	return state_look(root, id, &ret->dir, err) < 0 ? -1 : fill(ret, arena, err);
}

void handle_done(struct handle *handle)
{
	fd_close(&handle->pidfd);
	fd_close(&handle->procfs);
	state_dir_done(&handle->dir);
}
