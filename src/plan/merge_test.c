/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "libocispec-lite/spec.h"
#include "plan/document.h"
#include "plan/parts.h"

static struct spec_resources *parse(const char *text, struct arena *arena)
{
	void *parsed = NULL;
	struct err err = { 0 };

	assert_int_equal(document_parse(&ocispec_resources, text, strlen(text), "test", arena,
				 &parsed, &err),
		0);
	return parsed;
}

static void test_merge(void **state)
{
	static const struct {
		const char *before, *given, *all;
	} cases[] = {
		{ "{}", "{}", "{}" },
		{ "{'pids':{'limit':5}}", "{}", "{'pids':{'limit':5}}" },
		{ "{'pids':{'limit':5}}", "{'pids':{'limit':0}}", "{'pids':{'limit':0}}" },
		{ "{'cpu':{'quota':5,'cpus':'0'}}", "{'cpu':{'period':7,'cpus':'1'}}",
			"{'cpu':{'quota':5,'period':7,'cpus':'1'}}" },
		{ "{'memory':{'limit':5}}", "{'pids':{'limit':3}}",
			"{'memory':{'limit':5},'pids':{'limit':3}}" },
		/* 0 is left out, but where it is a value. */
		{ "{'memory':{'limit':5,'reservation':4,'swap':6,'swappiness':7}}",
			"{'memory':{'limit':0,'reservation':0,'swap':0,'swappiness':0}}",
			"{'memory':{'limit':5,'reservation':4,'swap':6,'swappiness':0}}" },
		{ "{'cpu':{'shares':2,'quota':3,'burst':1,'period':4}}",
			"{'cpu':{'shares':0,'quota':0,'burst':0,'period':0}}",
			"{'cpu':{'shares':2,'quota':3,'burst':0,'period':4}}" },
		/* Without a limit of memory there is none of memory and swap. */
		{ "{'memory':{'limit':5,'swap':6}}", "{'memory':{'limit':-1}}",
			"{'memory':{'limit':-1,'swap':-1}}" },
		{ "{'memory':{'limit':5}}", "{'memory':{'limit':-1}}", "{'memory':{'limit':-1}}" },
		{ "{'memory':{'limit':5,'swap':6}}", "{'memory':{'limit':4}}",
			"{'memory':{'limit':4,'swap':6}}" },
		/* A list is replaced, an empty one leaves what there was. */
		{ "{'devices':[{'allow':true,'access':'r'}]}",
			"{'devices':[{'allow':false,'access':'rwm'}]}",
			"{'devices':[{'allow':false,'access':'rwm'}]}" },
		{ "{'devices':[{'allow':true,'access':'r'}]}", "{'devices':[]}",
			"{'devices':[{'allow':true,'access':'r'}]}" },
	};

	(void) state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		_cleanup_arena_ struct arena arena = { 0 };
		const struct ocispec_alloc alloc = document_alloc(&arena);
		char *texts[3];
		size_t got_length, wanted_length;

		for (size_t k = 0; k < 3; k++) {
			texts[k] = arena_str(&arena,
				k == 0		 ? cases[i].before
					: k == 1 ? cases[i].given
						 : cases[i].all);
			for (char *p = texts[k]; *p != '\0'; p++)
				if (*p == '\'')
					*p = '"';
		}
		assert_string_equal(ocispec_print(&ocispec_resources,
					    plan_merge(parse(texts[0], &arena),
						    parse(texts[1], &arena), &arena),
					    0, &alloc, &got_length),
			ocispec_print(&ocispec_resources, parse(texts[2], &arena), 0, &alloc,
				&wanted_length));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_merge) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
