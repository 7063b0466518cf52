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
};

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

int err_num(struct err *err, int num, const char *format, ...)
{
	char words[sizeof(err->text)], cause[64];
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
	/* A very long object must not push the cause out of the line. */
	describe(num, cause, sizeof(cause));
	(void) snprintf(err->text, sizeof(err->text), "%.520s: %s", words, cause);
	return -1;
}

int err_set(struct err *err, enum err_code code, const char *format, ...)
{
	va_list args;

	reset(err, 0, code);
	va_start(args, format);
	(void) vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	one_line(err->text);
	return -1;
}

/* Puts prefix and ": " before the text; what does not fit is cut from the front of the old text,
 * never from its end, where the cause stands. */
static void prepend(struct err *err, const char *prefix)
{
	const size_t size = sizeof(err->text);
	size_t head = strlen(prefix), tail = strlen(err->text), cut = 0;

	if (head > size / 2)
		head = size / 2;
	if (head + 2 + tail >= size)
		cut = head + 2 + tail - (size - 1);
	memmove(err->text + head + 2, err->text + cut, tail - cut + 1);
	memcpy(err->text, prefix, head);
	memcpy(err->text + head, ": ", 2);
}

int err_at(struct err *err, const char *pointer, const char *format, ...)
{
	char words[sizeof(err->text)];
	va_list args;

	va_start(args, format);
	(void) vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	one_line(words);
	reset(err, 0, ERR_CONFIG);
	put(err->pointer, sizeof(err->pointer), pointer, strlen(pointer));
	put(err->text, sizeof(err->text), words, strlen(words));
	if (pointer[0] != '\0')
		prepend(err, err->pointer);
	return -1;
}

int err_ctx(struct err *err, const char *format, ...)
{
	char words[sizeof(err->text)];
	va_list args;

	va_start(args, format);
	(void) vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	one_line(words);
	prepend(err, words);
	return -1;
}

int err_place(struct err *err, const char *pointer)
{
	char place[sizeof(err->pointer)];

	put(place, sizeof(place), pointer, strlen(pointer));
	one_line(place);
	if (err->pointer[0] == '\0')
		put(err->pointer, sizeof(err->pointer), place, strlen(place));
	prepend(err, place);
	return -1;
}

int err_point(struct err *err, const char *pointer, const char *format, ...)
{
	char words[sizeof(err->text) / 2], place[sizeof(err->text)];
	va_list args;

	va_start(args, format);
	(void) vsnprintf(words, sizeof(words), format, args);
	va_end(args);
	(void) snprintf(place, sizeof(place), "%.127s %s", pointer, words);
	one_line(place);
	if (err->pointer[0] == '\0')
		put(err->pointer, sizeof(err->pointer), pointer, strlen(pointer));
	prepend(err, place);
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
	return codes[err->code].exit_status;
}

const char *err_code_name(int code)
{
	return code >= 0 && code < ERR_CODES ? codes[code].name : "unknown";
}

const char *err_code_hint(int code)
{
	return code >= 0 && code < ERR_CODES ? codes[code].hint : "";
}
