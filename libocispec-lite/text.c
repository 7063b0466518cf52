/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "text.h"

#include <string.h>

#include "plain.h"

void text_place(const char *bytes, size_t offset, size_t *ret_line, size_t *ret_column)
{
	size_t line = 1, start = 0;

	for (size_t i = 0; i < offset; i++)
		if (bytes[i] == '\n') {
			line++;
			start = i + 1;
		}
	*ret_line = line;
	*ret_column = offset - start + 1;
}

/* The length of the UTF-8 sequence at text, 0 if it is none (overlong forms and surrogates are none). */
static size_t sequence(const unsigned char *text, size_t left)
{
	const unsigned char c = text[0];
	const size_t length = c < 0x80 ? 1
		: c < 0xc2	       ? 0
		: c < 0xe0	       ? 2
		: c < 0xf0	       ? 3
		: c < 0xf5	       ? 4
				       : 0;

	if (length == 0 || length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((c == 0xe0 && text[1] < 0xa0) || (c == 0xed && text[1] > 0x9f) ||
		(c == 0xf0 && text[1] < 0x90) || (c == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

size_t text_put(char *to, size_t size, size_t *used, const char *text, size_t length, bool escape)
{
	size_t i = 0;

	while (i < length) {
		const unsigned char *at = (const unsigned char *) text + i;
		const size_t bytes = sequence(at, length - i);
		char piece[4] = { '?' };
		size_t put = 1;

		if (escape && (*at == '~' || *at == '/')) {
			piece[0] = '~';
			piece[1] = *at == '~' ? '0' : '1';
			put = 2;
		} else if (bytes != 0 && *at >= 0x20 && *at != 0x7f) {
			memcpy(piece, at, bytes);
			put = bytes;
		}
		if (*used + put >= size)
			break;
		memcpy(to + *used, piece, put);
		*used += put;
		i += bytes == 0 ? 1 : bytes;
	}
	to[*used] = '\0';
	return i;
}

struct text_excerpt text_excerpt(const char *text, size_t length, const char *quote)
{
	struct text_excerpt excerpt;
	size_t used = 0;
	size_t taken;

	(void) text_put(excerpt.text, sizeof(excerpt.text), &used, quote, strlen(quote), false);
	taken = text_put(excerpt.text, TEXT_EXCERPT_BYTES, &used, text, length, false);
	if (taken < length)
		quote = *quote == '\0' ? "..." : "...\"";
	(void) text_put(excerpt.text, sizeof(excerpt.text), &used, quote, strlen(quote), false);
	return excerpt;
}

static int hex(const char *text, size_t left)
{
	int value = 0;

	if (left < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		const char c = text[i];
		int digit = c >= '0' && c <= '9' ? c - '0'
			: c >= 'a' && c <= 'f'	 ? c - 'a' + 10
			: c >= 'A' && c <= 'F'	 ? c - 'A' + 10
						 : -1;

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* An escape at text: its length, 0 when it is refused. yajl turns half of a surrogate pair into a
 * question mark, and its reader of the second half looks beyond the end. */
static size_t escape(const char *text, size_t left, struct text_bad *bad)
{
	int one, two;

	if (left < 2 || text[1] != 'u')
		return 2;
	one = hex(text + 2, left - 2);
	if (one == 0) {
		bad->expected = "text without NUL";
		bad->found = "\\u0000 in it";
		return 0;
	}
	if (one < 0xd800 || one > 0xdfff)
		return one < 0 ? 2 : 6;
	two = left >= 12 && text[6] == '\\' && text[7] == 'u' ? hex(text + 8, left - 8) : -1;
	if (one > 0xdbff || two < 0xdc00 || two > 0xdfff) {
		bad->expected = "whole characters";
		bad->found = "half of a surrogate pair";
		return 0;
	}
	return 12;
}

bool text_find_bad(const char *bytes, size_t length, struct text_bad *bad)
{
	bool inside = false;

	if (plain_text(bytes, length, true))
		return false;
	for (size_t i = 0; i < length;) {
		size_t step = 1;

		if (bytes[i] == '"') {
			inside = !inside;
			bad->string = i;
		} else if (inside && bytes[i] == '\\')
			step = escape(bytes + i, length - i, bad);
		else if (inside) {
			step = sequence((const unsigned char *) bytes + i, length - i);
			bad->expected = "text in UTF-8";
			bad->found = "another encoding";
		}
		if (step == 0)
			return true;
		i += step;
	}
	return false;
}
