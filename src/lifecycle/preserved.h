/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * preserved: the descriptors from 3 on that reach the container: --preserve-fds and LISTEN_FDS.
 */
#ifndef OCIRT_LIFECYCLE_PRESERVED_H
#define OCIRT_LIFECYCLE_PRESERVED_H

#include "base/err.h"

/* How many systemd passed to us and so to the container (sd_listen_fds(3)). */
unsigned preserved_listen_fds(void);

/* That fds 3 to 2 + count are the caller's: open, and none that this program has opened itself, which
 * are all close-on-exec. ERR_USAGE. From then on they are close-on-exec too, with all others that the
 * caller left open: called once. */
ERR_CHECK int preserved_check(unsigned count, struct err *err);

#endif
