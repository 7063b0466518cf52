/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exec-record: what exec needs of a container's configuration, kept beside its state at create time, so
 * that exec neither parses the whole configuration nor compiles a seccomp profile:
 *
 *     exec.json      the process, the namespaces with their maps, personality and memory policy
 *     seccomp.bpf    the compiled filter, when there is one
 */
#ifndef OCIRT_LIFECYCLE_EXEC_RECORD_H
#define OCIRT_LIFECYCLE_EXEC_RECORD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "container/proc.h"
#include "lifecycle/state.h"
#include "plan/plan.h"

struct exec_record {
	const struct spec *config; /* plan/exec.h, plan_exec_record */
	bool setgroups_denied; /* in the container's user namespace */
	struct proc_filter filter; /* its listener not connected */
	const struct seccomp_plan *seccomp; /* without the rules, NULL: no filter */
};

ERR_CHECK int exec_record_write(const struct state_dir *dir, const struct spec *spec,
	const struct plan *plan, const struct proc_filter *filter, struct err *err);

/* The whole record lives in the arena. */
ERR_CHECK int exec_record_read(
	const struct state_dir *dir, struct arena *arena, struct exec_record *ret, struct err *err);

#endif
