/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan: what will be done for one container, decided before anything is done. Read this first.
 *
 * plan_make turns (specification, facts, options) into the struct below without one system call.
 * Everything in it is a value that the kernel takes as it is: flag words, numbers, byte programs, and
 * text whose meaning only the kernel knows. Where the specification or the kernel fixes an order, the
 * order is code (container/init.c); where the user gives a list, it is an array here, in the user's
 * order, walked by a small function.
 *
 * Three rules keep it honest:
 *   - no path inside the container is resolved here: the plan holds the text, container/ resolves it
 *     to a file descriptor at the moment of use;
 *   - `pointer` members are JSON pointers into config.json, carried along so that an error of the
 *     kernel can name the place that asked for it;
 *   - text is the specification's own memory, or the arena's: the plan owns nothing.
 *
 * Each part has one maker (plan/ns.c, plan/mount.c, …) and one applier in container/.
 */
#ifndef OCIRT_PLAN_PLAN_H
#define OCIRT_PLAN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/facts.h"

struct spec;
struct spec_map;
struct spec_process;
struct seccomp_plan; /* plan/seccomp.h */

/* ---- what the command line and the caller's environment add ------------------------------------ */

enum cgroup_manager { CGROUP_MANAGER_FS, CGROUP_MANAGER_SYSTEMD, CGROUP_MANAGER_DISABLED };

/* Where the container finds its own NOTIFY_SOCKET, and the name of that directory on our side. */
#define PLAN_NOTIFY_MOUNT     "/run/notify"
#define PLAN_NOTIFY_NAME      "notify.sock"
#define PLAN_NOTIFY_DIRECTORY "notify"

struct plan_options {
	const char *id;
	const char *bundle; /* absolute */
	enum cgroup_manager cgroup_manager;
	bool no_pivot;
	bool no_new_keyring;
	bool has_console_socket;
	bool foreground; /* `run` or `exec` that waits: may make a terminal of its own */
	unsigned preserve_fds; /* how many fds from 3 on reach the container */
	unsigned listen_fds; /* of those, how many systemd passed (LISTEN_FDS) */
	const char *notify_socket; /* the caller's NOTIFY_SOCKET, or NULL */
	const char
		*notify_directory; /* of the state directory, absolute; NULL: there will be none */
};

/* ---- namespaces (plan/ns.c; done by container/create.c and container/init.c) -------------------- */

struct id_map {
	uint32_t inside;
	uint32_t outside;
	uint32_t size;
};

struct id_maps {
	const struct id_map *uids;
	size_t uid_count;
	const struct id_map *gids;
	size_t gid_count;
};

struct ns_join {
	int flag; /* CLONE_NEW* */
	const char *path;
	const char *pointer;
};

struct ns_plan {
	/* One of four shapes:
	 *   no user namespace   clone3 makes all new ones;
	 *   a new one           clone3 makes it and all the others, which it then owns;
	 *   a new one behind    the child enters what is joined and unshares the user namespace with
	 *   child_joins         all the others, and clones a second time;
	 *   a joined one        the child enters it and unshares the others, so that it owns them; a
	 *                       new pid namespace then takes a second clone. */
	enum { NS_USER_HOST, NS_USER_NEW, NS_USER_JOINED } user;
	unsigned all; /* every namespace type of the list, new or joined (CLONE_NEW*) */
	unsigned clone_flags; /* for clone3; never CLONE_NEWTIME or CLONE_NEWCGROUP */
	unsigned
		unshare; /* by the child behind its joins, CLONE_NEWPID and CLONE_NEWUSER included */
	bool second_clone; /* the child makes or enters a pid namespace, which takes another one */
	bool unshare_cgroup; /* by the child, after its placement in its cgroup */
	enum { NS_TIME_KEEP, NS_TIME_PARENT, NS_TIME_CHILD } time; /* who unshares CLONE_NEWTIME */
	const char *time_offsets; /* the text for timens_offsets, NULL: none */
	/* The parent enters these before the clone and takes its own back afterwards. */
	const struct ns_join *parent_joins;
	size_t parent_join_count;
	/* The child enters these, the user namespace first; behind a joined user namespace an ordinary
	 * user's child enters all, and all are entered by the child of a user namespace's root. */
	const struct ns_join *child_joins;
	size_t child_join_count;
	struct id_maps maps; /* of a new user namespace; validated, at least one line each */
	bool setgroups_deny; /* the maps of an unprivileged caller need it */
	bool map_by_helpers; /* more than the caller's own id, unprivileged: newuidmap, newgidmap */
	bool dumpable_until_mapped; /* or an ordinary user's parent could not write its maps */
	bool loopback; /* a new network namespace: bring lo up */
};

/* ---- mounts (plan/mount.c; done by container/rootfs.c) ------------------------------------------ */

enum mount_kind {
	MOUNT_FS, /* a file system of its own: type, source and data */
	MOUNT_BIND, /* a tree of the host: source */
	MOUNT_CGROUP, /* the cgroup file systems, as the host's layout has them */
	MOUNT_REMOUNT, /* the options `remount`, or a propagation alone: what is there already */
};

struct mount_step {
	enum mount_kind kind;
	const char *pointer; /* "/mounts/3" */
	const char *destination; /* absolute inside the root, as the configuration has it */
	const char *type; /* MOUNT_FS */
	const char *source; /* MOUNT_BIND: a path of the host (absolute, or below the bundle) */
	bool recursive; /* MOUNT_BIND: rbind */
	bool source_nofollow; /* src-nofollow, copy-symlink */
	bool copy_symlink; /* copy-symlink: a link as source becomes a link as destination */
	bool destination_nofollow; /* a link as destination is mounted on, not followed */
	bool by_parent; /* proc, sysfs, mqueue of a namespace that the container's user namespace
			   does not own: mounted by the privileged side */
	bool real_directory; /* proc, sysfs: the destination must be no symbolic link */
	uint64_t attr_set; /* MOUNT_ATTR_* of the mount itself */
	uint64_t attr_clear;
	uint64_t attr_set_rec; /* … of the mount and all below it (rro, rnosuid, …) */
	uint64_t attr_clear_rec;
	unsigned long sb_flags; /* MS_SYNCHRONOUS, MS_DIRSYNC, MS_LAZYTIME, MS_MANDLOCK, MS_SILENT,
				    MS_I_VERSION, and MS_RDONLY for a file system */
	const char *const *data; /* "key" or "key=value", one fsconfig each */
	size_t data_count;
	const unsigned long
		*propagation; /* MS_SHARED, MS_SLAVE|MS_REC, …, one call each, in order */
	size_t propagation_count;
	bool covered_mode; /* a tmpfs without mode= or tmpcopyup: that of the directory below it */
	bool copy_up; /* tmpcopyup */
	bool late_readonly; /* read-only only after the tree below it has been filled */
	bool idmap; /* idmap, ridmap, or mappings of the mount */
	bool idmap_recursive;
	struct id_maps maps; /* of the mount; empty: those of the container's user namespace */
	const char
		*label; /* an SELinux label for the root directory, behind the mount; NULL: none */
};

/* ---- root file system (plan/rootfs.c; done by container/rootfs.c) ------------------------------- */

struct device_node {
	const char *path; /* absolute inside the root */
	unsigned type; /* S_IFCHR, S_IFBLK, S_IFIFO */
	unsigned major;
	unsigned minor;
	uint32_t mode; /* permission bits */
	uint32_t uid; /* as seen inside */
	uint32_t gid;
	const char *pointer; /* "/linux/devices/0", or "" for a default device */
};

struct dev_link {
	const char *path;
	const char *target;
	bool only_with_kcore; /* /dev/core: only where /proc/kcore is */
};

struct inside_path {
	const char *path;
	const char *pointer; /* "/linux/maskedPaths/0" */
};

struct rootfs_plan {
	const char *path; /* absolute, of the host */
	bool new_mount_ns;
	bool pivot; /* false: --no-pivot, MS_MOVE and chroot */
	bool readonly;
	unsigned long
		setup_propagation; /* MS_SLAVE|MS_REC or as asked: of the host's tree in our copy */
	unsigned long root_propagation; /* of the container's root in the end, 0: leave private */
	bool sources_by_parent; /* bind sources are opened before the clone, by the privileged side */
	const struct mount_step *steps;
	size_t step_count;
	bool devices_by_bind; /* a user namespace: the host's nodes are bound, not made; never in a mount
				 namespace that is the caller's */
	const struct device_node *devices; /* the default ones first */
	size_t device_count;
	const struct dev_link *links;
	size_t link_count;
	bool ptmx_link; /* /dev/ptmx -> pts/ptmx */
	bool console; /* bind the terminal on /dev/console */
	const struct inside_path *masked;
	size_t masked_count;
	const struct inside_path *readonly_paths;
	size_t readonly_count;
	const char *mount_label;
};

/* ---- the process (plan/proc.c; done by container/proc.c, for init and exec alike) --------------- */

struct caps_plan {
	uint64_t bounding; /* bit N = capability N */
	uint64_t permitted;
	uint64_t effective;
	uint64_t inheritable;
	uint64_t ambient;
};

struct rlimit_plan {
	int resource; /* RLIMIT_* */
	uint64_t soft;
	uint64_t hard;
	const char *pointer;
};

struct scheduler_plan {
	bool present;
	uint32_t policy; /* SCHED_* */
	uint64_t flags; /* SCHED_FLAG_* */
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns;
	uint64_t deadline_ns;
	uint64_t period_ns;
};

struct memory_policy_plan {
	bool present;
	int mode; /* MPOL_* with MPOL_F_* */
	const unsigned long *nodes;
	size_t node_bits;
};

struct cpu_set_plan {
	const unsigned long *mask; /* NULL: not asked for */
	size_t bits;
};

struct proc_plan {
	/* NULL-terminated, argv[0] not empty. NULL: without a process, never started. */
	char *const *argv;
	char **envp; /* NULL-terminated; one free slot behind the last for HOME */
	size_t env_count;
	bool needs_home; /* HOME is not among them: looked up by uid inside the root */
	const char *path_env; /* the value of PATH among them, or NULL */
	const char *cwd; /* absolute */
	uint32_t uid;
	uint32_t gid;
	const uint32_t *groups;
	size_t group_count;
	bool keep_groups; /* those of the caller: run.oci.keep_original_groups */
	bool set_groups; /* false: they are kept, or setgroups is denied and none were asked for */
	uint32_t umask;
	struct caps_plan caps;
	const struct rlimit_plan *rlimits;
	size_t rlimit_count;
	bool no_new_privs;
	bool has_oom_score_adj;
	int oom_score_adj;
	bool oom_may_fail; /* an unprivileged caller may only raise it: a refusal is a warning */
	const char *apparmor; /* NULL: none */
	const char *selinux;
	struct scheduler_plan scheduler;
	bool has_ioprio;
	int ioprio; /* class << 13 | priority, of the process group */
	bool has_personality;
	unsigned long personality;
	struct memory_policy_plan memory_policy;
	struct cpu_set_plan affinity_initial; /* exec only */
	struct cpu_set_plan affinity_final;
	bool terminal;
	uint16_t rows; /* 0: those of the caller's terminal */
	uint16_t columns;
	const char *keyring; /* the name of a new session keyring, NULL: keep the caller's */
	uint64_t reset_signals; /* to their default; bit N - 1 = signal N */
	unsigned keep_fds; /* fds 3 … 2+keep_fds reach the program */
	const struct seccomp_plan *seccomp; /* NULL: none */
};

/* ---- sysctl (plan/sysctl.c; done by container/proc.c's caller through a verified procfs) -------- */

struct sysctl_plan {
	const char *path; /* "net/ipv4/ip_forward", below /proc/sys */
	const char *value;
	const char *pointer;
};

/* ---- network devices (plan/net.c; done by container/netdev.c) ----------------------------------- */

struct net_device_plan {
	const char *host_name;
	const char *name; /* inside; may hold one %d for the first free number */
	const char *pointer; /* "/linux/netDevices/eth0" */
};

struct net_plan {
	const struct net_device_plan *devices;
	size_t count;
	const char *path; /* of a namespace that is joined, or "" */
};

/* ---- hooks (plan/hooks.c; done by container/hooks.c) -------------------------------------------- */

enum hook_kind {
	HOOK_PRESTART,
	HOOK_CREATE_RUNTIME,
	HOOK_CREATE_CONTAINER,
	HOOK_START_CONTAINER,
	HOOK_POSTSTART,
	HOOK_POSTSTOP,
	HOOK_KINDS
};

struct hook {
	const char *path;
	char *const *argv; /* NULL-terminated; without args: the path alone */
	char *const *envp; /* NULL-terminated; without env: empty */
	uint32_t timeout_ms; /* 0: none given; the runtime's own bound applies */
	const char *pointer; /* "/hooks/poststart/0" */
};

struct hook_list {
	const struct hook *items;
	size_t count;
};

/* ---- cgroups (plan/cgroup.c, cg-v1.c, cg-v2.c, devices.c; done by container/cgroup*.c) ---------- */

/* How the value that a file had is written back. */
enum cgroup_undo {
	CGROUP_UNDO_WHOLE, /* as it was read, line by line */
	CGROUP_UNDO_LINE, /* the line that begins with `key`; `unset` where there was none */
	CGROUP_UNDO_REST, /* what stood behind `key` */
};

/* One write. The order of the list is safe for a new cgroup. In a used one the right order depends on
 * the numbers that are there (a limit must not exceed the limit of memory and swap): values of one
 * group depend on one another, and one that is refused is tried again behind the others. */
struct cgroup_value {
	const char *controller; /* "memory" */
	const char *file; /* "memory.max" */
	const char *value;
	const char *pointer; /* "/linux/resources/memory/limit" */
	const char *other_file; /* instead, where the kernel has no `file`; NULL: none */
	const char *other_value;
	const char *below; /* the file whose number this value must exceed, NULL: none */
	const char *key; /* see enum cgroup_undo */
	const char *unset;
	enum cgroup_undo undo;
	unsigned group; /* 0: alone */
	bool optional; /* nothing to do where the kernel has no such file */
	bool unified; /* into the cgroup2 directory, whatever else is mounted */
};

enum { DEVICE_MKNOD = 1, DEVICE_READ = 2, DEVICE_WRITE = 4, DEVICE_ALL = 7 };

struct device_rule {
	bool allow;
	char type; /* 'a', 'b', 'c' */
	int64_t major; /* -1: all */
	int64_t minor;
	unsigned access; /* DEVICE_* */
	const char *pointer; /* "/linux/resources/devices/0" */
};

/* A property as systemd's D-Bus interface takes it (org.freedesktop.systemd1(5)). */
struct unit_property {
	const char *name; /* "MemoryMax" */
	const char *type; /* "b", "i", "t", "s", "as", "ay", "a(ss)" */
	uint64_t number; /* of b, i, t */
	const char *const *texts; /* of s, as, a(ss) */
	const uint8_t *bytes; /* of ay */
	size_t count; /* texts or bytes */
	bool optional; /* a file of the cgroup says the same: systemd need not know it */
	const char *pointer;
};

struct unit_plan {
	const char *name; /* "ocirt-c1.scope", or a slice */
	const char *slice; /* "machine.slice" */
	const char *path; /* of the unit, below the manager's own cgroup */
	const struct unit_property *properties;
	size_t property_count;
};

#define DELEGATE_ANNOTATION "run.oci.delegate-cgroup"

struct cgroup_plan {
	enum cgroup_manager manager;
	const char *path; /* "/a/b": below each hierarchy's root; "a/b" or "": see relative */
	bool relative; /* below the runtime's own cgroup's parent, as runc has it */
	bool asked_for; /* cgroupsPath was given: failing to make it is an error for anybody */
	bool may_fail; /* an ordinary user without limits: go on without a cgroup */
	bool full; /* pids.max is 0: nobody can be born in it, only moved into it */
	const char *delegate; /* v2: the name below it of where the processes live; NULL */
	bool handed_over; /* v2: it, or the one below it, becomes the property of owner */
	uint32_t owner; /* the uid on the host */
	const struct cgroup_value *values;
	size_t value_count;
	/* In order, the last that fits decides; the default ones at the end. None: leave them alone. */
	const struct device_rule *device_rules;
	size_t device_rule_count;
	struct unit_plan unit; /* the manager systemd */
};

/* ---- classes of service (plan/rdt.c; done by container/rdt.c) ------------------------------------ */

struct rdt_plan {
	const char *group; /* of the resctrl file system; "": its root; NULL: none is asked for */
	bool shared; /* the configuration names it: it may be there, and stays */
	const char *schemata; /* of l3CacheSchema and memBwSchema; NULL: none */
	const char *more_schemata; /* the list `schemata`; NULL: none */
	const char *monitor; /* the name of a group in it that is counted alone, NULL: none */
};

/* ---- the whole --------------------------------------------------------------------------------- */

struct plan_notes { /* what the log should say: an ignored capability, a missing /proc feature */
	const char **items;
	size_t count;
};

struct plan {
	const char *id;
	const char *bundle;
	const struct spec_map *annotations; /* for the state that hooks and agents read */
	struct ns_plan ns;
	struct rootfs_plan rootfs;
	struct proc_plan proc;
	struct cgroup_plan cgroup;
	struct hook_list hooks[HOOK_KINDS];
	struct net_plan net;
	struct rdt_plan rdt;
	const struct sysctl_plan *sysctls;
	size_t sysctl_count;
	const char *hostname; /* NULL: leave */
	const char *domainname;
	const char
		*notify_socket; /* the caller's, relayed to (container/notify.h); NULL: no relay */
	struct plan_notes notes;
};

/* plan_make: validates the specification and decides everything. Only `arena` memory. Returns 0, or
 * -1 with the place in the configuration. Follows config.md and config-linux.md of the runtime
 * specification 1.3.0. */
ERR_CHECK int plan_make(const struct spec *spec, const struct facts *facts,
	const struct plan_options *options, struct arena *arena, struct plan *ret, struct err *err);

/* plan_faults: every fault that plan_make would stop at, one of each subject, as plan_note lines in *ret; the
 * warnings of plan_make in *ret_warnings. */
void plan_faults(const struct spec *spec, const struct facts *facts,
	const struct plan_options *options, struct arena *arena, struct plan_notes *ret,
	struct plan_notes *ret_warnings);

/* plan_note: adds a line for the log. */
void plan_note(struct plan_notes *notes, struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* plan_print: the plan as text, for `ocirt plan` and the golden tests. One line per value, in the
 * order of this header; absent and default values are left out. */
char *plan_print(const struct plan *plan, struct arena *arena);

#endif
