/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/cgroup-processes.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/time.h"
#include "container/cgroup-wait.h"
#include "kernel/cgroupfs.h"
#include "kernel/ns.h"

enum { SIGNAL_MS = 10 * 1000 };

/* ---- listing ------------------------------------------------------------------------------------ */

static int by_pid(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int cgroup_pids(const struct cgroup_dirs *dirs, struct arena *arena, pid_t **ret, size_t *ret_count,
	struct err *err)
{
	pid_t *pids = NULL;
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < dirs->leaf_count; i++)
		if (cgroupfs_pids(dirs->leaves[i], arena, &pids, &count, err) < 0)
			return -1;
	if (count > 1)
		qsort(pids, count, sizeof(*pids), by_pid);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || pids[kept - 1] != pids[i])
			pids[kept++] = pids[i];
	*ret = pids;
	*ret_count = kept;
	return 0;
}

/* ---- freezing ----------------------------------------------------------------------------------- */

static const char v2_file[] = "cgroup.freeze", v1_file[] = "freezer.state";

bool cgroup_may_be_v2(const struct cgroup_dirs *dirs, size_t leaf)
{
	const char *name = str_after(dirs->leaves[leaf], "/sys/fs/cgroup/");

	return dirs->leaf_count == 1 || name == NULL ||
		(strncmp(name, "unified", 7) == 0 && (name[7] == '/' || name[7] == '\0'));
}

/* `list` does not ask every hierarchy of every container for both files. */
static bool may_have(const struct cgroup_dirs *dirs, size_t leaf, const char *file)
{
	const char *name = str_after(dirs->leaves[leaf], "/sys/fs/cgroup/");
	const size_t length = name != NULL ? strcspn(name, "/") : 0;

	if (file == v2_file)
		return cgroup_may_be_v2(dirs, leaf);
	return length >= 7 && memmem(name, length, "freezer", 7) != NULL;
}

int cgroup_frozen(const struct cgroup_dirs *dirs, struct err *err)
{
	int frozen = 0;

	for (size_t i = 0; frozen == 0 && i < dirs->leaf_count; i++) {
		if (may_have(dirs, i, v2_file))
			frozen = cgroupfs_starts(dirs->leaves[i], v2_file, "1", err);
		if (frozen == 0 && may_have(dirs, i, v1_file))
			frozen = cgroupfs_starts(dirs->leaves[i], v1_file, "FROZEN", err);
	}
	return frozen;
}

/* The directory that has the file, or NULL in *ret. */
static int with_file(
	const struct cgroup_dirs *dirs, const char *file, const char **ret, struct err *err)
{
	int has = 0;

	*ret = NULL;
	for (size_t i = 0; has == 0 && i < dirs->leaf_count; i++) {
		if (!may_have(dirs, i, file))
			continue;
		has = cgroupfs_has_file(dirs->leaves[i], file, err);
		if (has > 0)
			*ret = dirs->leaves[i];
	}
	return has < 0 ? -1 : 0;
}

static int freeze_v2(const char *dir, bool freeze, uint64_t deadline_ns, struct err *err)
{
	if (cgroupfs_write_file(dir, v2_file, freeze ? "1" : "0", err) < 0)
		return -1;
	return cgroupfs_wait_event(dir, freeze ? "frozen 1" : "frozen 0", deadline_ns, err);
}

/* A process that comes in while the others freeze leaves the state at FREEZING until it is written once
 * more. */
static int freeze_v1(const char *dir, bool freeze, uint64_t deadline_ns, struct err *err)
{
	const char *wanted = freeze ? "FROZEN" : "THAWED";
	struct cgroup_wait wait = { .deadline_ns = deadline_ns };
	int reached;

	do {
		if (cgroupfs_write_file(dir, v1_file, wanted, err) < 0)
			return -1;
		reached = cgroupfs_starts(dir, v1_file, wanted, err);
		if (reached != 0)
			return reached < 0 ? -1 : 0;
	} while (cgroup_wait_more(&wait));
	return err_set(err, ERR_TIMEOUT, "cgroup %s does not become %s", dir, wanted);
}

int cgroup_freeze(
	const struct cgroup_dirs *dirs, bool freeze, uint64_t deadline_ns, struct err *err)
{
	const char *v2, *v1 = NULL;
	struct err ignored;

	if (with_file(dirs, v2_file, &v2, err) < 0 ||
		((v2 == NULL || !freeze) && with_file(dirs, v1_file, &v1, err) < 0))
		return -1;
	if (v1 == NULL && v2 == NULL)
		return err_set(err, ERR_UNSUPPORTED, "the container has no cgroup with a freezer");
	if ((v2 == NULL || freeze_v2(v2, freeze, deadline_ns, err) == 0) &&
		(v1 == NULL || freeze_v1(v1, freeze, deadline_ns, err) == 0))
		return 0;
	/* Half frozen is worse than running. */
	if (freeze &&
		cgroupfs_write_file(v2 != NULL ? v2 : v1, v2 != NULL ? v2_file : v1_file,
			v2 != NULL ? "0" : "THAWED", &ignored) < 0)
		err_drop(&ignored);
	return -1;
}

/* ---- signals ------------------------------------------------------------------------------------ */

static int signal_each(const struct cgroup_dirs *dirs, int sig, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	pid_t *pids;
	size_t count;
	int result = 0;

	if (cgroup_pids(dirs, &arena, &pids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct err one = { 0 };
		_cleanup_fd_ int pidfd = ns_pidfd_open(pids[i], &one);

		if (pidfd >= 0 && ns_pidfd_send(pidfd, sig, &one) == 0)
			continue;
		/* ESRCH: it has ended since the list was read. The others get it all the same. */
		if (one.num != ESRCH && result == 0) {
			*err = one;
			result = -1;
		} else
			err_drop(&one);
	}
	return result;
}

/* A process of a frozen v1 cgroup ends only when that is thawed, and those of the cgroups below too. */
static int thaw_v1(const struct cgroup_dirs *dirs, struct err *err)
{
	for (size_t i = 0; i < dirs->leaf_count; i++)
		if (may_have(dirs, i, v1_file) &&
			cgroupfs_write_each(dirs->leaves[i], v1_file, "THAWED", err) < 0)
			return -1;
	return 0;
}

/* Nobody can fork while they are frozen. Without a freezer it is done as well as can be. */
static int signal_frozen(
	const struct cgroup_dirs *dirs, int sig, uint64_t deadline_ns, struct err *err)
{
	const int before = cgroup_frozen(dirs, err);
	struct err late = { 0 };
	bool frozen;
	int result;

	if (before < 0)
		return -1;
	frozen = !before && cgroup_freeze(dirs, true, deadline_ns, &late) == 0;
	if (!before && !frozen)
		err_drop(&late);
	result = signal_each(dirs, sig, err);
	if (!frozen || cgroup_freeze(dirs, false, deadline_ns, &late) == 0)
		return result;
	if (late.code == ERR_UNSUPPORTED || late.num == ENOENT || late.num == ENODEV) {
		err_drop(&late); /* somebody has deleted it */
		return result;
	}
	if (result == 0)
		*err = late;
	else
		err_drop(&late);
	return -1;
}

int cgroup_signal(const struct cgroup_dirs *dirs, int sig, struct err *err)
{
	const uint64_t deadline_ns = time_deadline_ms(SIGNAL_MS);
	int killed = 0;

	for (size_t i = 0; i < dirs->leaf_count && sig == SIGKILL && killed == 0; i++)
		killed = cgroupfs_kill(dirs->leaves[i], err);
	if (killed < 0 || (killed == 0 && signal_frozen(dirs, sig, deadline_ns, err) < 0))
		return -1;
	return sig == SIGKILL ? thaw_v1(dirs, err) : 0;
}

/* ---- the end ------------------------------------------------------------------------------------ */

static int wait_each(const struct cgroup_dirs *dirs, const pid_t *pids, size_t count,
	uint64_t deadline_ns, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		struct err gone = { 0 };
		_cleanup_fd_ int pidfd = ns_pidfd_open(pids[i], &gone);
		int ended = pidfd < 0 ? 1 : ns_pidfd_wait(pidfd, deadline_ns, err);

		if (pidfd < 0 && gone.num != ESRCH) {
			*err = gone;
			return -1;
		}
		if (ended < 0)
			return -1;
		if (ended == 0)
			return err_set(err, ERR_TIMEOUT, "process %d of cgroup %s does not end",
				(int) pids[i], dirs->leaves[0]);
	}
	return 0;
}

/* Where no event tells that the processes are gone, their pidfds do: each is waited for, and the list
 * is read again, for they may have forked. */
int cgroup_end_processes(const struct cgroup_dirs *dirs, uint64_t deadline_ns, struct err *err)
{
	for (;;) {
		_cleanup_arena_ struct arena arena = { 0 };
		pid_t *pids;
		size_t count;

		if (cgroup_pids(dirs, &arena, &pids, &count, err) < 0)
			return -1;
		if (count == 0)
			break;
		if (cgroup_signal(dirs, SIGKILL, err) < 0 ||
			wait_each(dirs, pids, count, deadline_ns, err) < 0)
			return -1;
		if (time_poll_ms(deadline_ns) == 0)
			return err_set(err, ERR_TIMEOUT, "processes of cgroup %s do not end",
				dirs->leaves[0]);
	}
	for (size_t i = 0; i < dirs->leaf_count; i++)
		if (cgroupfs_wait_event(dirs->leaves[i], "populated 0", deadline_ns, err) < 0)
			return -1;
	return 0;
}
