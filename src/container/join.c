/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/join.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/time.h"
#include "container/console.h"
#include "container/msg.h"
#include "kernel/cred.h"
#include "kernel/keyring.h"
#include "kernel/mount.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "kernel/sched.h"
#include "kernel/sock.h"
#include "plan/seccomp.h"

enum { STEP_MS = 60 * 1000 };

/* ---- the child's side --------------------------------------------------------------------------- */

static int die_with_parent(int sock, struct err *err)
{
	if (ns_pdeathsig(SIGKILL, err) < 0)
		return -1;
	if (sock_is_closed(sock))
		_exit(1);
	return 0;
}

static int set_cpus(const struct cpu_set_plan *cpus, const char *pointer, struct err *err)
{
	if (cpus->mask == NULL)
		return 0;
	if (sched_set_affinity(0, (const unsigned char *) cpus->mask, (cpus->bits + 7) / 8, err) <
		0)
		return err_place(err, pointer);
	return 0;
}

/* Its place, as long as it has the rights of the runtime and sees the host's paths. */
static int take_place(const struct join_job *job, bool born_inside, struct err *err)
{
	const struct proc_plan *proc = job->proc;

	if (create_oom_score(job->procfs, proc, getpid(), err) < 0 ||
		set_cpus(&proc->affinity_initial, "/process/execCPUAffinity/initial", err) < 0 ||
		cgroup_join(job->cgroups, job->procfs, job->init_pid, born_inside, err) < 0)
		return -1;
	return set_cpus(&proc->affinity_final, "/process/execCPUAffinity/final", err);
}

/* Before Linux 5.8 a pidfd is no key to namespaces, and one by one is the way; the user namespace
 * first, for it gives the right to enter the others. */
static int enter_one_by_one(const struct join_job *job, struct err *err)
{
	static const int order[] = { CLONE_NEWUSER, CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWUTS,
		CLONE_NEWNET, CLONE_NEWPID, CLONE_NEWTIME, CLONE_NEWNS };
	enum { COUNT = sizeof(order) / sizeof(order[0]) };
	int fds[COUNT];
	int result = 0;

	for (size_t i = 0; i < COUNT; i++) {
		fds[i] = -1;
		if (result == 0 && (job->ns->all & (unsigned) order[i]) != 0) {
			fds[i] = procfs_open_ns(job->procfs, job->init_pid, ns_name(order[i]), err);
			result = fds[i] < 0 ? -1 : 0;
		}
	}
	/* It lives, so its number was no other process's while they were opened. */
	if (result == 0)
		result = ns_pidfd_send(job->init_pidfd, 0, err);
	for (size_t i = 0; i < COUNT; i++) {
		if (result == 0 && fds[i] >= 0)
			result = ns_enter(fds[i], order[i], err);
		fd_close(&fds[i]);
	}
	return result;
}

static int enter_namespaces(const struct join_job *job, struct err *err)
{
	_cleanup_fd_ int root = -1;

	/* A container without a mount namespace of its own lives below a root alone. */
	if ((job->ns->all & CLONE_NEWNS) == 0) {
		root = procfs_open_root(job->procfs, job->init_pid, err);
		if (root < 0 || ns_pidfd_send(job->init_pidfd, 0, err) < 0)
			return -1;
	}
	/* As for init: in there it may be denied. */
	if ((job->ns->all & CLONE_NEWUSER) != 0 && !job->proc->keep_groups &&
		cred_drop_groups(err) < 0)
		return -1;
	if (job->ns->all != 0 && ns_enter(job->init_pidfd, (int) job->ns->all, err) < 0) {
		if (err->num == ESRCH)
			return err_set(err, ERR_NOT_RUNNING, "container not running");
		if (err->num != EINVAL && err->num != EBADF)
			return -1;
		err_drop(err);
		if (enter_one_by_one(job, err) < 0)
			return -1;
	}
	if (root >= 0 && mount_chroot(root, err) < 0)
		return -1;
	/* Files are reached as the container's root. Where it has none the capabilities do. */
	if ((job->ns->all & CLONE_NEWUSER) != 0 && cred_set_ids(0, 0, err) < 0)
		err_drop(err);
	return 0;
}

static int new_keyring(const struct proc_plan *proc, struct err *err)
{
	if (proc->keyring != NULL && keyring_join(proc->keyring, err) < 0) {
		log_warning("session keyring: %s", err->text);
		err_drop(err);
	}
	return 0;
}

/* A master in the parent's hands, a slave in ours. */
static int open_terminal(const struct join_job *job, const struct beneath *root, int sock,
	int *ret_slave, struct err *err)
{
	_cleanup_fd_ int master = -1;

	if (!job->proc->terminal)
		return 0;
	if (console_open(job->proc, root, &master, ret_slave, err) < 0)
		return -1;
	return msg_send(sock, MSG_CONSOLE, master, err);
}

/* What stays open behind the fds that pass. */
struct kept {
	int sock;
	int slave; /* of the terminal, or -1 */
	int listener_socket; /* of the seccomp agent, or -1 */
};

/* Outside of the container's pid namespace: everything that needs a right or a descriptor. */
static int prepare(const struct join_job *job, bool born_inside, struct kept *kept,
	struct proc_ready *ready, struct err *err)
{
	int *const extra[] = { &kept->sock, &kept->slave, &kept->listener_socket };
	int *const sock = &kept->sock;
	const struct proc_plan *proc = job->proc;
	struct beneath root = { .root = -1 };

	if (die_with_parent(*sock, err) < 0 || take_place(job, born_inside, err) < 0)
		return -1;
	/* Before anything is joined. */
	if (ns_dumpable(false, err) < 0)
		return -1;
	/* Its own process group: ioprio is a group's. */
	if (ns_setsid(err) < 0 || enter_namespaces(job, err) < 0)
		return -1;
	if (ns_dumpable(false, err) < 0 || new_keyring(proc, err) < 0)
		return -1;
	root.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root.root < 0)
		return err_sys(err, "open /");
	if (open_terminal(job, &root, *sock, &kept->slave, err) < 0 ||
		proc_prepare(proc, job->procfs, &root, ready, err) < 0)
		return -1;
	if (proc_close_others(proc->keep_fds, extra, 3, err) < 0)
		return -1;
	return die_with_parent(*sock, err);
}

/* Inside. */
static int become(const struct join_job *job, struct kept *kept, const struct proc_ready *ready,
	struct err *err)
{
	struct proc_filter filter = job->filter;
	pid_t pid;

	if (die_with_parent(kept->sock, err) < 0)
		return -1;
	if (ns_setsid(err) < 0 || (kept->slave >= 0 && console_take(&kept->slave, err) < 0))
		return -1;
	if (msg_wait_pid(kept->sock, time_deadline_ms(STEP_MS), MSG_GO, &pid, err) < 0)
		return -1;
	filter.listener_socket = kept->listener_socket;
	if (filter.listener_socket >= 0)
		filter.listener_state = plan_process_state_json(
			job->arena, pid, job->proc->seccomp->listener_metadata, &job->state);
	if (ns_pdeathsig(0, err) < 0)
		return -1;
	return proc_become(job->proc, ready, &filter, &kept->sock, err);
}

__attribute__((noreturn)) static void join_main(
	const struct join_job *job, bool born_inside, int sock, const struct word *word)
{
	struct kept kept = { sock, -1, job->filter.listener_socket };
	struct proc_ready ready = { .scheduler_pending = false };
	struct err err = { 0 };
	int pidfd = -1;
	pid_t pid;

	log_redirect(msg_send_log, &kept.sock);
	if (prepare(job, born_inside, &kept, &ready, &err) < 0)
		goto failed;
	pid = ns_clone_sibling(&err, &pidfd);
	if (pid < 0) {
		if (err.num == EAGAIN)
			(void) err_ctx(
				&err, "the cgroup's limit of processes leaves no room for two");
		goto failed;
	}
	if (pid > 0) {
		if (msg_send(kept.sock, MSG_PID, pidfd, &err) == 0)
			_exit(0);
		/* Nobody is there to tell; the other one sees that as well. */
		_exit(1);
	}
	if (become(job, &kept, &ready, &err) == 0)
		__builtin_unreachable();
failed:
	word_leave(word, &err);
	msg_send_error(kept.sock, &err);
	_exit(1);
}

/* ---- the parent's side -------------------------------------------------------------------------- */

/* Born in its v2 cgroup where that is possible; not where the CPUs before the move are given, nor where an
 * ordinary user may not, but has a manager who moves it. */
static pid_t clone_first(
	const struct join_job *job, bool *ret_inside, int *ret_pidfd, struct err *err)
{
	_cleanup_fd_ int cgroup = -1;
	pid_t pid;

	*ret_inside = false;
	if (job->proc->affinity_initial.mask == NULL)
		cgroup = cgroup_clone_fd(job->cgroups, err);
	if (cgroup < -1)
		return -1;
	if (cgroup >= 0) {
		pid = ns_clone(0, cgroup, ret_pidfd, err);
		*ret_inside = true;
		if (pid >= 0 ||
			(err->num != ENOSYS && err->num != EBUSY && err->num != EINVAL &&
				err->num != E2BIG && err->num != EACCES))
			return pid;
		err_drop(err);
		*ret_inside = false;
	}
	return ns_clone(0, -1, ret_pidfd, err);
}

static int take_second(
	const struct join_job *job, struct created *child, uint64_t deadline, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	int got = msg_wait(child->sock, child->pidfd, deadline, MSG_PID, MSG_CONSOLE, 0, &fd, err);

	if (got == MSG_CONSOLE) {
		child->terminal = TAKE_FD(fd);
		got = msg_wait(child->sock, child->pidfd, deadline, MSG_PID, MSG_PID, 0, &fd, err);
	}
	if (got < 0)
		return -1;
	return create_adopt(job->procfs, &fd, child, err);
}

int join_spawn(const struct join_job *job, struct created *ret, struct err *err)
{
	const uint64_t deadline = job->may_be_frozen ? UINT64_MAX : time_deadline_ms(STEP_MS);
	_cleanup_fd_ int parent_sock = -1, sock = -1;
	bool inside;
	pid_t pid;

	if (msg_pair(&parent_sock, &sock, err) < 0)
		return -1;
	if (job->proc->seccomp != NULL)
		word_open_inherited(&ret->word);
	pid = clone_first(job, &inside, &ret->pidfd, err);
	if (pid == 0) {
		fd_close(&parent_sock);
		join_main(job, inside, sock, &ret->word);
	}
	if (pid < 0)
		return -1;
	ret->pid = pid;
	ret->sock = TAKE_FD(parent_sock);
	fd_close(&sock);
	if (take_second(job, ret, deadline, err) < 0)
		return -1;
	return proc_raise_limits(job->proc, ret->pid, err);
}

int join_release(const struct join_job *job, struct created *child, struct err *err)
{
	const uint64_t deadline = job->may_be_frozen ? UINT64_MAX : time_deadline_ms(STEP_MS);

	/* The first one's end takes a tenth of a millisecond, in which the second one is under way. */
	if (msg_send_pid(child->sock, MSG_GO, child->pid, err) < 0 ||
		create_reap_first(child, err) < 0 ||
		word_wait_exec(&child->word, child->sock, child->pidfd, deadline, err) < 0)
		return -1;
	fd_close(&child->sock);
	return 0;
}
