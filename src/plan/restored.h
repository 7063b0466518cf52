/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * restored: whether a process that came out of checkpoint images has more than the configuration gives.
 *
 * The images say what a process is, and whoever can write them says it. So each thread is held against
 * what a process that was started as /process says could have become by itself:
 *   - capabilities that it can reach are those that it starts with and, without noNewPrivileges, those of its
 *     bounding set, which a program with file capabilities gives it. A set may be smaller, never larger;
 *   - its ids are those of /process/user, or any that the user namespace has where it can reach CAP_SETUID
 *     (user ids) or CAP_SETGID (group ids, supplementary groups). A gain by a set-user-ID program
 *     without these is refused: which one it was nobody can tell any more;
 *   - no_new_privs and a filter, once set, stay set;
 *   - a hard limit that it names and the readiness to be killed for lack of memory only get worse without
 *     CAP_SYS_RESOURCE over the host, how it is scheduled without CAP_SYS_NICE there, but for what RLIMIT_NICE
 *     and RLIMIT_RTPRIO leave free;
 *   - its namespaces are those of the configuration, or later ones of its own where CAP_SYS_ADMIN can be reached.
 *     The user namespace is always the container's: only with it do ids and capabilities mean anything.
 *   - its root directory is the container's, unless CAP_SYS_CHROOT or CAP_SYS_ADMIN can be reached.
 *   - its cgroups are the container's or lie below them.
 * What gives nothing is not looked at: the personality, which everybody may change, and securebits, whose
 * bits take from root or keep what the capability sets show.
 *
 * Not for: what a process is (restored-facts.h), nor for files and mounts.
 */
#ifndef OCIRT_PLAN_RESTORED_H
#define OCIRT_PLAN_RESTORED_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "plan/plan.h"
#include "plan/restored-facts.h"

/* What the rules are measured by, besides the plan. */
struct restored_host {
	struct namespace_id own[RESTORED_NAMESPACES]; /* the runtime's */
	struct namespace_id joined[RESTORED_NAMESPACES]; /* those of the configuration's paths */
	struct namespace_id
		root; /* /root/path; inode 0: in the mount namespace of a path, not known */
	const char *own_cgroups; /* /proc/PID/cgroup of the runtime */
	const char *born_cgroups; /* of what was put where the container's processes are born; */
	const char *home; /* how that directory ends below the container's own, "/NAME", or "" */
	struct restored_sched sched; /* the runtime's, which counts where the plan has none */
	int oom_score_adj;
	uint64_t nice_limit, priority_limit; /* hard RLIMIT_NICE and RLIMIT_RTPRIO, the same */
	const uint32_t *groups; /* the runtime's, which are kept where the plan says so */
	size_t group_count;
	const char *apparmor; /* which label it must have; NULL: any */
	const char *selinux;
};

/* The capabilities (bits) that a process of the configuration can come to. */
uint64_t restored_reach(const struct proc_plan *proc);

/* The first thing that is more than is allowed is the error, with its place in the configuration. */
ERR_CHECK int restored_judge(const struct plan *plan, const struct restored_host *host,
	const struct restored *process, struct err *err);

/* For container/restored.c: the same words for a filter that differs. */
int restored_refuse(uint32_t pid, const char *pointer, const char *what, struct err *err);

#endif
