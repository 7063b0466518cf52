/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/mounts.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/str.h"
#include "container/cgroup-mount.h"
#include "container/idmap.h"
#include "kernel/copytree.h"
#include "kernel/inode.h"
#include "kernel/mount.h"
#include "kernel/rlimit.h"

enum { MODE_BYTES = 16 };

/* ---- what is opened in advance ------------------------------------------------------------------ */

int mounts_make_room(size_t steps, uint64_t *ret_before, struct err *err)
{
	/* Every step may need one or two at the same time, and each level of a tree that is copied three. */
	enum { BESIDES = 64 + 3 * COPYTREE_DEPTH };

	return rlimit_lift(RLIMIT_NOFILE, 2 * steps + BESIDES, ret_before, err);
}

int mounts_open_source(const struct mount_step *step, struct mount_fds *fds, struct err *err)
{
	if (step->kind != MOUNT_BIND || fds->source >= 0)
		return 0;
	fds->source = mount_clone_tree(
		AT_FDCWD, step->source, step->recursive, step->source_nofollow, err);
	return fds->source < 0 ? err_point(err, step->pointer, "%s", step->destination) : 0;
}

int mounts_open(const struct ns_plan *ns, const struct mount_step *step, bool privileged,
	int procfs, struct arena *arena, struct mount_fds *ret, struct err *err)
{
	if (privileged && mounts_open_source(step, ret, err) < 0)
		return -1;
	if (!step->idmap)
		return 0;
	ret->idmap = idmap_open(step->maps.uid_count > 0 ? &step->maps : &ns->maps, !privileged,
		procfs, arena, err);
	if (ret->idmap < 0)
		return err_point(err, step->pointer, "%s", step->destination);
	/* Only who owns the file system may map its ids: for what is the host's, that is here. */
	if (ret->source < 0)
		return 0;
	if (mount_idmap(ret->source, ret->idmap, step->idmap_recursive, err) < 0)
		return err_point(err, step->pointer, "%s", step->destination);
	ret->idmapped = true;
	fd_close(&ret->idmap);
	return 0;
}

void mounts_close(struct mount_fds *fds)
{
	fd_close(&fds->source);
	fd_close(&fds->idmap);
}

/* ---- destinations ------------------------------------------------------------------------------- */

/* Files that a program like lxcfs may put over those of the kernel. Everything else below /proc is the
 * kernel's word about the container, and labels and limits are written there. */
static bool may_cover_proc(const char *destination)
{
	static const char *const names[] = { "cpuinfo", "diskstats", "loadavg", "meminfo",
		"slabinfo", "stat", "swaps", "sys/crypto/fips_enabled", "sys/kernel/ns_last_pid",
		"uptime", NULL };
	const char *below = str_after(destination, "/proc/");

	return below != NULL && str_in(below, names);
}

static bool is_proc_itself(const char *destination)
{
	const char *rest = str_after(destination, "/proc");

	return rest != NULL && rest[strspn(rest, "/")] == '\0';
}

/* The text of a destination says where it should lie, the fd where it does: links lead anywhere. */
static int check_proc(const struct mount_step *step, int target, int mount, struct err *err)
{
	const int is_proc = inode_on_fs(mount, INODE_FS_PROC, err);
	const int inside = is_proc < 0 ? -1 : inode_on_fs(target, INODE_FS_PROC, err);

	if (inside < 0)
		return -1;
	if (is_proc_itself(step->destination))
		return is_proc ? 0
			       : err_set(err, ERR_CONFIG, "only a procfs may be mounted on /proc");
	if (!inside && !str_starts(step->destination, "/proc/"))
		return 0;
	if (may_cover_proc(step->destination))
		return 0;
	return err_set(err, ERR_CONFIG, "%s is below /proc, where nothing may be mounted",
		step->destination);
}

/* An fd of the directory or file inside the root, made if missing. A symbolic link as last component is
 * followed, or is the target itself (dest-nofollow), or is refused (proc, sysfs). *ret_mode (may be NULL)
 * gets the mode as an option for a tmpfs, where the step asks for that of what was there. */
static int open_target(const struct beneath *root, const struct mount_step *step, bool directory,
	char ret_mode[MODE_BYTES], struct err *err)
{
	const bool nofollow = step->real_directory || step->destination_nofollow;
	_cleanup_fd_ int fd = -1;
	struct stat info;
	bool found;
	int is_root;

	if (nofollow || step->covered_mode) {
		fd = beneath_open(
			root, step->destination, O_PATH, nofollow ? BENEATH_NOFOLLOW : 0, err);
		if (fd < 0 && err->num != ENOENT)
			return -1;
		if (fd < 0)
			err_drop(err);
	}
	found = fd >= 0;
	if (!found)
		fd = directory ? beneath_mkdirs(root, step->destination, 0755, err)
			       : beneath_create_file(root, step->destination, 0644, err);
	/* A file over a directory is ENOTDIR, as with mount(2): by these words an engine tells its user
	 * that a file and a directory were confused. */
	if (fd < 0 && err->num == EISDIR) {
		err_drop(err);
		return err_num(err, ENOTDIR, "mount a file on %s", step->destination);
	}
	if (fd < 0)
		return -1;
	is_root = beneath_is_root(root, fd, err);
	if (is_root < 0)
		return -1;
	if (is_root > 0)
		return err_set(err, ERR_CONFIG,
			"%s leads to the root, where it would be seen by nobody",
			step->destination);
	if (fstat(fd, &info) < 0)
		return err_sys(err, "stat %s", step->destination);
	if (step->real_directory && !S_ISDIR(info.st_mode))
		return err_set(err, ERR_CONFIG, "%s must be a directory, not a symbolic link",
			step->destination);
	if (directory != S_ISDIR(info.st_mode))
		return err_num(err, ENOTDIR, "mount a %s on %s", directory ? "directory" : "file",
			step->destination);
	if (ret_mode != NULL && found && step->covered_mode)
		(void) snprintf(ret_mode, MODE_BYTES, "mode=%o", info.st_mode & 07777);
	return TAKE_FD(fd);
}

/* ---- placing ------------------------------------------------------------------------------------ */

static int place(const struct mount_step *step, struct mount_fds *fds, int *take_mount, int target,
	int *ret_late, struct err *err)
{
	struct mount_flags flags = {
		.set_rec = step->attr_set_rec,
		.clear_rec = step->attr_clear_rec,
		.set = step->attr_set,
		.clear = step->attr_clear,
		.propagation = step->propagation,
		.propagation_count = step->propagation_count,
	};

	if (check_proc(step, target, *take_mount, err) < 0)
		return -1;
	if (step->late_readonly) {
		flags.set &= ~(uint64_t) MOUNT_ATTR_RDONLY;
		flags.set_rec &= ~(uint64_t) MOUNT_ATTR_RDONLY;
	}
	if (step->idmap && !fds->idmapped &&
		mount_idmap(*take_mount, fds->idmap, step->idmap_recursive, err) < 0)
		return -1;
	if (mount_place(*take_mount, target, &flags, err) < 0)
		return -1;
	if (step->late_readonly)
		*ret_late = TAKE_FD(*take_mount);
	return 0;
}

/* A clone of a mount that is shared on the host must not carry the container's mounts back there: the
 * whole of it takes `first` before it gets the propagation that was asked. */
static int place_clone(const struct mount_step *step, unsigned long first, struct mount_fds *fds,
	int *take_tree, int target, int *ret_late, struct err *err)
{
	unsigned long *propagation = malloc((step->propagation_count + 1) * sizeof(*propagation));
	struct mount_step with = *step;
	int done;

	if (propagation == NULL)
		return err_sys(err, "malloc mounts");
	propagation[0] = first | MS_REC;
	for (size_t i = 0; i < step->propagation_count; i++)
		propagation[i + 1] = step->propagation[i];
	with.propagation = propagation;
	with.propagation_count = step->propagation_count + 1;
	done = place(&with, fds, take_tree, target, ret_late, err);
	free(propagation);
	return done;
}

/* What is bound in place of a file system: what was asked of that one holds for all that is below. */
static int place_instead(const struct mount_step *step, struct mount_fds *fds, int *take_tree,
	int target, int *ret_late, struct err *err)
{
	struct mount_step with = *step;

	with.attr_set_rec |= step->attr_set & MOUNT_ATTR_RDONLY;
	with.late_readonly = false;
	return place_clone(&with, MS_PRIVATE, fds, take_tree, target, ret_late, err);
}

/* ---- file systems ------------------------------------------------------------------------------- */

static int make_fs(
	const struct mount_step *step, const char *mode, bool without_gid, struct err *err)
{
	const char **data = calloc(step->data_count + 1, sizeof(*data));
	size_t count = 0;
	int mount;

	if (data == NULL)
		return err_sys(err, "malloc mounts");
	for (size_t i = 0; i < step->data_count; i++)
		if (!without_gid || !str_starts(step->data[i], "gid="))
			data[count++] = step->data[i];
	if (mode != NULL)
		data[count++] = mode;
	mount = mount_make_fs_inside(step->type, step->source, data, count,
		step->late_readonly ? step->sb_flags & ~(unsigned long) MS_RDONLY : step->sb_flags,
		step->late_readonly ? step->attr_set & ~(uint64_t) MOUNT_ATTR_RDONLY
				    : step->attr_set,
		err);
	free(data);
	return mount;
}

/* In a user namespace some file systems are refused that the host shows: what is in sight already is
 * bound instead, with the same flags. */
static int make_fs_or_bind(const struct mount_root *root, const struct mount_step *step,
	const char *mode, bool *ret_bound, struct err *err)
{
	_cleanup_fd_ int mount = make_fs(step, mode, false, err);
	const bool is_proc = str_eq(step->type, "proc"), is_sys = str_eq(step->type, "sysfs");
	const uint64_t readonly = (step->attr_set | step->attr_set_rec) & MOUNT_ATTR_RDONLY;

	if (mount >= 0)
		return TAKE_FD(mount);
	if (str_eq(step->type, "devpts") && err->num == EINVAL) {
		/* A group that the user namespace does not map. */
		err_drop(err);
		return make_fs(step, mode, true, err);
	}
	if (err->num != EPERM || (!is_proc && !is_sys))
		return -1;
	/* A writable sysfs, or the procfs of another pid namespace, is not what was asked for. */
	if (is_proc && (root->ns->all & CLONE_NEWPID) != 0)
		return err_ctx(err,
			"no procfs can be mounted where parts of the one that is here are masked");
	if (is_sys && readonly == 0)
		return err_ctx(err,
			"a writable sysfs needs a network namespace that the user namespace owns");
	err_drop(err);
	mount = mount_clone_tree(AT_FDCWD, is_proc ? "/proc" : "/sys", true, false, err);
	if (mount < 0 || inode_is_fs(mount, is_proc ? INODE_FS_PROC : INODE_FS_SYS, err) < 0)
		return -1;
	*ret_bound = true;
	return TAKE_FD(mount);
}

/* A tmpfs without a mode takes that of the directory that it covers, as a user sees it; one that is made
 * for it has none of its own to say, and the tmpfs is everybody's, which is the kernel's choice. */
static int step_fs(const struct mount_root *root, const struct mount_step *step,
	struct mount_fds *fds, int *ret_late, struct err *err)
{
	char mode[MODE_BYTES] = "";
	_cleanup_fd_ int target = open_target(&root->beneath, step, true, mode, err), mount = -1;
	bool bound = false;

	if (target < 0)
		return -1;
	mount = fds->source >= 0
		? TAKE_FD(fds->source)
		: make_fs_or_bind(root, step, mode[0] != '\0' ? mode : NULL, &bound, err);
	if (mount < 0)
		return -1;
	/* The kernel has been asked by name; what came is looked at. */
	if (str_eq(step->type, "proc") && inode_is_fs(mount, INODE_FS_PROC, err) < 0)
		return -1;
	if (str_eq(step->type, "sysfs") && inode_is_fs(mount, INODE_FS_SYS, err) < 0)
		return -1;
	if (step->label != NULL && inode_set_label(mount, step->label, err) < 0)
		return -1;
	if (step->copy_up && copytree(target, mount, err) < 0)
		return err_ctx(err, "copy up");
	if (bound)
		return place_instead(step, fds, &mount, target, ret_late, err);
	return place(step, fds, &mount, target, ret_late, err);
}

/* ---- binds -------------------------------------------------------------------------------------- */

static int step_copy_symlink(
	const struct beneath *root, const struct mount_step *step, int link, struct err *err)
{
	char text[4096], now[4096];
	_cleanup_fd_ int there = -1;
	ssize_t length = readlinkat(link, "", text, sizeof(text) - 1), have;

	if (length < 0)
		return err_sys(err, "readlink %s", step->source);
	text[length] = '\0';
	there = beneath_open(root, step->destination, O_PATH, BENEATH_NOFOLLOW, err);
	if (there < 0) {
		if (err->num != ENOENT)
			return -1;
		err_drop(err);
		return beneath_symlink(root, step->destination, text, err);
	}
	have = readlinkat(there, "", now, sizeof(now) - 1);
	if (have == length && memcmp(now, text, (size_t) length) == 0)
		return 0;
	return err_num(err, EEXIST, "symlink %s", step->destination);
}

static int step_bind(const struct mount_root *root, const struct mount_step *step,
	struct mount_fds *fds, int *ret_late, struct err *err)
{
	_cleanup_fd_ int tree = TAKE_FD(fds->source), target = -1;
	struct stat info;

	if (fstat(tree, &info) < 0)
		return err_sys(err, "stat %s", step->source);
	if (step->copy_symlink && S_ISLNK(info.st_mode))
		return step_copy_symlink(&root->beneath, step, tree, err);
	target = open_target(&root->beneath, step, S_ISDIR(info.st_mode), NULL, err);
	if (target < 0)
		return -1;
	return place_clone(step, root->setup_propagation, fds, &tree, target, ret_late, err);
}

/* ---- all ---------------------------------------------------------------------------------------- */

static int step_remount(
	const struct mount_root *root, const struct mount_step *step, struct err *err)
{
	_cleanup_fd_ int target = beneath_open(&root->beneath, step->destination, O_PATH, 0, err);
	const struct mount_flags flags = {
		.set_rec = step->attr_set_rec,
		.clear_rec = step->attr_clear_rec,
		.set = step->attr_set,
		.clear = step->attr_clear,
		.propagation = step->propagation,
		.propagation_count = step->propagation_count,
	};

	if (target < 0)
		return -1;
	if ((step->data_count > 0 || step->sb_flags != 0) &&
		mount_reconfigure(target, step->data, step->data_count, step->sb_flags, err) < 0)
		return -1;
	return mount_change(target, &flags, err);
}

static int step_cgroup(
	const struct mount_root *root, const struct mount_step *step, struct err *err)
{
	_cleanup_fd_ int target = open_target(&root->beneath, step, true, NULL, err);

	return target < 0 ? -1 : cgroup_mount(root->ns, root->cgroups, step, target, err);
}

int mounts_step(const struct mount_root *root, const struct mount_step *step, struct mount_fds *fds,
	int *ret_late, struct err *err)
{
	int done = -1;

	switch (step->kind) {
	case MOUNT_FS:
		done = step_fs(root, step, fds, ret_late, err);
		break;
	case MOUNT_BIND:
		done = step_bind(root, step, fds, ret_late, err);
		break;
	case MOUNT_CGROUP:
		done = step_cgroup(root, step, err);
		break;
	case MOUNT_REMOUNT:
		done = step_remount(root, step, err);
		break;
	}
	return done < 0 ? err_point(err, step->pointer, "%s", step->destination) : 0;
}
