/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is parsed is printed again: each document of tests/configs, pretty and not, compared by
 * another reader (yajl's tree) without regard to the order of keys.
 *
 * With arguments it is a tool: `roundtrip_test config FILE` prints FILE as the library reads it.
 */
#include "libocispec-lite/ocispec.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include <yajl/yajl_tree.h>

static const struct {
	const char *name;
	const struct ocispec_object *object;
} documents[] = {
	{ "config", &ocispec_config },
	{ "process", &ocispec_process },
	{ "resources", &ocispec_resources },
	{ "state", &ocispec_state },
	{ "features", &ocispec_features },
	{ "container-process-state", &ocispec_container_process_state },
	{ "mount", &ocispec_mount },
};

/* Blocks in a chain, so that nothing is lost to the leak checker. */
struct block {
	struct block *next;
	max_align_t bytes[];
};

static void *chain_alloc(void *data, size_t size)
{
	struct block **chain = data;
	struct block *block = calloc(1, sizeof(*block) + size);

	if (block == NULL)
		abort();
	block->next = *chain;
	*chain = block;
	return block->bytes;
}

static void chain_free(struct block *chain)
{
	while (chain != NULL) {
		struct block *next = chain->next;

		free(chain);
		chain = next;
	}
}

static char *read_all(const char *path, size_t *ret_length)
{
	FILE *file = fopen(path, "re");
	char *bytes = NULL;
	long size;

	if (file == NULL)
		return NULL;
	if (fseek(file, 0, SEEK_END) == 0 && (size = ftell(file)) >= 0) {
		rewind(file);
		bytes = calloc(1, (size_t) size + 1);
		if (bytes != NULL)
			*ret_length = fread(bytes, 1, (size_t) size, file);
	}
	(void) fclose(file);
	return bytes;
}

static bool same(yajl_val a, yajl_val b);

static bool same_object(yajl_val a, yajl_val b)
{
	if (a->u.object.len != b->u.object.len)
		return false;
	for (size_t i = 0; i < a->u.object.len; i++) {
		size_t j = 0;

		while (j < b->u.object.len && strcmp(a->u.object.keys[i], b->u.object.keys[j]) != 0)
			j++;
		if (j == b->u.object.len || !same(a->u.object.values[i], b->u.object.values[j])) {
			print_error("differs at \"%s\"\n", a->u.object.keys[i]);
			return false;
		}
	}
	return true;
}

static bool same(yajl_val a, yajl_val b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case yajl_t_string:
		return strcmp(a->u.string, b->u.string) == 0;
	case yajl_t_number:
		return strcmp(a->u.number.r, b->u.number.r) == 0;
	case yajl_t_object:
		return same_object(a, b);
	case yajl_t_array:
		if (a->u.array.len != b->u.array.len)
			return false;
		for (size_t i = 0; i < a->u.array.len; i++)
			if (!same(a->u.array.values[i], b->u.array.values[i]))
				return false;
		return true;
	default:
		return true;
	}
}

static void count_unknown(const char *pointer, void *data)
{
	print_error("unknown field %s\n", pointer);
	++*(size_t *) data;
}

static void round_trip(const char *path, const struct ocispec_object *object)
{
	struct block *chain = NULL;
	const struct ocispec_alloc alloc = { chain_alloc, &chain };
	size_t unknown = 0;
	const struct ocispec_options options = { count_unknown, &unknown };
	struct ocispec_error error;
	size_t length = 0;
	char *bytes = read_all(path, &length);
	yajl_val before, after;
	void *value = NULL;

	assert_non_null(bytes);
	before = yajl_tree_parse(bytes, NULL, 0);
	assert_non_null(before);
	if (ocispec_parse(object, bytes, length, &alloc, &options, &value, &error) < 0)
		fail_msg("%s:%zu:%zu: %s: %s", path, error.line, error.column, error.pointer,
			error.text);
	assert_int_equal(unknown, 0);
	for (unsigned flags = 0; flags <= OCISPEC_PRETTY; flags++) {
		size_t printed = 0;
		char *text = ocispec_print(object, value, flags, &alloc, &printed);

		assert_int_equal(strlen(text), printed);
		assert_int_equal(text[printed - 1] == '\n', flags == OCISPEC_PRETTY);
		assert_null(strstr(text, "\n\n"));
		after = yajl_tree_parse(text, NULL, 0);
		assert_non_null(after);
		if (!same(before, after))
			fail_msg("%s: printed otherwise", path);
		yajl_tree_free(after);
		if (flags != 0)
			continue;
		void *again = NULL;

		assert_int_equal(
			ocispec_parse_printed(object, text, printed, &alloc, &again, &error), 0);
		assert_string_equal(ocispec_print(object, again, 0, &alloc, NULL), text);
	}
	yajl_tree_free(before);
	free(bytes);
	chain_free(chain);
}

static void test_configs(void **state)
{
	const char *top = getenv("OCIRT_SRCDIR");
	char directory[4096];
	char path[4096 + 300];
	size_t count = 0;
	const struct dirent *entry;
	DIR *dir;

	(void) state;
	(void) snprintf(directory, sizeof(directory), "%s/tests/configs", top == NULL ? "." : top);
	dir = opendir(directory);
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		const size_t length = strlen(entry->d_name);

		if (length < 6 || strcmp(entry->d_name + length - 5, ".json") != 0)
			continue;
		(void) snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		round_trip(path,
			strncmp(entry->d_name, "exec-process", 12) == 0 ? &ocispec_process
									: &ocispec_config);
		count++;
	}
	(void) closedir(dir);
	assert_true(count >= 50);
}

/* Whatever the printer does not write is read as well, and what is wrong is wrong here too. */
static void test_printed(void **state)
{
	static const char *const texts[] = {
		"{}",
		"{\"id\":\"a\",\"pid\":-3,\"annotations\":{\"a\":\"b\",\"c\":\"\"}}",
		"{\"pid\":1,\"id\":\"a\"}",
		"{ \"id\":\"a\"}",
		"{\"id\":\"a\"}\n",
		"{\"id\":\"a\\n\\u00e4\\\"b\"}",
		"{\"id\":\"\u00e4\"}",
		"{\"id\":\"a\",\"other\":[{}],\"pid\":9223372036854775807}",
		"{\"pid\":-9223372036854775808}",
		"{\"pid\":9223372036854775808}",
		"{\"pid\":-9223372036854775809}",
		"{\"pid\":99999999999999999999999}",
		"{\"pid\":01}",
		"{\"pid\":-}",
		"{\"pid\":1.0}",
		"{\"pid\":\"1\"}",
		"{\"id\":\"a\",\"id\":\"b\"}",
		"{\"id\":\"a\",}",
		"{\"id\":\"a\"}}",
		"{\"id\":\"a\",\"annotations\":{}}",
		"{\"id\":\"a\",\"annotations\":{\"a\"}}",
		"{\"id\":\"a\",\"annotations\":[]}",
		"{\"id\":null}",
		"[]",
		"",
	};
	struct block *chain = NULL;
	const struct ocispec_alloc alloc = { chain_alloc, &chain };
	struct ocispec_error error, other;

	(void) state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (size_t cut = 0; cut <= strlen(texts[i]); cut++) {
			const size_t length = strlen(texts[i]) - cut;
			char *text = chain_alloc(&chain, length + 1);
			void *one = NULL, *two = NULL;
			int due;

			memcpy(text, texts[i], length);
			due = ocispec_parse(
				&ocispec_state, text, length, &alloc, NULL, &one, &error);
			assert_int_equal(ocispec_parse_printed(&ocispec_state, text, length, &alloc,
						 &two, &other),
				due);
			if (due == 0)
				assert_string_equal(
					ocispec_print(&ocispec_state, two, 0, &alloc, NULL),
					ocispec_print(&ocispec_state, one, 0, &alloc, NULL));
			else
				assert_string_equal(other.text, error.text);
		}
	chain_free(chain);
}

static int tool(const char *name, const char *path)
{
	struct block *chain = NULL;
	const struct ocispec_alloc alloc = { chain_alloc, &chain };
	struct ocispec_error error;
	size_t length = 0;
	char *bytes = read_all(path, &length);
	void *value;
	int status = 2;

	for (size_t i = 0; bytes != NULL && i < sizeof(documents) / sizeof(documents[0]); i++) {
		if (strcmp(documents[i].name, name) != 0)
			continue;
		status = ocispec_parse(documents[i].object, bytes, length, &alloc, NULL, &value,
				 &error) < 0;
		if (status == 0)
			(void) fputs(ocispec_print(documents[i].object, value, OCISPEC_PRETTY,
					     &alloc, NULL),
				stdout);
		else
			(void) fprintf(stderr, "%s:%zu:%zu: %s: %s\n", path, error.line,
				error.column, error.pointer, error.text);
	}
	chain_free(chain);
	free(bytes);
	return status;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_configs),
		cmocka_unit_test(test_printed),
	};

	if (argc == 3)
		return tool(argv[1], argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
