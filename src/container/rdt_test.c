/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No processor of the test machines has classes of service, and no other file system has the mark of
 * resctrl: so the tree is a fake one, with the files of the real one that are read and written. What the
 * kernel does by itself, to fill a new group with files and to empty it for rmdir, the test does. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "container/rdt.h"
#include "kernel/procfs.h"
#include "kernel/rdt.h"

#define IDLE "    L3:0=7ff;1=7ff\n    MB:0=100;1=100\n"

struct tree {
	struct arena arena;
	char path[256];
	int root;
	struct rdt_place place;
	struct err err;
};

static void put(const struct tree *tree, const char *name, const char *text)
{
	_cleanup_fd_ int fd =
		openat(tree->root, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(io_write_all(fd, text, strlen(text)), 0);
}

static const char *get(struct tree *tree, const char *name)
{
	char *text;

	assert_int_equal(io_read_file(arena_printf(&tree->arena, "%s/%s", tree->path, name), 4096,
				 &tree->arena, &text, NULL, &tree->err),
		0);
	return text;
}

static void make_dir(const struct tree *tree, const char *name)
{
	assert_int_equal(mkdirat(tree->root, name, 0755), 0);
}

/* What the kernel puts into a group. */
static void fill_group(struct tree *tree, const char *group, const char *schemata)
{
	put(tree, arena_printf(&tree->arena, "%s/schemata", group), schemata);
	put(tree, arena_printf(&tree->arena, "%s/tasks", group), "");
	make_dir(tree, arena_printf(&tree->arena, "%s/mon_groups", group));
}

static int set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct tree *tree = calloc(1, sizeof(*tree));

	assert_non_null(tree);
	(void) snprintf(
		tree->path, sizeof(tree->path), "%s/rdt-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(tree->path));
	tree->root = open(tree->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(tree->root >= 0);
	make_dir(tree, "info");
	put(tree, "info/last_cmd_status", "ok\n");
	fill_group(tree, ".", IDLE);
	make_dir(tree, "gold");
	fill_group(tree, "gold", IDLE);
	*state = tree;
	return 0;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *where)
{
	(void) info;
	(void) type;
	(void) where;
	return remove(path);
}

static int tear_down(void **state)
{
	struct tree *tree = *state;

	fd_close(&tree->root);
	assert_int_equal(nftw(tree->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	arena_done(&tree->arena);
	free(tree);
	return 0;
}

static int locate(struct tree *tree, const struct rdt_plan *plan)
{
	return rdt_locate(tree->root, plan, &tree->arena, &tree->place, &tree->err);
}

static void test_own_group(void **state)
{
	const struct rdt_plan plan = {
		.group = "c1", .schemata = "L3:0=f\nMB:0=20\n", .monitor = "c1"
	};
	struct tree *tree = *state;
	bool made = true;

	assert_int_equal(locate(tree, &plan), 0);
	assert_true(tree->place.owned);
	assert_int_equal(rdt_exists(tree->root, "c1", &tree->err), 0); /* nothing is made yet */
	/* The directory for the counted group is the kernel's, and the fake one comes too late for it. */
	assert_int_equal(rdt_make_groups(tree->root, &plan, &tree->place, &made, &tree->err), -1);
	assert_int_equal(tree->err.num, ENOENT);
	assert_string_equal(tree->err.pointer, "/linux/intelRdt/enableMonitoring");
	assert_true(made);
	fill_group(tree, "c1", "");
	assert_int_equal(rdt_fill(tree->root, &plan, &tree->place, true, &tree->err), 0);
	assert_string_equal(get(tree, "c1/schemata"), "L3:0=f\nMB:0=20\n");
	assert_int_equal(rdt_make_monitor(tree->root, "c1", "c1", &tree->err), 0);
	put(tree, "c1/mon_groups/c1/tasks", "");
	assert_int_equal(rdt_enter(tree->root, "c1", "c1", 4711, &tree->err), 0);
	assert_string_equal(get(tree, "c1/tasks"), "4711");
	assert_string_equal(get(tree, "c1/mon_groups/c1/tasks"), "4711");
}

static void test_removal(void **state)
{
	struct tree *tree = *state;

	assert_int_equal(rdt_make(tree->root, "c1", &tree->err), 0);
	assert_int_equal(rdt_make(tree->root, "c1", &tree->err), -1);
	assert_int_equal(tree->err.num, EEXIST);
	assert_int_equal(rdt_remove(tree->root, "c1", NULL, &tree->err), 0);
	assert_int_equal(rdt_exists(tree->root, "c1", &tree->err), 0);
	assert_int_equal(rdt_remove(tree->root, "c1", NULL, &tree->err), 0);
	/* The counted group alone, of the root and of another one. */
	assert_int_equal(rdt_make_monitor(tree->root, "", "c1", &tree->err), 0);
	assert_int_equal(rdt_make_monitor(tree->root, "gold", "c1", &tree->err), 0);
	assert_int_equal(rdt_remove(tree->root, "", "c1", &tree->err), 0);
	assert_int_equal(rdt_remove(tree->root, "gold", "c1", &tree->err), 0);
	assert_int_equal(rdt_remove(tree->root, "gold", "c1", &tree->err), 0);
	assert_int_equal(rdt_remove(tree->root, "nothing", "c1", &tree->err), 0);
	assert_int_equal(rdt_exists(tree->root, "gold", &tree->err), 1);
	assert_int_equal(faccessat(tree->root, "mon_groups/c1", F_OK, 0), -1);
	assert_int_equal(faccessat(tree->root, "gold/mon_groups/c1", F_OK, 0), -1);
}

static void test_shared_group(void **state)
{
	struct rdt_plan plan = { .group = "gold", .shared = true, .monitor = "c1" };
	struct tree *tree = *state;
	bool made = true;

	assert_int_equal(locate(tree, &plan), 0);
	assert_false(tree->place.owned);
	/* Nothing of it goes with the container but the counted group: not even the file system is looked for. */
	assert_int_equal(
		rdt_give_back(&(struct rdt_place){ .group = "gold" }, -1, &tree->arena, &tree->err),
		0);
	assert_int_equal(rdt_make_groups(tree->root, &plan, &tree->place, &made, &tree->err), 0);
	assert_false(made);
	assert_int_equal(rdt_exists(tree->root, "gold/mon_groups/c1", &tree->err), 1);
	/* A second time: what a killed runtime left is taken. */
	assert_int_equal(rdt_make_groups(tree->root, &plan, &tree->place, &made, &tree->err), 0);
	/* What is there already is not written again; the further lines are. */
	plan.schemata = "L3:0=7ff;1=7ff\n";
	assert_int_equal(locate(tree, &plan), 0);
	assert_int_equal(rdt_fill(tree->root, &plan, &tree->place, false, &tree->err), 0);
	assert_string_equal(get(tree, "gold/schemata"), IDLE);
	plan.schemata = "L3:0=f\n";
	assert_int_equal(locate(tree, &plan), -1);
	assert_string_equal(tree->err.pointer, "/linux/intelRdt");
	plan.schemata = NULL;
	plan.more_schemata = "    L3:0=00f;1=7ff\n";
	assert_int_equal(locate(tree, &plan), 0);
	assert_int_equal(rdt_fill(tree->root, &plan, &tree->place, false, &tree->err), 0);
	assert_string_equal(get(tree, "gold/schemata"), "    L3:0=00f;1=7ff\n    MB:0=100;1=100\n");
	/* A class that is not there cannot be entered, and without schemata not be made. */
	plan.group = "silver";
	plan.more_schemata = NULL;
	assert_int_equal(locate(tree, &plan), -1);
	assert_string_equal(tree->err.pointer, "/linux/intelRdt/closID");
	plan.schemata = "L3:0=f\n";
	assert_int_equal(locate(tree, &plan), 0);
	assert_false(tree->place.owned);
}

static void test_root_group(void **state)
{
	const struct rdt_plan plan = { .group = "", .shared = true };
	struct tree *tree = *state;
	bool made = true;

	assert_int_equal(locate(tree, &plan), 0);
	assert_false(tree->place.owned);
	assert_int_equal(rdt_make_groups(tree->root, &plan, &tree->place, &made, &tree->err), 0);
	assert_int_equal(rdt_enter(tree->root, "", NULL, 12, &tree->err), 0);
	assert_string_equal(get(tree, "tasks"), "12");
}

static void test_refusal(void **state)
{
	struct tree *tree = *state;

	put(tree, "info/last_cmd_status", "Mask out of range\nmore\n");
	make_dir(tree, "odd");
	make_dir(tree, "odd/schemata"); /* what cannot be written to */
	assert_int_equal(rdt_write_schemata(tree->root, "odd", "L3:0=0\n", &tree->err), -1);
	assert_non_null(strstr(tree->err.text, "\"odd\""));
	assert_non_null(strstr(tree->err.text, "Mask out of range: "));
	assert_null(strstr(tree->err.text, "more"));
	assert_int_equal(rdt_enter(tree->root, "none", NULL, 1, &tree->err), -1);
	assert_int_equal(tree->err.num, ENOENT);
}

static void test_not_mounted(void **state)
{
	struct tree *tree = *state;
	const struct rdt_place place = { .group = "c1", .owned = true };
	_cleanup_fd_ int procfs = procfs_open(&tree->err);
	_cleanup_fd_ int root = -1;

	assert_true(procfs >= 0);
	root = rdt_open(procfs, &tree->arena, &tree->err);
	if (root >= 0) {
		print_message("this machine has resctrl\n");
		skip();
	}
	assert_int_equal(tree->err.code, ERR_UNSUPPORTED);
	assert_int_equal(rdt_place_process(&place, procfs, getpid(), &tree->arena, &tree->err), -1);
	assert_string_equal(tree->err.pointer, "/linux/intelRdt");
	/* Nothing is left to be removed, and nothing to do without a class. */
	assert_int_equal(rdt_give_back(&place, procfs, &tree->arena, &tree->err), 0);
	assert_int_equal(
		rdt_place_process(&(struct rdt_place){ 0 }, procfs, 1, &tree->arena, &tree->err),
		0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_own_group, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_removal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_shared_group, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_root_group, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refusal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_not_mounted, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
