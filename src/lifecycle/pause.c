/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/pause.h"

#include "base/time.h"
#include "lifecycle/handle.h"

enum { FREEZE_MS = 10 * 1000 };

static int set_frozen(
	const struct global_options *global, const char *id, bool freeze, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_handle_ struct handle handle = HANDLE_INIT;

	if (handle_open(global->root, id, &arena, &handle, err) < 0)
		return -1;
	if (handle.pidfd < 0)
		return err_set(err, ERR_NOT_RUNNING, "%scontainer not running",
			freeze ? "" : "container not paused: ");
	if (freeze && handle.status == STATUS_PAUSED)
		return err_set(err, ERR_PAUSED, "container is paused already");
	if (!freeze && handle.status != STATUS_PAUSED)
		return err_set(err, ERR_STATE, "container not paused");
	return cgroup_freeze(&handle.cgroups, freeze, time_deadline_ms(FREEZE_MS), err);
}

int lifecycle_pause(const struct global_options *global, const char *id, struct err *err)
{
	if (set_frozen(global, id, true, err) < 0)
		return err_ctx(err, "pause %s", id);
	return 0;
}

int lifecycle_resume(const struct global_options *global, const char *id, struct err *err)
{
	if (set_frozen(global, id, false, err) < 0)
		return err_ctx(err, "resume %s", id);
	return 0;
}
