/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/foreign.h"

#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/time.h"
#include "container/child.h"
#include "container/mounts.h"
#include "kernel/mount.h"
#include "kernel/ns.h"
#include "kernel/signals.h"
#include "kernel/sock.h"

enum { CHILD_MS = 10 * 1000, END_MS = 10 * 1000 };

/* One answer for each step, in their order; the fd comes with it. */
static int answer(const struct mount_step *step, int sock, struct err *err)
{
	struct err failed = { 0 };
	_cleanup_fd_ int mount = mount_make_fs(step->type, step->source, step->data,
		step->data_count, step->sb_flags, step->attr_set, &failed);

	return sock_send_fd(sock, &failed, sizeof(failed), mount, err);
}

__attribute__((noreturn)) static void make_all(const struct rootfs_plan *rootfs, int sock)
{
	struct err err;

	/* Processes of the namespaces that were joined see this one. */
	if (ns_dumpable(false, &err) < 0 || ns_pdeathsig(SIGKILL, &err) < 0)
		_exit(1);
	for (size_t i = 0; i < rootfs->step_count; i++)
		if (rootfs->steps[i].by_parent && answer(&rootfs->steps[i], sock, &err) < 0)
			_exit(1);
	_exit(0);
}

static int take(const struct mount_step *step, int sock, int pidfd, int *ret, struct err *err)
{
	const struct until until = { pidfd, -1 };
	struct err failed = { 0 };
	ssize_t got = sock_recv(
		sock, &failed, sizeof(failed), ret, time_deadline_ms(CHILD_MS), &until, err);

	if (got < 0)
		return -1;
	if (got != (ssize_t) sizeof(failed))
		return err_set(err, ERR_CHILD, "the process that mounts %s ended", step->type);
	if (*ret >= 0 || failed.num == EPERM || failed.num == ENOSYS)
		return 0;
	*err = failed;
	return err_point(err, step->pointer, "%s", step->destination);
}

int foreign_mounts(const struct rootfs_plan *rootfs, struct mount_fds *mounts, struct err *err)
{
	_cleanup_fd_ int ours = -1, theirs = -1, pidfd = -1;
	int done = 0;
	bool any = false;
	pid_t pid;

	for (size_t i = 0; i < rootfs->step_count; i++)
		any = any || rootfs->steps[i].by_parent;
	if (!any)
		return 0;
	if (sock_pair(&ours, &theirs, err) < 0)
		return -1;
	pid = ns_clone(0, -1, &pidfd, err);
	if (pid < 0)
		return -1;
	if (pid == 0)
		make_all(rootfs, theirs);
	fd_close(&theirs);
	for (size_t i = 0; done == 0 && i < rootfs->step_count; i++)
		if (rootfs->steps[i].by_parent)
			done = take(&rootfs->steps[i], ours, pidfd, &mounts[i].source, err);
	child_end(pid, pidfd, time_deadline_ms(END_MS),
		"the process that mounts what is not its own");
	return done;
}
