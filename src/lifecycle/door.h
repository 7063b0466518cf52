/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * door: the way into a created container for who has no CAP_SYS_PTRACE, an ordinary user or root of a user
 * namespace. Its first process opens its namespaces on request alone (container/init.c), and as long as
 * a connection is open.
 */
#ifndef OCIRT_LIFECYCLE_DOOR_H
#define OCIRT_LIFECYCLE_DOOR_H

#include "base/err.h"

struct handle;

/* *ret is the connection, to be closed when the namespaces have been entered. It stays as it is where there
 * is no need, or where the container has been started meanwhile. */
ERR_CHECK int door_open(const struct handle *handle, int *ret, struct err *err);

#endif
