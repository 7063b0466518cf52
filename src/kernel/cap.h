/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cap: the five capability sets of the calling process as 64-bit masks, bit N = capability N.
 * Names are plan/'s. The order, which capabilities(7) dictates: drop_bounding, keep(true), change
 * ids, apply, ambient, check.
 */
#ifndef OCIRT_KERNEL_CAP_H
#define OCIRT_KERNEL_CAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* The highest capability that this kernel knows. */
int cap_last(void);

/* Drops all capabilities that are not in keep from the bounding set. Needs CAP_SETPCAP where
 * anything is to be dropped. */
ERR_CHECK int cap_drop_bounding(uint64_t keep, struct err *err);

/* Whether the permitted set survives a change from uid 0 to others. */
ERR_CHECK int cap_keep(bool keep, struct err *err);

ERR_CHECK int cap_apply(
	uint64_t permitted, uint64_t effective, uint64_t inheritable, struct err *err);

/* Clears the ambient set and raises these. Each must be permitted and inheritable. */
ERR_CHECK int cap_ambient(uint64_t ambient, struct err *err);

/* Reads the three sets of capset(2) back; a difference is fatal, for a container with more than was
 * asked for must not run. The other two are changed bit by bit, and each call has said that it was. */
ERR_CHECK int cap_check(
	uint64_t permitted, uint64_t effective, uint64_t inheritable, struct err *err);

/* Whether a capability is effective now. */
bool cap_effective(int cap);

#endif
