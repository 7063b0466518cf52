/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arena: all memory of one command, given back at once when the command ends.
 *
 * The configuration, the plan and everything derived from them live here, so that nothing has an
 * owner to remember and the child, which inherits the arena by copy-on-write, has nothing to free.
 * Blocks are zeroed and aligned for any type. Out of memory writes one line to stderr and leaves by
 * _exit(1): there is nobody who could do better.
 *
 * Not for memory that grows and shrinks in a loop (a copy buffer): use the stack.
 */
#ifndef OCIRT_BASE_ARENA_H
#define OCIRT_BASE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunk; /* the newest; each names the one before it */
	size_t used; /* bytes of the newest chunk that are taken */
};

/* arena_done: gives all memory back. NULL and an empty arena are fine. */
void arena_done(struct arena *arena);

/* A zeroed block of size bytes (size 0 gives a valid pointer to nothing). Never NULL. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));

/* count * size with the overflow checked. */
void *arena_array(struct arena *arena, size_t count, size_t size)
	__attribute__((malloc, returns_nonnull));

/* The block with room for new_size bytes: in place if it was the last one, else moved. The bytes
 * beyond old_size are zero. */
void *arena_grow(struct arena *arena, void *block, size_t old_size, size_t new_size)
	__attribute__((returns_nonnull));

/* Copies of text, NUL-terminated. */
char *arena_str(struct arena *arena, const char *text) __attribute__((returns_nonnull));
char *arena_strn(struct arena *arena, const char *text, size_t length)
	__attribute__((returns_nonnull));
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3), returns_nonnull));

#define ARENA_NEW(arena, type) ((type *) arena_alloc((arena), sizeof(type)))

/* ARENA_PUSH: makes room for one more element in an arena array and gives its address:
 *     struct row *row = ARENA_PUSH(arena, list->rows, list->count);
 * Capacity is the next power of two above the count. */
#define ARENA_PUSH(arena, items, count)                                                            \
	((items) = arena_push((arena), (items), (count), sizeof(*(items))), &(items)[(count)++])
void *arena_push(struct arena *arena, void *items, size_t count, size_t size)
	__attribute__((returns_nonnull));

#define _cleanup_arena_ __attribute__((cleanup(arena_done)))

#endif
