/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroupfs: directories and files of the cgroup file systems.
 *
 * A cgroup is named by its absolute directory. Every look-up goes from /sys/fs/cgroup down without
 * following a link and without leaving cgroup file systems, so a name cannot lead elsewhere.
 * Follows cgroups(7). Not for: which values go into which file (plan/), how controllers are handed down
 * (cgroupfs-controllers.h), the notice of a kill for want of memory (cgroupfs-oom.h).
 */
#ifndef OCIRT_KERNEL_CGROUPFS_H
#define OCIRT_KERNEL_CGROUPFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/err.h"

/* The number of the file system that is mounted there (statfs(2)), 0 where there is nothing or nothing of ours to
 * see. */
ERR_CHECK int cgroupfs_magic(const char *dir, unsigned long *ret_magic, struct err *err);

/* Whether the directory is on a cgroup file system of version 1, or of version 2: 1, 0 also where it is not
 * there or not ours to see. Whoever cannot tell (-1) must not go on as if there were none: a
 * container would run without its limits. */
ERR_CHECK int cgroupfs_is_v1(const char *dir, struct err *err);
ERR_CHECK int cgroupfs_is_v2(const char *dir, struct err *err);

/* The directory, and those of its files that /sys/kernel/cgroup/delegate names, become the property of uid;
 * their groups stay. cgroups(7), "Cgroups delegation". Of the others none may: they are limits. */
ERR_CHECK int cgroupfs_hand_over(const char *dir, uid_t uid, struct err *err);

/* Makes the directory and those above it that are missing, fills cpuset.cpus and cpuset.mems of new v1
 * directories from above, and lets the directories of a pure v2 host have every controller
 * (cgroupfs_enable). One that is there must hold no process and not be
 * frozen. */
ERR_CHECK int cgroupfs_make(const char *dir, struct err *err);

/* The same without a controller and whatever it holds: a cgroup that has processes may not hand any down. */
ERR_CHECK int cgroupfs_make_bare(const char *dir, struct err *err);

/* ERR_STATE where the directory or one below it holds a process, or it is frozen. One that is not there is
 * fine. */
ERR_CHECK int cgroupfs_check_unused(const char *dir, struct err *err);

/* One write of one value. The error names file and value. */
ERR_CHECK int cgroupfs_write_file(
	const char *dir, const char *file, const char *value, struct err *err);

/* 1: the directory has a file of that name, 0: it has not, or is not there. */
ERR_CHECK int cgroupfs_has_file(const char *dir, const char *file, struct err *err);

/* The value into the file of that name in the directory and in each below it, those below first; where
 * there is no such file, nothing is done. */
ERR_CHECK int cgroupfs_write_each(
	const char *dir, const char *file, const char *value, struct err *err);

/* 1: the value of a file begins with text, which is short, so that the first read tells. 0 also where there is
 * no such file. */
ERR_CHECK int cgroupfs_starts(const char *dir, const char *file, const char *text, struct err *err);

/* The first size - 1 bytes of a file, NUL-terminated. Returns their count. */
ERR_CHECK ssize_t cgroupfs_read_file(
	const char *dir, const char *file, char *text, size_t size, struct err *err);

/* The directory as an fd (O_PATH) for many reads and writes; *ret_v2 tells its version. */
ERR_CHECK int cgroupfs_open(const char *dir, bool *ret_v2, struct err *err);
/* Of such an fd; dir is for the error alone. */
ERR_CHECK int cgroupfs_at_has(int at, const char *dir, const char *file, struct err *err);
ERR_CHECK int cgroupfs_at_write(
	int at, const char *dir, const char *file, const char *value, struct err *err);
/* The same for values that go into one file, a write for each. Returns how many are written: fewer than
 * count with *err set for the next. */
ERR_CHECK size_t cgroupfs_at_write_lines(int at, const char *dir, const char *file,
	const char *const *values, size_t count, struct err *err);
/* The whole file in the arena, NUL-terminated. */
ERR_CHECK int cgroupfs_at_read(int at, const char *dir, const char *file, struct arena *arena,
	char **ret, struct err *err);

/* Appends the pids of the directory and of all below it to *pids (arena). A directory that is gone
 * has none. */
ERR_CHECK int cgroupfs_pids(
	const char *dir, struct arena *arena, pid_t **pids, size_t *count, struct err *err);

/* Kills every process in it and below: by cgroup.kill where it is. Returns 1 if that was done, 0 where
 * the kernel or version has no such file (or the directory is gone). */
ERR_CHECK int cgroupfs_kill(const char *dir, struct err *err);

/* Waits until cgroup.events has the line ("populated 0", "frozen 1"), at most until the deadline.
 * Returns 0, or -1 with ERR_TIMEOUT. On v1, or where the directory is gone, there is no event: it
 * returns 0 at once. */
ERR_CHECK int cgroupfs_wait_event(
	const char *dir, const char *line, uint64_t deadline_ns, struct err *err);

/* Removes the directory and those below it, bottom up. Gone already is fine; EBUSY is the caller's. */
ERR_CHECK int cgroupfs_remove(const char *dir, struct err *err);

/* Removes the one directory if neither a process nor a directory is in it. Whether it is gone. */
bool cgroupfs_remove_idle(const char *dir);

/* Removes the one directory if nothing is in it. */
ERR_CHECK int cgroupfs_remove_empty(const char *dir, struct err *err);

#endif
