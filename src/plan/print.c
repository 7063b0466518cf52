/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan/print: the plan as text, one value a line, for people and for the golden tests. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plan/plan.h"

struct out {
	struct arena *arena;
	char *text;
	size_t length;
	size_t size;
};

static void put(struct out *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(struct out *out, const char *format, ...)
{
	va_list args, again;
	int need;

	va_start(args, format);
	va_copy(again, args);
	need = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (need < 0) {
		va_end(again);
		return;
	}
	if (out->length + (size_t) need + 1 > out->size) {
		size_t size = (out->length + (size_t) need + 1) * 2;

		out->text = arena_grow(out->arena, out->text, out->size, size);
		out->size = size;
	}
	(void) vsnprintf(out->text + out->length, (size_t) need + 1, format, again);
	va_end(again);
	out->length += (size_t) need;
}

static void put_text(struct out *out, const char *name, const char *text)
{
	if (text == NULL)
		return;
	put(out, "%s \"", name);
	for (; *text != '\0'; text++) {
		if (*text == '\n')
			put(out, "\\n");
		else if (*text == '"' || *text == '\\')
			put(out, "\\%c", *text);
		else
			put(out, "%c", *text);
	}
	put(out, "\"\n");
}

static void put_flag(struct out *out, const char *name, bool value)
{
	if (value)
		put(out, "%s\n", name);
}

static void put_hex(struct out *out, const char *name, uint64_t value)
{
	if (value != 0)
		put(out, "%s 0x%" PRIx64 "\n", name, value);
}

static void put_maps(struct out *out, const char *name, const struct id_map *maps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		put(out, "%s %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", name, maps[i].inside,
			maps[i].outside, maps[i].size);
}

static void put_ns(struct out *out, const struct ns_plan *ns)
{
	static const char *const users[] = { "host", "new", "joined" };
	static const char *const times[] = { "keep", "parent", "child" };

	put(out, "ns.user %s\n", users[ns->user]);
	put_hex(out, "ns.all", ns->all);
	put_hex(out, "ns.clone_flags", ns->clone_flags);
	put_hex(out, "ns.unshare", ns->unshare);
	put_flag(out, "ns.second_clone", ns->second_clone);
	put_flag(out, "ns.unshare_cgroup", ns->unshare_cgroup);
	if (ns->time != NS_TIME_KEEP)
		put(out, "ns.time %s\n", times[ns->time]);
	put_text(out, "ns.time_offsets", ns->time_offsets);
	for (size_t i = 0; i < ns->parent_join_count; i++)
		put(out, "ns.parent_join 0x%x %s\n", (unsigned) ns->parent_joins[i].flag,
			ns->parent_joins[i].path);
	for (size_t i = 0; i < ns->child_join_count; i++)
		put(out, "ns.child_join 0x%x %s\n", (unsigned) ns->child_joins[i].flag,
			ns->child_joins[i].path);
	put_maps(out, "ns.uid_map", ns->maps.uids, ns->maps.uid_count);
	put_maps(out, "ns.gid_map", ns->maps.gids, ns->maps.gid_count);
	put_flag(out, "ns.setgroups_deny", ns->setgroups_deny);
	put_flag(out, "ns.map_by_helpers", ns->map_by_helpers);
	put_flag(out, "ns.dumpable_until_mapped", ns->dumpable_until_mapped);
	put_flag(out, "ns.loopback", ns->loopback);
}

static void put_step(struct out *out, const struct mount_step *step)
{
	static const char *const kinds[] = { "fs", "bind", "cgroup", "remount" };

	put(out, "mount %s %s\n", kinds[step->kind], step->destination);
	put_text(out, "\ttype", step->type);
	put_text(out, "\tsource", step->source);
	put_flag(out, "\trecursive", step->recursive);
	put_flag(out, "\tsource_nofollow", step->source_nofollow);
	put_flag(out, "\tcopy_symlink", step->copy_symlink);
	put_flag(out, "\tdestination_nofollow", step->destination_nofollow);
	put_flag(out, "\tby_parent", step->by_parent);
	put_flag(out, "\treal_directory", step->real_directory);
	put_hex(out, "\tattr_set", step->attr_set);
	put_hex(out, "\tattr_clear", step->attr_clear);
	put_hex(out, "\tattr_set_rec", step->attr_set_rec);
	put_hex(out, "\tattr_clear_rec", step->attr_clear_rec);
	put_hex(out, "\tsb_flags", step->sb_flags);
	for (size_t i = 0; i < step->data_count; i++)
		put_text(out, "\tdata", step->data[i]);
	for (size_t i = 0; i < step->propagation_count; i++)
		put_hex(out, "\tpropagation", step->propagation[i]);
	put_flag(out, "\tcovered_mode", step->covered_mode);
	put_flag(out, "\tcopy_up", step->copy_up);
	put_flag(out, "\tlate_readonly", step->late_readonly);
	put_flag(out, "\tidmap", step->idmap);
	put_flag(out, "\tidmap_recursive", step->idmap_recursive);
	put_maps(out, "\tuid_map", step->maps.uids, step->maps.uid_count);
	put_maps(out, "\tgid_map", step->maps.gids, step->maps.gid_count);
	put_text(out, "\tlabel", step->label);
}

static void put_rootfs(struct out *out, const struct rootfs_plan *rootfs)
{
	put_text(out, "rootfs.path", rootfs->path);
	put_flag(out, "rootfs.new_mount_ns", rootfs->new_mount_ns);
	put_flag(out, "rootfs.pivot", rootfs->pivot);
	put_flag(out, "rootfs.readonly", rootfs->readonly);
	put_hex(out, "rootfs.setup_propagation", rootfs->setup_propagation);
	put_hex(out, "rootfs.root_propagation", rootfs->root_propagation);
	put_flag(out, "rootfs.sources_by_parent", rootfs->sources_by_parent);
	for (size_t i = 0; i < rootfs->step_count; i++)
		put_step(out, &rootfs->steps[i]);
	put_flag(out, "rootfs.devices_by_bind", rootfs->devices_by_bind);
	for (size_t i = 0; i < rootfs->device_count; i++) {
		const struct device_node *node = &rootfs->devices[i];

		put(out, "device %s 0%o %u:%u 0%o %" PRIu32 ":%" PRIu32 "\n", node->path,
			node->type, node->major, node->minor, (unsigned) node->mode, node->uid,
			node->gid);
	}
	for (size_t i = 0; i < rootfs->link_count; i++)
		put(out, "link %s %s%s\n", rootfs->links[i].path, rootfs->links[i].target,
			rootfs->links[i].only_with_kcore ? " only_with_kcore" : "");
	put_flag(out, "rootfs.ptmx_link", rootfs->ptmx_link);
	put_flag(out, "rootfs.console", rootfs->console);
	for (size_t i = 0; i < rootfs->masked_count; i++)
		put_text(out, "masked", rootfs->masked[i].path);
	for (size_t i = 0; i < rootfs->readonly_count; i++)
		put_text(out, "readonly_path", rootfs->readonly_paths[i].path);
	put_text(out, "rootfs.mount_label", rootfs->mount_label);
}

static void put_mask(struct out *out, const char *name, const unsigned long *mask, size_t bits)
{
	const size_t word = 8 * sizeof(*mask);

	if (mask == NULL)
		return;
	put(out, "%s", name);
	for (size_t i = 0; i < bits; i++)
		if ((mask[i / word] >> (i % word) & 1) != 0)
			put(out, " %zu", i);
	put(out, "\n");
}

static void put_scheduler(struct out *out, const struct scheduler_plan *s)
{
	if (s->present)
		put(out,
			"proc.scheduler %" PRIu32 " flags 0x%" PRIx64 " nice %" PRId32
			" priority %" PRIu32 " runtime %" PRIu64 " deadline %" PRIu64
			" period %" PRIu64 "\n",
			s->policy, s->flags, s->nice, s->priority, s->runtime_ns, s->deadline_ns,
			s->period_ns);
}

static void put_proc(struct out *out, const struct proc_plan *proc)
{
	for (char *const *arg = proc->argv; arg != NULL && *arg != NULL; arg++)
		put_text(out, "proc.argv", *arg);
	for (size_t i = 0; i < proc->env_count; i++)
		put_text(out, "proc.envp", proc->envp[i]);
	put_flag(out, "proc.needs_home", proc->needs_home);
	put_text(out, "proc.cwd", proc->cwd);
	put(out, "proc.user %" PRIu32 ":%" PRIu32 "\n", proc->uid, proc->gid);
	for (size_t i = 0; i < proc->group_count; i++)
		put(out, "proc.group %" PRIu32 "\n", proc->groups[i]);
	put_flag(out, "proc.keep_groups", proc->keep_groups);
	put_flag(out, "proc.set_groups", proc->set_groups);
	put(out, "proc.umask 0%o\n", (unsigned) proc->umask);
	put_hex(out, "proc.caps.bounding", proc->caps.bounding);
	put_hex(out, "proc.caps.permitted", proc->caps.permitted);
	put_hex(out, "proc.caps.effective", proc->caps.effective);
	put_hex(out, "proc.caps.inheritable", proc->caps.inheritable);
	put_hex(out, "proc.caps.ambient", proc->caps.ambient);
	for (size_t i = 0; i < proc->rlimit_count; i++)
		put(out, "proc.rlimit %d %" PRIu64 " %" PRIu64 "\n", proc->rlimits[i].resource,
			proc->rlimits[i].soft, proc->rlimits[i].hard);
	put_flag(out, "proc.no_new_privs", proc->no_new_privs);
	if (proc->has_oom_score_adj)
		put(out, "proc.oom_score_adj %d%s\n", proc->oom_score_adj,
			proc->oom_may_fail ? " may_fail" : "");
	put_text(out, "proc.apparmor", proc->apparmor);
	put_text(out, "proc.selinux", proc->selinux);
	put_scheduler(out, &proc->scheduler);
	if (proc->has_ioprio)
		put(out, "proc.ioprio 0x%x\n", (unsigned) proc->ioprio);
	if (proc->has_personality)
		put(out, "proc.personality 0x%lx\n", proc->personality);
	if (proc->memory_policy.present) {
		put(out, "proc.memory_policy 0x%x\n", (unsigned) proc->memory_policy.mode);
		put_mask(out, "proc.memory_nodes", proc->memory_policy.nodes,
			proc->memory_policy.node_bits);
	}
	put_mask(out, "proc.affinity_initial", proc->affinity_initial.mask,
		proc->affinity_initial.bits);
	put_mask(out, "proc.affinity_final", proc->affinity_final.mask, proc->affinity_final.bits);
	put_flag(out, "proc.terminal", proc->terminal);
	if (proc->rows != 0 || proc->columns != 0)
		put(out, "proc.size %u %u\n", proc->rows, proc->columns);
	put_text(out, "proc.keyring", proc->keyring);
	if (proc->reset_signals != 0)
		put(out, "proc.reset_signals 0x%llx\n", (unsigned long long) proc->reset_signals);
	if (proc->keep_fds != 0)
		put(out, "proc.keep_fds %u\n", proc->keep_fds);
	put_flag(out, "proc.seccomp", proc->seccomp != NULL);
}

static void put_cgroup(struct out *out, const struct cgroup_plan *cgroup)
{
	static const char *const managers[] = { "fs", "systemd", "disabled" };

	put(out, "cgroup.manager %s\n", managers[cgroup->manager]);
	put_text(out, "cgroup.path", cgroup->path);
	put_flag(out, "cgroup.relative", cgroup->relative);
	put_flag(out, "cgroup.asked_for", cgroup->asked_for);
	put_flag(out, "cgroup.may_fail", cgroup->may_fail);
	put_flag(out, "cgroup.full", cgroup->full);
	if (cgroup->delegate != NULL)
		put_text(out, "cgroup.delegate", cgroup->delegate);
	if (cgroup->handed_over)
		put(out, "cgroup.owner %u\n", cgroup->owner);
	for (size_t i = 0; i < cgroup->value_count; i++) {
		put(out, "cgroup.value %s", cgroup->values[i].file);
		put_text(out, "", cgroup->values[i].value);
	}
	for (size_t i = 0; i < cgroup->device_rule_count; i++) {
		const struct device_rule *rule = &cgroup->device_rules[i];

		put(out, "cgroup.device %s %c %lld:%lld %s%s%s\n", rule->allow ? "allow" : "deny",
			rule->type, (long long) rule->major, (long long) rule->minor,
			(rule->access & DEVICE_READ) != 0 ? "r" : "",
			(rule->access & DEVICE_WRITE) != 0 ? "w" : "",
			(rule->access & DEVICE_MKNOD) != 0 ? "m" : "");
	}
}

static void put_hooks(struct out *out, const struct hook_list *lists)
{
	static const char *const kinds[HOOK_KINDS] = { "prestart", "createRuntime",
		"createContainer", "startContainer", "poststart", "poststop" };

	for (size_t k = 0; k < HOOK_KINDS; k++)
		for (size_t i = 0; i < lists[k].count; i++) {
			const struct hook *hook = &lists[k].items[i];

			put(out, "hook %s %s\n", kinds[k], hook->path);
			for (char *const *arg = hook->argv; *arg != NULL; arg++)
				put_text(out, "\targv", *arg);
			for (char *const *env = hook->envp; *env != NULL; env++)
				put_text(out, "\tenvp", *env);
			if (hook->timeout_ms != 0)
				put(out, "\ttimeout_ms %" PRIu32 "\n", hook->timeout_ms);
		}
}

static void put_rdt(struct out *out, const struct rdt_plan *rdt)
{
	if (rdt->group == NULL)
		return;
	put_text(out, "rdt", *rdt->group != '\0' ? rdt->group : "/");
	put_flag(out, "\tshared", rdt->shared);
	put_text(out, "\tschemata", rdt->schemata);
	put_text(out, "\tmore_schemata", rdt->more_schemata);
	put_text(out, "\tmonitor", rdt->monitor);
}

char *plan_print(const struct plan *plan, struct arena *arena)
{
	struct out out = { .arena = arena, .text = arena_alloc(arena, 4096), .size = 4096 };

	put_text(&out, "id", plan->id);
	put_text(&out, "bundle", plan->bundle);
	put_ns(&out, &plan->ns);
	put_rootfs(&out, &plan->rootfs);
	put_proc(&out, &plan->proc);
	put_cgroup(&out, &plan->cgroup);
	put_hooks(&out, plan->hooks);
	for (size_t i = 0; i < plan->net.count; i++)
		put_text(&out, arena_printf(arena, "net %s", plan->net.devices[i].host_name),
			plan->net.devices[i].name);
	put_rdt(&out, &plan->rdt);
	for (size_t i = 0; i < plan->sysctl_count; i++)
		put_text(&out, arena_printf(arena, "sysctl %s", plan->sysctls[i].path),
			plan->sysctls[i].value);
	put_text(&out, "hostname", plan->hostname);
	put_text(&out, "domainname", plan->domainname);
	put_text(&out, "notify_socket", plan->notify_socket);
	for (size_t i = 0; i < plan->notes.count; i++)
		put_text(&out, "note", plan->notes.items[i]);
	return out.text;
}
