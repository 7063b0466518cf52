/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/hooks.h"

#include <signal.h>

#include "base/fd.h"
#include "base/log.h"
#include "container/hooks.h"
#include "kernel/ns.h"
#include "lifecycle/config.h"
#include "plan/parts.h"
#include "plan/state_json.h"

static int load(const struct state_dir *dir, struct arena *arena, const struct spec **ret,
	struct hook_list lists[HOOK_KINDS], struct err *err)
{
	struct plan_notes notes = { 0 };
	struct plan_input in = { .arena = arena, .notes = &notes };

	if (config_read_kept(dir, arena, ret, err) < 0)
		return -1;
	in.spec = *ret;
	return plan_hooks(&in, lists, err);
}

int hooks_after_start(const struct state_dir *dir, const struct state_record *record,
	struct arena *arena, struct err *err)
{
	struct hook_list lists[HOOK_KINDS] = { 0 };
	const struct spec *spec;
	struct err ignored;

	if (load(dir, arena, &spec, lists, err) < 0)
		return -1;
	if (hooks_run(&lists[HOOK_POSTSTART], HOOK_POSTSTART,
		    plan_state_json(arena, record->id, "running", (pid_t) record->pid,
			    record->bundle, &spec->annotations),
		    record->bundle, NULL, err) == 0)
		return 0;
	{
		_cleanup_fd_ int pidfd = ns_pidfd_open((pid_t) record->pid, &ignored);

		if (pidfd < 0 || ns_pidfd_send(pidfd, SIGKILL, &ignored) < 0)
			err_drop(&ignored);
	}
	return -1;
}

void hooks_after_stop(
	const struct state_dir *dir, const struct state_record *record, struct arena *arena)
{
	struct hook_list lists[HOOK_KINDS] = { 0 };
	const struct spec *spec;
	const char *state;
	struct err err;

	if (load(dir, arena, &spec, lists, &err) < 0) {
		log_warning("poststop hooks: %s", err.text);
		err_drop(&err);
		return;
	}
	state = plan_state_json(
		arena, record->id, "stopped", 0, record->bundle, &spec->annotations);
	for (size_t i = 0; i < lists[HOOK_POSTSTOP].count; i++) {
		const struct hook_list one = { &lists[HOOK_POSTSTOP].items[i], 1 };

		if (hooks_run(&one, HOOK_POSTSTOP, state, record->bundle, NULL, &err) < 0) {
			log_warning("%s", err.text);
			err_drop(&err);
		}
	}
}
