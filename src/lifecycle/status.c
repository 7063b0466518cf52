/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/status.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "lifecycle/record.h"
#include "lifecycle/state.h"

const char *status_name(enum status status)
{
	static const char *const names[] = { "creating", "created", "running", "paused",
		"stopped" };

	return names[status];
}

int status_pid_namespace(int procfs, uint64_t *ret, struct err *err)
{
	char self[32] = "", path[64];
	struct stat st;

	/* Followed: what the link leads to is the namespace itself. */
	if (readlinkat(procfs, "self", self, sizeof(self) - 1) <= 0)
		return err_sys(err, "readlink /proc/self");
	(void) snprintf(path, sizeof(path), "%.20s/ns/pid", self);
	if (fstatat(procfs, path, &st, 0) < 0)
		return err_sys(err, "fstatat /proc/%s", path);
	*ret = (uint64_t) st.st_ino;
	return 0;
}

int status_host_read(int procfs, struct status_host *ret, struct err *err)
{
	if (procfs_boot_id(procfs, ret->boot_id, err) < 0)
		return -1;
	return status_pid_namespace(procfs, &ret->pid_namespace, err);
}

/* 1 where the pidfd is of the recorded process and that lives, 0 where not. The number of a pidfs file is
 * given once in a boot; before Linux 6.9 the start time has to do. */
static int is_recorded(int procfs, int pidfd, const struct record *record, struct err *err)
{
	struct err gone = { 0 };
	uint64_t ticks = 0;
	char letter = 0;

	if (record->pidfd_inode != 0) {
		const int is = ns_pidfd_lives(pidfd, record->pidfd_inode);

		if (is >= 0)
			return is;
	}
	if (procfs_start_time(procfs, (pid_t) record->pid, &ticks, &letter, &gone) < 0)
		return gone.num == ESRCH || gone.num == ENOENT ? 0 : (*err = gone, -1);
	return ticks == record->start_time && letter != 'Z' && letter != 'X';
}

/* Of one whose process lives. What cannot be looked at is an error: a container that is said to run, and is
 * frozen or waits for its start, is treated wrongly. */
static int status_of_living(
	const struct state_dir *dir, const struct record *record, enum status *ret, struct err *err)
{
	const struct cgroup_dirs cgroups = record_cgroups(record);
	int is;

	if (str_eq(record->phase, "creating")) {
		*ret = STATUS_CREATING;
		return 0;
	}
	is = cgroup_frozen(&cgroups, err);
	if (is != 0) {
		*ret = STATUS_PAUSED;
		return is < 0 ? -1 : 0;
	}
	is = state_has_file(dir, STATE_BARRIER, err);
	if (is == 0) /* a starter died under way: nobody holds the lock, and `start` takes it up */
		is = state_has_file(dir, STATE_BARRIER_TAKEN, err);
	*ret = is != 0 ? STATUS_CREATED : STATUS_RUNNING;
	return is < 0 ? -1 : 0;
}

int status_of(int procfs, const struct status_host *host, const struct state_dir *dir,
	const struct record *record, enum status *ret, int *ret_pidfd, struct err *err)
{
	_cleanup_fd_ int pidfd = -1;
	struct err gone = { 0 };
	struct status_host here;
	int same;

	if (ret_pidfd)
		*ret_pidfd = -1;
	*ret = STATUS_STOPPED;
	if (host == NULL) {
		if (status_host_read(procfs, &here, err) < 0)
			return -1;
		host = &here;
	}
	if (record->pid <= 0 || !str_eq(record->boot_id, host->boot_id)) {
		if (str_eq(record->phase, "creating") && str_eq(record->boot_id, host->boot_id))
			*ret = STATUS_CREATING;
		return 0;
	}
	if (record->pid_namespace != 0 && record->pid_namespace != host->pid_namespace)
		return err_set(err, ERR_STATE, "container %s is of another pid namespace", dir->id);
	/* The pidfd first: what is compared afterwards is then the process that it names. */
	pidfd = ns_pidfd_open((pid_t) record->pid, &gone);
	if (pidfd < 0)
		return gone.num == ESRCH ? 0 : (*err = gone, -1);
	same = is_recorded(procfs, pidfd, record, err);
	if (same <= 0)
		return same;
	if (status_of_living(dir, record, ret, err) < 0)
		return -1;
	if (ret_pidfd)
		*ret_pidfd = TAKE_FD(pidfd);
	return 0;
}
