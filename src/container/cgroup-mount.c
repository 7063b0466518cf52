/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/cgroup-mount.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
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
#include "kernel/beneath.h"
#include "kernel/cgroupfs.h"
#include "kernel/inode.h"
#include "kernel/mount.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

static int place(
	int mount, int target, const struct mount_step *step, uint64_t set, struct err *err)
{
	unsigned long *propagation = malloc((step->propagation_count + 1) * sizeof(*propagation));
	const struct mount_flags flags = {
		.set_rec = step->attr_set_rec,
		.clear_rec = step->attr_clear_rec,
		.set = set,
		.clear = step->attr_clear,
		.propagation = propagation,
		.propagation_count = step->propagation_count + 1,
	};
	int done;

	if (propagation == NULL)
		return err_sys(err, "malloc mounts");
	propagation[0] = MS_PRIVATE;
	for (size_t i = 0; i < step->propagation_count; i++)
		propagation[i + 1] = step->propagation[i];
	done = mount_place(mount, target, &flags, err);
	free(propagation);
	return done;
}

enum { HIERARCHY_WORDS = 16 };

/* A new mount of the hierarchy whose directory on the host is `name`: "cpu,cpuacct", "systemd". Each controller is an
 * option of its own: where systemd mounts them, some share a hierarchy. */
static int make_hierarchy(const char *name, uint64_t attr, struct err *err)
{
	const char *data[HIERARCHY_WORDS] = { "none", "name=systemd" };
	char words[80], *at = words;
	size_t count = 0;

	if (str_eq(name, "systemd"))
		return mount_make_fs_inside("cgroup", "cgroup", data, 2, 0, attr, err);
	(void) snprintf(words, sizeof(words), "%s", name);
	while (at != NULL && count < HIERARCHY_WORDS)
		data[count++] = strsep(&at, ",");
	return mount_make_fs_inside("cgroup", "cgroup", data, count, 0, attr, err);
}

/* One v1 hierarchy at its name. */
static int mount_hierarchy(const struct ns_plan *ns, const struct mount_step *step, int base,
	const char *name, const char *leaf, struct err *err)
{
	_cleanup_fd_ int target = -1, mount = -1;

	/* The tmpfs is new, and nobody else's yet. */
	if (mkdirat(base, name, 0755) < 0)
		return err_sys(err, "mkdir %s", name);
	target = openat(base, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0)
		return err_sys(err, "open %s", name);
	mount = ns->unshare_cgroup ? make_hierarchy(name, step->attr_set, err)
				   : mount_clone_tree(AT_FDCWD, leaf, false, true, err);
	return mount < 0 ? -1 : place(mount, target, step, step->attr_set, err);
}

/* "cpu,cpuacct" is also found as cpu and as cpuacct. */
static int link_controllers(int base, const char *name, struct err *err)
{
	for (const char *at = name; *at != '\0' && strchr(name, ',') != NULL;) {
		const size_t length = strcspn(at, ",");
		char one[80];

		(void) snprintf(one, sizeof(one), "%.*s", (int) length, at);
		if (symlinkat(name, base, one) < 0)
			return err_sys(err, "symlink %s", one);
		at += length + (at[length] == ',');
	}
	return 0;
}

static int mount_v1(const struct ns_plan *ns, const struct cgroup_dirs *cgroups,
	const struct mount_step *step, int target, struct err *err)
{
	static const char *const data[] = { "mode=755" };
	struct mount_step writable = *step; /* until all is in it */
	_cleanup_fd_ int base = -1;

	base = mount_make_fs_inside(
		"tmpfs", "tmpfs", data, 1, 0, step->attr_set & ~(uint64_t) MOUNT_ATTR_RDONLY, err);
	writable.attr_set_rec &= ~(uint64_t) MOUNT_ATTR_RDONLY;
	if (base < 0 ||
		place(base, target, &writable, step->attr_set & ~(uint64_t) MOUNT_ATTR_RDONLY,
			err) < 0)
		return -1;
	for (size_t i = 0; i < cgroups->leaf_count; i++) {
		const char *below = str_after(cgroups->leaves[i], CGROUP_ROOT "/");
		char name[80];

		if (below == NULL || str_starts(below, "unified/"))
			continue;
		(void) snprintf(name, sizeof(name), "%.*s", (int) strcspn(below, "/"), below);
		if (mount_hierarchy(ns, step, base, name, cgroups->leaves[i], err) < 0 ||
			link_controllers(base, name, err) < 0)
			return -1;
	}
	if (((step->attr_set | step->attr_set_rec) & MOUNT_ATTR_RDONLY) != 0)
		return mount_set_attr(base, MOUNT_ATTR_RDONLY, 0, 0, false, err);
	return 0;
}

/* The tree that is there: the container's own directory where a cgroup namespace would show just that, else
 * all of the host's; for a user namespace read-only, because what a rootless container could write there
 * belongs to its user on the host (CVE-2023-25809). */
static int clone_v2(const struct ns_plan *ns, const struct cgroup_dirs *cgroups,
	const struct mount_step *step, uint64_t *set, struct err *err)
{
	const int v2 = cgroupfs_is_v2(CGROUP_ROOT, err);
	const bool own = ns->unshare_cgroup && cgroups->leaf_count > 0;
	const char *tree = own ? cgroup_home(cgroups, 0)
		: v2 > 0       ? CGROUP_ROOT
			       : CGROUP_ROOT "/unified";
	_cleanup_fd_ int mount = -1;

	if (v2 < 0)
		return -1;
	*set = step->attr_set;
	if (!own && ns->user != NS_USER_HOST)
		*set |= MOUNT_ATTR_RDONLY;
	mount = mount_clone_tree(AT_FDCWD, tree, !own, false, err);
	if (mount >= 0 && !own && mount_set_attr(mount, *set, 0, 0, true, err) < 0)
		return -1;
	return TAKE_FD(mount);
}

/* Outside of a cgroup namespace a new mount would give its own options, or their absence, to the host's
 * hierarchy (nsdelegate, memory_recursiveprot): there it is always what the host has. Inside of one, mounting may be refused to a user namespace that
 * does not own it. */
static int mount_v2(const struct ns_plan *ns, const struct cgroup_dirs *cgroups,
	const struct mount_step *step, int target, struct err *err)
{
	const bool inside = (ns->all & CLONE_NEWCGROUP) != 0 || step->data_count > 0;
	uint64_t set = step->attr_set;
	_cleanup_fd_ int mount = -1;

	mount = inside ? mount_make_fs_inside("cgroup2", "cgroup", step->data, step->data_count, 0,
				 step->attr_set, err)
		       : clone_v2(ns, cgroups, step, &set, err);
	if (mount < 0 && inside && (err->num == EPERM || err->num == EBUSY)) {
		err_drop(err);
		mount = clone_v2(ns, cgroups, step, &set, err);
	}
	if (mount < 0 || inode_is_fs(mount, INODE_FS_CGROUP2, err) < 0)
		return -1;
	return place(mount, target, step, set, err);
}

int cgroup_mount(const struct ns_plan *ns, const struct cgroup_dirs *cgroups,
	const struct mount_step *step, int target, struct err *err)
{
	const int v2 = cgroupfs_is_v2(CGROUP_ROOT, err);

	if (v2 < 0)
		return -1;
	if (str_eq(step->type, "cgroup2") || v2 > 0)
		return mount_v2(ns, cgroups, step, target, err);
	return mount_v1(ns, cgroups, step, target, err);
}
