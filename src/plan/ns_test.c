/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shapes of namespaces: each row is a list, who asks, and what is decided. The order of a list means
 * nothing: each row is planned forwards and backwards. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/sched.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/parts.h"

enum { ALL = 0x7e020080 };
enum who { ROOT, USER, ENGINE, OLD };

static const struct facts hosts[] = {
	[ROOT] = { .sys_admin = true, .kernel_major = 6, .kernel_minor = 3, .namespaces = ALL },
	[OLD] = { .sys_admin = true, .kernel_major = 5, .kernel_minor = 15, .namespaces = ALL },
	[USER] = { .euid = 1000, .egid = 1000, .namespaces = ALL },
	[ENGINE] = { .sys_admin = true, .in_user_ns = true, .namespaces = ALL },
};

#define N(t)                                                                                       \
	{                                                                                          \
		.type = (char *) (t)                                                               \
	}
#define J(t)                                                                                       \
	{                                                                                          \
		.type = (char *) (t), .path = (char *) "/ns/" t                                    \
	}
#define OTHER (CLONE_NEWUTS | CLONE_NEWIPC)

static const struct row {
	enum who who;
	struct spec_namespace list[8];
	int user;
	unsigned clone_flags;
	unsigned unshare;
	bool second_clone;
	int time;
	const char *parent; /* joins, in order of the forward list */
	const char *child;
	const char *error; /* NULL: none */
} table[] = {
	{ ROOT, { N("mount"), N("pid") }, NS_USER_HOST, CLONE_NEWNS | CLONE_NEWPID, 0, false,
		NS_TIME_KEEP, "", "", NULL },
	{ ROOT, { N("mount"), J("pid") }, NS_USER_HOST, CLONE_NEWNS, 0, false, NS_TIME_KEEP, "pid ",
		"", NULL },
	{ ROOT, { J("mount"), N("uts") }, NS_USER_HOST, CLONE_NEWUTS, 0, false, NS_TIME_KEEP, "",
		"mount ", NULL },
	{ ROOT, { N("mount"), N("time") }, NS_USER_HOST, CLONE_NEWNS, 0, false, NS_TIME_PARENT, "",
		"", NULL },
	{ ROOT, { N("mount"), J("time") }, NS_USER_HOST, CLONE_NEWNS, 0, false, NS_TIME_KEEP,
		"time ", "", NULL },
	{ ROOT, { N("mount"), N("cgroup") }, NS_USER_HOST, CLONE_NEWNS, 0, false, NS_TIME_KEEP, "",
		"", NULL },
	{ ROOT, { N("user"), N("mount"), N("pid"), N("time") }, NS_USER_NEW,
		CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID, 0, false, NS_TIME_CHILD, "", "", NULL },
	{ ROOT, { N("user"), N("mount"), J("pid"), J("network") }, NS_USER_NEW,
		CLONE_NEWUSER | CLONE_NEWNS, 0, false, NS_TIME_KEEP, "pid network ", "", NULL },
	{ ROOT, { J("user"), N("mount"), N("pid") }, NS_USER_JOINED, 0, CLONE_NEWNS | CLONE_NEWPID,
		true, NS_TIME_KEEP, "", "user ", NULL },
	{ ROOT, { J("user"), N("mount"), J("pid") }, NS_USER_JOINED, 0, CLONE_NEWNS, false,
		NS_TIME_KEEP, "pid ", "user ", NULL },
	{ ROOT, { J("user"), J("mount"), N("uts"), N("ipc") }, NS_USER_JOINED, 0, OTHER, false,
		NS_TIME_KEEP, "", "user mount ", NULL },
	{ ROOT, { J("user"), N("mount"), N("time") }, NS_USER_JOINED, 0, CLONE_NEWNS, false,
		NS_TIME_CHILD, "", "user ", NULL },
	{ OLD, { N("user"), N("mount"), N("pid"), N("time") }, NS_USER_NEW,
		CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID, 0, false, NS_TIME_PARENT, "", "",
		NULL },
	/* What a user may join belongs to the user namespace that is joined first. */
	{ USER, { J("user"), N("mount"), J("network"), J("pid") }, NS_USER_JOINED, 0, CLONE_NEWNS,
		true, NS_TIME_KEEP, "", "user network pid ", NULL },
	{ USER, { N("user"), N("mount"), N("pid") }, NS_USER_NEW,
		CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID, 0, false, NS_TIME_KEEP, "", "", NULL },
	{ USER, { N("mount") }, 0, 0, 0, false, 0, "", "", "/linux/namespaces" },
	/* Nobody in a new user namespace has rights over a mount namespace that was there before. */
	{ ROOT, { N("user"), J("mount") }, 0, 0, 0, false, 0, "", "", "/linux/namespaces" },
	/* Root of a user namespace may leave the host's namespaces, but not come back to them. */
	{ ENGINE, { N("mount"), N("pid"), J("network") }, NS_USER_HOST, CLONE_NEWNS | CLONE_NEWPID,
		0, false, NS_TIME_KEEP, "", "network ", NULL },
	{ ENGINE, { N("mount"), J("pid"), J("network") }, NS_USER_HOST, CLONE_NEWNS, 0, true,
		NS_TIME_KEEP, "", "pid network ", NULL },
	{ ENGINE, { N("user"), N("mount"), N("pid"), J("network") }, NS_USER_NEW, 0,
		CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID, true, NS_TIME_KEEP, "", "network ",
		NULL },
	{ ENGINE, { N("user"), N("mount"), N("pid") }, NS_USER_NEW,
		CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID, 0, false, NS_TIME_KEEP, "", "", NULL },
	{ ENGINE, { J("user"), N("mount"), J("network") }, NS_USER_JOINED, 0, CLONE_NEWNS, false,
		NS_TIME_KEEP, "", "user network ", NULL },
	{ ENGINE, { N("mount"), N("time") }, NS_USER_HOST, CLONE_NEWNS, 0, true, NS_TIME_CHILD, "",
		"", NULL },
};

static void check_joins(const struct ns_join *joins, size_t count, const char *want, bool backwards)
{
	char text[128] = "";

	for (size_t i = 0; i < count; i++)
		(void) snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s ",
			str_after(joins[i].path, "/ns/"));
	if (backwards) /* the same ones; the order between others than user is free */
		assert_int_equal(strlen(text), strlen(want));
	else
		assert_string_equal(text, want);
	if (str_starts(want, "user "))
		assert_true(str_starts(text, "user "));
}

static void plan_row(const struct row *row, bool backwards)
{
	struct spec_id_mapping map = { .container_id = 0, .host_id = 1000, .size = 1 };
	struct spec_namespace list[8] = { 0 };
	size_t count = 0;
	struct arena arena = { 0 };
	struct plan_notes notes = { 0 };
	struct err err = { 0 };
	struct ns_plan ns = { 0 };

	while (count < 8 && row->list[count].type != NULL)
		count++;
	for (size_t i = 0; i < count; i++)
		list[i] = row->list[backwards ? count - 1 - i : i];

	struct spec_linux lin = { .namespaces = { list, count },
		.uid_mappings = { &map, 1 },
		.gid_mappings = { &map, 1 } };
	struct spec spec = { .linux_ = &lin };
	const struct plan_options options = { .id = "c", .bundle = "/b" };
	const struct plan_input in = { &spec, &hosts[row->who], &options, &arena, &notes };
	const int done = plan_ns(&in, &ns, &err);

	if (row->error != NULL) {
		assert_int_equal(done, -1);
		assert_string_equal(err.pointer, row->error);
	} else {
		assert_int_equal(done, 0);
		assert_int_equal(ns.user, row->user);
		assert_int_equal(ns.clone_flags, row->clone_flags);
		assert_int_equal(ns.unshare, row->unshare);
		assert_int_equal(ns.second_clone, row->second_clone);
		assert_int_equal(ns.time, row->time);
		check_joins(ns.parent_joins, ns.parent_join_count, row->parent, backwards);
		check_joins(ns.child_joins, ns.child_join_count, row->child, backwards);
	}
	arena_done(&arena);
}

static void test_shapes(void **state)
{
	(void) state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		print_message("row %zu\n", i);
		plan_row(&table[i], false);
		plan_row(&table[i], true);
	}
}

/* Who writes the maps, and whether the child must be dumpable until they are written. */
static void test_maps(void **state)
{
	static const struct {
		enum who who;
		uint32_t host_id, size;
		bool deny, helpers, dumpable;
	} cases[] = {
		{ ROOT, 100000, 65536, false, false, false },
		{ ROOT, 0, 1, false, false, false },
		{ ENGINE, 0, 65536, false, false, false },
		{ USER, 1000, 1, true, false, true },
		{ USER, 1001, 1, false, true, true },
		{ USER, 1000, 2, false, true, true },
		{ USER, 100000, 65536, false, true, true },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct spec_namespace list[] = { N("user"), N("mount") };
		struct spec_id_mapping map = {
			.container_id = 0, .host_id = cases[i].host_id, .size = cases[i].size
		};
		struct spec_linux lin = { .namespaces = { list, 2 },
			.uid_mappings = { &map, 1 },
			.gid_mappings = { &map, 1 } };
		struct spec spec = { .linux_ = &lin };
		const struct plan_options options = { .id = "c", .bundle = "/b" };
		struct arena arena = { 0 };
		struct plan_notes notes = { 0 };
		const struct plan_input in = { &spec, &hosts[cases[i].who], &options, &arena,
			&notes };
		struct err err = { 0 };
		struct ns_plan ns = { 0 };

		assert_int_equal(plan_ns(&in, &ns, &err), 0);
		assert_int_equal(ns.setgroups_deny, cases[i].deny);
		assert_int_equal(ns.map_by_helpers, cases[i].helpers);
		assert_int_equal(ns.dumpable_until_mapped, cases[i].dumpable);
		arena_done(&arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
