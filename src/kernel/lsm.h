/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lsm: the label that the next execve takes, written below a verified procfs; and what of security
 * modules this host has.
 */
#ifndef OCIRT_KERNEL_LSM_H
#define OCIRT_KERNEL_LSM_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct arena;

/* Whether AppArmor, SELinux are switched on. */
bool lsm_has_apparmor(void);
bool lsm_has_selinux(int procfs);

/* The AppArmor profile of the next execve. no_new_privs: it is or will be set by then, and a caller that
 * is confined itself stacks the profile on its own. err->num is ENOENT for a profile that is not
 * loaded. */
ERR_CHECK int lsm_set_apparmor(int procfs, const char *profile, bool no_new_privs, struct err *err);

/* The SELinux label of the next execve. */
ERR_CHECK int lsm_set_selinux(int procfs, const char *label, struct err *err);

/* The label that a process has now, as the kernel writes it: of AppArmor with the mode behind it. In the
 * arena. */
ERR_CHECK int lsm_get_apparmor(
	int procfs, pid_t pid, struct arena *arena, char **ret, struct err *err);
ERR_CHECK int lsm_get_selinux(
	int procfs, pid_t pid, struct arena *arena, char **ret, struct err *err);

/* The SELinux label of keys made from now on (the session keyring); "" or NULL takes it back. */
ERR_CHECK int lsm_set_selinux_key(int procfs, const char *label, struct err *err);

#endif
