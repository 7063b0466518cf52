/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/init.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/time.h"
#include "container/cgroup.h"
#include "container/console.h"
#include "container/hooks.h"
#include "container/msg.h"
#include "container/proc.h"
#include "container/rootfs.h"
#include "container/seccomp.h"
#include "container/streams.h"
#include "container/word.h"
#include "kernel/cred.h"
#include "kernel/keyring.h"
#include "kernel/lsm.h"
#include "kernel/net.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "kernel/rlimit.h"
#include "kernel/signals.h"
#include "kernel/sock.h"
#include "plan/seccomp.h"
#include "plan/state_json.h"

enum {
	DOOR_MS = 10 * 1000, /* for one that connects to the barrier */
	PARENT_MS = 600 * 1000, /* for a step of the parent's; its hooks come on top of it */
};

/* In it from execve on, or from birth where a second clone comes. */
static int make_time_namespace(const struct ns_plan *ns, int offsets, struct err *err)
{
	const size_t length = ns->time_offsets != NULL ? strlen(ns->time_offsets) : 0;

	if (ns_unshare(CLONE_NEWTIME, err) < 0)
		return -1;
	if (length != 0 && write(offsets, ns->time_offsets, length) != (ssize_t) length)
		return err_sys(err, "write /proc/self/timens_offsets");
	return 0;
}

/* One namespace to join. Where the user namespace is still to come (`before_user`), a refusal means
 * that it gives the right. */
static int join_one(const struct ns_join *join, int *fd, bool before_user, struct err *err)
{
	if (ns_enter(*fd, join->flag, err) < 0) {
		if (!before_user || err->num != EPERM)
			return err_point(err, join->pointer, "%s", join->path);
		err_drop(err);
		return 0;
	}
	fd_close(fd);
	if (join->flag == CLONE_NEWUSER && cred_set_ids(0, 0, err) < 0)
		return -1;
	return 0;
}

/* A user namespace that is joined gives the right for what it owns and takes that for what was there
 * before it: so each of the others is tried in front of it first, but never the mount namespace, which
 * comes last. */
static int join_namespaces(const struct ns_plan *ns, struct init_fds *fds, struct err *err)
{
	const bool user = ns->user == NS_USER_JOINED;

	for (size_t i = 0; i < ns->child_join_count; i++) {
		const struct ns_join *join = &ns->child_joins[i];

		if (join->flag != CLONE_NEWUSER && join->flag != CLONE_NEWNS &&
			join_one(join, &fds->joins[i], user, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < ns->child_join_count; i++)
		if (fds->joins[i] >= 0 && ns->child_joins[i].flag != CLONE_NEWNS &&
			join_one(&ns->child_joins[i], &fds->joins[i], false, err) < 0)
			return -1;
	for (size_t i = 0; i < ns->child_join_count; i++)
		if (fds->joins[i] >= 0 &&
			join_one(&ns->child_joins[i], &fds->joins[i], false, err) < 0)
			return -1;
	return 0;
}

/* Behind a joined user namespace the new ones are unshared here, so that it owns them; behind others
 * that are joined, so is a new user namespace. Another pid namespace takes effect for children only. */
static int enter_namespaces(
	const struct ns_plan *ns, struct init_fds *fds, int time_offsets, struct err *err)
{
	if (join_namespaces(ns, fds, err) < 0)
		return -1;
	if (ns->unshare != 0 && ns_unshare(ns->unshare, err) < 0)
		return -1;
	if (ns->time == NS_TIME_CHILD && make_time_namespace(ns, time_offsets, err) < 0)
		return err_place(err, "/linux/timeOffsets");
	if (ns->second_clone) {
		_cleanup_fd_ int pidfd = -1;
		pid_t pid = ns_clone_sibling(err, &pidfd);

		if (pid < 0)
			return -1;
		if (pid > 0) {
			struct err late;

			if (msg_send(fds->sock, MSG_PID, pidfd, &late) < 0) {
				if (ns_pidfd_send(pidfd, SIGKILL, &late) < 0)
					err_drop(&late);
				_exit(1);
			}
			_exit(0);
		}
	}
	return 0;
}

/* The kernel clears the death signal at every change of ids; the parent may have died in between,
 * which an end of file on the socket tells. */
static int die_with_parent(const struct init_fds *fds, struct err *err)
{
	if (ns_pdeathsig(SIGKILL, err) < 0)
		return -1;
	if (sock_is_closed(fds->sock))
		_exit(1);
	return 0;
}

/* The container's own session keyring. Kernels and sandboxes without keyrings do without. */
static int new_keyring(const struct proc_plan *proc, int procfs, struct err *err)
{
	if (proc->keyring == NULL)
		return 0;
	/* The program could not use a keyring with the runtime's label. */
	if (proc->selinux != NULL && lsm_set_selinux_key(procfs, proc->selinux, err) < 0)
		return err_place(err, "/process/selinuxLabel");
	if (keyring_join(proc->keyring, err) < 0) {
		log_warning("session keyring: %s", err->text);
		err_drop(err);
	}
	if (proc->selinux != NULL && lsm_set_selinux_key(procfs, NULL, err) < 0)
		return err_place(err, "/process/selinuxLabel");
	return 0;
}

static int name_the_host(const struct plan *plan, struct err *err)
{
	if (plan->hostname != NULL && ns_set_hostname(plan->hostname, err) < 0)
		return err_place(err, "/hostname");
	if (plan->domainname != NULL && ns_set_domainname(plan->domainname, err) < 0)
		return err_place(err, "/domainname");
	return 0;
}

static int write_sysctls(const struct plan *plan, int procfs, struct err *err)
{
	for (size_t i = 0; i < plan->sysctl_count; i++) {
		const struct sysctl_plan *sysctl = &plan->sysctls[i];

		if (procfs_write_sysctl(procfs, sysctl->path, sysctl->value, err) < 0)
			return err_place(err, sysctl->pointer);
	}
	return 0;
}

bool init_asks_for_hooks(const struct plan *plan)
{
	return plan->hooks[HOOK_PRESTART].count + plan->hooks[HOOK_CREATE_RUNTIME].count +
		plan->hooks[HOOK_CREATE_CONTAINER].count + plan->net.count !=
		0;
}

/* Hooks in here see the first process by the number that it has here. */
static int run_hooks_here(const struct init_job *job, enum hook_kind kind, const char *status,
	const char *cwd, struct err *err)
{
	const struct plan *plan = job->plan;

	if (plan->hooks[kind].count == 0)
		return 0;
	return hooks_run(&plan->hooks[kind], kind,
		plan_state_json(
			job->arena, plan->id, status, getpid(), plan->bundle, plan->annotations),
		cwd, NULL, err);
}

/* Where createContainer hooks begin: in the container's root; where the ids of a user namespace may not walk
 * there, at the top. */
static const char *hooks_directory(const struct plan *plan)
{
	return access(plan->rootfs.path, X_OK) == 0 ? plan->rootfs.path : "/";
}

/* What goes to the seccomp agent, which is on the runtime's side, as is the procfs. */
static int describe_listener(
	const struct init_job *job, const struct init_fds *fds, const char **ret, struct err *err)
{
	const struct plan *plan = job->plan;
	pid_t pid;

	if (fds->listener_socket < 0)
		return 0;
	pid = procfs_self(fds->procfs, err);
	if (pid < 0)
		return -1;
	*ret = plan_process_state_json(job->arena, pid, plan->proc.seccomp->listener_metadata,
		&(struct state_facts){
			plan->id, "creating", pid, plan->bundle, plan->annotations });
	return 0;
}

/* From the clone to the point where nothing but start is missing. The order is the reason for this
 * function: each line says why it stands where it stands. */
static int set_up(const struct init_job *job, struct init_fds *fds, struct proc_ready *ready,
	struct proc_filter *filter, struct err *err)
{
	const struct plan *plan = job->plan;
	struct rootfs root = ROOTFS_INIT;
	_cleanup_fd_ int time_offsets = -1;

	/* Not dumpable, a process does not own its files in /proc: this one is opened before. */
	if (plan->ns.time == NS_TIME_CHILD && plan->ns.time_offsets != NULL) {
		time_offsets = procfs_open_file(fds->procfs, "self/timens_offsets", O_WRONLY, err);
		if (time_offsets < 0)
			return err_place(err, "/linux/timeOffsets");
	}
	/* First of all: it still has the runtime's rights and sees the host's paths. */
	if (cgroup_is_entered(&plan->cgroup, job->cgroups) &&
		cgroup_enter(job->cgroups, 0, job->born_inside, err) < 0)
		return -1;
	/* Before anything is joined: a process in there must not be able to trace this one. The
	 * parent without privileges can write the id maps of a dumpable child alone. */
	if (!plan->ns.dumpable_until_mapped && ns_dumpable(false, err) < 0)
		return -1;
	if (die_with_parent(fds, err) < 0)
		return -1;
	/* Behind a user namespace where setgroups is denied the caller's groups could not be dropped any
	 * more. */
	if (plan->ns.user == NS_USER_JOINED && !plan->proc.keep_groups && cred_drop_groups(err) < 0)
		return -1;
	if (enter_namespaces(&plan->ns, fds, time_offsets, err) < 0)
		return -1;
	/* With its ids mapped; in its cgroups where that matters below. */
	if (msg_wait(fds->sock, -1, time_deadline_ms(PARENT_MS), MSG_MAPPED, MSG_MAPPED, 0, NULL,
		    err) < 0)
		return -1;
	if (plan->ns.user == NS_USER_NEW && cred_set_ids(0, 0, err) < 0)
		return -1;
	if (ns_dumpable(false, err) < 0 || die_with_parent(fds, err) < 0)
		return -1;
	/* A session of its own: no controlling terminal of the caller's is left to push keys into. */
	if (ns_setsid(err) < 0 || new_keyring(&plan->proc, fds->procfs, err) < 0)
		return -1;
	/* Behind the placement, or the root of the new cgroup namespace would be the caller's. */
	if (plan->ns.unshare_cgroup && ns_unshare(CLONE_NEWCGROUP, err) < 0)
		return -1;
	if (plan->ns.loopback && net_loopback_up(err) < 0)
		return -1;

	/* The tree is built in the host's view, so that hooks see both. */
	if (rootfs_build(plan, job->cgroups, fds, &root, err) < 0)
		return -1;
	if (fds->files_lifted && rlimit_lower(RLIMIT_NOFILE, fds->files_before, err) < 0)
		return -1;
	/* prestart and createRuntime hooks run on the other side, createContainer here. */
	if (init_asks_for_hooks(plan) &&
		(msg_send(fds->sock, MSG_HOOKS, -1, err) < 0 ||
			msg_wait(fds->sock, -1,
				time_deadline_ms(PARENT_MS +
					hooks_limit_ms(&plan->hooks[HOOK_PRESTART]) +
					hooks_limit_ms(&plan->hooks[HOOK_CREATE_RUNTIME])),
				MSG_HOOKS_DONE, MSG_HOOKS_DONE, 0, NULL, err) < 0))
		return -1;
	if (run_hooks_here(job, HOOK_CREATE_CONTAINER, "creating", hooks_directory(plan), err) <
			0 ||
		describe_listener(job, fds, &filter->listener_state, err) < 0)
		return -1;
	if (rootfs_enter(plan, &root, err) < 0)
		return -1;
	/* The terminal before the masks would keep a way around them open: masks first. */
	if (rootfs_finish(plan, &root, err) < 0)
		return -1;
	if (name_the_host(plan, err) < 0 || write_sysctls(plan, fds->procfs, err) < 0)
		return -1;
	if (plan->proc.terminal && console_set_up(plan, &root, fds, err) < 0)
		return -1;
	if (streams_own_null(&root.beneath, err) < 0)
		return -1;
	if (rootfs_seal(plan, &root, err) < 0)
		return -1;
	if (proc_prepare(&plan->proc, fds->procfs, &root.beneath, ready, err) < 0)
		return -1;
	rootfs_done(&root);
	fd_close(&fds->procfs);
	/* From here on it may wait for long, where whoever may trace it could take what it holds: what the
	 * runtime's caller has left open is closed as well. */
	if (proc_close_others(plan->proc.keep_fds,
		    (int *const[]){ &fds->sock, &fds->barrier, &fds->listener_socket }, 3, err) < 0)
		return -1;
	if (die_with_parent(fds, err) < 0)
		return -1;
	return 0;
}

/* Nobody without CAP_SYS_PTRACE can join the namespaces of a process that is not dumpable, as this one is until
 * it has become the program: exec asks for it, and it lasts as long as the asking connection, ten seconds
 * at most. */
static void let_enter(int caller)
{
	struct err err = { 0 };

	if (ns_dumpable(true, &err) < 0 || msg_send(caller, MSG_READY, -1, &err) < 0 ||
		msg_wait(caller, -1, time_deadline_ms(DOOR_MS), MSG_START, MSG_START, 1, NULL,
			&err) < 0)
		err_drop(&err);
	if (ns_dumpable(false, &err) < 0)
		_exit(1);
}

/* Waits at the barrier without a bound: that is what `created` means. Returns the socket on which
 * START came; a caller that connects and leaves again is let go. */
static int wait_for_start(struct init_fds *fds, int *ret_word, struct err *err)
{
	if (fds->barrier < 0) {
		if (msg_wait(fds->sock, -1, UINT64_MAX, MSG_START, MSG_START, 0, ret_word, err) < 0)
			return -1;
		return TAKE_FD(fds->sock);
	}
	fd_close(&fds->sock);
	for (;;) {
		_cleanup_fd_ int caller = sock_accept(fds->barrier, err);
		int got;

		if (caller < 0)
			return -1;
		got = msg_wait(caller, -1, time_deadline_ms(DOOR_MS), MSG_START, MSG_ENTER, 1,
			ret_word, err);
		if (got == MSG_START)
			return TAKE_FD(caller);
		if (got == MSG_ENTER)
			let_enter(caller);
		else
			err_drop(err);
	}
}

void init_main(const struct init_job *job, struct init_fds *fds)
{
	struct proc_ready ready = { .scheduler_pending = false };
	struct proc_filter filter = { .listener_socket = -1 };
	struct err err = { 0 };
	struct word word = WORD_INIT;
	int caller, word_fd = -1;

	for (size_t i = 0; i < fds->not_mine_count; i++) {
		int fd = fds->not_mine[i];

		fd_close(&fd);
	}
	log_redirect(msg_send_log, &fds->sock);
	if (set_up(job, fds, &ready, &filter, &err) < 0)
		goto failed;
	if (msg_send(fds->sock, MSG_READY, -1, &err) < 0 ||
		msg_wait(fds->sock, -1, time_deadline_ms(PARENT_MS), MSG_GO, MSG_GO, 0, NULL,
			&err) < 0)
		goto failed;
	if (job->filter != NULL)
		filter_box_open(job->filter, &filter);
	/* The container is created and outlives its creator from here on. */
	if (ns_pdeathsig(0, &err) < 0)
		goto failed;
	/* Until here one that the terminal sends to both was the parent's to heed. */
	if (job->signals != NULL)
		signals_restore(job->signals);
	caller = wait_for_start(fds, &word_fd, &err);
	if (caller < 0)
		_exit(1);
	if (filter.code == NULL)
		fd_close(&word_fd);
	word_take(&word_fd, &word);
	fds->sock = caller;
	filter.listener_socket = fds->listener_socket;
	fd_close(&fds->barrier);
	if (run_hooks_here(job, HOOK_START_CONTAINER, "created", NULL, &err) < 0)
		goto failed;
	if (proc_become(&job->plan->proc, &ready, &filter, &fds->sock, &err) < 0)
		goto failed;
	__builtin_unreachable();
failed:
	word_leave(&word, &err);
	msg_send_error(fds->sock, &err);
	_exit(1);
}
