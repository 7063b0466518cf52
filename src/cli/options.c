/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/options.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static const struct option_row *find(const struct option_row *row, const char *name, size_t length)
{
	for (; row->name; row++)
		if (strlen(row->name) == length && memcmp(row->name, name, length) == 0)
			return row;
	return NULL;
}

static const struct option_row *find_letter(const struct option_row *row, char letter)
{
	for (; row->name; row++)
		if (row->letter == letter)
			return row;
	return NULL;
}

static int store(const struct option_row *row, const char *value, void *values, struct err *err)
{
	char *place = (char *) values + row->offset;
	uint32_t number = 0;

	if (row->kind == OPTION_TEXT) {
		memcpy(place, &value, sizeof(value));
	} else if (row->kind == OPTION_NUMBER) {
		if (str_to_u32(value, &number) < 0)
			return err_set(
				err, ERR_USAGE, "--%s: \"%s\" is no number", row->name, value);
		memcpy(place, &number, sizeof(number));
	} else {
		bool on = !value || str_eq(value, "true");

		if (!on && !str_eq(value, "false"))
			return err_set(err, ERR_USAGE, "--%s: \"%s\" is not true or false",
				row->name, value);
		memcpy(place, &on, sizeof(on));
	}
	return 0;
}

/* One word of short options. Returns how many words behind it were taken. */
static int letters(const struct option_row *rows, const char *word, const char *next, void *values,
	struct err *err)
{
	for (const char *p = word + 1; *p; p++) {
		const struct option_row *row = find_letter(rows, *p);

		if (!row)
			return err_set(err, ERR_USAGE, "unknown option -%c", *p);
		if (row->kind == OPTION_FLAG) {
			if (store(row, NULL, values, err) < 0)
				return -1;
			continue;
		}
		const char *value = p[1] ? p + 1 : next;

		if (!value)
			return err_set(err, ERR_USAGE, "option -%c needs a value", *p);
		return store(row, value, values, err) < 0 ? -1 : !p[1];
	}
	return 0;
}

int options_parse(const struct option_row *rows, char **argv, bool stop_at_first, void *values,
	struct err *err)
{
	int count = 0;
	bool over = false;

	for (int i = 0; argv[i]; i++) {
		const char *word = argv[i];

		if (over || word[0] != '-' || word[1] == '\0') {
			argv[count++] = argv[i];
			over = over || stop_at_first;
			continue;
		}
		if (str_eq(word, "--")) {
			over = true;
			continue;
		}
		const char *name = word + (word[1] == '-' ? 2 : 1);
		size_t length = strcspn(name, "=");
		/* Engines write -no-subreaper with one dash. */
		const struct option_row *row =
			word[1] == '-' || length > 1 ? find(rows, name, length) : NULL;

		if (!row && word[1] != '-') {
			int taken = letters(rows, word, argv[i + 1], values, err);

			if (taken < 0)
				return -1;
			i += taken;
			continue;
		}
		if (!row)
			return err_set(err, ERR_USAGE, "unknown option %s", word);
		const char *value = name[length] ? name + length + 1 : NULL;

		if (!value && row->kind != OPTION_FLAG && !(value = argv[++i]))
			return err_set(err, ERR_USAGE, "option %s needs a value", word);
		if (store(row, value, values, err) < 0)
			return -1;
	}
	argv[count] = NULL;
	return count;
}

void options_print(const struct option_row *row)
{
	for (; row->name; row++)
		if (row->help)
			(void) printf("  %c%c --%-20s %s\n", row->letter ? '-' : ' ',
				row->letter ? row->letter : ' ', row->name, row->help);
}
