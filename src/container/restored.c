/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/restored.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/time.h"
#include "container/cgroup.h"
#include "container/proc.h"
#include "kernel/lsm.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "kernel/ptrace.h"
#include "plan/restored.h"

enum { FREEZE_MS = 60 * 1000 };

/* ---- which they are ----------------------------------------------------------------------------- */

struct pids {
	pid_t *items;
	size_t count;
};

static bool has_pid(const struct pids *pids, pid_t pid)
{
	for (size_t i = 0; i < pids->count; i++)
		if (pids->items[i] == pid)
			return true;
	return false;
}

static void add_pid(const struct restored_job *job, pid_t pid, struct pids *pids)
{
	if (pid != job->criu && !has_pid(pids, pid))
		*ARENA_PUSH(job->arena, pids->items, pids->count) = pid;
}

static bool is_gone(const struct err *err)
{
	return err->num == ENOENT || err->num == ESRCH;
}

static int read_status(
	const struct restored_job *job, pid_t pid, struct restored *ret, struct err *err)
{
	char path[32], *text;

	(void) snprintf(path, sizeof(path), "%d/status", (int) pid);
	if (procfs_read_all(job->procfs, path, job->arena, &text, err) < 0)
		return -1;
	if (restored_parse_status(text, job->arena, ret, err) < 0)
		return err_ctx(err, "read /proc/%s", path);
	return 0;
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
	struct pids *pids, struct err *err)
{
	const struct ns_plan *ns = &job->plan->ns;
	const bool own_pids = ((ns->clone_flags | ns->unshare) & CLONE_NEWPID) != 0;
	struct namespace_id first, other;
	struct relation *relations = NULL;
	struct pids all = { 0 };
	size_t count = 0;

	if (read_namespace(job, job->first, "pid", &first, err) < 0 ||
		procfs_numbers(job->procfs, ".", job->arena, &all.items, &all.count, err) < 0)
		return -1;
	for (size_t i = 0; i < all.count; i++) {
		struct restored status = { 0 };

		if (read_status(job, all.items[i], &status, err) < 0) {
			if (!is_gone(err))
				return -1;
			err_drop(err);
			continue;
		}
		if (own_pids && status.pid_depth > 1) {
			if (read_namespace(job, all.items[i], "pid", &other, err) == 0) {
				if (same_namespace(&first, &other))
					add_pid(job, all.items[i], pids);
			} else if (!is_gone(err) && err->num != EACCES && err->num != EPERM) {
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
static int find_processes(const struct restored_job *job, struct pids *ret, struct err *err)
{
	struct relation *relations;
	struct pids born = { 0 };
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

/* ---- what they are ------------------------------------------------------------------------------ */

static int read_map(const struct restored_job *job, pid_t pid, const char *file,
	const struct id_map **ret, size_t *ret_count, struct err *err)
{
	char path[32], *text;

	(void) snprintf(path, sizeof(path), "%d/%s", (int) pid, file);
	if (procfs_read_all(job->procfs, path, job->arena, &text, err) < 0)
		return -1;
	if (restored_parse_map(text, job->arena, ret, ret_count, err) < 0)
		return err_ctx(err, "read /proc/%s", path);
	return 0;
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

static int read_cgroups(const struct restored_job *job, pid_t pid, char **ret, struct err *err)
{
	char path[32];

	(void) snprintf(path, sizeof(path), "%d/cgroup", (int) pid);
	return procfs_read_all(job->procfs, path, job->arena, ret, err);
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
	char path[32], *text;

	(void) snprintf(path, sizeof(path), "%d/stat", (int) pid);
	if (procfs_read_all(job->procfs, path, job->arena, &text, err) < 0)
		return -1;
	if (restored_parse_sched(text, ret, err) < 0)
		return err_ctx(err, "read /proc/%s", path);
	return 0;
}

static int read_limits(
	const struct restored_job *job, pid_t pid, const uint64_t **ret, struct err *err)
{
	const struct proc_plan *proc = &job->plan->proc;
	uint64_t *hard = arena_array(job->arena, proc->rlimit_count, sizeof(*hard));
	char path[32], *text;

	(void) snprintf(path, sizeof(path), "%d/limits", (int) pid);
	if (procfs_read_all(job->procfs, path, job->arena, &text, err) < 0)
		return -1;
	for (size_t i = 0; i < proc->rlimit_count; i++)
		if (restored_parse_limit(text, proc->rlimits[i].resource, &hard[i], err) < 0)
			return err_ctx(err, "read /proc/%s", path);
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

static int read_facts(const struct restored_job *job, const struct restored_host *host, pid_t tid,
	struct restored *ret, struct err *err)
{
	char *label, *cgroups;

	if (read_status(job, tid, ret, err) < 0)
		return -1;
	if (ret->state == 'Z' || ret->state == 'X')
		return 0;
	if (read_namespaces(job, tid, ret->namespaces, err) < 0 ||
		read_root(job, tid, &ret->root, err) < 0 ||
		read_cgroups(job, tid, &cgroups, err) < 0 ||
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
	char path[32], *text;

	(void) snprintf(path, sizeof(path), "%d/limits", (int) self);
	if (procfs_read_all(job->procfs, path, job->arena, &text, err) < 0)
		return -1;
	if (restored_parse_limit(text, RLIMIT_NICE, &ret->nice_limit, err) < 0 ||
		restored_parse_limit(text, RLIMIT_RTPRIO, &ret->priority_limit, err) < 0)
		return err_ctx(err, "read /proc/%s", path);
	return 0;
}

static int read_host(const struct restored_job *job, struct restored_host *ret, struct err *err)
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

	if (self < 0 || read_cgroups(job, self, &own_cgroups, err) < 0 ||
		read_status(job, self, &own, err) < 0 ||
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

/* ---- held and judged ---------------------------------------------------------------------------------- */

int restored_hold(struct restored_job *job, struct err *err)
{
	if (read_cgroups(job, job->criu, &job->born, err) < 0 ||
		cgroup_leave(job->cgroups, job->procfs, job->criu, err) < 0)
		return -1;
	if (cgroup_freeze(job->cgroups, true, time_deadline_ms(FREEZE_MS), err) == 0) {
		job->frozen = true;
		return 0;
	}
	if (err->code != ERR_UNSUPPORTED)
		return err_ctx(err, "hold what was restored");
	err_drop(err);
	return 0;
}

/* The threads of a process, each of which has credentials and filters of its own. */
static int find_threads(
	const struct restored_job *job, pid_t process, struct pids *ret, struct err *err)
{
	char path[32];

	(void) snprintf(path, sizeof(path), "%d/task", (int) process);
	if (procfs_numbers(job->procfs, path, job->arena, &ret->items, &ret->count, err) == 0)
		return 0;
	if (process == job->first || !is_gone(err))
		return -1;
	err_drop(err);
	ret->count = 0;
	return 0;
}

int restored_check(const struct restored_job *job, struct err *err)
{
	struct restored_host host = { 0 };
	struct pids processes = { 0 };

	if (read_host(job, &host, err) < 0 || find_processes(job, &processes, err) < 0)
		return -1;
	for (size_t i = 0; i < processes.count; i++) {
		struct pids threads = { 0 };

		if (find_threads(job, processes.items[i], &threads, err) < 0)
			return -1;
		for (size_t k = 0; k < threads.count; k++) {
			struct restored facts = { .first = threads.items[k] == job->first };

			if (read_facts(job, &host, threads.items[k], &facts, err) < 0) {
				if (facts.first || !is_gone(err))
					return -1;
				err_drop(err);
			} else if (restored_judge(job->plan, &host, &facts, err) < 0) {
				return -1;
			}
		}
	}
	return 0;
}

/* ---- filters ------------------------------------------------------------------------------------ */

static int compare_filters(const struct restored_job *job, pid_t tid,
	const struct proc_filter *filter, struct err *err)
{
	const struct sock_filter *code;
	struct restored facts = { 0 };
	size_t count;
	int more;

	for (size_t i = 0; (more = ptrace_filter(tid, i, job->arena, &code, &count, err)) > 0; i++)
		if (count == filter->count &&
			memcmp(code, filter->code, count * sizeof(*code)) == 0)
			return 0;
	if (more < 0)
		return err_place(err, "/linux/seccomp");
	if (read_status(job, tid, &facts, err) < 0)
		return -1;
	return restored_refuse(facts.pid, "/linux/seccomp",
		"has not the seccomp filter of the configuration", err);
}

static int hold_all(const struct restored_job *job, struct pids *held, struct err *err)
{
	struct pids processes = { 0 };

	if (find_processes(job, &processes, err) < 0)
		return -1;
	for (size_t i = 0; i < processes.count; i++) {
		struct pids threads = { 0 };

		if (find_threads(job, processes.items[i], &threads, err) < 0)
			return -1;
		for (size_t k = 0; k < threads.count; k++) {
			struct restored facts = { 0 };

			if (read_status(job, threads.items[k], &facts, err) < 0)
				return -1;
			if (facts.state == 'Z' || facts.state == 'X')
				continue;
			if (ptrace_hold(threads.items[k], err) < 0)
				return -1;
			*ARENA_PUSH(job->arena, held->items, held->count) = threads.items[k];
		}
	}
	return 0;
}

static int thaw(struct restored_job *job, struct err *err)
{
	if (cgroup_freeze(job->cgroups, false, time_deadline_ms(FREEZE_MS), err) < 0)
		return err_ctx(err, "let go what was restored");
	job->frozen = false;
	return 0;
}

/* A freezer of version 1 lets them stop for us only when it has let them go. */
static int check_held(struct restored_job *job, const struct proc_filter *filter,
	const struct pids *held, struct err *err)
{
	const uint64_t deadline_ns = time_deadline_ms(FREEZE_MS);

	if (thaw(job, err) < 0)
		return -1;
	/* All before the first is judged: only one that has stopped can be let go again, and one that ends while it is
	 * ours to reap is waited for by the first process of its namespace for ever. */
	for (size_t i = 0; i < held->count; i++)
		if (ptrace_stopped(held->items[i], deadline_ns, err) < 0)
			return -1;
	for (size_t i = 0; i < held->count; i++)
		if (compare_filters(job, held->items[i], filter, err) < 0)
			return -1;
	return 0;
}

static int check_filters(
	struct restored_job *job, const struct proc_filter *filter, struct err *err)
{
	const int frozen = cgroup_frozen(job->cgroups, err);
	struct pids held = { 0 };
	struct err ignored;
	int result;

	if (frozen < 0)
		return -1;
	if (!frozen)
		return err_at(err, "/linux/seccomp",
			"the filters of the images cannot be compared: no freezer holds what was "
			"restored (on version 1 --manage-cgroups-mode full and strict thaw it)");
	result = hold_all(job, &held, err);
	if (result == 0)
		result = check_held(job, filter, &held, err);
	/* A traced process would not be gone when it has ended: it waits for its end in the freezer. */
	if (result < 0 && !job->frozen) {
		if (cgroup_freeze(job->cgroups, true, time_deadline_ms(FREEZE_MS), &ignored) < 0)
			err_drop(&ignored);
		else
			job->frozen = true;
	}
	for (size_t i = 0; i < held.count; i++)
		ptrace_let_go(held.items[i]);
	return result;
}

int restored_release(struct restored_job *job, const struct proc_filter *filter, struct err *err)
{
	if (filter->code != NULL && check_filters(job, filter, err) < 0)
		return -1;
	return job->frozen ? thaw(job, err) : 0;
}

static void kill_one(pid_t pid)
{
	struct err ignored;
	_cleanup_fd_ int pidfd = ns_pidfd_open(pid, &ignored);

	if (pidfd < 0 || ns_pidfd_send(pidfd, SIGKILL, &ignored) < 0)
		err_drop(&ignored);
}

/* What a kill does not reach here ends with the container's cleanup. */
void restored_kill(const struct restored_job *job)
{
	struct pids processes = { 0 };
	struct err ignored;

	kill_one(job->first);
	if (find_processes(job, &processes, &ignored) < 0)
		err_drop(&ignored);
	for (size_t i = 0; i < processes.count; i++)
		kill_one(processes.items[i]);
	if (cgroup_signal(job->cgroups, SIGKILL, &ignored) < 0)
		err_drop(&ignored);
}
