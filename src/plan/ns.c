/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan/ns: which namespaces are made, which are joined, by whom and in which shape. Follows
 * config-linux.md, "Namespaces", clone(2), setns(2), user_namespaces(7) and time_namespaces(7). */
#include <inttypes.h>
#include <linux/sched.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/parts.h"
#include "plan/proc-names.h"

static unsigned flag_of(const char *type)
{
	const struct name_row *row = names_find(&names_namespaces, type);

	return row != NULL ? (unsigned) row->value : 0;
}

const struct id_map *plan_id_map(const struct id_map *maps, size_t count, uint32_t inside)
{
	for (size_t i = 0; i < count; i++)
		if (inside >= maps[i].inside && inside - maps[i].inside < maps[i].size)
			return &maps[i];
	return NULL;
}

static const struct id_map *copy_maps(
	struct arena *arena, const struct spec_id_mapping *items, size_t count)
{
	struct id_map *maps = arena_array(arena, count, sizeof(*maps));

	for (size_t i = 0; i < count; i++)
		maps[i] = (struct id_map){ items[i].container_id, items[i].host_id, items[i].size };
	return maps;
}

static bool is_own_id(const struct id_map *maps, size_t count, uint32_t own)
{
	return count == 1 && maps[0].size == 1 && maps[0].outside == own;
}

static void plan_maps(
	const struct plan_input *in, const struct spec_linux *linux_, struct ns_plan *ns)
{
	struct id_maps *maps = &ns->maps;

	maps->uid_count = linux_->uid_mappings.count;
	maps->uids = copy_maps(in->arena, linux_->uid_mappings.items, maps->uid_count);
	maps->gid_count = linux_->gid_mappings.count;
	maps->gids = copy_maps(in->arena, linux_->gid_mappings.items, maps->gid_count);
	if (in->facts->euid == 0 && in->facts->sys_admin)
		return;
	ns->dumpable_until_mapped = true;
	/* The kernel lets anybody map their own id, once setgroups is given up; more is the
	 * business of newuidmap and newgidmap, which know /etc/subuid. */
	if (is_own_id(maps->uids, maps->uid_count, in->facts->euid) &&
		is_own_id(maps->gids, maps->gid_count, in->facts->egid))
		ns->setgroups_deny = true;
	else
		ns->map_by_helpers = true;
}

/* The text that the kernel reads from timens_offsets; NULL: no offset. */
static const char *offsets_text(struct arena *arena, const struct spec_time_offsets *offsets)
{
	const struct spec_time_offset *clocks[] = { offsets->monotonic, offsets->boottime };
	static const char *const clock_names[] = { "monotonic", "boottime" };
	const char *text = NULL;

	for (size_t i = 0; i < 2; i++) {
		if (clocks[i] == NULL)
			continue;
		text = arena_printf(arena, "%s%s %" PRId64 " %" PRIu32 "\n",
			text != NULL ? text : "", clock_names[i],
			clocks[i]->secs != NULL ? *clocks[i]->secs : 0,
			clocks[i]->nanosecs != NULL ? *clocks[i]->nanosecs : 0);
	}
	return text;
}

static bool is_new(const struct spec_namespace *item)
{
	return item->path == NULL || *item->path == '\0';
}

/* What the host owns must be entered before the clone, by the parent: a child born into a user namespace
 * of its own may not enter it any more. A mount namespace must not become the parent's, what an
 * ordinary user joins belongs to the user namespace that is joined with it, and root of a user
 * namespace alone could not come back to its own namespaces, for the host owns them. */
static bool is_for_child(const struct plan_input *in, const struct ns_plan *ns, unsigned flag)
{
	return flag == CLONE_NEWUSER || flag == CLONE_NEWNS || in->facts->in_user_ns ||
		(ns->user == NS_USER_JOINED && !in->facts->sys_admin);
}

static void plan_joins(
	const struct plan_input *in, const struct spec_linux *linux_, struct ns_plan *ns)
{
	struct ns_join *parent = NULL, *child = NULL;
	size_t parent_count = 0, child_count = 0;

	for (size_t i = 0; i < linux_->namespaces.count; i++) {
		const struct spec_namespace *item = &linux_->namespaces.items[i];
		unsigned flag = flag_of(item->type);
		struct ns_join join = { .flag = (int) flag, .path = item->path };

		if (is_new(item))
			continue;
		join.pointer = arena_printf(in->arena, "/linux/namespaces/%zu", i);
		if (!is_for_child(in, ns, flag)) {
			*ARENA_PUSH(in->arena, parent, parent_count) = join;
			continue;
		}
		*ARENA_PUSH(in->arena, child, child_count) = join;
		ns->second_clone = ns->second_clone || flag == CLONE_NEWPID;
		/* The user namespace gives the right to enter the others. */
		if (flag == CLONE_NEWUSER) {
			child[child_count - 1] = child[0];
			child[0] = join;
		}
	}
	ns->parent_joins = parent;
	ns->parent_join_count = parent_count;
	ns->child_joins = child;
	ns->child_join_count = child_count;
}

/* Every type of the list, and those that are new. */
static unsigned all_of(const struct spec_linux *linux_, unsigned *ret_new)
{
	unsigned all = 0, fresh = 0;

	for (size_t i = 0; i < linux_->namespaces.count; i++) {
		const unsigned flag = flag_of(linux_->namespaces.items[i].type);

		all |= flag;
		if (is_new(&linux_->namespaces.items[i]))
			fresh |= flag;
	}
	*ret_new = fresh;
	return all;
}

/* What no kernel can do, said before anything is made. */
static int check_shape(
	const struct plan_input *in, const struct ns_plan *ns, unsigned fresh, struct err *err)
{
	const unsigned missing = ns->all & ~in->facts->namespaces;

	for (size_t i = 0; i < names_namespaces.count; i++)
		if ((missing & names_namespaces.rows[i].value) != 0) {
			(void) err_set(err, ERR_UNSUPPORTED, "this kernel has no %s namespaces",
				names_namespaces.rows[i].name);
			return err_place(err, "/linux/namespaces");
		}
	if (ns->user == NS_USER_HOST && !in->facts->sys_admin)
		return err_at(err, "/linux/namespaces",
			"an ordinary user needs a user namespace: add {\"type\": \"user\"} with "
			"uidMappings and gidMappings (see spec --rootless)");
	if (ns->user == NS_USER_NEW && (ns->all & ~fresh & CLONE_NEWNS) != 0)
		return err_at(err, "/linux/namespaces",
			"nothing can be mounted in a joined mount namespace from a new user "
			"namespace: join the user namespace that owns it, or make a new mount "
			"namespace");
	return 0;
}

/* Before Linux 6.3 only children of who unshared a time namespace are in it, never the process itself. */
static bool execve_changes_time(const struct facts *facts)
{
	return facts->kernel_major > 6 || (facts->kernel_major == 6 && facts->kernel_minor >= 3);
}

/* Who makes a new time namespace. Who is inside of one cannot set its offsets, so it is never made by
 * the clone itself: either the parent unshares it before, and comes back, or the child, which then is in
 * it from execve on, or on older kernels from a second clone on. */
static void plan_time(
	const struct plan_input *in, const struct spec_linux *linux_, struct ns_plan *ns)
{
	const struct facts *facts = in->facts;

	if (facts->in_user_ns) {
		ns->time = NS_TIME_CHILD;
		ns->second_clone = ns->second_clone || !execve_changes_time(facts);
	} else {
		ns->time = ns->user == NS_USER_HOST ||
				(facts->sys_admin && !execve_changes_time(facts))
			? NS_TIME_PARENT
			: NS_TIME_CHILD;
	}
	if (linux_->time_offsets != NULL)
		ns->time_offsets = offsets_text(in->arena, linux_->time_offsets);
}

/* Whether the child first joins what is older than its user namespace and makes that one afterwards. */
static bool joins_before_user(const struct ns_plan *ns)
{
	return ns->user == NS_USER_NEW && ns->child_join_count > 0;
}

int plan_ns(const struct plan_input *in, struct ns_plan *ret, struct err *err)
{
	static const struct spec_linux nothing;
	const struct spec_linux *linux_ = in->spec->linux_ != NULL ? in->spec->linux_ : &nothing;
	struct ns_plan ns = { .user = NS_USER_HOST };
	unsigned fresh = 0;

	ns.all = all_of(linux_, &fresh);
	if ((ns.all & CLONE_NEWUSER) != 0)
		ns.user = (fresh & CLONE_NEWUSER) != 0 ? NS_USER_NEW : NS_USER_JOINED;
	if (check_shape(in, &ns, fresh, err) < 0)
		return -1;
	plan_joins(in, linux_, &ns);
	if (ns.user == NS_USER_NEW)
		plan_maps(in, linux_, &ns);
	else if (linux_->uid_mappings.count + linux_->gid_mappings.count > 0)
		plan_note(in->notes, in->arena,
			"/linux/uidMappings: ignored, the user namespace that is joined has its "
			"own");

	ns.unshare_cgroup = (fresh & CLONE_NEWCGROUP) != 0;
	if ((fresh & CLONE_NEWTIME) != 0)
		plan_time(in, linux_, &ns);
	fresh &= ~(unsigned) (CLONE_NEWCGROUP | CLONE_NEWTIME);
	if (ns.user == NS_USER_JOINED || joins_before_user(&ns)) {
		ns.unshare = fresh;
		/* The clone also tells the parent that there is a user namespace to write maps for. */
		ns.second_clone =
			ns.second_clone || ns.user == NS_USER_NEW || (fresh & CLONE_NEWPID) != 0;
	} else {
		ns.clone_flags = fresh;
	}
	ns.loopback = (fresh & CLONE_NEWNET) != 0;
	*ret = ns;
	return 0;
}
