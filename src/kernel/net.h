/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net: network devices over rtnetlink(7): the loopback device of a new network namespace, and a device
 * that goes from one namespace to another with its addresses. A socket belongs to the namespace in
 * which it was opened, whichever its user is in later. Knows nothing of the configuration.
 */
#ifndef OCIRT_KERNEL_NET_H
#define OCIRT_KERNEL_NET_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* Brings `lo` of the caller's network namespace up. */
ERR_CHECK int net_loopback_up(struct err *err);

/* A socket to the caller's network namespace. Returns the fd. */
ERR_CHECK int net_open(struct err *err);

/* The index of a device. err->num is ENODEV where there is none of the name. */
ERR_CHECK int net_find(int sock, const char *name, struct err *err);

/* One address of a device, in the kernel's own values. */
struct net_address {
	uint8_t family; /* AF_INET, AF_INET6 */
	uint8_t prefix;
	uint32_t flags; /* IFA_F_* */
	unsigned char local[16];
	size_t local_size; /* 0: the kernel takes `address` for it */
	unsigned char address[16];
	size_t address_size;
	unsigned char broadcast[4];
	size_t broadcast_size;
};

/* The permanent addresses of global scope of a device, in the arena. */
ERR_CHECK int net_addresses(int sock, int index, struct arena *arena, struct net_address **ret,
	size_t *ret_count, struct err *err);

/* Moves the device into the namespace netns under the name it is to have there, in one step: it is
 * never there under its old one. It is down afterwards and has lost its addresses. err->num is EEXIST
 * where the name is taken. */
ERR_CHECK int net_move(int sock, int index, int netns, const char *name, struct err *err);

ERR_CHECK int net_add_address(
	int sock, int index, const struct net_address *address, struct err *err);

ERR_CHECK int net_up(int sock, int index, struct err *err);

#endif
