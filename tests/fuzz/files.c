/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel and the image tell in text: files of /proc, of the cgroup file systems, /etc/passwd. The
 * modules are included, for their readers take files, and here it is the text that matters. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yajl/yajl_parse.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "fuzz.h"
#include "kernel/procfs.h"

#if TARGET == STAT
void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	char *text = arena_strn(arena, (const char *) bytes, length);
	uint64_t ticks;
	char letter = 0;

	if (procfs_parse_stat(text, &ticks, &letter) == 0)
		must(strrchr(text, ')') != NULL, "a comm ends");
}
#elif TARGET == MOUNTINFO
#include "kernel/mount-table.c"

/* The paths of the text are nobody's here, so that nothing of the host is opened or changed. */
#define open(...)   (errno = ENOENT, -1)
#define openat(...) (errno = ENOENT, -1)
#define mount(...)  (errno = EPERM, -1)
#include "kernel/mount-old.c"
#include "kernel/rdt.c"
#undef open
#undef openat

/* Line by line as set_tree and mount_old_hide do it. */
static void by_lines(char *text, bool hide)
{
	struct hide hidden = { .count = 0 };
	struct below below = { malloc(sizeof(int)), 1, NULL };
	struct err err = { 0 };
	char *line;

	below.ids[0] = 1;
	must(remember_id(&hidden.ours, 1, &err) == 0, "memory");
	while ((line = strsep(&text, "\n")) != NULL)
		if ((hide ? find_foreign(&hidden, line, &err)
			  : set_line(&below, -1, line, MOUNT_ATTR_RDONLY, 0, &err)) < 0)
			must(err.text[0] != '\0', "an error has a text");
	free_hide(&hidden);
	free_below(&below);
}

void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	static struct libmount mnt;
	struct mount_table table = { 0 };
	struct err err = { 0 };
	FILE *file;

	must(mnt.handle != NULL || load(&mnt, &err) == 0, "libmount");
	by_lines(arena_strn(arena, (const char *) bytes, length), false);
	by_lines(arena_strn(arena, (const char *) bytes, length), true);
	must(find_root(arena_strn(arena, (const char *) bytes, length)) == -1, "nothing is open");
	file = length > 0 ? fmemopen((void *) (uintptr_t) bytes, length, "r") : NULL;
	if (file == NULL)
		return;
	if (parse(&mnt, file, arena, &table, &err) == 0)
		for (size_t i = 0; i < table.count; i++)
			must(table.items[i].target != NULL && table.items[i].root != NULL &&
					table.items[i].source != NULL,
				"no text is missing");
	(void) fclose(file);
}
#elif TARGET == CGROUP
#include "kernel/cgroupfs.c"
#include "kernel/cgroupfs-oom.c"

/* Every file that is asked for is the next piece of the input, in turn. */
static struct input pieces, rewound;
static bool is_v2;

static ssize_t piece(const char *dir, const char *file, char *text, size_t size, struct err *err)
{
	size_t length = 0;

	(void) dir;
	(void) err;
	if (pieces.left == 0)
		pieces = rewound;
	for (unsigned c; pieces.left > 0 && (c = take(&pieces)) != 0x1e;)
		if (length < size - 1)
			text[length++] = (char) c;
	text[length] = '\0';
	return file[0] == 'b' && length == 0 ? -1 : (ssize_t) length;
}

static int choose_v2(const char *dir, struct err *err)
{
	(void) err;
	return is_v2 && dir[0] == '/';
}

static int is_one(const char *dir, struct err *err)
{
	(void) err;
	return strlen(dir) % 7 != 0;
}

static int all_of_proc(
	int procfs, const char *file, struct arena *arena, char **ret, struct err *err)
{
	const size_t size = pieces.left + rewound.left + 1;

	(void) procfs;
	*ret = arena_alloc(arena, size);
	(void) piece("", file, *ret, size, err);
	return 0;
}

#define cgroupfs_read_file piece
#define cgroupfs_is_v2	   choose_v2
#define cgroupfs_is	   is_one
#define procfs_read_all	   all_of_proc
#include "container/cgroup-fs.c"
#include "container/cgroup-stats.c"

static void check_json(const char *text)
{
	yajl_handle json = yajl_alloc(NULL, NULL, NULL);

	must(yajl_parse(json, (const unsigned char *) text, strlen(text)) == yajl_status_ok &&
			yajl_complete_parse(json) == yajl_status_ok,
		"the figures are JSON");
	yajl_free(json);
}

void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	static char leaf[128], *leaves[2] = { leaf, leaf };
	struct input in = { bytes, length };
	const unsigned choice = take(&in);
	struct cgroup_dirs dirs = { .leaves = leaves, .leaf_count = (choice & 2) != 0 ? 2 : 1 };
	struct cgroup_dirs found = { 0 };
	struct facts facts = { .cgroup = (choice & 4) != 0 ? CGROUP_LAYOUT_V1 : CGROUP_LAYOUT_V2 };
	struct err err = { 0 };
	int fd;

	if (leaf[0] == '\0') {
		char path[192];

		(void) snprintf(leaf, sizeof(leaf), "%s", fuzz_directory());
		(void) snprintf(path, sizeof(path), "%s/hugetlb.2MB.current", leaf);
		fuzz_put(path, "", 0);
		(void) snprintf(path, sizeof(path), "%s/hugetlb.1GB.usage_in_bytes", leaf);
		fuzz_put(path, "", 0);
	}
	is_v2 = (choice & 1) != 0;
	pieces = rewound = in;
	check_json(cgroup_stats_json(&dirs, arena, &err));
	pieces = rewound;
	/* A name may be none that can be looked up. */
	must(cgroup_fs_leaves("a/b", (choice & 8) != 0, &facts, -1, arena, &found, &err) == 0 ||
			err.num != 0,
		"any text has leaves, or none");
	for (size_t i = 0; i < found.leaf_count; i++)
		must(str_starts(found.leaves[i], "/sys/fs/cgroup"), "below the mount point");
	fd = memfd_create("events", MFD_CLOEXEC);
	must(fd >= 0 && write(fd, in.at, in.left) == (ssize_t) in.left, "a file");
	(void) oom_kills(fd);
	(void) close(fd);
}
#elif TARGET == PASSWD
#include "container/proc.c"

/* The plain reading: the first line of seven fields whose third is the number. */
static const char *home_of(char *text, uint32_t uid, struct arena *arena)
{
	for (char *line; (line = strsep(&text, "\n")) != NULL;) {
		char *fields[6] = { 0 }, *end;
		unsigned long long number;

		for (int i = 0; i < 6; i++)
			fields[i] = strsep(&line, ":");
		if (fields[5] == NULL || fields[5][0] != '/' || fields[2][0] < '0' ||
			fields[2][0] > '9')
			continue;
		number = strtoull(fields[2], &end, 10);
		if (*end == '\0' && number == uid)
			return arena_printf(arena, "HOME=%s", fields[5]);
	}
	return "HOME=/";
}

void run_target(const uint8_t *bytes, size_t length, struct arena *arena)
{
	const uint32_t uid = length > 0 ? bytes[0] % 4 : 0;
	char path[128], home[4096];
	struct beneath root = { .root = open(fuzz_directory(), O_PATH | O_CLOEXEC) };
	size_t longest = 0, since = 0;

	if (length > 0) {
		bytes++;
		length--;
	}
	for (size_t i = 0; i < length; i++) {
		since = bytes[i] == '\n' ? 0 : since + 1;
		longest = since > longest ? since : longest;
	}
	(void) snprintf(path, sizeof(path), "%s/etc", fuzz_directory());
	(void) mkdir(path, 0700);
	(void) snprintf(path, sizeof(path), "%s/etc/passwd", fuzz_directory());
	fuzz_put(path, bytes, length);
	look_up_home(&root, uid, home, sizeof(home));
	must(str_starts(home, "HOME=/") && strchr(home, '\n') == NULL, "one absolute path");
	/* A line beyond the bound is passed over, and its rest read as another one. */
	if (longest < sizeof(home) - 8 && memchr(bytes, 0, length) == NULL)
		must(str_eq(home,
			     home_of(arena_strn(arena, (const char *) bytes, length), uid, arena)),
			"the first line that fits");
	(void) close(root.root);
}
#endif
