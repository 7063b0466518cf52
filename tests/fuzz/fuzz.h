/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fuzz: what the targets share. A target is one function, run_target, of a file of its subject; TARGET says
 * which of the file's it is: one program each. It takes bytes that come from outside and wants no crash,
 * no undefined behaviour, no leak and no time-out, and what `must` says about their meaning.
 */
#ifndef OCIRT_FUZZ_H
#define OCIRT_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* documents.c */
#define CONFIG	  1
#define PROCESS	  2
#define RESOURCES 3
#define PRINTED	  4
#define OPTIONS	  5
/* records.c */
#define STATE	    11
#define DESCRIPTORS 12
#define MESSAGES    13
#define PROTOBUF    14
#define NOTIFY	    15
/* files.c */
#define STAT	  21
#define MOUNTINFO 22
#define CGROUP	  23
#define PASSWD	  24
/* programs.c */
#define DEVICES 31
#define SECCOMP 32

void run_target(const uint8_t *bytes, size_t length, struct arena *arena);

/* Ends the program with what is not so. */
void must(bool good, const char *what);

/* For struct ocispec_alloc: memory of the arena that data is. */
void *fuzz_alloc(void *data, size_t size);

/* The name of a directory of this process alone, made when it is first asked for. */
const char *fuzz_directory(void);

/* The bytes as a file. */
void fuzz_put(const char *path, const void *bytes, size_t length);

/* An input that is taken byte by byte; behind its end come zeros. */
struct input {
	const uint8_t *at;
	size_t left;
};

static inline unsigned take(struct input *from)
{
	if (from->left == 0)
		return 0;
	from->left--;
	return *from->at++;
}

#endif
