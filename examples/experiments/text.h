/* SPDX-License-Identifier: MIT */
/* Strings that grow, and whole files as strings. Memory that runs out ends this program: there is nothing left to do, and
 * whatever finished before is on the disk. */
#ifndef EXPERIMENTS_TEXT_H
#define EXPERIMENTS_TEXT_H

#include <stddef.h>

#include "common/error.h"

struct text {
  char *bytes; /* ends with a zero; NULL while nothing was added */
  size_t length, room;
};

void text_add(struct text *text, const char *format, ...) EXAMPLE_PRINTF;
void text_add_bytes(struct text *text, const char *bytes, size_t count);
void text_free(struct text *text);

/* What the text holds, never NULL. */
const char *text_string(const struct text *text);

/* A new string; free it. */
char *text_print(const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 1, 2)))
#endif
    ;
char *text_copy(const char *bytes, size_t count);

/* An array with room for one more element than it has: the array, or the one that takes its place. New bytes are zero. */
void *array_grow(void *array, size_t count, size_t size);

/* Reads a file of at most `limit` bytes behind what is there. Returns 0; 1 where there is no such file; -1 with the error's
 * text. */
int text_read_file(struct text *text, const char *path, size_t limit, struct example_error *error);

/* Writes a file so that at every moment there is the old one or the new one. Returns 0, or -1 with the error's text. */
int text_write_file(const char *path, const struct text *text, struct example_error *error);

#endif
