/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/parts.h"

/* ---- propagation -------------------------------------------------------------------------------- */

/* While the tree is built the host's mounts are slaves, as with runc: what the host mounts is seen,
 * what the container mounts is not. `shared` alone asks for more. */
static const struct {
	const char *name;
	unsigned long setup;
	unsigned long root;
} propagations[] = {
	{ "", MS_SLAVE | MS_REC, 0 },
	{ "private", MS_PRIVATE | MS_REC, 0 },
	{ "rprivate", MS_PRIVATE | MS_REC, 0 },
	{ "slave", MS_SLAVE | MS_REC, MS_SLAVE },
	{ "rslave", MS_SLAVE | MS_REC, MS_SLAVE | MS_REC },
	{ "shared", MS_SLAVE | MS_REC, MS_SHARED },
	{ "rshared", MS_SLAVE | MS_REC, MS_SHARED | MS_REC },
	{ "unbindable", MS_SLAVE | MS_REC, MS_UNBINDABLE },
	{ "runbindable", MS_SLAVE | MS_REC, MS_UNBINDABLE | MS_REC },
};

static int plan_propagation(
	const struct spec_linux *linux_, struct rootfs_plan *rootfs, struct err *err)
{
	const char *name = linux_ != NULL && linux_->rootfs_propagation != NULL
		? linux_->rootfs_propagation
		: "";

	for (size_t i = 0; i < sizeof(propagations) / sizeof(propagations[0]); i++)
		if (str_eq(propagations[i].name, name)) {
			rootfs->setup_propagation = propagations[i].setup;
			rootfs->root_propagation = propagations[i].root;
			/* The host's tree stays below the root. */
			if (!rootfs->pivot && (propagations[i].setup & MS_PRIVATE) != 0)
				return err_at(err, "/linux/rootfsPropagation",
					"\"%s\" needs pivot_root, which --no-pivot leaves out",
					linux_->rootfs_propagation);
			return 0;
		}
	return err_at(err, "/linux/rootfsPropagation",
		"there is no propagation \"%s\" (private, shared, slave, unbindable)", name);
}

/* ---- mounts ------------------------------------------------------------------------------------- */

bool plan_is_relayed(const struct plan_input *in, const struct ns_plan *ns)
{
	const char *manager = in->options->notify_socket;

	if (manager == NULL || (manager[0] != '/' && manager[0] != '@') ||
		in->options->notify_directory == NULL || (ns->all & CLONE_NEWNS) == 0)
		return false;
	for (size_t i = 0; i < in->spec->mounts.count; i++) {
		const char *path = in->spec->mounts.items[i].destination;
		const char *rest = path != NULL ? str_after(path, PLAN_NOTIFY_MOUNT) : NULL;

		if (rest != NULL && rest[strspn(rest, "/")] == '\0')
			return false;
	}
	return true;
}

static struct mount_step notify_step(const struct plan_input *in)
{
	return (struct mount_step){
		.kind = MOUNT_BIND,
		.pointer = "",
		.destination = PLAN_NOTIFY_MOUNT,
		.source = in->options->notify_directory,
		.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
			MOUNT_ATTR_NOEXEC,
	};
}

static int plan_steps(const struct plan_input *in, const struct ns_plan *ns,
	struct rootfs_plan *rootfs, struct err *err)
{
	const size_t count = in->spec->mounts.count;
	struct mount_step *steps = arena_array(in->arena, count + 1, sizeof(*steps));

	for (size_t i = 0; i < count; i++)
		if (plan_mount(in, ns, &in->spec->mounts.items[i],
			    arena_printf(in->arena, "/mounts/%zu", i), &steps[i], err) < 0)
			return -1;
	rootfs->steps = steps;
	rootfs->step_count = count;
	/* Behind all others, one of which may be a tmpfs on /run. */
	if (plan_is_relayed(in, ns))
		steps[rootfs->step_count++] = notify_step(in);
	return 0;
}

/* A /dev of the host has what the host wants it to have. */
static bool dev_is_bound(const struct rootfs_plan *rootfs)
{
	for (size_t i = 0; i < rootfs->step_count; i++) {
		const char *path = rootfs->steps[i].destination;

		if (rootfs->steps[i].kind == MOUNT_BIND &&
			(str_eq(path, "/dev") || str_eq(path, "/dev/")))
			return true;
	}
	return false;
}

/* ---- devices ------------------------------------------------------------------------------------ */

static const struct device_node default_devices[] = {
	{ "/dev/null", S_IFCHR, 1, 3, 0666, 0, 0, "" },
	{ "/dev/zero", S_IFCHR, 1, 5, 0666, 0, 0, "" },
	{ "/dev/full", S_IFCHR, 1, 7, 0666, 0, 0, "" },
	{ "/dev/random", S_IFCHR, 1, 8, 0666, 0, 0, "" },
	{ "/dev/urandom", S_IFCHR, 1, 9, 0666, 0, 0, "" },
	{ "/dev/tty", S_IFCHR, 5, 0, 0666, 0, 0, "" },
};

static const struct dev_link default_links[] = {
	{ "/dev/fd", "/proc/self/fd", false },
	{ "/dev/stdin", "/proc/self/fd/0", false },
	{ "/dev/stdout", "/proc/self/fd/1", false },
	{ "/dev/stderr", "/proc/self/fd/2", false },
	{ "/dev/core", "/proc/kcore", true },
};

enum {
	DEFAULTS = sizeof(default_devices) / sizeof(default_devices[0]),
	LARGEST_MINOR = (1 << 20) - 1
};

static bool has_dots(const char *path)
{
	for (const char *at = strstr(path, "/.."); at != NULL; at = strstr(at + 1, "/.."))
		if (at[3] == '/' || at[3] == '\0')
			return true;
	return false;
}

static unsigned device_type(const char *type)
{
	if (str_eq(type, "c") || str_eq(type, "u"))
		return S_IFCHR;
	if (str_eq(type, "b"))
		return S_IFBLK;
	return str_eq(type, "p") ? S_IFIFO : 0;
}

static int plan_device(
	const struct plan_input *in, size_t index, struct device_node *ret, struct err *err)
{
	const struct spec_device *device = &in->spec->linux_->devices.items[index];
	const char *pointer = arena_printf(in->arena, "/linux/devices/%zu", index);
	const unsigned type = device_type(device->type);
	const int64_t major = device->major != NULL ? *device->major : 0;
	const int64_t minor = device->minor != NULL ? *device->minor : 0;

	if (type == 0)
		return err_at(err, arena_printf(in->arena, "%s/type", pointer),
			"there is no device type \"%s\" (c, b, u, p)", device->type);
	if (device->path[0] != '/' || has_dots(device->path))
		return err_at(err, arena_printf(in->arena, "%s/path", pointer),
			"%s is not an absolute path without \"..\"", device->path);
	if (type != S_IFIFO && (device->major == NULL || device->minor == NULL))
		return err_at(err, pointer, "%s needs major and minor", device->path);
	if (major < 0 || major > 4095)
		return err_at(err, arena_printf(in->arena, "%s/major", pointer),
			"%lld is not a number from 0 to 4095", (long long) major);
	if (minor < 0 || minor > LARGEST_MINOR)
		return err_at(err, arena_printf(in->arena, "%s/minor", pointer),
			"%lld is not a number from 0 to %d", (long long) minor, LARGEST_MINOR);
	if (device->file_mode != NULL && (*device->file_mode & ~(uint32_t) 07777) != 0 &&
		(*device->file_mode & ~(uint32_t) (S_IFMT | 07777)) != 0)
		return err_at(err, arena_printf(in->arena, "%s/fileMode", pointer),
			"%u is not a file mode", *device->file_mode);
	*ret = (struct device_node){
		.path = device->path,
		.type = type,
		.major = (unsigned) major,
		.minor = (unsigned) minor,
		.mode = device->file_mode != NULL ? *device->file_mode & 07777 : 0666,
		.uid = device->uid != NULL ? *device->uid : 0,
		.gid = device->gid != NULL ? *device->gid : 0,
		.pointer = pointer,
	};
	return 0;
}

static int plan_devices(const struct plan_input *in, struct rootfs_plan *rootfs, struct err *err)
{
	const size_t asked = in->spec->linux_ != NULL ? in->spec->linux_->devices.count : 0;
	struct device_node *own = arena_array(in->arena, asked, sizeof(*own)), *all = NULL;

	for (size_t i = 0; i < asked; i++)
		if (plan_device(in, i, &own[i], err) < 0)
			return -1;
	/* A default device that the list has too is made once, as the list says. */
	for (size_t i = 0; i < DEFAULTS && !dev_is_bound(rootfs); i++) {
		bool listed = false;

		for (size_t j = 0; j < asked; j++)
			listed = listed || str_eq(own[j].path, default_devices[i].path);
		if (!listed)
			*ARENA_PUSH(in->arena, all, rootfs->device_count) = default_devices[i];
	}
	for (size_t i = 0; i < asked; i++)
		*ARENA_PUSH(in->arena, all, rootfs->device_count) = own[i];
	rootfs->devices = all;
	if (dev_is_bound(rootfs))
		return 0;
	rootfs->links = default_links;
	rootfs->link_count = sizeof(default_links) / sizeof(default_links[0]);
	rootfs->ptmx_link = true;
	return 0;
}

/* ---- masks -------------------------------------------------------------------------------------- */

static int plan_paths(const struct plan_input *in, const struct spec_strings *list, const char *at,
	const struct inside_path **ret, size_t *ret_count, struct err *err)
{
	struct inside_path *paths = arena_array(in->arena, list->count, sizeof(*paths));

	for (size_t i = 0; i < list->count; i++) {
		const char *path = list->items[i];
		const char *pointer = arena_printf(in->arena, "%s/%zu", at, i);

		if (path[0] != '/' || path[strspn(path, "/.")] == '\0')
			return err_at(err, pointer, "\"%s\" is not an absolute path below the root",
				path);
		paths[i] = (struct inside_path){ path, pointer };
	}
	*ret = paths;
	*ret_count = list->count;
	return 0;
}

int plan_rootfs(const struct plan_input *in, const struct ns_plan *ns, struct rootfs_plan *ret,
	struct err *err)
{
	const struct spec *spec = in->spec;
	const struct spec_linux *linux_ = spec->linux_;
	struct rootfs_plan rootfs = {
		.path = spec->root->path[0] == '/'
			? spec->root->path
			: arena_printf(in->arena, "%s/%s", in->options->bundle, spec->root->path),
		.new_mount_ns = (ns->all & CLONE_NEWNS) != 0,
		.pivot = !in->options->no_pivot,
		.readonly = spec->root->readonly != NULL && *spec->root->readonly,
		.sources_by_parent = in->facts->sys_admin,
		.devices_by_bind = (ns->all & CLONE_NEWNS) != 0 &&
			(ns->user != NS_USER_HOST || in->facts->in_user_ns),
		.console = (ns->all & CLONE_NEWNS) != 0 && spec->process != NULL &&
			spec->process->terminal != NULL && *spec->process->terminal,
		.mount_label = linux_ != NULL ? linux_->mount_label : NULL,
	};

	if (plan_propagation(linux_, &rootfs, err) < 0 || plan_steps(in, ns, &rootfs, err) < 0 ||
		plan_devices(in, &rootfs, err) < 0)
		return -1;
	if (linux_ != NULL &&
		(plan_paths(in, &linux_->masked_paths, "/linux/maskedPaths", &rootfs.masked,
			 &rootfs.masked_count, err) < 0 ||
			plan_paths(in, &linux_->readonly_paths, "/linux/readonlyPaths",
				&rootfs.readonly_paths, &rootfs.readonly_count, err) < 0))
		return -1;
	*ret = rootfs;
	return 0;
}
