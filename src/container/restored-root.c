/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/restored-root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "base/time.h"
#include "container/child.h"
#include "container/msg.h"
#include "container/restored-facts.h"
#include "kernel/beneath.h"
#include "kernel/inode.h"
#include "kernel/mount.h"
#include "kernel/ns.h"
#include "kernel/procfs.h"

enum { CHILD_MS = 60 * 1000, END_MS = 5 * 1000 };

/* What a path leads to: 1, or 0 where there is nothing. */
static int look(const struct beneath *root, const char *path, unsigned how, int *ret_fd,
	unsigned long *ret_flags, struct err *err)
{
	struct statvfs info;
	_cleanup_fd_ int fd =
		beneath_open(root, path, O_PATH | (how == 0 ? 0 : O_NOFOLLOW), how, err);

	if (fd < 0) {
		if (err->num != ENOENT && err->num != ENOTDIR)
			return -1;
		err_drop(err);
		return 0;
	}
	if (fstatvfs(fd, &info) < 0)
		return err_sys(err, "statvfs %s", path);
	*ret_flags = info.f_flag;
	*ret_fd = TAKE_FD(fd);
	return 1;
}

/* The root as the first process sees it. */
struct view {
	struct beneath root;
	uint32_t number; /* of that process in the images */
};

static int refuse(const struct view *view, const char *pointer, const char *what, const char *path,
	struct err *err)
{
	char text[300];

	(void) snprintf(text, sizeof(text), "%s %.200s", what, path);
	return restored_refuse(view->number, pointer, text, err);
}

static int check_masked(const struct view *view, const struct inside_path *masked, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	unsigned long flags;
	struct stat info;
	struct err ignored;
	int found = look(&view->root, masked->path, 0, &fd, &flags, err);

	if (found <= 0)
		return found;
	if (fstat(fd, &info) < 0)
		return err_sys(err, "stat %s", masked->path);
	if (S_ISDIR(info.st_mode))
		found = inode_on_fs(fd, INODE_FS_TMPFS, err);
	if (found < 0)
		return -1;
	if (S_ISDIR(info.st_mode) ? found > 0 && (flags & ST_RDONLY) != 0
				  : inode_is_device(fd, S_IFCHR, 1, 3, &ignored) == 0)
		return 0;
	return refuse(view, masked->pointer, "can see", masked->path, err);
}

static int check_readonly(
	const struct view *view, const struct inside_path *readonly, struct err *err)
{
	_cleanup_fd_ int fd = -1;
	unsigned long flags;
	int found = look(&view->root, readonly->path, 0, &fd, &flags, err);

	if (found <= 0 || (flags & ST_RDONLY) != 0)
		return found < 0 ? -1 : 0;
	return refuse(view, readonly->pointer, "can change", readonly->path, err);
}

static bool is_covered(const struct rootfs_plan *plan, size_t step)
{
	const char *destination = plan->steps[step].destination;

	for (size_t i = step + 1; i < plan->step_count; i++) {
		const char *below = str_after(destination, plan->steps[i].destination);

		if (below != NULL && (below[0] == '\0' || below[0] == '/' || below[-1] == '/'))
			return true;
	}
	return false;
}

static int check_step(
	const struct view *view, const struct rootfs_plan *plan, size_t i, struct err *err)
{
	static const struct {
		uint64_t attr;
		unsigned long flag;
		const char *words;
	} rows[] = {
		{ MOUNT_ATTR_RDONLY, ST_RDONLY, "has without ro" },
		{ MOUNT_ATTR_NOSUID, ST_NOSUID, "has without nosuid" },
		{ MOUNT_ATTR_NODEV, ST_NODEV, "has without nodev" },
		{ MOUNT_ATTR_NOEXEC, ST_NOEXEC, "has without noexec" },
	};
	const struct mount_step *step = &plan->steps[i];
	const uint64_t wanted = step->attr_set | step->attr_set_rec |
		((step->sb_flags & MS_RDONLY) != 0 ? MOUNT_ATTR_RDONLY : 0);
	_cleanup_fd_ int fd = -1;
	unsigned long flags;
	int found;

	if (is_covered(plan, i))
		return 0;
	found = look(&view->root, step->destination,
		step->destination_nofollow || step->copy_symlink ? BENEATH_NOFOLLOW : 0, &fd,
		&flags, err);
	if (found <= 0)
		return found;
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++)
		if ((wanted & rows[k].attr) != 0 && (flags & rows[k].flag) == 0)
			return refuse(view, step->pointer, rows[k].words, step->destination, err);
	return 0;
}

int restored_root_check(const struct restored_job *job, struct err *err)
{
	const struct rootfs_plan *rootfs = &job->plan->rootfs;
	struct restored first = { 0 };
	struct view view = { 0 };
	_cleanup_fd_ int fd = -1;

	if (!rootfs->new_mount_ns || (restored_reach(&job->plan->proc) >> CAP_SYS_ADMIN & 1) != 0)
		return 0;
	fd = procfs_open_root(job->procfs, job->first, err);
	if (fd < 0 || restored_status(job, job->first, &first, err) < 0)
		return -1;
	view = (struct view){ { .root = fd }, first.pid };
	for (size_t i = 0; i < rootfs->masked_count; i++)
		if (check_masked(&view, &rootfs->masked[i], err) < 0)
			return -1;
	for (size_t i = 0; i < rootfs->readonly_count; i++)
		if (check_readonly(&view, &rootfs->readonly_paths[i], err) < 0)
			return -1;
	for (size_t i = 0; i < rootfs->step_count; i++)
		if (check_step(&view, rootfs, i, err) < 0)
			return -1;
	return 0;
}

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

int restored_root_readonly(const struct restored_job *job, struct err *err)
{
	_cleanup_fd_ int namespace = procfs_open_ns(job->procfs, job->first, "mnt", err);
	_cleanup_fd_ int ours = -1, theirs = -1, pidfd = -1;
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
	child_end(
		pid, pidfd, time_deadline_ms(END_MS), "the process that makes the root read-only");
	return got < 0 ? err_place(err, "/root/readonly") : 0;
}
