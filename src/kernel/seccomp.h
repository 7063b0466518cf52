/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * seccomp: compiles a profile to a BPF program with libseccomp, and loads one. Names of the
 * specification are plan/'s. Follows seccomp(2), seccomp_rule_add(3), seccomp_export_bpf(3).
 *
 * Names that libseccomp does not know are left out, so that one profile serves many versions. In
 * front of libseccomp's program stands a short one that answers ENOSYS to system calls that are newer
 * than the newest of the profile: their callers then fall back to older calls, where EPERM would be
 * final. It is left out where the profile's default allows, logs or traces, or names an errno.
 */
#ifndef OCIRT_KERNEL_SECCOMP_H
#define OCIRT_KERNEL_SECCOMP_H

#include <linux/filter.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/seccomp-rules.h"

/* The architectures of a profile, the native one first, each once. */
void seccomp_archs(
	const struct seccomp_rules *rules, struct arena *arena, uint32_t **ret, size_t *ret_count);

/* The number of each rule's system call on an architecture, below zero where it has none. */
void seccomp_numbers(const struct seccomp_rules *rules, uint32_t arch, int *numbers);

/* Whether libseccomp knows the name, of any architecture. */
bool seccomp_knows(const char *name);

/* By libseccomp, which knows more profiles than plan/filter.h, in milliseconds. The program and its length in instructions, in the arena. */
ERR_CHECK int seccomp_compile(const struct seccomp_rules *rules, struct arena *arena,
	const struct sock_filter **ret, unsigned short *ret_count, struct err *err);

/* Loads it into the calling thread (libseccomp has taken the name seccomp_load). flags are
 * SECCOMP_FILTER_FLAG_*. Needs no_new_privs or CAP_SYS_ADMIN. Returns the listener's fd (close-on-exec) with NEW_LISTENER, else 0. */
ERR_CHECK int seccomp_install(
	const struct sock_filter *code, unsigned short count, unsigned flags, struct err *err);

/* "2.5.4", of the library in use. */
const char *seccomp_library_version(struct arena *arena);

#endif
