/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"

#include <limits.h>
#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits at the front of text; *ret_end is the first byte behind them. -1: none, or overflow. */
static int take_u64(const char *text, unsigned base, uint64_t *ret, const char **ret_end)
{
	uint64_t value = 0;
	const char *p = text;

	for (; is_digit(*p) && (unsigned) (*p - '0') < base; p++)
		if (__builtin_mul_overflow(value, (uint64_t) base, &value) ||
			__builtin_add_overflow(value, (uint64_t) (*p - '0'), &value))
			return -1;
	if (p == text)
		return -1;
	*ret = value;
	*ret_end = p;
	return 0;
}

int str_to_u64(const char *text, uint64_t *ret)
{
	const char *end;
	uint64_t value;

	if (text == NULL || take_u64(text, 10, &value, &end) < 0 || *end != '\0')
		return -1;
	*ret = value;
	return 0;
}

int str_to_u32(const char *text, uint32_t *ret)
{
	uint64_t value;

	if (str_to_u64(text, &value) < 0 || value > UINT32_MAX)
		return -1;
	*ret = (uint32_t) value;
	return 0;
}

int str_to_i64(const char *text, int64_t *ret)
{
	bool minus = text != NULL && text[0] == '-';
	uint64_t value;

	if (text == NULL || str_to_u64(text + minus, &value) < 0)
		return -1;
	if (value > (uint64_t) INT64_MAX + minus)
		return -1;
	/* INT64_MIN has no positive twin to negate. */
	if (minus)
		*ret = value == 0 ? 0 : -(int64_t) (value - 1) - 1;
	else
		*ret = (int64_t) value;
	return 0;
}

int str_to_octal(const char *text, uint32_t *ret)
{
	const char *end;
	uint64_t value;

	if (text == NULL || take_u64(text, 8, &value, &end) < 0 || *end != '\0' ||
		value > UINT32_MAX)
		return -1;
	*ret = (uint32_t) value;
	return 0;
}

int str_to_bytes(const char *text, int64_t *ret)
{
	static const char units[] = "kmgt";
	const char *end, *unit;
	uint64_t value;

	if (text == NULL)
		return -1;
	if (str_eq(text, "-1")) {
		*ret = -1;
		return 0;
	}
	if (take_u64(text, 10, &value, &end) < 0)
		return -1;
	unit = *end != '\0' ? strchr(units, *end | 0x20) : NULL;
	if (unit != NULL) {
		if (__builtin_mul_overflow(
			    value, (uint64_t) 1 << (10 * (unit - units + 1)), &value))
			return -1;
		end++;
	}
	if (*end == 'b' || *end == 'B')
		end++;
	if (*end != '\0' || value > INT64_MAX)
		return -1;
	*ret = (int64_t) value;
	return 0;
}

bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

const char *str_after(const char *text, const char *prefix)
{
	size_t length = strlen(prefix);

	return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

bool str_starts(const char *text, const char *prefix)
{
	return str_after(text, prefix) != NULL;
}

bool str_in(const char *text, const char *const *list)
{
	for (; *list != NULL; list++)
		if (str_eq(text, *list))
			return true;
	return false;
}

void str_pointer_key(char *to, size_t size, const char *key)
{
	size_t used = 0;

	if (size == 0)
		return;
	for (; *key != '\0'; key++) {
		bool escape = *key == '~' || *key == '/';

		/* An escape is never cut in two. */
		if (used + (escape ? 2 : 1) >= size)
			break;
		if (escape) {
			to[used++] = '~';
			to[used++] = *key == '~' ? '0' : '1';
		} else {
			to[used++] = *key;
		}
	}
	to[used] = '\0';
}

/* The length of the valid character at the front of text, 0 where there is none (RFC 3629). */
static size_t utf8_length(const unsigned char *text, size_t length)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t need;

	if (length == 0)
		return 0;
	if (text[0] < 0x80)
		return 1;
	if (text[0] >= 0xc2 && text[0] <= 0xdf)
		need = 2;
	else if (text[0] >= 0xe0 && text[0] <= 0xef)
		need = 3;
	else if (text[0] >= 0xf0 && text[0] <= 0xf4)
		need = 4;
	else
		return 0;
	/* The second byte rules out overlong forms, surrogates and what lies above U+10FFFF. */
	if (text[0] == 0xe0)
		low = 0xa0;
	else if (text[0] == 0xed)
		high = 0x9f;
	else if (text[0] == 0xf0)
		low = 0x90;
	else if (text[0] == 0xf4)
		high = 0x8f;
	if (length < need || text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < need; i++)
		if (text[i] < 0x80 || text[i] > 0xbf)
			return 0;
	return need;
}

bool str_is_file_name(const char *text)
{
	return text != NULL && text[0] != '\0' && !str_eq(text, ".") && !str_eq(text, "..") &&
		strchr(text, '/') == NULL && strlen(text) <= NAME_MAX;
}

bool str_is_utf8(const char *text, size_t length)
{
	const unsigned char *p = (const unsigned char *) text;

	while (length > 0) {
		size_t step = utf8_length(p, length);

		if (step == 0)
			return false;
		p += step;
		length -= step;
	}
	return true;
}

struct sink {
	char *to;
	size_t size;
	size_t used; /* what it would need so far */
	bool full; /* a piece did not fit: nothing behind it is written either */
};

/* A piece is written whole or not at all, so that a cut text is still made of whole escapes. */
static void put(struct sink *sink, const char *piece, size_t length)
{
	if (!sink->full && sink->used + length < sink->size) {
		memcpy(sink->to + sink->used, piece, length);
		sink->to[sink->used + length] = '\0';
	} else {
		sink->full = true;
	}
	sink->used += length;
}

size_t str_json(char *to, size_t size, const char *text)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *p = (const unsigned char *) text;
	struct sink sink = { .to = to, .size = size };
	size_t left = strlen(text);

	if (size > 0)
		to[0] = '\0';
	put(&sink, "\"", 1);
	while (left > 0) {
		size_t step = utf8_length(p, left);

		if (step == 0) {
			put(&sink, "\xef\xbf\xbd", 3);
			step = 1;
		} else if (*p == '"' || *p == '\\') {
			const char piece[2] = { '\\', (char) *p };

			put(&sink, piece, 2);
		} else if (*p == '\n') {
			put(&sink, "\\n", 2);
		} else if (*p == '\t') {
			put(&sink, "\\t", 2);
		} else if (*p == '\r') {
			put(&sink, "\\r", 2);
		} else if (*p < 0x20 || *p == 0x7f) {
			const char piece[6] = { '\\', 'u', '0', '0', hex[*p >> 4], hex[*p & 15] };

			put(&sink, piece, 6);
		} else {
			put(&sink, (const char *) p, step);
		}
		p += step;
		left -= step;
	}
	put(&sink, "\"", 1);
	return sink.used;
}
