/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/cg-systemd.h"
#include "plan/parts.h"

static const char at[] = "/linux/cgroupsPath";

/* Whether an ordinary user asked for something that only a cgroup can give. Device rules do not
 * count: engines always write them. */
static bool has_limits(const struct spec_resources *from)
{
	return from != NULL &&
		(from->memory != NULL || from->cpu != NULL ||
			(from->pids != NULL && from->pids->limit != NULL &&
				*from->pids->limit > 0) ||
			from->block_io != NULL || from->hugepage_limits.count > 0 ||
			from->network != NULL || from->rdma.count > 0 || from->unified.count > 0);
}

/* Without empty and "." components. A "..", even one that stays inside, is refused: the path is put
 * behind several roots, and names a directory that will be removed. */
static int clean(struct arena *arena, const char *path, const char **ret, struct err *err)
{
	char *to = arena_alloc(arena, strlen(path) + 2);
	size_t used = 0;

	if (path[0] == '/')
		to[used++] = '/';
	for (const char *p = path; *p != '\0';) {
		const size_t length = strcspn(p, "/");

		if (length == 2 && memcmp(p, "..", 2) == 0)
			return err_at(err, at, "must not contain \"..\": %s", path);
		if (length > 0 && !(length == 1 && p[0] == '.')) {
			if (used > 0 && to[used - 1] != '/')
				to[used++] = '/';
			memcpy(to + used, p, length);
			used += length;
		}
		p += length;
		p += *p == '/';
	}
	to[used] = '\0';
	if (used == 0 || str_eq(to, "/"))
		return err_at(err, at, "names the root of the hierarchy: %s", path);
	*ret = to;
	return 0;
}

/* Whether a mount shows the container its own cgroup to be written to. */
static bool is_shown(const struct spec *spec)
{
	for (size_t i = 0; i < spec->mounts.count; i++) {
		const struct spec_mount *mount = &spec->mounts.items[i];
		bool readonly = false;

		for (size_t k = 0; k < mount->options.count; k++)
			readonly = readonly || str_eq(mount->options.items[k], "ro");
		if (!readonly && mount->source != NULL && str_eq(mount->source, "cgroup") &&
			str_eq(mount->destination, "/sys/fs/cgroup"))
			return true;
	}
	return false;
}

/* The uid on the host of the process; false where it is not known. */
static bool host_uid(const struct spec_process *process, const struct ns_plan *ns, uint32_t *ret)
{
	const uint32_t uid = process != NULL && process->user != NULL && process->user->uid != NULL
		? *process->user->uid
		: 0;
	const struct id_map *map = NULL;

	if (ns->user == NS_USER_NEW)
		map = plan_id_map(ns->maps.uids, ns->maps.uid_count, uid);
	*ret = map != NULL ? map->outside + (uid - map->inside) : uid;
	return map != NULL || ns->user == NS_USER_HOST;
}

/* config-linux.md, "Cgroup ownership". Version 1 cannot be handed over safely. */
static bool is_handed_over(
	const struct plan_input *in, const struct ns_plan *ns, bool ordinary, uint32_t *ret_owner)
{
	return !ordinary && in->facts->cgroup == CGROUP_LAYOUT_V2 && ns->unshare_cgroup &&
		is_shown(in->spec) && host_uid(in->spec->process, ns, ret_owner) &&
		*ret_owner != in->facts->euid;
}

/* As crun has it: the limits are in the container's cgroup, its processes in one of this name below. */
static int delegate(
	const struct plan_input *in, enum cgroup_manager manager, const char **ret, struct err *err)
{
	static const char place[] = "/annotations/" DELEGATE_ANNOTATION;
	const struct spec_map_entry *entry =
		spec_map_find(&in->spec->annotations, DELEGATE_ANNOTATION);
	const char *name = entry != NULL ? entry->value : NULL;

	if (name == NULL)
		return 0;
	if (in->facts->cgroup != CGROUP_LAYOUT_V2 || manager == CGROUP_MANAGER_DISABLED)
		return err_at(err, place, "needs a cgroup of version 2");
	if (!str_is_file_name(name))
		return err_at(err, place, "must be the name of a directory, not \"%s\"", name);
	*ret = name;
	return 0;
}

int plan_cgroup(const struct plan_input *in, const struct ns_plan *ns, struct cgroup_plan *ret,
	struct err *err)
{
	const struct spec_linux *lin = in->spec->linux_;
	const struct facts *facts = in->facts;
	const char *path = lin != NULL ? lin->cgroups_path : NULL;
	const bool ordinary = facts->euid != 0 || facts->in_user_ns || !facts->sys_admin;
	struct cgroup_plan plan = { .manager = in->options->cgroup_manager };

	if (delegate(in, plan.manager, &plan.delegate, err) < 0)
		return -1;
	plan.handed_over = is_handed_over(in, ns, ordinary, &plan.owner);
	plan.asked_for = path != NULL && path[0] != '\0';
	plan.may_fail =
		ordinary && !plan.asked_for && !has_limits(lin != NULL ? lin->resources : NULL);
	if (plan.manager == CGROUP_MANAGER_SYSTEMD) {
		if (cg_systemd_names(in, path, ordinary, &plan.unit, err) < 0)
			return -1;
		plan.path = plan.unit.path;
	} else if (!plan.asked_for) {
		plan.path = in->options->id;
		plan.relative = true;
	} else {
		/* BuildKit passes a slice:prefix:name of its Docker's systemd and asks for no systemd: to runc
		 * that is a name like any other. */
		if (clean(in->arena, path, &plan.path, err) < 0)
			return -1;
		plan.relative = path[0] != '/';
	}
	if (plan.manager != CGROUP_MANAGER_DISABLED &&
		plan_resources(in, lin != NULL ? lin->resources : NULL, NULL, "/linux/resources",
			&plan, err) < 0)
		return -1;
	if (plan.manager == CGROUP_MANAGER_SYSTEMD &&
		cg_systemd_properties(in->arena, &in->spec->annotations, &plan, &plan.unit, err) <
			0)
		return -1;
	*ret = plan;
	return 0;
}
