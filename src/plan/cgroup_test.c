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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_paths) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
