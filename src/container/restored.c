/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/restored.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/time.h"
#include "container/cgroup.h"
#include "container/proc.h"
#include "container/restored-facts.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "kernel/ptrace.h"

enum { FREEZE_MS = 60 * 1000 };

/* ---- held and judged ---------------------------------------------------------------------------------- */

int restored_hold(struct restored_job *job, struct err *err)
{
	char path[32];

	(void) snprintf(path, sizeof(path), "%d/cgroup", (int) job->criu);
	if (procfs_read_all(job->procfs, path, job->arena, &job->born, err) < 0 ||
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

int restored_check(const struct restored_job *job, struct err *err)
{
	struct restored_host host = { 0 };
	struct restored_pids processes = { 0 };

	if (restored_read_host(job, &host, err) < 0 || restored_find(job, &processes, err) < 0)
		return -1;
	for (size_t i = 0; i < processes.count; i++) {
		struct restored_pids threads = { 0 };

		if (restored_find_threads(job, processes.items[i], &threads, err) < 0)
			return -1;
		for (size_t k = 0; k < threads.count; k++) {
			struct restored facts = { .first = threads.items[k] == job->first };

			if (restored_read(job, &host, threads.items[k], &facts, err) < 0) {
				if (facts.first || !restored_is_gone(err))
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
	if (restored_status(job, tid, &facts, err) < 0)
		return -1;
	return restored_refuse(facts.pid, "/linux/seccomp",
		"has not the seccomp filter of the configuration", err);
}

static int hold_all(const struct restored_job *job, struct restored_pids *held, struct err *err)
{
	struct restored_pids processes = { 0 };

	if (restored_find(job, &processes, err) < 0)
		return -1;
	for (size_t i = 0; i < processes.count; i++) {
		struct restored_pids threads = { 0 };

		if (restored_find_threads(job, processes.items[i], &threads, err) < 0)
			return -1;
		for (size_t k = 0; k < threads.count; k++) {
			struct restored facts = { 0 };

			if (restored_status(job, threads.items[k], &facts, err) < 0)
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
	const struct restored_pids *held, struct err *err)
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
	struct restored_pids held = { 0 };
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
	struct restored_pids processes = { 0 };
	struct err ignored;

	kill_one(job->first);
	if (restored_find(job, &processes, &ignored) < 0)
		err_drop(&ignored);
	for (size_t i = 0; i < processes.count; i++)
		kill_one(processes.items[i]);
	if (cgroup_signal(job->cgroups, SIGKILL, &ignored) < 0)
		err_drop(&ignored);
}
