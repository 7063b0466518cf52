/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/restored-root.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/time.h"
#include "container/msg.h"
#include "kernel/mount.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"

enum { CHILD_MS = 60 * 1000 };

/* To enter a mount namespace makes its root ours. */
static int work(int namespace, struct err *err)
{
	_cleanup_fd_ int root = -1;

	if (ns_pdeathsig(SIGKILL, err) < 0 || ns_dumpable(false, err) < 0 ||
		ns_enter(namespace, CLONE_NEWNS, err) < 0)
		return -1;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(err, "open /");
	return mount_set_attr(root, MOUNT_ATTR_RDONLY, 0, 0, false, err);
}

__attribute__((noreturn)) static void child(int namespace, int sock)
{
	struct err err = { 0 };

	if (work(namespace, &err) < 0 || msg_send(sock, MSG_READY, -1, &err) < 0)
		msg_send_error(sock, &err);
	_exit(0);
}

int restored_root_readonly(int procfs, pid_t first, struct err *err)
{
	_cleanup_fd_ int namespace = procfs_open_ns(procfs, first, "mnt", err);
	_cleanup_fd_ int ours = -1, theirs = -1, pidfd = -1;
	struct err late = { 0 };
	siginfo_t info;
	pid_t pid;
	int got;

	if (namespace < 0 || msg_pair(&ours, &theirs, err) < 0)
		return -1;
	pid = ns_clone(0, -1, &pidfd, err);
	if (pid < 0)
		return -1;
	if (pid == 0)
		child(namespace, theirs);
	fd_close(&theirs);
	got = msg_wait(ours, pidfd, time_deadline_ms(CHILD_MS), MSG_READY, MSG_READY, 0, NULL, err);
	if (ns_pidfd_send(pidfd, SIGKILL, &late) < 0)
		err_drop(&late);
	if (ns_reap(pid, pidfd, &info, &late) < 0)
		err_drop(&late);
	return got < 0 ? err_place(err, "/root/readonly") : 0;
}
