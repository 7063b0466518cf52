/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/protobuf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* Bytes that the encoding's own documentation gives: field 1 = 150, field 2 = "testing". */
static void known_bytes(void **state)
{
	static const unsigned char want[] = { 0x08, 0x96, 0x01, 0x12, 0x07, 't', 'e', 's', 't', 'i',
		'n', 'g' };
	_cleanup_arena_ struct arena arena = { 0 };
	struct protobuf message = { .arena = &arena };

	(void) state;
	protobuf_number(&message, 1, 150);
	protobuf_text(&message, 2, "testing");
	protobuf_text(&message, 3, NULL);
	assert_int_equal(message.length, sizeof(want));
	assert_memory_equal(message.bytes, want, sizeof(want));
}

static void there_and_back(void **state)
{
	_cleanup_arena_ struct arena arena = { 0 };
	struct protobuf inner = { .arena = &arena }, outer = { .arena = &arena };
	struct protobuf_field field;
	const unsigned char *bytes;
	size_t length;

	(void) state;
	protobuf_bool(&inner, 70, true);
	protobuf_number(&inner, 2, UINT64_MAX);
	protobuf_message(&outer, 19, &inner);
	protobuf_number(&outer, 1, 0);
	bytes = outer.bytes;
	length = outer.length;
	assert_int_equal(protobuf_next(&bytes, &length, &field), 1);
	assert_int_equal(field.number, 19);
	{
		const unsigned char *in = field.bytes;
		size_t in_length = field.length;

		assert_int_equal(protobuf_next(&in, &in_length, &field), 1);
		assert_int_equal(field.number, 70);
		assert_int_equal(field.value, 1);
		assert_int_equal(protobuf_next(&in, &in_length, &field), 1);
		assert_true(field.value == UINT64_MAX);
		assert_int_equal(protobuf_next(&in, &in_length, &field), 0);
	}
	assert_int_equal(protobuf_next(&bytes, &length, &field), 1);
	assert_int_equal(field.number, 1);
	assert_int_equal(protobuf_next(&bytes, &length, &field), 0);
}

static void refuses(void **state)
{
	static const struct {
		const char *bytes;
		size_t length;
	} cases[] = {
		{ "\x08", 1 }, /* a number without its value */
		{ "\x08\x80", 2 }, /* cut in the middle of it */
		{ "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12 }, /* over 64 bits */
		{ "\x12\x05"
		  "abc",
			5 }, /* a text that is longer than what is there */
		{ "\x0b", 1 }, /* a kind that is no longer used */
		{ "\x00\x00", 2 }, /* field number 0 */
		{ "\x09\x00\x00", 3 }, /* eight bytes, of which two are there */
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const unsigned char *bytes = (const unsigned char *) cases[i].bytes;
		size_t length = cases[i].length;
		struct protobuf_field field;

		assert_int_equal(protobuf_next(&bytes, &length, &field), -1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(known_bytes),
		cmocka_unit_test(there_and_back), cmocka_unit_test(refuses) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
