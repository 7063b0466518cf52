/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/exec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "libocispec-lite/spec.h"

static const struct facts host = { .sys_admin = true,
	.caps_bounding = UINT64_MAX,
	.cap_last = 40,
	.apparmor = true,
	.selinux = true };

static void users(void **state)
{
	static const char *const wrong[] = { "", "x", ":", "1:", ":1", "-1", " 1", "+1", "1x",
		"0x1", "1:2:3", "4294967295", "4294967296", "100000000000000000000", "1:4294967295",
		"root" };
	struct exec_user user;
	struct err err;

	(void) state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(plan_exec_user(wrong[i], &user, &err), -1);
		assert_int_equal(err.code, ERR_USAGE);
	}
	assert_int_equal(plan_exec_user("1000", &user, &err), 0);
	assert_true(user.given);
	assert_int_equal(user.uid, 1000);
	assert_false(user.gid_given);
	assert_int_equal(plan_exec_user("65534:4294967294", &user, &err), 0);
	assert_int_equal(user.uid, 65534);
	assert_true(user.gid_given);
	assert_int_equal(user.gid, 4294967294U);
}

struct fixture {
	struct arena arena;
	struct spec_process process;
	struct spec spec;
	struct exec_options exec;
	struct ns_plan ns;
	struct proc_plan proc;
	struct plan_notes notes;
};

static char *env[] = { "PATH=/bin", "A=config" };
static char *caps[] = { "CAP_KILL" };
static char *argv_of_init[] = { "init" };
static char *argv_of_exec[] = { "prog", "word" };

static void setup(struct fixture *f)
{
	struct spec_capabilities *sets;

	*f = (struct fixture){ 0 };
	sets = ARENA_NEW(&f->arena, struct spec_capabilities);
	sets->bounding = sets->permitted = sets->effective = (struct spec_strings){ caps, 1 };
	f->process.args = (struct spec_strings){ argv_of_init, 1 };
	f->process.env = (struct spec_strings){ env, 2 };
	f->process.cwd = "/work";
	f->process.capabilities = sets;
	f->process.no_new_privileges = ARENA_NEW(&f->arena, bool);
	*f->process.no_new_privileges = true;
	f->process.terminal = ARENA_NEW(&f->arena, bool);
	*f->process.terminal = true;
	f->spec.oci_version = "1.3.0";
	f->spec.process = &f->process;
	f->exec.args = argv_of_exec;
	f->exec.arg_count = 2;
}

static int plan(struct fixture *f, struct err *err)
{
	const struct plan_options options = { .id = "c1" };

	return plan_exec(plan_exec_record(&f->spec, &f->arena), &f->exec, &host, &options, false,
		&f->arena, &f->ns, &f->proc, &f->notes, err);
}

static void the_container_is_the_default(void **state)
{
	struct fixture f;
	struct err err;

	(void) state;
	setup(&f);
	assert_int_equal(plan(&f, &err), 0);
	assert_string_equal(f.proc.argv[0], "prog");
	assert_string_equal(f.proc.argv[1], "word");
	assert_null(f.proc.argv[2]);
	assert_string_equal(f.proc.cwd, "/work");
	assert_int_equal(f.proc.env_count, 2);
	assert_int_equal(f.proc.caps.effective, 1 << 5);
	assert_true(f.proc.no_new_privs);
	/* A terminal is each process's own. */
	assert_false(f.proc.terminal);
	arena_done(&f.arena);
}

static void options_add(void **state)
{
	static const char *const more_env[] = { "A=option", "B=new" };
	static const char *const more_caps[] = { "CAP_NET_RAW" };
	static const uint32_t groups[] = { 7 };
	struct fixture f;
	struct err err;

	(void) state;
	setup(&f);
	f.exec.env = more_env;
	f.exec.env_count = 2;
	f.exec.caps = more_caps;
	f.exec.cap_count = 1;
	f.exec.groups = groups;
	f.exec.group_count = 1;
	f.exec.terminal = true;
	f.exec.user = (struct exec_user){ .given = true, .uid = 5 };
	assert_int_equal(plan(&f, &err), 0);
	assert_int_equal(f.proc.env_count, 3);
	assert_string_equal(f.proc.envp[1], "A=option");
	assert_int_equal(f.proc.caps.bounding, 1 << 5 | 1 << 13);
	assert_int_equal(f.proc.caps.permitted, 1 << 5 | 1 << 13);
	assert_int_equal(f.proc.caps.effective, 1 << 5 | 1 << 13);
	assert_int_equal(f.proc.caps.inheritable, 0);
	assert_int_equal(f.proc.caps.ambient, 0);
	assert_int_equal(f.proc.uid, 5);
	assert_int_equal(f.proc.gid, 0);
	assert_int_equal(f.proc.group_count, 1);
	assert_true(f.proc.terminal);
	/* The container's own lists are as they were. */
	assert_int_equal(f.process.env.count, 2);
	assert_int_equal(f.process.capabilities->effective.count, 1);
	arena_done(&f.arena);
}

static void an_unknown_capability_is_left_out(void **state)
{
	static const char *const unknown[] = { "CAP_NO_SUCH", "CAP_NET_RAW" };
	struct fixture f;
	struct err err;

	(void) state;
	setup(&f);
	f.exec.caps = unknown;
	f.exec.cap_count = 2;
	assert_int_equal(plan(&f, &err), 0);
	assert_int_equal(f.proc.caps.effective, 1 << 5 | 1 << 13);
	assert_int_equal(f.notes.count, 1);
	assert_non_null(strstr(f.notes.items[0], "CAP_NO_SUCH"));
	arena_done(&f.arena);
}

static void silence_of_a_document_sets_nothing_free(void **state)
{
	struct spec_process document = { .args = { argv_of_exec, 2 }, .cwd = "/other" };
	bool no = false;
	struct fixture f;
	struct err err;

	(void) state;
	setup(&f);
	f.exec.document = &document;
	f.exec.arg_count = 0;
	assert_int_equal(plan(&f, &err), 0);
	assert_string_equal(f.proc.cwd, "/other");
	assert_true(f.proc.no_new_privs);
	assert_int_equal(f.proc.caps.bounding, 1 << 5);
	/* What it says counts. */
	document.no_new_privileges = &no;
	assert_int_equal(plan(&f, &err), 0);
	assert_false(f.proc.no_new_privs);
	arena_done(&f.arena);
}

static void the_record_is_small(void **state)
{
	struct spec_linux linux_ = { .cgroups_path = "/x", .mount_label = "y" };
	struct spec_map_entry annotations[] = { { "a", "b" },
		{ "run.oci.keep_original_groups", "1" }, { "c", "d" } };
	const struct spec *record;
	struct fixture f;

	(void) state;
	setup(&f);
	f.spec.linux_ = &linux_;
	f.spec.annotations = (struct spec_map){ annotations, 3 };
	f.spec.hostname = "h";
	record = plan_exec_record(&f.spec, &f.arena);
	assert_ptr_equal(record->process, &f.process);
	assert_null(record->hostname);
	assert_null(record->linux_->cgroups_path);
	assert_null(record->linux_->mount_label);
	assert_int_equal(record->annotations.count, 1);
	assert_ptr_equal(record->annotations.items, &annotations[1]);
	arena_done(&f.arena);
}

/* The option, then the document, then the container. */
static void labels(void **state)
{
	struct fixture f;
	struct spec_process document = { 0 };
	struct err err;

	(void) state;
	setup(&f);
	f.process.apparmor_profile = "box";
	f.process.selinux_label = "u:r:t:s0";
	assert_int_equal(plan(&f, &err), 0);
	assert_string_equal(f.proc.apparmor, "box");
	assert_string_equal(f.proc.selinux, "u:r:t:s0");
	f.exec.apparmor = "tighter";
	f.exec.selinux = "u:r:t:s1";
	assert_int_equal(plan(&f, &err), 0);
	assert_string_equal(f.proc.apparmor, "tighter");
	assert_string_equal(f.proc.selinux, "u:r:t:s1");
	document.args = f.process.args;
	document.cwd = "/";
	document.apparmor_profile = "of the document";
	f.exec.document = &document;
	f.exec.apparmor = f.exec.selinux = NULL;
	assert_int_equal(plan(&f, &err), 0);
	assert_string_equal(f.proc.apparmor, "of the document");
	assert_string_equal(f.proc.selinux, "u:r:t:s0");
	arena_done(&f.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users),
		cmocka_unit_test(the_container_is_the_default),
		cmocka_unit_test(options_add),
		cmocka_unit_test(labels),
		cmocka_unit_test(an_unknown_capability_is_left_out),
		cmocka_unit_test(silence_of_a_document_sets_nothing_free),
		cmocka_unit_test(the_record_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
