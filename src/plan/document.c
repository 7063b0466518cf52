/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/document.h"

static void *in_arena(void *data, size_t size)
{
	return arena_alloc(data, size);
}

struct ocispec_alloc document_alloc(struct arena *arena)
{
	return (struct ocispec_alloc){ in_arena, arena };
}

int document_parse(const struct ocispec_object *object, const char *bytes, size_t length,
	const char *name, struct arena *arena, void **ret, struct err *err)
{
	const struct ocispec_alloc alloc = document_alloc(arena);
	struct ocispec_error at;

	if (ocispec_parse(object, bytes, length, &alloc, NULL, ret, &at) == 0)
		return 0;
	(void) err_at(err, at.pointer, "%s", at.text);
	return err_ctx(err, "%s:%zu:%zu", name, at.line, at.column);
}
