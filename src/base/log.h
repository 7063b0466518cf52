/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log: where warnings, debug lines and the one error of a command go.
 *
 * The sink is the only writable state of the program. Only cli/ logs errors (log_error, once per
 * command); every floor may warn and debug. Engines decide the shape:
 *   - the error goes to stderr in one write of at most 1 KiB ("ocirt: " is not put before it) and,
 *     with --log, into that file too, in the format asked for;
 *   - with --log-format json the file holds exactly one object for an error:
 *     {"level":"error","msg":"...","time":"RFC 3339"} and a line break (Podman decodes the whole
 *     file, containerd takes the last error line);
 *   - warnings and debug lines go into the log file only in the text format or with --debug; else
 *     warnings go to stderr, and debug lines nowhere.
 * The child of a container start sets log_redirect so that its lines travel to the parent.
 */
#ifndef OCIRT_BASE_LOG_H
#define OCIRT_BASE_LOG_H

#include <stdbool.h>

#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log_options {
	const char *path; /* NULL: stderr alone; "file:PATH" is PATH; "syslog:ID" and "journald:ID"
			     send datagrams to /dev/log and /run/systemd/journal/socket */
	bool json;
	enum log_level level;
};

/* Opens the sink (O_APPEND, O_CREAT 0644 cut by umask, O_NOFOLLOW, O_NONBLOCK, never waits for a
 * FIFO's reader). The file is made at the first line, not here: an empty log means no error. */
ERR_CHECK int log_open(const struct log_options *options, struct err *err);

/* Parses "error", "warning", "info", "debug" (and "warn", "trace"). Returns 0 or -1. */
ERR_CHECK int log_level_parse(const char *text, enum log_level *ret);

void log_error(const struct err *err);
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One line of another process (the child), already formatted. */
void log_line(enum log_level level, const char *text);

/* From now on lines (not the error) go to send(level, text) instead of the sink. */
void log_redirect(void (*send)(enum log_level level, const char *text, void *data), void *data);

#endif
