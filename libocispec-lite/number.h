/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * number: the text of a JSON number to the integer type of its row.
 *
 * Not for the callers of the library: parse.c includes it.
 */
#ifndef OCISPEC_LITE_NUMBER_H
#define OCISPEC_LITE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ocispec.h"

struct number {
	bool negative;
	uint64_t magnitude;
};

/* Only an integer without fraction and exponent, as Go's readers have it. Returns 0 or -1. */
int number_read(const char *text, size_t length, struct number *ret);

/* Writes it at the member as the row's own type. Returns -1 when it does not fit or the row is none of a
 * number. */
int number_store(const struct ocispec_alloc *alloc, enum ocispec_kind kind, void *at,
	const struct number *number);

/* Memory for the value of an optional scalar, whose member at becomes the pointer to it. */
void *number_optional(const struct ocispec_alloc *alloc, void *at, size_t size);

#endif
