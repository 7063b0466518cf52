/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts: fills struct facts (base/facts.h) from the running host, once per command.
 */
#ifndef OCIRT_KERNEL_FACTS_H
#define OCIRT_KERNEL_FACTS_H

#include "base/err.h"

struct facts;

/* procfs is from procfs_open. Fails only where the kernel cannot be asked at all. */
ERR_CHECK int facts_probe(int procfs, struct facts *ret, struct err *err);

/* The same without what is about cgroups, which `exec` does not plan. */
ERR_CHECK int facts_probe_process(int procfs, struct facts *ret, struct err *err);

#endif
