/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/cg-systemd.h"

static void test_names(void **state)
{
	static const struct {
		const char *asked, *id;
		bool user;
		const char *name, *slice, *path; /* NULL: refused */
	} cases[] = {
		{ NULL, "c1", false, "ocirt-c1.scope", "system.slice",
			"/system.slice/ocirt-c1.scope" },
		{ "", "a+b", true, "ocirt-a\\x2bb.scope", "user.slice",
			"/user.slice/ocirt-a\\x2bb.scope" },
		{ "machine.slice:libpod:abc", "x", false, "libpod-abc.scope", "machine.slice",
			"/machine.slice/libpod-abc.scope" },
		{ "system.slice:docker:abc", "x", false, "docker-abc.scope", "system.slice",
			"/system.slice/docker-abc.scope" },
		{ "kubepods-burstable-pod1.slice:cri-containerd:abc", "x", false,
			"cri-containerd-abc.scope", "kubepods-burstable-pod1.slice",
			"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/"
			"cri-containerd-abc.scope" },
		{ ":p:n", "x", false, "p-n.scope", "system.slice", "/system.slice/p-n.scope" },
		{ ":p:n", "x", true, "p-n.scope", "user.slice", "/user.slice/p-n.scope" },
		{ "a.slice::n", "x", false, "n.scope", "a.slice", "/a.slice/n.scope" },
		{ "a.slice:p:b-c.slice", "x", false, "b-c.slice", "a.slice", "/b.slice/b-c.slice" },
		{ "-.slice:p:n", "x", false, "p-n.scope", "-.slice", "/p-n.scope" },
		{ "name", "x", false, "name.scope", "system.slice", "/system.slice/name.scope" },
		{ "a:p:n", "x", false, NULL, NULL, NULL },
		{ ".slice:p:n", "x", false, NULL, NULL, NULL },
		{ "a--b.slice:p:n", "x", false, NULL, NULL, NULL },
		{ "-a.slice:p:n", "x", false, NULL, NULL, NULL },
		{ "a-.slice:p:n", "x", false, NULL, NULL, NULL },
		{ "a.slice:p:", "x", false, NULL, NULL, NULL },
		{ "a.slice:p", "x", false, NULL, NULL, NULL },
		{ "a.slice:p:n:m", "x", false, NULL, NULL, NULL },
		{ "/a/b", "x", false, NULL, NULL, NULL },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		const struct plan_options options = { .id = cases[i].id };
		const struct plan_input in = { .options = &options, .arena = &arena };
		struct unit_plan unit = { 0 };
		struct err err = { 0 };
		int rc = cg_systemd_names(&in, cases[i].asked, cases[i].user, &unit, &err);

		if (cases[i].name == NULL) {
			assert_int_equal(rc, -1);
			assert_string_equal(err.pointer, "/linux/cgroupsPath");
			continue;
		}
		assert_int_equal(rc, 0);
		assert_string_equal(unit.name, cases[i].name);
		assert_string_equal(unit.slice, cases[i].slice);
		assert_string_equal(unit.path, cases[i].path);
	}
}

static const struct unit_property *find(const struct unit_plan *unit, const char *name)
{
	for (size_t i = 0; i < unit->property_count; i++)
		if (str_eq(unit->properties[i].name, name))
			return &unit->properties[i];
	return NULL;
}

static void make(
	struct arena *arena, const struct cgroup_value *values, size_t count, struct unit_plan *ret)
{
	const struct cgroup_plan plan = { .values = values, .value_count = count };
	struct err err = { 0 };

	assert_int_equal(cg_systemd_properties(arena, NULL, &plan, ret, &err), 0);
}

static void test_numbers(void **state)
{
	static const struct {
		const char *file, *value, *property; /* NULL: the file alone says it */
		uint64_t number;
	} cases[] = {
		{ "memory.max", "1048576", "MemoryMax", 1048576 },
		{ "memory.max", "max", "MemoryMax", UINT64_MAX },
		{ "memory.max", "0", NULL, 0 },
		{ "memory.low", "0", "MemoryLow", 0 },
		{ "memory.high", "4096", "MemoryHigh", 4096 },
		{ "memory.swap.max", "0", "MemorySwapMax", 0 },
		{ "memory.limit_in_bytes", "-1", "MemoryLimit", UINT64_MAX },
		{ "pids.max", "7", "TasksMax", 7 },
		{ "pids.max", "max", "TasksMax", UINT64_MAX },
		{ "pids.max", "0", NULL, 0 },
		{ "cpu.weight", "100", "CPUWeight", 100 },
		{ "cpu.idle", "1", "CPUWeight", 0 },
		{ "cpu.idle", "0", NULL, 0 },
		{ "cpu.shares", "512", "CPUShares", 512 },
		{ "io.weight", "default 50", "IOWeight", 50 },
		{ "io.weight", "8:0 50", NULL, 0 },
		{ "cpu.max", "25000 100000", "CPUQuotaPerSecUSec", 250000 },
		{ "cpu.max", "12345 100000", "CPUQuotaPerSecUSec", 130000 },
		{ "cpu.max", "max 100000", "CPUQuotaPerSecUSec", UINT64_MAX },
		{ "cpu.max", "10000 50000", "CPUQuotaPeriodUSec", 50000 },
		{ "cpu.cfs_quota_us", "50000", "CPUQuotaPerSecUSec", 500000 },
		{ "hugetlb.2MB.max", "5", NULL, 0 },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		const struct cgroup_value value = {
			.file = cases[i].file, .value = cases[i].value, .pointer = "/x"
		};
		const struct unit_property *property;
		struct unit_plan unit = { 0 };

		make(&arena, &value, 1, &unit);
		if (cases[i].property == NULL) {
			assert_int_equal(unit.property_count, 0);
			continue;
		}
		property = find(&unit, cases[i].property);
		assert_non_null(property);
		assert_string_equal(property->type, "t");
		assert_true(property->number == cases[i].number);
		assert_true(property->optional);
	}
}

static void test_quota_of_two_files(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	const struct cgroup_value values[] = {
		{ .file = "cpu.cfs_period_us", .value = "20000", .pointer = "/p" },
		{ .file = "cpu.cfs_quota_us", .value = "10000", .pointer = "/q" },
	};
	struct unit_plan unit = { 0 };

	(void) state;
	make(&arena, values, 2, &unit);
	assert_int_equal(unit.property_count, 2);
	assert_true(find(&unit, "CPUQuotaPeriodUSec")->number == 20000);
	assert_true(find(&unit, "CPUQuotaPerSecUSec")->number == 500000);
}

static void test_cpus(void **state)
{
	static const struct {
		const char *value;
		size_t count;
		uint8_t bytes[3];
	} cases[] = { { "0", 1, { 1 } }, { "0-2,7", 1, { 0x87 } }, { "1,9,16-17", 3, { 2, 2, 3 } },
		{ "3-1", 0, { 0 } }, { "x", 0, { 0 } }, { "99999", 0, { 0 } } };

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		const struct cgroup_value value = {
			.file = "cpuset.cpus", .value = cases[i].value, .pointer = "/x"
		};
		struct unit_plan unit = { 0 };

		make(&arena, &value, 1, &unit);
		assert_int_equal(unit.property_count, cases[i].count != 0);
		if (cases[i].count == 0)
			continue;
		assert_string_equal(unit.properties[0].name, "AllowedCPUs");
		assert_int_equal(unit.properties[0].count, cases[i].count);
		assert_memory_equal(unit.properties[0].bytes, cases[i].bytes, cases[i].count);
	}
}

static void test_devices(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	struct device_rule rules[] = {
		{ false, 'a', -1, -1, DEVICE_ALL, "" },
		{ true, 'c', 1, 3, DEVICE_ALL, "" },
		{ true, 'c', 136, -1, DEVICE_READ | DEVICE_WRITE, "" },
		{ true, 'b', -1, -1, DEVICE_MKNOD, "" },
	};
	struct cgroup_plan plan = { .device_rules = rules, .device_rule_count = 4 };
	const struct unit_property *allow;
	struct unit_plan unit = { 0 };
	struct err err = { 0 };

	(void) state;
	assert_int_equal(cg_systemd_properties(&arena, NULL, &plan, &unit, &err), 0);
	assert_string_equal(find(&unit, "DevicePolicy")->texts[0], "strict");
	/* First the one that takes away what there was. */
	allow = find(&unit, "DeviceAllow");
	assert_int_equal(allow->count, 0);
	assert_string_equal((++allow)->name, "DeviceAllow");
	assert_int_equal(allow->count, 6);
	assert_string_equal(allow->texts[0], "/dev/char/1:3");
	assert_string_equal(allow->texts[1], "rwm");
	assert_string_equal(allow->texts[2], "char-136");
	assert_string_equal(allow->texts[3], "rw");
	assert_string_equal(allow->texts[4], "block-*");
	assert_string_equal(allow->texts[5], "m");
	/* An exception from what is allowed cannot be said. */
	rules[3].allow = false;
	assert_int_equal(cg_systemd_properties(&arena, NULL, &plan, &unit, &err), 0);
	assert_string_equal(find(&unit, "DevicePolicy")->texts[0], "auto");
	assert_int_equal(unit.property_count, 2);
	/* Nor is there anything to say where all are allowed. */
	rules[0].allow = true;
	assert_int_equal(cg_systemd_properties(&arena, NULL, &plan, &unit, &err), 0);
	assert_string_equal(find(&unit, "DevicePolicy")->texts[0], "auto");
	assert_int_equal(unit.property_count, 2);
	plan.device_rule_count = 0;
	assert_int_equal(cg_systemd_properties(&arena, NULL, &plan, &unit, &err), 0);
	assert_int_equal(unit.property_count, 0);
}

/* org.systemd.property.NAME alone. */
static int annotate(struct arena *arena, const char *name, const char *value, struct unit_plan *ret,
	struct err *err)
{
	struct spec_map_entry entry = { arena_printf(arena, "org.systemd.property.%s", name),
		(char *) value };
	const struct spec_map map = { &entry, 1 };
	const struct cgroup_plan plan = { 0 };

	return cg_systemd_properties(arena, &map, &plan, ret, err);
}

static void test_annotations(void **state)
{
	static const struct {
		const char *name, *value;
		const char *property, *type; /* NULL: refused */
		int64_t number;
	} cases[] = {
		{ "TimeoutStopUSec", "uint64 123456789", "TimeoutStopUSec", "t", 123456789 },
		{ "TimeoutStopUSec", "5000000", "TimeoutStopUSec", "t", 5000000 },
		{ "TimeoutStopSec", "7", "TimeoutStopUSec", "t", 7000000 },
		{ "TimeoutStopSec", "1.5", "TimeoutStopUSec", "t", 1500000 },
		{ "TimeoutStopSec", "int64 2", "TimeoutStopUSec", "t", 2000000 },
		{ "RuntimeMaxSec", "double 0.5", "RuntimeMaxUSec", "t", 500000 },
		{ "CollectMode", "'inactive-or-failed'", "CollectMode", "s", 0 },
		{ "OOMPolicy", "\"con\\tinue\"", "OOMPolicy", "s", 0 },
		{ "ManagedOOMSwap", "'kill'", "ManagedOOMSwap", "s", 0 },
		{ "After", "['a.service', \"b.service\"]", "After", "as", 0 },
		{ "Before", "[]", "Before", "as", 0 },
		{ "DefaultDependencies", "true", "DefaultDependencies", "b", 1 },
		{ "DefaultDependencies", "false", "DefaultDependencies", "b", 0 },
		{ "Delegate", "true", "Delegate", "b", 1 },
		{ "KillSignal", "int32 37", "KillSignal", "i", 37 },
		{ "Delegate", "false", NULL, NULL, 0 },
		{ "KillMode", "'none'", NULL, NULL, 0 },
		{ "KillMode", "['mixed']", NULL, NULL, 0 },
		{ "KillSignal", "0", NULL, NULL, 0 },
		{ "KillSignal", "65", NULL, NULL, 0 },
		{ "TimeoutStopUSec", "", NULL, NULL, 0 },
		{ "TimeoutStopUSec", "five", NULL, NULL, 0 },
		{ "TimeoutStopUSec", "-1", NULL, NULL, 0 },
		{ "TimeoutStopUSec", "1.5", NULL, NULL, 0 },
		{ "CollectMode", "'inactive", NULL, NULL, 0 },
		{ "CollectMode", "inactive", NULL, NULL, 0 },
		{ "After", "['a'", NULL, NULL, 0 },
		{ "After", "'a'", NULL, NULL, 0 },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		struct unit_plan unit = { 0 };
		struct err err = { 0 };
		int rc = annotate(&arena, cases[i].name, cases[i].value, &unit, &err);

		assert_int_equal(rc, cases[i].property == NULL ? -1 : 0);
		if (rc < 0) {
			assert_string_equal(err.pointer,
				arena_printf(&arena, "/annotations/org.systemd.property.%s",
					cases[i].name));
			continue;
		}
		assert_int_equal(unit.property_count, 1);
		assert_string_equal(unit.properties[0].name, cases[i].property);
		assert_string_equal(unit.properties[0].type, cases[i].type);
		assert_true((int64_t) unit.properties[0].number == cases[i].number);
		assert_false(unit.properties[0].optional);
	}
}

/* CVE-2024-3154: annotations come from pods and images. Each value would be one of the property's own. */
static void test_annotations_of_the_host(void **state)
{
	static const struct {
		const char *name, *value, *says;
	} cases[] = {
		{ "ExecStart", "['/bin/touch', '/x']", "leave it out" },
		{ "ExecStartPre", "['/bin/touch', '/x']", "leave it out" },
		{ "ExecStop", "['/bin/touch', '/x']", "leave it out" },
		{ "FailureAction", "'reboot-force'", "leave it out" },
		{ "SuccessAction", "'poweroff'", "leave it out" },
		{ "JobTimeoutAction", "'reboot'", "leave it out" },
		{ "OnFailure", "['a.service']", "leave it out" },
		{ "OnSuccess", "['a.service']", "leave it out" },
		{ "Wants", "['poweroff.target']", "leave it out" },
		{ "Requires", "['poweroff.target']", "leave it out" },
		{ "BindsTo", "['poweroff.target']", "leave it out" },
		{ "Upholds", "['a.service']", "leave it out" },
		{ "Conflicts", "['sshd.service']", "leave it out" },
		{ "PropagatesStopTo", "['sshd.service']", "leave it out" },
		{ "Slice", "'-.slice'", "leave it out" },
		{ "PIDs", "[1]", "leave it out" },
		{ "User", "'root'", "leave it out" },
		{ "DelegateSubgroup", "'x'", "leave it out" },
		{ "Description", "'x'", "leave it out" },
		{ "Type", "'oneshot'", "leave it out" },
		{ "ManagedOOMPreference", "'omit'", "leave it out" },
		{ "SendSIGKILL", "false", "leave it out" },
		{ "BPFProgram", "['device:/x']", "leave it out" },
		{ "NoSuch", "17", "those that one sets are After, Before, CollectMode" },
		{ "A/B", "1", "leave it out" },
		{ "After ", "[]", "leave it out" },
		{ "after", "[]", "leave it out" },
		{ "Sec", "1", "leave it out" },
		{ "", "1", "leave it out" },
		{ "DevicePolicy", "'auto'", "/linux/resources" },
		{ "DeviceAllow", "[]", "/linux/resources" },
		{ "MemoryMax", "uint64 1", "/linux/resources" },
		{ "TasksMax", "uint64 1", "/linux/resources" },
		{ "CPUQuotaPerSecUSec", "uint64 1", "/linux/resources" },
		{ "CPUQuotaPerSecSec", "1", "/linux/resources" },
		{ "AllowedCPUs", "[]", "/linux/resources" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		struct unit_plan unit = { 0 };
		struct err err = { 0 };
		char key[96];

		assert_int_equal(annotate(&arena, cases[i].name, cases[i].value, &unit, &err), -1);
		assert_int_equal(unit.property_count, 0);
		str_pointer_key(key, sizeof(key),
			arena_printf(&arena, "org.systemd.property.%s", cases[i].name));
		assert_string_equal(err.pointer, arena_printf(&arena, "/annotations/%s", key));
		assert_non_null(strstr(err.text, cases[i].says));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_quota_of_two_files),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_annotations),
		cmocka_unit_test(test_annotations_of_the_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
