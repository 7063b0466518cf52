/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * str: small, strict functions on text.
 *
 * The number parsers take the whole text and nothing but digits (no blank, no sign where the type
 * has none, no prefix, no overflow): return 0, or -1 with *ret untouched. They set no error text,
 * because only the caller knows what the number was for.
 */
#ifndef OCIRT_BASE_STR_H
#define OCIRT_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

ERR_CHECK int str_to_u64(const char *text, uint64_t *ret);
ERR_CHECK int str_to_u32(const char *text, uint32_t *ret);
/* An optional '-' and digits. */
ERR_CHECK int str_to_i64(const char *text, int64_t *ret);
/* Octal digits only, for modes. */
ERR_CHECK int str_to_octal(const char *text, uint32_t *ret);
/* A size: digits and one of k, m, g, t (powers of 1024, either case, an optional "b" behind), or
 * "-1". What `update --memory` takes. */
ERR_CHECK int str_to_bytes(const char *text, int64_t *ret);

bool str_eq(const char *a, const char *b);
bool str_starts(const char *text, const char *prefix);
/* The part behind prefix, or NULL. */
const char *str_after(const char *text, const char *prefix);
bool str_in(const char *text, const char *const *list); /* list ends with NULL */

/* RFC 3986-like JSON pointer escaping (~ and /) of one key into to; truncates; NUL-terminated. */
void str_pointer_key(char *to, size_t size, const char *key);

/* The name of one file in a directory: no slash in it, neither "." nor "..", 1 to 255 bytes. NULL is none. */
bool str_is_file_name(const char *text);

/* Valid UTF-8 without surrogates and overlong forms. */
bool str_is_utf8(const char *text, size_t length);

/* Writes text as a JSON string with its quotes into to (size bytes, NUL-terminated); invalid UTF-8
 * becomes U+FFFD. Returns the length, or what it would need, as snprintf does. */
size_t str_json(char *to, size_t size, const char *text);

#endif
