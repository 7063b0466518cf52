/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The engine that fills structs from JSON by the rows of spec-tables.c. yajl calls once per token; a
 * stack of frames says which struct or list is being filled.
 */
#include "libocispec-lite/ocispec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "number.h"
#include "text.h"
#include "yajl-memory.h"

enum { UNKNOWN_BYTES = 512 };

/* What SPEC_LIST, struct spec_strings, spec_u32_list and spec_map have in common. */
struct any_list {
	void *items;
	size_t count;
} __attribute__((may_alias));

/* A key of a map and where it stands; the map is searched for duplicates when it is complete. */
struct map_key {
	const char *text;
	size_t offset;
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
	size_t start; /* where the object or list begins */
	char *key; /* whose value is due; NULL: none */
	struct map_key *keys; /* FRAME_MAP, FRAME_OBJECT_MAP: all keys */
	size_t keys_count;
	size_t keys_room;
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
	size_t token; /* where the token begins that yajl hands over */
	size_t end; /* where it ends */
	bool finishing; /* yajl has had the whole text */
	size_t depth;
	struct frame frames[OCISPEC_MAX_DEPTH];
};

/* ---- errors ------------------------------------------------------------------------------------- */

/* The JSON pointer of what is read now, up to depth frames of it. */
static void pointer(const struct parser *parser, size_t depth, char *to, size_t size)
{
	size_t used = 0;

	to[0] = '\0';
	for (size_t i = 0; i < depth && used + 2 < size; i++) {
		const struct frame *frame = &parser->frames[i];
		char number[24];
		const char *key = frame->key;

		/* What lies in an unknown field has no place of its own. */
		if (frame->kind == FRAME_SKIP)
			break;
		if (frame->array) {
			(void) snprintf(number, sizeof(number), "%zu", frame->index);
			key = number;
		} else if (key == NULL)
			break;
		to[used++] = '/';
		if (text_put(to, size, &used, key, strlen(key), true) < strlen(key))
			break;
	}
}

__attribute__((format(printf, 4, 5))) static int fail(
	struct parser *parser, size_t offset, size_t depth, const char *format, ...)
{
	va_list args;

	if (parser->failed)
		return 0;
	parser->failed = true;
	pointer(parser, depth, parser->error->pointer, sizeof(parser->error->pointer));
	text_place(parser->bytes, offset, &parser->error->line, &parser->error->column);
	va_start(args, format);
	(void) vsnprintf(parser->error->text, sizeof(parser->error->text), format, args);
	va_end(args);
	return 0;
}

static int wrong(struct parser *parser, const char *expected, const char *found)
{
	return fail(parser, parser->token, parser->depth, "expected %s, found %s", expected, found);
}

static bool is_blank(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Called first for each token: between two that yajl hands over stand only blanks, ',' and ':'. */
static void next_token(struct parser *parser)
{
	size_t at = parser->end;

	while (at < parser->length &&
		(is_blank(parser->bytes[at]) || parser->bytes[at] == ',' ||
			parser->bytes[at] == ':'))
		at++;
	parser->token = at;
	parser->end = parser->finishing ? parser->length : yajl_get_bytes_consumed(parser->yajl);
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

/* A value is complete: the next one of a list is due, or the next key. */
static void value_done(struct frame *frame)
{
	if (frame == NULL)
		return;
	if (frame->array)
		frame->index++;
	frame->key = NULL;
	frame->field = NULL;
}

/* ---- scalars ------------------------------------------------------------------------------------ */

static int on_number(void *context, const char *text, size_t length)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);
	struct number number;
	int done = -1;

	next_token(parser);
	if (skipped(frame)) {
		value_done(frame);
		return 1;
	}
	if (number_read(text, length, &number) == 0 && frame != NULL) {
		if (frame->kind == FRAME_OBJECT)
			done = number_store(
				parser->alloc, frame->field->kind, member(frame), &number);
		else if (frame->kind == FRAME_VALUES && frame->values == OCISPEC_U32_LIST)
			done = number_store(parser->alloc, OCISPEC_U32,
				grow(parser, frame, sizeof(uint32_t)), &number);
	}
	if (done < 0)
		return wrong(parser, expected_here(parser), text_excerpt(text, length, "").text);
	value_done(frame);
	return 1;
}

static int on_null(void *context)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);

	next_token(parser);
	/* To the readers of other runtimes a member without a value is one that is not there. */
	if (!skipped(frame) &&
		(frame == NULL || frame->kind != FRAME_OBJECT ||
			(frame->field->flags & OCISPEC_REQUIRED) != 0))
		return wrong(parser, expected_here(parser), "null");
	value_done(frame);
	return 1;
}

static int on_boolean(void *context, int value)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);

	next_token(parser);
	if (!skipped(frame)) {
		if (frame == NULL || frame->kind != FRAME_OBJECT)
			return wrong(parser, expected_here(parser), value ? "true" : "false");
		if (frame->field->kind == OCISPEC_BOOL)
			*(bool *) member(frame) = value != 0;
		else if (frame->field->kind == OCISPEC_BOOL_OPT)
			*(bool *) number_optional(parser->alloc, member(frame), sizeof(bool)) =
				value != 0;
		else
			return wrong(parser, expected_here(parser), value ? "true" : "false");
	}
	value_done(frame);
	return 1;
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);
	char *copy;

	next_token(parser);
	if (skipped(frame)) {
		value_done(frame);
		return 1;
	}
	if (frame != NULL && frame->kind == FRAME_OBJECT && frame->field->kind == OCISPEC_STRING) {
		copy = copy_text(parser, text, length);
		memcpy(member(frame), &copy, sizeof(copy));
	} else if (frame != NULL && frame->kind == FRAME_VALUES &&
		frame->values == OCISPEC_STRINGS) {
		copy = copy_text(parser, text, length);
		memcpy(grow(parser, frame, sizeof(copy)), &copy, sizeof(copy));
	} else if (frame != NULL && frame->kind == FRAME_MAP) {
		struct spec_map_entry *entry = grow(parser, frame, sizeof(*entry));

		entry->key = frame->key;
		entry->value = copy_text(parser, text, length);
	} else
		return wrong(parser, expected_here(parser),
			text_excerpt((const char *) text, length, "\"").text);
	value_done(frame);
	return 1;
}

/* ---- objects and lists -------------------------------------------------------------------------- */

static struct frame *push(struct parser *parser, enum frame_kind kind, bool array, void *base)
{
	struct frame *frame;

	if (parser->depth == OCISPEC_MAX_DEPTH) {
		(void) fail(parser, parser->token, parser->depth,
			"expected at most %d levels, found more", OCISPEC_MAX_DEPTH);
		return NULL;
	}
	frame = &parser->frames[parser->depth++];
	*frame = (struct frame){
		.kind = kind, .array = array, .base = base, .start = parser->token
	};
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

	next_token(parser);
	if (frame == NULL && !parser->root_list && !parser->root_done)
		return push_object(parser, parser->root_object, parser->root);
	if (skipped(frame))
		return push(parser, FRAME_SKIP, false, NULL) != NULL;
	if (frame == NULL)
		return wrong(parser, expected_here(parser), "an object");
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
		memcpy(element, &frame->key, sizeof(frame->key));
		return push_object(parser, frame->object, element);
	default:
		break;
	}
	return wrong(parser, expected_here(parser), "an object");
}

static int start_array(void *context)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);
	struct any_list *list;
	const struct ocispec_field *field;

	next_token(parser);
	if (frame == NULL && parser->root_list && !parser->root_done) {
		open_list(parser, parser->root);
		frame = push(parser, FRAME_OBJECT_LIST, true, parser->root);
		if (frame == NULL)
			return 0;
		frame->object = parser->root_object;
		return 1;
	}
	if (skipped(frame))
		return push(parser, FRAME_SKIP, true, NULL) != NULL;
	if (frame == NULL || frame->kind != FRAME_OBJECT ||
		(frame->field->kind != OCISPEC_STRINGS && frame->field->kind != OCISPEC_U32_LIST &&
			frame->field->kind != OCISPEC_OBJECT_LIST))
		return wrong(parser, expected_here(parser), "a list");
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
	value_done(current(parser));
	return 1;
}

static int by_text(const void *a, const void *b)
{
	const struct map_key *one = a, *two = b;
	const int order = strcmp(one->text, two->text);

	return order != 0 ? order : (one->offset > two->offset) - (one->offset < two->offset);
}

/* Sorted, not compared pair by pair: a map may have as many keys as the document has room for. */
static int check_keys(struct parser *parser, struct frame *frame)
{
	const struct map_key *again = NULL;

	if (frame->keys_count < 2)
		return 1;
	qsort(frame->keys, frame->keys_count, sizeof(frame->keys[0]), by_text);
	for (size_t i = 1; i < frame->keys_count; i++)
		if (strcmp(frame->keys[i - 1].text, frame->keys[i].text) == 0 &&
			(again == NULL || frame->keys[i].offset < again->offset))
			again = &frame->keys[i];
	if (again == NULL)
		return 1;
	memcpy(&frame->key, &again->text, sizeof(frame->key));
	return fail(parser, again->offset, parser->depth, "expected each key once, found %s again",
		text_excerpt(again->text, strlen(again->text), "\"").text);
}

static int end_map(void *context)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);

	next_token(parser);
	if (frame->kind == FRAME_OBJECT)
		for (size_t i = 0; i < frame->object->count; i++)
			if ((frame->object->fields[i].flags & OCISPEC_REQUIRED) != 0 &&
				(frame->seen >> i & 1) == 0)
				return fail(parser, frame->start, parser->depth - 1,
					"expected the field \"%s\", found none",
					frame->object->fields[i].name);
	if (!check_keys(parser, frame))
		return 0;
	return pop(parser);
}

static int end_array(void *context)
{
	next_token(context);
	return pop(context);
}

static int object_key(
	struct parser *parser, struct frame *frame, const unsigned char *text, size_t length)
{
	frame->key = copy_text(parser, text, length);
	for (size_t i = 0; i < frame->object->count; i++) {
		if (strcmp(frame->object->fields[i].name, frame->key) != 0)
			continue;
		if ((frame->seen >> i & 1) != 0)
			return fail(parser, parser->token, parser->depth,
				"expected each key once, found \"%s\" again", frame->key);
		frame->seen |= (uint64_t) 1 << i;
		frame->field = &frame->object->fields[i];
		return 1;
	}
	if (parser->options != NULL && parser->options->unknown != NULL) {
		char where[UNKNOWN_BYTES];

		pointer(parser, parser->depth, where, sizeof(where));
		parser->options->unknown(where, parser->options->data);
	}
	return 1;
}

static int map_key(
	struct parser *parser, struct frame *frame, const unsigned char *text, size_t length)
{
	frame->key = copy_text(parser, text, length);
	if (frame->keys_count == frame->keys_room) {
		const size_t room = frame->keys_room == 0 ? 8 : frame->keys_room * 2;
		struct map_key *keys = take(parser, room * sizeof(*keys));

		if (frame->keys_count != 0)
			memcpy(keys, frame->keys, frame->keys_count * sizeof(*keys));
		frame->keys = keys;
		frame->keys_room = room;
	}
	frame->keys[frame->keys_count++] = (struct map_key){ frame->key, parser->token };
	return 1;
}

static int on_key(void *context, const unsigned char *text, size_t length)
{
	struct parser *parser = context;
	struct frame *frame = current(parser);

	next_token(parser);
	if (frame->kind == FRAME_SKIP)
		return 1;
	if (frame->kind == FRAME_OBJECT)
		return object_key(parser, frame, text, length);
	return map_key(parser, frame, text, length);
}

/* ---- the document ------------------------------------------------------------------------------- */

/* yajl stopped: the token that it did not like is the first one that ends where it has read to. */
static void syntax_error(struct parser *parser)
{
	const size_t consumed = yajl_get_bytes_consumed(parser->yajl);
	const char *expected = "JSON";
	size_t at = parser->end;
	size_t end;

	if (parser->failed)
		return;
	if (parser->root_done)
		expected = "the end of the document";
	else if (parser->depth == 0)
		expected = expected_here(parser);
	if (parser->finishing) {
		(void) fail(parser, parser->length, parser->depth,
			"expected %s, found the end of the document", expected);
		return;
	}
	for (;;) {
		while (at < parser->length && is_blank(parser->bytes[at]))
			at++;
		end = at;
		if (at == parser->length)
			break;
		end++;
		if (parser->bytes[at] == '"') {
			while (end < parser->length && parser->bytes[end] != '"')
				end += parser->bytes[end] == '\\' ? 2 : 1;
			end++;
		} else if (strchr("{}[],:", parser->bytes[at]) == NULL)
			while (end < parser->length && parser->bytes[end] != '\0' &&
				strchr("{}[],:\" \t\r\n", parser->bytes[end]) == NULL)
				end++;
		if (end > parser->length)
			end = parser->length;
		if (end >= consumed)
			break;
		at = end;
	}
	(void) fail(parser, at, parser->depth, "expected %s, found %s", expected,
		text_excerpt(parser->bytes + at, end - at, "").text);
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
	struct ocispec_alloc copy;
	yajl_alloc_funcs memory = yajl_memory(&copy, parser->alloc);
	struct text_bad bad = { 0 };
	size_t length = parser->length;
	bool has_bad;
	yajl_status status;

	*parser->error = (struct ocispec_error){ 0 };
	if (parser->length > OCISPEC_MAX_BYTES) {
		(void) fail(parser, 0, 0, "expected at most %d bytes, found %zu", OCISPEC_MAX_BYTES,
			parser->length);
		return -1;
	}
	if (length >= 3 && memcmp(parser->bytes, "\xef\xbb\xbf", 3) == 0) {
		(void) fail(parser, 0, 0, "expected %s, found a byte order mark",
			expected_here(parser));
		return -1;
	}
	/* yajl gets what stands before a bad string: then the frames say where the string belongs,
	 * and what is wrong before it is reported first. */
	has_bad = text_find_bad(parser->bytes, length, &bad);
	if (has_bad)
		length = bad.string;
	parser->yajl = yajl_alloc(&callbacks, &memory, parser);
	status = yajl_parse(parser->yajl, (const unsigned char *) parser->bytes, length);
	if (status == yajl_status_ok && has_bad)
		(void) fail(parser, bad.string, parser->depth, "expected %s, found %s",
			bad.expected, bad.found);
	else if (status == yajl_status_ok) {
		parser->finishing = true;
		status = yajl_complete_parse(parser->yajl);
	}
	if (status != yajl_status_ok)
		syntax_error(parser);
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
