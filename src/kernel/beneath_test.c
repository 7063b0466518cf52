/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "kernel/beneath.h"

/* The tree, made anew for each test below $TMPDIR/…:
 *
 *   outside/secret        what must never be reached
 *   root/dir/file         root/dir/deep/file
 *   root/…                links, each named after where it leads */
struct tree {
	char path[256];
	int top;
	struct beneath below;
};

static const char *const links[][2] = {
	{ "to-file", "dir/file" },
	{ "to-dir", "dir" },
	{ "absolute", "/dir/file" },
	{ "chain", "to-file" },
	{ "up", "../../../outside/secret" },
	{ "up-dir", "../outside" },
	{ "dir/back", "../dir/file" },
	{ "dir/deep/far", "/../../dir/file" },
	{ "dangling", "nothing/here" },
	{ "self", "self" },
	{ "one", "two" },
	{ "two", "one" },
	{ "to-proc", "/proc/self/cwd" },
	{ "dot", "." },
	{ "slash", "/" },
	{ "slashes", "dir//file" },
};

static int make(struct tree *tree)
{
	const char *tmp = getenv("TMPDIR");
	int fd;

	(void) snprintf(
		tree->path, sizeof(tree->path), "%s/beneath-XXXXXX", tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(tree->path));
	tree->top = open(tree->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(tree->top >= 0);
	assert_int_equal(mkdirat(tree->top, "outside", 0755), 0);
	assert_int_equal(mkdirat(tree->top, "root", 0755), 0);
	tree->below.root = openat(tree->top, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(tree->below.root, "dir", 0755), 0);
	assert_int_equal(mkdirat(tree->below.root, "dir/deep", 0755), 0);
	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++)
		assert_int_equal(symlinkat(links[i][1], tree->below.root, links[i][0]), 0);
	fd = openat(tree->top, "outside/secret", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	fd_close(&fd);
	fd = openat(tree->below.root, "dir/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	fd_close(&fd);
	fd = openat(tree->below.root, "dir/deep/file", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	fd_close(&fd);
	return 0;
}

static void clean(struct tree *tree)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		(void) execlp("rm", "rm", "-rf", tree->path, (char *) NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	fd_close(&tree->below.root);
	fd_close(&tree->top);
}

static ino_t inode_at(int dir, const char *path)
{
	struct stat info;

	return fstatat(dir, path, &info, AT_SYMLINK_NOFOLLOW) == 0 ? info.st_ino : 0;
}

/* ---- opening ------------------------------------------------------------------------------------ */

static const struct {
	const char *path;
	unsigned how;
	int flags;
	const char *is; /* below root; NULL: error */
	int num;
} opens[] = {
	{ "dir/file", 0, O_PATH, "dir/file", 0 },
	{ "/dir/file", 0, O_RDONLY, "dir/file", 0 },
	{ "//dir//./file", 0, O_RDONLY, "dir/file", 0 },
	{ "/", 0, O_PATH, ".", 0 },
	{ "..", 0, O_PATH, ".", 0 },
	{ "../../..", 0, O_RDONLY | O_DIRECTORY, ".", 0 },
	{ "dir/../../../dir/file", 0, O_RDONLY, "dir/file", 0 },
	{ "dir/deep/../file", 0, O_RDONLY, "dir/file", 0 },
	{ "to-file", 0, O_RDONLY, "dir/file", 0 },
	{ "to-file", BENEATH_NOFOLLOW, O_PATH, "to-file", 0 },
	{ "to-dir/file", BENEATH_NOFOLLOW, O_RDONLY, "dir/file", 0 },
	{ "to-dir/", BENEATH_NOFOLLOW, O_PATH, "dir", 0 },
	{ "to-file/", 0, O_PATH, NULL, ENOTDIR },
	{ "absolute", 0, O_RDONLY, "dir/file", 0 },
	{ "chain", 0, O_RDONLY, "dir/file", 0 },
	{ "slashes", 0, O_RDONLY, "dir/file", 0 },
	{ "dot/dot/dir/file", 0, O_RDONLY, "dir/file", 0 },
	{ "slash", 0, O_PATH, ".", 0 },
	{ "dir/back", 0, O_RDONLY, "dir/file", 0 },
	{ "dir/deep/far", 0, O_RDONLY, "dir/file", 0 },
	{ "up", 0, O_RDONLY, NULL, ENOENT },
	{ "up-dir/secret", 0, O_RDONLY, NULL, ENOENT },
	{ "../outside/secret", 0, O_RDONLY, NULL, ENOENT },
	{ "dangling", 0, O_PATH, NULL, ENOENT },
	{ "missing", 0, O_PATH, NULL, ENOENT },
	{ "self", 0, O_PATH, NULL, ELOOP },
	{ "one", 0, O_PATH, NULL, ELOOP },
	{ "self", BENEATH_NOFOLLOW, O_PATH, "self", 0 },
	{ "to-proc", 0, O_PATH, NULL, ENOENT },
	{ "dir/file/more", 0, O_PATH, NULL, ENOTDIR },
	{ "dir/file/", 0, O_PATH, NULL, ENOTDIR },
	{ "dir/file", 0, O_PATH | O_DIRECTORY, NULL, ENOTDIR },
	{ "", 0, O_PATH, NULL, ENOENT },
};

static void test_open(void **state)
{
	struct tree tree = { .top = -1 };

	(void) state;
	make(&tree);
	for (int walker = 0; walker <= 1; walker++)
		for (size_t i = 0; i < sizeof(opens) / sizeof(opens[0]); i++) {
			struct err err = { 0 };
			_cleanup_fd_ int fd = -1;
			struct stat info;

			tree.below.walker = walker != 0;
			fd = beneath_open(
				&tree.below, opens[i].path, opens[i].flags, opens[i].how, &err);
			if (opens[i].is == NULL) {
				if (fd >= 0 || err.num != opens[i].num)
					fail_msg("%s (walker %d): fd %d, %s", opens[i].path, walker,
						fd, err.text);
				continue;
			}
			if (fd < 0)
				fail_msg("%s (walker %d): %s", opens[i].path, walker, err.text);
			assert_int_equal(fstat(fd, &info), 0);
			if (info.st_ino != inode_at(tree.below.root, opens[i].is))
				fail_msg("%s (walker %d) is not %s", opens[i].path, walker,
					opens[i].is);
			assert_true((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
		}
	clean(&tree);
}

/* 41 links one behind the other, and a target that is as long as a path may be. */
static void test_limits(void **state)
{
	struct tree tree = { .top = -1 };
	char name[16], to[16], longest[4096];

	(void) state;
	make(&tree);
	for (int i = 0; i < 41; i++) {
		(void) snprintf(name, sizeof(name), "l%d", i);
		(void) snprintf(to, sizeof(to), "l%d", i + 1);
		assert_int_equal(symlinkat(i == 40 ? "dir" : to, tree.below.root, name), 0);
	}
	memset(longest, 'x', sizeof(longest));
	for (size_t i = 100; i < sizeof(longest); i += 100)
		longest[i] = '/';
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(symlinkat(longest, tree.below.root, "longest"), 0);
	for (int walker = 0; walker <= 1; walker++) {
		struct err err = { 0 };
		int fd;

		tree.below.walker = walker != 0;
		fd = beneath_open(&tree.below, "l1", O_PATH, 0, &err);
		assert_true(fd >= 0);
		fd_close(&fd);
		assert_int_equal(beneath_open(&tree.below, "l0", O_PATH, 0, &err), -1);
		assert_int_equal(err.num, ELOOP);
		assert_int_equal(beneath_open(&tree.below, "longest", O_PATH, 0, &err), -1);
		assert_true(err.num == ENOENT || err.num == ENAMETOOLONG);
		assert_int_equal(beneath_open(&tree.below, longest, O_PATH, 0, &err), -1);
	}
	clean(&tree);
}

/* Links of procfs that are names are followed, those that are objects are not. */
static void test_magic(void **state)
{
	static const struct {
		const char *path;
		bool opens;
	} cases[] = {
		{ "self/status", true },
		{ "mounts", true },
		{ "net/dev", true },
		{ "thread-self/stat", true },
		{ "self/cwd", false },
		{ "self/root", false },
		{ "self/exe", false },
		{ "self/fd/0", false },
		{ "self/ns/mnt", false },
	};
	struct beneath below = { .root = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC) };

	(void) state;
	assert_true(below.root >= 0);
	for (int walker = 0; walker <= 1; walker++)
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct err err = { 0 };
			_cleanup_fd_ int fd = -1;

			below.walker = walker != 0;
			fd = beneath_open(&below, cases[i].path, O_PATH, 0, &err);
			if ((fd >= 0) != cases[i].opens)
				fail_msg("%s (walker %d): %s", cases[i].path, walker, err.text);
			if (fd < 0)
				assert_int_equal(err.num, ELOOP);
		}
	fd_close(&below.root);
}

/* ---- making ------------------------------------------------------------------------------------- */

static void test_make(void **state)
{
	struct tree tree = { .top = -1 };

	(void) state;
	make(&tree);
	for (int walker = 0; walker <= 1; walker++) {
		struct err err = { 0 };
		char name[64];
		int fd;

		tree.below.walker = walker != 0;
		(void) snprintf(name, sizeof(name), "to-dir/new%d/a//b/", walker);
		fd = beneath_mkdirs(&tree.below, name, 0755, &err);
		assert_true(fd >= 0);
		fd_close(&fd);
		(void) snprintf(name, sizeof(name), "dir/new%d/a/b", walker);
		assert_true(inode_at(tree.below.root, name) != 0);

		/* Back from what is missing, but never out. */
		(void) snprintf(
			name, sizeof(name), "gone%d/a/../../../../back%d/b", walker, walker);
		fd = beneath_mkdirs(&tree.below, name, 0755, &err);
		assert_true(fd >= 0);
		assert_int_equal(beneath_is_root(&tree.below, fd, &err), 0);
		fd_close(&fd);
		(void) snprintf(name, sizeof(name), "back%d/b", walker);
		assert_true(inode_at(tree.below.root, name) != 0);
		(void) snprintf(name, sizeof(name), "none%d/..", walker);
		fd = beneath_mkdirs(&tree.below, name, 0755, &err);
		assert_true(fd >= 0);
		assert_int_equal(beneath_is_root(&tree.below, fd, &err), 1);
		assert_int_equal(beneath_is_root(&tree.below, -1, &err), -1);
		fd_close(&fd);

		/* A link out of the root leads to its like below it. */
		fd = beneath_mkdirs(&tree.below, "dangling/x", 0755, &err);
		assert_int_equal(fd, -1);
		fd = beneath_create_file(&tree.below, "up", 0644, &err);
		assert_int_equal(fd, -1);
		assert_true(inode_at(tree.top, "outside/x") == 0);

		(void) snprintf(name, sizeof(name), "f%d/file", walker);
		fd = beneath_create_file(&tree.below, name, 0644, &err);
		assert_true(fd >= 0);
		fd_close(&fd);
		assert_int_equal(beneath_create_file(&tree.below, "dir", 0644, &err), -1);
		assert_int_equal(err.num, EISDIR);

		(void) snprintf(name, sizeof(name), "fifo%d", walker);
		assert_int_equal(beneath_mknod(&tree.below, name, S_IFIFO | 0640, 0, 0, getuid(),
					 getgid(), &err),
			0);
		/* There already and the same, then something else. */
		assert_int_equal(beneath_mknod(&tree.below, name, S_IFIFO | 0640, 0, 0, getuid(),
					 getgid(), &err),
			0);
		assert_int_equal(beneath_mknod(&tree.below, "dir/file", S_IFIFO | 0640, 0, 0,
					 getuid(), getgid(), &err),
			-1);
		assert_int_equal(err.code, ERR_CONFIG);
		/* The last component is never followed. */
		assert_int_equal(beneath_mknod(&tree.below, "to-file", S_IFIFO | 0640, 0, 0,
					 getuid(), getgid(), &err),
			-1);

		assert_int_equal(beneath_symlink(&tree.below, "to-dir/link", "x", &err), 0);
		assert_int_equal(beneath_symlink(&tree.below, "to-dir/link", "x", &err), 0);
		assert_true(inode_at(tree.below.root, "dir/link") != 0);
		assert_int_equal(beneath_symlink(&tree.below, "dir/deep", "x", &err), -1);
	}
	clean(&tree);
}

/* ---- against somebody who renames --------------------------------------------------------------- */

enum { ROUNDS = 3000 };

static pid_t start_exchanging(int root, const char *a, const char *b)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			(void) syscall(SYS_renameat2, root, a, root, b, 2 /* RENAME_EXCHANGE */);
	return pid;
}

/* Whatever is opened or made is below the root: nothing appears outside, and nothing of it is seen. */
static void test_race(void **state)
{
	struct tree tree = { .top = -1 };
	ino_t secret;
	pid_t pid;

	(void) state;
	make(&tree);
	secret = inode_at(tree.top, "outside/secret");
	assert_int_equal(mkdirat(tree.below.root, "swap", 0755), 0);
	pid = start_exchanging(tree.below.root, "swap", "up-dir");
	for (int i = 0; i < ROUNDS; i++) {
		struct err err = { 0 };
		char name[64];
		struct stat info;
		int fd;

		tree.below.walker = i % 2 != 0;
		fd = beneath_open(&tree.below, "swap/secret", O_RDONLY, 0, &err);
		if (fd >= 0)
			assert_true(fstat(fd, &info) == 0 && info.st_ino != secret);
		fd_close(&fd);
		(void) snprintf(name, sizeof(name), "swap/d%d/e", i % 50);
		fd = beneath_mkdirs(&tree.below, name, 0755, &err);
		fd_close(&fd);
		(void) snprintf(name, sizeof(name), "swap/f%d", i % 50);
		fd = beneath_create_file(&tree.below, name, 0644, &err);
		fd_close(&fd);
		(void) snprintf(name, sizeof(name), "swap/l%d", i % 50);
		if (beneath_symlink(&tree.below, name, "x", &err) < 0)
			err_drop(&err);
	}
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	for (int i = 0; i < 50; i++) {
		char name[64];

		for (const char *kind = "dfl"; *kind != '\0'; kind++) {
			(void) snprintf(name, sizeof(name), "outside/%c%d", *kind, i);
			assert_true(inode_at(tree.top, name) == 0);
		}
	}
	clean(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_magic),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
