/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * err: the one error object.
 *
 * A flat struct on the caller's stack: no pointers, no malloc, no free. It cannot leak and it is
 * its own wire format: the child sends the struct and the parent adds its context to it.
 *
 * Each floor fills in what it alone knows: the bottom the call and its object (err_sys, err_num),
 * the middle the place in the configuration (err_at), the top the verb and the container id
 * (err_ctx). The text is one line, from the verb down to the cause, in lower case, without a full
 * stop: "create c1: mounts[3] /data: open source /srv/x: no such file or directory".
 *
 * A function that can fail takes `struct err *err` last, returns 0 (or an fd or a count >= 0) and
 * -1 on failure; on success it leaves *err untouched. `errno` is read in err_sys alone.
 *
 * Not for logging: see log.h. An error is either returned or logged, never both.
 */
#ifndef OCIRT_BASE_ERR_H
#define OCIRT_BASE_ERR_H

#include <errno.h>
#include <stdarg.h>

/* What kind of failure this is. A row of the table in err.c gives each its name, the exit status of
 * the program and a remedy that is printed behind the cause. */
enum err_code {
	ERR_NONE = 0,
	ERR_SYSTEM, /* a system call failed; num is its errno */
	ERR_USAGE, /* the command line is wrong */
	ERR_CONFIG, /* config.json (or another document) is wrong; pointer says where */
	ERR_UNSUPPORTED, /* this kernel or build cannot do what was asked for */
	ERR_ID_INVALID, /* not a container id */
	ERR_EXISTS, /* container with given ID already exists */
	ERR_NOT_FOUND, /* container does not exist */
	ERR_NOT_RUNNING, /* container not running */
	ERR_NOT_STOPPED, /* container still running */
	ERR_PAUSED, /* container paused */
	ERR_STATE, /* the verb does not fit the container's status */
	ERR_EXEC_NOT_FOUND, /* the program of the container does not exist */
	ERR_EXEC_PERMISSION, /* the program of the container cannot be executed */
	ERR_HOOK, /* a hook failed */
	ERR_TIMEOUT, /* a deadline passed */
	ERR_CHILD, /* the container's first process died during its set-up */
	ERR_INTERRUPTED, /* we were asked to end; signal says by which */
	ERR_CODES
};

struct err {
	int num; /* an errno, or 0 */
	int code; /* enum err_code */
	char pointer[128]; /* JSON pointer into the document, "" if none */
	char operation[32]; /* the call that failed: "mount", "open", "" if none */
	char object[256]; /* what it was done to: a path, an id, "" if none */
	char text[596]; /* the whole chain, for people */
	int signal; /* of ERR_INTERRUPTED, else 0 */
};
_Static_assert(sizeof(struct err) == 1024, "an error is one packet");

/* err_sys: a system call failed. Reads errno; text is the formatted words and its description. The
 * first word of the format is taken as the operation and the rest as the object. Returns -1. */
#define err_sys(err, ...) err_num((err), errno, __VA_ARGS__)

/* err_num: like err_sys with an errno that the caller holds (clone in a child, pidfd, a message).
 * Keeps errno. */
int err_num(struct err *err, int num, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));

/* err_set: a failure that is not a system call's. code is an enum err_code. Returns -1. */
int err_set(struct err *err, enum err_code code, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));

/* err_at: a failure at a place of a document: sets pointer, code ERR_CONFIG and the text
 * "POINTER: words". Returns -1. */
int err_at(struct err *err, const char *pointer, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));

/* err_ctx: puts "words: " before the text that is there. One call per floor. Returns -1. */
int err_ctx(struct err *err, const char *format, ...) __attribute__((format(printf, 2, 3), cold));

/* err_point: err_ctx with a place of the document: sets pointer where none is set and puts
 * "POINTER words: " before the text. Returns -1. */
int err_point(struct err *err, const char *pointer, const char *format, ...)
	__attribute__((format(printf, 3, 4), cold));

/* err_place: err_point without further words. Returns -1. */
int err_place(struct err *err, const char *pointer) __attribute__((cold));

/* err_drop: forgets an error on purpose, after a tried fall-back. */
void err_drop(struct err *err);

/* The exit status that belongs to a code (1 for all that engines do not distinguish); for ERR_INTERRUPTED, with
 * the number of the signal, as a shell has it of one that a signal has ended. */
int err_exit_status(const struct err *err) __attribute__((warn_unused_result));

/* The stable name of a code ("not-found"), and its remedy or "" (never a phrase that engines match). */
const char *err_code_name(int code);
const char *err_code_hint(int code);

#define ERR_CHECK __attribute__((warn_unused_result))

#endif
