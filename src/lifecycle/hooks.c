/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/hooks.h"

#include <signal.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "container/hooks.h"
#include "kernel/ns.h"
#include "kernel/signals.h"
#include "lifecycle/config.h"
#include "plan/parts.h"
#include "plan/state_json.h"

bool hooks_any(const struct hook_list hooks[HOOK_KINDS])
{
	for (size_t i = 0; i < HOOK_KINDS; i++)
		if (hooks[i].count > 0)
			return true;
	return false;
}

int hooks_load(const struct state_dir *dir, const struct record *record, struct arena *arena,
	struct hook_list ret[HOOK_KINDS], struct err *err)
{
	struct plan_notes notes = { 0 };
	struct plan_input in = { .arena = arena, .notes = &notes };

	memset(ret, 0, sizeof(*ret) * HOOK_KINDS);
	if (record->no_hooks)
		return 0;
	if (config_read_kept(dir, arena, &in.spec, err) < 0)
		return -1;
	return plan_hooks(&in, ret, err);
}

int hooks_after_start(const struct hook_list *poststart, const struct record *record, int signals,
	struct arena *arena, struct err *err)
{
	const struct until until = { -1, signals };
	struct err ignored;

	if (poststart->count == 0)
		return 0;
	if (hooks_run(poststart, HOOK_POSTSTART,
		    plan_state_json(arena, record->id, "running", (pid_t) record->pid,
			    record->bundle, &record->annotations),
		    record->bundle, &until, err) == 0)
		return 0;
	{
		_cleanup_fd_ int pidfd = ns_pidfd_open((pid_t) record->pid, &ignored);

		if (pidfd < 0 || ns_pidfd_send(pidfd, SIGKILL, &ignored) < 0)
			err_drop(&ignored);
	}
	return -1;
}

void hooks_after_stop(const struct hook_list *poststop, const struct record *record, int signals,
	struct arena *arena)
{
	const struct until until = { -1, signals };
	const char *state = plan_state_json(
		arena, record->id, "stopped", 0, record->bundle, &record->annotations);
	struct err err;

	for (size_t i = 0; i < poststop->count; i++) {
		const struct hook_list one = { &poststop->items[i], 1 };

		if (hooks_run(&one, HOOK_POSTSTOP, state, record->bundle, &until, &err) < 0) {
			log_warning("%s", err.text);
			err_drop(&err);
		}
	}
}
