/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * procfs: reading and writing below a /proc that is really one (CVE-2019-16884, CVE-2025-52881).
 *
 * A container's mount namespace may hold anything at /proc. Whoever writes a label, a sysctl or an
 * id map takes an fd from procfs_open, made while the host's /proc is in sight, and every walk
 * below it stays on that file system and follows no link. A path is relative to it: "sys/net/...",
 * "1234/stat"; a leading "self/" or "thread-self/" is replaced by the caller's number, because
 * both are links.
 */
#ifndef OCIRT_KERNEL_PROCFS_H
#define OCIRT_KERNEL_PROCFS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct arena;

/* A procfs of the caller's pid namespace: /proc, checked to be the root of one and free of mounts where
 * it is used here; or else a private detached mount (nosuid, nodev, noexec) that nobody can mount
 * over, where that is allowed. Returns an O_CLOEXEC fd. fsopen(2), proc(5). */
ERR_CHECK int procfs_open(struct err *err);

/* The caller's own pid as this procfs has it, which is not getpid() in a newer pid namespace. */
ERR_CHECK pid_t procfs_self(int procfs, struct err *err);

/* The directory of a process. err->num is ENOENT or ESRCH when there is none. */
ERR_CHECK int procfs_open_pid(int procfs, pid_t pid, struct err *err);

/* The root directory of a process (O_PATH), and its namespace of that name ("net", "pid"). These links
 * of procfs are followed on purpose: they name the object itself. The caller makes sure by a pidfd
 * that the number is still the same process's. */
ERR_CHECK int procfs_open_root(int procfs, pid_t pid, struct err *err);
ERR_CHECK int procfs_open_ns(int procfs, pid_t pid, const char *name, struct err *err);

/* Which namespace of that name a process is in: device and inode, which no two have in common. err->num is
 * ENOENT for a process or a type of namespace that is not there. */
ERR_CHECK int procfs_ns_id(int procfs, pid_t pid, const char *name, uint64_t *ret_device,
	uint64_t *ret_inode, struct err *err);

/* The entries of a directory ("." or "PID/task") that are numbers, in the arena. */
ERR_CHECK int procfs_numbers(int procfs, const char *path, struct arena *arena, pid_t **ret,
	size_t *ret_count, struct err *err);

/* Opens a file below the procfs; flags as for open(2), O_CLOEXEC and O_NOFOLLOW are added. */
ERR_CHECK int procfs_open_file(int procfs, const char *path, int flags, struct err *err);

/* Writes value in one write, as the kernel wants it. */
ERR_CHECK int procfs_write(int procfs, const char *path, const char *value, struct err *err);

/* Reads a file into buffer, NUL-terminated, at most size - 1 bytes. Returns the length. */
ERR_CHECK ssize_t procfs_read(
	int procfs, const char *path, char *buffer, size_t size, struct err *err);

/* The whole of a file that has no bound of its own (a line with 65536 groups, cgroups with long names), in
 * the arena, NUL-terminated. More than 16 MiB is EFBIG. */
ERR_CHECK int procfs_read_all(
	int procfs, const char *path, struct arena *arena, char **ret, struct err *err);

/* When a process started, in clock ticks since boot (field 22 of /proc/PID/stat), and its state
 * letter. Either may be NULL. err->num is ENOENT or ESRCH when there is no such process. */
ERR_CHECK int procfs_start_time(
	int procfs, pid_t pid, uint64_t *ret_ticks, char *ret_state, struct err *err);

/* The same from the text of /proc/PID/stat; -1 when it is not such a text. A comm may hold blanks
 * and parentheses. */
ERR_CHECK int procfs_parse_stat(const char *text, uint64_t *ret_ticks, char *ret_state);

/* The caller's bounding set (bit N = capability N) and ignored signals (bit N - 1 = signal N). */
ERR_CHECK int procfs_status(
	int procfs, uint64_t *ret_caps_bounding, uint64_t *ret_signals_ignored, struct err *err);

/* The id of this boot, 36 characters. */
ERR_CHECK int procfs_boot_id(int procfs, char id[37], struct err *err);

/* Writes a sysctl; path is below sys/ and has slashes ("net/ipv4/ip_forward"). */
ERR_CHECK int procfs_write_sysctl(int procfs, const char *path, const char *value, struct err *err);

/* Writes the id maps of a process in a new user namespace; setgroups_deny first, which a caller
 * without CAP_SETGID must do (user_namespaces(7)). A NULL text leaves that map alone. */
ERR_CHECK int procfs_id_maps(int procfs, pid_t pid, const char *uid_text, const char *gid_text,
	bool setgroups_deny, struct err *err);

ERR_CHECK int procfs_oom_score_adj(int procfs, pid_t pid, int value, struct err *err);

#endif
