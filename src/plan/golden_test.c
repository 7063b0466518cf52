/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Golden plans: for each directory of tests/plan, what plan_make decides for its config.json on the
 * host that its `facts` describe must be the text of its `plan`.
 *
 * `facts` has one "name value" a line and says only what differs from root on a machine with all
 * namespaces and cgroup v2. A plan that is refused is the one line "error: …". With
 * OCIRT_GOLDEN_WRITE=1 the texts are written anew: read the difference before you commit it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/str.h"
#include "libocispec-lite/ocispec.h"
#include "plan/plan.h"

struct host {
	struct facts facts;
	struct plan_options options;
};

static const struct host root_host = {
	.facts = { .sys_admin = true,
		.caps_bounding = 0x1ffffffffff,
		.cap_last = 40,
		.kernel_major = 6,
		.kernel_minor = 12,
		.namespaces = 0x7e020080,
		.cgroup = CGROUP_LAYOUT_V2 },
	.options = { .id = "c1", .bundle = "/bundle" },
};

#define FACT(name)                                                                                 \
	{                                                                                          \
#name, offsetof(struct host, facts.name),                                          \
			sizeof(((struct host *) NULL)->facts.name)                                 \
	}
#define OPTION(name)                                                                               \
	{                                                                                          \
#name, offsetof(struct host, options.name),                                        \
			sizeof(((struct host *) NULL)->options.name)                               \
	}

static const struct {
	const char *name;
	size_t offset;
	size_t size; /* a number of so many bytes; bool is one of 1 */
} rows[] = {
	FACT(euid),
	FACT(egid),
	FACT(in_user_ns),
	FACT(setgroups_denied),
	FACT(sys_admin),
	FACT(caps_bounding),
	FACT(cap_last),
	FACT(kernel_major),
	FACT(kernel_minor),
	FACT(namespaces),
	FACT(cgroup),
	FACT(apparmor),
	FACT(selinux),
	FACT(swap_accounting),
	OPTION(cgroup_manager),
	OPTION(no_pivot),
	OPTION(no_new_keyring),
	OPTION(has_console_socket),
	OPTION(foreground),
	OPTION(preserve_fds),
	OPTION(listen_fds),
};

static void *give(void *data, size_t size)
{
	return arena_alloc(data, size);
}

static char *read_text(struct arena *arena, const char *path, size_t *ret_size)
{
	struct err err = { 0 };
	char *bytes;

	if (io_read_file(path, 1 << 20, arena, &bytes, ret_size, &err) < 0)
		fail_msg("%s", err.text);
	return arena_strn(arena, bytes, *ret_size);
}

static void set_row(struct host *host, const char *name, const char *text)
{
	uint64_t value = strtoull(text, NULL, 0);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned char *at = (unsigned char *) host + rows[i].offset;
		uint32_t half = (uint32_t) value;
		bool one = value != 0;

		if (!str_eq(rows[i].name, name))
			continue;
		memcpy(at,
			rows[i].size == 8	    ? (const void *) &value
				: rows[i].size == 4 ? (const void *) &half
						    : (const void *) &one,
			rows[i].size);
		return;
	}
	fail_msg("facts: there is no %s", name);
}

static struct host read_facts(struct arena *arena, const char *path)
{
	struct host host = root_host;
	size_t size;
	char *next = read_text(arena, path, &size), *line;

	while ((line = strsep(&next, "\n")) != NULL) {
		char *value = strchr(line, ' ');

		if (*line == '\0' || *line == '#')
			continue;
		assert_non_null(value);
		*value++ = '\0';
		set_row(&host, line, value);
	}
	return host;
}

static char *make_plan(struct arena *arena, const char *directory)
{
	const struct ocispec_alloc alloc = { give, arena };
	const struct host host = read_facts(arena, arena_printf(arena, "%s/facts", directory));
	struct plan plan = { 0 };
	struct err err = { 0 };
	struct ocispec_error at;
	size_t size;
	char *json = read_text(arena, arena_printf(arena, "%s/config.json", directory), &size);
	void *spec;

	if (ocispec_parse(&ocispec_config, json, size, &alloc, NULL, &spec, &at) < 0)
		fail_msg("%s: %s: %s", directory, at.pointer, at.text);
	if (plan_make(spec, &host.facts, &host.options, arena, &plan, &err) < 0)
		return arena_printf(arena, "error: %s\n", err.text);
	return plan_print(&plan, arena);
}

static void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* The first line that differs, for a person to read. */
static void compare(const char *name, const char *want, const char *got)
{
	size_t line = 1;

	while (*want != '\0' || *got != '\0') {
		size_t a = strcspn(want, "\n"), b = strcspn(got, "\n");

		if (a != b || strncmp(want, got, a) != 0)
			fail_msg("tests/plan/%s/plan:%zu: wanted \"%.*s\", got \"%.*s\"", name,
				line, (int) a, want, (int) b, got);
		want += a + (want[a] != '\0');
		got += b + (got[b] != '\0');
		line++;
	}
}

static void test_plans(void **state)
{
	const char *top = getenv("OCIRT_SRCDIR");
	struct dirent **names;
	int count, cases = 0;
	char base[4096];

	(void) state;
	if (top == NULL) {
		print_message("OCIRT_SRCDIR is not set: run through make check\n");
		skip();
	}
	(void) snprintf(base, sizeof(base), "%s/tests/plan", top);
	count = scandir(base, &names, NULL, alphasort);
	assert_true(count >= 0);
	for (int i = 0; i < count; i++) {
		struct arena arena = { 0 };
		const char *name = names[i]->d_name;
		char *directory = arena_printf(&arena, "%s/%s", base, name);
		char *path = arena_printf(&arena, "%s/plan", directory), *got;
		size_t size;

		if (name[0] != '.') {
			got = make_plan(&arena, directory);
			if (getenv("OCIRT_GOLDEN_WRITE") != NULL)
				write_text(path, got);
			compare(name, read_text(&arena, path, &size), got);
			cases++;
		}
		arena_done(&arena);
		free(names[i]);
	}
	free(names);
	/* A directory that is not found must not look like a test that passed. */
	assert_true(cases >= 12);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_plans) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
