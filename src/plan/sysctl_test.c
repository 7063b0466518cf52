/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <sched.h>
#include <string.h>

#include "libocispec-lite/spec.h"
#include "plan/parts.h"

static const unsigned all = CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWUSER;

static int make(struct arena *arena, unsigned namespaces, const char *key, const char *value,
	const char *domainname, const struct sysctl_plan **ret, size_t *ret_count, struct err *err)
{
	struct spec_map_entry entry = { (char *) key, (char *) value };
	struct spec_linux linux_ = { .sysctl = { &entry, 1 } };
	const struct spec spec = { .linux_ = &linux_, .domainname = (char *) domainname };
	const struct plan_input in = { .spec = &spec, .arena = arena };
	const struct ns_plan ns = { .all = namespaces };

	return plan_sysctl(&in, &ns, ret, ret_count, err);
}

/* With the namespaces that it needs, and not without. */
static void test_namespaced(void **state)
{
	static const struct {
		const char *key, *path;
		unsigned flag;
		const char *needs;
	} cases[] = {
		{ "kernel.msgmax", "kernel/msgmax", CLONE_NEWIPC, "an ipc namespace" },
		{ "kernel/sem", "kernel/sem", CLONE_NEWIPC, "an ipc namespace" },
		{ "kernel.shm_rmid_forced", "kernel/shm_rmid_forced", CLONE_NEWIPC,
			"an ipc namespace" },
		{ "fs.mqueue.msg_max", "fs/mqueue/msg_max", CLONE_NEWIPC, "an ipc namespace" },
		{ "net.ipv4.ip_forward", "net/ipv4/ip_forward", CLONE_NEWNET,
			"a network namespace" },
		{ "net/ipv4/ip_forward", "net/ipv4/ip_forward", CLONE_NEWNET,
			"a network namespace" },
		/* Of an interface called eth0.1. */
		{ "net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding",
			CLONE_NEWNET, "a network namespace" },
		{ "kernel.domainname", "kernel/domainname", CLONE_NEWUTS, "a uts namespace" },
		{ "user.max_mnt_namespaces", "user/max_mnt_namespaces", CLONE_NEWUSER,
			"a user namespace" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		const struct sysctl_plan *plan = NULL;
		struct err err = { 0 };
		size_t count = 0;

		assert_int_equal(
			make(&arena, all, cases[i].key, "1", NULL, &plan, &count, &err), 0);
		assert_int_equal(count, 1);
		assert_string_equal(plan->path, cases[i].path);
		assert_int_equal(make(&arena, all & ~cases[i].flag, cases[i].key, "1", NULL, &plan,
					 &count, &err),
			-1);
		assert_non_null(strstr(err.text, cases[i].needs + strcspn(cases[i].needs, " ")));
		assert_memory_equal(err.pointer, "/linux/sysctl/", 14);
	}
}

static void refused(const char *key, const char *says)
{
	_cleanup_arena_ struct arena arena = { 0 };
	const struct sysctl_plan *plan = NULL;
	struct err err = { 0 };
	size_t count = 0;

	assert_int_equal(make(&arena, all, key, "x", NULL, &plan, &count, &err), -1);
	assert_int_equal(count, 0);
	assert_non_null(strstr(err.text, says));
}

/* CVE-2022-0811 and its kin: whatever the namespaces are. */
static void test_of_the_host(void **state)
{
	static const char *const keys[] = { "kernel.core_pattern", "kernel/core_pattern",
		"kernel.modprobe", "kernel.shmmax2", "kernel.sem.x", "kernel", "net", "fs.file-max",
		"fs.mqueue", "vm.overcommit_memory", "netx.ipv4.x", "dev.tty.ldisc_autoload",
		"user" };

	(void) state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		refused(keys[i], "it is the host's");
}

/* What would leave the directory that its beginning names. */
static void test_paths(void **state)
{
	static const char *const keys[] = { "", ".", "/", "..", "net/", "net.", ".net.x", "/net/x",
		"net//x", "net..x", "net/../kernel/core_pattern", "net/./x", "net.//.x",
		"net./../kernel.core_pattern", "net.ipv4.//", "net.//", "net/..",
		"../../self/oom_score_adj" };

	(void) state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		refused(keys[i], "not the name of a sysctl");
}

/* A value is one value of one key, whatever is in it. */
static void test_values(void **state)
{
	static const char *const values[] = { "", "500+kernel.core_pattern=x",
		"500\nkernel.core_pattern=x", "1,2", " 5 " };

	(void) state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		const struct sysctl_plan *plan = NULL;
		struct err err = { 0 };
		size_t count = 0;

		assert_int_equal(
			make(&arena, all, "net.x", values[i], NULL, &plan, &count, &err), 0);
		assert_int_equal(count, 1);
		assert_string_equal(plan->path, "net/x");
		assert_string_equal(plan->value, values[i]);
	}
}

static void test_names_of_the_specification(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	const struct sysctl_plan *plan = NULL;
	struct err err = { 0 };
	char name[66] = "";
	size_t count = 0;

	(void) state;
	assert_int_equal(make(&arena, all, "kernel.domainname", "a", "b", &plan, &count, &err), -1);
	assert_non_null(strstr(err.text, "/domainname"));
	assert_int_equal(make(&arena, all, "kernel.hostname", "a", NULL, &plan, &count, &err), -1);
	assert_non_null(strstr(err.text, "/hostname"));
	/* One byte more is what the kernel would leave out. */
	memset(name, 'a', sizeof(name) - 1);
	assert_int_equal(
		make(&arena, all, "kernel.domainname", name, NULL, &plan, &count, &err), -1);
	assert_non_null(strstr(err.text, "longer than 64 bytes"));
	name[64] = '\0';
	assert_int_equal(
		make(&arena, all, "kernel.domainname", name, NULL, &plan, &count, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_namespaced),
		cmocka_unit_test(test_of_the_host),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_names_of_the_specification),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
