/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bpf: the program that says which devices the processes of a cgroup2 directory may use.
 * Follows bpf(2). Not for: which devices those are (plan/devices.c).
 */
#ifndef OCIRT_KERNEL_BPF_H
#define OCIRT_KERNEL_BPF_H

#include <stddef.h>

#include "base/err.h"

struct bpf_insn;

/* Loads the program and makes it the directory's (an fd of it, borrowed). One that was attached by
 * this function before is replaced in one step, so that no access is decided without a program or by
 * both; a kernel before 5.6, which cannot, has both for a moment, of which the stricter decides.
 * Programs of others (systemd's) stay. */
ERR_CHECK int bpf_attach_devices(
	int cgroup, const struct bpf_insn *code, size_t count, struct err *err);

#endif
