/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/rootfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "container/cgroup.h"
#include "container/init.h"
#include "kernel/inode.h"
#include "kernel/mount.h"

/* ---- build: bind sources and the root ----------------------------------------------------------- */

/* Bind sources that the parent could not clone, because it has no rights over its mounts, are cloned
 * here, before anything of the container's is mounted: none of them can be reached through it. */
static int open_sources(const struct rootfs_plan *plan, int *sources, struct err *err)
{
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct mount_step *step = &plan->steps[i];

		if (step->kind != MOUNT_BIND || sources[i] >= 0)
			continue;
		sources[i] = mount_clone_tree(
			AT_FDCWD, step->source, step->recursive, step->source_nofollow, err);
		if (sources[i] < 0)
			return err_point(err, step->pointer, "%s", step->destination);
	}
	return 0;
}

/* The clone of the root file system goes on its own path, where hooks look for it. Where that path
 * cannot be walked with the ids of a user namespace it goes on the root, which needs no path. */
static int attach_root(const struct rootfs_plan *plan, int tree, struct err *err)
{
	_cleanup_fd_ int target = open(plan->path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (target < 0)
		target = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (target < 0)
		return err_sys(err, "open %s", plan->path);
	return mount_attach(tree, target, err);
}

static int make_root(
	const struct rootfs_plan *plan, struct init_fds *fds, struct rootfs *root, struct err *err)
{
	if (plan->new_mount_ns && mount_propagation("/", plan->setup_propagation, err) < 0)
		return err_place(err, "/linux/rootfsPropagation");
	root->fd = TAKE_FD(fds->root_tree);
	if (root->fd < 0)
		root->fd = mount_clone_tree(AT_FDCWD, plan->path, true, false, err);
	if (root->fd < 0)
		return err_place(err, "/root/path");
	if (mount_set_attr(root->fd, 0, 0, MS_PRIVATE, true, -1, err) < 0 ||
		attach_root(plan, root->fd, err) < 0)
		return err_place(err, "/root/path");
	root->beneath.root = root->fd;
	return 0;
}

/* ---- build: the mount steps --------------------------------------------------------------------- */

/* Where a step goes: an O_PATH fd of the directory or file inside the root, made if missing. */
static int open_target(
	const struct rootfs *root, const struct mount_step *step, bool directory, struct err *err)
{
	if (step->real_directory || step->destination_nofollow) {
		_cleanup_fd_ int made = -1;
		struct stat info;
		int fd = beneath_open(
			&root->beneath, step->destination, O_PATH, BENEATH_NOFOLLOW, err);

		if (fd < 0 && err->num == ENOENT) {
			err_drop(err);
			return directory
				? beneath_mkdirs(&root->beneath, step->destination, 0755, err)
				: beneath_create_file(&root->beneath, step->destination, 0644, err);
		}
		made = fd;
		if (fd < 0)
			return -1;
		if (fstat(fd, &info) < 0)
			return err_sys(err, "stat %s", step->destination);
		if (S_ISLNK(info.st_mode))
			return err_set(err, ERR_CONFIG,
				"%s is a symbolic link in the root file system", step->destination);
		return TAKE_FD(made);
	}
	return directory ? beneath_mkdirs(&root->beneath, step->destination, 0755, err)
			 : beneath_create_file(&root->beneath, step->destination, 0644, err);
}

/* The flags of the whole tree, then those of the mount itself, then propagation in the user's order. */
static int set_attributes(const struct mount_step *step, int mount, struct err *err)
{
	uint64_t set = step->attr_set;

	if (step->late_readonly)
		set &= ~(uint64_t) MOUNT_ATTR_RDONLY;
	if ((step->attr_set_rec | step->attr_clear_rec) != 0 &&
		mount_set_attr(mount, step->attr_set_rec, step->attr_clear_rec, 0, true, -1, err) <
			0)
		return -1;
	if ((set | step->attr_clear) != 0 &&
		mount_set_attr(mount, set, step->attr_clear, 0, false, -1, err) < 0)
		return -1;
	for (size_t i = 0; i < step->propagation_count; i++)
		if (mount_set_attr(mount, 0, 0, step->propagation[i] & ~(unsigned long) MS_REC,
			    (step->propagation[i] & MS_REC) != 0, -1, err) < 0)
			return -1;
	return 0;
}

static int keep_late(struct rootfs *root, size_t index, const struct mount_step *step, int *take_fd)
{
	if (step->late_readonly)
		root->late[index] = TAKE_FD(*take_fd);
	return 0;
}

/* A tmpfs without a mode takes that of the directory that it covers, as a user sees it. */
static int step_fs(
	struct rootfs *root, size_t index, const struct mount_step *step, struct err *err)
{
	_cleanup_fd_ int target = open_target(root, step, true, err), mount = -1;
	const char *data[64];
	char mode[16], context[512];
	size_t count = 0;
	bool has_mode = false;
	struct stat info;

	if (target < 0)
		return -1;
	for (size_t i = 0; i < step->data_count && count < 60; i++) {
		data[count++] = step->data[i];
		has_mode = has_mode || str_starts(step->data[i], "mode=");
	}
	if (!has_mode && str_eq(step->type, "tmpfs")) {
		if (fstat(target, &info) < 0)
			return err_sys(err, "stat %s", step->destination);
		(void) snprintf(mode, sizeof(mode), "mode=%o", info.st_mode & 07777);
		data[count++] = mode;
	}
	if (step->label != NULL) {
		(void) snprintf(context, sizeof(context), "context=%s", step->label);
		data[count++] = context;
	}
	if (step->copy_up || step->idmap)
		return err_set(err, ERR_UNSUPPORTED, "%s is not implemented yet",
			step->copy_up ? "tmpcopyup" : "idmap");
	mount = mount_make_fs(step->type, step->source, data, count,
		step->late_readonly ? step->sb_flags & ~(unsigned long) MS_RDONLY : step->sb_flags,
		step->late_readonly ? step->attr_set & ~(uint64_t) MOUNT_ATTR_RDONLY
				    : step->attr_set,
		err);
	if (mount < 0 || set_attributes(step, mount, err) < 0 ||
		mount_attach(mount, target, err) < 0)
		return -1;
	return keep_late(root, index, step, &mount);
}

/* A clone of a mount that is shared on the host must not carry the container's mounts back there: it
 * becomes what the whole of the host's tree became, before it is attached. */
static int step_bind(const struct rootfs_plan *plan, struct rootfs *root, size_t index, int *source,
	struct err *err)
{
	const struct mount_step *step = &plan->steps[index];
	_cleanup_fd_ int tree = TAKE_FD(*source), target = -1;
	struct stat info;

	if (fstat(tree, &info) < 0)
		return err_sys(err, "stat %s", step->source);
	target = open_target(root, step, S_ISDIR(info.st_mode), err);
	if (target < 0)
		return -1;
	if (step->idmap || step->copy_symlink)
		return err_set(err, ERR_UNSUPPORTED, "%s is not implemented yet",
			step->idmap ? "idmap" : "copy-symlink");
	if (mount_set_attr(tree, 0, 0, plan->setup_propagation & ~(unsigned long) MS_REC, true, -1,
		    err) < 0 ||
		set_attributes(step, tree, err) < 0 || mount_attach(tree, target, err) < 0)
		return -1;
	return keep_late(root, index, step, &tree);
}

static int step_remount(struct rootfs *root, const struct mount_step *step, struct err *err)
{
	_cleanup_fd_ int target = beneath_open(&root->beneath, step->destination, O_PATH, 0, err);

	if (target < 0)
		return -1;
	return set_attributes(step, target, err);
}

/* ---- build: cgroup mounts ----------------------------------------------------------------------- */

/* One v1 hierarchy: in a cgroup namespace the file system itself, whose root the namespace hides;
 * else the container's own directory of it. `name` is the hierarchy's directory: "cpu,cpuacct". */
static int mount_hierarchy(const struct ns_plan *ns, const struct mount_step *step, int base,
	const char *name, const char *leaf, struct err *err)
{
	_cleanup_fd_ int target = -1, mount = -1;
	struct beneath below = { .root = base };

	target = beneath_mkdirs(&below, name, 0755, err);
	if (target < 0)
		return -1;
	if (ns->unshare_cgroup) {
		char named[96];
		const char *data[1] = { named };

		(void) snprintf(
			named, sizeof(named), "%s%s", str_eq(name, "systemd") ? "name=" : "", name);
		if (str_eq(name, "systemd")) {
			const char *words[2] = { "none", named };

			mount = mount_make_fs("cgroup", "cgroup", words, 2, 0, step->attr_set, err);
		} else
			mount = mount_make_fs("cgroup", "cgroup", data, 1, 0, step->attr_set, err);
	} else
		mount = mount_clone_tree(AT_FDCWD, leaf, false, true, err);
	if (mount < 0 ||
		mount_set_attr(mount, step->attr_set, step->attr_clear, MS_PRIVATE, true, -1, err) <
			0)
		return -1;
	return mount_attach(mount, target, err);
}

static int step_cgroup_v1(const struct ns_plan *ns, struct rootfs *root,
	const struct cgroup_dirs *cgroups, const struct mount_step *step, struct err *err)
{
	static const char *const data[] = { "mode=755" };
	_cleanup_fd_ int target = open_target(root, step, true, err), base = -1;

	if (target < 0)
		return -1;
	base = mount_make_fs(
		"tmpfs", "tmpfs", data, 1, 0, step->attr_set & ~(uint64_t) MOUNT_ATTR_RDONLY, err);
	if (base < 0 || mount_attach(base, target, err) < 0)
		return -1;
	for (size_t i = 0; i < cgroups->leaf_count; i++) {
		const char *below = str_after(cgroups->leaves[i], "/sys/fs/cgroup/");
		char name[80];
		const char *comma;

		if (below == NULL || str_starts(below, "unified/"))
			continue;
		(void) snprintf(name, sizeof(name), "%.*s", (int) strcspn(below, "/"), below);
		if (mount_hierarchy(ns, step, base, name, cgroups->leaves[i], err) < 0)
			return -1;
		/* "cpu,cpuacct" is also found as cpu and as cpuacct. */
		comma = strchr(name, ',');
		if (comma != NULL) {
			char one[80];

			(void) snprintf(one, sizeof(one), "%.*s", (int) (comma - name), name);
			if (symlinkat(name, base, one) < 0 || symlinkat(name, base, comma + 1) < 0)
				return err_sys(err, "symlink %s", name);
		}
	}
	if ((step->attr_set & MOUNT_ATTR_RDONLY) != 0)
		return mount_set_attr(base, MOUNT_ATTR_RDONLY, 0, 0, false, -1, err);
	return 0;
}

static int step_cgroup_v2(const struct ns_plan *ns, struct rootfs *root,
	const struct cgroup_dirs *cgroups, const struct mount_step *step, struct err *err)
{
	_cleanup_fd_ int target = open_target(root, step, true, err), mount = -1;

	if (target < 0)
		return -1;
	/* Outside of a cgroup namespace of its own the container sees the whole hierarchy, as it
	 * would by mounting it. A user namespace may not mount it: then the tree that is there. */
	mount = mount_make_fs(
		"cgroup2", "cgroup", step->data, step->data_count, 0, step->attr_set, err);
	if (mount < 0 && (err->num == EPERM || err->num == EBUSY)) {
		const char *tree = ns->unshare_cgroup && cgroups->leaf_count != 0
			? cgroups->leaves[0]
			: "/sys/fs/cgroup";

		err_drop(err);
		mount = mount_clone_tree(AT_FDCWD, tree, false, true, err);
	}
	if (mount < 0 ||
		mount_set_attr(
			mount, step->attr_set, step->attr_clear, MS_PRIVATE, false, -1, err) < 0)
		return -1;
	return mount_attach(mount, target, err);
}

static bool host_is_v2(void)
{
	struct err ignored;
	_cleanup_fd_ int fd = open("/sys/fs/cgroup", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int is = fd < 0 ? -1 : inode_is_fs(fd, 0x63677270 /* CGROUP2_SUPER_MAGIC */, &ignored);

	if (is < 0)
		err_drop(&ignored);
	return is == 0;
}

static int do_steps(const struct plan *plan, const struct cgroup_dirs *cgroups,
	struct init_fds *fds, struct rootfs *root, struct err *err)
{
	for (size_t i = 0; i < plan->rootfs.step_count; i++) {
		const struct mount_step *step = &plan->rootfs.steps[i];
		int done = -1;

		switch (step->kind) {
		case MOUNT_FS:
			done = step_fs(root, i, step, err);
			break;
		case MOUNT_BIND:
			done = step_bind(&plan->rootfs, root, i, &fds->sources[i], err);
			break;
		case MOUNT_CGROUP:
			done = host_is_v2() ? step_cgroup_v2(&plan->ns, root, cgroups, step, err)
					    : step_cgroup_v1(&plan->ns, root, cgroups, step, err);
			break;
		case MOUNT_REMOUNT:
			done = step_remount(root, step, err);
			break;
		}
		if (done < 0)
			return err_point(err, step->pointer, "%s", step->destination);
	}
	return 0;
}

/* ---- build: devices and links ------------------------------------------------------------------- */

/* In a user namespace no node can be made: the host's own is bound, once it is seen to be the one. */
static int bind_device(struct rootfs *root, const struct device_node *node, struct err *err)
{
	_cleanup_fd_ int tree = mount_clone_tree(AT_FDCWD, node->path, false, true, err);
	_cleanup_fd_ int target = -1;

	if (tree < 0 || inode_is_device(tree, node->type, node->major, node->minor, err) < 0)
		return -1;
	target = beneath_create_file(&root->beneath, node->path, 0666, err);
	if (target < 0 || mount_set_attr(tree, 0, 0, MS_PRIVATE, false, -1, err) < 0)
		return -1;
	return mount_attach(tree, target, err);
}

static int make_devices(const struct rootfs_plan *plan, struct rootfs *root, struct err *err)
{
	for (size_t i = 0; i < plan->device_count; i++) {
		const struct device_node *node = &plan->devices[i];
		int done = plan->devices_by_bind && node->type != S_IFIFO
			? bind_device(root, node, err)
			: beneath_mknod(&root->beneath, node->path, node->type | node->mode,
				  node->major, node->minor, node->uid, node->gid, err);

		if (done < 0)
			return err_point(err,
				node->pointer[0] != '\0' ? node->pointer : "/linux/devices", "%s",
				node->path);
	}
	for (size_t i = 0; i < plan->link_count; i++) {
		const struct dev_link *link = &plan->links[i];

		if (link->only_with_kcore) {
			_cleanup_fd_ int kcore =
				beneath_open(&root->beneath, "/proc/kcore", O_PATH, 0, err);

			if (kcore < 0) {
				err_drop(err);
				continue;
			}
		}
		if (beneath_symlink(&root->beneath, link->path, link->target, err) < 0)
			return err_ctx(err, "link %s", link->path);
	}
	if (plan->ptmx_link && beneath_symlink(&root->beneath, "/dev/ptmx", "pts/ptmx", err) < 0)
		return err_ctx(err, "link /dev/ptmx");
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

static int open_null(const struct rootfs_plan *plan, struct rootfs *root, struct err *err)
{
	if (plan->masked_count == 0)
		return 0;
	root->null_tree = mount_clone_tree(AT_FDCWD, "/dev/null", false, true, err);
	if (root->null_tree < 0 || inode_is_device(root->null_tree, S_IFCHR, 1, 3, err) < 0 ||
		mount_set_attr(root->null_tree, 0, 0, MS_PRIVATE, false, -1, err) < 0)
		return err_place(err, "/linux/maskedPaths");
	return 0;
}

int rootfs_build(const struct plan *plan, const struct cgroup_dirs *cgroups, struct init_fds *fds,
	struct rootfs *root, struct err *err)
{
	root->late = malloc((plan->rootfs.step_count + 1) * sizeof(*root->late));
	if (root->late == NULL)
		return err_sys(err, "malloc mounts");
	root->late_count = plan->rootfs.step_count;
	for (size_t i = 0; i < root->late_count; i++)
		root->late[i] = -1;
	if (open_sources(&plan->rootfs, fds->sources, err) < 0 ||
		open_null(&plan->rootfs, root, err) < 0 ||
		make_root(&plan->rootfs, fds, root, err) < 0 ||
		do_steps(plan, cgroups, fds, root, err) < 0 ||
		make_devices(&plan->rootfs, root, err) < 0)
		return -1;
	return make_cwd(plan, root, err);
}

/* ---- enter, finish, seal ------------------------------------------------------------------------ */

int rootfs_enter(const struct plan *plan, struct rootfs *root, struct err *err)
{
	if (plan->rootfs.pivot)
		return mount_pivot(root->fd, err);
	return mount_move_root(root->fd, err);
}

/* Masks are inodes of the runtime's own: the null device of the host for a file, an empty read-only
 * tmpfs for a directory. The first of each kind stays attached and is the source of the others. */
struct masks {
	int null;
	int empty;
};

static int mask(
	struct rootfs *root, struct masks *masks, const struct inside_path *path, struct err *err)
{
	static const char *const data[] = { "nr_blocks=1", "nr_inodes=1", "mode=755" };
	_cleanup_fd_ int target = beneath_open(&root->beneath, path->path, O_PATH, 0, err);
	_cleanup_fd_ int tree = -1;
	struct stat info;
	int *kind;

	if (target < 0) {
		/* Only a path that is not there may be left out; its mask would hide nothing. */
		if (err->num != ENOENT && err->num != ENOTDIR)
			return -1;
		err_drop(err);
		return 0;
	}
	if (fstat(target, &info) < 0)
		return err_sys(err, "stat %s", path->path);
	kind = S_ISDIR(info.st_mode) ? &masks->empty : &masks->null;
	if (*kind >= 0)
		tree = mount_clone_tree(*kind, "", false, false, err);
	else if (S_ISDIR(info.st_mode))
		tree = mount_make_fs("tmpfs", "tmpfs", data, 3, MS_RDONLY, MOUNT_ATTR_RDONLY, err);
	else
		tree = TAKE_FD(root->null_tree);
	if (tree < 0 || mount_attach(tree, target, err) < 0)
		return -1;
	if (*kind < 0)
		*kind = TAKE_FD(tree);
	return 0;
}

static int make_readonly(struct rootfs *root, const struct inside_path *path, struct err *err)
{
	_cleanup_fd_ int target = beneath_open(&root->beneath, path->path, O_PATH, 0, err);
	_cleanup_fd_ int tree = -1;

	if (target < 0) {
		if (err->num != ENOENT && err->num != ENOTDIR)
			return -1;
		err_drop(err);
		return 0;
	}
	tree = mount_clone_tree(target, "", true, false, err);
	if (tree < 0 || mount_set_attr(tree, MOUNT_ATTR_RDONLY, 0, 0, true, -1, err) < 0)
		return -1;
	return mount_attach(tree, target, err);
}

int rootfs_finish(const struct plan *plan, struct rootfs *root, struct err *err)
{
	_cleanup_fd_ int null = -1, empty = -1;
	struct masks masks = { -1, -1 };
	int done = 0;

	for (size_t i = 0; done == 0 && i < plan->rootfs.readonly_count; i++) {
		const struct inside_path *path = &plan->rootfs.readonly_paths[i];

		if (make_readonly(root, path, err) < 0)
			done = err_point(err, path->pointer, "%s", path->path);
	}
	for (size_t i = 0; done == 0 && i < plan->rootfs.masked_count; i++) {
		const struct inside_path *path = &plan->rootfs.masked[i];

		if (mask(root, &masks, path, err) < 0)
			done = err_point(err, path->pointer, "%s", path->path);
	}
	null = masks.null;
	empty = masks.empty;
	return done;
}

int rootfs_seal(const struct plan *plan, struct rootfs *root, struct err *err)
{
	const struct rootfs_plan *rootfs = &plan->rootfs;

	for (size_t i = 0; i < root->late_count; i++)
		if (root->late[i] >= 0 &&
			mount_set_attr(root->late[i], MOUNT_ATTR_RDONLY, 0, 0, false, -1, err) < 0)
			return err_point(
				err, rootfs->steps[i].pointer, "%s", rootfs->steps[i].destination);
	if (rootfs->readonly &&
		mount_set_attr(root->fd, MOUNT_ATTR_RDONLY, 0, 0, false, -1, err) < 0)
		return err_place(err, "/root/readonly");
	if (rootfs->root_propagation != 0 &&
		mount_set_attr(root->fd, 0, 0, rootfs->root_propagation & ~(unsigned long) MS_REC,
			(rootfs->root_propagation & MS_REC) != 0, -1, err) < 0)
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
