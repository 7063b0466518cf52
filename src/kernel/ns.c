/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/ns.h"

#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <dirent.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "base/time.h"

#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x00001000
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

#define INTO_CGROUP	   0x200000000ULL
#define RANGE_CLOEXEC	   (1U << 2)
#define PIDFS_SUPER_MAGIC  0x50494446UL
#define NSFS_SUPER_MAGIC   0x6e736673UL
#define PROC_SUPER_MAGIC   0x9fa0UL
#define LEGACY_CLONE_FLAGS 0xffffff00ULL

enum { SOON_MS = 10 * 1000 };

/* struct clone_args of clone3(2), as of CLONE_INTO_CGROUP (Linux 5.7). */
struct clone3_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid,
		set_tid_size, cgroup;
};

static pid_t legacy_clone(unsigned long flags, int *pidfd)
{
	/* With no stack of its own the child goes on where we are, as after fork. */
#if defined(__s390__) || defined(__CRIS__)
	return (pid_t) syscall(SYS_clone, NULL, flags, pidfd, NULL, 0UL);
#else
	return (pid_t) syscall(SYS_clone, flags, NULL, pidfd, NULL, 0UL);
#endif
}

/* Linux before 5.7 has clone3 without the cgroup (an argument that is too long, or a flag that is
 * unknown), sandboxes hide it whole. */
static bool is_unknown_call(int num)
{
	return num == ENOSYS || num == EPERM || num == E2BIG || num == EINVAL;
}

static pid_t do_clone(
	uint64_t flags, int exit_signal, int cgroup_fd, int *ret_pidfd, struct err *err)
{
	int pidfd = -1;
	struct clone3_args args = {
		.flags = flags | CLONE_PIDFD,
		.pidfd = (uint64_t) (uintptr_t) &pidfd,
		.exit_signal = (uint64_t) exit_signal,
	};
	pid_t pid;

	if (cgroup_fd >= 0) {
		args.flags |= INTO_CGROUP;
		args.cgroup = (uint64_t) cgroup_fd;
	}
	pid = (pid_t) syscall(SYS_clone3, &args, sizeof(args));
	/* EPERM may be a seccomp filter of an outer container; a true one comes back below. The
	 * legacy call has no bit for CLONE_NEWTIME: that is part of the exit signal there. */
	if (pid < 0 && is_unknown_call(errno) && cgroup_fd < 0 &&
		(flags & ~LEGACY_CLONE_FLAGS) == 0)
		pid = legacy_clone(
			(unsigned long) (flags | CLONE_PIDFD) | (unsigned long) exit_signal,
			&pidfd);
	if (pid < 0)
		return err_sys(err, "clone a process");
	if (pid > 0)
		*ret_pidfd = pidfd;
	return pid;
}

pid_t ns_clone(uint64_t flags, int cgroup_fd, int *ret_pidfd, struct err *err)
{
	return do_clone(flags, SIGCHLD, cgroup_fd, ret_pidfd, err);
}

pid_t ns_clone_into(
	uint64_t flags, int cgroup_fd, bool *ret_inside, int *ret_pidfd, struct err *err)
{
	pid_t pid = do_clone(flags, SIGCHLD, cgroup_fd, ret_pidfd, err);

	*ret_inside = cgroup_fd >= 0 && pid >= 0;
	if (pid >= 0 || cgroup_fd < 0 || !is_unknown_call(err->num))
		return pid;
	err_drop(err);
	return do_clone(flags, SIGCHLD, -1, ret_pidfd, err);
}

int ns_thread(int (*fn)(void *), void *data, void *stack, size_t stack_size, _Atomic int *tid,
	struct err *err)
{
	const int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID;

	if (clone(fn, (char *) stack + stack_size, flags, data, (int *) tid, NULL, (int *) tid) < 0)
		return err_sys(err, "clone a thread");
	return 0;
}

pid_t ns_clone_sibling(struct err *err, int *ret_pidfd)
{
	/* With CLONE_PARENT the kernel takes our own exit signal and wants none here. */
	return do_clone(CLONE_PARENT, 0, -1, ret_pidfd, err);
}

int ns_unshare(unsigned flags, struct err *err)
{
	if (unshare((int) flags) < 0)
		return err_sys(err, "unshare namespaces 0x%x", flags);
	return 0;
}

static const struct {
	int flag;
	const char *name;
	const char *file;
} types[] = {
	{ CLONE_NEWCGROUP, "cgroup", "cgroup" },
	{ CLONE_NEWIPC, "ipc", "ipc" },
	{ CLONE_NEWNET, "net", "net" },
	{ CLONE_NEWNS, "mnt", "mnt" },
	{ CLONE_NEWPID, "pid", "pid_for_children" },
	{ CLONE_NEWTIME, "time", "time_for_children" },
	{ CLONE_NEWUSER, "user", "user" },
	{ CLONE_NEWUTS, "uts", "uts" },
};

const char *ns_name(int flag)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (types[i].flag == flag)
			return types[i].name;
	return "namespaces";
}

int ns_is_own(int fd, int flag, struct err *err)
{
	_cleanup_fd_ int own = ns_open_self(flag, err);
	struct stat a, b;

	if (own < 0)
		return -1;
	if (fstat(fd, &a) < 0 || fstat(own, &b) < 0)
		return err_sys(err, "fstat %s namespace", ns_name(flag));
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int ns_enter(int fd, int flag, struct err *err)
{
	if (setns(fd, flag) < 0) {
		const int num = errno;

		/* The kernel lets nobody enter the user namespace that they are in already. */
		if (num == EINVAL && flag == CLONE_NEWUSER && ns_is_own(fd, flag, err) > 0)
			return 0;
		return err_num(err, num, "setns %s", ns_name(flag));
	}
	return 0;
}

int ns_open(const char *path, int flag, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	struct statfs fs;
	int type;

	/* O_NONBLOCK: a FIFO at this path must not hold us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return err_sys(err, "open %s", path);
	/* An ioctl on a device could do anything, so the file system is asked first. */
	if (fstatfs(fd, &fs) < 0)
		return err_sys(err, "fstatfs %s", path);
	if ((unsigned long) fs.f_type != NSFS_SUPER_MAGIC)
		return err_set(err, ERR_CONFIG, "open %s: not a namespace", path);
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type < 0)
		return err_sys(err, "ioctl NS_GET_NSTYPE %s", path);
	if (type != flag)
		return err_set(err, ERR_CONFIG, "open %s: a namespace of type %s, not %s", path,
			ns_name(type), ns_name(flag));
	return TAKE_FD(fd);
}

int ns_open_self(int flag, struct err *err)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		char path[64] = "/proc/self/ns/";

		if (types[i].flag != flag)
			continue;
		memcpy(path + strlen(path), types[i].file, strlen(types[i].file) + 1);
		return ns_open(path, flag, err);
	}
	return err_num(err, EINVAL, "open namespace 0x%x", (unsigned) flag);
}

/* Where a sandbox hides the calls, the directory of the process in /proc stands for it: it too names one
 * process for ever, whatever its number is given to later. */
static bool is_proc_directory(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (unsigned long) fs.f_type == PROC_SUPER_MAGIC;
}

/* The state letter of a process by its directory; 0: it is gone; '?': that cannot be told now. */
static char state_of(int dir)
{
	_cleanup_fd_ int fd = openat(dir, "stat", O_RDONLY | O_CLOEXEC);
	char text[512];
	ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	const char *end;

	if (got < 0)
		return errno == ESRCH || errno == ENOENT ? 0 : '?';
	text[got] = '\0';
	/* Behind the name, which may hold anything. */
	end = strrchr(text, ')');
	return end != NULL && end[1] == ' ' ? end[2] : 0;
}

/* The number of the process that the fd stands for, 0: it has been reaped; -1 with errno. */
static pid_t pid_of(int pidfd)
{
	const bool directory = is_proc_directory(pidfd);
	_cleanup_fd_ int fd = -1;
	char path[64], text[512];
	const char *at;
	uint32_t pid;
	ssize_t got;

	(void) snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	fd = directory ? openat(pidfd, "stat", O_RDONLY | O_CLOEXEC)
		       : open(path, O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (got < 0)
		return errno == ESRCH || errno == ENOENT ? 0 : -1;
	text[got] = '\0';
	at = directory ? text : strstr(text, "\nPid:\t");
	if (at == NULL)
		return 0;
	at += directory ? 0 : 6;
	text[(size_t) (at - text) + strcspn(at, " \n")] = '\0';
	return str_to_u32(at, &pid) == 0 ? (pid_t) pid : 0;
}

int ns_pidfd_open(pid_t pid, struct err *err)
{
	/* pidfd_open sets O_CLOEXEC itself. */
	_cleanup_fd_ int fd = (int) syscall(SYS_pidfd_open, pid, 0U);
	char path[32];

	if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
		(void) snprintf(path, sizeof(path), "/proc/%d", (int) pid);
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			return err_num(err, ESRCH, "open %s", path);
		if (fd >= 0 && !is_proc_directory(fd))
			return err_set(err, ERR_SYSTEM, "open %s: not on a procfs", path);
	}
	/* Until Linux 6.15 a number that only a session or a process group still has gives EINVAL. */
	if (fd < 0)
		return err_num(err, errno == EINVAL ? ESRCH : errno, "pidfd_open %d", (int) pid);
	return TAKE_FD(fd);
}

int ns_pidfd_send(int pidfd, int sig, struct err *err)
{
	pid_t pid;

	if (syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0U) == 0)
		return 0;
	if (errno != ENOSYS)
		return err_sys(err, "pidfd_send_signal %d", sig);
	pid = pid_of(pidfd);
	if (pid < 0)
		return err_sys(err, "kill %d", sig);
	if (pid == 0)
		return err_num(err, ESRCH, "kill %d", sig);
	if (kill(pid, sig) < 0)
		return err_sys(err, "kill %d", sig);
	return 0;
}

/* A directory wakes nobody up: it is looked at a hundred times a second. */
static int wait_by_directory(int dir, uint64_t deadline_ns)
{
	for (;;) {
		const char state = state_of(dir);
		int left = deadline_ns == UINT64_MAX ? 10 : time_poll_ms(deadline_ns);

		if (state == 0 || state == 'Z' || state == 'X')
			return 1;
		if (left == 0)
			return 0;
		(void) poll(NULL, 0, left < 10 ? left : 10);
	}
}

int ns_pidfd_wait(int pidfd, uint64_t deadline_ns, struct err *err)
{
	if (is_proc_directory(pidfd))
		return wait_by_directory(pidfd, deadline_ns);
	for (;;) {
		struct pollfd wait = { .fd = pidfd, .events = POLLIN };
		int ready =
			poll(&wait, 1, deadline_ns == UINT64_MAX ? -1 : time_poll_ms(deadline_ns));

		if (ready < 0 && errno != EINTR)
			return err_sys(err, "poll a process");
		if (ready > 0 && (wait.revents & POLLNVAL) != 0)
			return err_num(err, EBADF, "poll a process");
		if (ready > 0)
			return 1;
		if (ready == 0 && time_now_ns() >= deadline_ns)
			return 0;
	}
}

uint64_t ns_pidfd_inode(int pidfd)
{
	struct statfs fs;
	struct stat st;

	/* Before pidfs every pidfd had the one inode of anon_inodefs. */
	if (fstatfs(pidfd, &fs) < 0 || (unsigned long) fs.f_type != PIDFS_SUPER_MAGIC ||
		fstat(pidfd, &st) < 0)
		return 0;
	return (uint64_t) st.st_ino;
}

int ns_pidfd_lives(int pidfd, uint64_t inode)
{
	struct pollfd wait = { .fd = pidfd, .events = POLLIN };
	struct stat st;
	int ready;

	if (fstat(pidfd, &st) < 0 || S_ISDIR(st.st_mode))
		return -1;
	if ((uint64_t) st.st_ino != inode)
		return 0;
	do {
		ready = poll(&wait, 1, 0);
	} while (ready < 0 && errno == EINTR);
	return ready == 0;
}

/* Returns 1: reaped, 0: it has not ended (WNOHANG). */
static int collect(pid_t pid, int pidfd, int flags, siginfo_t *ret, struct err *err)
{
	siginfo_t info = { 0 };
	int result;

	/* A pidfd that is a directory in /proc is nothing to waitid. */
	if (pidfd >= 0 && is_proc_directory(pidfd))
		pidfd = -1;
	do {
		/* __WALL: a sibling without an exit signal counts as a "clone child". */
		result = pidfd >= 0
			? waitid((idtype_t) P_PIDFD, (id_t) pidfd, &info, WEXITED | __WALL | flags)
			: waitid(P_PID, (id_t) pid, &info, WEXITED | __WALL | flags);
	} while (result < 0 && errno == EINTR);
	if (result < 0)
		return err_sys(err, "waitid %d", (int) pid);
	if (info.si_pid == 0)
		return 0;
	*ret = info;
	return 1;
}

int ns_reap(pid_t pid, int pidfd, siginfo_t *ret, struct err *err)
{
	return collect(pid, pidfd, 0, ret, err) < 0 ? -1 : 0;
}

void ns_reap_others(pid_t but)
{
	siginfo_t info = { 0 };

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 &&
		info.si_pid != 0 && info.si_pid != but &&
		waitid(P_PID, (id_t) info.si_pid, &info, WEXITED | WNOHANG | __WALL) == 0)
		info.si_pid = 0;
}

/* What keeps it: its state, and where in the kernel it waits, as far as that is ours to see. */
static int does_not_end(pid_t pid, struct err *err)
{
	_cleanup_fd_ int dir = -1, fd = -1;
	char path[32], place[64] = "";
	ssize_t got;
	char state;

	(void) snprintf(path, sizeof(path), "/proc/%d", (int) pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	state = dir >= 0 && is_proc_directory(dir) ? state_of(dir) : 0;
	if (state == 0)
		return err_set(err, ERR_TIMEOUT, "process %d does not end", (int) pid);
	fd = openat(dir, "wchan", O_RDONLY | O_CLOEXEC);
	got = fd < 0 ? -1 : read(fd, place, sizeof(place) - 1);
	place[got > 0 ? got : 0] = '\0';
	if (str_eq(place, "0"))
		place[0] = '\0';
	return err_set(err, ERR_TIMEOUT, "process %d does not end (state %c: %s%s%s)", (int) pid,
		state,
		state == 'D'			       ? "the kernel holds it"
			: state == 'Z'		       ? "another process traces it"
			: state == 'T' || state == 't' ? "stopped"
						       : "it has not come to it",
		place[0] != '\0' ? ", in " : "", place);
}

/* Mostly it has ended, and one call is all. Behind a pidfd that says so it may still be another's to reap first, who
 * traces it: that is looked at as often as a directory. */
static int reap_within(pid_t pid, int pidfd, uint64_t deadline_ns, siginfo_t *ret, struct err *err)
{
	int got = collect(pid, pidfd, WNOHANG, ret, err);

	if (got == 0 && pidfd >= 0 && ns_pidfd_wait(pidfd, deadline_ns, err) < 0)
		return -1;
	while (got == 0 && (got = collect(pid, pidfd, WNOHANG, ret, err)) == 0) {
		const int left = time_poll_ms(deadline_ns);

		if (left == 0)
			return does_not_end(pid, err);
		(void) poll(NULL, 0, left < 10 ? left : 10);
	}
	return got < 0 ? -1 : 0;
}

int ns_reap_soon(pid_t pid, int pidfd, siginfo_t *ret, struct err *err)
{
	return reap_within(pid, pidfd, time_deadline_ms(SOON_MS), ret, err);
}

int ns_end(pid_t pid, int pidfd, uint64_t deadline_ns, struct err *err)
{
	siginfo_t info;
	struct err gone;

	/* It may have ended by itself. */
	if (ns_pidfd_send(pidfd, SIGKILL, &gone) < 0)
		err_drop(&gone);
	if (reap_within(pid, pidfd, deadline_ns, &info, err) < 0)
		return err_ctx(err, "SIGKILL");
	return 0;
}

int ns_set_hostname(const char *name, struct err *err)
{
	if (sethostname(name, strlen(name)) < 0)
		return err_sys(err, "sethostname %s", name);
	return 0;
}

int ns_set_domainname(const char *name, struct err *err)
{
	if (setdomainname(name, strlen(name)) < 0)
		return err_sys(err, "setdomainname %s", name);
	return 0;
}

int ns_pdeathsig(int sig, struct err *err)
{
	if (prctl(PR_SET_PDEATHSIG, (unsigned long) sig, 0UL, 0UL, 0UL) < 0)
		return err_sys(err, "prctl PR_SET_PDEATHSIG");
	return 0;
}

int ns_die_with(pid_t parent, struct err *err)
{
	if (ns_pdeathsig(SIGKILL, err) < 0)
		return -1;
	if (getppid() != parent)
		return err_num(err, ESRCH, "process %d, our parent", (int) parent);
	return 0;
}

int ns_setsid(struct err *err)
{
	if (setsid() < 0)
		return err_sys(err, "setsid");
	return 0;
}

int ns_subreaper(struct err *err)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) < 0)
		return err_sys(err, "prctl PR_SET_CHILD_SUBREAPER");
	return 0;
}

int ns_dumpable(bool dumpable, struct err *err)
{
	if (prctl(PR_SET_DUMPABLE, dumpable ? 1UL : 0UL, 0UL, 0UL, 0UL) < 0)
		return err_sys(err, "prctl PR_SET_DUMPABLE");
	return 0;
}

int ns_no_new_privs(struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL) < 0)
		return err_sys(err, "prctl PR_SET_NO_NEW_PRIVS");
	if (prctl(PR_GET_NO_NEW_PRIVS, 0UL, 0UL, 0UL, 0UL) != 1)
		return err_set(err, ERR_SYSTEM, "prctl PR_SET_NO_NEW_PRIVS: did not take effect");
	return 0;
}

static void close_one(int fd, bool only_cloexec)
{
	/* A number that is not open says EBADF, which is what is wanted. */
	if (only_cloexec)
		(void) fcntl(fd, F_SETFD, FD_CLOEXEC);
	else
		(void) close(fd);
}

int ns_close_from(unsigned first, bool only_cloexec, struct err *err)
{
	struct rlimit limit;
	DIR *dir;

	if (syscall(SYS_close_range, first, ~0U, only_cloexec ? RANGE_CLOEXEC : 0U) == 0)
		return 0;
	/* EINVAL: Linux 5.9 and 5.10 have the call without CLOSE_RANGE_CLOEXEC. */
	if (errno != ENOSYS && errno != EINVAL && errno != EPERM)
		return err_sys(err, "close_range");
	dir = opendir("/proc/self/fd");
	/* A container's root may hold anything of that name, and would choose what stays open. */
	if (dir != NULL && !is_proc_directory(dirfd(dir))) {
		(void) closedir(dir);
		dir = NULL;
	}
	if (dir != NULL) {
		struct dirent *entry;
		int more;

		while ((more = io_next_entry(dir, &entry)) > 0) {
			uint32_t fd;

			if (str_to_u32(entry->d_name, &fd) == 0 && fd >= first &&
				fd != (uint32_t) dirfd(dir))
				close_one((int) fd, only_cloexec);
		}
		if (more < 0)
			(void) err_sys(err, "read /proc/self/fd");
		(void) closedir(dir);
		if (more < 0)
			return -1;
		return 0;
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return err_sys(err, "getrlimit RLIMIT_NOFILE");
	/* An fd above a limit that was lowered later would stay: there is no way to know of it. */
	if (limit.rlim_max > 1024 * 1024)
		limit.rlim_max = 1024 * 1024;
	for (unsigned fd = first; fd < limit.rlim_max; fd++)
		close_one((int) fd, only_cloexec);
	return 0;
}
