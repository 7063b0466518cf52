/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "libocispec-lite/spec.h"
#include "plan/parts.h"
#include "plan/rdt.h"

static void assert_text(const char *got, const char *wanted)
{
	if (wanted == NULL)
		assert_null(got);
	else
		assert_string_equal(got, wanted);
}

/* Lines of the memory bandwidth in the schema of the cache count only where the other one is not given. */
static void test_schemata(void **state)
{
	static const struct {
		const char *cache;
		const char *bandwidth;
		const char *text;
	} rows[] = {
		{ NULL, NULL, NULL },
		{ "", "\n", NULL },
		{ "L3:0=7f0;1=1f", NULL, "L3:0=7f0;1=1f\n" },
		{ NULL, "MB:0=20;1=70", "MB:0=20;1=70\n" },
		{ "L3:0=f", "MB:0=20", "L3:0=f\nMB:0=20\n" },
		{ "L3:0=f\nMB:0=50", NULL, "L3:0=f\nMB:0=50\n" },
		{ "L3:0=f\nMB:0=50\nL2:0=3\n", "MB:0=20", "L3:0=f\nL2:0=3\nMB:0=20\n" },
		{ "  L3CODE:0=f \n\n L3DATA:0=f", NULL, "L3CODE:0=f\nL3DATA:0=f\n" },
	};
	struct arena arena = { 0 };

	(void) state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_text(
			plan_rdt_schemata(rows[i].cache, rows[i].bandwidth, &arena), rows[i].text);
	arena_done(&arena);
}

static void test_has(void **state)
{
	static const char have[] = "    L3:0=007f0;1=0001f\n    MB:0= 20;1= 70\nL2:0=0\n";
	static const struct {
		const char *wanted;
		bool has;
	} rows[] = {
		{ "", true },
		{ "L3:0=7f0;1=1f\n", true },
		{ "L3:0=7F0", true },
		{ "L3: 1 = 01f ;0=7f0;\nMB:1=70\n", true },
		{ "L2:0=0", true },
		{ "L2:0=00", true },
		{ "L2:0=1", false },
		{ "L3:0=7f", false },
		{ "L3:2=1f", false },
		{ "L3CODE:0=7f0", false },
		{ "MB:0=20;1=71", false },
		{ "L3:0=7f0\nMB:0=10", false },
		{ "L3", false },
		{ "L3:0", false },
	};
	struct arena arena = { 0 };

	(void) state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (plan_rdt_has(have, rows[i].wanted, &arena) != rows[i].has)
			fail_msg("\"%s\" should be %d", rows[i].wanted, rows[i].has);
	arena_done(&arena);
}

static struct rdt_plan plan(struct spec_intel_rdt *rdt, struct arena *arena)
{
	static struct facts facts;
	struct spec_linux linux_ = { .intel_rdt = rdt };
	const struct spec spec = { .linux_ = &linux_ };
	const struct plan_options options = { .id = "c1" };
	struct plan_notes notes = { 0 };
	const struct plan_input in = { &spec, &facts, &options, arena, &notes };
	struct rdt_plan ret = { 0 };

	plan_rdt(&in, &ret);
	return ret;
}

#define WRITABLE(text) ((char[]){ text })

static void test_plan(void **state)
{
	struct arena arena = { 0 };
	char *lines[] = { WRITABLE("L2:0=f"), WRITABLE("MB:0=20") };
	bool yes = true, no = false;
	struct rdt_plan got = plan(NULL, &arena);

	(void) state;
	assert_null(got.group);
	got = plan(&(struct spec_intel_rdt){ .enable_monitoring = &no }, &arena);
	assert_string_equal(got.group, "c1");
	assert_false(got.shared);
	assert_null(got.schemata);
	assert_null(got.monitor);
	got = plan(&(struct spec_intel_rdt){ .clos_id = WRITABLE("/"), .enable_monitoring = &yes },
		&arena);
	assert_string_equal(got.group, "");
	assert_true(got.shared);
	assert_string_equal(got.monitor, "c1");
	got = plan(&(struct spec_intel_rdt){ .clos_id = WRITABLE("gold"),
			   .l3_cache_schema = WRITABLE("L3:0=f"),
			   .mem_bw_schema = WRITABLE("MB:0=10"),
			   .schemata = { lines, 2 } },
		&arena);
	assert_string_equal(got.group, "gold");
	assert_true(got.shared);
	assert_string_equal(got.schemata, "L3:0=f\nMB:0=10\n");
	assert_string_equal(got.more_schemata, "L2:0=f\nMB:0=20\n");
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schemata),
		cmocka_unit_test(test_has),
		cmocka_unit_test(test_plan),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
