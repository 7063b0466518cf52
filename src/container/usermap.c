/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "container/usermap.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/time.h"
#include "container/program.h"
#include "kernel/procfs.h"

enum { HELPER_MS = 10 * 1000, SAID_BYTES = 512 };

/* *ret stays NULL where there are no lines. The kernel takes them in one write that is shorter than a page. */
static int map_text(const struct id_map *maps, size_t count, struct arena *arena, const char **ret,
	struct err *err)
{
	const size_t room = count * sizeof("4294967295 4294967295 4294967295") + 1;
	const size_t most = (size_t) sysconf(_SC_PAGESIZE) - 1;
	char *text = arena_alloc(arena, room);
	size_t used = 0;

	for (size_t i = 0; i < count; i++)
		used += (size_t) snprintf(text + used, room - used, "%u %u %u\n", maps[i].inside,
			maps[i].outside, maps[i].size);
	if (used > most)
		return err_set(err, ERR_CONFIG,
			"the kernel takes no more than 340 lines and %zu bytes, and these %zu "
			"lines have %zu: fewer ranges, or smaller numbers, are needed",
			most, count, used);
	if (count != 0)
		*ret = text;
	return 0;
}

int usermap_write(const struct id_maps *maps, bool deny_setgroups, int procfs, pid_t pid,
	struct arena *arena, struct err *err)
{
	const char *uids = NULL, *gids = NULL;

	if (map_text(maps->uids, maps->uid_count, arena, &uids, err) < 0 ||
		map_text(maps->gids, maps->gid_count, arena, &gids, err) < 0)
		return -1;
	return procfs_id_maps(procfs, pid, uids, gids, deny_setgroups, err);
}

/* NULL: it is nowhere. A file that others than its owner may write is nobody's helper. */
static const char *find_helper(const char *name, struct arena *arena)
{
	static const char *const directories[] = { "/usr/bin", "/bin", "/usr/local/bin",
		"/run/wrappers/bin" };

	for (size_t i = 0; i < sizeof(directories) / sizeof(directories[0]); i++) {
		char *path = arena_printf(arena, "%s/%s", directories[i], name);
		struct stat info;

		if (stat(path, &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & 022) == 0 &&
			access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

static int run_helper(const char *name, const struct id_map *maps, size_t count, pid_t pid,
	struct arena *arena, struct err *err)
{
	static char *const nothing[] = { NULL };
	const char *path = find_helper(name, arena);
	char **argv = arena_array(arena, 3 * count + 3, sizeof(*argv)), said[SAID_BYTES] = "";
	struct program program = {
		.path = path,
		.argv = argv,
		.envp = nothing,
		.input = "",
		.deadline_ns = time_deadline_ms(HELPER_MS),
		.output = said,
		.output_size = sizeof(said),
	};
	size_t words = 0;
	int status;

	if (path == NULL)
		return err_set(err, ERR_UNSUPPORTED,
			"an ordinary user cannot map more than their own id without %s, which is "
			"not installed (the package uidmap)",
			name);
	argv[words++] = arena_str(arena, name);
	argv[words++] = arena_printf(arena, "%d", (int) pid);
	for (size_t i = 0; i < count; i++) {
		argv[words++] = arena_printf(arena, "%u", maps[i].inside);
		argv[words++] = arena_printf(arena, "%u", maps[i].outside);
		argv[words++] = arena_printf(arena, "%u", maps[i].size);
	}
	argv[words] = NULL;
	if (program_run(&program, &status, err) < 0)
		return err_ctx(err, "%s", path);
	for (char *at = said; *at != '\0'; at++)
		if (*at == '\n')
			*at = ' ';
	if (status != 0)
		return err_set(err, ERR_SYSTEM, "%s: exit status %d: %s", path, status, said);
	return 0;
}

int usermap_write_by_helpers(
	const struct id_maps *maps, pid_t pid, struct arena *arena, struct err *err)
{
	if (run_helper("newuidmap", maps->uids, maps->uid_count, pid, arena, err) < 0)
		return err_place(err, "/linux/uidMappings");
	if (run_helper("newgidmap", maps->gids, maps->gid_count, pid, arena, err) < 0)
		return err_place(err, "/linux/gidMappings");
	return 0;
}
