/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/devices.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "kernel/inode.h"
#include "kernel/mount.h"

static const char *place_of(const struct device_node *node)
{
	return node->pointer[0] != '\0' ? node->pointer : "/linux/devices";
}

/* ---- nodes for a user namespace ----------------------------------------------------------------- */

/* The id on the host of an id inside; one that is not mapped stays what it is and shows as nobody. */
static uint32_t outside(const struct id_map *maps, size_t count, uint32_t inside)
{
	for (size_t i = 0; i < count; i++)
		if (inside >= maps[i].inside && inside - maps[i].inside < maps[i].size)
			return maps[i].outside + (inside - maps[i].inside);
	return inside;
}

int devices_prepare(const struct ns_plan *ns, const struct rootfs_plan *plan, struct err *err)
{
	static const char *const data[] = { "mode=711" };
	_cleanup_fd_ int tree = mount_make_fs(
		"tmpfs", "devices", data, 1, 0, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, err);
	const struct beneath below = { .root = tree };

	if (tree < 0)
		return -1;
	for (size_t i = 0; i < plan->device_count; i++) {
		const struct device_node *node = &plan->devices[i];
		char name[24];

		if (node->type == S_IFIFO)
			continue;
		(void) snprintf(name, sizeof(name), "%zu", i);
		if (beneath_mknod(&below, name, node->type | node->mode, node->major, node->minor,
			    outside(ns->maps.uids, ns->maps.uid_count, node->uid),
			    outside(ns->maps.gids, ns->maps.gid_count, node->gid), err) < 0)
			return err_point(err, place_of(node), "%s", node->path);
	}
	return TAKE_FD(tree);
}

static int bind_device(const struct beneath *root, const struct device_node *node, int prepared,
	size_t index, struct err *err)
{
	static const unsigned long private_only[] = { MS_PRIVATE };
	static const struct mount_flags flags = {
		.set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC,
		.propagation = private_only,
		.propagation_count = 1,
	};
	_cleanup_fd_ int tree = -1, target = -1;
	char name[24];

	(void) snprintf(name, sizeof(name), "%zu", index);
	tree = prepared >= 0 ? mount_clone_tree(prepared, name, false, true, err)
			     : mount_clone_tree(AT_FDCWD, node->path, false, true, err);
	if (tree < 0 || inode_is_device(tree, node->type, node->major, node->minor, err) < 0)
		return -1;
	target = beneath_create_file(root, node->path, 0666, err);
	return target < 0 ? -1 : mount_place(tree, target, &flags, err);
}

/* ---- all ---------------------------------------------------------------------------------------- */

static int make_nodes(
	const struct rootfs_plan *plan, const struct beneath *root, int prepared, struct err *err)
{
	for (size_t i = 0; i < plan->device_count; i++) {
		const struct device_node *node = &plan->devices[i];
		int done = plan->devices_by_bind && node->type != S_IFIFO
			? bind_device(root, node, prepared, i, err)
			: beneath_mknod(root, node->path, node->type | node->mode, node->major,
				  node->minor, node->uid, node->gid, err);

		if (done < 0)
			return err_point(err, place_of(node), "%s", node->path);
	}
	return 0;
}

static int make_links(const struct rootfs_plan *plan, const struct beneath *root, struct err *err)
{
	for (size_t i = 0; i < plan->link_count; i++) {
		const struct dev_link *link = &plan->links[i];

		if (link->only_with_kcore) {
			_cleanup_fd_ int kcore = beneath_open(root, "/proc/kcore", O_PATH, 0, err);

			if (kcore < 0) {
				err_drop(err);
				continue;
			}
		}
		if (beneath_symlink(root, link->path, link->target, err) < 0)
			return err_ctx(err, "link %s", link->path);
	}
	if (plan->ptmx_link && beneath_symlink(root, "/dev/ptmx", "pts/ptmx", err) < 0)
		return err_ctx(err, "link /dev/ptmx");
	return 0;
}

int devices_make(
	const struct rootfs_plan *plan, const struct beneath *root, int prepared, struct err *err)
{
	if (prepared >= 0) {
		/* A mount of no mount namespace cannot be cloned from: it gets a place for now. */
		_cleanup_fd_ int top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (top < 0)
			return err_sys(err, "open /");
		if (mount_attach(prepared, top, err) < 0)
			return err_place(err, "/linux/devices");
	}
	if (make_nodes(plan, root, prepared, err) < 0 ||
		(prepared >= 0 && mount_detach(prepared, -1, err) < 0))
		return -1;
	return make_links(plan, root, err);
}
