/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * copytree: copies what a directory holds into another one, for tmpcopyup.
 *
 * Everything is opened by its name in a directory that is an fd, and no symbolic link is followed, so
 * that nobody who renames things below the source can lead the copy out of it. Mode, owner, times
 * and extended attributes go with a file; a socket has no meaning in another place and is left out.
 * A file that goes away while the copy runs is left out too.
 */
#ifndef OCIRT_KERNEL_COPYTREE_H
#define OCIRT_KERNEL_COPYTREE_H

#include "base/err.h"

enum { COPYTREE_DEPTH = 128 }; /* three descriptors are open for each level */

/* from and to are directories (O_PATH will do). The mode and the owner of `to` become those of `from`.
 * err->num is ELOOP for a tree deeper than COPYTREE_DEPTH, ENOSPC when the target is full. */
ERR_CHECK int copytree(int from, int to, struct err *err);

#endif
