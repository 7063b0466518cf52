/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel/cgroupfs-controllers.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "kernel/cgroupfs.h"

static const char top[] = "/sys/fs/cgroup";
static const char has[] = "cgroup.controllers", gives[] = "cgroup.subtree_control";

/* From the root of the hierarchy down to the directory above dir. */
struct descent {
	const char *dir;
	const char *slash; /* behind the level; NULL: before the first */
	char level[4096];
};

/* The next level that is on a cgroup2; false behind the last. */
static bool go_down(struct descent *descent)
{
	struct err none;
	int v2;

	do {
		descent->slash = descent->slash == NULL ? descent->dir + strlen(top)
							: strchr(descent->slash + 1, '/');
		if (descent->slash == NULL)
			return false;
		(void) snprintf(descent->level, sizeof(descent->level), "%.*s",
			(int) (descent->slash - descent->dir), descent->dir);
		v2 = cgroupfs_is_v2(descent->level, &none);
		if (v2 < 0)
			err_drop(&none);
	} while (v2 <= 0);
	return true;
}

/* What one level hands down to the next: everything that it has itself, or the one that is asked for. If that is refused as a whole
 * (one of them may not go with the processes that are there), then one by one. */
static void hand_down(const char *dir, const char *only)
{
	char names[1024], words[2048] = "", *next = names, *name;
	size_t used = 0;
	struct err refused;

	if (cgroupfs_read_file(dir, has, names, sizeof(names), &refused) <= 0)
		return;
	while ((name = strsep(&next, " \n")) != NULL)
		if (*name != '\0' && (only == NULL || str_eq(name, only)))
			used += (size_t) snprintf(words + used, sizeof(words) - used, "%s+%s",
				used > 0 ? " " : "", name);
	if (used == 0 || cgroupfs_write_file(dir, gives, words, &refused) == 0)
		return;
	err_drop(&refused);
	next = words;
	while ((name = strsep(&next, " ")) != NULL)
		if (cgroupfs_write_file(dir, gives, name, &refused) < 0)
			err_drop(&refused);
}

/* Who needs a controller that did not come will find its files missing, and says so. */
void cgroupfs_enable(const char *dir, const char *only)
{
	struct descent descent = { .dir = dir };
	char own[1024], all[1024];
	struct err none;

	if (!go_down(&descent) ||
		cgroupfs_read_file(descent.level, has, all, sizeof(all), &none) <= 0 ||
		cgroupfs_read_file(dir, has, own, sizeof(own), &none) < 0 || str_eq(all, own))
		return;
	do
		hand_down(descent.level, only);
	while (go_down(&descent));
}

/* The write is the kernel's word, where the lists of controllers are not: they name one before its files are
 * made, and systemd takes back from a level what no lower one has asked for yet. */
enum cgroupfs_answer cgroupfs_ask_for(const char *dir, const char *controller)
{
	struct descent descent = { .dir = dir };
	enum cgroupfs_answer answer = CGROUPFS_REFUSED;
	char word[64];

	(void) snprintf(word, sizeof(word), "+%s", controller);
	while (go_down(&descent)) {
		struct err err;

		if (cgroupfs_write_file(descent.level, gives, word, &err) == 0) {
			answer = CGROUPFS_HANDED_DOWN;
			continue;
		}
		/* The level above has just said that it hands it down. */
		if (err.num == ENOENT && answer == CGROUPFS_HANDED_DOWN)
			return CGROUPFS_TAKEN_BACK;
		answer = CGROUPFS_REFUSED;
	}
	return answer;
}
