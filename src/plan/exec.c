/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/exec.h"

#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/parts.h"
#include "plan/proc-names.h"

enum { NO_ID = -1 };

static int to_id(const char *text, uint32_t *ret, struct err *err)
{
	if (str_to_u32(text, ret) < 0 || *ret == (uint32_t) NO_ID)
		return err_set(err, ERR_USAGE, "\"%s\" is no numeric id", text);
	return 0;
}

int plan_exec_user(const char *text, struct exec_user *ret, struct err *err)
{
	struct exec_user user = { .given = true };
	const char *colon = strchr(text, ':');
	char uid[16];
	const size_t length = colon != NULL ? (size_t) (colon - text) : strlen(text);

	if (length >= sizeof(uid))
		return err_set(err, ERR_USAGE, "--user: \"%s\" is not UID or UID:GID", text);
	memcpy(uid, text, length);
	uid[length] = '\0';
	user.gid_given = colon != NULL;
	if (to_id(uid, &user.uid, err) < 0 ||
		(colon != NULL && to_id(colon + 1, &user.gid, err) < 0))
		return err_ctx(err, "--user");
	*ret = user;
	return 0;
}

const struct spec *plan_exec_record(const struct spec *spec, struct arena *arena)
{
	struct spec *record = ARENA_NEW(arena, struct spec);
	const struct spec_linux *from = spec->linux_;
	struct spec_linux *to;

	record->oci_version = spec->oci_version;
	record->process = spec->process;
	/* The one annotation that says something about each process. */
	record->annotations.items = spec_map_find(&spec->annotations, KEEP_GROUPS_ANNOTATION);
	record->annotations.count = record->annotations.items != NULL;
	if (from == NULL)
		return record;
	to = ARENA_NEW(arena, struct spec_linux);
	to->uid_mappings = from->uid_mappings;
	to->gid_mappings = from->gid_mappings;
	to->namespaces = from->namespaces;
	to->personality = from->personality;
	to->memory_policy = from->memory_policy;
	record->linux_ = to;
	return record;
}

/* ---- the process object ------------------------------------------------------------------------- */

static struct spec_strings append(
	struct arena *arena, const struct spec_strings *list, const char *const *more, size_t count)
{
	struct spec_strings all = { 0 };

	all.items = arena_array(arena, list->count + count, sizeof(*all.items));
	if (list->count > 0)
		memcpy(all.items, list->items, list->count * sizeof(*all.items));
	if (count > 0)
		memcpy(all.items + list->count, more, count * sizeof(*all.items));
	all.count = list->count + count;
	return all;
}

/* What the document leaves out of its confinement is the container's. */
static void fill_confinement(struct spec_process *process, const struct spec_process *container)
{
	if (process->capabilities == NULL)
		process->capabilities = container->capabilities;
	if (process->apparmor_profile == NULL)
		process->apparmor_profile = container->apparmor_profile;
	if (process->selinux_label == NULL)
		process->selinux_label = container->selinux_label;
	if (process->no_new_privileges == NULL)
		process->no_new_privileges = container->no_new_privileges;
	if (process->rlimits.count == 0)
		process->rlimits = container->rlimits;
	if (process->oom_score_adj == NULL)
		process->oom_score_adj = container->oom_score_adj;
	if (process->scheduler == NULL)
		process->scheduler = container->scheduler;
	if (process->io_priority == NULL)
		process->io_priority = container->io_priority;
	if (process->exec_cpu_affinity == NULL)
		process->exec_cpu_affinity = container->exec_cpu_affinity;
	if (process->env.count == 0)
		process->env = container->env;
	if (process->cwd == NULL)
		process->cwd = container->cwd;
}

static void add_user(
	struct spec_process *process, const struct exec_options *exec, struct arena *arena)
{
	struct spec_user *user = ARENA_NEW(arena, struct spec_user);

	if (process->user != NULL)
		*user = *process->user;
	if (exec->user.given) {
		user->uid = ARENA_NEW(arena, uint32_t);
		*user->uid = exec->user.uid;
	}
	if (exec->user.gid_given) {
		user->gid = ARENA_NEW(arena, uint32_t);
		*user->gid = exec->user.gid;
	}
	if (exec->group_count > 0) {
		const struct spec_u32_list *old = &user->additional_gids;
		const size_t count = old->count + exec->group_count;
		uint32_t *all = arena_array(arena, count, sizeof(*all));

		if (old->count > 0)
			memcpy(all, old->items, old->count * sizeof(*all));
		memcpy(all + old->count, exec->groups, exec->group_count * sizeof(*all));
		user->additional_gids.items = all;
		user->additional_gids.count = count;
	}
	process->user = user;
}

/* A name that this build does not know is left out with a warning, as one of the configuration is. */
static void add_caps(struct spec_process *process, const struct exec_options *exec,
	struct arena *arena, struct plan_notes *notes)
{
	struct spec_capabilities *caps = ARENA_NEW(arena, struct spec_capabilities);
	const char **names = arena_array(arena, exec->cap_count, sizeof(*names));
	size_t count = 0;

	for (size_t i = 0; i < exec->cap_count; i++) {
		const struct name_row *row = names_find(&names_capabilities, exec->caps[i]);

		if (row != NULL)
			names[count++] = row->name;
		else
			plan_note(notes, arena, "--cap: unknown capability \"%s\" ignored",
				exec->caps[i]);
	}
	if (process->capabilities != NULL)
		*caps = *process->capabilities;
	caps->bounding = append(arena, &caps->bounding, names, count);
	caps->permitted = append(arena, &caps->permitted, names, count);
	caps->effective = append(arena, &caps->effective, names, count);
	process->capabilities = caps;
}

static void make_process(const struct spec_process *container, const struct exec_options *exec,
	struct arena *arena, struct spec_process *ret, struct plan_notes *notes)
{
	bool *yes = ARENA_NEW(arena, bool);
	struct spec_process process = { 0 };

	*yes = true;
	if (exec->document != NULL) {
		process = *exec->document;
		fill_confinement(&process, container);
	} else {
		process = *container;
		process.args.items = exec->args;
		process.args.count = exec->arg_count;
		process.terminal = NULL;
		process.console_size = NULL;
	}
	if (exec->terminal)
		process.terminal = yes;
	if (exec->cwd != NULL)
		process.cwd = arena_str(arena, exec->cwd);
	if (exec->env_count > 0)
		process.env = append(arena, &process.env, exec->env, exec->env_count);
	if (exec->user.given || exec->group_count > 0)
		add_user(&process, exec, arena);
	if (exec->cap_count > 0)
		add_caps(&process, exec, arena, notes);
	if (exec->selinux != NULL)
		process.selinux_label = arena_str(arena, exec->selinux);
	if (exec->apparmor != NULL)
		process.apparmor_profile = arena_str(arena, exec->apparmor);
	if (exec->no_new_privs)
		process.no_new_privileges = yes;
	*ret = process;
}

int plan_exec(const struct spec *config, const struct exec_options *exec, const struct facts *facts,
	const struct plan_options *options, bool setgroups_denied, struct arena *arena,
	struct ns_plan *ret_ns, struct proc_plan *ret, struct plan_notes *ret_notes,
	struct err *err)
{
	const struct plan_input in = {
		.spec = config,
		.facts = facts,
		.options = options,
		.arena = arena,
		.notes = ret_notes,
	};
	struct spec_process process;

	make_process(config->process, exec, arena, &process, ret_notes);
	if (plan_ns(&in, ret_ns, err) < 0)
		return -1;
	ret_ns->setgroups_deny = setgroups_denied;
	return plan_proc(&in, &process, "/process", ret_ns, ret, err);
}
