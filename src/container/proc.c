/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "container/courier.h"
#include "container/msg.h"
#include "kernel/cap.h"
#include "kernel/cred.h"
#include "kernel/lsm.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"
#include "kernel/rlimit.h"
#include "kernel/sched.h"
#include "kernel/sock.h"
#include "plan/seccomp.h"

enum {
	DEADLINE_POLICY = 6,
	RESET_ON_FORK = 1,
	PASSWD_MAX_BYTES = 16 * 1024 * 1024,
};

/* ---- HOME --------------------------------------------------------------------------------------- */

/* The sixth field of the line whose third is uid. Returns whether it was this line. */
static bool home_of_line(char *line, uint32_t uid, char *home, size_t size)
{
	char *fields[7] = { 0 };
	size_t count = 0;
	uint32_t number;

	for (char *next = line; next != NULL && count < 7;)
		fields[count++] = strsep(&next, ":");
	if (count < 6 || str_to_u32(fields[2], &number) < 0 || number != uid || fields[5][0] != '/')
		return false;
	(void) snprintf(home, size, "HOME=%s", fields[5]);
	return true;
}

/* The image's /etc/passwd is read with a bound, and only if it is a file: it is the image's. Used for
 * HOME alone, never for an identity. */
static void look_up_home(const struct beneath *root, uint32_t uid, char *home, size_t size)
{
	struct err ignored;
	_cleanup_fd_ int fd =
		beneath_open(root, "/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY, 0, &ignored);
	char bytes[8192];
	size_t used = 0, total = 0;
	struct stat info;
	ssize_t got;

	(void) snprintf(home, size, "HOME=/");
	if (fd < 0) {
		err_drop(&ignored);
		return;
	}
	if (fstat(fd, &info) < 0 || !S_ISREG(info.st_mode))
		return;
	while (total < PASSWD_MAX_BYTES &&
		(got = read(fd, bytes + used, sizeof(bytes) - 1 - used)) > 0) {
		char *line = bytes, *end;

		total += (size_t) got;
		used += (size_t) got;
		bytes[used] = '\0';
		while ((end = strchr(line, '\n')) != NULL) {
			*end = '\0';
			if (home_of_line(line, uid, home, size))
				return;
			line = end + 1;
		}
		used -= (size_t) (line - bytes);
		if (used == sizeof(bytes) - 1)
			used = 0; /* a line longer than any true one */
		memmove(bytes, line, used);
	}
	bytes[used] = '\0';
	(void) home_of_line(bytes, uid, home, size);
}

/* ---- the program -------------------------------------------------------------------------------- */

/* Whether the file can be executed by what this process now is. Returns 1, 0 for "look further" (not
 * there; *ret_num says in which way), -1. The words are those that engines match. */
static int try_program(const struct beneath *root, const char *name, const char *path, int *ret_num,
	struct err *err)
{
	_cleanup_fd_ int fd = beneath_open(root, path, O_PATH, 0, err);
	struct stat info;

	if (fd < 0) {
		int num = err->num;

		if (num == ENOENT || num == ENOTDIR) {
			*ret_num = num;
			return 0;
		}
		if (num == EACCES)
			return err_set(
				err, ERR_EXEC_PERMISSION, "exec: \"%s\": permission denied", name);
		return err_ctx(err, "exec: \"%s\"", name);
	}
	if (fstat(fd, &info) < 0)
		return err_sys(err, "stat %s", path);
	if (S_ISDIR(info.st_mode))
		/* Docker before 24 and its client know the kernel's word alone for 126. */
		return err_set(err, ERR_EXEC_PERMISSION,
			"exec: \"%s\": is a directory: permission denied", name);
	if (!S_ISREG(info.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return err_set(err, ERR_EXEC_PERMISSION, "exec: \"%s\": permission denied", name);
	return 1;
}

static int join_path(
	char *to, size_t size, const char *a, size_t a_length, const char *b, struct err *err)
{
	int length = snprintf(to, size, "%.*s/%s", (int) a_length, a, b);

	if (length < 0 || (size_t) length >= size)
		return err_num(err, ENAMETOOLONG, "exec %s", b);
	return 0;
}

/* args[0] with a slash is a path from the working directory; without one it is searched in PATH. */
static int find_program(const struct proc_plan *plan, const struct beneath *root,
	struct proc_ready *ret, struct err *err)
{
	const char *name = plan->argv[0], *dir = plan->path_env;
	struct err denied = { 0 };
	int found, num = 0;

	if (strchr(name, '/') != NULL) {
		char path[sizeof(ret->path)];

		if ((size_t) snprintf(ret->path, sizeof(ret->path), "%s", name) >=
			sizeof(ret->path))
			return err_num(err, ENAMETOOLONG, "exec %s", name);
		/* The kernel starts where we stand, and so does a script that looks for its name. */
		if (join_path(path, sizeof(path), plan->cwd, name[0] == '/' ? 0 : strlen(plan->cwd),
			    name + strspn(name, "/"), err) < 0)
			return -1;
		found = try_program(root, name, path, &num, err);
		if (found == 0)
			return err_set(err, ERR_EXEC_NOT_FOUND, "exec: \"%s\": stat %s: %s", name,
				ret->path,
				num == ENOTDIR ? "not a directory" : "no such file or directory");
		return found < 0 ? -1 : 0;
	}
	while (dir != NULL && dir[0] != '\0') {
		size_t length = strcspn(dir, ":");

		if (length > 0 && dir[0] == '/') {
			if (join_path(ret->path, sizeof(ret->path), dir, length, name, err) < 0)
				return -1;
			found = try_program(root, name, ret->path, &num, &denied);
			if (found > 0)
				return 0;
		}
		dir += length + (dir[length] == ':');
	}
	if (denied.code == ERR_EXEC_PERMISSION) {
		*err = denied;
		return -1;
	}
	return err_set(
		err, ERR_EXEC_NOT_FOUND, "exec: \"%s\": executable file not found in $PATH", name);
}

/* ---- working directory -------------------------------------------------------------------------- */

/* The directory is opened below the root, so that no link and no fd of the host is a way to it. */
static int change_directory(
	const struct proc_plan *plan, const struct beneath *root, struct err *err)
{
	_cleanup_fd_ int fd = beneath_open(root, plan->cwd, O_PATH | O_DIRECTORY, 0, err);
	char where[4096];

	if (fd < 0)
		return err_place(err, "/process/cwd");
	if (fchdir(fd) < 0) {
		(void) err_sys(err, "chdir %s", plan->cwd);
		return err_place(err, "/process/cwd");
	}
	if (getcwd(where, sizeof(where)) == NULL || where[0] != '/')
		return err_at(
			err, "/process/cwd", "%s lies outside of the container's root", plan->cwd);
	return 0;
}

/* ---- prepare ------------------------------------------------------------------------------------ */

static int set_scheduler(const struct proc_plan *plan, struct err *err)
{
	const struct scheduler_plan *from = &plan->scheduler;
	const struct sched_values values = {
		.policy = from->policy,
		.flags = from->flags,
		.nice = from->nice,
		.priority = from->priority,
		.runtime_ns = from->runtime_ns,
		.deadline_ns = from->deadline_ns,
		.period_ns = from->period_ns,
	};

	if (sched_set_values(0, &values, err) < 0)
		return err_place(err, "/process/scheduler");
	return 0;
}

static int set_attributes(
	const struct proc_plan *plan, int procfs, struct proc_ready *ready, struct err *err)
{
	/* SCHED_DEADLINE forbids fork, and hooks are still to come; what is reset on fork would not
	 * reach the second process of exec. A real-time policy could keep the listener's courier from
	 * ever running. */
	ready->scheduler_pending = plan->scheduler.present &&
		(plan->scheduler.policy == DEADLINE_POLICY ||
			(plan->scheduler.flags & RESET_ON_FORK) != 0 ||
			(plan->seccomp != NULL && plan->seccomp->listener_path != NULL));
	if (plan->scheduler.present && !ready->scheduler_pending && set_scheduler(plan, err) < 0)
		return -1;
	if (plan->has_ioprio &&
		sched_set_ioprio(plan->ioprio >> 13, plan->ioprio & 0x1fff, err) < 0)
		return err_place(err, "/process/ioPriority");
	if (plan->memory_policy.present &&
		sched_set_mempolicy(plan->memory_policy.mode,
			(const unsigned char *) plan->memory_policy.nodes,
			(plan->memory_policy.node_bits + 7) / 8, err) < 0)
		return err_place(err, "/linux/memoryPolicy");
	if (plan->has_personality && sched_set_personality(plan->personality, err) < 0)
		return err_place(err, "/linux/personality");
	if (plan->apparmor != NULL &&
		lsm_set_apparmor(procfs, plan->apparmor, plan->no_new_privs, err) < 0)
		return err_place(err, "/process/apparmorProfile");
	if (plan->selinux != NULL && lsm_set_selinux(procfs, plan->selinux, err) < 0)
		return err_place(err, "/process/selinuxLabel");
	return 0;
}

/* A joined user namespace may deny it; then there is nothing that could be set, and who had the right has
 * dropped the caller's groups before entering it. Anywhere else they would stay. */
static int set_groups(const struct proc_plan *plan, int procfs, struct err *err)
{
	struct err unknown = { 0 };
	char text[16];

	if (!plan->set_groups || cred_set_groups(plan->groups, plan->group_count, err) == 0)
		return 0;
	if (plan->group_count != 0 || err->num != EPERM)
		return -1;
	if (cred_has_groups()) {
		if (procfs_read(procfs, "self/setgroups", text, sizeof(text), &unknown) < 0) {
			err_drop(&unknown);
			return -1;
		}
		if (!str_starts(text, "deny"))
			return -1;
	}
	err_drop(err);
	return 0;
}

/* Bounding set while there is CAP_SETPCAP, groups while there is CAP_SETGID, then the ids with the
 * capabilities kept over the change, then exactly what was asked for. */
static int set_identity(
	const struct proc_plan *plan, int procfs, bool scheduler_pending, struct err *err)
{
	const struct caps_plan *caps = &plan->caps;
	/* What loading the filter needs, and a scheduler that is still to be set; execve takes it away. */
	const uint64_t more =
		(plan->seccomp != NULL && !plan->no_new_privs ? (uint64_t) 1 << CAP_SYS_ADMIN : 0) |
		(scheduler_pending && cap_effective(CAP_SYS_NICE) ? (uint64_t) 1 << CAP_SYS_NICE
								  : 0);

	if (cap_drop_bounding(caps->bounding, err) < 0)
		return err_place(err, "/process/capabilities/bounding");
	if (cap_keep(true, err) < 0)
		return -1;
	if (set_groups(plan, procfs, err) < 0)
		return err_place(err, "/process/user/additionalGids");
	if (cred_set_ids(plan->uid, plan->gid, err) < 0)
		return err_place(err, "/process/user");
	if (cap_keep(false, err) < 0)
		return -1;
	if (cap_apply(caps->permitted | more, caps->effective | more, caps->inheritable, err) < 0 ||
		cap_ambient(caps->ambient, err) < 0 ||
		cap_check(caps->permitted | more, caps->effective | more, caps->inheritable, err) <
			0)
		return err_place(err, "/process/capabilities");
	return 0;
}

/* A user opens /dev/stdout again by its path, which takes the rights to the pipe behind it. Files and
 * devices stay their owner's. Where the kernel refuses, the streams themselves still work. */
static void give_streams(const struct proc_plan *plan)
{
	for (int fd = 0; fd <= 2; fd++) {
		struct stat info;

		if (fstat(fd, &info) < 0 || info.st_uid == plan->uid ||
			(!S_ISFIFO(info.st_mode) && !S_ISSOCK(info.st_mode)))
			continue;
		(void) !fchown(fd, plan->uid, (gid_t) -1);
	}
}

int proc_prepare(const struct proc_plan *plan, int procfs, const struct beneath *root,
	struct proc_ready *ret, struct err *err)
{
	struct err first = { 0 };
	int reached;

	if (set_attributes(plan, procfs, ret, err) < 0)
		return -1;
	if (plan->needs_home) {
		look_up_home(root, plan->uid, ret->home, sizeof(ret->home));
		plan->envp[plan->env_count] = ret->home;
	}
	/* As root first, who may enter what the user may not; else as the user, whose directory root
	 * may be kept out of. */
	reached = change_directory(plan, root, &first);
	give_streams(plan);
	if (set_identity(plan, procfs, ret->scheduler_pending, err) < 0)
		return -1;
	if (reached < 0 && change_directory(plan, root, err) < 0)
		return -1;
	(void) cred_umask(plan->umask);
	if (plan->no_new_privs && ns_no_new_privs(err) < 0)
		return err_place(err, "/process/noNewPrivileges");
	/* A change of ids sets it to fs.suid_dumpable, which may be anything. */
	if (ns_dumpable(false, err) < 0)
		return -1;
	if (plan->argv != NULL && find_program(plan, root, ret, err) < 0)
		return err_place(err, "/process/args/0");
	return 0;
}

int proc_listener_socket(const char *path, struct err *err)
{
	_cleanup_fd_ int sock = sock_connect_path(path, SOCK_STREAM, err);

	return sock < 0 ? err_place(err, "/linux/seccomp/listenerPath") : TAKE_FD(sock);
}

int proc_raise_limits(const struct proc_plan *plan, pid_t pid, struct err *err)
{
	for (size_t i = 0; i < plan->rlimit_count; i++) {
		const struct rlimit_plan *limit = &plan->rlimits[i];
		uint64_t soft, hard;

		if (rlimit_get(0, limit->resource, &soft, &hard, err) < 0 ||
			(limit->hard > hard &&
				rlimit_set(pid, limit->resource, soft, limit->hard, err) < 0))
			return err_place(err, limit->pointer);
	}
	return 0;
}

/* ---- become ------------------------------------------------------------------------------------- */

static int set_limits(const struct proc_plan *plan, struct err *err)
{
	for (size_t i = 0; i < plan->rlimit_count; i++) {
		const struct rlimit_plan *limit = &plan->rlimits[i];

		if (rlimit_set(0, limit->resource, limit->soft, limit->hard, err) < 0)
			return err_place(err, limit->pointer);
	}
	return 0;
}

int proc_close_others(unsigned keep_fds, int *const extra[], size_t count, struct err *err)
{
	const int place = 3 + (int) keep_fds;
	size_t live = 0;
	int used = 0;

	for (int fd = 3; fd < place; fd++)
		if (fcntl(fd, F_SETFD, 0) < 0)
			return err_sys(err, "keep fd %d", fd);
	for (size_t i = 0; i < count; i++)
		live += *extra[i] >= 0;
	/* First all of them out of each other's way, then each to its place. */
	for (size_t i = 0; live > 1 && i < count; i++) {
		int away = *extra[i];

		if (away < 0 || away >= place + (int) count)
			continue;
		away = fcntl(away, F_DUPFD_CLOEXEC, place + (int) count);
		if (away < 0)
			return err_sys(err, "dup %d", *extra[i]);
		*extra[i] = away; /* the old number is overwritten or closed below */
	}
	for (size_t i = 0; i < count; i++) {
		if (*extra[i] < 0)
			continue;
		if (*extra[i] != place + used && dup3(*extra[i], place + used, O_CLOEXEC) < 0)
			return err_sys(err, "dup3 %d", place + used);
		*extra[i] = place + used++;
	}
	return ns_close_from((unsigned) (place + used), false, err);
}

/* The runtime blocks what it forwards and ignores SIGPIPE and SIGXFSZ; its caller may have left more ignored. What
 * has a handler is reset by execve. */
static void default_signals(const struct proc_plan *plan)
{
	sigset_t none;

	for (int sig = 1; sig <= 64; sig++)
		if ((plan->reset_signals >> (sig - 1) & 1) != 0)
			(void) signal(sig, SIG_DFL);
	(void) sigemptyset(&none);
	(void) sigprocmask(SIG_SETMASK, &none, NULL);
}

int proc_become(const struct proc_plan *plan, const struct proc_ready *ready,
	struct proc_filter *filter, int *sock, struct err *err)
{
	int *const extra[] = { sock, &filter->listener_socket };
	struct courier courier;

	if (msg_send(*sock, MSG_EXEC, -1, err) < 0 ||
		proc_close_others(plan->keep_fds, extra, 2, err) < 0)
		return -1;
	default_signals(plan);
	if (courier_start(&courier, filter, err) < 0)
		return -1;
	if (ready->scheduler_pending && set_scheduler(plan, err) < 0)
		return -1;
	if (set_limits(plan, err) < 0)
		return -1;
	/* Behind the filter there is execve and nothing else: a profile need allow no more. */
	if (courier_enforce(&courier, err) < 0)
		return -1;
	(void) execve(ready->path, plan->argv, plan->envp);
	if (errno == ENOENT)
		return err_set(err, ERR_EXEC_NOT_FOUND,
			"exec %s: no such file or directory (is its interpreter there?)",
			ready->path);
	if (errno == EACCES)
		return err_set(err, ERR_EXEC_PERMISSION, "exec %s: permission denied", ready->path);
	if (errno == ENOEXEC)
		return err_set(err, ERR_EXEC_PERMISSION, "exec %s: exec format error", ready->path);
	return err_sys(err, "exec %s", ready->path);
}
