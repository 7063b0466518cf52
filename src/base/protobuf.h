/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protobuf: the wire format of protocol buffers, as far as criu's RPC needs it: numbers, texts and
 * messages within messages, written into an arena and read from a packet.
 *
 * A library for this, or criu's own, would be loaded at run time and bring its version with it; the
 * format is two screens and does not change.
 *
 * Not for: schemas. Field numbers are the caller's (container/criu.c).
 */
#ifndef OCIRT_BASE_PROTOBUF_H
#define OCIRT_BASE_PROTOBUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct protobuf {
	struct arena *arena;
	unsigned char *bytes;
	size_t length;
};

void protobuf_number(struct protobuf *message, unsigned field, uint64_t value);
void protobuf_bool(struct protobuf *message, unsigned field, bool value);
/* text NULL: nothing is written. */
void protobuf_text(struct protobuf *message, unsigned field, const char *text);
void protobuf_message(struct protobuf *message, unsigned field, const struct protobuf *inner);

struct protobuf_field {
	unsigned number;
	uint64_t value; /* of a number */
	const unsigned char *bytes; /* of a text or a message: a part of what is read */
	size_t length;
};

/* Takes the next field off *bytes. Returns 1, 0 at the end, -1 for what is no message. */
int protobuf_next(const unsigned char **bytes, size_t *length, struct protobuf_field *ret);

#endif
