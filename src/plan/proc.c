/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include <linux/sched.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/parts.h"
#include "plan/proc-names.h"

enum { SET_BITS = 8192, DEFAULT_UMASK = 0022, NO_ID = -1 };

/* What the makers below share. */
struct maker {
	const struct plan_input *in;
	const struct spec_process *from;
	const char *at;
	const struct ns_plan *ns;
	struct proc_plan *plan;
	struct err *err;
};

#define AT(m, ...) at_place((m), (char[128]){ 0 }, __VA_ARGS__)

__attribute__((format(printf, 3, 4))) static const char *at_place(
	const struct maker *m, char text[128], const char *format, ...)
{
	const int used = snprintf(text, 128, "%s", m->at);
	va_list args;

	va_start(args, format);
	if (used >= 0 && used < 128)
		(void) vsnprintf(text + used, 128 - (size_t) used, format, args);
	va_end(args);
	return text;
}

/* ---- arguments, environment --------------------------------------------------------------------- */

static int make_args(struct maker *m)
{
	const struct spec_strings *args = &m->from->args;
	char **argv;

	if (args->count == 0)
		return err_at(m->err, AT(m, "/args"), "must name a program");
	if (args->items[0][0] == '\0')
		return err_at(
			m->err, AT(m, "/args/0"), "exec: \"\": executable file not found in $PATH");
	argv = arena_array(m->in->arena, args->count + 1, sizeof(*argv));
	memcpy(argv, args->items, args->count * sizeof(*argv));
	m->plan->argv = argv;
	return 0;
}

/* An index of names, so that a long environment does not cost its square. */
struct name_set {
	const char **slots;
	size_t size; /* a power of two, twice as many as names */
};

/* Whether the name (up to its '=') was not there yet; adds it. */
static bool add_name(struct name_set *set, const char *entry)
{
	const size_t length = strcspn(entry, "=") + 1;
	uint32_t hash = 2166136261U;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char) entry[i]) * 16777619U;
	for (size_t i = hash & (set->size - 1);; i = (i + 1) & (set->size - 1)) {
		if (set->slots[i] == NULL) {
			set->slots[i] = entry;
			return true;
		}
		if (strncmp(set->slots[i], entry, length) == 0)
			return false;
	}
}

static int make_env(struct maker *m)
{
	enum { ADDED = 3 };
	struct arena *arena = m->in->arena;
	const struct plan_options *options = m->in->options;
	const struct spec_strings *env = &m->from->env;
	const size_t room = env->count + ADDED + 2;
	char **all = arena_array(arena, room, sizeof(*all)), **list;
	struct name_set set = { .size = 16 };
	size_t count = 0, kept = 0;

	for (; count < env->count; count++) {
		const char *equals = strchr(env->items[count], '=');

		if (equals == NULL || equals == env->items[count])
			return err_at(m->err, AT(m, "/env/%zu", count), "\"%s\" is not NAME=value",
				env->items[count]);
		all[count] = env->items[count];
	}
	if (plan_is_relayed(m->in, m->ns))
		all[count++] =
			arena_str(arena, "NOTIFY_SOCKET=" PLAN_NOTIFY_MOUNT "/" PLAN_NOTIFY_NAME);
	if (options->listen_fds > 0) {
		all[count++] = arena_printf(arena, "LISTEN_FDS=%u", options->listen_fds);
		all[count++] = arena_str(arena, "LISTEN_PID=1");
	}
	while (set.size < 2 * count)
		set.size *= 2;
	set.slots = arena_array(arena, set.size, sizeof(*set.slots));
	/* From the end, for the last one of a name wins. */
	for (size_t i = count; i-- > 0;)
		if (!add_name(&set, all[i]))
			all[i] = NULL;
	list = arena_array(arena, room, sizeof(*list));
	m->plan->needs_home = true;
	for (size_t i = 0; i < count; i++) {
		if (all[i] == NULL)
			continue;
		list[kept++] = all[i];
		if (str_starts(all[i], "HOME="))
			m->plan->needs_home = false;
		if (str_starts(all[i], "PATH="))
			m->plan->path_env = all[i] + strlen("PATH=");
	}
	m->plan->envp = list;
	m->plan->env_count = kept;
	return 0;
}

/* ---- identity ----------------------------------------------------------------------------------- */

static int check_id(struct maker *m, const char *name, uint32_t id, bool user)
{
	const struct id_maps *maps = &m->ns->maps;

	if (id == (uint32_t) NO_ID)
		return err_at(m->err, AT(m, "/user/%s", name), "4294967295 is no id");
	if (m->ns->user == NS_USER_NEW &&
		plan_id_map(user ? maps->uids : maps->gids,
			user ? maps->uid_count : maps->gid_count, id) == NULL)
		return err_at(m->err, AT(m, "/user/%s", name),
			"%u is not mapped in the container's user namespace", id);
	return 0;
}

/* An annotation of crun's, on which rootless users rely: the caller's groups are kept, which give rights
 * to files of theirs that no mapping can name. */
static bool keeps_groups(const struct spec *spec)
{
	const struct spec_map_entry *keep =
		spec != NULL ? spec_map_find(&spec->annotations, KEEP_GROUPS_ANNOTATION) : NULL;

	return keep != NULL && (str_eq(keep->value, "1") || str_eq(keep->value, "true"));
}

static int make_groups(struct maker *m, const struct spec_u32_list *from)
{
	const bool denied = m->in->facts->setgroups_denied || m->ns->setgroups_deny;
	uint32_t *groups = arena_array(m->in->arena, from->count, sizeof(*groups));
	char name[48];
	size_t count = 0;

	for (size_t i = 0; i < from->count; i++) {
		(void) snprintf(name, sizeof(name), "additionalGids/%zu", i);
		if (from->items[i] == (uint32_t) NO_ID) {
			plan_note(m->in->notes, m->in->arena,
				"%s/user/%s: 4294967295 is no id: not granted", m->at, name);
			continue;
		}
		if (denied)
			return err_at(m->err, AT(m, "/user/additionalGids"),
				"setgroups is denied in the container's user namespace");
		if (check_id(m, name, from->items[i], false) < 0)
			return -1;
		groups[count++] = from->items[i];
	}
	m->plan->groups = groups;
	m->plan->group_count = count;
	m->plan->keep_groups = keeps_groups(m->in->spec);
	m->plan->set_groups = !denied && !m->plan->keep_groups;
	return 0;
}

static int make_user(struct maker *m)
{
	static const struct spec_user root = { 0 };
	const struct spec_user *user = m->from->user != NULL ? m->from->user : &root;

	m->plan->uid = user->uid != NULL ? *user->uid : 0;
	m->plan->gid = user->gid != NULL ? *user->gid : 0;
	m->plan->umask = user->umask != NULL ? *user->umask : DEFAULT_UMASK;
	if (check_id(m, "uid", m->plan->uid, true) < 0 ||
		check_id(m, "gid", m->plan->gid, false) < 0)
		return -1;
	if (m->plan->umask > 0777)
		return err_at(
			m->err, AT(m, "/user/umask"), "%u is above 511 (0777)", m->plan->umask);
	return make_groups(m, &user->additional_gids);
}

/* ---- capabilities ------------------------------------------------------------------------------- */

/* The specification asks for a warning, and no more, where a capability cannot be had. */
static uint64_t make_cap_set(
	struct maker *m, const struct spec_strings *from, const char *name, uint64_t available)
{
	uint64_t set = 0;

	for (size_t i = 0; i < from->count; i++) {
		const struct name_row *row = names_find(&names_capabilities, from->items[i]);
		const uint64_t bit = row != NULL ? (uint64_t) 1 << row->value : 0;

		if (row == NULL)
			plan_note(m->in->notes, m->in->arena,
				"%s/capabilities/%s/%zu: unknown capability \"%s\" ignored", m->at,
				name, i, from->items[i]);
		else if ((available & bit) == 0)
			plan_note(m->in->notes, m->in->arena,
				"%s/capabilities/%s/%zu: %s is not available here: ignored", m->at,
				name, i, row->name);
		else
			set |= bit;
	}
	return set;
}

/* The lowest capability of a set that is not empty. */
static const char *first_name(uint64_t set)
{
	for (size_t i = 0; i < names_capabilities.count; i++)
		if ((set >> names_capabilities.rows[i].value & 1) != 0)
			return names_capabilities.rows[i].name;
	return "";
}

/* What the kernel would not grant beside the other sets goes with a warning too. */
static void drop_ungranted(
	struct maker *m, const char *name, uint64_t *set, uint64_t granted, const char *words)
{
	for (uint64_t excess = *set & ~granted; excess != 0; excess &= excess - 1)
		plan_note(m->in->notes, m->in->arena, "%s/capabilities/%s: %s is not %s: ignored",
			m->at, name, first_name(excess), words);
	*set &= granted;
}

static int make_caps(struct maker *m)
{
	const struct spec_capabilities *from = m->from->capabilities;
	struct caps_plan *caps = &m->plan->caps;
	const uint64_t known = m->in->facts->cap_last >= 63
		? UINT64_MAX
		: ((uint64_t) 1 << (m->in->facts->cap_last + 1)) - 1;
	uint64_t available = known;

	if (from == NULL)
		return 0;
	/* Whoever enters a user namespace, new or joined, has a full bounding set there. */
	if (m->ns->user == NS_USER_HOST)
		available &= m->in->facts->caps_bounding;
	caps->bounding = make_cap_set(m, &from->bounding, "bounding", available);
	caps->permitted = make_cap_set(m, &from->permitted, "permitted", available);
	caps->effective = make_cap_set(m, &from->effective, "effective", available);
	caps->inheritable = make_cap_set(m, &from->inheritable, "inheritable", available);
	caps->ambient = make_cap_set(m, &from->ambient, "ambient", available);
	drop_ungranted(m, "effective", &caps->effective, caps->permitted, "permitted");
	drop_ungranted(m, "inheritable", &caps->inheritable, caps->bounding, "in the bounding set");
	drop_ungranted(m, "ambient", &caps->ambient, caps->permitted & caps->inheritable,
		"permitted and inheritable");
	return 0;
}

/* ---- limits ------------------------------------------------------------------------------------- */

static int make_rlimits(struct maker *m)
{
	const size_t count = m->from->rlimits.count;
	struct rlimit_plan *list = arena_array(m->in->arena, count, sizeof(*list));

	for (size_t i = 0; i < count; i++) {
		const struct spec_rlimit *from = &m->from->rlimits.items[i];
		const struct name_row *row = names_find(&names_rlimits, from->type);

		if (row == NULL)
			return names_unknown(&names_rlimits, "limit", from->type,
				AT(m, "/rlimits/%zu/type", i), m->err);
		for (size_t k = 0; k < i; k++)
			if (list[k].resource == (int) row->value)
				return err_at(m->err, AT(m, "/rlimits/%zu/type", i),
					"%s is there twice", row->name);
		if (from->soft > from->hard)
			return err_at(
				m->err, AT(m, "/rlimits/%zu/soft", i), "is above the hard limit");
		list[i] = (struct rlimit_plan){
			.resource = (int) row->value,
			.soft = from->soft,
			.hard = from->hard,
			.pointer = arena_printf(m->in->arena, "%s/rlimits/%zu", m->at, i),
		};
	}
	m->plan->rlimits = list;
	m->plan->rlimit_count = count;
	return 0;
}

static int make_oom(struct maker *m)
{
	const int64_t *score = m->from->oom_score_adj;

	if (score == NULL)
		return 0;
	if (*score < -1000 || *score > 1000)
		return err_at(m->err, AT(m, "/oomScoreAdj"), "must be from -1000 to 1000");
	m->plan->has_oom_score_adj = true;
	m->plan->oom_score_adj = (int) *score;
	m->plan->oom_may_fail = m->in->facts->euid != 0 || m->in->facts->in_user_ns;
	return 0;
}

/* ---- scheduling --------------------------------------------------------------------------------- */

static int check_priority(struct maker *m, const char *name, const int32_t *priority, bool realtime)
{
	if (realtime && (priority == NULL || *priority < 1 || *priority > 99))
		return err_at(
			m->err, AT(m, "/scheduler/priority"), "%s needs one from 1 to 99", name);
	if (!realtime && priority != NULL && *priority != 0)
		return err_at(m->err, AT(m, "/scheduler/priority"),
			"only SCHED_FIFO and SCHED_RR have one");
	return 0;
}

static int check_deadline(struct maker *m, const struct spec_scheduler *from, bool deadline)
{
	const uint64_t *const values[] = { from->runtime, from->deadline, from->period };
	static const char *const names[] = { "runtime", "deadline", "period" };

	for (size_t i = 0; i < 3; i++)
		if (!deadline && values[i] != NULL && *values[i] != 0)
			return err_at(m->err, AT(m, "/scheduler/%s", names[i]),
				"only SCHED_DEADLINE has one");
	return 0;
}

static int make_scheduler(struct maker *m)
{
	const struct spec_scheduler *from = m->from->scheduler;
	struct scheduler_plan *to = &m->plan->scheduler;
	const struct name_row *policy, *flag;
	bool nice;

	if (from == NULL)
		return 0;
	policy = names_find(&names_scheduler_policies, from->policy);
	if (policy == NULL)
		return names_unknown(&names_scheduler_policies, "policy", from->policy,
			AT(m, "/scheduler/policy"), m->err);
	nice = policy->value == SCHED_NORMAL || policy->value == SCHED_BATCH;
	if (!nice && from->nice != NULL && *from->nice != 0)
		return err_at(m->err, AT(m, "/scheduler/nice"),
			"only SCHED_OTHER and SCHED_BATCH have one");
	if (from->nice != NULL && (*from->nice < -20 || *from->nice > 19))
		return err_at(m->err, AT(m, "/scheduler/nice"), "must be from -20 to 19");
	if (check_priority(m, policy->name, from->priority,
		    policy->value == SCHED_FIFO || policy->value == SCHED_RR) < 0 ||
		check_deadline(m, from, policy->value == SCHED_DEADLINE) < 0)
		return -1;
	for (size_t i = 0; i < from->flags.count; i++) {
		flag = names_find(&names_scheduler_flags, from->flags.items[i]);
		if (flag == NULL)
			return names_unknown(&names_scheduler_flags, "flag", from->flags.items[i],
				AT(m, "/scheduler/flags/%zu", i), m->err);
		to->flags |= flag->value;
	}
	to->present = true;
	to->policy = (uint32_t) policy->value;
	to->nice = from->nice != NULL ? *from->nice : 0;
	to->priority = from->priority != NULL ? (uint32_t) *from->priority : 0;
	to->runtime_ns = from->runtime != NULL ? *from->runtime : 0;
	to->deadline_ns = from->deadline != NULL ? *from->deadline : 0;
	to->period_ns = from->period != NULL ? *from->period : 0;
	return 0;
}

static int make_ioprio(struct maker *m)
{
	const struct spec_io_priority *from = m->from->io_priority;
	const struct name_row *row;
	int32_t priority;

	if (from == NULL)
		return 0;
	row = names_find(&names_io_classes, from->class);
	if (row == NULL)
		return names_unknown(&names_io_classes, "class", from->class,
			AT(m, "/ioPriority/class"), m->err);
	priority = from->priority != NULL ? *from->priority : 0;
	if (priority < 0 || priority > 7)
		return err_at(m->err, AT(m, "/ioPriority/priority"), "must be from 0 to 7");
	m->plan->has_ioprio = true;
	m->plan->ioprio = (int) row->value << 13 | priority;
	return 0;
}

/* "0-3,7": bit N of byte N/8, whatever the byte order, in memory aligned for longs. */
static int parse_set(
	struct arena *arena, const char *text, const unsigned long **ret, size_t *ret_bits)
{
	unsigned char *mask = arena_alloc(arena, SET_BITS / 8);
	char *copy = arena_str(arena, text), *part;
	uint32_t highest = 0;

	while ((part = strsep(&copy, ",")) != NULL) {
		char *dash = strchr(part, '-');
		uint32_t from, to;

		if (dash != NULL)
			*dash++ = '\0';
		if (str_to_u32(part, &from) < 0 ||
			str_to_u32(dash != NULL ? dash : part, &to) < 0 || from > to ||
			to >= SET_BITS)
			return -1;
		for (uint32_t i = from; i <= to; i++)
			mask[i / 8] |= (unsigned char) (1U << i % 8);
		if (to > highest)
			highest = to;
	}
	*ret = (const unsigned long *) (const void *) mask;
	*ret_bits = highest + 1;
	return 0;
}

static int make_cpus(struct maker *m, const char *text, const char *name, struct cpu_set_plan *ret)
{
	if (text == NULL || text[0] == '\0')
		return 0;
	if (parse_set(m->in->arena, text, &ret->mask, &ret->bits) < 0)
		return err_at(m->err, AT(m, "/execCPUAffinity/%s", name),
			"\"%s\" is not a list of CPUs like 0-3,7", text);
	return 0;
}

static int make_affinity(struct maker *m)
{
	const struct spec_exec_cpu_affinity *from = m->from->exec_cpu_affinity;

	if (from == NULL)
		return 0;
	if (make_cpus(m, from->initial, "initial", &m->plan->affinity_initial) < 0)
		return -1;
	return make_cpus(m, from->final, "final", &m->plan->affinity_final);
}

static int make_memory_policy(struct maker *m, const struct spec_memory_policy *from)
{
	struct memory_policy_plan *to = &m->plan->memory_policy;
	const struct name_row *row = names_find(&names_memory_modes, from->mode);
	const bool nodes = from->nodes != NULL && from->nodes[0] != '\0';

	if (row == NULL)
		return names_unknown(&names_memory_modes, "mode", from->mode,
			"/linux/memoryPolicy/mode", m->err);
	to->mode = (int) row->value;
	for (size_t i = 0; i < from->flags.count; i++) {
		const struct name_row *flag = names_find(&names_memory_flags, from->flags.items[i]);

		if (flag == NULL)
			return names_unknown(&names_memory_flags, "flag", from->flags.items[i],
				"/linux/memoryPolicy/flags", m->err);
		to->mode |= (int) flag->value;
	}
	if (nodes && (str_eq(row->name, "MPOL_DEFAULT") || str_eq(row->name, "MPOL_LOCAL")))
		return err_at(m->err, "/linux/memoryPolicy/nodes", "%s has none", row->name);
	if (nodes && parse_set(m->in->arena, from->nodes, &to->nodes, &to->node_bits) < 0)
		return err_at(m->err, "/linux/memoryPolicy/nodes",
			"\"%s\" is not a list of nodes like 0-1,3", from->nodes);
	to->present = true;
	return 0;
}

/* What stands below linux but belongs to each process, of init and of exec alike. */
static int make_linux(struct maker *m)
{
	const struct spec_linux *lin = m->in->spec != NULL ? m->in->spec->linux_ : NULL;
	const struct name_row *row;

	if (lin == NULL)
		return 0;
	if (lin->memory_policy != NULL && make_memory_policy(m, lin->memory_policy) < 0)
		return -1;
	if (lin->personality == NULL)
		return 0;
	row = names_find(&names_personalities, lin->personality->domain);
	if (row == NULL)
		return names_unknown(&names_personalities, "domain", lin->personality->domain,
			"/linux/personality/domain", m->err);
	if (lin->personality->flags.count > 0)
		return err_at(m->err, "/linux/personality/flags/0", "unknown flag \"%s\"",
			lin->personality->flags.items[0]);
	m->plan->has_personality = true;
	m->plan->personality = (unsigned long) row->value;
	return 0;
}

/* ---- labels, terminal, what is passed ----------------------------------------------------------- */

/* A confinement that was asked for is never left out in silence. */
static int make_labels(struct maker *m)
{
	const char *apparmor = m->from->apparmor_profile, *selinux = m->from->selinux_label;

	if (apparmor != NULL && apparmor[0] != '\0') {
		if (!m->in->facts->apparmor)
			return err_at(
				m->err, AT(m, "/apparmorProfile"), "this kernel has no AppArmor");
		m->plan->apparmor = apparmor;
	}
	if (selinux != NULL && selinux[0] != '\0') {
		if (!m->in->facts->selinux)
			return err_at(m->err, AT(m, "/selinuxLabel"), "this kernel has no SELinux");
		m->plan->selinux = selinux;
	}
	return 0;
}

static int make_terminal(struct maker *m)
{
	const struct spec_console_size *size = m->from->console_size;

	m->plan->terminal = m->from->terminal != NULL && *m->from->terminal;
	if (!m->plan->terminal || size == NULL)
		return 0;
	if (size->height > UINT16_MAX || size->width > UINT16_MAX)
		return err_at(m->err, AT(m, "/consoleSize"), "must be at most 65535 each way");
	m->plan->rows = (uint16_t) size->height;
	m->plan->columns = (uint16_t) size->width;
	return 0;
}

static int make_rest(struct maker *m)
{
	const struct plan_options *options = m->in->options;

	if (m->from->cwd == NULL || m->from->cwd[0] != '/')
		return err_at(m->err, AT(m, "/cwd"), "must be an absolute path");
	m->plan->cwd = m->from->cwd;
	m->plan->no_new_privs = m->from->no_new_privileges != NULL && *m->from->no_new_privileges;
	if (m->in->facts != NULL)
		m->plan->reset_signals = m->in->facts->signals_ignored;
	if (!options->no_new_keyring)
		m->plan->keyring = arena_printf(m->in->arena, "_ses.%s", options->id);
	if (__builtin_add_overflow(
		    options->preserve_fds, options->listen_fds, &m->plan->keep_fds) ||
		m->plan->keep_fds > INT32_MAX - 3)
		return err_set(m->err, ERR_USAGE, "--preserve-fds: too many");
	return 0;
}

int plan_proc(const struct plan_input *in, const struct spec_process *process, const char *at,
	const struct ns_plan *ns, struct proc_plan *ret, struct err *err)
{
	/* Of a container that cannot be started: it waits as this. */
	static const struct spec_process nothing = { .cwd = (char *) "/" };
	struct proc_plan plan = { 0 };
	struct maker m = {
		.in = in,
		.from = process != NULL ? process : &nothing,
		.at = at,
		.ns = ns,
		.plan = &plan,
		.err = err,
	};
	static int (*const makers[])(struct maker *) = {
		make_env,
		make_rest,
		make_user,
		make_caps,
		make_rlimits,
		make_oom,
		make_labels,
		make_scheduler,
		make_ioprio,
		make_affinity,
		make_linux,
		make_terminal,
	};

	if (process != NULL && make_args(&m) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++)
		if (makers[i](&m) < 0)
			return -1;
	*ret = plan;
	return 0;
}
