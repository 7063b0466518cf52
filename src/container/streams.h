/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * streams: the standard streams of the container's first process that are not a terminal.
 */
#ifndef OCIRT_CONTAINER_STREAMS_H
#define OCIRT_CONTAINER_STREAMS_H

#include "base/err.h"
#include "kernel/beneath.h"

/* A stream that is the caller's null device becomes the container's own: otherwise it keeps a mount of the
 * host in use, through which a checkpoint could not name it. Where the root has no null device, the
 * caller's stays. As runc has it. */
ERR_CHECK int streams_own_null(const struct beneath *root, struct err *err);

#endif
