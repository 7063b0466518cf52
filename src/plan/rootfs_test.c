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
#include <sys/stat.h>

#include "libocispec-lite/spec.h"
#include "plan/parts.h"

struct fixture {
	struct arena arena;
	struct spec_root root;
	struct spec_linux linux_;
	struct spec spec;
	struct facts facts;
	struct plan_options options;
	struct plan_notes notes;
	struct ns_plan ns;
	struct rootfs_plan plan;
	struct err err;
};

static int plan_in(struct fixture *f, unsigned namespaces)
{
	const struct plan_input in = { &f->spec, &f->facts, &f->options, &f->arena, &f->notes };

	f->root.path = (char *) "rootfs";
	f->spec.root = &f->root;
	f->spec.linux_ = &f->linux_;
	f->options.bundle = "/bundle";
	f->ns.all = namespaces;
	return plan_rootfs(&in, &f->ns, &f->plan, &f->err);
}

static int plan(struct fixture *f)
{
	return plan_in(f, CLONE_NEWNS);
}

static const struct device_node *find(const struct fixture *f, const char *path)
{
	const struct device_node *found = NULL;

	for (size_t i = 0; i < f->plan.device_count; i++)
		if (strcmp(f->plan.devices[i].path, path) == 0) {
			assert_null(found); /* once only */
			found = &f->plan.devices[i];
		}
	return found;
}

static void test_defaults(void **state)
{
	static const char *const names[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random",
		"/dev/urandom", "/dev/tty" };
	struct fixture f = { .err = { 0 } };

	(void) state;
	assert_int_equal(plan(&f), 0);
	assert_string_equal(f.plan.path, "/bundle/rootfs");
	assert_true(f.plan.pivot);
	assert_false(f.plan.devices_by_bind);
	assert_true(f.plan.setup_propagation == (MS_SLAVE | MS_REC));
	assert_true(f.plan.root_propagation == 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_non_null(find(&f, names[i]));
		assert_int_equal(find(&f, names[i])->mode, 0666);
	}
	assert_int_equal(f.plan.link_count, 5);
	assert_true(f.plan.ptmx_link);
	/* In a user namespace nodes are bound. */
	f.ns.user = NS_USER_NEW;
	f.options.no_pivot = true;
	assert_int_equal(plan(&f), 0);
	assert_true(f.plan.devices_by_bind);
	assert_int_equal(plan_in(&f, CLONE_NEWPID), 0);
	assert_false(f.plan.devices_by_bind);
	assert_false(f.plan.pivot);
	arena_done(&f.arena);
}

static void test_propagation(void **state)
{
	static const struct {
		const char *name;
		unsigned long root;
		bool accepted;
	} cases[] = {
		{ "private", 0, true },
		{ "rprivate", 0, true },
		{ "slave", MS_SLAVE, true },
		{ "rslave", MS_SLAVE | MS_REC, true },
		{ "shared", MS_SHARED, true },
		{ "rshared", MS_SHARED | MS_REC, true },
		{ "unbindable", MS_UNBINDABLE, true },
		{ "runbindable", MS_UNBINDABLE | MS_REC, true },
		{ "public", 0, false },
		{ "SHARED", 0, false },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f = { .err = { 0 } };

		f.linux_.rootfs_propagation = (char *) cases[i].name;
		if ((plan(&f) == 0) != cases[i].accepted)
			fail_msg("%s: %s", cases[i].name, f.err.text);
		if (!cases[i].accepted)
			assert_string_equal(f.err.pointer, "/linux/rootfsPropagation");
		else
			assert_true(f.plan.root_propagation == cases[i].root);
		/* Without pivot_root the host's tree stays below. */
		f.options.no_pivot = true;
		f.err = (struct err){ 0 };
		if ((plan(&f) == 0) != (cases[i].accepted && i >= 2))
			fail_msg("--no-pivot %s: %s", cases[i].name, f.err.text);
		/* Never shared while the tree is built: the host must see nothing of it. */
		assert_true((f.plan.setup_propagation & MS_SHARED) == 0);
		arena_done(&f.arena);
	}
}

static void test_devices(void **state)
{
	static const struct {
		const char *path, *type;
		int64_t major, minor;
		uint32_t mode;
		const char *pointer; /* of the error, NULL: accepted */
	} cases[] = {
		{ "/dev/x", "c", 1, 3, 0600, NULL },
		{ "/srv/x", "b", 7, 1048575, S_IFBLK | 0600, NULL },
		{ "/dev/null", "u", 1, 3, 0600, NULL },
		{ "/dev/p", "p", 0, 0, 0600, NULL },
		{ "/dev/x", "q", 1, 3, 0600, "/linux/devices/0/type" },
		{ "dev/x", "c", 1, 3, 0600, "/linux/devices/0/path" },
		{ "/dev/../x", "c", 1, 3, 0600, "/linux/devices/0/path" },
		{ "/dev/x/..", "c", 1, 3, 0600, "/linux/devices/0/path" },
		{ "/dev/x", "c", -1, 3, 0600, "/linux/devices/0/major" },
		{ "/dev/x", "c", 4096, 3, 0600, "/linux/devices/0/major" },
		{ "/dev/x", "c", 1, 1048576, 0600, "/linux/devices/0/minor" },
		{ "/dev/x", "c", 1, 3, 01000600, "/linux/devices/0/fileMode" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f = { .err = { 0 } };
		int64_t major = cases[i].major, minor = cases[i].minor;
		uint32_t mode = cases[i].mode, uid = 5;
		struct spec_device device = {
			.path = (char *) cases[i].path,
			.type = (char *) cases[i].type,
			.major = &major,
			.minor = &minor,
			.file_mode = &mode,
			.uid = &uid,
		};
		const struct device_node *node;

		f.linux_.devices.items = &device;
		f.linux_.devices.count = 1;
		if ((plan(&f) == 0) != (cases[i].pointer == NULL))
			fail_msg("%s %s: %s", cases[i].type, cases[i].path, f.err.text);
		if (cases[i].pointer != NULL) {
			assert_string_equal(f.err.pointer, cases[i].pointer);
		} else {
			node = find(&f, cases[i].path);
			assert_non_null(node);
			assert_int_equal(node->mode, 0600);
			assert_int_equal(node->uid, 5);
			assert_string_equal(node->pointer, "/linux/devices/0");
		}
		arena_done(&f.arena);
	}
}

/* A /dev of the host's is left as it is, but for what the list asks for. */
static void test_bound_dev(void **state)
{
	struct fixture f = { .err = { 0 } };
	char *bind[] = { (char *) "rbind" };
	struct spec_mount mount = {
		.destination = (char *) "/dev/",
		.source = (char *) "/dev",
		.options = { bind, 1 },
	};
	int64_t number = 1;
	struct spec_device device = {
		.path = (char *) "/dev/x",
		.type = (char *) "c",
		.major = &number,
		.minor = &number,
	};

	(void) state;
	f.spec.mounts.items = &mount;
	f.spec.mounts.count = 1;
	f.linux_.devices.items = &device;
	f.linux_.devices.count = 1;
	assert_int_equal(plan(&f), 0);
	assert_int_equal(f.plan.device_count, 1);
	assert_int_equal(f.plan.devices[0].mode, 0666);
	assert_int_equal(f.plan.link_count, 0);
	assert_false(f.plan.ptmx_link);
	arena_done(&f.arena);
}

static void test_masks(void **state)
{
	static const char *const wrong[] = { "etc", "/", "//", "/.", "" };
	struct fixture f = { .err = { 0 } };
	char *paths[] = { (char *) "/proc/keys", (char *) "/sys/firmware" };

	(void) state;
	f.linux_.masked_paths.items = paths;
	f.linux_.masked_paths.count = 2;
	assert_int_equal(plan(&f), 0);
	assert_int_equal(f.plan.masked_count, 2);
	assert_string_equal(f.plan.masked[1].pointer, "/linux/maskedPaths/1");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		paths[1] = (char *) wrong[i];
		assert_int_equal(plan(&f), -1);
		assert_string_equal(f.err.pointer, "/linux/maskedPaths/1");
	}
	arena_done(&f.arena);
}

/* The directory of our own comes last, over whatever the list has put on /run. */
static void test_notify(void **state)
{
	static const struct {
		const char *manager;
		const char *mounted;
		bool relayed;
	} rows[] = {
		{ NULL, "/run", false },
		{ "/run/systemd/notify", "/run", true },
		{ "@abstract", "/run", true },
		{ "relative", "/run", false },
		{ "vsock:2:1234", "/run", false },
		{ "/run/systemd/notify", "/run/notify", false },
		{ "/run/systemd/notify", "/run/notify//", false },
		{ "/run/systemd/notify", "/run/notify/notify.sock", true },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct fixture f = { .err = { 0 } };
		struct spec_mount mount = { .destination = (char *) (uintptr_t) rows[i].mounted,
			.type = (char *) "tmpfs" };

		f.spec.mounts.items = &mount;
		f.spec.mounts.count = 1;
		f.options.notify_socket = rows[i].manager;
		f.options.notify_directory = "/state/c1/notify";
		assert_int_equal(plan(&f), 0);
		assert_int_equal(f.plan.step_count, rows[i].relayed ? 2 : 1);
		if (rows[i].relayed) {
			assert_string_equal(f.plan.steps[1].destination, "/run/notify");
			assert_string_equal(f.plan.steps[1].source, "/state/c1/notify");
			assert_int_equal(
				f.plan.steps[1].attr_set & MOUNT_ATTR_RDONLY, MOUNT_ATTR_RDONLY);
		}
		arena_done(&f.arena);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_notify),
		cmocka_unit_test(test_propagation),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_bound_dev),
		cmocka_unit_test(test_masks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
