/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * document: where JSON documents (libocispec-lite) meet arenas and errors (base).
 */
#ifndef OCIRT_PLAN_DOCUMENT_H
#define OCIRT_PLAN_DOCUMENT_H

#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "libocispec-lite/ocispec.h"

/* The arena as the parser's and the printer's memory. */
struct ocispec_alloc document_alloc(struct arena *arena);

/* Parses a document into *ret, a struct of `object` in the arena. An error is "NAME:LINE:COLUMN: POINTER:
 * what is wrong", with the pointer set. */
ERR_CHECK int document_parse(const struct ocispec_object *object, const char *bytes, size_t length,
	const char *name, struct arena *arena, void **ret, struct err *err);

#endif
