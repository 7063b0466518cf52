/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/criu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"

static const char *find(const struct criu_pairs *pairs, const char *key)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (str_eq(pairs->items[i].key, key))
			return pairs->items[i].value;
	return NULL;
}

static void dump(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	char *bind_options[] = { "rbind", "ro" };
	struct spec_mount mounts[] = {
		{ .destination = "/data", .source = "/srv", .options = { bind_options, 2 } },
		{ .destination = "volume", .type = "bind", .source = "/srv/volume" },
		{ .destination = "/proc", .type = "proc" },
	};
	struct spec spec = { .mounts = { mounts, 3 } };
	struct mount_entry entries[] = {
		{ .device = 1, .root = "/srv/rootfs", .target = "/", .type = "ext4" },
		{ .device = 2, .root = "/", .target = "/proc", .type = "proc" },
		{ .device = 3, .root = "/", .target = "/dev", .type = "tmpfs" },
		{ .device = 4, .root = "/", .target = "/dev/pts", .type = "devpts" },
		{ .device = 4, .root = "/0", .target = "/dev/console", .type = "devpts" },
		{ .device = 2, .root = "/sys", .target = "/proc/sys", .type = "proc" },
		{ .device = 5, .root = "/null", .target = "/proc/kcore", .type = "devtmpfs" },
		{ .device = 6, .root = "/", .target = "/proc/acpi", .type = "tmpfs" },
		{ .device = 7, .root = "/c1", .target = "/sys/fs/cgroup/memory", .type = "cgroup" },
		{ .device = 1, .root = "/srv", .target = "/data", .type = "ext4" },
		{ .device = 8, .root = "/", .target = "/volume", .type = "ext4" },
	};
	const struct mount_table mounts_seen = { entries, sizeof(entries) / sizeof(entries[0]) };
	struct criu_pairs pairs = { 0 }, none = { 0 };
	struct err err = { 0 };

	(void) state;
	assert_int_equal(plan_criu_dump(&spec, &mounts_seen, &arena, &pairs, &err), 0);
	assert_int_equal(pairs.count, 4);
	assert_string_equal(find(&pairs, "/data"), "/data");
	assert_string_equal(find(&pairs, "/volume"), "/volume");
	assert_string_equal(find(&pairs, "/proc/kcore"), "/proc/kcore");
	assert_string_equal(find(&pairs, "/sys/fs/cgroup/memory"), "/sys/fs/cgroup/memory");
	/* What criu would read as another pair, in the configuration or behind a link of the image's. */
	entries[6].target = "/a]:/etc";
	assert_int_equal(plan_criu_dump(&spec, &mounts_seen, &arena, &none, &err), -1);
	assert_non_null(strstr(err.text, "/a]:/etc"));
	entries[6].target = "/a]/b:/c";
	assert_int_equal(plan_criu_dump(&spec, &mounts_seen, &arena, &none, &err), 0);
	mounts[1].destination = "x]:";
	assert_int_equal(plan_criu_dump(&spec, &mounts_seen, &arena, &none, &err), -1);
	assert_string_equal(err.pointer, "/mounts/1/destination");
}

static void restore(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	struct mount_step steps[] = {
		{ .kind = MOUNT_BIND,
			.destination = "/data",
			.source = "/srv",
			.pointer = "/mounts/0" },
		{ .kind = MOUNT_CGROUP, .destination = "/sys/fs/cgroup" },
		{ .kind = MOUNT_FS, .destination = "/proc", .type = "proc" },
	};
	const struct inside_path masked[] = { { .path = "/proc/kcore" } };
	const struct device_node devices[] = { { .path = "/dev/null" } };
	struct plan plan = { .rootfs = {
				     .steps = steps,
				     .step_count = 3,
				     .masked = masked,
				     .masked_count = 1,
				     .devices = devices,
				     .device_count = 1,
			     } };
	char *leaves[] = { "/sys/fs/cgroup/cpu,cpuacct/c1" };
	struct criu_pairs pairs = { 0 };
	struct err err = { 0 };

	(void) state;
	assert_int_equal(plan_criu_restore(&plan, NULL, leaves, 1, &arena, &pairs, &err), 0);
	assert_string_equal(find(&pairs, "/data"), "/srv");
	assert_string_equal(
		find(&pairs, "/sys/fs/cgroup/cpu,cpuacct"), "/sys/fs/cgroup/cpu,cpuacct/c1");
	assert_string_equal(find(&pairs, "/proc/kcore"), "/dev/null");
	assert_null(find(&pairs, "/dev/null"));
	assert_null(find(&pairs, "/proc"));
	pairs.count = 0;
	assert_int_equal(
		plan_criu_restore(&plan, "/sys/fs/cgroup/a/c1", NULL, 0, &arena, &pairs, &err), 0);
	assert_string_equal(find(&pairs, "/sys/fs/cgroup"), "/sys/fs/cgroup/a/c1");
	plan.rootfs.devices_by_bind = true;
	assert_int_equal(plan_criu_restore(&plan, NULL, NULL, 0, &arena, &pairs, &err), 0);
	assert_string_equal(find(&pairs, "/dev/null"), "/dev/null");
	steps[0].destination = "/x]:/etc";
	assert_int_equal(plan_criu_restore(&plan, NULL, NULL, 0, &arena, &pairs, &err), -1);
	assert_string_equal(err.pointer, "/mounts/0");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(dump), cmocka_unit_test(restore) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
