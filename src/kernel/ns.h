/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ns: processes and their namespaces: the clone, joining and leaving, pidfds, and the few attributes
 * of a process that belong to its birth and its end.
 *
 * The one file that names clone, unshare, setns and pidfd_*. Knows nothing of the order in which
 * namespaces are entered, nor of their names in the configuration: plan/ decides that.
 *
 * A pidfd that comes from here is O_CLOEXEC. A process made by ns_clone has copied our memory and
 * did not run libc's fork handlers: it must not rely on threads or on a lock that another thread
 * held; ocirt has one thread.
 */
#ifndef OCIRT_KERNEL_NS_H
#define OCIRT_KERNEL_NS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Makes a child in the new namespaces of flags (CLONE_NEW*), born in the cgroup v2 directory
 * cgroup_fd (-1: in ours). Returns 0 in the child, its pid in the parent with *ret_pidfd set; -1.
 * Where clone3 is unknown the legacy clone does it, but not into a cgroup: then err->num is ENOSYS.
 * See clone(2). */
ERR_CHECK pid_t ns_clone(uint64_t flags, int cgroup_fd, int *ret_pidfd, struct err *err);

/* The same, into a cgroup where the kernel can: *ret_inside says whether it is there already, or has to
 * be moved. Kernels before 5.7 and sandboxes that hide clone3 cannot. */
ERR_CHECK pid_t ns_clone_into(
	uint64_t flags, int cgroup_fd, bool *ret_inside, int *ret_pidfd, struct err *err);

/* Makes a sibling: a child of our own parent, so that the caller may end and the parent reaps
 * both. The sibling's end raises in the parent the signal that ours would. Returns like ns_clone; a
 * process with pid 1 of its namespace cannot do this (EINVAL). */
ERR_CHECK pid_t ns_clone_sibling(struct err *err, int *ret_pidfd);

/* Starts a thread of this process on a stack of the caller's, which runs fn(data) and ends. It shares
 * all memory and fds, but no seccomp filter that the caller loads afterwards. It has no thread-local
 * storage of its own: fn may make system calls, and the caller none that fail, until the kernel has
 * set *tid to 0, which it does when the thread no longer uses its stack. clone(2). */
ERR_CHECK int ns_thread(int (*fn)(void *), void *data, void *stack, size_t stack_size,
	_Atomic int *tid, struct err *err);

/* Leaves the namespaces of flags (CLONE_NEW*, CLONE_FS, CLONE_FILES) for new ones. unshare(2). */
ERR_CHECK int ns_unshare(unsigned flags, struct err *err);

/* Joins the namespace of an fd (the user namespace that we are in already: nothing is to do); flag is its CLONE_NEW*, or several of them where fd is a pidfd.
 * setns(2). */
ERR_CHECK int ns_enter(int fd, int flag, struct err *err);

/* Opens a namespace file and makes sure that it is a namespace of that type before anyone joins
 * it: an ordinary file, a FIFO or another type is refused with a sentence. Returns an fd. */
ERR_CHECK int ns_open(const char *path, int flag, struct err *err);

/* Our own namespace of that type, to come back to. For CLONE_NEWPID and CLONE_NEWTIME the one that
 * our children get. Returns an fd. */
ERR_CHECK int ns_open_self(int flag, struct err *err);

/* 1 if the fd is the very namespace of that type that we are in, 0 if not; -1. */
ERR_CHECK int ns_is_own(int fd, int flag, struct err *err);

/* The file name below /proc/PID/ns of a CLONE_NEW* ("net", "mnt"), for error texts; "namespaces" for a set. */
const char *ns_name(int flag);

/* A pidfd for a process. err->num is ESRCH when there is none. pidfd_open(2); where that is hidden, the
 * directory of the process in /proc, which the functions below take as well. */
ERR_CHECK int ns_pidfd_open(pid_t pid, struct err *err);

/* Sends a signal (0 probes). err->num is ESRCH when the process has been reaped. */
ERR_CHECK int ns_pidfd_send(int pidfd, int sig, struct err *err);

/* Waits until the process has ended or the deadline (time.h, ns) has passed; UINT64_MAX waits for
 * ever. Returns 1: ended, 0: deadline passed. The process need not be a child; nothing is reaped. */
ERR_CHECK int ns_pidfd_wait(int pidfd, uint64_t deadline_ns, struct err *err);

/* A number that no other process of this boot has had (the inode in pidfs, Linux 6.9), or 0 where
 * the kernel has no pidfs and the start time must tell processes apart. */
uint64_t ns_pidfd_inode(int pidfd);

/* Whether the pidfd is of the process with that number and it has not ended: 1 or 0; -1 where it is a
 * directory of /proc, which has no such number. */
int ns_pidfd_lives(int pidfd, uint64_t inode);

/* Reaps a child that has ended or waits until it does, without a bound: for one whose life is not ours to
 * bound. By pidfd, or by pid where pidfd is -1. waitid(2). */
ERR_CHECK int ns_reap(pid_t pid, int pidfd, siginfo_t *ret, struct err *err);

/* The same for a child that is about to end: ten seconds. ERR_TIMEOUT says what keeps it. */
ERR_CHECK int ns_reap_soon(pid_t pid, int pidfd, siginfo_t *ret, struct err *err);

/* Reaps the children that have ended, such as a subreaper gets, but for that one and those behind it. */
void ns_reap_others(pid_t but);

/* Kills a child and reaps it. A process that the kernel holds (state D, the freezer of version 1) does not take the
 * signal: ERR_TIMEOUT at the deadline, and it is still a child. */
ERR_CHECK int ns_end(pid_t pid, int pidfd, uint64_t deadline_ns, struct err *err);

ERR_CHECK int ns_set_hostname(const char *name, struct err *err);
ERR_CHECK int ns_set_domainname(const char *name, struct err *err);

/* The signal we get when the parent ends (0: none). A change of ids clears it: set it again, and look
 * afterwards, for the parent may have ended before. prctl(2). */
ERR_CHECK int ns_pdeathsig(int sig, struct err *err);
/* The same, SIGKILL, with that look: ESRCH where the parent has ended. For a child in its parent's pid namespace. */
ERR_CHECK int ns_die_with(pid_t parent, struct err *err);
ERR_CHECK int ns_setsid(struct err *err);
/* Orphans among our descendants become our children. */
ERR_CHECK int ns_subreaper(struct err *err);
/* Whether /proc/self belongs to us and we may be traced by our own user. */
ERR_CHECK int ns_dumpable(bool dumpable, struct err *err);
/* Sets no_new_privs and reads it back. */
ERR_CHECK int ns_no_new_privs(struct err *err);

/* Closes every fd from first on, or only marks them O_CLOEXEC. close_range(2); without it, what
 * /proc/self/fd lists, and without that, every number below RLIMIT_NOFILE. */
ERR_CHECK int ns_close_from(unsigned first, bool only_cloexec, struct err *err);

#endif
