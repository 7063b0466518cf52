/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/hotplug.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/time.h"
#include "container/cgroup.h"
#include "container/child.h"
#include "container/mounts.h"
#include "container/msg.h"
#include "kernel/cred.h"
#include "kernel/mount.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"

enum { CHILD_MS = 60 * 1000, END_MS = 10 * 1000, OOM_SCORE_ADJ_MAX = 1000 };

bool hotplug_copies(const struct mount_step *steps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (steps[i].copy_up)
			return true;
	return false;
}

static bool copies(const struct hotplug_job *job)
{
	return !job->remove && hotplug_copies(job->steps, job->count);
}

/* ---- the child's side --------------------------------------------------------------------------- */

static bool needs_pid_namespace(const struct hotplug_job *job)
{
	for (size_t i = 0; !job->remove && i < job->count; i++)
		if (job->steps[i].kind == MOUNT_FS && str_eq(job->steps[i].type, "proc"))
			return true;
	return false;
}

static int add(const struct hotplug_job *job, const struct mount_root *root, struct mount_fds *fds,
	struct err *err)
{
	for (size_t i = 0; i < job->count; i++) {
		_cleanup_fd_ int late = -1;

		if (mounts_step(root, &job->steps[i], &fds[i], &late, err) < 0)
			return -1;
		if (late >= 0 && mount_set_attr(late, MOUNT_ATTR_RDONLY, 0, 0, false, err) < 0)
			return err_point(
				err, job->steps[i].pointer, "%s", job->steps[i].destination);
	}
	return 0;
}

static int take_away(const struct hotplug_job *job, const struct mount_root *root, struct err *err)
{
	for (size_t i = job->count; i-- > 0;) {
		const struct mount_step *step = &job->steps[i];
		_cleanup_fd_ int fd = beneath_open(&root->beneath, step->destination, O_PATH,
			step->destination_nofollow ? BENEATH_NOFOLLOW : 0, err);

		if (fd < 0 || mount_detach(fd, job->procfs, err) < 0)
			return err_point(err, step->pointer, "%s", step->destination);
	}
	return 0;
}

static int work(const struct hotplug_job *job, struct mount_fds *fds, struct err *err)
{
	_cleanup_fd_ int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct mount_root root = {
		.beneath = { .root = top },
		.ns = job->ns,
		.cgroups = job->cgroups,
		.setup_propagation = MS_SLAVE,
	};

	if (top < 0)
		return err_sys(err, "open /");
	return job->remove ? take_away(job, &root, err) : add(job, &root, fds, err);
}

/* A pid namespace is entered by children only. */
static int work_inside(
	const struct hotplug_job *job, struct mount_fds *fds, int sock, struct err *err)
{
	_cleanup_fd_ int pidfd = -1;
	siginfo_t info;
	pid_t pid = ns_clone(0, -1, &pidfd, err);

	if (pid < 0)
		return -1;
	if (pid > 0) {
		if (ns_reap(pid, pidfd, &info, err) < 0)
			return -1;
		_exit(0); /* the other one has said what there is to say */
	}
	if (ns_pdeathsig(SIGKILL, err) < 0 || work(job, fds, err) < 0)
		msg_send_error(sock, err);
	else if (msg_send(sock, MSG_READY, -1, err) < 0)
		_exit(1);
	_exit(0);
}

/* The files that are copied are the container's memory. Where that does not do it is this process that
 * the kernel kills, and none of the container's. */
static int take_place(const struct hotplug_job *job, struct err *err)
{
	if (procfs_oom_score_adj(job->procfs, getpid(), OOM_SCORE_ADJ_MAX, err) < 0)
		return -1;
	return cgroup_join(job->cgroups, job->procfs, job->init_pid, false, err);
}

/* An ordinary user's binds: what the caller sees is cloned in a copy of its mount namespace that the
 * container's user namespace owns, for only there is the right to do so. *all is what is left to enter. */
static int open_sources(
	const struct hotplug_job *job, struct mount_fds *fds, unsigned *all, struct err *err)
{
	if ((*all & CLONE_NEWUSER) != 0 &&
		(ns_enter(job->init_pidfd, CLONE_NEWUSER, err) < 0 || cred_set_ids(0, 0, err) < 0))
		return -1;
	*all &= ~(unsigned) CLONE_NEWUSER;
	if (ns_unshare(CLONE_NEWNS, err) < 0)
		return -1;
	for (size_t i = 0; i < job->count; i++)
		if (mounts_open_source(&job->steps[i], &fds[i], err) < 0)
			return -1;
	return 0;
}

static int enter_and_work(
	const struct hotplug_job *job, struct mount_fds *fds, int sock, struct err *err)
{
	const bool pid = needs_pid_namespace(job);
	unsigned all = job->ns->all & ~(unsigned) CLONE_NEWTIME;

	if (!pid)
		all &= ~(unsigned) CLONE_NEWPID;
	/* While /proc/self is ours: an ordinary user's is root's afterwards. */
	if (copies(job) && take_place(job, err) < 0)
		return -1;
	/* Before anything is joined. */
	if (ns_dumpable(false, err) < 0 || ns_pdeathsig(SIGKILL, err) < 0)
		return -1;
	if (!job->remove && !job->privileged && open_sources(job, fds, &all, err) < 0)
		return -1;
	if (ns_enter(job->init_pidfd, (int) all, err) < 0)
		return -1;
	if ((all & CLONE_NEWUSER) != 0 && cred_set_ids(0, 0, err) < 0)
		return -1;
	(void) cred_umask(0022);
	return pid ? work_inside(job, fds, sock, err) : work(job, fds, err);
}

__attribute__((noreturn)) static void child(
	const struct hotplug_job *job, struct mount_fds *fds, int sock)
{
	struct err err = { 0 };

	if (enter_and_work(job, fds, sock, &err) < 0 || msg_send(sock, MSG_READY, -1, &err) < 0)
		msg_send_error(sock, &err);
	_exit(0);
}

/* ---- the caller's side -------------------------------------------------------------------------- */

static int run_child(const struct hotplug_job *job, struct mount_fds *fds, struct err *err)
{
	_cleanup_fd_ int ours = -1, theirs = -1, pidfd = -1;
	pid_t pid;
	int got;

	if (msg_pair(&ours, &theirs, err) < 0)
		return -1;
	pid = ns_clone(0, -1, &pidfd, err);
	if (pid < 0)
		return -1;
	if (pid == 0)
		child(job, fds, theirs);
	fd_close(&theirs);
	got = msg_wait(ours, pidfd, time_deadline_ms(CHILD_MS), MSG_READY, MSG_READY, 0, NULL, err);
	child_end(
		pid, pidfd, time_deadline_ms(END_MS), "the process that mounts into the container");
	if (got < 0 && err->code == ERR_CHILD && copies(job))
		return err_ctx(err, "tmpcopyup: the container's limit of memory may be too low");
	return got < 0 ? -1 : 0;
}

int hotplug(const struct hotplug_job *job, struct err *err)
{
	struct mount_fds *fds = arena_array(job->arena, job->count + 1, sizeof(*fds));
	uint64_t before;
	int result = 0;

	if ((job->ns->all & CLONE_NEWNS) == 0)
		return err_set(err, ERR_STATE, "the container has no mount namespace of its own");
	if (mounts_make_room(job->count, &before, err) < 0)
		return -1;
	for (size_t i = 0; i < job->count; i++)
		fds[i] = (struct mount_fds) MOUNT_FDS_INIT;
	for (size_t i = 0; result == 0 && !job->remove && i < job->count; i++)
		result = mounts_open(job->ns, &job->steps[i], job->privileged, job->procfs,
			job->arena, &fds[i], err);
	if (result == 0)
		result = run_child(job, fds, err);
	for (size_t i = 0; i < job->count; i++)
		mounts_close(&fds[i]);
	return result;
}
