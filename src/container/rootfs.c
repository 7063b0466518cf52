/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/devices.h"
#include "container/init.h"
#include "container/masks.h"
#include "container/mounts.h"
#include "kernel/cred.h"
#include "kernel/mount.h"

/* ---- build -------------------------------------------------------------------------------------- */

/* The clone of the root file system goes on its own path, where hooks look for it. Where that path
 * cannot be walked with the ids of a user namespace it goes on the root, which needs no path. */
static int attach_root(const struct rootfs_plan *plan, int tree, struct err *err)
{
	static const unsigned long private_tree[] = { MS_PRIVATE | MS_REC };
	static const struct mount_flags flags = {
		.propagation = private_tree,
		.propagation_count = 1,
	};
	_cleanup_fd_ int target = open(plan->path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (target < 0 && errno == EACCES)
		target = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (target < 0)
		return err_sys(err, "open %s", plan->path);
	return mount_place(tree, target, &flags, err);
}

static int make_root(
	const struct rootfs_plan *plan, struct init_fds *fds, struct rootfs *root, struct err *err)
{
	if (plan->new_mount_ns) {
		root->fd = TAKE_FD(fds->root_tree);
		if (root->fd < 0)
			root->fd = mount_clone_tree(AT_FDCWD, plan->path, true, false, err);
		if (root->fd < 0 || attach_root(plan, root->fd, err) < 0)
			return err_place(err, "/root/path");
	} else {
		root->fd = open(plan->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (root->fd < 0) {
			(void) err_sys(err, "open %s", plan->path);
			return err_place(err, "/root/path");
		}
	}
	root->beneath.root = root->fd;
	return 0;
}

/* Bind sources that the parent could not clone, because it has no rights over its mounts, are cloned
 * here, before anything of the container's is mounted: none of them can be reached through it. */
static int open_sources(
	const struct rootfs_plan *plan, struct init_fds *fds, struct rootfs *root, struct err *err)
{
	for (size_t i = 0; i < plan->step_count; i++)
		if (mounts_open_source(&plan->steps[i], &fds->mounts[i], err) < 0)
			return -1;
	if (plan->masked_count == 0)
		return 0;
	root->null_tree = masks_open_null(err);
	return root->null_tree < 0 ? -1 : 0;
}

static int do_steps(const struct plan *plan, const struct cgroup_dirs *cgroups,
	struct init_fds *fds, struct rootfs *root, struct err *err)
{
	const struct mount_root mount_root = {
		.beneath = root->beneath,
		.ns = &plan->ns,
		.cgroups = cgroups,
		.setup_propagation = plan->rootfs.setup_propagation & ~(unsigned long) MS_REC,
	};

	for (size_t i = 0; i < plan->rootfs.step_count; i++) {
		if (mounts_step(&mount_root, &plan->rootfs.steps[i], &fds->mounts[i],
			    &root->late[i], err) < 0)
			return -1;
		mounts_close(&fds->mounts[i]);
	}
	return 0;
}

/* A working directory that the image lacks is made, as users of the peers expect. */
static int make_cwd(const struct plan *plan, struct rootfs *root, struct err *err)
{
	_cleanup_fd_ int fd = beneath_open(&root->beneath, plan->proc.cwd, O_PATH, 0, err);

	if (fd >= 0)
		return 0;
	err_drop(err);
	fd = beneath_mkdirs(&root->beneath, plan->proc.cwd, 0755, err);
	return fd < 0 ? err_place(err, "/process/cwd") : 0;
}

static int build(const struct plan *plan, const struct cgroup_dirs *cgroups, struct init_fds *fds,
	struct rootfs *root, struct err *err)
{
	root->late = malloc((plan->rootfs.step_count + 1) * sizeof(*root->late));
	if (root->late == NULL)
		return err_sys(err, "malloc mounts");
	root->late_count = plan->rootfs.step_count;
	for (size_t i = 0; i < root->late_count; i++)
		root->late[i] = -1;
	/* Before anything is mounted, and never in a mount namespace that is the host's. */
	if (plan->rootfs.new_mount_ns &&
		mount_propagation("/", plan->rootfs.setup_propagation, err) < 0)
		return err_place(err, "/linux/rootfsPropagation");
	if (open_sources(&plan->rootfs, fds, root, err) < 0 ||
		make_root(&plan->rootfs, fds, root, err) < 0 ||
		do_steps(plan, cgroups, fds, root, err) < 0 ||
		devices_make(&plan->rootfs, &root->beneath, fds->device_tree, err) < 0)
		return -1;
	fd_close(&fds->device_tree);
	return make_cwd(plan, root, err);
}

int rootfs_build(const struct plan *plan, const struct cgroup_dirs *cgroups, struct init_fds *fds,
	struct rootfs *root, struct err *err)
{
	/* What is made here is the container's, which its users must be able to enter and open, whatever the
	 * caller keeps to itself; the hooks are the caller's again. */
	const uint32_t umask = cred_umask(0);
	const int built = build(plan, cgroups, fds, root, err);

	(void) cred_umask(umask);
	return built;
}

/* ---- enter, finish, seal ------------------------------------------------------------------------ */

int rootfs_enter(const struct plan *plan, struct rootfs *root, struct err *err)
{
	if (!plan->rootfs.new_mount_ns)
		return mount_chroot(root->fd, err);
	if (plan->rootfs.pivot)
		return mount_pivot(root->fd, err);
	return mount_move_root(root->fd, err);
}

int rootfs_finish(const struct plan *plan, struct rootfs *root, struct err *err)
{
	return masks_apply(&plan->rootfs, &root->beneath, &root->null_tree, err);
}

int rootfs_seal(const struct plan *plan, struct rootfs *root, struct err *err)
{
	const struct rootfs_plan *rootfs = &plan->rootfs;

	for (size_t i = 0; i < root->late_count; i++)
		if (root->late[i] >= 0 &&
			mount_set_attr(root->late[i], MOUNT_ATTR_RDONLY, 0, 0, false, err) < 0)
			return err_point(
				err, rootfs->steps[i].pointer, "%s", rootfs->steps[i].destination);
	if (rootfs->readonly && mount_set_attr(root->fd, MOUNT_ATTR_RDONLY, 0, 0, false, err) < 0)
		return err_place(err, "/root/readonly");
	if (rootfs->root_propagation != 0 &&
		mount_set_attr(root->fd, 0, 0, rootfs->root_propagation & ~(unsigned long) MS_REC,
			(rootfs->root_propagation & MS_REC) != 0, err) < 0)
		return err_place(err, "/linux/rootfsPropagation");
	return 0;
}

void rootfs_done(struct rootfs *root)
{
	for (size_t i = 0; i < root->late_count; i++)
		fd_close(&root->late[i]);
	root->late_count = 0;
	free(root->late);
	root->late = NULL;
	fd_close(&root->null_tree);
	fd_close(&root->fd);
	root->beneath.root = -1;
}
