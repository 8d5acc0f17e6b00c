/* SPDX-License-Identifier: MIT */
/* Reading a data file front to back, plain or gzip. The first two bytes decide which, never the name: browsers and tools
 * unpack downloads, or not, without renaming them.
 *
 * zlib's own gzread() is not used: it passes over bytes after the compressed data, takes an empty file for an empty gzip
 * file, and reports truncation only when the file is closed. */
#ifndef EXAMPLE_FILE_H
#define EXAMPLE_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

struct example_file;

/* Opens a regular file that is not empty. Returns 0, or -1 with the error's text and *file_out NULL. */
int example_file_open(const char *path, struct example_file **file_out, struct example_error *error);

/* Reads up to size bytes; fewer only at the end of the data. gzip data that is damaged, ends too early, or is followed by
 * something else is an error; several gzip members are one after another. */
int example_file_read(struct example_file *file, uint8_t *bytes, size_t size, size_t *done_out,
                      struct example_error *error);

void example_file_close(struct example_file *file);

#endif
