/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/criu.h"

#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"

/* criu joins a pair to "mnt[KEY]:VALUE" and looks for its beginning: with "]:" in a key another mount's key
 * would find a path that nobody named (CVE-2026-119614). */
static int add(struct criu_pairs *pairs, struct arena *arena, const char *key, const char *value,
	struct err *err)
{
	if (strstr(key, "]:") != NULL)
		return err_set(err, ERR_UNSUPPORTED,
			"criu cannot take a mount point with \"]:\" in its name: %s", key);
	for (size_t i = 0; i < pairs->count; i++)
		if (str_eq(pairs->items[i].key, key))
			return 0;
	*ARENA_PUSH(arena, pairs->items, pairs->count) = (struct criu_pair){ key, value };
	return 0;
}

/* ---- dump --------------------------------------------------------------------------------------- */

/* A part of a file system that the container has no mount of its own of comes from outside: a masked
 * file, a device node of the host. The console (of its devpts) and a read-only /proc/sys do not. */
static bool from_outside(const struct mount_table *mounts, const struct mount_entry *one)
{
	if (str_eq(one->type, "cgroup"))
		return true;
	if (str_eq(one->root, "/") || str_eq(one->target, "/"))
		return false;
	for (size_t i = 0; i < mounts->count; i++)
		if (mounts->items[i].device == one->device && str_eq(mounts->items[i].root, "/"))
			return false;
	return true;
}

static bool is_bind(const struct spec_mount *mount)
{
	for (size_t i = 0; i < mount->options.count; i++)
		if (str_eq(mount->options.items[i], "bind") ||
			str_eq(mount->options.items[i], "rbind"))
			return true;
	return mount->type != NULL && str_eq(mount->type, "bind");
}

static const char *absolute(struct arena *arena, const char *path)
{
	return path[0] == '/' ? path : arena_printf(arena, "/%s", path);
}

int plan_criu_dump(const struct spec *spec, const struct mount_table *mounts, struct arena *arena,
	struct criu_pairs *ret, struct err *err)
{
	for (size_t i = 0; i < spec->mounts.count; i++)
		if (is_bind(&spec->mounts.items[i])) {
			const char *point = absolute(arena, spec->mounts.items[i].destination);

			if (add(ret, arena, point, point, err) < 0)
				return err_place(
					err, arena_printf(arena, "/mounts/%zu/destination", i));
		}
	for (size_t i = 0; i < mounts->count; i++)
		if (from_outside(mounts, &mounts->items[i]) &&
			add(ret, arena, mounts->items[i].target, mounts->items[i].target, err) < 0)
			return -1;
	return 0;
}

/* ---- restore ------------------------------------------------------------------------------------ */

/* "/sys/fs/cgroup/memory/a/b" is found as memory below the cgroup mount of the container. */
static int add_hierarchies(struct criu_pairs *ret, struct arena *arena, const char *point,
	char *const *leaves, size_t leaf_count, struct err *err)
{
	for (size_t i = 0; i < leaf_count; i++) {
		const char *below = str_after(leaves[i], "/sys/fs/cgroup/");

		if (below != NULL &&
			add(ret, arena,
				arena_printf(
					arena, "%s/%.*s", point, (int) strcspn(below, "/"), below),
				leaves[i], err) < 0)
			return -1;
	}
	return 0;
}

int plan_criu_restore(const struct plan *plan, const char *v2, char *const *leaves,
	size_t leaf_count, struct arena *arena, struct criu_pairs *ret, struct err *err)
{
	const struct rootfs_plan *rootfs = &plan->rootfs;
	int done = 0;

	for (size_t i = 0; i < rootfs->step_count; i++) {
		const struct mount_step *step = &rootfs->steps[i];

		if (step->kind == MOUNT_BIND)
			done = add(ret, arena, step->destination, step->source, err);
		else if (step->kind == MOUNT_CGROUP)
			done = v2 != NULL ? add(ret, arena, step->destination, v2, err)
					  : add_hierarchies(ret, arena, step->destination, leaves,
						    leaf_count, err);
		if (done < 0)
			return err_place(err, step->pointer);
	}
	for (size_t i = 0; i < rootfs->masked_count; i++)
		if (add(ret, arena, rootfs->masked[i].path, "/dev/null", err) < 0)
			return err_place(err, rootfs->masked[i].pointer);
	for (size_t i = 0; rootfs->devices_by_bind && i < rootfs->device_count; i++)
		if (add(ret, arena, rootfs->devices[i].path, rootfs->devices[i].path, err) < 0)
			return -1;
	return 0;
}
