/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net: the loopback device of a new network namespace. Follows netdevice(7).
 */
#ifndef OCIRT_KERNEL_NET_H
#define OCIRT_KERNEL_NET_H

#include "base/err.h"

/* Brings `lo` of the caller's network namespace up. */
ERR_CHECK int net_loopback_up(struct err *err);

#endif
