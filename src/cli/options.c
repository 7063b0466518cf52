/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli/options.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* A row and the struct that it fills. */
struct found {
	const struct option_row *row; /* NULL: there is none */
	void *values;
};

static struct found find(const struct option_tables *tables, const char *name, size_t length)
{
	const struct option_row *both[] = { tables->rows, tables->shared_rows };
	void *values[] = { tables->values, tables->shared_values };

	for (size_t i = 0; i < 2; i++)
		for (const struct option_row *row = both[i]; row != NULL && row->name != NULL;
			row++)
			if (strlen(row->name) == length && memcmp(row->name, name, length) == 0)
				return (struct found){ row, values[i] };
	return (struct found){ 0 };
}

static struct found find_letter(const struct option_tables *tables, char letter)
{
	const struct option_row *both[] = { tables->rows, tables->shared_rows };
	void *values[] = { tables->values, tables->shared_values };

	for (size_t i = 0; i < 2; i++)
		for (const struct option_row *row = both[i]; row != NULL && row->name != NULL;
			row++)
			if (row->letter == letter)
				return (struct found){ row, values[i] };
	return (struct found){ 0 };
}

static bool takes_value(const struct option_row *row)
{
	return row->kind != OPTION_FLAG && row->kind != OPTION_OPTIONAL && row->kind != OPTION_AUTO;
}

/* The words that runc takes for a truth value. Returns 0 or -1. */
static int truth(const char *text, bool *ret)
{
	static const char *const words[] = { "false", "0", "f", "F", "False", "FALSE", "true", "1",
		"t", "T", "True", "TRUE" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (str_eq(text, words[i])) {
			*ret = i >= 6;
			return 0;
		}
	return -1;
}

static bool is_auto(const char *text)
{
	bool ignored;

	return text != NULL && (str_eq(text, "auto") || truth(text, &ignored) == 0);
}

static int store(struct found found, const char *value, struct arena *arena, struct err *err)
{
	const struct option_row *row = found.row;
	char *place = (char *) found.values + row->offset;
	uint32_t number = 0;
	bool on = true;

	switch (row->kind) {
	case OPTION_AUTO:
		if (value != NULL && value[0] != '\0' && !is_auto(value))
			return err_set(err, ERR_USAGE, "--%s: \"%s\" is not true, false or auto",
				row->name, value);
		/* fallthrough */
	case OPTION_OPTIONAL:
		value = value != NULL ? value : "";
		memcpy(place, &value, sizeof(value));
		break;
	case OPTION_TEXT:
		/* As runc has it: a script's "$unset" is nothing. */
		if (value[0] == '\0')
			break;
		/* fallthrough */
	case OPTION_WORD:
		memcpy(place, &value, sizeof(value));
		break;
	case OPTION_LIST: {
		struct option_list *list = (void *) place;

		*ARENA_PUSH(arena, list->items, list->count) = value;
		break;
	}
	case OPTION_NUMBER:
		if (str_to_u32(value, &number) < 0)
			return err_set(
				err, ERR_USAGE, "--%s: \"%s\" is no number", row->name, value);
		memcpy(place, &number, sizeof(number));
		break;
	case OPTION_FLAG:
		if (value != NULL && truth(value, &on) < 0)
			return err_set(err, ERR_USAGE, "--%s: \"%s\" is not true or false",
				row->name, value);
		memcpy(place, &on, sizeof(on));
		break;
	}
	return 0;
}

/* One word of short options. Returns how many words behind it were taken. */
static int letters(const struct option_tables *tables, const char *word, const char *next,
	struct arena *arena, struct err *err)
{
	for (const char *p = word + 1; *p != '\0'; p++) {
		struct found found = find_letter(tables, *p);
		const char *value;

		if (found.row == NULL)
			return err_set(err, ERR_USAGE, "unknown option -%c", *p);
		if (!takes_value(found.row)) {
			if (store(found, NULL, arena, err) < 0)
				return -1;
			continue;
		}
		value = p[1] == '=' ? p + 2 : p[1] != '\0' ? p + 1 : next;
		if (value == NULL)
			return err_set(err, ERR_USAGE, "option -%c needs a value", *p);
		return store(found, value, arena, err) < 0 ? -1 : p[1] == '\0';
	}
	return 0;
}

int options_parse(const struct option_tables *tables, char **argv, bool stop_at_first,
	struct arena *arena, struct err *err)
{
	int count = 0;
	bool over = false;

	for (int i = 0; argv[i] != NULL; i++) {
		const char *word = argv[i], *name, *value;
		struct found found = { 0 };
		size_t length;

		if (over || word[0] != '-' || word[1] == '\0') {
			argv[count++] = argv[i];
			over = over || stop_at_first;
			continue;
		}
		if (str_eq(word, "--")) {
			over = true;
			continue;
		}
		name = word + (word[1] == '-' ? 2 : 1);
		length = strcspn(name, "=");
		/* Engines write -no-subreaper with one dash. */
		if (word[1] == '-' || length > 1)
			found = find(tables, name, length);
		if (found.row == NULL && word[1] != '-') {
			int taken = letters(tables, word, argv[i + 1], arena, err);

			if (taken < 0)
				return -1;
			i += taken;
			continue;
		}
		if (found.row == NULL)
			return err_set(err, ERR_USAGE, "unknown option %s", word);
		value = name[length] != '\0' ? name + length + 1 : NULL;
		if (value == NULL && takes_value(found.row) && (value = argv[++i]) == NULL)
			return err_set(err, ERR_USAGE, "option %s needs a value", word);
		if (value == NULL && found.row->kind == OPTION_AUTO && is_auto(argv[i + 1]))
			value = argv[++i];
		if (store(found, value, arena, err) < 0)
			return -1;
	}
	argv[count] = NULL;
	return count;
}

void options_print(const struct option_row *row)
{
	for (; row->name != NULL; row++)
		if (row->help != NULL)
			(void) printf("  %c%c --%-20s %s\n", row->letter ? '-' : ' ',
				row->letter ? row->letter : ' ', row->name, row->help);
}
