/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/mount.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>

#include "libocispec-lite/spec.h"
#include "plan/names.h"
#include "plan/parts.h"

#define NOSYMFOLLOW 0x00200000UL
#define ATIME	    MOUNT_ATTR__ATIME

/* ---- one entry ---------------------------------------------------------------------------------- */

struct fixture {
	struct arena arena;
	struct spec spec;
	struct facts facts;
	struct plan_options options;
	struct plan_notes notes;
	struct ns_plan ns;
	struct mount_step step;
	struct err err;
};

static int plan(struct fixture *f, const struct spec_mount *mount)
{
	const struct plan_input in = { &f->spec, &f->facts, &f->options, &f->arena, &f->notes };

	f->options.bundle = "/bundle";
	return plan_mount(&in, &f->ns, mount, "/mounts/3", &f->step, &f->err);
}

static int plan_words(struct fixture *f, const char *type, const char *words)
{
	char *items[16], *copy = arena_str(&f->arena, words), *word;
	struct spec_mount mount = {
		.destination = (char *) "/mnt",
		.type = (char *) type,
		.source = (char *) "/src",
	};
	size_t count = 0;

	while ((word = strsep(&copy, ",")) != NULL)
		items[count++] = word;
	mount.options.items = items;
	mount.options.count = count;
	return plan(f, &mount);
}

/* ---- every word of the specification ------------------------------------------------------------ */

static const struct {
	const char *words;
	uint64_t set, clear, set_rec, clear_rec;
	unsigned long sb, propagation;
} cases[] = {
	{ "async", 0, 0, 0, 0, 0, 0 },
	{ "atime", 0, ATIME, 0, 0, 0, 0 },
	{ "defaults", 0, 0, 0, 0, 0, 0 },
	{ "dev", 0, MOUNT_ATTR_NODEV, 0, 0, 0, 0 },
	{ "diratime", 0, MOUNT_ATTR_NODIRATIME, 0, 0, 0, 0 },
	{ "dirsync", 0, 0, 0, 0, MS_DIRSYNC, 0 },
	{ "exec", 0, MOUNT_ATTR_NOEXEC, 0, 0, 0, 0 },
	{ "iversion", 0, 0, 0, 0, MS_I_VERSION, 0 },
	{ "lazytime", 0, 0, 0, 0, MS_LAZYTIME, 0 },
	{ "loud", 0, 0, 0, 0, 0, 0 },
	{ "mand", 0, 0, 0, 0, MS_MANDLOCK, 0 },
	{ "noatime", MOUNT_ATTR_NOATIME, ATIME & ~MOUNT_ATTR_NOATIME, 0, 0, 0, 0 },
	{ "nodev", MOUNT_ATTR_NODEV, 0, 0, 0, 0, 0 },
	{ "nodiratime", MOUNT_ATTR_NODIRATIME, 0, 0, 0, 0, 0 },
	{ "noexec", MOUNT_ATTR_NOEXEC, 0, 0, 0, 0, 0 },
	{ "noiversion", 0, 0, 0, 0, 0, 0 },
	{ "nolazytime", 0, 0, 0, 0, 0, 0 },
	{ "nomand", 0, 0, 0, 0, 0, 0 },
	{ "norelatime", 0, ATIME, 0, 0, 0, 0 },
	{ "nostrictatime", 0, ATIME, 0, 0, 0, 0 },
	{ "nosuid", MOUNT_ATTR_NOSUID, 0, 0, 0, 0, 0 },
	{ "nosymfollow", NOSYMFOLLOW, 0, 0, 0, 0, 0 },
	{ "private", 0, 0, 0, 0, 0, MS_PRIVATE },
	{ "ratime", 0, 0, 0, ATIME, 0, 0 },
	{ "rdev", 0, 0, 0, MOUNT_ATTR_NODEV, 0, 0 },
	{ "rdiratime", 0, 0, 0, MOUNT_ATTR_NODIRATIME, 0, 0 },
	{ "relatime", 0, ATIME, 0, 0, 0, 0 },
	{ "rexec", 0, 0, 0, MOUNT_ATTR_NOEXEC, 0, 0 },
	{ "rnoatime", 0, 0, MOUNT_ATTR_NOATIME, ATIME & ~MOUNT_ATTR_NOATIME, 0, 0 },
	{ "rnodiratime", 0, 0, MOUNT_ATTR_NODIRATIME, 0, 0, 0 },
	{ "rnoexec", 0, 0, MOUNT_ATTR_NOEXEC, 0, 0, 0 },
	{ "rnorelatime", 0, 0, 0, ATIME, 0, 0 },
	{ "rnostrictatime", 0, 0, 0, ATIME, 0, 0 },
	{ "rnosuid", 0, 0, MOUNT_ATTR_NOSUID, 0, 0, 0 },
	{ "rnosymfollow", 0, 0, NOSYMFOLLOW, 0, 0, 0 },
	{ "rnodev", 0, 0, MOUNT_ATTR_NODEV, 0, 0, 0 },
	{ "ro", MOUNT_ATTR_RDONLY, 0, 0, 0, 0, 0 },
	{ "rprivate", 0, 0, 0, 0, 0, MS_PRIVATE | MS_REC },
	{ "rrelatime", 0, 0, 0, ATIME, 0, 0 },
	{ "rro", 0, 0, MOUNT_ATTR_RDONLY, 0, 0, 0 },
	{ "rrw", 0, 0, 0, MOUNT_ATTR_RDONLY, 0, 0 },
	{ "rshared", 0, 0, 0, 0, 0, MS_SHARED | MS_REC },
	{ "rslave", 0, 0, 0, 0, 0, MS_SLAVE | MS_REC },
	{ "rstrictatime", 0, 0, MOUNT_ATTR_STRICTATIME, ATIME & ~MOUNT_ATTR_STRICTATIME, 0, 0 },
	{ "rsuid", 0, 0, 0, MOUNT_ATTR_NOSUID, 0, 0 },
	{ "rsymfollow", 0, 0, 0, NOSYMFOLLOW, 0, 0 },
	{ "runbindable", 0, 0, 0, 0, 0, MS_UNBINDABLE | MS_REC },
	{ "rw", 0, MOUNT_ATTR_RDONLY, 0, 0, 0, 0 },
	{ "shared", 0, 0, 0, 0, 0, MS_SHARED },
	{ "silent", 0, 0, 0, 0, MS_SILENT, 0 },
	{ "slave", 0, 0, 0, 0, 0, MS_SLAVE },
	{ "strictatime", MOUNT_ATTR_STRICTATIME, ATIME & ~MOUNT_ATTR_STRICTATIME, 0, 0, 0, 0 },
	{ "suid", 0, MOUNT_ATTR_NOSUID, 0, 0, 0, 0 },
	{ "symfollow", 0, NOSYMFOLLOW, 0, 0, 0, 0 },
	{ "sync", 0, 0, 0, 0, MS_SYNCHRONOUS, 0 },
	{ "unbindable", 0, 0, 0, 0, 0, MS_UNBINDABLE },
	/* The later of two wins. */
	{ "ro,rw", 0, MOUNT_ATTR_RDONLY, 0, 0, 0, 0 },
	{ "rw,ro", MOUNT_ATTR_RDONLY, 0, 0, 0, 0, 0 },
	{ "sync,async", 0, 0, 0, 0, 0, 0 },
	{ "noatime,strictatime", MOUNT_ATTR_STRICTATIME, ATIME & ~MOUNT_ATTR_STRICTATIME, 0, 0, 0,
		0 },
	{ "noatime,relatime", 0, ATIME, 0, 0, 0, 0 },
	{ "rro,rrw,ro", MOUNT_ATTR_RDONLY, 0, 0, MOUNT_ATTR_RDONLY, 0, 0 },
};

static void test_words(void **state)
{
	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f = { .err = { 0 } };
		char words[64] = "bind,";

		(void) strncat(words, cases[i].words, sizeof(words) - 6);
		if (plan_words(&f, "none", words) < 0)
			fail_msg("%s: %s", cases[i].words, f.err.text);
		assert_int_equal(f.step.kind, MOUNT_BIND);
		if (f.step.attr_set != cases[i].set ||
			/* MOUNT_ATTR_RELATIME is 0: the field is cleared as a whole. */
			(f.step.attr_clear & ~ATIME) != (cases[i].clear & ~ATIME) ||
			((f.step.attr_clear & ATIME) != 0) != ((cases[i].clear & ATIME) != 0) ||
			f.step.attr_set_rec != cases[i].set_rec ||
			(f.step.attr_clear_rec & ~ATIME) != (cases[i].clear_rec & ~ATIME) ||
			((f.step.attr_clear_rec & ATIME) != 0) !=
				((cases[i].clear_rec & ATIME) != 0) ||
			f.step.sb_flags != cases[i].sb)
			fail_msg("%s: set %#llx clear %#llx rec %#llx %#llx sb %#lx",
				cases[i].words, (unsigned long long) f.step.attr_set,
				(unsigned long long) f.step.attr_clear,
				(unsigned long long) f.step.attr_set_rec,
				(unsigned long long) f.step.attr_clear_rec, f.step.sb_flags);
		assert_int_equal(f.step.propagation_count, cases[i].propagation != 0);
		if (cases[i].propagation != 0)
			assert_true(f.step.propagation[0] == cases[i].propagation);
		arena_done(&f.arena);
	}
}

/* Every name that `features` prints is a case above, or one of those that are no flag. */
static void test_names(void **state)
{
	static const char *const others[] = { "bind", "rbind", "remount", "idmap", "ridmap",
		"tmpcopyup", "src-nofollow", "dest-nofollow", "copy-symlink" };
	size_t count;
	const char *const *names = plan_mount_option_names(&count);

	(void) state;
	for (size_t i = 0; i < count; i++) {
		bool found = false;

		for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++)
			found = found || strcmp(names[i], cases[k].words) == 0;
		for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++)
			found = found || strcmp(names[i], others[k]) == 0;
		if (!found)
			fail_msg("%s is in no case", names[i]);
		if (i > 0)
			assert_true(strcmp(names[i - 1], names[i]) < 0);
	}
}

/* ---- kinds -------------------------------------------------------------------------------------- */

static void test_kinds(void **state)
{
	static const struct {
		const char *type, *words;
		enum mount_kind kind;
		bool recursive;
		const char *pointer; /* of the error, NULL: accepted */
	} kinds[] = {
		{ "tmpfs", "nosuid", MOUNT_FS, false, NULL },
		{ "none", "bind", MOUNT_BIND, false, NULL },
		{ "bind", "ro", MOUNT_BIND, false, NULL },
		{ NULL, "rbind", MOUNT_BIND, true, NULL },
		{ "cgroup", "ro", MOUNT_CGROUP, false, NULL },
		{ "cgroup2", "ro", MOUNT_CGROUP, false, NULL },
		{ "tmpfs", "remount,size=1", MOUNT_REMOUNT, false, NULL },
		{ "none", "remount,bind,ro", MOUNT_REMOUNT, false, NULL },
		{ NULL, "rshared", MOUNT_REMOUNT, false, NULL },
		{ NULL, "ro", MOUNT_FS, false, "/mounts/3/type" },
		{ "none", "bind,nosuchword", MOUNT_BIND, false, "/mounts/3/options/1" },
		{ "none", "bind,tmpcopyup", MOUNT_BIND, false, "/mounts/3" },
		{ "ramfs", "tmpcopyup", MOUNT_FS, false, "/mounts/3" },
		{ "none", "bind,idmap", MOUNT_BIND, false, "/mounts/3" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct fixture f = { .err = { 0 } };
		int done = plan_words(&f, kinds[i].type, kinds[i].words);

		if ((done < 0) != (kinds[i].pointer != NULL))
			fail_msg("%s: %s", kinds[i].words, f.err.text);
		if (done < 0)
			assert_string_equal(f.err.pointer, kinds[i].pointer);
		else
			assert_int_equal(f.step.kind, kinds[i].kind);
		if (done == 0)
			assert_int_equal(f.step.recursive, kinds[i].recursive);
		arena_done(&f.arena);
	}
}

static void test_places(void **state)
{
	struct fixture f = { .err = { 0 } };
	char *bind[] = { (char *) "bind" };
	struct spec_mount mount = {
		.destination = (char *) "rel/ative",
		.source = (char *) "vol",
		.options = { bind, 1 },
	};

	(void) state;
	assert_int_equal(plan(&f, &mount), 0);
	assert_string_equal(f.step.destination, "/rel/ative");
	assert_string_equal(f.step.source, "/bundle/vol");
	assert_int_equal(f.notes.count, 1); /* said, not refused */
	mount.destination = (char *) "/dev";
	assert_int_equal(plan(&f, &mount), 0);
	assert_false(f.step.late_readonly);
	arena_done(&f.arena);
}

static void test_late(void **state)
{
	struct fixture f = { .err = { 0 } };

	(void) state;
	/* Mount points, nodes and copies are made in it first. */
	assert_int_equal(plan_words(&f, "tmpfs", "ro"), 0);
	assert_true(f.step.late_readonly);
	assert_true(f.step.covered_mode);
	assert_int_equal(plan_words(&f, "tmpfs", "mode=755"), 0);
	assert_false(f.step.covered_mode);
	assert_int_equal(plan_words(&f, "tmpfs", "tmpcopyup"), 0);
	assert_true(f.step.copy_up);
	assert_false(f.step.covered_mode);
	assert_int_equal(plan_words(&f, "proc", "ro"), 0);
	assert_false(f.step.late_readonly);
	assert_true(f.step.real_directory);
	arena_done(&f.arena);
}

static void test_label(void **state)
{
	struct fixture f = { .err = { 0 } };
	struct spec_linux linux_ = { .mount_label = (char *) "system_u:object_r:x:s0:c1,c2" };
	struct spec_map_entry entry = { .key = (char *) "run.oci.mount_context_type",
		.value = (char *) "rootcontext" };

	(void) state;
	f.spec.linux_ = &linux_;
	assert_int_equal(plan_words(&f, "tmpfs", "size=1"), 0);
	assert_int_equal(f.step.data_count, 2);
	assert_string_equal(f.step.data[1], "context=system_u:object_r:x:s0:c1,c2");
	assert_int_equal(plan_words(&f, "tmpfs", "context=own"), 0);
	assert_int_equal(f.step.data_count, 1);
	assert_int_equal(plan_words(&f, "proc", "ro"), 0);
	assert_int_equal(f.step.data_count, 0);
	assert_int_equal(plan_words(&f, "mqueue", "nosuid"), 0);
	assert_int_equal(f.step.data_count, 0);
	assert_string_equal(f.step.label, "system_u:object_r:x:s0:c1,c2");
	f.spec.annotations.items = &entry;
	f.spec.annotations.count = 1;
	assert_int_equal(plan_words(&f, "tmpfs", "size=1"), 0);
	assert_string_equal(f.step.data[1], "rootcontext=system_u:object_r:x:s0:c1,c2");
	entry.value = (char *) "other";
	assert_int_equal(plan_words(&f, "tmpfs", "size=1"), -1);
	arena_done(&f.arena);
}

static void test_user_namespace(void **state)
{
	static const struct id_map map[] = { { 0, 100000, 1 } };
	struct fixture f = { .err = { 0 } };

	(void) state;
	f.ns.user = NS_USER_NEW;
	f.ns.all = CLONE_NEWUSER;
	f.ns.maps = (struct id_maps){ map, 1, map, 1 };
	/* No group 5 inside: the kernel would refuse the whole mount. */
	assert_int_equal(plan_words(&f, "devpts", "newinstance,gid=5"), 0);
	assert_int_equal(f.step.data_count, 1);
	assert_int_equal(f.notes.count, 1);
	/* The maps of the container's own user namespace. */
	assert_int_equal(plan_words(&f, "none", "bind,ridmap"), 0);
	assert_true(f.step.idmap && f.step.idmap_recursive);
	assert_int_equal(f.step.maps.uid_count, 0);
	/* A read-only /sys is one all the way down. */
	f.ns.user = NS_USER_HOST;
	{
		char *words[] = { (char *) "rbind", (char *) "ro" };
		const struct spec_mount mount = { .destination = (char *) "/sys",
			.source = (char *) "/sys",
			.options = { words, 2 } };

		assert_int_equal(plan(&f, &mount), 0);
		assert_true((f.step.attr_set_rec & MOUNT_ATTR_RDONLY) != 0);
	}
	arena_done(&f.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_label),
		cmocka_unit_test(test_user_namespace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
