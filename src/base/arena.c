/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Address space: a page costs something when it is written to. */
enum { CHUNK_BYTES = 256 * 1024 };

struct arena_chunk {
	struct arena_chunk *before;
	size_t size;
	alignas(max_align_t) unsigned char bytes[];
};

__attribute__((noreturn, cold)) static void out_of_memory(void)
{
	static const char line[] = "ocirt: out of memory\n";

	(void) !write(STDERR_FILENO, line, sizeof(line) - 1);
	_exit(1);
}

static size_t round_up(size_t size)
{
	const size_t unit = alignof(max_align_t);

	if (size > SIZE_MAX / 2)
		out_of_memory();
	return (size + unit - 1) / unit * unit;
}

void arena_done(struct arena *arena)
{
	if (arena == NULL)
		return;
	while (arena->chunk != NULL) {
		struct arena_chunk *before = arena->chunk->before;

		(void) munmap(arena->chunk, sizeof(*before) + arena->chunk->size);
		arena->chunk = before;
	}
	arena->used = 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_chunk *chunk = arena->chunk;
	void *block;

	size = round_up(size);
	if (chunk == NULL || size > chunk->size - arena->used) {
		size_t room = CHUNK_BYTES - sizeof(*chunk);

		if (size > room)
			room = size;
		/* Not calloc, which clears what it takes from the heap: these pages are zero already,
		 * and most of them are never touched. */
		chunk = mmap(NULL, sizeof(*chunk) + room, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (chunk == MAP_FAILED)
			out_of_memory();
		chunk->before = arena->chunk;
		chunk->size = room;
		arena->chunk = chunk;
		arena->used = 0;
	}
	block = chunk->bytes + arena->used;
	arena->used += size;
	return block;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		out_of_memory();
	return arena_alloc(arena, bytes);
}

void *arena_grow(struct arena *arena, void *block, size_t old_size, size_t new_size)
{
	struct arena_chunk *chunk = arena->chunk;
	size_t old_room, new_room;
	void *moved;

	if (block == NULL)
		return arena_alloc(arena, new_size);
	old_room = round_up(old_size);
	new_room = round_up(new_size);
	if (new_room <= old_room)
		return block;
	if (chunk != NULL && old_room <= arena->used &&
		block == chunk->bytes + arena->used - old_room &&
		new_room - old_room <= chunk->size - arena->used) {
		arena->used += new_room - old_room;
		return block;
	}
	moved = arena_alloc(arena, new_size);
	memcpy(moved, block, old_size);
	return moved;
}

void *arena_push(struct arena *arena, void *items, size_t count, size_t size)
{
	size_t room = 4, bytes;

	if (count != 0 && (count < room || (count & (count - 1)) != 0))
		return items;
	if (count >= room)
		room = count * 2;
	if (__builtin_mul_overflow(room, size, &bytes))
		out_of_memory();
	return arena_grow(arena, count == 0 ? NULL : items, count * size, bytes);
}

char *arena_strn(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *arena_str(struct arena *arena, const char *text)
{
	return arena_strn(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		out_of_memory();
	text = arena_alloc(arena, (size_t) length + 1);
	va_start(args, format);
	(void) vsnprintf(text, (size_t) length + 1, format, args);
	va_end(args);
	return text;
}
