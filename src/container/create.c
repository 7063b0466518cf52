/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/create.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/time.h"
#include "container/devices.h"
#include "container/foreign.h"
#include "container/hooks.h"
#include "container/init.h"
#include "container/mounts.h"
#include "container/msg.h"
#include "container/netdev.h"
#include "container/proc.h"
#include "container/usermap.h"
#include "kernel/mount.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "kernel/rlimit.h"
#include "kernel/signals.h"
#include "kernel/sock.h"
#include "plan/seccomp.h"

enum {
	CHILD_MS = 600 * 1000, /* for a step of its own; hooks come on top of it */
	END_MS = 10 * 1000,
};

static void end_one(pid_t *pid, int *pidfd, uint64_t deadline_ns)
{
	struct err late;

	if (*pid > 0 && ns_end(*pid, *pidfd, deadline_ns, &late) < 0) {
		log_warning("%s", late.text);
		/* Whoever asks again finds it. */
		if (late.code == ERR_TIMEOUT)
			return;
		err_drop(&late);
	}
	*pid = 0;
	fd_close(pidfd);
}

void created_end_within(struct created *child, uint64_t deadline_ns)
{
	fd_close(&child->sock);
	end_one(&child->pid, &child->pidfd, deadline_ns);
	end_one(&child->first_pid, &child->first_pidfd, deadline_ns);
	word_close(&child->word);
	fd_close(&child->terminal);
	fd_close(&child->netns);
}

void created_end(struct created *child)
{
	created_end_within(child, time_deadline_ms(END_MS));
}

/* ---- spawn -------------------------------------------------------------------------------------- */

static int open_joins(const struct ns_join *joins, size_t count, int *fds, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		int own;

		fds[i] = ns_open(joins[i].path, joins[i].flag, err);
		if (fds[i] < 0)
			return err_place(err, joins[i].pointer);
		/* The root would be changed under the feet of all that live in there, ourselves too. */
		own = joins[i].flag == CLONE_NEWNS ? ns_is_own(fds[i], CLONE_NEWNS, err) : 0;
		if (own < 0)
			return err_place(err, joins[i].pointer);
		if (own > 0)
			return err_at(err, joins[i].pointer,
				"%s is the mount namespace that the runtime itself lives in",
				joins[i].path);
	}
	return 0;
}

/* Trees that a privileged parent clones where their paths mean what the configuration meant. */
static int open_trees(const struct create_job *job, struct init_fds *fds, struct err *err)
{
	const struct rootfs_plan *rootfs = &job->plan->rootfs;
	bool ours = rootfs->sources_by_parent;

	if (ours && rootfs->new_mount_ns) {
		fds->root_tree = mount_clone_tree(AT_FDCWD, rootfs->path, true, false, err);
		if (fds->root_tree < 0 && err->num != EPERM)
			return err_place(err, "/root/path");
		/* Root of a user namespace alone does not own the mounts: the child will, in its
		 * copy of them. */
		if (fds->root_tree < 0) {
			ours = false;
			err_drop(err);
		}
	}
	for (size_t i = 0; i < rootfs->step_count; i++)
		if (mounts_open(&job->plan->ns, &rootfs->steps[i], ours, job->procfs, job->arena,
			    &fds->mounts[i], err) < 0)
			return -1;
	if (!ours || !rootfs->new_mount_ns || !rootfs->devices_by_bind)
		return 0;
	fds->device_tree = devices_prepare(&job->plan->ns, rootfs, err);
	if (fds->device_tree >= 0 || (err->num != EPERM && err->num != ENOSYS))
		return fds->device_tree < 0 ? -1 : 0;
	/* No CAP_MKNOD for us either, or no fsopen: the host's nodes will have to do. */
	err_drop(err);
	return 0;
}

/* Whom the child will send something to. */
static int open_sockets(const struct create_job *job, struct init_fds *fds, struct err *err)
{
	const struct seccomp_plan *seccomp = job->plan->proc.seccomp;

	if (job->console_socket != NULL) {
		fds->console_socket = sock_connect_path(job->console_socket, SOCK_STREAM, err);
		if (fds->console_socket < 0)
			return err_ctx(err, "--console-socket");
	}
	if (seccomp != NULL && seccomp->listener_path != NULL) {
		fds->listener_socket = proc_listener_socket(seccomp->listener_path, err);
		if (fds->listener_socket < 0)
			return -1;
	}
	return 0;
}

static void close_init_fds(struct init_fds *fds, const struct plan *plan)
{
	fd_close(&fds->sock);
	fd_close(&fds->root_tree);
	fd_close(&fds->console_socket);
	fd_close(&fds->listener_socket);
	fd_close(&fds->device_tree);
	for (size_t i = 0; i < plan->rootfs.step_count; i++)
		mounts_close(&fds->mounts[i]);
	for (size_t i = 0; i < plan->ns.child_join_count; i++)
		fd_close(&fds->joins[i]);
}

/* The parent's own namespaces, which it leaves for the clone and takes back. */
struct excursion {
	int own[8];
	int flags[8];
	size_t count;
};

static int go_back(struct excursion *trip, struct err *err)
{
	int result = 0;

	while (trip->count > 0) {
		trip->count--;
		if (ns_enter(trip->own[trip->count], trip->flags[trip->count], err) < 0)
			result = -1;
		fd_close(&trip->own[trip->count]);
	}
	return result;
}

static int remember(struct excursion *trip, int flag, struct err *err)
{
	trip->own[trip->count] = ns_open_self(flag, err);
	if (trip->own[trip->count] < 0)
		return -1;
	trip->flags[trip->count++] = flag;
	return 0;
}

/* A child born in a new user namespace may not enter a namespace that the host owns, and a time
 * namespace is entered by children only: so the parent goes there, clones, and comes back. */
static int go_out(
	const struct create_job *job, const int *joins, struct excursion *trip, struct err *err)
{
	const struct ns_plan *ns = &job->plan->ns;

	for (size_t i = 0; i < ns->parent_join_count; i++) {
		const struct ns_join *join = &ns->parent_joins[i];

		if (remember(trip, join->flag, err) < 0 || ns_enter(joins[i], join->flag, err) < 0)
			return err_point(err, join->pointer, "%s", join->path);
	}
	if (ns->time != NS_TIME_PARENT)
		return 0;
	if (remember(trip, CLONE_NEWTIME, err) < 0 || ns_unshare(CLONE_NEWTIME, err) < 0)
		return -1;
	if (ns->time_offsets != NULL &&
		procfs_write(job->procfs, "self/timens_offsets", ns->time_offsets, err) < 0)
		return err_place(err, "/linux/timeOffsets");
	return 0;
}

static int clone_child(
	const struct create_job *job, struct init_fds *fds, struct created *ret, struct err *err)
{
	const struct plan *plan = job->plan;
	struct excursion trip = { .count = 0 };
	struct fd_list joins = { .count = plan->ns.parent_join_count };
	_cleanup_fd_ int cgroup = -1, parent_sock = -1;
	struct err back = { 0 };
	pid_t pid = -1;
	int failed;

	joins.fds = arena_array(job->arena, joins.count + 1, sizeof(int));
	memset(joins.fds, -1, (joins.count + 1) * sizeof(int));
	if (open_joins(plan->ns.parent_joins, joins.count, joins.fds, err) < 0) {
		fd_list_close(&joins);
		return -1;
	}
	if (msg_pair(&parent_sock, &fds->sock, err) < 0)
		return -1;
	/* Where no process may be born it can still be moved to. */
	cgroup = plan->cgroup.full ? -1 : cgroup_clone_fd(job->cgroups, err);
	if (cgroup < -1)
		return -1;
	failed = go_out(job, joins.fds, &trip, err);
	if (failed == 0)
		failed = foreign_mounts(&plan->rootfs, fds->mounts, err);
	if (failed == 0)
		pid = ns_clone_into(
			plan->ns.clone_flags, cgroup, &ret->in_cgroup, &ret->pidfd, err);
	if (pid == 0) {
		const struct init_job init = {
			.plan = plan,
			.cgroups = job->cgroups,
			.born_inside = ret->in_cgroup,
			.filter = job->filter,
			.signals = job->signals,
			.arena = job->arena,
		};

		fd_close(&parent_sock);
		fd_close(&cgroup);
		fd_list_close(&joins);
		for (size_t i = 0; i < trip.count; i++)
			fd_close(&trip.own[i]);
		fds->not_mine = job->private_fds;
		fds->not_mine_count = job->private_fd_count;
		init_main(&init, fds);
	}
	ret->pid = pid > 0 ? pid : 0;
	ret->sock = TAKE_FD(parent_sock);
	fd_list_close(&joins);
	if (go_back(&trip, &back) < 0) {
		*err = back;
		return err_ctx(err, "return from the container's namespaces");
	}
	return pid < 0 ? -1 : 0;
}

static int make_room(const struct create_job *job, struct init_fds *fds, struct err *err)
{
	const int lifted = mounts_make_room(job->plan->rootfs.step_count, &fds->files_before, err);

	fds->files_lifted = lifted > 0;
	return lifted < 0 ? -1 : 0;
}

static int spawn(
	const struct create_job *job, struct init_fds *fds, struct created *ret, struct err *err)
{
	const struct plan *plan = job->plan;

	if (make_room(job, fds, err) < 0 ||
		open_joins(plan->ns.child_joins, plan->ns.child_join_count, fds->joins, err) < 0 ||
		open_trees(job, fds, err) < 0 || open_sockets(job, fds, err) < 0 ||
		cgroup_make(&plan->cgroup, job->cgroups, err) < 0)
		return -1;
	return clone_child(job, fds, ret, err);
}

int create_spawn(const struct create_job *job, struct created *ret, struct err *err)
{
	const struct plan *plan = job->plan;
	struct init_fds fds = {
		.sock = -1,
		.barrier = job->barrier,
		.root_tree = -1,
		.procfs = job->procfs,
		.console_socket = -1,
		.listener_socket = -1,
		.mounts = arena_array(job->arena, plan->rootfs.step_count + 1, sizeof(*fds.mounts)),
		.device_tree = -1,
		.joins = arena_array(job->arena, plan->ns.child_join_count + 1, sizeof(int)),
	};
	struct err late;
	int result;

	for (size_t i = 0; i < plan->rootfs.step_count; i++)
		fds.mounts[i] = (struct mount_fds) MOUNT_FDS_INIT;
	memset(fds.joins, -1, (plan->ns.child_join_count + 1) * sizeof(int));
	result = spawn(job, &fds, ret, err);
	close_init_fds(&fds, plan);
	/* The hooks get the caller's. */
	if (fds.files_lifted && rlimit_lower(RLIMIT_NOFILE, fds.files_before, &late) < 0)
		err_drop(&late);
	return result;
}

/* ---- settle ------------------------------------------------------------------------------------- */

static int write_maps(const struct create_job *job, pid_t pid, struct err *err)
{
	const struct ns_plan *ns = &job->plan->ns;
	const struct id_maps uids = { .uids = ns->maps.uids, .uid_count = ns->maps.uid_count };
	const struct id_maps gids = { .gids = ns->maps.gids, .gid_count = ns->maps.gid_count };

	if (ns->user != NS_USER_NEW)
		return 0;
	if (ns->map_by_helpers)
		return usermap_write_by_helpers(&ns->maps, pid, job->arena, err);
	if (usermap_write(&gids, ns->setgroups_deny, job->procfs, pid, job->arena, err) < 0)
		return err_place(err, "/linux/gidMappings");
	if (usermap_write(&uids, false, job->procfs, pid, job->arena, err) < 0)
		return err_place(err, "/linux/uidMappings");
	return 0;
}

int create_adopt(int procfs, int *take_pidfd, struct created *child, struct err *err)
{
	_cleanup_fd_ int pidfd = TAKE_FD(*take_pidfd);
	char path[64], text[1024];
	const char *word;

	child->first_pid = child->pid;
	child->first_pidfd = TAKE_FD(child->pidfd);
	child->pid = 0;
	(void) snprintf(path, sizeof(path), "self/fdinfo/%d", pidfd);
	if (procfs_read(procfs, path, text, sizeof(text), err) < 0)
		return -1;
	word = strstr(text, "\nPid:\t");
	if (word == NULL || sscanf(word + strlen("\nPid:\t"), "%d", &child->pid) != 1 ||
		child->pid <= 0) {
		child->pid = 0;
		return err_set(
			err, ERR_CHILD, "the second child is not seen in this pid namespace");
	}
	child->pidfd = TAKE_FD(pidfd);
	return 0;
}

int create_reap_first(struct created *child, struct err *err)
{
	siginfo_t info;

	if (child->first_pid > 0 &&
		ns_reap_soon(child->first_pid, child->first_pidfd, &info, err) < 0)
		return -1;
	child->first_pid = 0;
	fd_close(&child->first_pidfd);
	return 0;
}

/* What the child says next, within CHILD_MS and what hooks of its own may take on top. */
static int hear(const struct created *child, uint64_t hooks_ms, enum msg_type one,
	enum msg_type other, int *ret_fd, struct err *err)
{
	const struct until until = { child->pidfd, child->signals };

	return msg_wait_until(child->sock, &until, time_deadline_ms(CHILD_MS + hooks_ms), one,
		other, 0, ret_fd, err);
}

/* Behind a joined user namespace the child cloned a sibling. */
static int adopt(const struct create_job *job, struct created *child, struct err *err)
{
	_cleanup_fd_ int pidfd = -1;

	if (!job->plan->ns.second_clone)
		return 0;
	if (hear(child, 0, MSG_PID, MSG_PID, &pidfd, err) < 0)
		return -1;
	if (create_adopt(job->procfs, &pidfd, child, err) < 0)
		return -1;
	return create_reap_first(child, err);
}

int create_oom_score(int procfs, const struct proc_plan *proc, pid_t pid, struct err *err)
{
	if (!proc->has_oom_score_adj ||
		procfs_oom_score_adj(procfs, pid, proc->oom_score_adj, err) == 0)
		return 0;
	if (!proc->oom_may_fail || (err->num != EACCES && err->num != EPERM))
		return err_place(err, "/process/oomScoreAdj");
	log_warning("oomScoreAdj: %s", err->text);
	err_drop(err);
	return 0;
}

static int place(const struct create_job *job, struct created *child, struct err *err)
{
	if (cgroup_is_entered(&job->plan->cgroup, job->cgroups))
		return 0;
	return cgroup_place(
		&job->plan->cgroup, job->cgroups, job->procfs, child->pid, child->in_cgroup, err);
}

/* A child that is gone has said more than "no such process". */
static int say_why_it_ended(struct created *child, struct err *err)
{
	struct err said;

	if ((err->num == ESRCH || err->num == EPIPE) &&
		hear(child, 0, MSG_READY, MSG_CONSOLE, NULL, &said) < 0)
		*err = said;
	return -1;
}

static int run_hooks(const struct plan *plan, const char *state, struct created *child,
	struct arena *arena, struct err *err)
{
	const struct until until = { child->pidfd, child->signals };

	if (hear(child, 0, MSG_HOOKS, MSG_HOOKS, NULL, err) < 0)
		return -1;
	child->hooks_begun = true;
	/* By now it is in its network namespace, and hooks may expect the devices there. */
	if (plan->net.count > 0) {
		child->netns = netdev_namespace(child->pid, err);
		if (child->netns < 0 ||
			netdev_move(plan->net.devices, plan->net.count, child->netns, arena,
				child->net_names, &child->net_moved, err) < 0)
			return -1;
	}
	if (hooks_run(&plan->hooks[HOOK_PRESTART], HOOK_PRESTART, state, plan->bundle, &until,
		    err) < 0 ||
		hooks_run(&plan->hooks[HOOK_CREATE_RUNTIME], HOOK_CREATE_RUNTIME, state,
			plan->bundle, &until, err) < 0)
		return -1;
	return msg_send(child->sock, MSG_HOOKS_DONE, -1, err) < 0 ? say_why_it_ended(child, err)
								  : 0;
}

int create_let_go(const struct create_job *job, struct created *child, struct err *err)
{
	if (adopt(job, child, err) < 0 || write_maps(job, child->pid, err) < 0 ||
		place(job, child, err) < 0 ||
		rdt_place_process(job->rdt, job->procfs, child->pid, job->arena, err) < 0)
		return -1;
	return msg_send(child->sock, MSG_MAPPED, -1, err) < 0 ? say_why_it_ended(child, err) : 0;
}

int create_settle(const struct create_job *job, const char *state_runtime, struct created *child,
	struct err *err)
{
	const struct plan *plan = job->plan;
	int got;

	if (create_oom_score(job->procfs, &plan->proc, child->pid, err) < 0)
		return say_why_it_ended(child, err);
	if (init_asks_for_hooks(plan) && run_hooks(plan, state_runtime, child, job->arena, err) < 0)
		return -1;
	got = hear(child, hooks_limit_ms(&plan->hooks[HOOK_CREATE_CONTAINER]), MSG_READY,
		MSG_CONSOLE, &child->terminal, err);
	if (got == MSG_CONSOLE)
		got = hear(child, 0, MSG_READY, MSG_READY, NULL, err);
	if (got < 0)
		return -1;
	return proc_raise_limits(&plan->proc, child->pid, err);
}

/* Until the child has heard GO and has taken its death signal off, our end would be its end. It says so
 * by closing its side; where START comes on the same socket, EXEC says it. */
int create_release(const struct create_job *job, struct created *child, struct err *err)
{
	if (msg_send(child->sock, MSG_GO, -1, err) < 0)
		return say_why_it_ended(child, err);
	if (job->barrier < 0)
		return 0;
	return msg_wait_until(child->sock, &(struct until){ -1, child->signals },
		time_deadline_ms(CHILD_MS), MSG_READY, MSG_READY, 1, NULL, err);
}
