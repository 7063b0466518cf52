/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The printer: the rows of spec-tables.c once more, in the other direction. */
#include "libocispec-lite/ocispec.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "yajl-memory.h"

struct any_list {
	void *items;
	size_t count;
} __attribute__((may_alias));

static void put_text(yajl_gen gen, const char *text)
{
	(void) yajl_gen_string(gen, (const unsigned char *) text, strlen(text));
}

__attribute__((format(printf, 2, 3))) static void put_number(yajl_gen gen, const char *format, ...)
{
	char text[32];
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void) yajl_gen_number(gen, text, (size_t) length);
}

/* yajl's pretty form of an empty list or object has empty lines in it. */
static bool put_empty(yajl_gen gen, size_t count, const char *text)
{
	if (count == 0)
		(void) yajl_gen_number(gen, text, strlen(text));
	return count == 0;
}

static void put_object(yajl_gen gen, const struct ocispec_object *object, const void *value);

static void put_list(yajl_gen gen, const struct ocispec_object *object, const struct any_list *list)
{
	if (put_empty(gen, list->count, "[]"))
		return;
	(void) yajl_gen_array_open(gen);
	for (size_t i = 0; i < list->count; i++)
		put_object(gen, object, (const char *) list->items + i * object->size);
	(void) yajl_gen_array_close(gen);
}

static void put_map(yajl_gen gen, const struct spec_map *map)
{
	if (put_empty(gen, map->count, "{}"))
		return;
	(void) yajl_gen_map_open(gen);
	for (size_t i = 0; i < map->count; i++) {
		put_text(gen, map->items[i].key);
		put_text(gen, map->items[i].value);
	}
	(void) yajl_gen_map_close(gen);
}

static void put_object_map(
	yajl_gen gen, const struct ocispec_object *object, const struct any_list *list)
{
	if (put_empty(gen, list->count, "{}"))
		return;
	(void) yajl_gen_map_open(gen);
	for (size_t i = 0; i < list->count; i++) {
		const void *element = (const char *) list->items + i * object->size;
		const char *key;

		memcpy(&key, element, sizeof(key));
		put_text(gen, key);
		put_object(gen, object, element);
	}
	(void) yajl_gen_map_close(gen);
}

static void put_strings(yajl_gen gen, const struct spec_strings *strings)
{
	if (put_empty(gen, strings->count, "[]"))
		return;
	(void) yajl_gen_array_open(gen);
	for (size_t i = 0; i < strings->count; i++)
		put_text(gen, strings->items[i]);
	(void) yajl_gen_array_close(gen);
}

static void put_u32_list(yajl_gen gen, const struct spec_u32_list *list)
{
	if (put_empty(gen, list->count, "[]"))
		return;
	(void) yajl_gen_array_open(gen);
	for (size_t i = 0; i < list->count; i++)
		put_number(gen, "%" PRIu32, list->items[i]);
	(void) yajl_gen_array_close(gen);
}

/* Members that are pointers are absent when NULL; so are lists without items. */
static bool is_absent(const struct ocispec_field *field, const void *at)
{
	const void *first;

	switch (field->kind) {
	case OCISPEC_BOOL:
	case OCISPEC_U32:
	case OCISPEC_U64:
	case OCISPEC_I64:
		return false;
	default:
		/* A list begins with its items. */
		memcpy(&first, at, sizeof(first));
		return first == NULL;
	}
}

static void put_field(yajl_gen gen, const struct ocispec_field *field, const void *at)
{
	const void *target = NULL;

	if (!is_absent(field, at) && field->kind != OCISPEC_BOOL && field->kind != OCISPEC_U32)
		memcpy(&target, at, sizeof(target));
	switch (field->kind) {
	case OCISPEC_STRING:
		put_text(gen, target);
		break;
	case OCISPEC_BOOL:
		(void) yajl_gen_bool(gen, *(const bool *) at);
		break;
	case OCISPEC_BOOL_OPT:
		(void) yajl_gen_bool(gen, *(const bool *) target);
		break;
	case OCISPEC_U16_OPT:
		put_number(gen, "%u", (unsigned) *(const uint16_t *) target);
		break;
	case OCISPEC_U32:
		put_number(gen, "%" PRIu32, *(const uint32_t *) at);
		break;
	case OCISPEC_U32_OPT:
		put_number(gen, "%" PRIu32, *(const uint32_t *) target);
		break;
	case OCISPEC_I32_OPT:
		put_number(gen, "%" PRId32, *(const int32_t *) target);
		break;
	case OCISPEC_U64:
		put_number(gen, "%" PRIu64, *(const uint64_t *) at);
		break;
	case OCISPEC_U64_OPT:
		put_number(gen, "%" PRIu64, *(const uint64_t *) target);
		break;
	case OCISPEC_I64:
		put_number(gen, "%" PRId64, *(const int64_t *) at);
		break;
	case OCISPEC_I64_OPT:
		put_number(gen, "%" PRId64, *(const int64_t *) target);
		break;
	case OCISPEC_STRINGS:
		put_strings(gen, at);
		break;
	case OCISPEC_U32_LIST:
		put_u32_list(gen, at);
		break;
	case OCISPEC_MAP:
		put_map(gen, at);
		break;
	case OCISPEC_OBJECT:
		put_object(gen, field->object, target);
		break;
	case OCISPEC_OBJECT_LIST:
		put_list(gen, field->object, at);
		break;
	case OCISPEC_OBJECT_MAP:
		put_object_map(gen, field->object, at);
		break;
	}
}

static void put_object(yajl_gen gen, const struct ocispec_object *object, const void *value)
{
	size_t present = 0;

	for (size_t i = 0; i < object->count; i++)
		present += !is_absent(
			&object->fields[i], (const char *) value + object->fields[i].offset);
	if (put_empty(gen, present, "{}"))
		return;
	(void) yajl_gen_map_open(gen);
	for (size_t i = 0; i < object->count; i++) {
		const struct ocispec_field *field = &object->fields[i];
		const void *at = (const char *) value + field->offset;

		if (is_absent(field, at))
			continue;
		put_text(gen, field->name);
		put_field(gen, field, at);
	}
	(void) yajl_gen_map_close(gen);
}

static yajl_gen make(const yajl_alloc_funcs *memory, unsigned flags)
{
	yajl_gen gen = yajl_gen_alloc(memory);

	if ((flags & OCISPEC_PRETTY) != 0) {
		(void) yajl_gen_config(gen, yajl_gen_beautify, 1);
		(void) yajl_gen_config(gen, yajl_gen_indent_string, "  ");
	}
	return gen;
}

static char *finish(
	yajl_gen gen, unsigned flags, const struct ocispec_alloc *alloc, size_t *ret_length)
{
	const unsigned char *bytes = (const unsigned char *) "";
	size_t length = 0;
	char *text;

	(void) yajl_gen_get_buf(gen, &bytes, &length);
	text = alloc->alloc(alloc->data, length + 2);
	memcpy(text, bytes, length);
	/* yajl ends a pretty list or object with a line break, but not what put_empty wrote. */
	if ((flags & OCISPEC_PRETTY) != 0 && (length == 0 || text[length - 1] != '\n'))
		text[length++] = '\n';
	text[length] = '\0';
	if (ret_length != NULL)
		*ret_length = length;
	yajl_gen_free(gen);
	return text;
}

char *ocispec_print(const struct ocispec_object *object, const void *value, unsigned flags,
	const struct ocispec_alloc *alloc, size_t *ret_length)
{
	struct ocispec_alloc copy;
	const yajl_alloc_funcs memory = yajl_memory(&copy, alloc);
	yajl_gen gen = make(&memory, flags);

	put_object(gen, object, value);
	return finish(gen, flags, alloc, ret_length);
}

char *ocispec_print_list(const struct ocispec_object *object, const void *items, size_t count,
	unsigned flags, const struct ocispec_alloc *alloc, size_t *ret_length)
{
	struct ocispec_alloc copy;
	const yajl_alloc_funcs memory = yajl_memory(&copy, alloc);
	struct any_list list;
	yajl_gen gen = make(&memory, flags);

	memcpy(&list.items, &items, sizeof(items));
	list.count = count;
	put_list(gen, object, &list);
	return finish(gen, flags, alloc, ret_length);
}
