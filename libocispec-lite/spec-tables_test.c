/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables and the schema say the same: schema-names.txt against the rows, both ways. */
#include "libocispec-lite/ocispec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

enum { LINES = 1024, LINE_BYTES = 160 };

struct lines {
	char text[LINES][LINE_BYTES];
	size_t count;
};

/* What the tables have beyond the schema: members of specification texts that its schema lacks, and
 * what engines expect of a runtime. */
static const char *const beyond[] = {
	"features/linux/intelRdt/monitoring boolean",
	"features/linux/intelRdt/schemata boolean",
	"features/linux/memoryPolicy object",
	"features/linux/memoryPolicy/flags array",
	"features/linux/memoryPolicy/flags/* string",
	"features/linux/memoryPolicy/modes array",
	"features/linux/memoryPolicy/modes/* string",
	"state/created string",
	"state/owner string",
	"state/rootfs string",
};

static const char *type_of(enum ocispec_kind kind)
{
	switch (kind) {
	case OCISPEC_STRING:
		return "string";
	case OCISPEC_BOOL:
	case OCISPEC_BOOL_OPT:
		return "boolean";
	case OCISPEC_U16_OPT:
		return "uint16";
	case OCISPEC_U32:
	case OCISPEC_U32_OPT:
		return "uint32";
	case OCISPEC_I32_OPT:
		return "int32";
	case OCISPEC_U64:
	case OCISPEC_U64_OPT:
		return "uint64";
	case OCISPEC_I64:
	case OCISPEC_I64_OPT:
		return "int64";
	case OCISPEC_STRINGS:
	case OCISPEC_U32_LIST:
	case OCISPEC_OBJECT_LIST:
		return "array";
	case OCISPEC_MAP:
	case OCISPEC_OBJECT:
	case OCISPEC_OBJECT_MAP:
		return "object";
	}
	return "?";
}

static void add(struct lines *lines, const char *path, const char *type, bool required)
{
	int length;

	assert_true(lines->count < LINES);
	length = snprintf(lines->text[lines->count++], LINE_BYTES, "%s %s%s", path, type,
		required ? " required" : "");
	assert_true(length > 0 && length < LINE_BYTES);
}

static void list_object(struct lines *lines, const char *path, const struct ocispec_object *object)
{
	for (size_t i = 0; i < object->count; i++) {
		const struct ocispec_field *field = &object->fields[i];
		char place[LINE_BYTES];
		char element[LINE_BYTES + 2];

		(void) snprintf(place, sizeof(place), "%s/%s", path, field->name);
		(void) snprintf(element, sizeof(element), "%s/*", place);
		add(lines, place, type_of(field->kind), (field->flags & OCISPEC_REQUIRED) != 0);
		switch (field->kind) {
		case OCISPEC_STRINGS:
		case OCISPEC_MAP:
			add(lines, element, "string", false);
			break;
		case OCISPEC_U32_LIST:
			add(lines, element, "uint32", false);
			break;
		case OCISPEC_OBJECT:
			list_object(lines, place, field->object);
			break;
		case OCISPEC_OBJECT_LIST:
		case OCISPEC_OBJECT_MAP:
			add(lines, element, "object", false);
			list_object(lines, element, field->object);
			break;
		default:
			break;
		}
	}
}

static bool has(const struct lines *lines, const char *text)
{
	for (size_t i = 0; i < lines->count; i++)
		if (strcmp(lines->text[i], text) == 0)
			return true;
	return false;
}

static void read_schema(struct lines *lines)
{
	const char *top = getenv("OCIRT_SRCDIR");
	char path[4096];
	FILE *file;

	(void) snprintf(
		path, sizeof(path), "%s/libocispec-lite/schema-names.txt", top == NULL ? "." : top);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(lines->text[lines->count], LINE_BYTES, file) != NULL) {
		char *text = lines->text[lines->count];

		text[strcspn(text, "\n")] = '\0';
		if (text[0] != '#' && text[0] != '\0')
			lines->count++;
		assert_true(lines->count < LINES);
	}
	(void) fclose(file);
	assert_true(lines->count > 300);
}

static void test_both_ways(void **state)
{
	static struct lines tables, schema;
	size_t faults = 0;

	(void) state;
	list_object(&tables, "config", &ocispec_config);
	list_object(&tables, "state", &ocispec_state);
	list_object(&tables, "features", &ocispec_features);
	read_schema(&schema);
	for (size_t i = 0; i < schema.count; i++)
		if (!has(&tables, schema.text[i])) {
			print_error("no row: %s\n", schema.text[i]);
			faults++;
		}
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		if (!has(&tables, beyond[i])) {
			print_error("no row: %s\n", beyond[i]);
			faults++;
		}
		/* Once the schema has it, it belongs there. */
		assert_false(has(&schema, beyond[i]));
		(void) snprintf(schema.text[schema.count++], LINE_BYTES, "%s", beyond[i]);
	}
	for (size_t i = 0; i < tables.count; i++)
		if (!has(&schema, tables.text[i])) {
			print_error("not in the schema: %s\n", tables.text[i]);
			faults++;
		}
	assert_int_equal(faults, 0);
	assert_int_equal(tables.count, schema.count);
}

static size_t size_of(const struct ocispec_field *field)
{
	switch (field->kind) {
	case OCISPEC_BOOL:
		return sizeof(bool);
	case OCISPEC_U32:
		return sizeof(uint32_t);
	case OCISPEC_U64:
	case OCISPEC_I64:
		return sizeof(uint64_t);
	case OCISPEC_STRINGS:
	case OCISPEC_U32_LIST:
	case OCISPEC_MAP:
	case OCISPEC_OBJECT_LIST:
	case OCISPEC_OBJECT_MAP:
		return sizeof(struct spec_strings);
	default:
		return sizeof(void *);
	}
}

/* Rows fill their struct without overlap, and the bitmap of seen rows has room for all. */
static void check_layout(const struct ocispec_object *object, bool keyed)
{
	char used[512] = { 0 };

	assert_true(object->count <= 64);
	assert_true(object->size <= sizeof(used));
	if (keyed)
		memset(used, 1, sizeof(void *)); /* the key */
	for (size_t i = 0; i < object->count; i++) {
		const struct ocispec_field *field = &object->fields[i];
		const bool needs = field->kind == OCISPEC_OBJECT ||
			field->kind == OCISPEC_OBJECT_LIST || field->kind == OCISPEC_OBJECT_MAP;

		assert_true(field->offset + size_of(field) <= object->size);
		for (size_t j = 0; j < size_of(field); j++) {
			if (used[field->offset + j] != 0)
				fail_msg("%s: %s overlaps", object->name, field->name);
			used[field->offset + j] = 1;
		}
		assert_int_equal(needs, field->object != NULL);
		if (needs)
			check_layout(field->object, field->kind == OCISPEC_OBJECT_MAP);
	}
}

static void test_layout(void **state)
{
	(void) state;
	check_layout(&ocispec_config, false);
	check_layout(&ocispec_state, false);
	check_layout(&ocispec_container_process_state, false);
	check_layout(&ocispec_features, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
