/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	int exit_status;
	const char *hint;
} codes[ERR_CODES] = {
	[ERR_NONE] = { "none", 0, "" },
	[ERR_SYSTEM] = { "system", 1, "" },
	[ERR_USAGE] = { "usage", 1, "" },
	[ERR_CONFIG] = { "config", 1, "" },
	[ERR_UNSUPPORTED] = { "unsupported", 1, "" },
	[ERR_ID_INVALID] = { "id-invalid", 1, "" },
	[ERR_EXISTS] = { "exists", 1, "" },
	[ERR_NOT_FOUND] = { "not-found", 1, "" },
	[ERR_NOT_RUNNING] = { "not-running", 1, "" },
	[ERR_NOT_STOPPED] = { "not-stopped", 1, "" },
	[ERR_PAUSED] = { "paused", 1, "" },
	[ERR_STATE] = { "state", 1, "" },
	[ERR_EXEC_NOT_FOUND] = { "exec-not-found", 1, "" },
	[ERR_EXEC_PERMISSION] = { "exec-permission", 1, "" },
	[ERR_HOOK] = { "hook", 1, "" },
	[ERR_TIMEOUT] = { "timeout", 1, "" },
	[ERR_CHILD] = { "child", 1, "" },
	[ERR_INTERRUPTED] = { "interrupted", 128, "" },
};

/* Two paths and the words about them. */
enum { LINE_BYTES = 2 * 4096 + 256 };

static void put(char *to, size_t size, const char *from, size_t length)
{
	if (length >= size)
		length = size - 1;
	memcpy(to, from, length);
	to[length] = '\0';
}

/* Line breaks would make two log lines out of one error. */
static void one_line(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char) *text < 0x20 || *text == 0x7f)
			*text = ' ';
}

static void reset(struct err *err, int num, enum err_code code)
{
	*err = (struct err){ .num = num, .code = (int) code };
}

/* The kernel's cause in the lower case that engines match: "permission denied". A second capital is an
 * abbreviation's and stays. */
static void describe(int num, char *to, size_t size)
{
	put(to, size, strerror(num), strlen(strerror(num)));
	if (to[0] >= 'A' && to[0] <= 'Z' && !(to[1] >= 'A' && to[1] <= 'Z'))
		to[0] = (char) (to[0] - 'A' + 'a');
}

/* What does not fit is cut from the middle of the longest word, which is a path or a text of the user's: the
 * verb, the place in the configuration, the call and the cause stay. */
static void shorten(char *line, size_t size)
{
	enum { GAP = 3, SHORT = 80 };
	size_t length;

	while ((length = strlen(line)) >= size) {
		size_t start = 0, longest = 0, cut = length - (size - 1) + GAP;

		for (size_t i = 0, word; i < length; i += word + (line[i + word] == ' ')) {
			word = strcspn(line + i, " ");
			if (word > longest) {
				longest = word;
				start = i;
			}
		}
		if (longest <= SHORT) { /* as it is with many small words */
			longest = length;
			start = 0;
		} else if (cut > longest - SHORT / 2)
			cut = longest - SHORT / 2;
		start += (longest - cut) / 2;
		memset(line + start, '.', GAP);
		memmove(line + start + GAP, line + start + cut, length - start - cut + 1);
	}
}

static void put_text(struct err *err, char *line)
{
	shorten(line, sizeof(err->text));
	memcpy(err->text, line, strlen(line) + 1);
}

/* The text becomes "head: tail". */
static void put_chain(struct err *err, const char *head, const char *tail)
{
	char line[2 * LINE_BYTES];

	(void) snprintf(line, sizeof(line), "%s: %s", head, tail);
	put_text(err, line);
}

int err_num(struct err *err, int num, const char *format, ...)
{
	char words[LINE_BYTES], cause[64];
	const char *space;
	va_list args;

	va_start(args, format);
	(void) vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	one_line(words);
	reset(err, num, ERR_SYSTEM);
	space = strchr(words, ' ');
	put(err->operation, sizeof(err->operation), words,
		space != NULL ? (size_t) (space - words) : strlen(words));
	if (space != NULL)
		put(err->object, sizeof(err->object), space + 1, strlen(space + 1));
	describe(num, cause, sizeof(cause));
	put_chain(err, words, cause);
	return -1;
}

int err_set(struct err *err, enum err_code code, const char *format, ...)
{
	char words[LINE_BYTES];
	va_list args;

	va_start(args, format);
	(void) vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	one_line(words);
	reset(err, 0, code);
	put_text(err, words);
	return -1;
}

int err_at(struct err *err, const char *pointer, const char *format, ...)
{
	char words[LINE_BYTES];
	va_list args;

	va_start(args, format);
	(void) vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	one_line(words);
	reset(err, 0, ERR_CONFIG);
	put(err->pointer, sizeof(err->pointer), pointer, strlen(pointer));
	if (pointer[0] != '\0')
		put_chain(err, err->pointer, words);
	else
		put_text(err, words);
	return -1;
}

int err_ctx(struct err *err, const char *format, ...)
{
	char words[LINE_BYTES];
	va_list args;

	va_start(args, format);
	(void) vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	one_line(words);
	put_chain(err, words, err->text);
	return -1;
}

int err_place(struct err *err, const char *pointer)
{
	char place[sizeof(err->pointer)];

	put(place, sizeof(place), pointer, strlen(pointer));
	one_line(place);
	if (err->pointer[0] == '\0')
		put(err->pointer, sizeof(err->pointer), place, strlen(place));
	put_chain(err, place, err->text);
	return -1;
}

int err_point(struct err *err, const char *pointer, const char *format, ...)
{
	char place[LINE_BYTES];
	const int used = snprintf(place, sizeof(place), "%.127s ", pointer);
	va_list args;

	va_start(args, format);
	(void) vsnprintf(place + used, sizeof(place) - (size_t) used, format, args);
	va_end(args);
	one_line(place);
	if (err->pointer[0] == '\0')
		put(err->pointer, sizeof(err->pointer), pointer, strlen(pointer));
	put_chain(err, place, err->text);
	return -1;
}

void err_drop(struct err *err)
{
	reset(err, 0, ERR_NONE);
}

int err_exit_status(const struct err *err)
{
	if (err->code <= ERR_NONE || err->code >= ERR_CODES)
		return 1;
	/* Never 0 for an error, whatever the other side of a socket says. */
	return codes[err->code].exit_status +
		(err->code == ERR_INTERRUPTED ? err->signal & 127 : 0);
}

const char *err_code_name(int code)
{
	return code >= 0 && code < ERR_CODES ? codes[code].name : "unknown";
}

const char *err_code_hint(int code)
{
	return code >= 0 && code < ERR_CODES ? codes[code].hint : "";
}
