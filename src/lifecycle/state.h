/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state: the directory of a container, who may touch it, and its files.
 *
 *     ROOT/            0700, ours alone
 *     ROOT/ID/         0700; flock on this directory is the container's lock
 *       state.json     lifecycle/record.h; written beside and renamed
 *       config.json    the bytes of the configuration
 *       resources.json linux.resources after `update`, if there was one
 *       start          init's listening socket: there while the container is `created`
 *       starting       the same, while `start` is under way
 *
 * A directory is claimed by mkdir and then locked; a lock on a directory that has been removed in
 * the meantime (link count 0) is worth nothing, so both are tried again. An intent (phase
 * "creating") is written before anything is made, and is what a later create or delete undoes.
 */
#ifndef OCIRT_LIFECYCLE_STATE_H
#define OCIRT_LIFECYCLE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

#define STATE_RECORD	    "state.json"
#define STATE_CONFIG	    "config.json"
#define STATE_RESOURCES	    "resources.json"
#define STATE_BARRIER	    "start"
#define STATE_BARRIER_TAKEN "starting"

enum { STATE_PATH_BYTES = 256 + 32 };

struct record;

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
 * ERR_EXISTS when somebody has it, or its record is damaged. */
ERR_CHECK int state_claim(int *take_root, const char *id, const char *boot_id, struct arena *arena,
	struct state_dir *ret, struct record *ret_old, struct err *err);

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

/* Writes NAME (0600) by a new file and a rename. */
ERR_CHECK int state_write_file(const struct state_dir *dir, const char *name, const void *bytes,
	size_t length, struct err *err);
/* ERR_SYSTEM with err->num ENOENT where there is none. */
ERR_CHECK int state_read_file(const struct state_dir *dir, const char *name, struct arena *arena,
	char **ret, size_t *ret_length, struct err *err);

/* 1: there is one of that name, 0: there is none. */
ERR_CHECK int state_has_file(const struct state_dir *dir, const char *name, struct err *err);

/* The path of a file of the container below ROOT, for those who open it without the directory. */
void state_path(const char *id, const char *name, char path[STATE_PATH_BYTES]);

/* Empties the directory, the record last, so that whoever is killed on the way leaves something that
 * can be taken up again. Follows no link and enters nothing that is mounted. */
ERR_CHECK int state_empty(const struct state_dir *dir, struct err *err);

/* Removes the directory and everything in it, like state_empty. */
ERR_CHECK int state_remove(struct state_dir *dir, struct err *err);

/* Removes a directory without a record, if it holds nothing but what we put there: else it was never a
 * container's. */
ERR_CHECK int state_remove_unrecorded(struct state_dir *dir, struct err *err);

#endif
