/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each row changes one thing of a good configuration and names the place that is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "libocispec-lite/ocispec.h"
#include "plan/parts.h"

static void *give(void *data, size_t size)
{
	return arena_alloc(data, size);
}

#define ROOT "\"ociVersion\":\"1.2.0\",\"root\":{\"path\":\"rootfs\"},"
#define PROC "\"process\":{\"cwd\":\"/\",\"args\":[\"sh\"],\"user\":{\"uid\":0,\"gid\":0}},"
#define NS   "\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"uts\"}]"
#define GOOD "{" ROOT PROC "\"linux\":{" NS "}}"

static const struct {
	const char *json;
	const char *pointer; /* NULL: accepted */
} cases[] = {
	{ GOOD, NULL },
	{ "{\"ociVersion\":\"1.0.2-dev\",\"root\":{\"path\":\"rootfs\"}," PROC "\"linux\":{" NS
	  "}}",
		NULL },
	{ "{" ROOT PROC "\"annotations\":{\"a\":\"\",\"no.such.key\":\"x\"},\"linux\":{" NS "}}",
		NULL },
	{ "{" ROOT PROC "\"annotations\":{\"a\":\"\",\"\":\"x\"},\"linux\":{" NS "}}",
		"/annotations/" },
	{ "{\"ociVersion\":\"9.0.0\",\"root\":{\"path\":\"r\"}," PROC "\"linux\":{}}",
		"/ociVersion" },
	{ "{\"ociVersion\":\"1.0.0\"," PROC "\"linux\":{}}", "/root" },
	{ "{" ROOT "\"linux\":{" NS "}}", NULL },
	{ "{" ROOT "\"process\":{\"cwd\":\"/\",\"args\":[\"\"]},\"linux\":{" NS "}}",
		"/process/args/0" },
	{ "{" ROOT "\"process\":{\"cwd\":\"x\",\"args\":[\"a\"]},\"linux\":{" NS "}}",
		"/process/cwd" },
	{ "{" ROOT "\"process\":{\"cwd\":\"/\",\"args\":[\"a\"],\"env\":[\"A=1\",\"=x\"]}}",
		"/process/env/1" },
	{ "{" ROOT PROC "\"linux\":{\"namespaces\":[{\"type\":\"mount\"},{\"type\":\"mount\"}]}}",
		"/linux/namespaces/1/type" },
	{ "{" ROOT PROC "\"linux\":{\"namespaces\":[{\"type\":\"mnt\"}]}}",
		"/linux/namespaces/0/type" },
	{ "{" ROOT PROC "\"hostname\":\"h\",\"linux\":{\"namespaces\":[{\"type\":\"mount\"}]}}",
		"/hostname" },
	{ "{" ROOT PROC "\"linux\":{\"namespaces\":[{\"type\":\"user\"}]}}", "/linux/uidMappings" },
	{ "{" ROOT PROC "\"mounts\":[{\"destination\":\"/\"}],\"linux\":{" NS "}}",
		"/mounts/0/destination" },
	{ "{" ROOT PROC "\"linux\":{" NS ",\"maskedPaths\":[\"/proc/kcore\",\"etc\"]}}",
		"/linux/maskedPaths/1" },
	{ "{" ROOT PROC "\"linux\":{" NS ",\"devices\":[{\"type\":\"q\",\"path\":\"/dev/x\"}]}}",
		"/linux/devices/0/type" },
	{ "{" ROOT PROC "\"linux\":{" NS ",\"timeOffsets\":{\"boottime\":{\"secs\":1}}}}",
		"/linux/timeOffsets" },
	{ "{" ROOT PROC "\"linux\":{" NS ",\"intelRdt\":{\"closID\":\"..\"}}}",
		"/linux/intelRdt/closID" },
	{ "{" ROOT PROC "\"linux\":{" NS
	  ",\"intelRdt\":{\"closID\":\"a\",\"l3CacheSchema\":\"L3:0=f\\nMB:0=9\","
	  "\"memBwSchema\":\"MB:0=20;1=70\",\"schemata\":[\"L3:0=f\",\"MB:0=9\"]}}}",
		NULL },
	{ "{" ROOT PROC "\"linux\":{" NS ",\"intelRdt\":{\"memBwSchema\":\"L3:0=f\"}}}",
		"/linux/intelRdt/memBwSchema" },
	{ "{" ROOT PROC "\"linux\":{" NS ",\"intelRdt\":{\"memBwSchema\":\"MB:0=9\\n\"}}}",
		"/linux/intelRdt/memBwSchema" },
	{ "{" ROOT PROC "\"linux\":{" NS
	  ",\"intelRdt\":{\"schemata\":[\"MB:0=9\",\"L3:0=f\\nL2:0=1\"]}}}",
		"/linux/intelRdt/schemata/1" },
};

/* The text of https://semver.org: which are versions and which are not. */
static void test_versions(void **state)
{
	static const struct {
		const char *text;
		bool accepted;
	} rows[] = {
		{ "1.0.0", true },
		{ "1.3.0", true },
		{ "1.20.300", true },
		{ "1.0.2-dev", true },
		{ "1.3.0+dev", true },
		{ "1.0.0-rc.1+build.007", true },
		{ "1.0.0-0a.0.--", true },
		{ "1.0.0--", true },
		{ "1", false },
		{ "1.0", false },
		{ "1.0.0.0", false },
		{ "1.01.0", false },
		{ "1.0.00", false },
		{ "1.0.0-", false },
		{ "1.0.0+", false },
		{ "1.0.0-a..b", false },
		{ "1.0.0-a.", false },
		{ "1.0.0-01", false },
		{ "1.0.0-a b", false },
		{ "1.0.0-a_b", false },
		{ "1.0.0+a+b", false },
		{ " 1.0.0", false },
		{ "v1.0.0", false },
		{ "", false },
		{ "2.0.0", false },
		{ "0.2.0", false },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char version[32];
		const struct spec spec = { .oci_version = version };
		const struct plan_input in = { .spec = &spec };
		struct err err = { 0 };

		(void) snprintf(version, sizeof(version), "%s", rows[i].text);
		if ((plan_fault(&in, 0, &err) == 0) != rows[i].accepted)
			fail_msg("\"%s\": %s", rows[i].text, err.text);
	}
}

static void test_cases(void **state)
{
	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		const struct ocispec_alloc alloc = { give, &arena };
		const struct facts facts = { .sys_admin = true };
		const struct plan_options options = { .id = "c", .bundle = "/b" };
		struct plan_notes notes = { 0 };
		struct ocispec_error error = { 0 };
		struct err err = { 0 };
		void *spec = NULL;
		int result;

		if (ocispec_parse(&ocispec_config, cases[i].json, strlen(cases[i].json), &alloc,
			    NULL, &spec, &error) < 0)
			fail_msg("case %zu: %s: %s", i, error.pointer, error.text);
		result = plan_validate(
			&(struct plan_input){ spec, &facts, &options, &arena, &notes }, &err);
		if (cases[i].pointer == NULL) {
			if (result < 0)
				fail_msg("case %zu: %s", i, err.text);
		} else {
			if (result == 0)
				fail_msg("case %zu: accepted", i);
			assert_string_equal(err.pointer, cases[i].pointer);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
