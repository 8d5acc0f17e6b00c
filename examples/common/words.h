/* SPDX-License-Identifier: MIT */
/* Strings that grow, and whole files as strings. Memory that runs out ends this program: there is nothing left to do, and
 * whatever finished before is on the disk. */
#ifndef EXAMPLE_WORDS_H
#define EXAMPLE_WORDS_H

#include <stddef.h>

#include "common/error.h"

struct words {
  char *bytes; /* ends with a zero; NULL while nothing was added */
  size_t length, room;
};

void words_add(struct words *text, const char *format, ...) EXAMPLE_PRINTF;
void words_add_bytes(struct words *text, const char *bytes, size_t count);
void words_free(struct words *text);

/* What the text holds, never NULL. */
const char *words_string(const struct words *text);

/* A new string; free it. */
char *words_print(const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 1, 2)))
#endif
    ;
char *words_copy(const char *bytes, size_t count);

/* An array with room for one more element than it has: the array, or the one that takes its place. New bytes are zero. */
void *array_grow(void *array, size_t count, size_t size);

/* Reads a file of at most `limit` bytes behind what is there. Returns 0; 1 where there is no such file; -1 with the error's
 * text. */
int words_read_file(struct words *text, const char *path, size_t limit, struct example_error *error);

/* Writes a file so that at every moment there is the old one or the new one. Returns 0, or -1 with the error's text. */
int words_write_file(const char *path, const struct words *text, struct example_error *error);

#endif
