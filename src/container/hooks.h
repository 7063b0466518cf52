/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hooks: runs one list of hooks, one after the other.
 *
 * A hook gets the state of the container on stdin, the environment of its own configuration alone,
 * the bundle as working directory (NULL: it stays where the caller is) and PDEATHSIG. Its output is
 * kept for the error. It has as long as its timeout says, else HOOK_LIMIT_MS, then it is killed.
 * Follows config.md, "POSIX-platform Hooks".
 */
#ifndef OCIRT_CONTAINER_HOOKS_H
#define OCIRT_CONTAINER_HOOKS_H

#include <stdint.h>

#include "base/err.h"
#include "plan/plan.h"

struct until;

enum { HOOK_LIMIT_MS = 300 * 1000 };

/* The specification's name of a kind ("createRuntime"). */
const char *hooks_name(enum hook_kind kind);

/* How long the whole list may take, in ms. Whoever waits for it has to wait longer. */
uint64_t hooks_limit_ms(const struct hook_list *list);

/* Runs them until the first one fails. until (may be NULL): the container's first process, without
 * which a hook is of no use any more; its end is that of the hook, and so is a signal that ends us. Returns 0,
 * or -1 with ERR_HOOK and the output of the hook, or with ERR_INTERRUPTED. */
ERR_CHECK int hooks_run(const struct hook_list *list, enum hook_kind kind, const char *state_json,
	const char *cwd, const struct until *until, struct err *err);

#endif
