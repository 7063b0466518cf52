/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/cgroup-values.h"

#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "container/cgroup-wait.h"
#include "container/cgroup.h"
#include "kernel/bpf.h"
#include "kernel/cgroupfs-controllers.h"
#include "kernel/cgroupfs.h"
#include "plan/devices.h"

/* ---- directories -------------------------------------------------------------------------------- */

static const char top[] = "/sys/fs/cgroup/";

enum { COME_MS = 5000 };

struct writer {
	const struct cgroup_dirs *dirs;
	struct arena *arena;
	struct cgroup_past *past;
	int at; /* the directory that was used last: most values follow one of the same controller */
	size_t leaf;
	bool v2;
};

/* "/sys/fs/cgroup/cpu,cpuacct/a" has the controllers cpu and cpuacct. */
static bool has_controller(const char *dir, const char *controller)
{
	const char *names = str_after(dir, top);
	const size_t length = strlen(controller);

	while (names != NULL && *names != '\0' && *names != '/') {
		const size_t word = strcspn(names, ",/");

		if (word == length && strncmp(names, controller, length) == 0)
			return true;
		names += word;
		names += *names == ',';
	}
	return false;
}

static int use(struct writer *writer, size_t leaf, struct err *err)
{
	if (writer->at >= 0 && writer->leaf == leaf)
		return 0;
	fd_close(&writer->at);
	writer->at = cgroupfs_open(writer->dirs->leaves[leaf], &writer->v2, err);
	if (writer->at < 0)
		return -1;
	writer->leaf = leaf;
	return 0;
}

static const char *dir_of(const struct writer *writer)
{
	return writer->dirs->leaves[writer->leaf];
}

/* Returns 1 when the directory is in use, 0 where there is none. */
static int use_v2(struct writer *writer, struct err *err)
{
	for (size_t i = 0; i < writer->dirs->leaf_count; i++) {
		int v2 = cgroupfs_is_v2(writer->dirs->leaves[i], err);

		if (v2 != 0)
			return v2 < 0 || use(writer, i, err) < 0 ? -1 : 1;
	}
	return 0;
}

static int use_controller(struct writer *writer, const char *controller, struct err *err)
{
	for (size_t i = 0; i < writer->dirs->leaf_count; i++)
		if (has_controller(writer->dirs->leaves[i], controller))
			return use(writer, i, err) < 0 ? -1 : 1;
	return 0;
}

/* On a pure v2 host the one directory is everybody's; beside v1 each hierarchy has its own. */
static int use_dir_of(struct writer *writer, const struct cgroup_value *value, struct err *err)
{
	int found;

	if (value->unified || writer->dirs->leaf_count == 1) {
		found = use_v2(writer, err);
		if (found != 0 || value->unified)
			return found;
	}
	return use_controller(writer, value->controller, err);
}

/* ---- what was there ----------------------------------------------------------------------------- */

static void keep(struct writer *writer, const char *file, const char *value)
{
	struct cgroup_past *past = writer->past;

	*ARENA_PUSH(past->arena, past->items, past->count) =
		(struct cgroup_old){ arena_str(past->arena, dir_of(writer)),
			arena_str(past->arena, file), arena_str(past->arena, value) };
}

static void keep_lines(
	struct writer *writer, const struct cgroup_value *value, const char *file, char *text)
{
	const size_t length = value->key != NULL ? strlen(value->key) : 0;
	char *next = text, *line;

	if (value->undo == CGROUP_UNDO_WHOLE && (text[0] == '\0' || text[0] == '\n')) {
		keep(writer, file, "\n"); /* a write of nothing would change nothing */
		return;
	}
	while ((line = strsep(&next, "\n")) != NULL) {
		const bool fits = length > 0 && strncmp(line, value->key, length) == 0 &&
			(line[length] == ' ' || line[length] == '\t');

		if (value->undo == CGROUP_UNDO_WHOLE && line[0] != '\0')
			keep(writer, file, line);
		if (value->undo == CGROUP_UNDO_WHOLE || !fits)
			continue;
		keep(writer, file, value->undo == CGROUP_UNDO_REST ? line + length + 1 : line);
		return;
	}
	if (value->undo != CGROUP_UNDO_WHOLE && value->unset != NULL)
		keep(writer, file, value->unset);
}

static void remember(struct writer *writer, const struct cgroup_value *value, const char *file)
{
	struct err unreadable;
	char *text;

	if (writer->past == NULL)
		return;
	/* A file that can only be written (memory.reclaim) holds nothing to be taken back. */
	if (cgroupfs_at_read(writer->at, dir_of(writer), file, writer->arena, &text, &unreadable) <
		0)
		err_drop(&unreadable);
	else
		keep_lines(writer, value, file, text);
}

/* ---- one value ---------------------------------------------------------------------------------- */

static int check_below(struct writer *writer, const struct cgroup_value *value, struct err *err)
{
	uint64_t wanted, used;
	char *text;

	if (value->below == NULL)
		return 0;
	if (cgroupfs_at_read(writer->at, dir_of(writer), value->below, writer->arena, &text, err) <
		0)
		return err_place(err, value->pointer);
	text[strcspn(text, "\n")] = '\0';
	if (str_to_u64(value->value, &wanted) < 0 || str_to_u64(text, &used) < 0 || wanted > used)
		return 0;
	return err_at(err, value->pointer, "write %s to %s/%s: not more than the %s bytes in use",
		value->value, dir_of(writer), value->file, text);
}

/* The kernel's number says little where the reason is known. */
static int explain(struct writer *writer, const struct cgroup_value *value, const char *file,
	const char *text, struct err *err)
{
	const int num = err->num;
	struct err unreadable;
	char *used;

	if (num == ENOENT && writer->v2) {
		if (cgroupfs_at_read(writer->at, dir_of(writer), "cgroup.controllers",
			    writer->arena, &used, &unreadable) == 0) {
			char *next = used, *name;

			while ((name = strsep(&next, " \n")) != NULL)
				if (str_eq(name, value->controller))
					return err_place(err, value->pointer);
			(void) err_set(err, ERR_UNSUPPORTED,
				"write %s to %s/%s: the controller %s is not available there", text,
				dir_of(writer), file, value->controller);
			return err_place(err, value->pointer);
		}
		err_drop(&unreadable);
	}
	if (num == EBUSY && str_eq(value->controller, "memory") && !writer->v2) {
		if (cgroupfs_at_read(writer->at, dir_of(writer), "memory.usage_in_bytes",
			    writer->arena, &used, &unreadable) == 0) {
			used[strcspn(used, "\n")] = '\0';
			(void) err_num(err, num, "write %s to %s/%s (%s bytes are in use)", text,
				dir_of(writer), file, used);
		} else
			err_drop(&unreadable);
	}
	return err_place(err, value->pointer);
}

/* A file that is missing may be on its way: another container of a new directory above has just begun to hand
 * the controller down, or systemd has taken it back from there. What systemd itself gives is its business. */
static bool comes(const struct writer *writer, const struct cgroup_value *value)
{
	struct cgroup_wait wait = { .deadline_ns = time_deadline_ms(COME_MS) };
	enum cgroupfs_answer answer;

	if (!writer->v2 || (writer->dirs->manager == CGROUP_MANAGER_SYSTEMD && !value->unified))
		return false;
	do
		answer = cgroupfs_ask_for(dir_of(writer), value->controller);
	while (answer == CGROUPFS_TAKEN_BACK && cgroup_wait_more(&wait));
	return answer == CGROUPFS_HANDED_DOWN;
}

/* Which file the value goes into; 0: into none, the kernel has no such limit. One that cannot be asked for is not
 * one that the kernel does not have. */
static int find_file(const struct writer *writer, const struct cgroup_value *value,
	const char **ret_file, const char **ret_text, struct err *err)
{
	int has = 1;

	*ret_file = value->file;
	*ret_text = value->value;
	if (value->unified || value->other_file != NULL || value->optional)
		has = cgroupfs_at_has(writer->at, dir_of(writer), value->file, err);
	if (has == 0 && comes(writer, value))
		has = cgroupfs_at_has(writer->at, dir_of(writer), value->file, err);
	if (has < 0)
		return err_place(err, value->pointer);
	if (has != 0)
		return 1;
	if (value->other_file == NULL)
		return !value->optional;
	*ret_file = value->other_file;
	*ret_text = value->other_value;
	return 1;
}

static int write_value(struct writer *writer, const struct cgroup_value *value, struct err *err)
{
	const char *file, *text;
	int found = use_dir_of(writer, value, err);
	size_t kept;

	if (found < 0)
		return err_place(err, value->pointer);
	if (found == 0) {
		if (value->optional)
			return 0;
		(void) err_set(err, ERR_UNSUPPORTED,
			"write %s to %s: no cgroup hierarchy with the controller %s is mounted",
			value->value, value->file, value->controller);
		return err_place(err, value->pointer);
	}
	found = find_file(writer, value, &file, &text, err);
	if (found <= 0)
		return found;
	if (check_below(writer, value, err) < 0)
		return -1;
	kept = writer->past != NULL ? writer->past->count : 0;
	remember(writer, value, file);
	if (cgroupfs_at_write(writer->at, dir_of(writer), file, text, err) == 0)
		return 0;
	if (err->num == ENOENT && comes(writer, value)) {
		struct err again;

		remember(writer, value, file);
		if (cgroupfs_at_write(writer->at, dir_of(writer), file, text, &again) == 0) {
			err_drop(err);
			return 0;
		}
		*err = again;
	}
	if (writer->past != NULL)
		writer->past->count = kept; /* nothing has changed */
	return explain(writer, value, file, text, err);
}

/* ---- realtime ----------------------------------------------------------------------------------- */

static int read_number(const char *dir, const char *file, int64_t *ret, struct err *err)
{
	char text[32];

	if (cgroupfs_read_file(dir, file, text, sizeof(text), err) < 0)
		return -1;
	text[strcspn(text, "\n")] = '\0';
	return str_to_i64(text, ret) == 0 ? 0 : err_num(err, EINVAL, "read %s/%s", dir, file);
}

/* A new v1 directory has no realtime at all, so its children can have none. Each above the container's
 * gets what it lacks, from its own parent: at first up to the container's share, then by that much more,
 * for others may have taken what was there. */
static int fill_realtime(struct writer *writer, int64_t runtime, bool more, struct err *err)
{
	static const char file[] = "cpu.rt_runtime_us";
	const char *leaf = dir_of(writer);
	const char *slash = strchr(leaf + strlen(top), '/');
	int64_t period;

	if (read_number(leaf, "cpu.rt_period_us", &period, err) < 0)
		return -1;
	while (slash != NULL && (slash = strchr(slash + 1, '/')) != NULL) {
		const char *dir = arena_strn(writer->arena, leaf, (size_t) (slash - leaf));
		int64_t has, its_period, needs;

		if (read_number(dir, file, &has, err) < 0 ||
			read_number(dir, "cpu.rt_period_us", &its_period, err) < 0)
			return -1;
		if (has < 0 || period <= 0)
			continue; /* without a limit */
		needs = (runtime * its_period + period - 1) / period;
		if (more)
			needs += has;
		else if (needs <= has)
			continue;
		if (writer->past != NULL)
			*ARENA_PUSH(writer->past->arena, writer->past->items, writer->past->count) =
				(struct cgroup_old){ arena_str(writer->past->arena, dir), file,
					arena_printf(
						writer->past->arena, "%lld", (long long) has) };
		if (cgroupfs_write_file(dir, file,
			    arena_printf(writer->arena, "%lld", (long long) needs), err) < 0)
			return -1;
	}
	return 0;
}

static int write_realtime(struct writer *writer, const struct cgroup_value *value, struct err *err)
{
	int64_t runtime;

	for (int more = 0;; more++) {
		struct err above;

		if (write_value(writer, value, err) == 0)
			return 0;
		if (more == 2 || err->num != EINVAL || writer->v2 ||
			str_to_i64(value->value, &runtime) < 0 || runtime <= 0 ||
			runtime > INT32_MAX)
			return -1;
		if (fill_realtime(writer, runtime, more == 1, &above) < 0)
			return *err = above, err_place(err, value->pointer);
		err_drop(err);
	}
}

/* ---- all values --------------------------------------------------------------------------------- */

enum { GROUP = 8 };

static int write_one(struct writer *writer, const struct cgroup_value *value, struct err *err)
{
	return str_eq(value->file, "cpu.rt_runtime_us") ? write_realtime(writer, value, err)
							: write_value(writer, value, err);
}

/* Once around, and again as long as that brings one more in. The error is that of the first which is
 * left. */
static int write_group(
	struct writer *writer, const struct cgroup_value *values, size_t count, struct err *err)
{
	bool written[GROUP] = { false };

	for (;;) {
		bool progress = false, left = false;

		for (size_t i = 0; i < count; i++) {
			struct err refused;

			if (written[i])
				continue;
			if (write_one(writer, &values[i], &refused) == 0) {
				written[i] = progress = true;
				continue;
			}
			if (!left)
				*err = refused;
			left = true;
		}
		if (!left)
			return 0;
		if (!progress)
			return -1;
		err_drop(err);
	}
}

static int write_values(
	struct writer *writer, const struct cgroup_value *values, size_t count, struct err *err)
{
	for (size_t i = 0; i < count;) {
		size_t end = i + 1;

		while (values[i].group != 0 && end < count && end - i < GROUP &&
			values[end].group == values[i].group)
			end++;
		if (end - i == 1 ? write_one(writer, &values[i], err) < 0
				 : write_group(writer, &values[i], end - i, err) < 0)
			return -1;
		i = end;
	}
	return 0;
}

/* ---- devices ------------------------------------------------------------------------------------ */

static int write_program(struct writer *writer, const struct cgroup_plan *plan, struct err *err)
{
	_cleanup_fd_ int dir = openat(writer->at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct bpf_insn *code;
	size_t count =
		devices_program(plan->device_rules, plan->device_rule_count, writer->arena, &code);

	if (dir < 0)
		return err_sys(err, "open %s", dir_of(writer));
	if (bpf_attach_devices(dir, code, count, err) < 0)
		return err_ctx(err, "%s", dir_of(writer));
	return 0;
}

static int write_lists(struct writer *writer, const struct cgroup_plan *plan, struct err *err)
{
	const struct cgroup_value *values;
	const char **lines;
	size_t count;
	char *current;

	if (cgroupfs_at_read(
		    writer->at, dir_of(writer), "devices.list", writer->arena, &current, err) < 0 ||
		devices_v1(plan->device_rules, plan->device_rule_count, current, writer->arena,
			&values, &count, err) < 0)
		return -1;
	lines = arena_array(writer->arena, count + 1, sizeof(*lines));
	for (size_t i = 0; i < count; i++)
		lines[i] = values[i].value;
	for (size_t i = 0; i < count;) {
		size_t end = i + 1, written;

		while (end < count && str_eq(values[end].file, values[i].file))
			end++;
		written = cgroupfs_at_write_lines(
			writer->at, dir_of(writer), values[i].file, lines + i, end - i, err);
		if (written < end - i)
			return err_place(err, values[i + written].pointer);
		i = end;
	}
	return 0;
}

static int write_devices(struct writer *writer, const struct cgroup_plan *plan, struct err *err)
{
	int found = use_controller(writer, "devices", err);

	if (found > 0)
		return write_lists(writer, plan, err);
	if (found == 0)
		found = use_v2(writer, err);
	if (found > 0)
		return write_program(writer, plan, err);
	if (found < 0)
		return -1;
	return err_set(err, ERR_UNSUPPORTED,
		"access to devices cannot be limited: neither the v1 controller devices nor a "
		"cgroup2 is mounted");
}

/* ---- the whole ---------------------------------------------------------------------------------- */

int cgroup_values_write(const struct cgroup_dirs *dirs, const struct cgroup_plan *plan,
	struct cgroup_past *past, struct err *err)
{
	_cleanup_arena_ struct arena arena = { 0 };
	struct writer writer = { .dirs = dirs, .arena = &arena, .past = past, .at = -1 };
	int result = 0;

	if (dirs->manager == CGROUP_MANAGER_DISABLED)
		return 0;
	if (write_values(&writer, plan->values, plan->value_count, err) < 0)
		result = -1;
	else if (plan->device_rule_count > 0 && write_devices(&writer, plan, err) < 0)
		result = err_place(err, "/linux/resources/devices");
	fd_close(&writer.at);
	return result;
}

/* Values that depend on one another may need more than one round here as well. */
void cgroup_values_restore(const struct cgroup_past *past)
{
	struct err refused;
	bool again = past->count > 0;

	for (unsigned round = 0; again && round < 3; round++) {
		again = false;
		for (size_t i = past->count; i-- > 0;) {
			const struct cgroup_old *old = &past->items[i];

			if (cgroupfs_write_file(old->dir, old->file, old->value, &refused) == 0)
				continue;
			again = true;
			if (round == 2)
				log_warning("take back: %s", refused.text);
			err_drop(&refused);
		}
	}
}
