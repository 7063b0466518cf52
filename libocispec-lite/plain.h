/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * plain: whether a text is printable ASCII without backslashes, eight bytes at a time: in such a text a
 * JSON string is what stands between two quotation marks.
 *
 * Not for the callers of the library: parse.c and scan.c include it.
 */
#ifndef OCISPEC_LITE_PLAIN_H
#define OCISPEC_LITE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PLAIN_EACH(byte) ((uint64_t) (byte) *0x0101010101010101U)

/* blanks: line breaks and tabulators, and other control characters, are plain too. */
static inline bool plain_text(const char *text, size_t length, bool blanks)
{
	const uint64_t high = PLAIN_EACH(0x80);
	uint64_t odd = 0;

	for (size_t i = 0; i < length; i += 8) {
		uint64_t eight = PLAIN_EACH(' ');
		uint64_t slash;

		/* A whole word is copied by one instruction. */
		if (length - i >= 8)
			memcpy(&eight, text + i, 8);
		else
			memcpy(&eight, text + i, length - i);
		slash = eight ^ PLAIN_EACH('\\');
		/* A borrow out of a byte that is odd may make the next one odd as well: no matter. */
		odd |= eight | (slash - PLAIN_EACH(1));
		if (!blanks)
			odd |= eight - PLAIN_EACH(0x20);
		if ((odd & high) != 0)
			return false;
	}
	return true;
}

#endif
