/* SPDX-License-Identifier: MIT */
/* Where a model comes from, read from its beginning to its end: a file through thalnet_io, or the caller's memory. */
#ifndef THALNET_IO_SOURCE_H
#define THALNET_IO_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include <thalnet/host.h>

typedef struct thalnet__source {
  uint64_t size; /* known before the first byte is read */
  uint64_t at;
  const thalnet_io *io; /* NULL: memory */
  void *file;
  int opened;
  const unsigned char *bytes;
} thalnet__source;

thalnet__source thalnet__source_memory(const void *bytes, size_t size);
thalnet_status thalnet__source_open(thalnet__source *source, const thalnet_io *io, const char *path);

/* Exactly `size` bytes. THALNET_ERROR_TRUNCATED when there are fewer, be it that the file shrinks under our hands. */
thalnet_status thalnet__source_read(thalnet__source *source, void *bytes, size_t size);

/* After the last byte: the file must still end where it did when it was opened. */
thalnet_status thalnet__source_finish(thalnet__source *source);

void thalnet__source_close(thalnet__source *source);

#endif
