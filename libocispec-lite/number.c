/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "number.h"

#include <string.h>

int number_read(const char *text, size_t length, struct number *ret)
{
	uint64_t value = 0;
	size_t i = 0;
	const bool negative = length > 0 && text[0] == '-';

	if (negative)
		i = 1;
	if (i == length)
		return -1;
	for (; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' ||
			__builtin_mul_overflow(value, (uint64_t) 10, &value) ||
			__builtin_add_overflow(value, (uint64_t) (text[i] - '0'), &value))
			return -1;
	}
	*ret = (struct number){ negative, value };
	return 0;
}

static int fits_signed(const struct number *number, uint64_t max, int64_t *ret)
{
	if (number->magnitude > max + (number->negative ? 1 : 0))
		return -1;
	*ret = number->negative ? (int64_t) (0 - number->magnitude) : (int64_t) number->magnitude;
	return 0;
}

static int fits_unsigned(const struct number *number, uint64_t max)
{
	return number->magnitude > max || (number->negative && number->magnitude != 0) ? -1 : 0;
}

void *number_optional(const struct ocispec_alloc *alloc, void *at, size_t size)
{
	void *value = alloc->alloc(alloc->data, size);

	memcpy(at, &value, sizeof(value));
	return value;
}

int number_store(const struct ocispec_alloc *alloc, enum ocispec_kind kind, void *at,
	const struct number *number)
{
	const uint64_t value = number->magnitude;
	int64_t integer;

	switch (kind) {
	case OCISPEC_U16_OPT:
		if (fits_unsigned(number, UINT16_MAX) < 0)
			return -1;
		*(uint16_t *) number_optional(alloc, at, sizeof(uint16_t)) = (uint16_t) value;
		return 0;
	case OCISPEC_U32:
		if (fits_unsigned(number, UINT32_MAX) < 0)
			return -1;
		*(uint32_t *) at = (uint32_t) value;
		return 0;
	case OCISPEC_U32_OPT:
		if (fits_unsigned(number, UINT32_MAX) < 0)
			return -1;
		*(uint32_t *) number_optional(alloc, at, sizeof(uint32_t)) = (uint32_t) value;
		return 0;
	case OCISPEC_I32_OPT:
		if (fits_signed(number, INT32_MAX, &integer) < 0)
			return -1;
		*(int32_t *) number_optional(alloc, at, sizeof(int32_t)) = (int32_t) integer;
		return 0;
	case OCISPEC_U64:
		if (fits_unsigned(number, UINT64_MAX) < 0)
			return -1;
		*(uint64_t *) at = value;
		return 0;
	case OCISPEC_U64_OPT:
		if (fits_unsigned(number, UINT64_MAX) < 0)
			return -1;
		*(uint64_t *) number_optional(alloc, at, sizeof(uint64_t)) = value;
		return 0;
	case OCISPEC_I64:
		if (fits_signed(number, INT64_MAX, &integer) < 0)
			return -1;
		*(int64_t *) at = integer;
		return 0;
	case OCISPEC_I64_OPT:
		if (fits_signed(number, INT64_MAX, &integer) < 0)
			return -1;
		*(int64_t *) number_optional(alloc, at, sizeof(int64_t)) = integer;
		return 0;
	default:
		return -1;
	}
}
