/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lifecycle: one function per verb of the command line.
 *
 * Each takes what was asked for, does the whole verb and returns; none prints, logs its error or
 * ends the program. Text for stdout comes back in the caller's arena.
 * Follows runtime.md "Operations" of the runtime specification 1.3.0.
 *
 * Not for: parsing arguments (cli/) or the container's insides (container/).
 */
#ifndef OCIRT_LIFECYCLE_LIFECYCLE_H
#define OCIRT_LIFECYCLE_LIFECYCLE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "plan/plan.h"

struct global_options {
	const char *root; /* absolute path of the state directories' parent */
	enum cgroup_manager cgroup_manager;
	bool debug;
};

struct create_options {
	const char *id;
	const char *bundle; /* NULL: the working directory */
	const char *config; /* another file than BUNDLE/config.json, or NULL */
	const char *console_socket;
	const char *pidfd_socket;
	const char *pid_file;
	bool no_pivot;
	bool no_new_keyring;
	unsigned preserve_fds;
	bool detach; /* run */
	bool keep; /* run: do not delete afterwards */
	bool no_subreaper; /* run */
};

enum list_format { LIST_TABLE, LIST_JSON };

/* Before create and run: goes on as a sealed copy of the program (kernel/exeseal.h). */
ERR_CHECK int lifecycle_seal(char **argv, char **envp, struct err *err);

/* The root directory where none was asked for; may be in the arena. */
ERR_CHECK int lifecycle_default_root(struct arena *arena, const char **ret, struct err *err);

ERR_CHECK int lifecycle_create(
	const struct global_options *global, const struct create_options *options, struct err *err);

/* Returns 0 with the exit status of the container's process (0 when detached). */
ERR_CHECK int lifecycle_run(const struct global_options *global,
	const struct create_options *options, int *ret_exit_status, struct err *err);

ERR_CHECK int lifecycle_start(const struct global_options *global, const char *id, struct err *err);

/* The state as JSON with a line break at the end. */
ERR_CHECK int lifecycle_state(const struct global_options *global, const char *id,
	struct arena *arena, char **ret_json, struct err *err);

/* sig is 1 to 64. all: every process of the container. */
ERR_CHECK int lifecycle_kill(
	const struct global_options *global, const char *id, int sig, bool all, struct err *err);

/* force: kills what runs, and a container that does not exist is a success. */
ERR_CHECK int lifecycle_delete(
	const struct global_options *global, const char *id, bool force, struct err *err);

/* quiet: the ids alone. A container that cannot be read is a warning and left out. */
ERR_CHECK int lifecycle_list(const struct global_options *global, enum list_format format,
	bool quiet, struct arena *arena, char **ret_text, struct err *err);

/* args: those of the host's ps, for LIST_TABLE; NULL-terminated, empty: -ef. */
ERR_CHECK int lifecycle_ps(const struct global_options *global, const char *id,
	enum list_format format, char *const *args, struct arena *arena, char **ret_text,
	struct err *err);

/* The ids that an extended regular expression (regex(7)) finds, NULL-terminated. */
ERR_CHECK int lifecycle_matching(const struct global_options *global, const char *pattern,
	struct arena *arena, char ***ret_ids, struct err *err);

/* Writes a default configuration to bundle/config.json, or to file; refuses to overwrite. */
ERR_CHECK int lifecycle_spec(const char *bundle, const char *file, bool rootless, struct err *err);

/* Every fault of a bundle that can be found without doing anything, one line each, in the arena; behind them the
 * warnings and the fields that no table names, which are faults with unknown. Returns the count of faults. -1: it could not be read at all. */
ERR_CHECK int lifecycle_check(const struct global_options *global,
	const struct create_options *options, bool unknown, struct arena *arena, char **ret_text,
	struct err *err);

/* What `create` would do, as text; changes nothing. */
ERR_CHECK int lifecycle_plan(const struct global_options *global,
	const struct create_options *options, struct arena *arena, char **ret_text,
	struct err *err);

/* What the program is linked with, a line each: "libseccomp: 2.5.4". */
const char *lifecycle_libraries(struct arena *arena);

ERR_CHECK int lifecycle_features(struct arena *arena, char **ret_json, struct err *err);

/* "TERM", "sigterm", "15", "RTMIN+3": 1 to 64. */
ERR_CHECK int lifecycle_signal(const char *text, int *ret, struct err *err);

#endif
