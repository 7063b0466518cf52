/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/criu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
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
	char *text = arena_str(&arena,
		"1 0 8:1 /srv/rootfs / rw - ext4 /dev/sda rw\n"
		"2 1 0:50 / /proc rw - proc proc rw\n"
		"3 1 0:51 / /dev rw - tmpfs tmpfs rw\n"
		"4 3 0:52 / /dev/pts rw - devpts devpts rw\n"
		"5 3 0:52 /0 /dev/console rw - devpts devpts rw\n"
		"6 2 0:50 /sys /proc/sys ro - proc proc rw\n"
		"7 2 0:6 /null /proc/kcore rw - devtmpfs devtmpfs rw\n"
		"8 2 0:60 / /proc/acpi ro - tmpfs tmpfs ro\n"
		"9 1 0:30 /c1 /sys/fs/cgroup/memory ro - cgroup cgroup rw\n"
		"10 1 8:1 /srv /data ro - ext4 /dev/sda rw\n"
		"11 1 8:2 / /volume ro - ext4 /dev/sdb rw\n"
		"a line that is none\n");
	struct criu_pairs pairs = { 0 };

	(void) state;
	plan_criu_dump(&spec, text, &arena, &pairs);
	assert_int_equal(pairs.count, 4);
	assert_string_equal(find(&pairs, "/data"), "/data");
	assert_string_equal(find(&pairs, "/volume"), "/volume");
	assert_string_equal(find(&pairs, "/proc/kcore"), "/proc/kcore");
	assert_string_equal(find(&pairs, "/sys/fs/cgroup/memory"), "/sys/fs/cgroup/memory");
}

static void restore(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	const struct mount_step steps[] = {
		{ .kind = MOUNT_BIND, .destination = "/data", .source = "/srv" },
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

	(void) state;
	plan_criu_restore(&plan, leaves, 1, &arena, &pairs);
	assert_string_equal(find(&pairs, "/data"), "/srv");
	assert_string_equal(
		find(&pairs, "/sys/fs/cgroup/cpu,cpuacct"), "/sys/fs/cgroup/cpu,cpuacct/c1");
	assert_string_equal(find(&pairs, "/proc/kcore"), "/dev/null");
	assert_null(find(&pairs, "/dev/null"));
	assert_null(find(&pairs, "/proc"));
	plan.rootfs.devices_by_bind = true;
	plan_criu_restore(&plan, NULL, 0, &arena, &pairs);
	assert_string_equal(find(&pairs, "/dev/null"), "/dev/null");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(dump), cmocka_unit_test(restore) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
