/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/restored.h"

#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cgroup-line.h"
#include "base/str.h"
#include "plan/proc-names.h"

/* ---- words -------------------------------------------------------------------------------------- */

int restored_refuse(uint32_t pid, const char *pointer, const char *what, struct err *err)
{
	return err_at(err, pointer,
		"process %u of the images %s: restore images that were made of this container", pid,
		what);
}

/* The lowest capability of a set that is not empty. */
static const char *capability(uint64_t set, char *text, size_t size)
{
	const unsigned number = (unsigned) __builtin_ctzll(set);

	for (size_t i = 0; i < names_capabilities.count; i++)
		if (names_capabilities.rows[i].value == number)
			return names_capabilities.rows[i].name;
	(void) snprintf(text, size, "capability %u", number);
	return text;
}

/* ---- the rules ---------------------------------------------------------------------------------- */

struct judge {
	const struct plan *plan;
	const struct restored_host *host;
	const struct restored *process;
	uint64_t reach; /* the capabilities that a process of the configuration can come to */
	struct err *err;
};

static bool reaches(const struct judge *j, unsigned cap)
{
	return (j->reach >> cap & 1) != 0;
}

static int refuse(const struct judge *j, const char *pointer, const char *what)
{
	return restored_refuse(j->process->pid, pointer, what, j->err);
}

static bool same(const struct namespace_id *a, const struct namespace_id *b)
{
	return a->inode == b->inode && a->device == b->device;
}

static const struct ns_join *find_join(const struct ns_plan *ns, int flag)
{
	for (size_t i = 0; i < ns->parent_join_count; i++)
		if (ns->parent_joins[i].flag == flag)
			return &ns->parent_joins[i];
	for (size_t i = 0; i < ns->child_join_count; i++)
		if (ns->child_joins[i].flag == flag)
			return &ns->child_joins[i];
	return NULL;
}

static int judge_namespace(const struct judge *j, size_t i)
{
	const struct restored_namespace *type = &restored_namespaces[i];
	const struct ns_plan *ns = &j->plan->ns;
	const struct ns_join *join = find_join(ns, type->flag);
	const struct namespace_id *id = &j->process->namespaces[i], *own = &j->host->own[i];
	const bool user = type->flag == CLONE_NEWUSER;
	char what[256];

	if (((unsigned) type->flag & ns->all) == 0) {
		/* One of its own in place of the host's takes from it; but a user namespace gives. */
		if (!user || same(id, own))
			return 0;
		return refuse(j, "/linux/namespaces",
			"has a user namespace, which the configuration does not name");
	}
	if (join != NULL) {
		if (same(id, &j->host->joined[i]))
			return 0;
		if (!user && !j->process->first && reaches(j, CAP_SYS_ADMIN) && !same(id, own))
			return 0;
		(void) snprintf(what, sizeof(what), "is not in the %s namespace %s", type->word,
			join->path);
		return refuse(j, join->pointer, what);
	}
	if (!same(id, own))
		return 0;
	(void) snprintf(what, sizeof(what),
		"is in the runtime's %s namespace, where the configuration asks for a new one",
		type->word);
	return refuse(j, "/linux/namespaces", what);
}

static bool has_map(const struct id_map *maps, size_t count, const struct id_map *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (maps[i].inside == wanted->inside && maps[i].outside == wanted->outside &&
			maps[i].size == wanted->size)
			return true;
	return false;
}

/* The lines of a map do not overlap: what is in the one and in the other is the same. */
static int judge_map(const struct judge *j, const char *pointer, const struct id_map *planned,
	size_t planned_count, const struct id_map *maps, size_t count)
{
	char what[128];

	for (size_t i = 0; i < count; i++)
		if (!has_map(planned, planned_count, &maps[i])) {
			(void) snprintf(what, sizeof(what),
				"has ids from %u of the host as ids from %u (%u of them)",
				maps[i].outside, maps[i].inside, maps[i].size);
			return refuse(j, pointer, what);
		}
	return 0;
}

static int judge_namespaces(const struct judge *j)
{
	const struct id_maps *planned = &j->plan->ns.maps, *maps = &j->process->maps;

	for (size_t i = 0; i < RESTORED_NAMESPACES; i++)
		if (judge_namespace(j, i) < 0)
			return -1;
	if (j->plan->ns.user != NS_USER_NEW)
		return 0;
	if (judge_map(j, "/linux/uidMappings", planned->uids, planned->uid_count, maps->uids,
		    maps->uid_count) < 0 ||
		judge_map(j, "/linux/gidMappings", planned->gids, planned->gid_count, maps->gids,
			maps->gid_count) < 0)
		return -1;
	return 0;
}

static int judge_root(const struct judge *j)
{
	if (j->host->root.inode == 0 || same(&j->process->root, &j->host->root) ||
		reaches(j, CAP_SYS_CHROOT) || reaches(j, CAP_SYS_ADMIN))
		return 0;
	return refuse(j, "/root/path", "has another root directory");
}

static bool is_below(const char *path, size_t length, const char *root, size_t root_length)
{
	if (root_length == 1)
		return true;
	return length >= root_length && memcmp(path, root, root_length) == 0 &&
		(length == root_length || path[root_length] == '/');
}

/* In every hierarchy in which the container has a cgroup, which is where it is not the runtime's. */
static int judge_cgroups(const struct judge *j)
{
	const struct restored_host *host = j->host;
	const char *next = host->born_cgroups;
	const size_t home = strlen(host->home);
	struct cgroup_line root, own, is = { .path = "" };

	while (cgroup_line_next(&next, &root)) {
		char what[300];

		if (cgroup_line_find(
			    host->own_cgroups, root.controllers, root.controllers_length, &own) &&
			own.path_length == root.path_length &&
			memcmp(own.path, root.path, own.path_length) == 0)
			continue;
		if (root.path_length > home &&
			memcmp(root.path + root.path_length - home, host->home, home) == 0)
			root.path_length -= home;
		if (!cgroup_line_find(
			    j->process->cgroups, root.controllers, root.controllers_length, &is))
			is.path_length = 0;
		else if (is_below(is.path, is.path_length, root.path, root.path_length))
			continue;
		(void) snprintf(what, sizeof(what),
			"is in the cgroup %.*s, outside of the container's",
			(int) (is.path_length > 200 ? 200 : is.path_length), is.path);
		return refuse(j, "/linux/cgroupsPath", what);
	}
	return 0;
}

static int judge_set(const struct judge *j, const char *name, uint64_t set, uint64_t allowed)
{
	char pointer[64], number[32], what[128];

	if ((set & ~allowed) == 0)
		return 0;
	(void) snprintf(pointer, sizeof(pointer), "/process/capabilities/%s", name);
	(void) snprintf(what, sizeof(what), "has %s, which the configuration does not give it",
		capability(set & ~allowed, number, sizeof(number)));
	return refuse(j, pointer, what);
}

static int judge_capabilities(const struct judge *j)
{
	const struct caps_plan *given = &j->plan->proc.caps, *caps = &j->process->caps;
	const uint64_t reach = j->reach;
	/* From the bounding set it may take what helps no program under no_new_privs. */
	const uint64_t bounding = reaches(j, CAP_SETPCAP) ? given->bounding : 0;

	if (judge_set(j, "bounding", caps->bounding, given->bounding) < 0 ||
		judge_set(j, "permitted", caps->permitted, reach) < 0 ||
		judge_set(j, "effective", caps->effective, reach) < 0 ||
		judge_set(j, "inheritable", caps->inheritable,
			reach | given->inheritable | bounding) < 0 ||
		judge_set(j, "ambient", caps->ambient, reach) < 0)
		return -1;
	return 0;
}

/* An id of the runtime's as one of the container's. */
static bool inside(
	const struct judge *j, const struct id_map *maps, size_t count, uint32_t id, uint32_t *ret)
{
	if (same(&j->process->namespaces[0], &j->host->own[0])) {
		*ret = id;
		return true;
	}
	for (size_t i = 0; i < count; i++)
		if (id >= maps[i].outside && id - maps[i].outside < maps[i].size) {
			*ret = maps[i].inside + (id - maps[i].outside);
			return true;
		}
	return false;
}

static int refuse_id(const struct judge *j, const char *pointer, const char *what, uint32_t outside,
	const uint32_t *id)
{
	char text[128];

	if (id == NULL)
		(void) snprintf(text, sizeof(text),
			"has the %s %u of the host, which its user namespace does not have", what,
			outside);
	else
		(void) snprintf(text, sizeof(text),
			"has the %s %u, which the configuration does not give it", what, *id);
	return refuse(j, pointer, text);
}

static bool has_id(const uint32_t *ids, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static int judge_ids(const struct judge *j)
{
	const struct proc_plan *proc = &j->plan->proc;
	const struct restored *p = j->process;
	const struct id_maps *maps = &p->maps;
	uint32_t id;

	for (int i = 0; i < RESTORED_IDS; i++) {
		if (!inside(j, maps->uids, maps->uid_count, p->uids[i], &id))
			return refuse_id(j, "/process/user/uid", "user id", p->uids[i], NULL);
		if (id != proc->uid && !reaches(j, CAP_SETUID))
			return refuse_id(j, "/process/user/uid", "user id", 0, &id);
	}
	for (int i = 0; i < RESTORED_IDS; i++) {
		if (!inside(j, maps->gids, maps->gid_count, p->gids[i], &id))
			return refuse_id(j, "/process/user/gid", "group id", p->gids[i], NULL);
		if (id != proc->gid && !reaches(j, CAP_SETGID))
			return refuse_id(j, "/process/user/gid", "group id", 0, &id);
	}
	for (size_t i = 0; i < p->group_count; i++) {
		const uint32_t outside = p->groups[i];
		const char *pointer = "/process/user/additionalGids";

		if (!proc->set_groups && has_id(j->host->groups, j->host->group_count, outside))
			continue;
		if (!inside(j, maps->gids, maps->gid_count, outside, &id))
			return refuse_id(j, pointer, "supplementary group", outside, NULL);
		if (id != proc->gid && !has_id(proc->groups, proc->group_count, id) &&
			!reaches(j, CAP_SETGID))
			return refuse_id(j, pointer, "supplementary group", 0, &id);
	}
	return 0;
}

static int judge_limits(const struct judge *j)
{
	const struct proc_plan *proc = &j->plan->proc;
	/* The kernel asks for it in the first user namespace. */
	const bool may = j->plan->ns.user == NS_USER_HOST && reaches(j, CAP_SYS_RESOURCE);
	/* None is what the runtime has when it makes one, which may be less than another time. */
	const int inherited = j->host->oom_score_adj < 0 ? j->host->oom_score_adj : 0;
	const int score = proc->has_oom_score_adj ? proc->oom_score_adj : inherited;
	char what[128];

	for (size_t i = 0; i < proc->rlimit_count && !may; i++)
		if (j->process->hard_limits[i] > proc->rlimits[i].hard) {
			(void) snprintf(what, sizeof(what),
				"has a hard limit of %llu, above that of the configuration",
				(unsigned long long) j->process->hard_limits[i]);
			return refuse(j, proc->rlimits[i].pointer, what);
		}
	if (!may && j->process->oom_score_adj < score) {
		(void) snprintf(what, sizeof(what),
			"has the value %d, below that of the configuration",
			j->process->oom_score_adj);
		return refuse(j, "/process/oomScoreAdj", what);
	}
	return 0;
}

static uint64_t limit(const struct judge *j, int resource, uint64_t inherited)
{
	const struct proc_plan *proc = &j->plan->proc;

	for (size_t i = 0; i < proc->rlimit_count; i++)
		if (proc->rlimits[i].resource == resource)
			return proc->rlimits[i].hard;
	return inherited;
}

static bool is_real_time(unsigned policy)
{
	return policy == SCHED_FIFO || policy == SCHED_RR;
}

static int judge_scheduling(const struct judge *j)
{
	const struct restored_sched *sched = &j->process->sched, *own = &j->host->sched;
	const struct scheduler_plan *planned = &j->plan->proc.scheduler;
	const char *pointer = "/process/scheduler";
	int nice = planned->present ? planned->nice : own->nice < 0 ? own->nice : 0;
	uint64_t priority = planned->present ? planned->priority : own->priority;
	char what[128];

	if (j->plan->ns.user == NS_USER_HOST && reaches(j, CAP_SYS_NICE))
		return 0;
	if (is_real_time(sched->policy)) {
		const uint64_t free = limit(j, RLIMIT_RTPRIO, j->host->priority_limit);

		if (sched->priority <= priority || sched->priority <= free)
			return 0;
		(void) snprintf(what, sizeof(what),
			"has the real-time priority %u, which the configuration does not give it",
			sched->priority);
		return refuse(j, pointer, what);
	} else {
		const uint64_t free = limit(j, RLIMIT_NICE, j->host->nice_limit);

		/* From 1, which is nice 19, to 40, which is -20. */
		if (sched->nice >= nice || (uint64_t) (20 - sched->nice) <= free)
			return 0;
		(void) snprintf(what, sizeof(what),
			"has the nice value %d, which the configuration does not give it",
			sched->nice);
		return refuse(j, pointer, what);
	}
}

/* AppArmor writes "profile (mode)", and both names of a stack. */
static bool has_profile(const char *label, const char *profile)
{
	const size_t length = strlen(profile);
	const char *end = strstr(label, " (");
	const size_t whole = end != NULL ? (size_t) (end - label) : strcspn(label, "\n");

	for (size_t at = 0; at < whole;) {
		const char *next = memmem(label + at, whole - at, "//&", 3);
		const size_t part = next != NULL ? (size_t) (next - label) - at : whole - at;

		if (part == length && memcmp(label + at, profile, length) == 0)
			return true;
		at += part + 3;
	}
	return false;
}

static bool has_label(const char *label, const char *wanted)
{
	const size_t length = strlen(wanted);

	return strcspn(label, "\n") == length && memcmp(label, wanted, length) == 0;
}

static int refuse_label(
	const struct judge *j, const char *pointer, const char *label, const char *wanted)
{
	char what[300];

	(void) snprintf(what, sizeof(what), "has the label \"%.*s\" and not \"%.100s\"",
		(int) (strcspn(label, "\n") > 100 ? 100 : strcspn(label, "\n")), label, wanted);
	return refuse(j, pointer, what);
}

static int judge_labels(const struct judge *j)
{
	const char *apparmor = j->process->apparmor != NULL ? j->process->apparmor : "";
	const char *selinux = j->process->selinux != NULL ? j->process->selinux : "";

	if (j->host->apparmor != NULL && !has_profile(apparmor, j->host->apparmor))
		return refuse_label(j, "/process/apparmorProfile", apparmor, j->host->apparmor);
	if (j->host->selinux != NULL && !has_label(selinux, j->host->selinux))
		return refuse_label(j, "/process/selinuxLabel", selinux, j->host->selinux);
	return 0;
}

uint64_t restored_reach(const struct proc_plan *proc)
{
	const struct caps_plan *caps = &proc->caps;
	const uint64_t held = caps->permitted | caps->effective | caps->ambient;

	return proc->no_new_privs ? held : held | caps->inheritable | caps->bounding;
}

int restored_judge(const struct plan *plan, const struct restored_host *host,
	const struct restored *process, struct err *err)
{
	const struct proc_plan *proc = &plan->proc;
	const struct judge j = {
		.plan = plan,
		.host = host,
		.process = process,
		.reach = restored_reach(proc),
		.err = err,
	};

	/* Nothing is left of it but its number. */
	if (process->state == 'Z' || process->state == 'X')
		return 0;
	if (judge_namespaces(&j) < 0 || judge_root(&j) < 0 || judge_cgroups(&j) < 0 ||
		judge_capabilities(&j) < 0 || judge_ids(&j) < 0)
		return -1;
	if (proc->no_new_privs && !process->no_new_privs)
		return refuse(&j, "/process/noNewPrivileges", "has no no_new_privs");
	if (proc->seccomp != NULL && process->seccomp_mode != SECCOMP_MODE_FILTER)
		return refuse(&j, "/linux/seccomp", "has no seccomp filter");
	return judge_limits(&j) < 0 || judge_scheduling(&j) < 0 ? -1 : judge_labels(&j);
}
