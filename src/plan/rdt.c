/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plan/rdt.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "libocispec-lite/spec.h"
#include "plan/parts.h"

static const char *trim(char *text)
{
	size_t length = strlen(text);

	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		text[--length] = '\0';
	return text + strspn(text, " \t");
}

static const char *add_lines(
	const char *to, const char *lines, const char *without, struct arena *arena)
{
	char *rest = arena_str(arena, lines);

	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		const char *text = trim(line);

		if (*text != '\0' && (without == NULL || !str_starts(text, without)))
			to = arena_printf(arena, "%s%s\n", to, text);
	}
	return to;
}

const char *plan_rdt_schemata(const char *cache, const char *bandwidth, struct arena *arena)
{
	const char *text = "";

	if (cache != NULL)
		text = add_lines(text, cache, bandwidth != NULL ? "MB:" : NULL, arena);
	if (bandwidth != NULL)
		text = add_lines(text, bandwidth, NULL, arena);
	return *text == '\0' ? NULL : text;
}

/* The value that a schema has for a domain: of "L3:0=7f0;1=1f" 7f0 for L3 and 0. NULL: it says nothing. */
static const char *value_of(
	const char *schemata, const char *resource, const char *domain, struct arena *arena)
{
	char *rest = arena_str(arena, schemata);

	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		char *values = strchr(line, ':');

		if (values == NULL)
			continue;
		*values++ = '\0';
		if (!str_eq(trim(line), resource))
			continue;
		for (char *one; (one = strsep(&values, ";")) != NULL;) {
			char *value = strchr(one, '=');

			if (value == NULL)
				continue;
			*value++ = '\0';
			if (str_eq(trim(one), domain))
				return trim(value);
		}
	}
	return NULL;
}

static const char *without_zeros(const char *number)
{
	const size_t zeros = strspn(number, "0");

	return number[zeros] == '\0' && zeros > 0 ? number + zeros - 1 : number + zeros;
}

static bool line_is_there(const char *have, char *line, struct arena *arena)
{
	char *values = strchr(line, ':');
	const char *resource;

	if (values == NULL)
		return false;
	*values++ = '\0';
	resource = trim(line);
	for (char *one; (one = strsep(&values, ";")) != NULL;) {
		char *value = strchr(one, '=');
		const char *now;

		if (*trim(one) == '\0')
			continue;
		if (value == NULL)
			return false;
		*value++ = '\0';
		now = value_of(have, resource, trim(one), arena);
		if (now == NULL || strcasecmp(without_zeros(now), without_zeros(trim(value))) != 0)
			return false;
	}
	return true;
}

bool plan_rdt_has(const char *have, const char *wanted, struct arena *arena)
{
	char *rest = arena_str(arena, wanted);

	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		if (*trim(line) != '\0' && !line_is_there(have, line, arena))
			return false;
	return true;
}

void plan_rdt(const struct plan_input *in, struct rdt_plan *ret)
{
	const struct spec_intel_rdt *from =
		in->spec->linux_ != NULL ? in->spec->linux_->intel_rdt : NULL;
	struct arena *arena = in->arena;
	const char *extra = "";

	if (from == NULL)
		return;
	for (size_t i = 0; i < from->schemata.count; i++)
		extra = add_lines(extra, from->schemata.items[i], NULL, arena);
	*ret = (struct rdt_plan){
		.group = from->clos_id == NULL	     ? in->options->id
			: str_eq(from->clos_id, "/") ? ""
						     : from->clos_id,
		.shared = from->clos_id != NULL,
		.schemata = plan_rdt_schemata(from->l3_cache_schema, from->mem_bw_schema, arena),
		.more_schemata = *extra == '\0' ? NULL : extra,
		.monitor = from->enable_monitoring != NULL && *from->enable_monitoring
			? in->options->id
			: NULL,
	};
}
