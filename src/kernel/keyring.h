/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keyring: a session keyring of its own for a container. Follows keyctl(2), session-keyring(7).
 */
#ifndef OCIRT_KERNEL_KEYRING_H
#define OCIRT_KERNEL_KEYRING_H

#include "base/err.h"

/* Joins (or makes) the session keyring `name` and lets its user search it, so that the container's
 * processes find it after their change of ids. Whether ENOSYS (no keyrings, or a seccomp filter),
 * EPERM or EDQUOT (err->num) is fatal is the caller's decision. */
ERR_CHECK int keyring_join(const char *name, struct err *err);

#endif
