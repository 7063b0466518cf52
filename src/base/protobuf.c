/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/protobuf.h"

#include <string.h>

enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

static void put(struct protobuf *message, const void *bytes, size_t length)
{
	message->bytes = arena_grow(
		message->arena, message->bytes, message->length, message->length + length);
	memcpy(message->bytes + message->length, bytes, length);
	message->length += length;
}

static void put_varint(struct protobuf *message, uint64_t value)
{
	unsigned char bytes[10];
	size_t count = 0;

	do {
		bytes[count] = (unsigned char) (value & 0x7f);
		value >>= 7;
		if (value != 0)
			bytes[count] |= 0x80;
		count++;
	} while (value != 0);
	put(message, bytes, count);
}

static void put_bytes(struct protobuf *message, unsigned field, const void *bytes, size_t length)
{
	put_varint(message, (uint64_t) field << 3 | BYTES);
	put_varint(message, length);
	put(message, bytes, length);
}

void protobuf_number(struct protobuf *message, unsigned field, uint64_t value)
{
	put_varint(message, (uint64_t) field << 3 | VARINT);
	put_varint(message, value);
}

void protobuf_bool(struct protobuf *message, unsigned field, bool value)
{
	protobuf_number(message, field, value);
}

void protobuf_text(struct protobuf *message, unsigned field, const char *text)
{
	if (text != NULL)
		put_bytes(message, field, text, strlen(text));
}

void protobuf_message(struct protobuf *message, unsigned field, const struct protobuf *inner)
{
	put_bytes(message, field, inner->bytes, inner->length);
}

static int take_varint(const unsigned char **bytes, size_t *length, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; *length > 0 && shift < 64; shift += 7) {
		const unsigned char byte = **bytes;

		(*bytes)++;
		(*length)--;
		value |= (uint64_t) (byte & 0x7f) << shift;
		if ((byte & 0x80) == 0) {
			*ret = value;
			return 0;
		}
	}
	return -1;
}

static int skip(const unsigned char **bytes, size_t *length, size_t count)
{
	if (count > *length)
		return -1;
	*bytes += count;
	*length -= count;
	return 1;
}

int protobuf_next(const unsigned char **bytes, size_t *length, struct protobuf_field *ret)
{
	uint64_t key, size;

	if (*length == 0)
		return 0;
	*ret = (struct protobuf_field){ 0 };
	if (take_varint(bytes, length, &key) < 0 || key >> 3 == 0 || key >> 3 > UINT32_MAX >> 3)
		return -1;
	ret->number = (unsigned) (key >> 3);
	switch (key & 7) {
	case VARINT:
		return take_varint(bytes, length, &ret->value) < 0 ? -1 : 1;
	case FIXED64:
		return skip(bytes, length, 8);
	case FIXED32:
		return skip(bytes, length, 4);
	case BYTES:
		if (take_varint(bytes, length, &size) < 0 || size > *length)
			return -1;
		ret->bytes = *bytes;
		ret->length = (size_t) size;
		return skip(bytes, length, (size_t) size);
	default:
		return -1;
	}
}
