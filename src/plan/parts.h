/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * parts: the makers that plan_make calls, one per part of plan.h, in the order of the calls. They
 * may assume that plan_validate has passed. Only plan/ and its tests include this.
 */
#ifndef OCIRT_PLAN_PARTS_H
#define OCIRT_PLAN_PARTS_H

#include "plan/plan.h"

/* crun's: the process has the groups of the caller. Of init and of exec. */
#define KEEP_GROUPS_ANNOTATION "run.oci.keep_original_groups"

struct spec_hooks;
struct spec_mount;
struct spec_resources;

/* What every maker reads and where it allocates. */
struct plan_input {
	const struct spec *spec;
	const struct facts *facts;
	const struct plan_options *options;
	struct arena *arena;
	struct plan_notes *notes;
};

/* plan/validate.c: the specification's musts that concern more than one field, and every value that
 * can be judged without the kernel. */
ERR_CHECK int plan_validate(const struct plan_input *in, struct err *err);

/* One of the subjects that plan_validate looks at, by number from 0: 0: fine, -1: a fault, 1: there is no
 * such number. */
ERR_CHECK int plan_fault(const struct plan_input *in, size_t index, struct err *err);

/* plan/ns.c */
ERR_CHECK int plan_ns(const struct plan_input *in, struct ns_plan *ret, struct err *err);
/* The line in which the id of the inside is, or NULL. */
const struct id_map *plan_id_map(const struct id_map *maps, size_t count, uint32_t inside);

/* plan/mount.c: one entry of mounts[]. `ns` is made already. Also used by `mounts add`. */
ERR_CHECK int plan_mount(const struct plan_input *in, const struct ns_plan *ns,
	const struct spec_mount *mount, const char *pointer, struct mount_step *ret,
	struct err *err);

/* plan/rootfs.c */
ERR_CHECK int plan_rootfs(const struct plan_input *in, const struct ns_plan *ns,
	struct rootfs_plan *ret, struct err *err);

/* Whether the container gets a NOTIFY_SOCKET that is relayed: not without a mount namespace, and not
 * where the configuration mounts something of its own there. */
bool plan_is_relayed(const struct plan_input *in, const struct ns_plan *ns);

/* plan/proc.c: for init (config.json's process) and for exec (a process object of its own). `at` is
 * the JSON pointer of the object: "/process", or "" for an exec document. */
ERR_CHECK int plan_proc(const struct plan_input *in, const struct spec_process *process,
	const char *at, const struct ns_plan *ns, struct proc_plan *ret, struct err *err);

/* plan/seccomp.c */
ERR_CHECK int plan_seccomp(
	const struct plan_input *in, const struct seccomp_plan **ret, struct err *err);

/* plan/sysctl.c */
ERR_CHECK int plan_sysctl(const struct plan_input *in, const struct ns_plan *ns,
	const struct sysctl_plan **ret, size_t *ret_count, struct err *err);

/* plan/net.c */
void plan_net(const struct plan_input *in, struct net_plan *ret);

/* plan/rdt.c */
void plan_rdt(const struct plan_input *in, struct rdt_plan *ret);

/* plan/hooks.c */
ERR_CHECK int plan_hooks(
	const struct plan_input *in, struct hook_list ret[HOOK_KINDS], struct err *err);

/* plan/cgroup.c */
ERR_CHECK int plan_cgroup(const struct plan_input *in, const struct ns_plan *ns,
	struct cgroup_plan *ret, struct err *err);

/* plan/merge.c: what holds after an update: *given over *before, in the arena, with their texts and lists. A 0 in
 * *given that stands for "not given" is taken out of it. */
const struct spec_resources *plan_merge(
	const struct spec_resources *before, struct spec_resources *given, struct arena *arena);

/* plan/resources.c: linux.resources as values and device rules into *ret. `at` is the JSON pointer of
 * the object: "/linux/resources", or "" for the document of `update`. `before` (may be NULL) is what
 * the container has already: the other half of what comes in pairs (quota and period, limit and swap).
 * in->spec is not read. A field that the host's version of cgroups cannot hold is an error. */
ERR_CHECK int plan_resources(const struct plan_input *in, const struct spec_resources *given,
	const struct spec_resources *before, const char *at, struct cgroup_plan *ret,
	struct err *err);

#endif
