/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reads back what print.c wrote. There is nothing to find out about such a text: the members come in the
 * order of the table, nothing stands between the tokens. So a record costs a tenth of what it does through
 * yajl. Everything else is left to parse.c, which also knows how to complain.
 */
#include "libocispec-lite/ocispec.h"

#include <string.h>

#include "plain.h"

struct any_list {
	void *items;
	size_t count;
} __attribute__((may_alias));

struct scan {
	const char *at; /* NUL-terminated */
	const char *end;
	const struct ocispec_alloc *alloc;
};

static void *take(const struct scan *scan, size_t size)
{
	return scan->alloc->alloc(scan->alloc->data, size);
}

static bool is_next(struct scan *scan, const char *text, size_t length)
{
	if (strncmp(scan->at, text, length) != 0)
		return false;
	scan->at += length;
	return true;
}

static bool mark(struct scan *scan, char c)
{
	if (*scan->at != c)
		return false;
	scan->at++;
	return true;
}

static char *string(struct scan *scan)
{
	const char *from = scan->at + 1;
	const char *quote;
	char *copy;

	if (*scan->at != '"')
		return NULL;
	quote = memchr(from, '"', (size_t) (scan->end - from));
	if (quote == NULL)
		return NULL;
	copy = take(scan, (size_t) (quote - from) + 1);
	memcpy(copy, from, (size_t) (quote - from));
	scan->at = quote + 1;
	return copy;
}

static bool digits(struct scan *scan, uint64_t most, uint64_t *ret)
{
	const char *from = scan->at;
	uint64_t value = 0;

	for (; *scan->at >= '0' && *scan->at <= '9'; scan->at++)
		if (__builtin_mul_overflow(value, 10U, &value) ||
			__builtin_add_overflow(value, (uint64_t) (*scan->at - '0'), &value))
			return false;
	if (scan->at == from || (*from == '0' && scan->at - from > 1) || value > most)
		return false;
	*ret = value;
	return true;
}

static bool signed_digits(struct scan *scan, uint64_t most, int64_t *ret)
{
	const bool negative = mark(scan, '-');
	uint64_t value;

	if (!digits(scan, negative ? most + 1 : most, &value))
		return false;
	/* The least number has no positive counterpart. */
	*ret = negative ? (int64_t) (0 - value) : (int64_t) value;
	return true;
}

static bool boolean(struct scan *scan, bool *ret)
{
	*ret = is_next(scan, "true", 4);
	return *ret || is_next(scan, "false", 5);
}

static void *grow(const struct scan *scan, struct any_list *list, size_t size)
{
	/* 4, 8, 16 … elements. */
	if (list->count == 0 || (list->count >= 4 && (list->count & (list->count - 1)) == 0)) {
		void *items = take(scan, (list->count == 0 ? 4 : list->count * 2) * size);

		if (list->count != 0)
			memcpy(items, list->items, list->count * size);
		list->items = items;
	}
	return (char *) list->items + list->count++ * size;
}

static bool object(struct scan *scan, const struct ocispec_object *object, void *base);

static bool element(struct scan *scan, const struct ocispec_field *field, struct any_list *list)
{
	char *text = NULL;
	uint64_t number;

	if (field->kind == OCISPEC_U32_LIST) {
		if (!digits(scan, UINT32_MAX, &number))
			return false;
		*(uint32_t *) grow(scan, list, sizeof(uint32_t)) = (uint32_t) number;
		return true;
	}
	if (field->kind != OCISPEC_OBJECT_LIST) {
		text = string(scan);
		if (text == NULL)
			return false;
	}
	if (field->kind == OCISPEC_OBJECT_LIST)
		return object(scan, field->object, grow(scan, list, field->object->size));
	if (field->kind == OCISPEC_STRINGS) {
		memcpy(grow(scan, list, sizeof(text)), &text, sizeof(text));
		return true;
	}
	if (!mark(scan, ':'))
		return false;
	if (field->kind == OCISPEC_MAP) {
		struct spec_map_entry *entry = grow(scan, list, sizeof(*entry));

		entry->key = text;
		entry->value = string(scan);
		return entry->value != NULL;
	}
	void *keyed = grow(scan, list, field->object->size);

	memcpy(keyed, &text, sizeof(text));
	return object(scan, field->object, keyed);
}

static bool list(struct scan *scan, const struct ocispec_field *field, struct any_list *list)
{
	const bool keyed = field->kind == OCISPEC_MAP || field->kind == OCISPEC_OBJECT_MAP;

	if (!mark(scan, keyed ? '{' : '['))
		return false;
	if (mark(scan, keyed ? '}' : ']')) {
		/* An empty list is not an absent one. */
		list->items = take(scan, 1);
		return true;
	}
	do {
		if (!element(scan, field, list))
			return false;
	} while (mark(scan, ','));
	return mark(scan, keyed ? '}' : ']');
}

/* A scalar whose absence is a NULL pointer. */
static void *optional(const struct scan *scan, void *member, size_t size)
{
	void *value = take(scan, size);

	memcpy(member, &value, sizeof(value));
	return value;
}

static bool value(struct scan *scan, const struct ocispec_field *field, void *to)
{
	uint64_t number;
	int64_t integer;
	char *text;
	bool flag;

	switch (field->kind) {
	case OCISPEC_STRING:
		text = string(scan);
		memcpy(to, &text, sizeof(text));
		return text != NULL;
	case OCISPEC_BOOL:
		return boolean(scan, to);
	case OCISPEC_BOOL_OPT:
		if (!boolean(scan, &flag))
			return false;
		*(bool *) optional(scan, to, sizeof(flag)) = flag;
		return true;
	case OCISPEC_U16_OPT:
		if (!digits(scan, UINT16_MAX, &number))
			return false;
		*(uint16_t *) optional(scan, to, sizeof(uint16_t)) = (uint16_t) number;
		return true;
	case OCISPEC_U32:
	case OCISPEC_U32_OPT:
		if (!digits(scan, UINT32_MAX, &number))
			return false;
		if (field->kind == OCISPEC_U32_OPT)
			to = optional(scan, to, sizeof(uint32_t));
		*(uint32_t *) to = (uint32_t) number;
		return true;
	case OCISPEC_U64:
	case OCISPEC_U64_OPT:
		if (!digits(scan, UINT64_MAX, &number))
			return false;
		if (field->kind == OCISPEC_U64_OPT)
			to = optional(scan, to, sizeof(uint64_t));
		*(uint64_t *) to = number;
		return true;
	case OCISPEC_I32_OPT:
		if (!signed_digits(scan, INT32_MAX, &integer))
			return false;
		*(int32_t *) optional(scan, to, sizeof(int32_t)) = (int32_t) integer;
		return true;
	case OCISPEC_I64:
	case OCISPEC_I64_OPT:
		if (!signed_digits(scan, INT64_MAX, &integer))
			return false;
		if (field->kind == OCISPEC_I64_OPT)
			to = optional(scan, to, sizeof(int64_t));
		*(int64_t *) to = integer;
		return true;
	case OCISPEC_OBJECT:
		return object(scan, field->object, optional(scan, to, field->object->size));
	case OCISPEC_STRINGS:
	case OCISPEC_U32_LIST:
	case OCISPEC_MAP:
	case OCISPEC_OBJECT_LIST:
	case OCISPEC_OBJECT_MAP:
		return list(scan, field, to);
	}
	return false;
}

static bool key(struct scan *scan, const char *name)
{
	const size_t length = strlen(name);

	if (strncmp(scan->at + 1, name, length) != 0 || scan->at[length + 1] != '"' ||
		scan->at[length + 2] != ':')
		return false;
	scan->at += length + 3;
	return true;
}

/* The members come in the order of the table, so that none comes twice; those that are absent are
 * passed over. */
static bool object(struct scan *scan, const struct ocispec_object *object, void *base)
{
	bool open = true; /* a key may come */

	if (!mark(scan, '{'))
		return false;
	if (mark(scan, '}'))
		open = false;
	for (size_t i = 0; i < object->count; i++) {
		const struct ocispec_field *field = &object->fields[i];

		if (!open || *scan->at != '"' || !key(scan, field->name)) {
			if ((field->flags & OCISPEC_REQUIRED) != 0)
				return false;
			continue;
		}
		if (!value(scan, field, (char *) base + field->offset))
			return false;
		if (!mark(scan, ',')) {
			if (!mark(scan, '}'))
				return false;
			open = false;
		}
	}
	return !open;
}

int ocispec_parse_printed(const struct ocispec_object *wanted, const char *bytes, size_t length,
	const struct ocispec_alloc *alloc, void **ret, struct ocispec_error *error)
{
	struct scan scan = { .at = bytes, .end = bytes + length, .alloc = alloc };

	if (length <= OCISPEC_MAX_BYTES && plain_text(bytes, length, false)) {
		void *base = take(&scan, wanted->size);

		if (object(&scan, wanted, base) && scan.at == scan.end) {
			*ret = base;
			return 0;
		}
	}
	return ocispec_parse(wanted, bytes, length, alloc, NULL, ret, error);
}
