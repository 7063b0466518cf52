/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * yajl-memory: lets yajl work in the caller's allocator.
 *
 * yajl does not check what malloc returns, and the caller's allocator may leave by a jump. In here
 * it gets memory that is never NULL and never has to be given back, so no path can leak or crash.
 *
 * Not for the callers of the library: parse.c and print.c include it.
 */
#ifndef OCISPEC_LITE_YAJL_MEMORY_H
#define OCISPEC_LITE_YAJL_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <yajl/yajl_common.h>

#include "ocispec.h"

/* Every block has its size before it, as growing it means copying it. */
union yajl_block {
	size_t size;
	max_align_t align;
};

static inline void *yajl_take(void *data, size_t size)
{
	const struct ocispec_alloc *alloc = data;
	union yajl_block *block = alloc->alloc(alloc->data, sizeof(*block) + size);

	block->size = size;
	return block + 1;
}

static inline void yajl_drop(void *data, void *block)
{
	(void) data;
	(void) block;
}

static inline void *yajl_regrow(void *data, void *old, size_t size)
{
	void *grown = yajl_take(data, size);

	if (old != NULL) {
		const union yajl_block *block = (const union yajl_block *) old - 1;

		memcpy(grown, old, block->size < size ? block->size : size);
	}
	return grown;
}

/* copy is the caller's variable that the functions point to; it lives as long as they are used. */
static inline yajl_alloc_funcs yajl_memory(
	struct ocispec_alloc *copy, const struct ocispec_alloc *alloc)
{
	*copy = *alloc;
	return (yajl_alloc_funcs){ yajl_take, yajl_regrow, yajl_drop, copy };
}

#endif
