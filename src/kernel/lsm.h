/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lsm: the label that the next execve takes, written below a verified procfs; and what of security
 * modules this host has.
 */
#ifndef OCIRT_KERNEL_LSM_H
#define OCIRT_KERNEL_LSM_H

#include <stdbool.h>

#include "base/err.h"

/* Whether AppArmor, SELinux are switched on. */
bool lsm_has_apparmor(void);
bool lsm_has_selinux(int procfs);

/* The AppArmor profile of the next execve. no_new_privs: it is or will be set by then, and a caller that
 * is confined itself stacks the profile on its own. err->num is ENOENT for a profile that is not
 * loaded. */
ERR_CHECK int lsm_set_apparmor(int procfs, const char *profile, bool no_new_privs, struct err *err);

/* The SELinux label of the next execve. */
ERR_CHECK int lsm_set_selinux(int procfs, const char *label, struct err *err);

/* The SELinux label of keys made from now on (the session keyring); "" or NULL takes it back. */
ERR_CHECK int lsm_set_selinux_key(int procfs, const char *label, struct err *err);

#endif
