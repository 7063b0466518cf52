/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * restored-facts: what a process that came out of checkpoint images is, as data, and the texts of /proc that say it. Follows
 * proc_pid_status(5), proc_pid_stat(5), proc_pid_limits(5) and user_namespaces(7).
 *
 * Not for: reading them (container/restored-facts.c), what a process may be (restored.h).
 */
#ifndef OCIRT_PLAN_RESTORED_FACTS_H
#define OCIRT_PLAN_RESTORED_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

/* The namespaces of a process, in the order of restored_namespaces. */
enum { RESTORED_NAMESPACES = 8 };
extern const struct restored_namespace {
	int flag; /* CLONE_NEW* */
	const char *file; /* below /proc/PID/ns */
	const char *word; /* the specification's */
} restored_namespaces[RESTORED_NAMESPACES];

struct namespace_id { /* also of a directory */
	uint64_t device;
	uint64_t inode; /* 0: the kernel has none of that type */
};

enum { RESTORED_IDS = 4 }; /* real, effective, saved, of the file system */

struct restored_sched {
	unsigned policy; /* SCHED_* */
	int nice;
	unsigned priority; /* of SCHED_FIFO and SCHED_RR, else 0 */
};

struct restored {
	uint32_t pid; /* in its innermost pid namespace, as the images have it */
	unsigned pid_depth; /* how many pid namespaces have a number for it */
	uint32_t parent; /* as the runtime sees it; 0 */
	bool first; /* the container's first process */
	char state; /* 'Z', 'X': it has ended */
	uint32_t uids[RESTORED_IDS]; /* as the runtime sees them */
	uint32_t gids[RESTORED_IDS];
	const uint32_t *groups;
	size_t group_count;
	struct caps_plan caps;
	bool no_new_privs;
	unsigned seccomp_mode; /* SECCOMP_MODE_* */
	struct namespace_id namespaces[RESTORED_NAMESPACES];
	struct id_maps maps; /* of its user namespace, to ids as the runtime sees them */
	struct namespace_id root; /* its root directory */
	const char *cgroups; /* /proc/PID/cgroup */
	const uint64_t *hard_limits; /* of the limits of the plan, in their order */
	int oom_score_adj;
	struct restored_sched sched;
	const char *apparmor; /* what the security modules say, where a label is asked for; NULL */
	const char *selinux;
};

/* /proc/PID/status, and uid_map or gid_map. What has no bound goes into the arena. */
ERR_CHECK int restored_parse_status(
	const char *text, struct arena *arena, struct restored *ret, struct err *err);
/* The hard limit of a resource (RLIMIT_*) from /proc/PID/limits; UINT64_MAX is "unlimited". prlimit(2) would want
 * rights that the runtime may lack, for processes of other users. */
ERR_CHECK int restored_parse_limit(
	const char *text, int resource, uint64_t *ret_hard, struct err *err);
/* /proc/PID/stat. */
ERR_CHECK int restored_parse_sched(const char *text, struct restored_sched *ret, struct err *err);
ERR_CHECK int restored_parse_map(const char *text, struct arena *arena, const struct id_map **ret,
	size_t *ret_count, struct err *err);

#endif
