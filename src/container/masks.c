/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/masks.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "kernel/inode.h"
#include "kernel/mount.h"

static const unsigned long private_only[] = { MS_PRIVATE };
static const struct mount_flags mask_flags = {
	.set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
	.propagation = private_only,
	.propagation_count = 1,
};

int masks_open_null(struct err *err)
{
	_cleanup_fd_ int null = mount_clone_tree(AT_FDCWD, "/dev/null", false, true, err);

	if (null < 0 || inode_is_device(null, S_IFCHR, 1, 3, err) < 0)
		return err_place(err, "/linux/maskedPaths");
	return TAKE_FD(null);
}

/* Returns 1 with *ret_fd, 0 for a path that is not there: its mask would hide nothing. */
static int find(
	const struct beneath *root, const struct inside_path *path, int *ret_fd, struct err *err)
{
	*ret_fd = beneath_open(root, path->path, O_PATH, 0, err);
	if (*ret_fd >= 0)
		return 1;
	if (err->num != ENOENT && err->num != ENOTDIR)
		return -1;
	err_drop(err);
	return 0;
}

/* The first mask of each kind is attached and is the source of the others. */
struct masks {
	int null;
	int empty;
};

static void close_masks(struct masks *masks)
{
	fd_close(&masks->null);
	fd_close(&masks->empty);
}

static int mask(const struct beneath *root, const struct inside_path *path, struct masks *masks,
	int *take_null, struct err *err)
{
	static const char *const data[] = { "nr_blocks=1", "nr_inodes=1", "mode=755" };
	_cleanup_fd_ int target = -1, tree = -1;
	int found = find(root, path, &target, err), *kind;
	struct stat info;

	if (found <= 0)
		return found;
	if (fstat(target, &info) < 0)
		return err_sys(err, "stat %s", path->path);
	kind = S_ISDIR(info.st_mode) ? &masks->empty : &masks->null;
	if (*kind >= 0)
		tree = mount_clone_tree(*kind, "", false, false, err);
	else if (S_ISDIR(info.st_mode))
		tree = mount_make_fs_inside(
			"tmpfs", "tmpfs", data, 3, MS_RDONLY, mask_flags.set, err);
	else
		tree = TAKE_FD(*take_null);
	if (tree < 0 || mount_place(tree, target, &mask_flags, err) < 0)
		return -1;
	if (*kind < 0)
		*kind = TAKE_FD(tree);
	return 0;
}

static int make_readonly(
	const struct beneath *root, const struct inside_path *path, struct err *err)
{
	static const struct mount_flags flags = { .set_rec = MOUNT_ATTR_RDONLY };
	_cleanup_fd_ int target = -1, tree = -1;
	int found = find(root, path, &target, err);

	if (found <= 0)
		return found;
	tree = mount_clone_tree(target, "", true, false, err);
	return tree < 0 ? -1 : mount_place(tree, target, &flags, err);
}

int masks_apply(
	const struct rootfs_plan *plan, const struct beneath *root, int *take_null, struct err *err)
{
	__attribute__((cleanup(close_masks))) struct masks masks = { -1, -1 };

	for (size_t i = 0; i < plan->readonly_count; i++)
		if (make_readonly(root, &plan->readonly_paths[i], err) < 0)
			return err_point(err, plan->readonly_paths[i].pointer, "%s",
				plan->readonly_paths[i].path);
	for (size_t i = 0; i < plan->masked_count; i++)
		if (mask(root, &plan->masked[i], &masks, take_null, err) < 0)
			return err_point(err, plan->masked[i].pointer, "%s", plan->masked[i].path);
	return 0;
}
