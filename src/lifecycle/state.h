/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state: what is on disk about a container, and who may touch it.
 *
 *     ROOT/            0700, ours alone
 *     ROOT/ID/         0700; flock on this directory is the container's lock
 *       state.json     struct state_record; written beside and renamed
 *       config.json    the bytes of the configuration
 *       resources.json linux.resources after `update`, if there was one
 *       start          init's listening socket: there while the container is `created`
 *       starting       the same, while `start` is under way
 *
 * A directory is claimed by mkdir and then locked; a lock on a directory that has been removed in
 * the meantime (link count 0) is worth nothing, so both are tried again. An intent (phase
 * "creating") is written before anything is made, and is what a later create or delete undoes.
 * A record never says whether the container runs: state_status asks the kernel.
 */
#ifndef OCIRT_LIFECYCLE_STATE_H
#define OCIRT_LIFECYCLE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"
#include "container/cgroup.h"
#include "container/rdt.h"
#include "libocispec-lite/spec.h"

#define STATE_CONFIG	    "config.json"
#define STATE_RESOURCES	    "resources.json"
#define STATE_BARRIER	    "start"
#define STATE_BARRIER_TAKEN "starting"

enum state_status {
	STATUS_CREATING,
	STATUS_CREATED,
	STATUS_RUNNING,
	STATUS_PAUSED,
	STATUS_STOPPED
};
const char *state_status_name(enum state_status status);

/* What state.json holds. Text is the caller's memory, or the arena's after a read. */
struct state_record {
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
	char *cgroup_manager; /* "cgroupfs", "systemd", "disabled" */
	struct spec_strings cgroup_paths; /* absolute; recorded before they are made */
	struct spec_strings cgroup_parents; /* made with them, top down */
	char *systemd_unit;
	bool systemd_user; /* of the user's own systemd */
	char *rdt_group; /* of the resctrl file system; NULL: none */
	char *rdt_monitor;
	bool rdt_owned; /* goes with the container */
	struct spec_strings net_devices;
	struct spec_map annotations;
};

struct state_dir {
	int root;
	int dir; /* open and locked */
	char id[256];
};
#define STATE_DIR_INIT                                                                             \
	{                                                                                          \
		.root = -1, .dir = -1                                                              \
	}
void state_dir_done(struct state_dir *dir);
#define _cleanup_state_dir_ __attribute__((cleanup(state_dir_done)))

/* [A-Za-z0-9_+.-]+, at most 255 bytes, not "." or "..", no leading '-'. */
ERR_CHECK int state_check_id(const char *id, struct err *err);

/* Opens ROOT; make: makes it (0700) and its parents where missing. ERR_NOT_FOUND without. */
ERR_CHECK int state_root_open(const char *root, bool make, struct err *err);

/* Takes a new id. *take_root is given away. Returns 0 with *ret locked and empty, or 1 when it holds
 * an old record that the caller must undo first (*ret_old, in the arena).
 * ERR_EXISTS when somebody has it, or its record cannot be read. */
ERR_CHECK int state_claim(int *take_root, const char *id, const char *boot_id, struct arena *arena,
	struct state_dir *ret, struct state_record *ret_old, struct err *err);

/* Opens an existing container without its lock, for those who only look: records are replaced in one
 * piece, so that they see the old one or the new one. ERR_NOT_FOUND. */
ERR_CHECK int state_look(const char *root, const char *id, struct state_dir *ret, struct err *err);

/* The same and locks it, waiting for the lock at most wait_ms. ERR_NOT_FOUND, ERR_TIMEOUT. */
ERR_CHECK int state_open(
	const char *root, const char *id, unsigned wait_ms, struct state_dir *ret, struct err *err);

/* The lock again after state_unlock. ERR_TIMEOUT; ERR_NOT_FOUND when the container has been removed in
 * between. */
ERR_CHECK int state_lock(struct state_dir *dir, unsigned wait_ms, struct err *err);
/* Lets others in while the directory stays open. */
void state_unlock(struct state_dir *dir);

ERR_CHECK int state_write_record(
	const struct state_dir *dir, const struct state_record *record, struct err *err);
/* ERR_NOT_FOUND where there is no record: its creator died before it wrote one. ERR_STATE where it is
 * damaged or another container's. */
ERR_CHECK int state_read_record(const struct state_dir *dir, struct arena *arena,
	struct state_record *ret, struct err *err);

/* The record for `list`, without the directory opened: id is the name of a directory in root, which only
 * we can write to. *ret_owner: whose it is. Any error: state_look and state_read_record know more. */
ERR_CHECK int state_glance(int root, const char *id, struct arena *arena, struct state_record *ret,
	uid_t *ret_owner, struct err *err);

/* Where the container's cgroups are, and whose they are. The texts are the record's. */
struct cgroup_dirs state_cgroups(const struct state_record *record);

/* Writes NAME (0600) by a new file and a rename. */
ERR_CHECK int state_write_file(const struct state_dir *dir, const char *name, const void *bytes,
	size_t length, struct err *err);
/* ERR_SYSTEM with err->num ENOENT where there is none. */
ERR_CHECK int state_read_file(const struct state_dir *dir, const char *name, struct arena *arena,
	char **ret, size_t *ret_length, struct err *err);

/* Its class of service, the same way. */
struct rdt_place state_rdt(const struct state_record *record);

/* Empties the directory, the record last, so that whoever is killed on the way leaves something that
 * can be taken up again. Follows no link and enters nothing that is mounted. */
ERR_CHECK int state_empty(const struct state_dir *dir, struct err *err);

/* Removes the directory and everything in it, like state_empty. */
ERR_CHECK int state_remove(struct state_dir *dir, struct err *err);

/* Removes a directory without a record, if it holds nothing but what we put there: else it was never a
 * container's. */
ERR_CHECK int state_remove_unrecorded(struct state_dir *dir, struct err *err);

/* The identity of our pid namespace, for the record. */
ERR_CHECK int state_pid_namespace(int procfs, uint64_t *ret, struct err *err);

/* This boot and this pid namespace, which records are compared with. `list` asks once. */
struct state_host {
	char boot_id[37];
	uint64_t pid_namespace;
};
ERR_CHECK int state_host_read(int procfs, struct state_host *ret, struct err *err);

/* What the container is now. host: NULL to have it read. Of dir its id and either fd is enough. *ret_pidfd (may be NULL) gets a pidfd of its init, or -1 when it has
 * ended. PAUSED is what the cgroup says, whoever froze it. ERR_STATE where the record is of another pid
 * namespace, whose numbers mean nothing here. */
ERR_CHECK int state_status(int procfs, const struct state_host *host, const struct state_dir *dir,
	const struct state_record *record, enum state_status *ret, int *ret_pidfd, struct err *err);

#endif
