/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/restored-facts.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"
#include "container/cgroup.h"
#include "kernel/lsm.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"

/* ---- which they are ----------------------------------------------------------------------------- */

static bool has_pid(const struct restored_pids *pids, pid_t pid)
{
	for (size_t i = 0; i < pids->count; i++)
		if (pids->items[i] == pid)
			return true;
	return false;
}

static void add_pid(const struct restored_job *job, pid_t pid, struct restored_pids *pids)
{
	if (pid != job->criu && !has_pid(pids, pid))
		*ARENA_PUSH(job->arena, pids->items, pids->count) = pid;
}

bool restored_is_gone(const struct err *err)
{
	return err->num == ENOENT || err->num == ESRCH;
}

static int read_text(
	const struct restored_job *job, pid_t pid, const char *file, char **ret, struct err *err)
{
	char path[32];

	(void) snprintf(path, sizeof(path), "%d/%s", (int) pid, file);
	return procfs_read_all(job->procfs, path, job->arena, ret, err);
}

/* For a text that says something else than proc(5). */
static int odd(pid_t pid, const char *file, struct err *err)
{
	return err_ctx(err, "read /proc/%d/%s", (int) pid, file);
}

int restored_status(
	const struct restored_job *job, pid_t pid, struct restored *ret, struct err *err)
{
	char *text;

	if (read_text(job, pid, "status", &text, err) < 0)
		return -1;
	return restored_parse_status(text, job->arena, ret, err) < 0 ? odd(pid, "status", err) : 0;
}

static int read_namespace(const struct restored_job *job, pid_t pid, const char *file,
	struct namespace_id *ret, struct err *err)
{
	return procfs_ns_id(job->procfs, pid, file, &ret->device, &ret->inode, err);
}

static bool same_namespace(const struct namespace_id *a, const struct namespace_id *b)
{
	return a->device == b->device && a->inode == b->inode;
}

struct relation {
	pid_t pid;
	pid_t parent;
};

/* All that the host has, and those in the pid namespace of the container's own. */
static int scan(const struct restored_job *job, struct relation **ret, size_t *ret_count,
	struct restored_pids *pids, struct err *err)
{
	const struct ns_plan *ns = &job->plan->ns;
	const bool own_pids = ((ns->clone_flags | ns->unshare) & CLONE_NEWPID) != 0;
	struct namespace_id first, other;
	struct relation *relations = NULL;
	struct restored_pids all = { 0 };
	size_t count = 0;

	if (read_namespace(job, job->first, "pid", &first, err) < 0 ||
		procfs_numbers(job->procfs, ".", job->arena, &all.items, &all.count, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		struct restored status = { 0 };

		if (restored_status(job, all.items[i], &status, err) < 0) {
			if (!restored_is_gone(err))
				return -1;
			err_drop(err);
			continue;
		}
		if (own_pids && status.pid_depth > 1) {
			if (read_namespace(job, all.items[i], "pid", &other, err) == 0) {
				if (same_namespace(&first, &other))
					add_pid(job, all.items[i], pids);
			} else if (!restored_is_gone(err) && err->num != EACCES &&
				err->num != EPERM) {
				return -1;
			} else {
				/* A stranger that may do more than we, and than what we can make. */
				err_drop(err);
			}
		}
		*ARENA_PUSH(job->arena, relations, count) =
			(struct relation){ all.items[i], (pid_t) status.parent };
	}
	*ret = relations;
	*ret_count = count;
	return 0;
}

/* A process may have been put into another cgroup, or share a pid namespace with others. */
int restored_find(const struct restored_job *job, struct restored_pids *ret, struct err *err)
{
	struct relation *relations;
	struct restored_pids born = { 0 };
	size_t count, before;

	add_pid(job, job->first, ret);
	if (cgroup_pids(job->cgroups, job->arena, &born.items, &born.count, err) < 0 ||
		scan(job, &relations, &count, ret, err) < 0)
		return -1;
	for (size_t i = 0; i < born.count; i++)
		add_pid(job, born.items[i], ret);
	do {
		before = ret->count;
		for (size_t i = 0; i < count; i++)
			if (has_pid(ret, relations[i].parent))
				add_pid(job, relations[i].pid, ret);
	} while (ret->count > before);
	return 0;
}

/* The threads of a process, each of which has credentials and filters of its own. */
int restored_find_threads(
	const struct restored_job *job, pid_t process, struct restored_pids *ret, struct err *err)
{
	char path[32];

	(void) snprintf(path, sizeof(path), "%d/task", (int) process);
	if (procfs_numbers(job->procfs, path, job->arena, &ret->items, &ret->count, err) == 0)
		return 0;
	if (process == job->first || !restored_is_gone(err))
		return -1;
	err_drop(err);
	ret->count = 0;
	return 0;
}

/* ---- what they are ------------------------------------------------------------------------------ */

static int read_map(const struct restored_job *job, pid_t pid, const char *file,
	const struct id_map **ret, size_t *ret_count, struct err *err)
{
	char *text;

	if (read_text(job, pid, file, &text, err) < 0)
		return -1;
	return restored_parse_map(text, job->arena, ret, ret_count, err) < 0 ? odd(pid, file, err)
									     : 0;
}

/* A kernel without namespaces of a type has none to compare, unless the configuration asks for one. */
static int read_namespaces(const struct restored_job *job, pid_t pid,
	struct namespace_id ids[RESTORED_NAMESPACES], struct err *err)
{
	for (int i = 0; i < RESTORED_NAMESPACES; i++) {
		const struct restored_namespace *type = &restored_namespaces[i];

		if (read_namespace(job, pid, type->file, &ids[i], err) == 0)
			continue;
		if (err->num != ENOENT || ((unsigned) type->flag & job->plan->ns.all) != 0 ||
			type->flag == CLONE_NEWUSER)
			return -1;
		err_drop(err);
		ids[i] = (struct namespace_id){ 0 };
	}
	return 0;
}

static int read_oom_score_adj(const struct restored_job *job, pid_t pid, int *ret, struct err *err)
{
	char path[32], text[32];
	int64_t value;

	(void) snprintf(path, sizeof(path), "%d/oom_score_adj", (int) pid);
	if (procfs_read(job->procfs, path, text, sizeof(text), err) < 0)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	if (str_to_i64(text, &value) < 0)
		return err_set(err, ERR_SYSTEM, "read /proc/%s: not a number", path);
	*ret = (int) value;
	return 0;
}

static int read_sched(
	const struct restored_job *job, pid_t pid, struct restored_sched *ret, struct err *err)
{
	char *text;

	if (read_text(job, pid, "stat", &text, err) < 0)
		return -1;
	return restored_parse_sched(text, ret, err) < 0 ? odd(pid, "stat", err) : 0;
}

static int read_limits(
	const struct restored_job *job, pid_t pid, const uint64_t **ret, struct err *err)
{
	const struct proc_plan *proc = &job->plan->proc;
	uint64_t *hard = arena_array(job->arena, proc->rlimit_count, sizeof(*hard));
	char *text;

	if (read_text(job, pid, "limits", &text, err) < 0)
		return -1;
	for (size_t i = 0; i < proc->rlimit_count; i++)
		if (restored_parse_limit(text, proc->rlimits[i].resource, &hard[i], err) < 0)
			return odd(pid, "limits", err);
	*ret = hard;
	return 0;
}

static int read_root(
	const struct restored_job *job, pid_t pid, struct namespace_id *ret, struct err *err)
{
	_cleanup_fd_ int fd = procfs_open_root(job->procfs, pid, err);
	struct stat info;

	if (fd < 0)
		return -1;
	if (fstat(fd, &info) < 0)
		return err_sys(err, "stat /proc/%d/root", (int) pid);
	*ret = (struct namespace_id){ info.st_dev, info.st_ino };
	return 0;
}

int restored_read(const struct restored_job *job, const struct restored_host *host, pid_t tid,
	struct restored *ret, struct err *err)
{
	char *label, *cgroups;

	if (restored_status(job, tid, ret, err) < 0)
		return -1;
	if (ret->state == 'Z' || ret->state == 'X')
		return 0;
	if (read_namespaces(job, tid, ret->namespaces, err) < 0 ||
		read_root(job, tid, &ret->root, err) < 0 ||
		read_text(job, tid, "cgroup", &cgroups, err) < 0 ||
		read_map(job, tid, "uid_map", &ret->maps.uids, &ret->maps.uid_count, err) < 0 ||
		read_map(job, tid, "gid_map", &ret->maps.gids, &ret->maps.gid_count, err) < 0 ||
		read_limits(job, tid, &ret->hard_limits, err) < 0 ||
		read_oom_score_adj(job, tid, &ret->oom_score_adj, err) < 0 ||
		read_sched(job, tid, &ret->sched, err) < 0)
		return -1;
	ret->cgroups = cgroups;
	if (host->apparmor != NULL) {
		if (lsm_get_apparmor(job->procfs, tid, job->arena, &label, err) < 0)
			return -1;
		ret->apparmor = label;
	}
	if (host->selinux != NULL) {
		if (lsm_get_selinux(job->procfs, tid, job->arena, &label, err) < 0)
			return -1;
		ret->selinux = label;
	}
	return 0;
}

/* ---- what they may be --------------------------------------------------------------------------- */

static int read_joins(
	const struct ns_join *joins, size_t count, struct restored_host *ret, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		_cleanup_fd_ int fd = ns_open(joins[i].path, joins[i].flag, err);
		struct stat info;

		if (fd < 0)
			return err_place(err, joins[i].pointer);
		if (fstat(fd, &info) < 0) {
			(void) err_sys(err, "stat %s", joins[i].path);
			return err_place(err, joins[i].pointer);
		}
		for (int type = 0; type < RESTORED_NAMESPACES; type++)
			if (restored_namespaces[type].flag == joins[i].flag)
				ret->joined[type] =
					(struct namespace_id){ info.st_dev, info.st_ino };
	}
	return 0;
}

static int read_own_limits(
	const struct restored_job *job, pid_t self, struct restored_host *ret, struct err *err)
{
	char *text;

	if (read_text(job, self, "limits", &text, err) < 0)
		return -1;
	if (restored_parse_limit(text, RLIMIT_NICE, &ret->nice_limit, err) < 0 ||
		restored_parse_limit(text, RLIMIT_RTPRIO, &ret->priority_limit, err) < 0)
		return odd(self, "limits", err);
	return 0;
}

int restored_read_host(const struct restored_job *job, struct restored_host *ret, struct err *err)
{
	const struct plan *plan = job->plan;
	const char *apparmor =
		job->lsm_profile != NULL ? str_after(job->lsm_profile, "apparmor:") : NULL;
	const char *selinux =
		job->lsm_profile != NULL ? str_after(job->lsm_profile, "selinux:") : NULL;
	const pid_t self = procfs_self(job->procfs, err);
	const struct cgroup_dirs *cgroups = job->cgroups;
	struct restored own = { 0 };
	char *own_cgroups;

	if (self < 0 || read_text(job, self, "cgroup", &own_cgroups, err) < 0 ||
		restored_status(job, self, &own, err) < 0 ||
		read_namespaces(job, self, ret->own, err) < 0 ||
		read_oom_score_adj(job, self, &ret->oom_score_adj, err) < 0 ||
		read_sched(job, self, &ret->sched, err) < 0 ||
		read_own_limits(job, self, ret, err) < 0 ||
		read_joins(plan->ns.parent_joins, plan->ns.parent_join_count, ret, err) < 0 ||
		read_joins(plan->ns.child_joins, plan->ns.child_join_count, ret, err) < 0)
		return -1;
	if ((plan->ns.all & CLONE_NEWNS) == 0 || plan->rootfs.new_mount_ns) {
		struct stat info;

		if (stat(plan->rootfs.path, &info) < 0) {
			(void) err_sys(err, "stat %s", plan->rootfs.path);
			return err_place(err, "/root/path");
		}
		ret->root = (struct namespace_id){ info.st_dev, info.st_ino };
	}
	ret->own_cgroups = own_cgroups;
	ret->born_cgroups = job->born;
	ret->home = cgroups->home != NULL ? cgroups->home + strlen(cgroups->leaves[0]) : "";
	ret->groups = own.groups;
	ret->group_count = own.group_count;
	ret->apparmor = apparmor != NULL ? apparmor : plan->proc.apparmor;
	ret->selinux = selinux != NULL ? selinux : plan->proc.selinux;
	return 0;
}
