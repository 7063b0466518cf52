/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * text: what parse.c has to know of a document as text, not as values: lines and columns, whole
 * characters, what may stand in a message, and strings that no reader after us should be asked to mend.
 *
 * Not for the callers of the library.
 */
#ifndef OCISPEC_LITE_TEXT_H
#define OCISPEC_LITE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

enum { TEXT_EXCERPT_BYTES = 40 };

/* The line and the column of an offset into the text, both from 1. */
void text_place(const char *bytes, size_t offset, size_t *ret_line, size_t *ret_column);

/* Appends whole characters to the string of *used bytes in to, as long as they fit; a message is one
 * line, so control characters become question marks. escape: as a part of a JSON pointer. Returns how
 * many bytes of text were taken. */
size_t text_put(char *to, size_t size, size_t *used, const char *text, size_t length, bool escape);

struct text_excerpt {
	char text[TEXT_EXCERPT_BYTES + 8];
};

/* The beginning of a value for a message; quote is "" or "\"". */
struct text_excerpt text_excerpt(const char *text, size_t length, const char *quote);

/* Text that yajl would let through or mend: the string it is in, and what is wrong with it. */
struct text_bad {
	size_t string;
	const char *expected;
	const char *found;
};

/* Looks through all strings before yajl does. Returns whether one is bad: not UTF-8, with NUL in it, or
 * with half of a surrogate pair. */
bool text_find_bad(const char *bytes, size_t length, struct text_bad *bad);

#endif
