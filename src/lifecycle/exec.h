/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec: one more process in a container that is created or running.
 */
#ifndef OCIRT_LIFECYCLE_EXEC_H
#define OCIRT_LIFECYCLE_EXEC_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "lifecycle/lifecycle.h"

struct exec_request {
	const char *id;
	char **args; /* NULL-terminated; empty with a document */
	const char *process_file; /* --process, NULL: none */
	const char *console_socket;
	const char *pidfd_socket;
	const char *pid_file;
	const char *cwd;
	const char *user; /* UID or UID:GID */
	const char *process_label;
	const char *apparmor;
	const char *const *env;
	size_t env_count;
	const char *const *groups; /* each one id, or several with commas */
	size_t group_count;
	const char *const *caps;
	size_t cap_count;
	const char *const *cgroups; /* each PATH or CONTROLLER,…:PATH below the container's */
	size_t cgroup_count;
	unsigned preserve_fds;
	bool terminal;
	bool no_new_privs;
	bool ignore_paused;
	bool detach;
};

/* Returns 0 with the exit status of the program: 0 to 255, or 128 + the signal that ended it; 0 when
 * detached. ERR_NOT_RUNNING, ERR_PAUSED, ERR_NOT_FOUND say why the container cannot be entered. */
ERR_CHECK int lifecycle_exec(const struct global_options *global,
	const struct exec_request *request, int *ret_exit_status, struct err *err);

#endif
