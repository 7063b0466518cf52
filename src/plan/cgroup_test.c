/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "libocispec-lite/spec.h"
#include "plan/parts.h"

struct path_case {
	const char *asked;
	enum cgroup_manager manager;
	const char *path; /* NULL: refused */
	bool relative;
};

static void test_paths(void **state)
{
	static const struct path_case cases[] = {
		{ NULL, CGROUP_MANAGER_FS, "c1", true },
		{ "/a//b/./c/", CGROUP_MANAGER_FS, "/a/b/c", false },
		{ "a/b", CGROUP_MANAGER_FS, "a/b", true },
		{ "/a/../b", CGROUP_MANAGER_FS, NULL, false },
		{ "..", CGROUP_MANAGER_FS, NULL, false },
		{ "/", CGROUP_MANAGER_FS, NULL, false },
		{ "a.slice:p:n", CGROUP_MANAGER_FS, "a.slice:p:n", true },
		{ "a.slice:p:n", CGROUP_MANAGER_SYSTEMD, "/a.slice/p-n.scope", false },
		{ "/a/b", CGROUP_MANAGER_SYSTEMD, NULL, false },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		struct spec_linux lin = { .cgroups_path = (char *) cases[i].asked };
		struct spec spec = { .linux_ = &lin };
		const struct facts facts = { .euid = 1000 };
		const struct plan_options options = { .id = "c1",
			.cgroup_manager = cases[i].manager };
		const struct plan_input in = { &spec, &facts, &options, &arena, NULL };
		struct cgroup_plan plan = { 0 };
		struct err err = { 0 };
		const int rc = plan_cgroup(&in, NULL, &plan, &err);

		assert_int_equal(rc, cases[i].path == NULL ? -1 : 0);
		if (rc < 0) {
			assert_string_equal(err.pointer, "/linux/cgroupsPath");
			continue;
		}
		assert_string_equal(plan.path, cases[i].path);
		assert_int_equal(plan.relative, cases[i].relative);
		assert_int_equal(plan.may_fail, cases[i].asked == NULL);
	}
}

static void test_owner(void **state)
{
	static const struct {
		enum cgroup_layout layout;
		bool own_namespace, user_namespace;
		const char *option; /* of the mount */
		uint32_t uid;
		int64_t owner; /* -1: it stays the runtime's */
	} cases[] = {
		{ CGROUP_LAYOUT_V2, true, true, "rw", 0, 100000 },
		{ CGROUP_LAYOUT_V2, true, true, "nosuid", 7, 100007 },
		{ CGROUP_LAYOUT_V2, true, false, "rw", 7, 7 },
		{ CGROUP_LAYOUT_V2, true, false, "rw", 0, -1 },
		{ CGROUP_LAYOUT_V2, true, true, "ro", 0, -1 },
		{ CGROUP_LAYOUT_V2, true, true, "rw", 10, -1 },
		{ CGROUP_LAYOUT_V2, false, true, "rw", 0, -1 },
		{ CGROUP_LAYOUT_HYBRID, true, true, "rw", 0, -1 },
		{ CGROUP_LAYOUT_V1, true, true, "rw", 0, -1 },
	};
	static const struct id_map map = { 0, 100000, 10 };

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		uint32_t uid = cases[i].uid;
		char *option = (char *) cases[i].option;
		struct spec_mount mount = { .destination = (char *) "/sys/fs/cgroup",
			.source = (char *) "cgroup",
			.options = { &option, 1 } };
		struct spec_user user = { .uid = &uid };
		struct spec_process process = { .user = &user };
		struct spec spec = { .process = &process, .mounts = { &mount, 1 } };
		const struct facts facts = { .sys_admin = true, .cgroup = cases[i].layout };
		const struct plan_options options = { .id = "c1" };
		const struct plan_input in = { &spec, &facts, &options, &arena, NULL };
		const struct ns_plan ns = {
			.user = cases[i].user_namespace ? NS_USER_NEW : NS_USER_HOST,
			.unshare_cgroup = cases[i].own_namespace,
			.maps = { .uids = &map, .uid_count = 1 },
		};
		struct cgroup_plan plan = { 0 };
		struct err err = { 0 };

		assert_int_equal(plan_cgroup(&in, &ns, &plan, &err), 0);
		assert_int_equal(plan.handed_over, cases[i].owner >= 0);
		if (cases[i].owner >= 0)
			assert_int_equal(plan.owner, cases[i].owner);
	}
}

static void test_delegate(void **state)
{
	static const struct {
		const char *name;
		enum cgroup_layout layout;
		enum cgroup_manager manager;
		bool taken;
	} cases[] = {
		{ "a", CGROUP_LAYOUT_V2, CGROUP_MANAGER_FS, true },
		{ "a.b", CGROUP_LAYOUT_V2, CGROUP_MANAGER_SYSTEMD, true },
		{ "a", CGROUP_LAYOUT_V2, CGROUP_MANAGER_DISABLED, false },
		{ "a", CGROUP_LAYOUT_HYBRID, CGROUP_MANAGER_FS, false },
		{ "a", CGROUP_LAYOUT_V1, CGROUP_MANAGER_FS, false },
		{ "", CGROUP_LAYOUT_V2, CGROUP_MANAGER_FS, false },
		{ "..", CGROUP_LAYOUT_V2, CGROUP_MANAGER_FS, false },
		{ ".", CGROUP_LAYOUT_V2, CGROUP_MANAGER_FS, false },
		{ "a/b", CGROUP_LAYOUT_V2, CGROUP_MANAGER_FS, false },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		struct spec_map_entry entry = { .key = (char *) DELEGATE_ANNOTATION,
			.value = (char *) cases[i].name };
		struct spec spec = { .annotations = { &entry, 1 } };
		const struct facts facts = { .sys_admin = true, .cgroup = cases[i].layout };
		const struct plan_options options = { .id = "c1",
			.cgroup_manager = cases[i].manager };
		const struct plan_input in = { &spec, &facts, &options, &arena, NULL };
		const struct ns_plan ns = { .user = NS_USER_HOST };
		struct cgroup_plan plan = { 0 };
		struct err err = { 0 };
		const int rc = plan_cgroup(&in, &ns, &plan, &err);

		assert_int_equal(rc, cases[i].taken ? 0 : -1);
		if (rc < 0)
			assert_string_equal(err.pointer, "/annotations/" DELEGATE_ANNOTATION);
		else
			assert_string_equal(plan.delegate, cases[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_paths),
		cmocka_unit_test(test_owner), cmocka_unit_test(test_delegate) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
