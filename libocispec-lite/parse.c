/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine that fills structs from JSON by the rows of spec-tables.c. yajl calls once per token; a
 * stack of frames says which struct or list is being filled.
 */
#include "libocispec-lite/ocispec.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_parse.h>

enum { KEY_BYTES = 80 };

/* What SPEC_LIST, struct spec_strings, spec_u32_list and spec_map have in common. */
struct any_list {
	void *items;
	size_t count;
};

enum frame_kind {
	FRAME_OBJECT,
	FRAME_OBJECT_LIST,
	FRAME_OBJECT_MAP,
	FRAME_VALUES,
	FRAME_MAP,
	FRAME_SKIP
};

struct frame {
	enum frame_kind kind;
	bool array; /* opened by '[' */
	const struct ocispec_object *object;
	const struct ocispec_field *field; /* FRAME_OBJECT: of the key just read, NULL: unknown */
	enum ocispec_kind values; /* FRAME_VALUES: STRINGS or U32_LIST */
	void *base; /* FRAME_OBJECT: the struct; else the list */
	size_t room; /* of a list, in elements */
	uint64_t seen; /* FRAME_OBJECT: bit N: row N has had a value */
	size_t index; /* of the element that is read, for the pointer */
	char key[KEY_BYTES];
	char *entry_key; /* FRAME_MAP, FRAME_OBJECT_MAP: the key just read */
};

struct parser {
	const char *bytes;
	size_t length;
	yajl_handle yajl;
	const struct ocispec_alloc *alloc;
	const struct ocispec_options *options;
	struct ocispec_error *error;
	bool failed;
	const struct ocispec_object *root_object;
	bool root_list;
	void *root; /* the document's struct, or its struct any_list */
	bool root_done;
	size_t depth;
	struct frame frames[OCISPEC_MAX_DEPTH];
};

/* ---- errors ------------------------------------------------------------------------------------- */

static void place(const char *bytes, size_t offset, struct ocispec_error *error)
{
	size_t line = 1, start = 0;

	for (size_t i = 0; i < offset; i++)
		if (bytes[i] == '\n') {
			line++;
			start = i + 1;
		}
	error->line = line;
	error->column = offset - start + 1;
}

static size_t put_key(char *to, size_t used, size_t size, const char *key)
{
	for (const char *at = key; *at != '\0'; at++) {
		const char *text = *at == '~' ? "~0" : *at == '/' ? "~1" : NULL;

		if (used + 3 > size)
			break;
		if (text != NULL) {
			to[used++] = text[0];
			to[used++] = text[1];
		} else
			to[used++] = *at;
	}
	return used;
}

/* The JSON pointer of what is read now; depth frames of it. */
static void pointer(const struct parser *parser, size_t depth, char *to, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < depth && used + 2 < size; i++) {
		const struct frame *frame = &parser->frames[i];
		char number[24];
		const char *key = frame->key;

		if (frame->array) {
			(void) snprintf(number, sizeof(number), "%zu", frame->index);
			key = number;
		} else if (key[0] == '\0' && frame->seen == 0 && frame->index == 0)
			break; /* no key has been read yet */
		to[used++] = '/';
		used = put_key(to, used, size - 1, key);
	}
	to[used] = '\0';
}

__attribute__((format(printf, 4, 5))) static int fail(
	struct parser *parser, size_t offset, size_t depth, const char *format, ...)
{
	va_list args;

	if (parser->failed)
		return 0;
	parser->failed = true;
	pointer(parser, depth, parser->error->pointer, sizeof(parser->error->pointer));
	place(parser->bytes, offset, parser->error);
	va_start(args, format);
	(void) vsnprintf(parser->error->text, sizeof(parser->error->text), format, args);
	va_end(args);
	return 0;
}

/* Where a token begins: yajl points into the document unless it had to decode escapes. */
static size_t offset_of(
	const struct parser *parser, const void *token, size_t length, size_t before)
{
	const char *at = token;
	size_t consumed;

	if (at != NULL && at >= parser->bytes && at < parser->bytes + parser->length)
		return (size_t) (at - parser->bytes) - before;
	consumed = yajl_get_bytes_consumed(parser->yajl);
	return consumed > length ? consumed - length : 0;
}

static int wrong(struct parser *parser, size_t offset, const char *expected, const char *found)
{
	return fail(parser, offset, parser->depth, "expected %s, found %s", expected, found);
}

/* ---- memory ------------------------------------------------------------------------------------- */

static void *take(struct parser *parser, size_t size)
{
	return parser->alloc->alloc(parser->alloc->data, size);
}

static char *copy_text(struct parser *parser, const unsigned char *text, size_t length)
{
	char *copy = take(parser, length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

/* Room for one more element; the new one is zeroed. */
static void *grow(struct parser *parser, struct frame *frame, size_t size)
{
	struct any_list *list = frame->base;

	if (list->count == frame->room) {
		const size_t room = frame->room == 0 ? 4 : frame->room * 2;
		void *items = take(parser, room * size);

		if (list->count != 0)
			memcpy(items, list->items, list->count * size);
		list->items = items;
		frame->room = room;
	}
	return (char *) list->items + list->count++ * size;
}

/* An empty list is not an absent one. */
static void open_list(struct parser *parser, struct any_list *list)
{
	list->items = take(parser, 1);
	list->count = 0;
}

/* ---- what is due -------------------------------------------------------------------------------- */

static const char *expected_kind(enum ocispec_kind kind)
{
	switch (kind) {
	case OCISPEC_STRING:
		return "a string";
	case OCISPEC_BOOL:
	case OCISPEC_BOOL_OPT:
		return "true or false";
	case OCISPEC_U16_OPT:
		return "a number from 0 to 65535";
	case OCISPEC_U32:
	case OCISPEC_U32_OPT:
		return "a number from 0 to 4294967295";
	case OCISPEC_I32_OPT:
		return "a number from -2147483648 to 2147483647";
	case OCISPEC_U64:
	case OCISPEC_U64_OPT:
		return "a number from 0 to 18446744073709551615";
	case OCISPEC_I64:
	case OCISPEC_I64_OPT:
		return "a number from -9223372036854775808 to 9223372036854775807";
	case OCISPEC_STRINGS:
		return "a list of strings";
	case OCISPEC_U32_LIST:
		return "a list of numbers";
	case OCISPEC_OBJECT_LIST:
		return "a list of objects";
	case OCISPEC_MAP:
	case OCISPEC_OBJECT_MAP:
	case OCISPEC_OBJECT:
		return "an object";
	}
	return "another value";
}

static const char *expected_here(const struct parser *parser)
{
	const struct frame *frame;

	if (parser->depth == 0)
		return parser->root_list ? "a list of objects" : "an object";
	frame = &parser->frames[parser->depth - 1];
	switch (frame->kind) {
	case FRAME_OBJECT:
		return expected_kind(frame->field->kind);
	case FRAME_OBJECT_LIST:
	case FRAME_OBJECT_MAP:
		return "an object";
	case FRAME_VALUES:
		return frame->values == OCISPEC_STRINGS ? "a string" : expected_kind(OCISPEC_U32);
	case FRAME_MAP:
		return "a string";
	case FRAME_SKIP:
		break;
	}
	return "any value";
}

static struct frame *current(struct parser *parser)
{
	return parser->depth == 0 ? NULL : &parser->frames[parser->depth - 1];
}

/* Values of fields that no row names are passed over. */
static bool skipped(const struct frame *frame)
{
	return frame != NULL &&
		(frame->kind == FRAME_SKIP ||
			(frame->kind == FRAME_OBJECT && frame->field == NULL));
}

static void *member(const struct frame *frame)
{
	return (char *) frame->base + frame->field->offset;
}

static void next_element(struct frame *frame)
{
	if (frame != NULL && frame->array)
		frame->index++;
}

/* ---- scalars ------------------------------------------------------------------------------------ */

/* Text of a number to sign and magnitude; only an integer without exponent. Returns 0 or -1. */
static int read_integer(const char *text, size_t length, bool *negative, uint64_t *ret)
{
	uint64_t value = 0;
	size_t i = 0;

	*negative = length > 0 && text[0] == '-';
	if (*negative)
		i = 1;
	if (i == length)
		return -1;
	for (; i < length; i++) {
		if (text[i] < '0' || text[i] > '9' ||
			__builtin_mul_overflow(value, (uint64_t) 10, &value) ||
			__builtin_add_overflow(value, (uint64_t) (text[i] - '0'), &value))
			return -1;
	}
	*ret = value;
	return 0;
}

static int fits_signed(bool negative, uint64_t value, uint64_t max, int64_t *ret)
{
	if (value > max + (negative ? 1 : 0))
		return -1;
	*ret = negative ? (int64_t) (0 - value) : (int64_t) value;
	return 0;
}

static int fits_unsigned(bool negative, uint64_t value, uint64_t max)
{
	return value > max || (negative && value != 0) ? -1 : 0;
}

static void *optional(struct parser *parser, void *at, size_t size)
{
	void *value = take(parser, size);

	memcpy(at, &value, sizeof(value));
	return value;
}

/* Stores a number as its row's own type. Returns -1 when it does not fit or is none. */
static int store_number(
	struct parser *parser, enum ocispec_kind kind, void *at, bool negative, uint64_t value)
{
	int64_t number;

	switch (kind) {
	case OCISPEC_U16_OPT:
		if (fits_unsigned(negative, value, UINT16_MAX) < 0)
			return -1;
		*(uint16_t *) optional(parser, at, sizeof(uint16_t)) = (uint16_t) value;
		return 0;
	case OCISPEC_U32:
		if (fits_unsigned(negative, value, UINT32_MAX) < 0)
			return -1;
		*(uint32_t *) at = (uint32_t) value;
		return 0;
	case OCISPEC_U32_OPT:
		if (fits_unsigned(negative, value, UINT32_MAX) < 0)
			return -1;
		*(uint32_t *) optional(parser, at, sizeof(uint32_t)) = (uint32_t) value;
		return 0;
	case OCISPEC_I32_OPT:
		if (fits_signed(negative, value, INT32_MAX, &number) < 0)
			return -1;
		*(int32_t *) optional(parser, at, sizeof(int32_t)) = (int32_t) number;
		return 0;
	case OCISPEC_U64:
		if (fits_unsigned(negative, value, UINT64_MAX) < 0)
			return -1;
		*(uint64_t *) at = value;
		return 0;
	case OCISPEC_U64_OPT:
		if (fits_unsigned(negative, value, UINT64_MAX) < 0)
			return -1;
		*(uint64_t *) optional(parser, at, sizeof(uint64_t)) = value;
		return 0;
	case OCISPEC_I64:
		if (fits_signed(negative, value, INT64_MAX, &number) < 0)
			return -1;
		*(int64_t *) at = number;
		return 0;
	case OCISPEC_I64_OPT:
		if (fits_signed(negative, value, INT64_MAX, &number) < 0)
			return -1;
		*(int64_t *) optional(parser, at, sizeof(int64_t)) = number;
		return 0;
	default:
		return -1;
	}
}

static int on_number(void *context, const char *text, size_t length)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);
	const size_t offset = offset_of(parser, text, length, 0);
	char found[64];
	bool negative;
	uint64_t value;
	int done = -1;

	if (skipped(frame)) {
		next_element(frame);
		return 1;
	}
	(void) snprintf(
		found, sizeof(found), "the number %.*s", length > 40 ? 40 : (int) length, text);
	if (read_integer(text, length, &negative, &value) == 0 && frame != NULL) {
		if (frame->kind == FRAME_OBJECT)
			done = store_number(
				parser, frame->field->kind, member(frame), negative, value);
		else if (frame->kind == FRAME_VALUES && frame->values == OCISPEC_U32_LIST &&
			fits_unsigned(negative, value, UINT32_MAX) == 0) {
			*(uint32_t *) grow(parser, frame, sizeof(uint32_t)) = (uint32_t) value;
			done = 0;
		}
	}
	if (done < 0)
		return wrong(parser, offset, expected_here(parser), found);
	next_element(frame);
	return 1;
}

static int on_null(void *context)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);

	if (!skipped(frame))
		return wrong(parser, offset_of(parser, NULL, 4, 0), expected_here(parser), "null");
	next_element(frame);
	return 1;
}

static int on_boolean(void *context, int value)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);

	if (skipped(frame)) {
		next_element(frame);
		return 1;
	}
	if (frame != NULL && frame->kind == FRAME_OBJECT && frame->field->kind == OCISPEC_BOOL)
		*(bool *) member(frame) = value != 0;
	else if (frame != NULL && frame->kind == FRAME_OBJECT &&
		frame->field->kind == OCISPEC_BOOL_OPT)
		*(bool *) optional(parser, member(frame), sizeof(bool)) = value != 0;
	else
		return wrong(parser, offset_of(parser, NULL, value ? 4 : 5, 0),
			expected_here(parser), value ? "true" : "false");
	return 1;
}

static int check_text(struct parser *parser, const unsigned char *text, size_t length)
{
	if (memchr(text, '\0', length) == NULL)
		return 1;
	return fail(parser, offset_of(parser, text, length, 1), parser->depth,
		"expected text, found the character NUL in it");
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);

	if (!check_text(parser, text, length))
		return 0;
	if (skipped(frame)) {
		next_element(frame);
		return 1;
	}
	if (frame != NULL && frame->kind == FRAME_OBJECT && frame->field->kind == OCISPEC_STRING)
		*(char **) member(frame) = copy_text(parser, text, length);
	else if (frame != NULL && frame->kind == FRAME_VALUES && frame->values == OCISPEC_STRINGS)
		*(char **) grow(parser, frame, sizeof(char *)) = copy_text(parser, text, length);
	else if (frame != NULL && frame->kind == FRAME_MAP) {
		struct spec_map_entry *entry = grow(parser, frame, sizeof(*entry));

		entry->key = frame->entry_key;
		entry->value = copy_text(parser, text, length);
	} else {
		char found[64];

		(void) snprintf(found, sizeof(found), "the string \"%.*s\"",
			length > 40 ? 40 : (int) length, (const char *) text);
		return wrong(
			parser, offset_of(parser, text, length, 1), expected_here(parser), found);
	}
	next_element(frame);
	return 1;
}

/* ---- objects and lists -------------------------------------------------------------------------- */

static struct frame *push(struct parser *parser, enum frame_kind kind, bool array, void *base)
{
	struct frame *frame;

	if (parser->depth == OCISPEC_MAX_DEPTH) {
		(void) fail(parser, offset_of(parser, NULL, 1, 0), parser->depth,
			"expected at most %d levels, found more", OCISPEC_MAX_DEPTH);
		return NULL;
	}
	frame = &parser->frames[parser->depth++];
	*frame = (struct frame){ .kind = kind, .array = array, .base = base };
	return frame;
}

static int push_object(struct parser *parser, const struct ocispec_object *object, void *base)
{
	struct frame *frame = push(parser, FRAME_OBJECT, false, base);

	if (frame == NULL)
		return 0;
	frame->object = object;
	return 1;
}

static int start_map(void *context)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);
	void *element;

	if (frame == NULL && !parser->root_list && !parser->root_done)
		return push_object(parser, parser->root_object, parser->root);
	if (skipped(frame))
		return push(parser, FRAME_SKIP, false, NULL) != NULL;
	if (frame == NULL)
		return wrong(
			parser, offset_of(parser, NULL, 1, 0), expected_here(parser), "an object");
	switch (frame->kind) {
	case FRAME_OBJECT:
		if (frame->field->kind == OCISPEC_OBJECT) {
			element = take(parser, frame->field->object->size);
			memcpy(member(frame), &element, sizeof(element));
			return push_object(parser, frame->field->object, element);
		}
		if (frame->field->kind == OCISPEC_MAP || frame->field->kind == OCISPEC_OBJECT_MAP) {
			const struct ocispec_object *object = frame->field->object;
			struct any_list *list = member(frame);

			open_list(parser, list);
			frame = push(
				parser, object == NULL ? FRAME_MAP : FRAME_OBJECT_MAP, false, list);
			if (frame == NULL)
				return 0;
			frame->object = object;
			return 1;
		}
		break;
	case FRAME_OBJECT_LIST:
		return push_object(parser, frame->object, grow(parser, frame, frame->object->size));
	case FRAME_OBJECT_MAP:
		element = grow(parser, frame, frame->object->size);
		memcpy(element, &frame->entry_key, sizeof(frame->entry_key));
		return push_object(parser, frame->object, element);
	default:
		break;
	}
	return wrong(parser, offset_of(parser, NULL, 1, 0), expected_here(parser), "an object");
}

static int start_array(void *context)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);
	struct any_list *list;
	const struct ocispec_field *field;

	if (frame == NULL && parser->root_list) {
		open_list(parser, parser->root);
		frame = push(parser, FRAME_OBJECT_LIST, true, parser->root);
		frame->object = parser->root_object;
		return 1;
	}
	if (skipped(frame))
		return push(parser, FRAME_SKIP, true, NULL) != NULL;
	if (frame == NULL || frame->kind != FRAME_OBJECT ||
		(frame->field->kind != OCISPEC_STRINGS && frame->field->kind != OCISPEC_U32_LIST &&
			frame->field->kind != OCISPEC_OBJECT_LIST))
		return wrong(
			parser, offset_of(parser, NULL, 1, 0), expected_here(parser), "a list");
	field = frame->field;
	list = member(frame);
	open_list(parser, list);
	frame = push(parser, field->kind == OCISPEC_OBJECT_LIST ? FRAME_OBJECT_LIST : FRAME_VALUES,
		true, list);
	if (frame == NULL)
		return 0;
	frame->object = field->object;
	frame->values = field->kind;
	return 1;
}

static int pop(struct parser *parser)
{
	parser->depth--;
	if (parser->depth == 0)
		parser->root_done = true;
	next_element(current(parser));
	return 1;
}

static int end_map(void *context)
{
	struct parser *parser = context;
	const struct frame *frame = current(parser);

	if (frame->kind == FRAME_OBJECT)
		for (size_t i = 0; i < frame->object->count; i++)
			if ((frame->object->fields[i].flags & OCISPEC_REQUIRED) != 0 &&
				(frame->seen >> i & 1) == 0)
				return fail(parser, offset_of(parser, NULL, 1, 0),
					parser->depth - 1, "expected the field \"%s\", found none",
					frame->object->fields[i].name);
	return pop(parser);
}

static int end_array(void *context)
{
	return pop(context);
}

static bool has_key(const struct frame *frame, const char *key)
{
	const struct any_list *list = frame->base;
	const size_t size =
		frame->kind == FRAME_MAP ? sizeof(struct spec_map_entry) : frame->object->size;

	for (size_t i = 0; i < list->count; i++) {
		const char *old;

		memcpy(&old, (const char *) list->items + i * size, sizeof(old));
		if (strcmp(old, key) == 0)
			return true;
	}
	return false;
}

static int object_key(struct parser *parser, struct frame *frame, size_t offset)
{
	frame->field = NULL;
	for (size_t i = 0; i < frame->object->count; i++) {
		if (strcmp(frame->object->fields[i].name, frame->key) != 0)
			continue;
		if ((frame->seen >> i & 1) != 0)
			return fail(parser, offset, parser->depth,
				"expected each field once, found \"%s\" again", frame->key);
		frame->seen |= (uint64_t) 1 << i;
		frame->field = &frame->object->fields[i];
		return 1;
	}
	if (parser->options != NULL && parser->options->unknown != NULL) {
		char where[sizeof(parser->error->pointer)];

		frame->index = 1; /* a key has been read */
		pointer(parser, parser->depth, where, sizeof(where));
		parser->options->unknown(where, parser->options->data);
	}
	return 1;
}

static int on_key(void *context, const unsigned char *text, size_t length)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);
	const size_t offset = offset_of(parser, text, length, 1);
	const size_t kept = length < KEY_BYTES ? length : KEY_BYTES - 1;

	if (!check_text(parser, text, length))
		return 0;
	memcpy(frame->key, text, kept);
	frame->key[kept] = '\0';
	if (frame->kind == FRAME_SKIP)
		return 1;
	if (frame->kind == FRAME_OBJECT) {
		/* No row has a name as long as that. */
		if (kept < length)
			frame->key[kept - 1] = '\x7f';
		frame->index = 1;
		return object_key(parser, frame, offset);
	}
	frame->index = 1;
	frame->entry_key = copy_text(parser, text, length);
	if (has_key(frame, frame->entry_key))
		return fail(parser, offset, parser->depth,
			"expected each key once, found \"%s\" again", frame->key);
	return 1;
}

/* ---- the document ------------------------------------------------------------------------------- */

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

/* Encoding, and escapes of half a character, which yajl would turn into a question mark. */
static int check_encoding(struct parser *parser)
{
	const unsigned char *text = (const unsigned char *) parser->bytes;

	for (size_t i = 0; i < parser->length;) {
		const size_t left = parser->length - i;
		const size_t length = sequence(text + i, left);

		if (length == 0)
			return fail(parser, i, 0, "expected UTF-8, found the byte 0x%02x", text[i]);
		if (text[i] == '\\' && left > 1 && text[i + 1] == 'u') {
			const int one = hex(parser->bytes + i + 2, left - 2);
			const int two = left >= 12 && text[i + 6] == '\\' && text[i + 7] == 'u'
				? hex(parser->bytes + i + 8, left - 8)
				: -1;
			const bool pair =
				one >= 0xd800 && one <= 0xdbff && two >= 0xdc00 && two <= 0xdfff;

			if (one >= 0xd800 && one <= 0xdfff && !pair)
				return fail(parser, i, 0,
					"expected a whole character, found half of a surrogate "
					"pair");
			i += pair ? 12 : 6;
			continue;
		}
		i += text[i] == '\\' && left > 1 ? 2 : length;
	}
	return 1;
}

static void syntax_error(struct parser *parser, yajl_status status)
{
	size_t at = yajl_get_bytes_consumed(parser->yajl);
	unsigned char *words;
	const char *text;

	if (parser->failed)
		return;
	if (at > parser->length)
		at = parser->length;
	if (status == yajl_status_client_canceled)
		return;
	words = yajl_get_error(
		parser->yajl, 0, (const unsigned char *) parser->bytes, parser->length);
	text = words == NULL ? "parse error" : (const char *) words;
	(void) fail(parser, at, parser->depth, "expected JSON, found a %.*s",
		(int) strcspn(text, "\n"), text);
	if (words != NULL)
		yajl_free_error(parser->yajl, words);
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = start_map,
	.yajl_map_key = on_key,
	.yajl_end_map = end_map,
	.yajl_start_array = start_array,
	.yajl_end_array = end_array,
};

static int parse(struct parser *parser)
{
	yajl_status status;

	*parser->error = (struct ocispec_error){ 0 };
	if (parser->length > OCISPEC_MAX_BYTES) {
		(void) fail(parser, 0, 0, "expected at most %d bytes, found %zu", OCISPEC_MAX_BYTES,
			parser->length);
		return -1;
	}
	if (!check_encoding(parser))
		return -1;
	parser->yajl = yajl_alloc(&callbacks, NULL, parser);
	if (parser->yajl == NULL) {
		(void) fail(parser, 0, 0, "expected memory, found none");
		return -1;
	}
	status = yajl_parse(parser->yajl, (const unsigned char *) parser->bytes, parser->length);
	if (status == yajl_status_ok)
		status = yajl_complete_parse(parser->yajl);
	if (status != yajl_status_ok)
		syntax_error(parser, status);
	else if (!parser->root_done)
		(void) fail(parser, parser->length, 0, "expected %s, found the end of the document",
			parser->root_list ? "a list" : "an object");
	yajl_free(parser->yajl);
	return parser->failed ? -1 : 0;
}

int ocispec_parse(const struct ocispec_object *object, const char *bytes, size_t length,
	const struct ocispec_alloc *alloc, const struct ocispec_options *options, void **ret,
	struct ocispec_error *error)
{
	struct parser parser = {
		.bytes = bytes,
		.length = length,
		.alloc = alloc,
		.options = options,
		.error = error,
		.root_object = object,
	};

	parser.root = take(&parser, object->size);
	if (parse(&parser) < 0)
		return -1;
	*ret = parser.root;
	return 0;
}

int ocispec_parse_list(const struct ocispec_object *object, const char *bytes, size_t length,
	const struct ocispec_alloc *alloc, const struct ocispec_options *options, void **ret_items,
	size_t *ret_count, struct ocispec_error *error)
{
	struct any_list list = { 0 };
	struct parser parser = {
		.bytes = bytes,
		.length = length,
		.alloc = alloc,
		.options = options,
		.error = error,
		.root_object = object,
		.root_list = true,
		.root = &list,
	};

	if (parse(&parser) < 0)
		return -1;
	*ret_items = list.items;
	*ret_count = list.count;
	return 0;
}
