/* SPDX-License-Identifier: MIT */
/* Small data files of every kind that the examples read, and what their readers make of them as plain bytes. */
#ifndef TESTS_EXAMPLES_DATA_FILES_H
#define TESTS_EXAMPLES_DATA_FILES_H

#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

enum { DATA_LABELS, DATA_PACKED_LABELS, DATA_COLOURS, DATA_TEXT, DATA_PACKED_TEXT, DATA_KINDS };
extern const char *const data_names[DATA_KINDS];

/* A record of a file of colour images, and how many one has; the shortest text. */
enum { DATA_RECORD = 3073, DATA_RECORDS = 3, DATA_TEXT_LEAST = 100 };

struct data {
  uint8_t *bytes;
  size_t size;
};

/* Makes a folder for them, and takes it away again. */
void data_begin(void);
void data_end(void);

/* Writes the files of a kind; gives the path of the one to be damaged, until the next call. */
const char *data_write(int kind);
/* Everything that is loaded, one after the other, or an error and nothing. */
int data_load(int kind, struct data *data, struct example_error *error);
/* Called as soon as the reader has returned, where it is not NULL. */
extern void (*data_is_read)(void);
/* A file as it is; one that is put in its place. */
struct data data_read_file(const char *path);
void data_write_file(const char *path, const uint8_t *bytes, size_t size);
int data_same(const struct data *one, const struct data *other);
void data_free(struct data *data);

#endif
