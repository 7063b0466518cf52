/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "libocispec-lite/ocispec.h"
#include "plan/cg.h"

static void *from_arena(void *data, size_t size)
{
	return arena_alloc(data, size);
}

static const struct spec_resources *parse(const char *json, struct arena *arena)
{
	const struct ocispec_alloc alloc = { from_arena, arena };
	struct ocispec_error at;
	void *ret;

	if (ocispec_parse(&ocispec_resources, json, strlen(json), &alloc, NULL, &ret, &at) < 0)
		fail_msg("%s: %s: %s", json, at.pointer, at.text);
	return ret;
}

static int plan(enum cgroup_layout layout, const char *json, const char *before,
	struct arena *arena, struct cgroup_plan *ret, struct err *err)
{
	const struct facts facts = { .euid = 1000, .cgroup = layout };
	const struct plan_input in = { NULL, &facts, NULL, arena, NULL };

	return plan_resources(&in, parse(json, arena), before != NULL ? parse(before, arena) : NULL,
		"/linux/resources", ret, err);
}

/* "file=value" lines; "?" behind what is optional, "|file=value" the other file. */
static const char *text_of(const struct cgroup_plan *plan, struct arena *arena)
{
	const char *text = "";

	for (size_t i = 0; i < plan->value_count; i++) {
		const struct cgroup_value *value = &plan->values[i];

		text = arena_printf(arena, "%s%s%s=%s%s", text, i > 0 ? "; " : "", value->file,
			value->value, value->optional ? "?" : "");
		if (value->other_file != NULL)
			text = arena_printf(
				arena, "%s|%s=%s", text, value->other_file, value->other_value);
	}
	return text;
}

struct row {
	const char *json;
	const char *v1; /* the writes, or "!" and the pointer of the refusal */
	const char *v2;
};

static const struct row rows[] = {
	{ "{}", "", "" },
	/* memory */
	{ "{\"memory\":{\"limit\":1048576}}", "memory.limit_in_bytes=1048576",
		"memory.max=1048576" },
	{ "{\"memory\":{\"limit\":0,\"swap\":0,\"reservation\":0}}", "", "" },
	{ "{\"memory\":{\"limit\":-1}}",
		"memory.limit_in_bytes=-1; memory.memsw.limit_in_bytes=-1?",
		"memory.swap.max=max?; memory.max=max" },
	{ "{\"memory\":{\"limit\":100,\"swap\":300,\"reservation\":50}}",
		"memory.limit_in_bytes=100; memory.memsw.limit_in_bytes=300; "
		"memory.soft_limit_in_bytes=50",
		"memory.swap.max=200; memory.max=100; memory.low=50" },
	{ "{\"memory\":{\"limit\":100,\"swap\":100}}",
		"memory.limit_in_bytes=100; memory.memsw.limit_in_bytes=100",
		"memory.swap.max=0?; memory.max=100" },
	{ "{\"memory\":{\"limit\":100,\"swap\":-1}}",
		"memory.limit_in_bytes=100; memory.memsw.limit_in_bytes=-1",
		"memory.swap.max=max?; memory.max=100" },
	{ "{\"memory\":{\"limit\":-1,\"swap\":300}}",
		"memory.limit_in_bytes=-1; memory.memsw.limit_in_bytes=300",
		"memory.swap.max=300; memory.max=max" },
	{ "{\"memory\":{\"limit\":100,\"swap\":99}}", "!/linux/resources/memory/swap",
		"!/linux/resources/memory/swap" },
	{ "{\"memory\":{\"swap\":99}}", "memory.memsw.limit_in_bytes=99",
		"!/linux/resources/memory/swap" },
	{ "{\"pids\":{\"limit\":-2}}", "!/linux/resources/pids/limit",
		"!/linux/resources/pids/limit" },
	{ "{\"memory\":{\"limit\":-2}}", "!/linux/resources/memory/limit",
		"!/linux/resources/memory/limit" },
	{ "{\"memory\":{\"reservation\":-1}}", "memory.soft_limit_in_bytes=-1", "memory.low=max" },
	{ "{\"memory\":{\"kernel\":5}}", "memory.kmem.limit_in_bytes=5",
		"!/linux/resources/memory/kernel" },
	{ "{\"memory\":{\"kernelTCP\":5}}", "memory.kmem.tcp.limit_in_bytes=5",
		"!/linux/resources/memory/kernelTCP" },
	{ "{\"memory\":{\"kernel\":-1,\"kernelTCP\":-1}}",
		"memory.kmem.limit_in_bytes=-1; memory.kmem.tcp.limit_in_bytes=-1", "" },
	{ "{\"memory\":{\"swappiness\":0}}", "memory.swappiness=0",
		"!/linux/resources/memory/swappiness" },
	{ "{\"memory\":{\"swappiness\":101}}", "!/linux/resources/memory/swappiness",
		"!/linux/resources/memory/swappiness" },
	{ "{\"memory\":{\"disableOOMKiller\":true}}", "memory.oom_control=1",
		"!/linux/resources/memory/disableOOMKiller" },
	{ "{\"memory\":{\"disableOOMKiller\":false}}", "memory.oom_control=0", "" },
	{ "{\"memory\":{\"useHierarchy\":true}}", "memory.use_hierarchy=1", "" },
	{ "{\"memory\":{\"useHierarchy\":false}}", "memory.use_hierarchy=0",
		"!/linux/resources/memory/useHierarchy" },
	/* cpu */
	{ "{\"cpu\":{\"shares\":1024}}", "cpu.shares=1024", "cpu.weight=100" },
	{ "{\"cpu\":{\"shares\":1}}", "!/linux/resources/cpu/shares", "cpu.weight=1" },
	{ "{\"cpu\":{\"shares\":300000}}", "!/linux/resources/cpu/shares", "cpu.weight=10000" },
	{ "{\"cpu\":{\"quota\":50000}}", "cpu.cfs_quota_us=50000", "cpu.max=50000 100000" },
	{ "{\"cpu\":{\"quota\":-1}}", "cpu.cfs_quota_us=-1", "cpu.max=max 100000" },
	{ "{\"cpu\":{\"period\":50000}}", "cpu.cfs_period_us=50000", "cpu.max=max 50000" },
	{ "{\"cpu\":{\"quota\":20000,\"period\":50000,\"burst\":1000}}",
		"cpu.cfs_period_us=50000; cpu.cfs_quota_us=20000; cpu.cfs_burst_us=1000",
		"cpu.max=20000 50000; cpu.max.burst=1000" },
	{ "{\"cpu\":{\"quota\":20000,\"burst\":20001}}", "!/linux/resources/cpu/burst",
		"!/linux/resources/cpu/burst" },
	{ "{\"cpu\":{\"quota\":0,\"period\":0,\"shares\":0,\"cpus\":\"\",\"mems\":\"\"}}", "", "" },
	{ "{\"cpu\":{\"realtimeRuntime\":1000,\"realtimePeriod\":5000}}",
		"cpu.rt_period_us=5000; cpu.rt_runtime_us=1000",
		"!/linux/resources/cpu/realtimeRuntime" },
	{ "{\"cpu\":{\"realtimePeriod\":5000}}", "cpu.rt_period_us=5000",
		"!/linux/resources/cpu/realtimePeriod" },
	{ "{\"cpu\":{\"cpus\":\"0-1\",\"mems\":\"0\"}}", "cpuset.cpus=0-1; cpuset.mems=0",
		"cpuset.cpus=0-1; cpuset.mems=0" },
	{ "{\"cpu\":{\"cpus\":\"0\\n1\"}}", "!/linux/resources/cpu/cpus",
		"!/linux/resources/cpu/cpus" },
	{ "{\"cpu\":{\"idle\":1}}", "cpu.idle=1", "cpu.idle=1" },
	{ "{\"cpu\":{\"idle\":2}}", "!/linux/resources/cpu/idle", "!/linux/resources/cpu/idle" },
	/* pids */
	{ "{\"pids\":{}}", "", "" },
	{ "{\"pids\":{\"limit\":0}}", "pids.max=0", "pids.max=0" },
	{ "{\"pids\":{\"limit\":-1}}", "pids.max=max", "pids.max=max" },
	{ "{\"pids\":{\"limit\":77}}", "pids.max=77", "pids.max=77" },
	/* blockIO */
	{ "{\"blockIO\":{\"weight\":10}}", "blkio.weight=10|blkio.bfq.weight=10",
		"io.bfq.weight=10|io.weight=1" },
	{ "{\"blockIO\":{\"weight\":500}}", "blkio.weight=500|blkio.bfq.weight=500",
		"io.bfq.weight=500|io.weight=4950" },
	{ "{\"blockIO\":{\"weight\":1000}}", "blkio.weight=1000|blkio.bfq.weight=1000",
		"io.bfq.weight=1000|io.weight=10000" },
	{ "{\"blockIO\":{\"weight\":0,\"leafWeight\":0}}", "", "" },
	{ "{\"blockIO\":{\"weight\":9}}", "!/linux/resources/blockIO/weight",
		"!/linux/resources/blockIO/weight" },
	{ "{\"blockIO\":{\"leafWeight\":20}}", "blkio.leaf_weight=20",
		"!/linux/resources/blockIO/leafWeight" },
	{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":16,\"weight\":20}]}}",
		"blkio.weight_device=8:16 20|blkio.bfq.weight_device=8:16 20",
		"io.bfq.weight=8:16 20|io.weight=8:16 102" },
	{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0,\"leafWeight\":20}]}}",
		"blkio.leaf_weight_device=8:0 20",
		"!/linux/resources/blockIO/weightDevice/0/leafWeight" },
	{ "{\"blockIO\":{\"weightDevice\":[{\"major\":8,\"minor\":0}]}}",
		"!/linux/resources/blockIO/weightDevice/0",
		"!/linux/resources/blockIO/weightDevice/0" },
	{ "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":16,\"rate\":600}],"
	  "\"throttleWriteBpsDevice\":[{\"major\":8,\"minor\":16,\"rate\":601}],"
	  "\"throttleReadIOPSDevice\":[{\"major\":8,\"minor\":16,\"rate\":602}],"
	  "\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":16,\"rate\":0}]}}",
		"blkio.throttle.read_bps_device=8:16 600; blkio.throttle.write_bps_device=8:16 "
		"601; "
		"blkio.throttle.read_iops_device=8:16 602; blkio.throttle.write_iops_device=8:16 0",
		"io.max=8:16 rbps=600; io.max=8:16 wbps=601; io.max=8:16 riops=602; "
		"io.max=8:16 wiops=max" },
	{ "{\"blockIO\":{\"throttleReadBpsDevice\":[{\"major\":-8,\"minor\":0,\"rate\":1}]}}",
		"!/linux/resources/blockIO/throttleReadBpsDevice/0/major",
		"!/linux/resources/blockIO/throttleReadBpsDevice/0/major" },
	/* hugepageLimits */
	{ "{\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}]}",
		"hugetlb.2MB.limit_in_bytes=4194304; hugetlb.2MB.rsvd.limit_in_bytes=4194304?",
		"hugetlb.2MB.max=4194304; hugetlb.2MB.rsvd.max=4194304?" },
	{ "{\"hugepageLimits\":[{\"pageSize\":\"../2MB\",\"limit\":4194304}]}",
		"!/linux/resources/hugepageLimits/0/pageSize",
		"!/linux/resources/hugepageLimits/0/pageSize" },
	/* network */
	{ "{\"network\":{\"classID\":1048577}}", "net_cls.classid=1048577",
		"!/linux/resources/network/classID" },
	{ "{\"network\":{\"priorities\":[{\"name\":\"lo\",\"priority\":7}]}}",
		"net_prio.ifpriomap=lo 7", "!/linux/resources/network/priorities" },
	{ "{\"network\":{\"classID\":0,\"priorities\":[]}}", "", "" },
	{ "{\"network\":{\"priorities\":[{\"name\":\"l o\",\"priority\":7}]}}",
		"!/linux/resources/network/priorities/0/name",
		"!/linux/resources/network/priorities/0/name" },
	/* rdma */
	{ "{\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10000}}}",
		"rdma.max=mlx5_1 hca_handle=3 hca_object=10000",
		"rdma.max=mlx5_1 hca_handle=3 hca_object=10000" },
	{ "{\"rdma\":{\"rxe3\":{\"hcaObjects\":1}}}", "rdma.max=rxe3 hca_object=1",
		"rdma.max=rxe3 hca_object=1" },
	{ "{\"rdma\":{\"rxe3\":{}}}", "!/linux/resources/rdma/rxe3",
		"!/linux/resources/rdma/rxe3" },
	/* unified */
	{ "{\"unified\":{\"memory.high\":\"5\",\"io.max\":\"8:0 rbps=1\\n8:1 rbps=2\\n\"}}",
		"!/linux/resources/unified",
		"memory.high=5; io.max=8:0 rbps=1; io.max=8:1 rbps=2" },
	{ "{\"unified\":{\"a/b\":\"5\"}}", "!/linux/resources/unified",
		"!/linux/resources/unified/a~1b" },
	{ "{\"unified\":{\"..\":\"5\"}}", "!/linux/resources/unified",
		"!/linux/resources/unified/.." },
	{ "{\"unified\":{\"cpu.new\":\"\"}}", "!/linux/resources/unified", "cpu.new=" },
	/* devices: judged for everybody, written by the privileged alone */
	{ "{\"devices\":[{\"allow\":true,\"type\":\"c\",\"access\":\"rx\"}]}",
		"!/linux/resources/devices/0/access", "!/linux/resources/devices/0/access" },
	{ "{\"devices\":[{\"allow\":true,\"type\":\"c\"}]}", "!/linux/resources/devices/0/access",
		"!/linux/resources/devices/0/access" },
	{ "{\"devices\":[{\"allow\":true,\"type\":\"u\",\"access\":\"r\"}]}",
		"!/linux/resources/devices/0/type", "!/linux/resources/devices/0/type" },
};

static void check_row(const struct row *row, enum cgroup_layout layout, const char *expected)
{
	_cleanup_arena_ struct arena arena = { 0 };
	struct cgroup_plan got = { 0 };
	struct err err = { 0 };
	const int rc = plan(layout, row->json, NULL, &arena, &got, &err);

	if (expected[0] == '!') {
		assert_int_equal(rc, -1);
		assert_int_equal(err.code, ERR_CONFIG);
		assert_string_equal(err.pointer, expected + 1);
	} else {
		if (rc < 0)
			fail_msg("%s: %s", row->json, err.text);
		assert_string_equal(text_of(&got, &arena), expected);
	}
}

static void test_rows(void **state)
{
	(void) state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		check_row(&rows[i], CGROUP_LAYOUT_V1, rows[i].v1);
		check_row(&rows[i], CGROUP_LAYOUT_V2, rows[i].v2);
	}
}

/* Each value names its place, its controller and how it is taken back. */
static void test_members(void **state)
{
	static const char json[] =
		"{\"cpu\":{\"quota\":5000},\"blockIO\":{\"throttleReadBpsDevice\":"
		"[{\"major\":8,\"minor\":0,\"rate\":6}]},\"memory\":{\"limit\":9,"
		"\"checkBeforeUpdate\":true},\"pids\":{\"limit\":0}}";
	_cleanup_arena_ struct arena arena = { 0 };
	struct cgroup_plan got = { 0 };
	struct err err = { 0 };

	(void) state;
	assert_int_equal(plan(CGROUP_LAYOUT_V2, json, NULL, &arena, &got, &err), 0);
	assert_int_equal(got.value_count, 4);
	assert_string_equal(got.values[0].controller, "cpu");
	assert_string_equal(got.values[0].pointer, "/linux/resources/cpu/quota");
	assert_int_equal(got.values[0].group, CG_QUOTA);
	assert_string_equal(got.values[1].below, "memory.current");
	assert_true(got.full);
	assert_string_equal(got.values[3].controller, "io");
	assert_string_equal(
		got.values[3].pointer, "/linux/resources/blockIO/throttleReadBpsDevice/0");
	assert_int_equal(got.values[3].undo, CGROUP_UNDO_LINE);
	assert_string_equal(got.values[3].key, "8:0");
	assert_string_equal(got.values[3].unset, "8:0 rbps=max");
	assert_int_equal(plan(CGROUP_LAYOUT_V1, json, NULL, &arena, &got, &err), 0);
	assert_null(got.values[1].below); /* the kernel refuses by itself */
	assert_string_equal(got.values[3].unset, "8:0 0");
}

/* On a hybrid layout the values of version 1 and those of unified stand side by side. */
static void test_hybrid(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	struct cgroup_plan got = { 0 };
	struct err err = { 0 };

	(void) state;
	assert_int_equal(
		plan(CGROUP_LAYOUT_HYBRID,
			"{\"pids\":{\"limit\":3},\"unified\":{\"cgroup.max.depth\":\"2\"}}", NULL,
			&arena, &got, &err),
		0);
	assert_string_equal(text_of(&got, &arena), "pids.max=3; cgroup.max.depth=2");
	assert_false(got.values[0].unified);
	assert_true(got.values[1].unified);
}

/* The half that is not given is the one from before. */
static void test_pairs(void **state)
{
	static const struct {
		const char *given, *before, *v2;
	} cases[] = {
		{ "{\"cpu\":{\"quota\":5000}}", "{\"cpu\":{\"quota\":1,\"period\":20000}}",
			"cpu.max=5000 20000" },
		{ "{\"cpu\":{\"period\":50000}}", "{\"cpu\":{\"quota\":7000,\"period\":20000}}",
			"cpu.max=7000 50000" },
		{ "{\"cpu\":{\"shares\":1024}}", "{\"cpu\":{\"quota\":7000,\"period\":20000}}",
			"cpu.weight=100" },
		{ "{\"memory\":{\"swap\":300}}", "{\"memory\":{\"limit\":100}}",
			"memory.swap.max=200" },
		{ "{\"memory\":{\"swap\":300}}", "{\"memory\":{\"limit\":400}}", NULL },
		{ "{\"memory\":{\"limit\":50}}", "{\"memory\":{\"limit\":100,\"swap\":300}}",
			"memory.max=50" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		struct cgroup_plan got = { 0 };
		struct err err = { 0 };
		const int rc =
			plan(CGROUP_LAYOUT_V2, cases[i].given, cases[i].before, &arena, &got, &err);

		assert_int_equal(rc, cases[i].v2 == NULL ? -1 : 0);
		if (cases[i].v2 != NULL)
			assert_string_equal(text_of(&got, &arena), cases[i].v2);
	}
}

/* The sums are those of the formula computed with a mathematics library. */
static void test_weights(void **state)
{
	static const struct {
		uint64_t shares, weight;
	} cases[] = { { 0, 0 }, { 1, 1 }, { 2, 1 }, { 3, 2 }, { 10, 4 }, { 100, 17 }, { 512, 59 },
		{ 1000, 99 }, { 1024, 100 }, { 1025, 101 }, { 2048, 174 }, { 10240, 639 },
		{ 102400, 4429 }, { 262143, 10000 }, { 262144, 10000 } };
	uint64_t sum = 0;
	uint32_t mix = 0;

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(cg_weight_of_shares(cases[i].shares), cases[i].weight);
	for (uint64_t shares = 1; shares <= 262144; shares++) {
		const uint64_t weight = cg_weight_of_shares(shares);

		sum += weight;
		mix = mix * 31 + (uint32_t) weight;
	}
	assert_int_equal(sum, 1405378461);
	assert_int_equal(mix, 4210717781);
	assert_int_equal(cg_weight_of_shares(UINT64_MAX), 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_members),
		cmocka_unit_test(test_hybrid),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
