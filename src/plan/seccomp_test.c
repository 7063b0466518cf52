/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include <linux/seccomp.h>

#include "libocispec-lite/spec.h"
#include "plan/parts.h"
#include "plan/seccomp.h"

struct profile_case {
	const char *default_action;
	const char *action;
	const char *op;
	const char *arch;
	uint32_t index;
	uint32_t number;
	const char *pointer; /* of the error, NULL: accepted */
};

static void test_refused(void **state)
{
	static const struct profile_case cases[] = {
		{ "SCMP_ACT_ERRNO", "SCMP_ACT_ERRNO", "SCMP_CMP_EQ", "SCMP_ARCH_X86", 5, 38, NULL },
		{ NULL, "SCMP_ACT_ERRNO", "SCMP_CMP_EQ", "SCMP_ARCH_X86", 0, 1,
			"/linux/seccomp/defaultAction" },
		{ "SCMP_ACT_NOTIFY", "SCMP_ACT_ERRNO", "SCMP_CMP_EQ", "SCMP_ARCH_X86", 0, 1,
			"/linux/seccomp/listenerPath" },
		{ "SCMP_ACT_ALLOW", "SCMP_ACT_NO", "SCMP_CMP_EQ", "SCMP_ARCH_X86", 0, 1,
			"/linux/seccomp/syscalls/0/action" },
		{ "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_CMP_XX", "SCMP_ARCH_X86", 0, 1,
			"/linux/seccomp/syscalls/0/args/0/op" },
		{ "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_CMP_EQ", "SCMP_ARCH_Z80", 0, 1,
			"/linux/seccomp/architectures/0" },
		{ "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_CMP_EQ", "SCMP_ARCH_X86", 9, 1,
			"/linux/seccomp/syscalls/0/args/0/index" },
		{ "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_CMP_EQ", "SCMP_ARCH_X86", 0, 99999,
			"/linux/seccomp/syscalls/0/errnoRet" },
		{ "SCMP_ACT_ALLOW", "SCMP_ACT_KILL", "SCMP_CMP_EQ", "SCMP_ARCH_X86", 0, 1,
			"/linux/seccomp/syscalls/0/errnoRet" },
		{ "SCMP_ACT_ALLOW", "SCMP_ACT_NOTIFY", "SCMP_CMP_EQ", "SCMP_ARCH_X86", 0,
			UINT32_MAX, "/linux/seccomp/listenerPath" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct profile_case *c = &cases[i];
		_cleanup_arena_ struct arena arena = { 0 };
		char name[] = "mkdir", *names[] = { name };
		char *archs[] = { (char *) c->arch };
		uint32_t number = c->number;
		struct spec_seccomp_arg arg = { .index = c->index, .op = (char *) c->op };
		struct spec_seccomp_syscall call = {
			.names = { names, 1 },
			.action = (char *) c->action,
			.errno_ret = number == UINT32_MAX ? NULL : &number,
			.args = { &arg, 1 },
		};
		struct spec_seccomp profile = {
			.default_action = (char *) c->default_action,
			.architectures = { archs, 1 },
			.syscalls = { &call, 1 },
		};
		struct spec_linux lin = { .seccomp = &profile };
		struct spec spec = { .linux_ = &lin };
		const struct plan_input in = { .spec = &spec, .arena = &arena };
		const struct seccomp_plan *plan = NULL;
		struct err err = { 0 };

		if (c->pointer != NULL) {
			assert_int_equal(plan_seccomp(&in, &plan, &err), -1);
			assert_string_equal(err.pointer, c->pointer);
			continue;
		}
		assert_int_equal(plan_seccomp(&in, &plan, &err), 0);
		assert_int_equal(plan->rules.rule_count, 1);
		assert_int_equal(plan->rules.rules[0].action, SECCOMP_RET_ERRNO | ENOSYS);
		assert_int_equal(plan->rules.default_action, SECCOMP_RET_ERRNO | EPERM);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
