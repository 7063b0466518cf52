/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cred: user and group ids of the calling process, set and then read back. Not for capabilities
 * (cap.h). ocirt has one thread, so the raw system calls are enough. Follows credentials(7).
 */
#ifndef OCIRT_KERNEL_CRED_H
#define OCIRT_KERNEL_CRED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Real, effective and saved ids, groups first. The file system ids follow the effective ones. */
ERR_CHECK int cred_set_ids(uint32_t uid, uint32_t gid, struct err *err);

/* The supplementary groups. Where setgroups is denied (an unprivileged user namespace) err->num is
 * EPERM: the caller decides whether that is an error. */
ERR_CHECK int cred_set_groups(const uint32_t *groups, size_t count, struct err *err);

/* Whether there are any; true also where it cannot be told. */
bool cred_has_groups(void);

/* Returns the umask before. */
uint32_t cred_umask(uint32_t mask);

/* No supplementary group any more. Who may not drop them, an ordinary user, keeps them. */
ERR_CHECK int cred_drop_groups(struct err *err);

#endif
