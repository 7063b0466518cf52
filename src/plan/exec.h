/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec: what is decided for one more process in a container that is there.
 *
 * At create time plan_exec_record cuts the configuration down to what this takes; at exec time
 * plan_exec makes the process from it, by the maker that made init's (plan/proc.c).
 * Not for: how the process gets into the container (container/join.h).
 */
#ifndef OCIRT_PLAN_EXEC_H
#define OCIRT_PLAN_EXEC_H

#include "plan/plan.h"

struct exec_user {
	bool given;
	uint32_t uid;
	bool gid_given;
	uint32_t gid;
};

/* What the command line says; what it leaves out is the container's. */
struct exec_options {
	const struct spec_process *document; /* --process; then args stays empty */
	char **args; /* the program and its arguments */
	size_t arg_count;
	bool terminal;
	const char *cwd; /* NULL: not given, as the others */
	const char *const *env;
	size_t env_count;
	struct exec_user user;
	const uint32_t *groups;
	size_t group_count;
	const char *const *caps;
	size_t cap_count;
	const char *selinux;
	const char *apparmor;
	bool no_new_privs;
};

/* "1000" or "1000:100": digits alone, and no id that means "none". ERR_USAGE. */
ERR_CHECK int plan_exec_user(const char *text, struct exec_user *ret, struct err *err);

/* The part of a configuration that exec reads again; points into it. The struct and what it points to
 * live in the arena. */
const struct spec *plan_exec_record(const struct spec *spec, struct arena *arena);

/* The process, from the recorded configuration (`config`) and the command line.
 *
 * Without a document the process is the container's own with what the options change: capabilities
 * of --cap are added to the bounding, permitted and effective sets, and never to the inheritable or
 * ambient ones (CVE-2022-29162); --env and --additional-gids add. With a document the process is the
 * document's, but a confinement that it leaves out (capabilities, labels, noNewPrivileges, rlimits,
 * oomScoreAdj, scheduling) is the container's: nothing is set free by silence.
 * setgroups_denied: in the container's user namespace. */
ERR_CHECK int plan_exec(const struct spec *config, const struct exec_options *exec,
	const struct facts *facts, const struct plan_options *options, bool setgroups_denied,
	struct arena *arena, struct ns_plan *ret_ns, struct proc_plan *ret,
	struct plan_notes *ret_notes, struct err *err);

#endif
