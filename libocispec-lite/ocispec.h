/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * ocispec: reads and writes the JSON documents of the OCI runtime specification 1.3.0.
 *
 * A streaming parser over yajl, driven by one table row per field (spec-tables.c), fills the structs
 * of spec.h; the same rows drive the printer. There is no tree in between, and everything is
 * allocated from the caller's allocator, so nothing has to be freed piecewise.
 *
 * Strict where a second reader might disagree: UTF-8 is checked, NUL in text, text after the
 * document, a key twice in one object, depth over 64 and documents over 16 MiB are errors, and a
 * number must fit its field's own type. null is the absence of a field that need not be there, as it is
 * to Go's reader. Unknown fields are ignored, as the specification asks, and can be listed through
 * `unknown`.
 *
 * Not for: checking what the values mean (that is the runtime's), or files (the caller reads them).
 */
#ifndef OCISPEC_LITE_OCISPEC_H
#define OCISPEC_LITE_OCISPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spec.h"

enum { OCISPEC_MAX_BYTES = 16 * 1024 * 1024, OCISPEC_MAX_DEPTH = 64 };

/* How a value of a field is read, stored and printed. */
enum ocispec_kind {
	OCISPEC_STRING, /* char * */
	OCISPEC_BOOL, /* bool, required */
	OCISPEC_BOOL_OPT, /* bool * */
	OCISPEC_U16_OPT, /* uint16_t * */
	OCISPEC_U32, /* uint32_t, required */
	OCISPEC_U32_OPT, /* uint32_t * */
	OCISPEC_I32_OPT, /* int32_t * */
	OCISPEC_U64, /* uint64_t, required */
	OCISPEC_U64_OPT, /* uint64_t * */
	OCISPEC_I64, /* int64_t, required */
	OCISPEC_I64_OPT, /* int64_t * */
	OCISPEC_STRINGS, /* struct spec_strings */
	OCISPEC_U32_LIST, /* struct spec_u32_list */
	OCISPEC_MAP, /* struct spec_map */
	OCISPEC_OBJECT, /* pointer to the struct of `object` */
	OCISPEC_OBJECT_LIST, /* SPEC_LIST of the struct of `object` */
	OCISPEC_OBJECT_MAP, /* SPEC_LIST of it; its first member is `char *key` */
};

enum { OCISPEC_REQUIRED = 1 };

struct ocispec_object;

struct ocispec_field {
	const char *name;
	enum ocispec_kind kind;
	size_t offset;
	const struct ocispec_object *object; /* for OBJECT, OBJECT_LIST, OBJECT_MAP */
	unsigned flags; /* OCISPEC_REQUIRED */
};

/* A table: one object of the schema. Fields are printed in the table's order. */
struct ocispec_object {
	const char *name;
	size_t size;
	const struct ocispec_field *fields;
	size_t count;
};

/* The documents. Other programs may add tables of their own for private files. */
extern const struct ocispec_object ocispec_config; /* struct spec */
extern const struct ocispec_object ocispec_process; /* struct spec_process */
extern const struct ocispec_object ocispec_resources; /* struct spec_resources */
extern const struct ocispec_object ocispec_state; /* struct spec_state */
extern const struct ocispec_object ocispec_container_process_state;
extern const struct ocispec_object ocispec_features; /* struct spec_features */
extern const struct ocispec_object ocispec_mount; /* struct spec_mount */

/* Gives zeroed memory aligned for any type; never NULL (it ends the program or jumps). */
struct ocispec_alloc {
	void *(*alloc)(void *data, size_t size);
	void *data;
};

struct ocispec_error {
	char pointer[128]; /* JSON pointer of the place, "" for the document itself */
	size_t line; /* from 1 */
	size_t column; /* from 1, in bytes */
	char text[256]; /* "expected a number from 0 to 65535, found \"70000\"" */
};

struct ocispec_options {
	/* Called with the JSON pointer of each unknown field; may be NULL. */
	void (*unknown)(const char *pointer, void *data);
	void *data;
};

/* Parses length bytes into *ret, a zeroed struct of `object` in the allocator. Returns 0, or -1 with
 * *error set and *ret untouched. options may be NULL. */
int ocispec_parse(const struct ocispec_object *object, const char *bytes, size_t length,
	const struct ocispec_alloc *alloc, const struct ocispec_options *options, void **ret,
	struct ocispec_error *error) __attribute__((warn_unused_result));

/* The same for a list of objects (`mounts add`): *ret_items is an array of structs. */
int ocispec_parse_list(const struct ocispec_object *object, const char *bytes, size_t length,
	const struct ocispec_alloc *alloc, const struct ocispec_options *options, void **ret_items,
	size_t *ret_count, struct ocispec_error *error) __attribute__((warn_unused_result));

/* The same for a private file that ocispec_print without OCISPEC_PRETTY wrote, much faster: for text in
 * ASCII without escapes, whose members come in the order of the table. Whatever is otherwise goes to
 * ocispec_parse. bytes are NUL-terminated. */
int ocispec_parse_printed(const struct ocispec_object *object, const char *bytes, size_t length,
	const struct ocispec_alloc *alloc, void **ret, struct ocispec_error *error)
	__attribute__((warn_unused_result));

enum { OCISPEC_PRETTY = 1 }; /* two spaces of indentation and a line break at the end */

/* Prints value, a struct of `object`; absent members are left out. The text is NUL-terminated, in
 * the allocator. Slashes are not escaped (hook programs expect that). Cannot fail. */
char *ocispec_print(const struct ocispec_object *object, const void *value, unsigned flags,
	const struct ocispec_alloc *alloc, size_t *ret_length);

/* The same for an array of structs. */
char *ocispec_print_list(const struct ocispec_object *object, const void *items, size_t count,
	unsigned flags, const struct ocispec_alloc *alloc, size_t *ret_length);

#endif
