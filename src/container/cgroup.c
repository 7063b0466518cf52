/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/facts.h"
#include "base/fd.h"
#include "base/str.h"
#include "base/time.h"
#include "kernel/cgroupfs.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "plan/plan.h"

static const char mount_point[] = "/sys/fs/cgroup";

/* ---- locate ------------------------------------------------------------------------------------- */

/* The directory of a line of /proc/self/cgroup, "4:cpu,cpuacct:/a" or "0::/a", below mount_point. */
static const char *hierarchy_name(enum cgroup_layout layout, const char *controllers)
{
	if (controllers[0] == '\0')
		return layout == CGROUP_LAYOUT_V2 ? "" : "/unified";
	if (str_starts(controllers, "name="))
		return controllers + 5;
	return controllers;
}

/* runc's rule for a path that is not absolute: below the parent of the runtime's own cgroup on v2,
 * which may hold no processes beside child cgroups; below its own on v1. */
static const char *base_of(bool v2, const char *own, struct arena *arena)
{
	const char *slash = strrchr(own, '/');

	if (!v2)
		return str_eq(own, "/") ? "" : own;
	return slash == NULL || slash == own ? "" : arena_strn(arena, own, (size_t) (slash - own));
}

static void add_parents(
	struct cgroup_dirs *dirs, struct arena *arena, const char *root, const char *leaf)
{
	for (const char *slash = strchr(leaf + strlen(root) + 1, '/'); slash != NULL;
		slash = strchr(slash + 1, '/')) {
		char *parent = arena_strn(arena, leaf, (size_t) (slash - leaf));

		if (access(parent, F_OK) < 0)
			*ARENA_PUSH(arena, dirs->parents, dirs->parent_count) = parent;
	}
}

int cgroup_locate(const struct cgroup_plan *plan, const struct facts *facts, int procfs,
	struct arena *arena, struct cgroup_dirs *ret, struct err *err)
{
	struct cgroup_dirs dirs = { 0 };
	char text[8192], *next = text, *line;
	ssize_t got;

	if (plan->manager == CGROUP_MANAGER_DISABLED || facts->cgroup == CGROUP_LAYOUT_NONE) {
		*ret = dirs;
		return 0;
	}
	if (plan->manager == CGROUP_MANAGER_SYSTEMD)
		return err_set(err, ERR_UNSUPPORTED,
			"the systemd cgroup manager is not in this build; use "
			"--cgroup-manager=cgroupfs");
	got = procfs_read(procfs, "self/cgroup", text, sizeof(text) - 1, err);
	if (got < 0)
		return -1;
	text[got] = '\0';
	while ((line = strsep(&next, "\n")) != NULL) {
		char *controllers = strchr(line, ':'), *own;
		const char *name, *root, *base;

		if (controllers == NULL || (own = strchr(controllers + 1, ':')) == NULL)
			continue;
		*own++ = '\0';
		name = hierarchy_name(facts->cgroup, controllers + 1);
		root = arena_printf(arena, "%s%s%s", mount_point,
			name[0] == '\0' || name[0] == '/' ? "" : "/", name);
		/* A hierarchy that is mounted nowhere is nobody's to use. */
		if (!cgroupfs_is(root))
			continue;
		base = plan->relative ? base_of(controllers[1] == '\0', own, arena) : "";
		*ARENA_PUSH(arena, dirs.leaves, dirs.leaf_count) = arena_printf(
			arena, "%s%s%s%s", root, base, plan->path[0] == '/' ? "" : "/", plan->path);
		add_parents(&dirs, arena, root, dirs.leaves[dirs.leaf_count - 1]);
	}
	*ret = dirs;
	return 0;
}

/* ---- make --------------------------------------------------------------------------------------- */

static int make_all(const struct cgroup_dirs *dirs, struct err *err)
{
	for (size_t i = 0; i < dirs->leaf_count; i++)
		if (cgroupfs_make(dirs->leaves[i], err) < 0)
			return -1;
	return 0;
}

int cgroup_make(const struct cgroup_plan *plan, struct cgroup_dirs *dirs, struct err *err)
{
	if (make_all(dirs, err) == 0)
		return 0;
	if (plan->may_fail &&
		(err->num == EACCES || err->num == EPERM || err->num == EROFS ||
			err->num == ENOENT)) {
		err_drop(err);
		*dirs = (struct cgroup_dirs){ 0 };
		return 0;
	}
	return err_place(err, "/linux/cgroupsPath");
}

/* ---- enter -------------------------------------------------------------------------------------- */

int cgroup_clone_fd(const struct cgroup_dirs *dirs, struct err *err)
{
	for (size_t i = 0; i < dirs->leaf_count; i++) {
		int fd;

		if (!cgroupfs_is_v2(dirs->leaves[i]))
			continue;
		fd = open(dirs->leaves[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0) {
			(void) err_sys(err, "open %s", dirs->leaves[i]);
			return -2;
		}
		return fd;
	}
	return -1;
}

int cgroup_enter(const struct cgroup_dirs *dirs, pid_t pid, int born_inside, struct err *err)
{
	char text[16];

	(void) snprintf(text, sizeof(text), "%d", (int) pid);
	for (size_t i = 0; i < dirs->leaf_count; i++) {
		if (born_inside && cgroupfs_is_v2(dirs->leaves[i]))
			continue;
		if (cgroupfs_write_file(dirs->leaves[i], "cgroup.procs", text, err) < 0)
			return err_place(err, "/linux/cgroupsPath");
	}
	return 0;
}

/* ---- processes ---------------------------------------------------------------------------------- */

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

int cgroup_signal(const struct cgroup_dirs *dirs, int sig, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	pid_t *pids;
	size_t count;

	if (sig == SIGKILL)
		for (size_t i = 0; i < dirs->leaf_count; i++) {
			int done = cgroupfs_kill(dirs->leaves[i], err);

			if (done < 0)
				return -1;
			if (done > 0)
				return 0;
		}
	if (cgroup_pids(dirs, &arena, &pids, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct err gone;
		_cleanup_fd_ int pidfd = ns_pidfd_open(pids[i], &gone);

		/* It has ended since the list was read. */
		if (pidfd < 0 || ns_pidfd_send(pidfd, sig, &gone) < 0)
			err_drop(&gone);
	}
	return 0;
}

/* ---- destroy ------------------------------------------------------------------------------------ */

/* Where no event tells that the processes of a v1 cgroup are gone, their pidfds do: each is waited
 * for, and the list is read again, for they may have forked. */
static int end_processes(const struct cgroup_dirs *dirs, uint64_t deadline_ns, struct err *err)
{
	for (;;) {
		_cleanup_arena_ struct arena arena = { 0 };
		pid_t *pids;
		size_t count;

		if (cgroup_pids(dirs, &arena, &pids, &count, err) < 0)
			return -1;
		if (count == 0)
			break;
		if (cgroup_signal(dirs, SIGKILL, err) < 0)
			return -1;
		for (size_t i = 0; i < count; i++) {
			struct err gone;
			_cleanup_fd_ int pidfd = ns_pidfd_open(pids[i], &gone);
			int ended = pidfd < 0 ? 1 : ns_pidfd_wait(pidfd, deadline_ns, err);

			if (ended < 0)
				return -1;
			if (ended == 0)
				return err_set(err, ERR_TIMEOUT,
					"process %d of cgroup %s does not end", (int) pids[i],
					dirs->leaves[0]);
		}
		if (time_poll_ms(deadline_ns) == 0)
			return err_set(err, ERR_TIMEOUT, "processes of cgroup %s do not end",
				dirs->leaves[0]);
	}
	for (size_t i = 0; i < dirs->leaf_count; i++)
		if (cgroupfs_wait_empty(dirs->leaves[i], deadline_ns, err) < 0)
			return -1;
	return 0;
}

int cgroup_destroy(const struct cgroup_dirs *dirs, uint64_t deadline_ns, struct err *err)
{
	struct err shared;

	if (end_processes(dirs, deadline_ns, err) < 0)
		return -1;
	for (size_t i = 0; i < dirs->leaf_count; i++)
		while (cgroupfs_remove(dirs->leaves[i], err) < 0) {
			/* A process that has ended leaves its cgroup a moment later. */
			if (err->num != EBUSY || time_poll_ms(deadline_ns) == 0)
				return -1;
			err_drop(err);
			(void) poll(NULL, 0, 1);
		}
	for (size_t i = dirs->parent_count; i-- > 0;)
		/* Another container may live below it by now: then it is that one's. */
		if (cgroupfs_remove_empty(dirs->parents[i], &shared) < 0)
			err_drop(&shared);
	return 0;
}
