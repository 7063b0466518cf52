/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * exeseal: keeps a container from writing to the host's ocirt through /proc/PID/exe
 * (CVE-2019-5736).
 */
#ifndef OCIRT_KERNEL_EXESEAL_H
#define OCIRT_KERNEL_EXESEAL_H

#include "base/err.h"

/* Returns 0 when the running program cannot be written through /proc/self/exe: it lies on a read-only
 * mount, is a sealed memfd, or has become the file of a detached read-only mount of itself, which the
 * kernel lets a process do that may checkpoint. Else runs itself again with the same arguments and
 * environment from such a mount or from a sealed copy, and does not return; -1 when that is impossible.
 * Call it first, before anything is opened. Refuses to run set-user-id. */
ERR_CHECK int exeseal_ensure(char **argv, char **envp, struct err *err);

#endif
