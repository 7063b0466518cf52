/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/idmap.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/time.h"
#include "container/child.h"
#include "container/usermap.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"

enum { END_MS = 10 * 1000 };

static int open_namespace(int procfs, pid_t pid, struct err *err)
{
	_cleanup_fd_ int process = procfs_open_pid(procfs, pid, err);
	int fd;

	if (process < 0)
		return -1;
	fd = openat(process, "ns/user", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(err, "open user namespace") : fd;
}

/* The fds that it has copied are the parent's; it ends before the parent goes on. */
__attribute__((noreturn)) static void wait_for_end(pid_t parent)
{
	struct err ignored;

	if (ns_die_with(parent, &ignored) < 0)
		_exit(1);
	for (;;)
		(void) pause();
}

int idmap_open(const struct id_maps *maps, bool deny_setgroups, int procfs, struct arena *arena,
	struct err *err)
{
	_cleanup_fd_ int pidfd = -1, userns = -1;
	const pid_t parent = getpid();
	pid_t pid = ns_clone(CLONE_NEWUSER, -1, &pidfd, err);

	if (pid < 0)
		return -1;
	if (pid == 0)
		wait_for_end(parent);
	if (usermap_write(maps, deny_setgroups, procfs, pid, arena, err) == 0)
		userns = open_namespace(procfs, pid, err);
	child_end(pid, pidfd, time_deadline_ms(END_MS), "the process of an id map");
	return TAKE_FD(userns);
}
