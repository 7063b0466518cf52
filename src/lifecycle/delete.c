/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <signal.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "container/cgroup.h"
#include "container/netdev.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "lifecycle/delete.h"
#include "lifecycle/peer.h"
#include "lifecycle/handle.h"
#include "lifecycle/hooks.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/record.h"
#include "lifecycle/state.h"
#include "lifecycle/status.h"

enum { LOCK_WAIT_MS = 10000, SOON_MS = 50, END_MS = 10000 };

/* Mostly the end of the first process is the end of all, and at once. Where it is not, a v1 freezer may
 * hold it, of the container's cgroup or of one below: then every process is killed and thawed. */
static int end_first(const char *id, const struct cgroup_dirs *dirs, int pidfd,
	uint64_t deadline_ns, struct err *err)
{
	struct err local = { 0 };
	int ended;

	if (ns_pidfd_send(pidfd, SIGKILL, &local) < 0 && local.num != ESRCH) {
		*err = local;
		return -1;
	}
	ended = ns_pidfd_wait(pidfd, time_deadline_ms(SOON_MS), err);
	if (ended == 0) {
		if (cgroup_signal(dirs, SIGKILL, err) < 0)
			return -1;
		ended = ns_pidfd_wait(pidfd, deadline_ns, err);
	}
	if (ended == 0)
		return err_set(err, ERR_TIMEOUT, "container %s does not end", id);
	return ended < 0 ? -1 : 0;
}

/* Of a half-made container: the fd keeps the network namespace, and the devices of the host in it, beyond
 * the last process. */
static int keep_network(const struct record *record)
{
	struct err ignored;
	int netns;

	if (record->net_devices.count == 0)
		return -1;
	netns = netdev_namespace((pid_t) record->pid, &ignored);
	if (netns < 0)
		err_drop(&ignored);
	return netns;
}

/* Whoever starts a container keeps its lock meanwhile, and a hook of theirs may hang: the end of the
 * container ends that. What stands in the way of this is found again with the lock held. */
static void kill_first(const char *root, const char *id, struct arena *arena, int *ret_netns)
{
	_cleanup_state_dir_ struct state_dir dir = STATE_DIR_INIT;
	struct err ignored = { 0 };
	_cleanup_fd_ int procfs = procfs_open(&ignored);
	_cleanup_fd_ int pidfd = -1;
	struct record record = { 0 };
	enum status status;

	/* Of one that is being created too, whose hooks end with it. */
	if (procfs < 0 || state_look(root, id, &dir, &ignored) < 0 ||
		record_read(&dir, arena, &record, &ignored) < 0 ||
		status_of(procfs, NULL, &dir, &record, &status, &pidfd, &ignored) < 0 ||
		pidfd < 0) {
		err_drop(&ignored);
		return;
	}
	*ret_netns = keep_network(&record);
	if (ns_pidfd_send(pidfd, SIGKILL, &ignored) < 0)
		err_drop(&ignored);
}

/* A record that says nothing and never will: its text, its kind of file or its disk is spoilt. Any other
 * failure to read it may not be there the next time, and the record knows what is to be ended and
 * removed. */
static bool is_spoilt(int num)
{
	return num == 0 || num == EIO || num == ELOOP || num == EISDIR || num == ENXIO ||
		num == EFBIG;
}

/* A disk may answer the second time. */
static int read_twice(
	const struct state_dir *dir, struct arena *arena, struct record *ret, struct err *err)
{
	if (record_read(dir, arena, ret, err) == 0)
		return 0;
	if (err->num != EIO)
		return -1;
	err_drop(err);
	return record_read(dir, arena, ret, err);
}

/* Without a record, or with one that cannot be read, nothing but the directory is known to be ours. */
static int delete_unknown(struct state_dir *dir, bool force, const struct err *why, struct err *err)
{
	if (why->code == ERR_NOT_FOUND) {
		if (state_remove_unrecorded(dir, err) < 0)
			return -1;
		if (force)
			return 0;
	} else if (force && is_spoilt(why->num)) {
		log_warning("%s: its processes and cgroups are not known, the directory alone goes",
			why->text);
		return state_remove(dir, err);
	}
	*err = *why;
	return -1;
}

/* What cannot be read keeps no container from its end. */
static void poststop(const struct state_dir *dir, const struct record *record, struct arena *arena)
{
	struct hook_list hooks[HOOK_KINDS];
	struct err err;

	if (hooks_load(dir, record, arena, hooks, &err) == 0) {
		hooks_after_stop(&hooks[HOOK_POSTSTOP], record, -1, arena);
		return;
	}
	log_warning("poststop hooks: %s", err.text);
	err_drop(&err);
}

static int delete_locked(const char *root, const char *id, bool force, struct state_dir *dir,
	int *take_netns, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_fd_ int procfs = -1;
	_cleanup_fd_ int pidfd = -1;
	_cleanup_fd_ int netns = TAKE_FD(*take_netns);
	struct record record = { 0 };
	struct err local = { 0 }, theirs = { 0 };
	bool created;
	struct cgroup_dirs dirs;
	struct rdt_place place;
	enum status status = STATUS_STOPPED;
	const uint64_t deadline = time_deadline_ms(END_MS);

	if (read_twice(dir, &arena, &record, &local) < 0) {
		const char *runtime = peer_read(dir, "", &arena, &record, &created, &theirs);

		if (runtime == NULL && theirs.code == ERR_UNSUPPORTED) {
			*err = theirs;
			return -1;
		}
		if (runtime == NULL)
			return delete_unknown(dir, force, &local, err);
		state_dir_done(dir); /* the lock is ours alone, but it may take one too */
		return peer_delete(runtime, root, id, force, err);
	}
	procfs = procfs_open(err);
	if (procfs < 0)
		return -1;
	if (status_of(procfs, NULL, dir, &record, &status, &pidfd, &local) < 0 &&
		(!force || local.code != ERR_STATE)) {
		*err = local;
		return -1;
	}
	if (!force && (status == STATUS_RUNNING || status == STATUS_PAUSED))
		return err_set(err, ERR_NOT_STOPPED,
			"cannot delete container %s that is not stopped: %s", id,
			status_name(status));
	dirs = record_cgroups(&record);
	if (pidfd >= 0 && netns < 0)
		netns = keep_network(&record);
	if (pidfd >= 0 && end_first(id, &dirs, pidfd, deadline, err) < 0)
		return -1;
	place = record_rdt(&record);
	if (cgroup_destroy(&dirs, deadline, err) < 0 ||
		rdt_give_back(&place, procfs, &arena, err) < 0)
		return -1;
	netdev_return(record.net_devices.items, record.net_devices.count, netns, &arena);
	if (str_eq(record.phase, "created"))
		poststop(dir, &record, &arena);
	return state_remove(dir, err);
}

int delete_by_force(const char *root, const char *id, struct state_dir *dir, struct err *err)
{
	int netns = -1;

	return delete_locked(root, id, true, dir, &netns, err);
}

int lifecycle_delete(
	const struct global_options *global, const char *id, bool force, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_state_dir_ struct state_dir dir = STATE_DIR_INIT;
	_cleanup_fd_ int netns = -1;
	struct err local = { 0 };

	if (force)
		kill_first(global->root, id, &arena, &netns);
	if (state_open(global->root, id, LOCK_WAIT_MS, &dir, &local) < 0) {
		if (force && local.code == ERR_NOT_FOUND)
			return 0;
		*err = local;
		return -1;
	}
	return delete_locked(global->root, id, force, &dir, &netns, err);
}
