/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parser: what it fills in, and where and how it says no. */
#include "libocispec-lite/ocispec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

/* Blocks in a chain, so that the leak checker finds what the library took elsewhere. */
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

static int set_up(void **state)
{
	struct ocispec_alloc *alloc = calloc(1, sizeof(*alloc));

	alloc->alloc = chain_alloc;
	alloc->data = calloc(1, sizeof(struct block *));
	*state = alloc;
	return 0;
}

static int tear_down(void **state)
{
	struct ocispec_alloc *alloc = *state;
	struct block *chain = *(struct block **) alloc->data;

	while (chain != NULL) {
		struct block *next = chain->next;

		free(chain);
		chain = next;
	}
	free(alloc->data);
	free(alloc);
	return 0;
}

/* The text is copied to a block of its own size: a read beyond the end is seen. */
static int parse(const struct ocispec_object *object, const char *text, size_t length,
	const struct ocispec_alloc *alloc, const struct ocispec_options *options, void **ret,
	struct ocispec_error *error)
{
	char *exact = malloc(length == 0 ? 1 : length);
	int result;

	assert_non_null(exact);
	memcpy(exact, text, length);
	result = ocispec_parse(object, exact, length, alloc, options, ret, error);
	free(exact);
	return result;
}

static void *good(void **state, const struct ocispec_object *object, const char *text)
{
	struct ocispec_error error;
	void *value = NULL;

	if (parse(object, text, strlen(text), *state, NULL, &value, &error) < 0)
		fail_msg("%s\n%zu:%zu: %s: %s", text, error.line, error.column, error.pointer,
			error.text);
	return value;
}

#define U16  "a number from 0 to 65535"
#define U32  "a number from 0 to 4294967295"
#define I32  "a number from -2147483648 to 2147483647"
#define U64  "a number from 0 to 18446744073709551615"
#define I64  "a number from -9223372036854775808 to 9223372036854775807"
#define MANY "0123456789012345678901234567890123456789"

struct bad {
	const struct ocispec_object *object;
	const char *text;
	const char *pointer;
	size_t line, column;
	const char *message;
};

static const struct bad bads[] = {
	/* not a document of this kind */
	{ &ocispec_config, "", "", 1, 1, "expected an object, found the end of the document" },
	{ &ocispec_config, " \n ", "", 2, 2, "expected an object, found the end of the document" },
	{ &ocispec_config, "[]", "", 1, 1, "expected an object, found a list" },
	{ &ocispec_config, "42", "", 1, 1, "expected an object, found 42" },
	{ &ocispec_config, " null", "", 1, 2, "expected an object, found null" },
	{ &ocispec_config, "\n true", "", 2, 2, "expected an object, found true" },
	{ &ocispec_config, "\"x\"", "", 1, 1, "expected an object, found \"x\"" },
	{ &ocispec_config, "\xef\xbb\xbf{}", "", 1, 1,
		"expected an object, found a byte order mark" },
	/* required fields */
	{ &ocispec_config, " {}", "", 1, 2, "expected the field \"ociVersion\", found none" },
	{ &ocispec_config, "{\"ociVersion\":\"1\",\n \"root\": {}}", "/root", 2, 10,
		"expected the field \"path\", found none" },
	{ &ocispec_config, "{\"mounts\":[{\"destination\":\"/\"},{}]}", "/mounts/1", 1, 32,
		"expected the field \"destination\", found none" },
	{ &ocispec_process, "{\"rlimits\":[{\"type\":\"R\",\"hard\":1}],\"cwd\":\"/\"}",
		"/rlimits/0", 1, 13, "expected the field \"soft\", found none" },
	{ &ocispec_resources, "{\"hugepageLimits\":[{\"pageSize\":\"2MB\"}]}", "/hugepageLimits/0",
		1, 20, "expected the field \"limit\", found none" },
	{ &ocispec_features, "{\"ociVersionMin\":\"1\"}", "", 1, 1,
		"expected the field \"ociVersionMax\", found none" },
	{ &ocispec_container_process_state, "{\"ociVersion\":\"1\",\"pid\":1}", "", 1, 1,
		"expected the field \"state\", found none" },
	/* types */
	{ &ocispec_config, "{\"ociVersion\": 1}", "/ociVersion", 1, 16,
		"expected a string, found 1" },
	{ &ocispec_config, "{\"ociVersion\": null}", "/ociVersion", 1, 16,
		"expected a string, found null" },
	{ &ocispec_config, "{\n\t\"process\": {\n\t\t\"terminal\": \"yes\"}}", "/process/terminal",
		3, 15, "expected true or false, found \"yes\"" },
	{ &ocispec_config, "{\"ociVersion\":\"1\",\"root\":{\"path\":null}}", "/root/path", 1, 34,
		"expected a string, found null" },
	{ &ocispec_config, "{\"annotations\":{\"a\":null}}", "/annotations/a", 1, 21,
		"expected a string, found null" },
	{ &ocispec_config, "{\"hooks\":null,\"hooks\":{}}", "/hooks", 1, 15,
		"expected each key once, found \"hooks\" again" },
	{ &ocispec_config, "{\"process\":[]}", "/process", 1, 12,
		"expected an object, found a list" },
	{ &ocispec_config, "{\"mounts\":{}}", "/mounts", 1, 11,
		"expected a list of objects, found an object" },
	{ &ocispec_config, "{\"mounts\":[null]}", "/mounts/0", 1, 12,
		"expected an object, found null" },
	{ &ocispec_config, "{\"mounts\":[[]]}", "/mounts/0", 1, 12,
		"expected an object, found a list" },
	{ &ocispec_process, "{\"args\":\"sh\"}", "/args", 1, 9,
		"expected a list of strings, found \"sh\"" },
	{ &ocispec_process, "{\"args\":[\"sh\", \"-c\", 3]}", "/args/2", 1, 22,
		"expected a string, found 3" },
	{ &ocispec_process, "{\"args\":[\"sh\",null]}", "/args/1", 1, 15,
		"expected a string, found null" },
	{ &ocispec_process, "{\"args\":[[]]}", "/args/0", 1, 10,
		"expected a string, found a list" },
	{ &ocispec_process, "{\"args\":[true]}", "/args/0", 1, 10,
		"expected a string, found true" },
	{ &ocispec_process, "{\"user\":{\"uid\":\"0\"}}", "/user/uid", 1, 16,
		"expected " U32 ", found \"0\"" },
	{ &ocispec_process, "{\"user\":{\"additionalGids\":[1,\"2\"]}}", "/user/additionalGids/1",
		1, 30, "expected " U32 ", found \"2\"" },
	{ &ocispec_config, "{\"annotations\":{\"a\":1}}", "/annotations/a", 1, 21,
		"expected a string, found 1" },
	{ &ocispec_config, "{\"annotations\":{\"a/b~c\":{}}}", "/annotations/a~1b~0c", 1, 25,
		"expected a string, found an object" },
	{ &ocispec_config, "{\"annotations\":{\"a\":\"b\",\"\":null}}", "/annotations/", 1, 28,
		"expected a string, found null" },
	{ &ocispec_config, "{\"linux\":{\"netDevices\":{\"eth0\":{\"name\":23}}}}",
		"/linux/netDevices/eth0/name", 1, 40, "expected a string, found 23" },
	{ &ocispec_config, "{\"linux\":{\"netDevices\":{\"a\":{},\"eth0\":null}}}",
		"/linux/netDevices/eth0", 1, 39, "expected an object, found null" },
	{ &ocispec_resources, "{\"devices\":[{\"allow\":0}]}", "/devices/0/allow", 1, 22,
		"expected true or false, found 0" },
	{ &ocispec_process, "{\"cwd\":\"/\",\"oomScoreAdj\":\"\\u0031\\n" MANY "\"}",
		"/oomScoreAdj", 1, 26,
		"expected " I64 ", found \"1?012345678901234567890123456789012345...\"" },
	/* numbers */
	{ &ocispec_resources, "{\"blockIO\":{\"weight\":65536}}", "/blockIO/weight", 1, 22,
		"expected " U16 ", found 65536" },
	{ &ocispec_resources, "{\"blockIO\":{\"weight\":-1}}", "/blockIO/weight", 1, 22,
		"expected " U16 ", found -1" },
	{ &ocispec_process, "{\"user\":{\"uid\":4294967296}}", "/user/uid", 1, 16,
		"expected " U32 ", found 4294967296" },
	{ &ocispec_process, "{\"user\":{\"additionalGids\":[0,-1]}}", "/user/additionalGids/1", 1,
		30, "expected " U32 ", found -1" },
	{ &ocispec_process, "{\"ioPriority\":{\"priority\":2147483648}}", "/ioPriority/priority", 1,
		27, "expected " I32 ", found 2147483648" },
	{ &ocispec_process, "{\"ioPriority\":{\"priority\":-2147483649}}", "/ioPriority/priority",
		1, 27, "expected " I32 ", found -2147483649" },
	{ &ocispec_process, "{\"consoleSize\":{\"height\":18446744073709551616}}",
		"/consoleSize/height", 1, 26, "expected " U64 ", found 18446744073709551616" },
	{ &ocispec_resources, "{\"memory\":{\"limit\":9223372036854775808}}", "/memory/limit", 1,
		20, "expected " I64 ", found 9223372036854775808" },
	{ &ocispec_resources, "{\"memory\":{\"limit\":-9223372036854775809}}", "/memory/limit", 1,
		20, "expected " I64 ", found -9223372036854775809" },
	{ &ocispec_resources, "{\"memory\":{\"limit\":1.5}}", "/memory/limit", 1, 20,
		"expected " I64 ", found 1.5" },
	{ &ocispec_resources, "{\"memory\":{\"limit\":1e3}}", "/memory/limit", 1, 20,
		"expected " I64 ", found 1e3" },
	{ &ocispec_resources, "{\"memory\":{\"limit\":" MANY MANY "}}", "/memory", 1, 21,
		"expected JSON, found 123456789012345678901234567890123456789..." },
	{ &ocispec_resources, "{\"memory\":{\"limit\":1" MANY "}}", "/memory/limit", 1, 20,
		"expected " I64 ", found 101234567890123456789012345678901234567..." },
	{ &ocispec_resources, "{\"memory\":{\"limit\":01}}", "/memory", 1, 21,
		"expected JSON, found 1" },
	{ &ocispec_resources, "{\"memory\":{\"limit\":+1}}", "/memory/limit", 1, 20,
		"expected JSON, found +1" },
	/* twice */
	{ &ocispec_config, "{\"hostname\":\"a\", \"hostname\":\"b\"}", "/hostname", 1, 18,
		"expected each key once, found \"hostname\" again" },
	{ &ocispec_config, "{\"hostname\":\"a\",\"host\\u006eame\":\"a\"}", "/hostname", 1, 17,
		"expected each key once, found \"hostname\" again" },
	{ &ocispec_config, "{\"mounts\":[{\"type\":\"a\",\n\"type\":\"a\"}]}", "/mounts/0/type", 2,
		1, "expected each key once, found \"type\" again" },
	{ &ocispec_config, "{\"annotations\":{\"b\":\"\",\"a\":\"\",\"b\":\"\",\"a\":\"\"}}",
		"/annotations/b", 1, 31, "expected each key once, found \"b\" again" },
	{ &ocispec_config, "{\"linux\":{\"netDevices\":{\"e\":{},\"e\":{}}}}",
		"/linux/netDevices/e", 1, 32, "expected each key once, found \"e\" again" },
	/* text */
	{ &ocispec_config, "{\"hostname\":\"a\\u0000b\"}", "/hostname", 1, 13,
		"expected text without NUL, found \\u0000 in it" },
	{ &ocispec_config, "{\"hostname\\u0000\":\"a\"}", "", 1, 2,
		"expected text without NUL, found \\u0000 in it" },
	{ &ocispec_config, "{\"x\":[{\"y\":\"\\u0000\"}]}", "/x", 1, 12,
		"expected text without NUL, found \\u0000 in it" },
	{ &ocispec_process, "{\"args\":[\"a\",\n\"\xff\"]}", "/args/1", 2, 1,
		"expected text in UTF-8, found another encoding" },
	{ &ocispec_process, "{\"args\":[\"\xc0\x80\"]}", "/args/0", 1, 10,
		"expected text in UTF-8, found another encoding" },
	{ &ocispec_process, "{\"args\":[\"\xed\xa0\x80\"]}", "/args/0", 1, 10,
		"expected text in UTF-8, found another encoding" },
	{ &ocispec_process, "{\"args\":[\"\xf4\x90\x80\x80\"]}", "/args/0", 1, 10,
		"expected text in UTF-8, found another encoding" },
	{ &ocispec_process, "{\"args\":[\"\xe2\x82\"]}", "/args/0", 1, 10,
		"expected text in UTF-8, found another encoding" },
	{ &ocispec_config, "{\"annotations\":{\"\x80\":\"\"}}", "/annotations", 1, 17,
		"expected text in UTF-8, found another encoding" },
	{ &ocispec_process, "{\"cwd\":\"\\ud800\"}", "/cwd", 1, 8,
		"expected whole characters, found half of a surrogate pair" },
	{ &ocispec_process, "{\"cwd\":\"\\udc00\"}", "/cwd", 1, 8,
		"expected whole characters, found half of a surrogate pair" },
	{ &ocispec_process, "{\"cwd\":\"\\ud800\\u0041\"}", "/cwd", 1, 8,
		"expected whole characters, found half of a surrogate pair" },
	{ &ocispec_process, "{\"cwd\":\"\\uD8", "/cwd", 1, 13,
		"expected JSON, found the end of the document" },
	/* an earlier fault is reported before a bad string behind it */
	{ &ocispec_process, "{\"cwd\":1,\"args\":[\"\xff\"]}", "/cwd", 1, 8,
		"expected a string, found 1" },
	/* JSON itself */
	{ &ocispec_process, "{\"cwd\":\"/\"", "", 1, 11,
		"expected JSON, found the end of the document" },
	{ &ocispec_process, "{\"cwd\":\"/", "/cwd", 1, 10,
		"expected JSON, found the end of the document" },
	{ &ocispec_process, "{\"args\":[\"a\",\n", "/args/1", 2, 1,
		"expected JSON, found the end of the document" },
	{ &ocispec_process, "{\"cwd\":\"/\",}", "", 1, 12, "expected JSON, found }" },
	{ &ocispec_process, "{\"cwd\" \"/\"}", "/cwd", 1, 8, "expected JSON, found \"/\"" },
	{ &ocispec_process, "{\"args\":[\"a\" \"b\"]}", "/args/1", 1, 14,
		"expected JSON, found \"b\"" },
	{ &ocispec_process, "{\"args\":[\"a\",]}", "/args/1", 1, 14, "expected JSON, found ]" },
	{ &ocispec_process, "{cwd:1}", "", 1, 2, "expected JSON, found cwd" },
	{ &ocispec_process, "{\"terminal\":tru}", "/terminal", 1, 13, "expected JSON, found tru" },
	{ &ocispec_process, "{\"terminal\":\n // no\n true}", "/terminal", 2, 2,
		"expected JSON, found //" },
	{ &ocispec_process, "{\"cwd\":\"a\tb\"}", "/cwd", 1, 8, "expected JSON, found \"a?b\"" },
	{ &ocispec_process, "{\"cwd\":\"\\x41\"}", "/cwd", 1, 8, "expected JSON, found \"\\x41\"" },
	{ &ocispec_process, "{\"cwd\":\"/\"} x", "", 1, 13,
		"expected the end of the document, found x" },
	{ &ocispec_process, "{\"cwd\":\"/\"}\n{}", "", 2, 1,
		"expected the end of the document, found {" },
	{ &ocispec_process, "{\"cwd\":\"/\"}}", "", 1, 12,
		"expected the end of the document, found }" },
};

static void test_bad(void **state)
{
	size_t faults = 0;

	for (size_t i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		const struct bad *bad = &bads[i];
		struct ocispec_error error;
		void *const before = &faults;
		void *value = before;

		if (parse(bad->object, bad->text, strlen(bad->text), *state, NULL, &value,
			    &error) == 0) {
			print_error("%s\n\tis taken\n", bad->text);
			faults++;
			continue;
		}
		assert_ptr_equal(value, before);
		if (strcmp(error.pointer, bad->pointer) != 0 || error.line != bad->line ||
			error.column != bad->column || strcmp(error.text, bad->message) != 0) {
			print_error("%s\n\twant %zu:%zu: %s: %s\n\thave %zu:%zu: %s: %s\n",
				bad->text, bad->line, bad->column, bad->pointer, bad->message,
				error.line, error.column, error.pointer, error.text);
			faults++;
		}
	}
	assert_int_equal(faults, 0);
}

/* Each beginning of a good document is a bad one, and none is read beyond its end. */
static void test_cut(void **state)
{
	static const char text[] =
		"{\"ociVersion\":\"1\",\"annotations\":{\"a\":\"\\ud83d\\ude00\"},"
		"\"mounts\":[{\"destination\":\"/\xc3\xa4\"}],\"x\":[1.5e3,null]}";
	struct ocispec_error error;
	void *value;

	(void) good(state, &ocispec_config, text);
	for (size_t i = 0; i < sizeof(text) - 1; i++)
		assert_int_equal(parse(&ocispec_config, text, i, *state, NULL, &value, &error), -1);
	/* a NUL behind the document is text behind the document */
	assert_int_equal(
		parse(&ocispec_config, text, sizeof(text), *state, NULL, &value, &error), -1);
}

static char *nested(size_t levels, const char *before, const char *after)
{
	char *text = calloc(1, strlen(before) + levels * 2 + strlen(after) + 1);
	size_t at = strlen(before);

	memcpy(text, before, at);
	memset(text + at, '[', levels);
	memset(text + at + levels, ']', levels);
	memcpy(text + at + levels * 2, after, strlen(after));
	return text;
}

static void test_depth(void **state)
{
	struct ocispec_error error;
	void *value;
	char *text = nested(OCISPEC_MAX_DEPTH - 1, "{\"cwd\":\"/\",\"x\":", "}");

	(void) good(state, &ocispec_process, text);
	free(text);
	text = nested(OCISPEC_MAX_DEPTH, "{\"cwd\":\"/\",\"x\":", "}");
	assert_int_equal(
		parse(&ocispec_process, text, strlen(text), *state, NULL, &value, &error), -1);
	assert_string_equal(error.pointer, "/x");
	assert_int_equal(error.column, 16 + OCISPEC_MAX_DEPTH - 1);
	assert_string_equal(error.text, "expected at most 64 levels, found more");
	free(text);
}

static void test_size(void **state)
{
	static const char start[] = "{\"cwd\":\"/\"}";
	struct ocispec_error error;
	void *value;
	char *text = malloc((size_t) OCISPEC_MAX_BYTES + 1);

	assert_non_null(text);
	memset(text, ' ', (size_t) OCISPEC_MAX_BYTES + 1);
	memcpy(text, start, sizeof(start) - 1);
	assert_int_equal(ocispec_parse(&ocispec_process, text, OCISPEC_MAX_BYTES, *state, NULL,
				 &value, &error),
		0);
	assert_int_equal(ocispec_parse(&ocispec_process, text, (size_t) OCISPEC_MAX_BYTES + 1,
				 *state, NULL, &value, &error),
		-1);
	assert_string_equal(error.text, "expected at most 16777216 bytes, found 16777217");
	free(text);
}

/* Many keys must not cost their square: this would take hours. */
static void test_many_keys(void **state)
{
	enum { KEYS = 300000 };
	char *text = malloc(KEYS * 16 + 64);
	size_t used;
	struct spec *spec;

	assert_non_null(text);
	used = (size_t) snprintf(text, 64, "{\"ociVersion\":\"1\",\"annotations\":{");
	for (int i = 0; i < KEYS; i++)
		used += (size_t) snprintf(text + used, 17, "%s\"%d\":\"\"", i == 0 ? "" : ",", i);
	memcpy(text + used, "}}", 3);
	spec = good(state, &ocispec_config, text);
	assert_int_equal(spec->annotations.count, KEYS);
	assert_string_equal(spec->annotations.items[KEYS - 1].key, "299999");
	free(text);
}

static void test_numbers(void **state)
{
	const struct spec_process *process = good(state, &ocispec_process,
		"{\"cwd\":\"/\",\"user\":{\"uid\":4294967295,\"gid\":-0,\"additionalGids\":[0,7]},"
		"\"consoleSize\":{\"height\":18446744073709551615,\"width\":0},"
		"\"oomScoreAdj\":-9223372036854775808,"
		"\"scheduler\":{\"policy\":\"p\",\"nice\":-2147483648,\"priority\":2147483647}}");
	const struct spec_resources *resources = good(state, &ocispec_resources,
		"{\"memory\":{\"limit\":9223372036854775807},\"blockIO\":{\"weight\":65535}}");

	assert_true(*process->user->uid == UINT32_MAX);
	assert_true(*process->user->gid == 0);
	assert_null(process->user->umask);
	assert_int_equal(process->user->additional_gids.count, 2);
	assert_int_equal(process->user->additional_gids.items[1], 7);
	assert_true(process->console_size->height == UINT64_MAX);
	assert_true(process->console_size->width == 0);
	assert_true(*process->oom_score_adj == INT64_MIN);
	assert_true(*process->scheduler->nice == INT32_MIN);
	assert_true(*process->scheduler->priority == INT32_MAX);
	assert_true(*resources->memory->limit == INT64_MAX);
	assert_int_equal(*resources->block_io->weight, 65535);
}

static void test_values(void **state)
{
	const struct spec *spec = good(state, &ocispec_config,
		"{\"ociVersion\":\"1.3.0\",\"mounts\":[],\"annotations\":{},"
		"\"hooks\":{\"poststop\":[{\"path\":\"/h\",\"args\":[]}]},"
		"\"root\":{\"path\":\"\\u00e4\\ud83d\\ude00\\/\\n\",\"readonly\":false},"
		"\"linux\":{\"netDevices\":{\"b\":{\"name\":\"x\"},\"a\":{}},"
		"\"resources\":{\"devices\":[{\"allow\":true},{\"allow\":false,\"major\":3}]}}}");

	assert_string_equal(spec->oci_version, "1.3.0");
	assert_non_null(spec->mounts.items);
	assert_int_equal(spec->mounts.count, 0);
	assert_non_null(spec->annotations.items);
	assert_null(spec->process);
	assert_null(spec->hostname);
	assert_null(spec->hooks->prestart.items);
	assert_int_equal(spec->hooks->poststop.count, 1);
	assert_non_null(spec->hooks->poststop.items[0].args.items);
	assert_null(spec->hooks->poststop.items[0].env.items);
	assert_string_equal(spec->root->path, "\xc3\xa4\xf0\x9f\x98\x80/\n");
	assert_false(*spec->root->readonly);
	assert_int_equal(spec->linux_->net_devices.count, 2);
	assert_string_equal(spec->linux_->net_devices.items[0].key, "b");
	assert_string_equal(spec->linux_->net_devices.items[0].name, "x");
	assert_null(spec->linux_->net_devices.items[1].name);
	assert_true(spec->linux_->resources->devices.items[0].allow);
	assert_false(spec->linux_->resources->devices.items[1].allow);
	assert_true(*spec->linux_->resources->devices.items[1].major == 3);
}

static void note(const char *pointer, void *data)
{
	char *list = data;
	const size_t used = strlen(list);

	(void) snprintf(list + used, 512 - used, "%s ", pointer);
}

static void test_unknown(void **state)
{
	static const char text[] =
		"{\"a\":null,\"cwd\":\"/\",\"b/c\":{\"args\":1,\"d\":[{},[1.5,true,null,\"\"]]},"
		"\"user\":{\"x\\ny\":[]},\"a\":1,\"rlimits\":[{\"type\":\"\",\"soft\":1,\"hard\":1}"
		","
		"{\"type\":\"\",\"soft\":1,\"hard\":1,\"z\":-1e9}]}";
	char list[512] = "";
	const struct ocispec_options options = { note, list };
	struct ocispec_error error;
	struct spec_process *process;
	void *value = NULL;

	assert_int_equal(
		parse(&ocispec_process, text, sizeof(text) - 1, *state, &options, &value, &error),
		0);
	process = value;
	assert_string_equal(list, "/a /b~1c /user/x?y /a /rlimits/1/z ");
	assert_int_equal(process->rlimits.count, 2);
	assert_null(process->args.items);
}

static void test_null(void **state)
{
	static const char text[] =
		"{\"ociVersion\":\"1\",\"hooks\":null,\"mounts\":null,\"hostname\":null,"
		"\"annotations\":null,"
		"\"process\":{\"cwd\":\"/\",\"terminal\":null,\"args\":null,\"oomScoreAdj\":null}}";
	struct ocispec_error error;
	struct spec *spec;
	void *value = NULL;

	assert_int_equal(
		parse(&ocispec_config, text, sizeof(text) - 1, *state, NULL, &value, &error), 0);
	spec = value;
	assert_null(spec->hooks);
	assert_null(spec->mounts.items);
	assert_null(spec->hostname);
	assert_null(spec->annotations.items);
	assert_null(spec->process->args.items);
	assert_null(spec->process->oom_score_adj);
}

/* A pointer that has no room ends with a whole character. */
static void test_long_pointer(void **state)
{
	char text[600] = "{\"annotations\":{\"a";
	struct ocispec_error error;
	void *value;

	for (int i = 0; i < 100; i++)
		memcpy(text + strlen(text), "\xc3\xa4", 3);
	memcpy(text + strlen(text), "\":1}}", 6);
	assert_int_equal(
		parse(&ocispec_config, text, strlen(text), *state, NULL, &value, &error), -1);
	assert_int_equal(strlen(error.pointer), sizeof(error.pointer) - 2);
	assert_string_equal(error.pointer + strlen(error.pointer) - 2, "\xc3\xa4");
}

static void test_list(void **state)
{
	static const char text[] = "[{\"destination\":\"/a\"},{\"destination\":\"/b\"}]";
	static const char bad[] = "[{\"destination\":\"/a\"},\n{}]";
	struct ocispec_error error;
	struct spec_mount *mounts;
	void *items = NULL;
	size_t count = 9;

	assert_int_equal(ocispec_parse_list(&ocispec_mount, text, sizeof(text) - 1, *state, NULL,
				 &items, &count, &error),
		0);
	mounts = items;
	assert_int_equal(count, 2);
	assert_string_equal(mounts[1].destination, "/b");
	assert_int_equal(
		ocispec_parse_list(&ocispec_mount, "[]", 2, *state, NULL, &items, &count, &error),
		0);
	assert_int_equal(count, 0);
	assert_non_null(items);
	assert_int_equal(ocispec_parse_list(&ocispec_mount, bad, sizeof(bad) - 1, *state, NULL,
				 &items, &count, &error),
		-1);
	assert_string_equal(error.pointer, "/1");
	assert_int_equal(error.line, 2);
	assert_int_equal(error.column, 1);
	assert_int_equal(
		ocispec_parse_list(&ocispec_mount, "{}", 2, *state, NULL, &items, &count, &error),
		-1);
	assert_string_equal(error.text, "expected a list of objects, found an object");
}

static void test_print(void **state)
{
	static const char text[] =
		"{\"ociVersion\":\"a/b\\n\\\"\",\"process\":{\"args\":[],\"env\":["
		"\"A\"],\"cwd\":\"/\",\"capabilities\":{}},\"annotations\":{},"
		"\"linux\":{\"netDevices\":{\"e\":{}}}}";
	static const char pretty[] = "{\n  \"ociVersion\": \"1\",\n  \"root\": {\n    \"path\": "
				     "\"/r\"\n  },\n  \"mounts\": []\n}\n";
	size_t length;
	const struct spec none = { 0 };

	assert_string_equal(ocispec_print(&ocispec_config, good(state, &ocispec_config, text), 0,
				    *state, &length),
		text);
	assert_int_equal(length, sizeof(text) - 1);
	assert_string_equal(ocispec_print(&ocispec_config, good(state, &ocispec_config, pretty),
				    OCISPEC_PRETTY, *state, &length),
		pretty);
	assert_int_equal(length, sizeof(pretty) - 1);
	assert_string_equal(
		ocispec_print(&ocispec_config, &none, OCISPEC_PRETTY, *state, NULL), "{}\n");
	assert_string_equal(ocispec_print(&ocispec_config, &none, 0, *state, NULL), "{}");
	assert_string_equal(
		ocispec_print_list(&ocispec_mount, NULL, 0, OCISPEC_PRETTY, *state, NULL), "[]\n");
	assert_string_equal(ocispec_print_list(&ocispec_config, &none, 1, 0, *state, NULL), "[{}]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bad, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_depth, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_size, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_many_keys, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_null, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_long_pointer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_list, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_print, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
