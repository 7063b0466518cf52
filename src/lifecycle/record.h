/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * record: what is on disk about a container, state.json. It never says whether the container runs: see
 * lifecycle/status.h. Records of other runtimes are read by lifecycle/peer.h.
 */
#ifndef OCIRT_LIFECYCLE_RECORD_H
#define OCIRT_LIFECYCLE_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "container/cgroup.h"
#include "container/rdt.h"
#include "libocispec-lite/spec.h"

struct state_dir;

/* What state.json holds. Text is the caller's memory, or the arena's after a read. */
struct record {
	char *id;
	char *phase; /* "creating", "created" */
	char *boot_id;
	int64_t pid;
	uint64_t start_time; /* clock ticks since boot */
	uint64_t pidfd_inode; /* 0: the kernel has no pidfs */
	uint64_t pid_namespace; /* inode of the pid namespace in which pid means something */
	int64_t creator_pid;
	char *bundle;
	char *rootfs;
	char *created; /* RFC 3339 */
	char *owner;
	bool shared_pids; /* no pid namespace of its own: its processes may outlive the first */
	bool no_hooks; /* so that `start` and `delete` need not read the configuration */
	bool no_process; /* it cannot be started */
	char *cgroup_manager; /* "cgroupfs", "systemd", "disabled" */
	struct spec_strings cgroup_paths; /* absolute; recorded before they are made */
	char *cgroup_home; /* below it, where the processes live; NULL: in the paths */
	struct spec_strings cgroup_parents; /* made with them, top down */
	char *systemd_unit;
	bool systemd_user; /* of the user's own systemd */
	char *rdt_group; /* of the resctrl file system; NULL: none */
	char *rdt_monitor;
	bool rdt_owned; /* goes with the container */
	struct spec_strings net_devices;
	struct spec_map annotations;
};

ERR_CHECK int record_write(
	const struct state_dir *dir, const struct record *record, struct err *err);
/* ERR_NOT_FOUND where there is no record: its creator died before it wrote one. ERR_STATE where it is
 * damaged or another container's. */
ERR_CHECK int record_read(
	const struct state_dir *dir, struct arena *arena, struct record *ret, struct err *err);

/* The record for `list`, without the directory opened: id is the name of a directory in root, which only
 * we can write to. *ret_owner: whose it is. Any error: state_look and record_read know more. */
ERR_CHECK int record_glance(int root, const char *id, struct arena *arena, struct record *ret,
	uid_t *ret_owner, struct err *err);

/* Where the container's cgroups are, and whose they are. The texts stay the other's. */
void record_set_cgroups(struct record *record, const struct cgroup_dirs *dirs, struct arena *arena);
struct cgroup_dirs record_cgroups(const struct record *record);

/* Its class of service, the same way. */
struct rdt_place record_rdt(const struct record *record);

#endif
