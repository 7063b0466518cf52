/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "lifecycle/events.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "base/time.h"
#include "container/cgroup-stats.h"
#include "kernel/cgroupfs-oom.h"
#include "lifecycle/handle.h"

/* ---- the interval ------------------------------------------------------------------------------- */

int events_interval(const char *text, uint64_t *ret_ms, struct err *err)
{
	static const struct {
		const char *unit;
		uint64_t ns;
	} units[] = { { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
		{ "m", 60000000000 }, { "h", 3600000000000 } };
	uint64_t sum = 0;
	const char *p = text;

	while (*p != '\0') {
		uint64_t number = 0, scale = 1, ns = 0;
		const size_t whole = strspn(p, "0123456789");
		size_t letters;

		for (size_t i = 0; i < whole && i < 9; i++)
			number = number * 10 + (uint64_t) (p[i] - '0');
		p += whole;
		if (*p == '.')
			for (p++; *p >= '0' && *p <= '9' && scale < 1000; p++) {
				number = number * 10 + (uint64_t) (*p - '0');
				scale *= 10;
			}
		letters = strspn(p, "nsumh");
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (strlen(units[i].unit) == letters &&
				memcmp(p, units[i].unit, letters) == 0)
				ns = units[i].ns;
		if (whole == 0 || whole > 9 || ns == 0 || number > UINT64_MAX / 4 / ns)
			return err_set(err, ERR_USAGE,
				"--interval: \"%s\" is no duration, such as 5s or 500ms", text);
		sum += number * ns / scale;
		p += letters;
		if (sum > UINT64_MAX / 4)
			break;
	}
	if (sum == 0)
		return err_set(err, ERR_USAGE, "--interval: must be greater than 0");
	*ret_ms = (sum + 999999) / 1000000;
	return 0;
}

/* ---- the lines ---------------------------------------------------------------------------------- */

static int write_line(const char *type, const char *id, const char *data, int output,
	struct arena *arena, struct err *err)
{
	const char *line = arena_printf(arena, "{\"type\":\"%s\",\"id\":\"%s\"%s%s}\n", type, id,
		data != NULL ? ",\"data\":" : "", data != NULL ? data : "");

	if (io_write_all(output, line, strlen(line)) < 0)
		return err_sys(err, "write an event");
	return 0;
}

static int write_stats(const struct handle *handle, const char *id, int output, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };

	const char *figures = cgroup_stats_json(&handle->cgroups, &arena, err);

	return figures == NULL ? -1 : write_line("stats", id, figures, output, &arena, err);
}

static int follow(const struct handle *handle, const char *id, uint64_t interval_ms, int output,
	struct err *err)
{
	struct cgroupfs_oom oom = CGROUPFS_OOM_INIT;
	uint64_t next = time_deadline_ms(interval_ms);
	int result = 0;

	for (size_t i = 0; i < handle->cgroups.leaf_count && oom.fd < 0; i++)
		if (cgroupfs_oom_open(handle->cgroups.leaves[i], &oom, err) < 0)
			return -1;
	while (result == 0) {
		_cleanup_arena_ struct arena arena = { 0 };
		struct pollfd polls[2] = {
			{ .fd = handle->pidfd, .events = POLLIN },
			{ .fd = oom.fd, .events = oom.poll_events },
		};
		int ready = poll(polls, 2, time_poll_ms(next));

		if (ready < 0 && errno != EINTR)
			result = err_sys(err, "poll for events");
		/* Before the end, which an OOM may have been. */
		for (uint64_t left = polls[1].revents != 0 || polls[0].revents != 0
				? cgroupfs_oom_count(&oom)
				: 0;
			result == 0 && left > 0; left--)
			result = write_line("oom", id, NULL, output, &arena, err);
		if (polls[0].revents != 0)
			break;
		if (result == 0 && time_poll_ms(next) == 0) {
			result = write_stats(handle, id, output, err);
			next = time_deadline_ms(interval_ms);
		}
	}
	cgroupfs_oom_close(&oom);
	return result;
}

static int events(const struct global_options *global, const char *id, uint64_t interval_ms,
	int output, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	_cleanup_handle_ struct handle handle = HANDLE_INIT;

	if (handle_open(global->root, id, &arena, &handle, err) < 0)
		return -1;
	if (handle.pidfd < 0)
		return err_set(err, ERR_NOT_RUNNING, "container not running");
	if (interval_ms == 0)
		return write_stats(&handle, id, output, err);
	/* Others are not to wait until the container ends. */
	state_unlock(&handle.dir);
	return follow(&handle, id, interval_ms, output, err);
}

int lifecycle_events(const struct global_options *global, const char *id, uint64_t interval_ms,
	int output, struct err *err)
{
	if (events(global, id, interval_ms, output, err) < 0)
		return err_ctx(err, "events %s", id);
	return 0;
}
