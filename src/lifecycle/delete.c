/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <signal.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/time.h"
#include "container/cgroup.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "lifecycle/foreign.h"
#include "lifecycle/hooks.h"
#include "lifecycle/lifecycle.h"
#include "lifecycle/state.h"

enum { LOCK_WAIT_MS = 10000, END_MS = 10000 };

int lifecycle_delete(
	const struct global_options *global, const char *id, bool force, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_state_dir_ struct state_dir dir = STATE_DIR_INIT;
	_cleanup_fd_ int procfs = -1;
	_cleanup_fd_ int pidfd = -1;
	struct state_record record = { 0 };
	struct err local = { 0 };
	struct cgroup_dirs dirs;
	enum state_status status;
	uint64_t deadline = time_deadline_ms(END_MS);

	if (state_open(global->root, id, LOCK_WAIT_MS, &dir, &local) < 0) {
		if (force && local.code == ERR_NOT_FOUND)
			return 0;
		*err = local;
		return -1;
	}
	if (state_read_record(&dir, &arena, &record, &local) < 0) {
		struct err theirs = { 0 };
		bool created;
		const char *runtime = foreign_read(&dir, "", &arena, &record, &created, &theirs);

		if (runtime != NULL) {
			state_dir_done(&dir); /* the lock is ours alone, but it may take one too */
			return foreign_delete(runtime, global->root, id, force, err);
		}
		/* Without a record there is nothing known to undo but the directory. */
		if (force)
			return state_remove(&dir, err);
		*err = local;
		return -1;
	}
	procfs = procfs_open(err);
	if (procfs < 0 || state_status(procfs, &dir, &record, &status, &pidfd, err) < 0)
		return -1;
	if (!force && (status == STATUS_RUNNING || status == STATUS_PAUSED))
		return err_set(err, ERR_NOT_STOPPED,
			"cannot delete container %s that is not stopped: %s", id,
			state_status_name(status));
	dirs = state_cgroups(&record);
	if (pidfd >= 0) {
		/* The first process of a frozen v1 cgroup would not end. */
		if (status == STATUS_PAUSED && cgroup_signal(&dirs, SIGKILL, err) < 0)
			return -1;
		if (ns_pidfd_send(pidfd, SIGKILL, &local) < 0 && local.num != ESRCH) {
			*err = local;
			return -1;
		}
		int ended = ns_pidfd_wait(pidfd, deadline, err);

		if (ended < 0)
			return -1;
		if (ended == 0)
			return err_set(err, ERR_TIMEOUT, "container %s does not end", id);
	}
	if (cgroup_destroy(&dirs, deadline, err) < 0)
		return -1;
	if (str_eq(record.phase, "created"))
		hooks_after_stop(&dir, &record, &arena);
	return state_remove(&dir, err);
}
