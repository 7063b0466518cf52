/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/log.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/io.h"
#include "base/str.h"
#include "base/time.h"

enum {
	STDERR_BYTES = 1024,
	LINE_BYTES = 4096,
	TARGET_BYTES = 256,
};

enum target { TARGET_NONE, TARGET_FILE, TARGET_SYSLOG, TARGET_JOURNALD };

/* The one writable state of the program. */
static struct {
	enum target target;
	bool json;
	enum log_level level;
	int dir; /* the log file's directory: the path stays right after a chdir */
	int fd; /* the log file or the socket, -1 until the first line */
	char name[TARGET_BYTES]; /* the file's name in dir, or the identifier */
	void (*send)(enum log_level level, const char *text, void *data);
	void *data;
} sink = { .level = LOG_LEVEL_WARNING, .dir = -1, .fd = -1 };

static const struct {
	const char *name;
	int priority; /* of syslog(3) */
} levels[] = {
	[LOG_LEVEL_ERROR] = { "error", 3 },
	[LOG_LEVEL_WARNING] = { "warning", 4 },
	[LOG_LEVEL_INFO] = { "info", 6 },
	[LOG_LEVEL_DEBUG] = { "debug", 7 },
};

int log_level_parse(const char *text, enum log_level *ret)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		if (str_eq(text, levels[i].name)) {
			*ret = (enum log_level) i;
			return 0;
		}
	if (str_eq(text, "warn"))
		*ret = LOG_LEVEL_WARNING;
	else if (str_eq(text, "trace"))
		*ret = LOG_LEVEL_DEBUG;
	else
		return -1;
	return 0;
}

/* Keeps the directory open and the last name apart. */
static int take_path(const char *path, struct err *err)
{
	char dir[4096];
	const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
	size_t length = slash != NULL ? (size_t) (slash - path) : 0;

	if (name[0] == '\0' || strlen(name) >= sizeof(sink.name) || length >= sizeof(dir))
		return err_set(err, ERR_USAGE, "log %s: not a file name", path);
	if (slash == NULL) {
		memcpy(dir, ".", 2);
	} else if (length == 0) {
		memcpy(dir, "/", 2);
	} else {
		memcpy(dir, path, length);
		dir[length] = '\0';
	}
	sink.dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (sink.dir < 0)
		return err_sys(err, "open %s of the log file", dir);
	memcpy(sink.name, name, strlen(name) + 1);
	sink.target = TARGET_FILE;
	return 0;
}

static int take_identifier(enum target target, const char *identifier, struct err *err)
{
	if (identifier[0] == '\0')
		identifier = "ocirt";
	if (strlen(identifier) >= sizeof(sink.name) || strpbrk(identifier, "\n\r") != NULL)
		return err_set(err, ERR_USAGE, "log: the identifier is too long");
	memcpy(sink.name, identifier, strlen(identifier) + 1);
	sink.target = target;
	return 0;
}

int log_open(const struct log_options *options, struct err *err)
{
	const char *path = options->path, *rest;

	fd_close(&sink.dir);
	fd_close(&sink.fd);
	sink.target = TARGET_NONE;
	sink.json = options->json;
	sink.level = options->level;
	if (path == NULL || path[0] == '\0')
		return 0;
	rest = str_after(path, "syslog:");
	if (rest != NULL)
		return take_identifier(TARGET_SYSLOG, rest, err);
	rest = str_after(path, "journald:");
	if (rest != NULL)
		return take_identifier(TARGET_JOURNALD, rest, err);
	rest = str_after(path, "file:");
	return take_path(rest != NULL ? rest : path, err);
}

static int connect_datagram(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	_cleanup_fd_ int fd = -1;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (const struct sockaddr *) &address, sizeof(address)) < 0)
		return -1;
	return TAKE_FD(fd);
}

/* A log that cannot be written must not stop a container: what fails here is dropped. */
static void write_log(enum log_level level, const char *text)
{
	char line[LINE_BYTES], quoted[LINE_BYTES - 256], date[TIME_RFC3339_BYTES];
	int length;

	if (sink.fd < 0) {
		if (sink.target == TARGET_FILE)
			sink.fd = openat(sink.dir, sink.name,
				O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
					O_CLOEXEC,
				0644);
		else if (sink.target == TARGET_SYSLOG)
			sink.fd = connect_datagram("/dev/log");
		else if (sink.target == TARGET_JOURNALD)
			sink.fd = connect_datagram("/run/systemd/journal/socket");
		if (sink.fd < 0)
			return;
	}
	switch (sink.target) {
	case TARGET_SYSLOG:
		/* 24 is the facility "daemon". */
		length = snprintf(line, sizeof(line), "<%d>%s: %s", 24 | levels[level].priority,
			sink.name, text);
		break;
	case TARGET_JOURNALD:
		length = snprintf(line, sizeof(line),
			"PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE=%s\n", levels[level].priority,
			sink.name, text);
		break;
	case TARGET_FILE:
	case TARGET_NONE:
	default:
		time_rfc3339(date);
		/* A text that is cut lacks its closing quote. */
		if (str_json(quoted, sizeof(quoted) - 1, text) >= sizeof(quoted) - 1)
			memcpy(quoted + strlen(quoted), "\"", 2);
		length = snprintf(line, sizeof(line),
			sink.json ? "{\"level\":\"%s\",\"msg\":%s,\"time\":\"%s\"}\n"
				  : "level=%s msg=%s time=\"%s\"\n",
			levels[level].name, quoted, date);
		break;
	}
	if (length > 0 && (size_t) length < sizeof(line))
		(void) !io_write_all(sink.fd, line, (size_t) length);
}

/* One write, so that lines of several processes do not mix in the engine's pipe. */
static void write_stderr(const char *text)
{
	char line[STDERR_BYTES];
	size_t length = strlen(text);

	if (length > sizeof(line) - 1)
		length = sizeof(line) - 1;
	memcpy(line, text, length);
	line[length++] = '\n';
	(void) !io_write_all(STDERR_FILENO, line, length);
}

void log_line(enum log_level level, const char *text)
{
	if (level > sink.level || level < LOG_LEVEL_ERROR || level > LOG_LEVEL_DEBUG)
		return;
	if (sink.send != NULL)
		sink.send(level, text, sink.data);
	else if (sink.target != TARGET_NONE && (!sink.json || sink.level == LOG_LEVEL_DEBUG))
		write_log(level, text);
	else if (level <= LOG_LEVEL_WARNING ||
		(sink.target == TARGET_NONE && sink.level == LOG_LEVEL_DEBUG))
		write_stderr(text);
}

void log_error(const struct err *err)
{
	const char *hint = err_code_hint(err->code);
	char text[STDERR_BYTES];

	(void) snprintf(text, sizeof(text), "%s%s%s", err->text, hint[0] != '\0' ? "; " : "", hint);
	/* The log first: an engine that sees our stderr end may read the file at once. */
	if (sink.target != TARGET_NONE)
		write_log(LOG_LEVEL_ERROR, text);
	write_stderr(text);
}

__attribute__((format(printf, 2, 0))) static void log_format(
	enum log_level level, const char *format, va_list args)
{
	char text[STDERR_BYTES];

	if (level > sink.level)
		return;
	(void) vsnprintf(text, sizeof(text), format, args);
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char) *p < 0x20 || *p == 0x7f)
			*p = ' ';
	log_line(level, text);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_format(LOG_LEVEL_WARNING, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_format(LOG_LEVEL_INFO, format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_format(LOG_LEVEL_DEBUG, format, args);
	va_end(args);
}

void log_redirect(void (*send)(enum log_level level, const char *text, void *data), void *data)
{
	sink.send = send;
	sink.data = data;
}
