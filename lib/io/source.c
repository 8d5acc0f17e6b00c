/* SPDX-License-Identifier: MIT */
#include "io/source.h"

#include <string.h>

#include "core/status.h"
#include "io/host_files.h"

thalnet__source thalnet__source_memory(const void *bytes, size_t size) {
  return (thalnet__source){.size = size, .bytes = bytes};
}

thalnet_status thalnet__source_open(thalnet__source *source, const thalnet_io *io, const char *path) {
  *source = (thalnet__source){.io = io};
  const int32_t error = io->open_read(io->user, path, &source->file, &source->size);
  source->opened = error == 0;
  return source->opened ? THALNET_OK : thalnet__io_fail("opening", error);
}

/* Part of `size` bytes, none only at the end of the file. */
static thalnet_status thalnet__read_some(thalnet__source *source, void *bytes, size_t size, size_t *done) {
  const thalnet_io *io = source->io;
  *done = 0;
  const int32_t error = io->read(io->user, source->file, bytes, size, done);
  if (error != 0) return thalnet__io_fail("reading", error);
  if (*done > size)
    return thalnet__fail(THALNET_ERROR_IO, "reading: the callback gave %zu bytes of %zu asked for", *done, size);
  return THALNET_OK;
}

thalnet_status thalnet__source_read(thalnet__source *source, void *bytes, size_t size) {
  unsigned char *to = bytes;
  size_t done;
  if (size > source->size - source->at)
    return thalnet__fail(THALNET_ERROR_TRUNCATED, "it ends after %llu bytes, %llu are expected",
                         (unsigned long long)source->size, (unsigned long long)source->at + size);
  if (source->io == NULL) {
    if (size > 0) memcpy(to, source->bytes + source->at, size);
    source->at += size;
    return THALNET_OK;
  }
  for (; size > 0; size -= done, to += done, source->at += done) {
    THALNET__TRY(thalnet__read_some(source, to, size, &done));
    if (done == 0)
      return thalnet__fail(THALNET_ERROR_TRUNCATED, "it ended after %llu bytes while it was read, it had %llu",
                           (unsigned long long)source->at, (unsigned long long)source->size);
  }
  return THALNET_OK;
}

thalnet_status thalnet__source_finish(thalnet__source *source) {
  unsigned char byte;
  size_t done;
  if (source->io == NULL) return THALNET_OK;
  THALNET__TRY(thalnet__read_some(source, &byte, 1, &done));
  if (done != 0)
    return thalnet__fail(THALNET_ERROR_FORMAT, "it grew beyond its %llu bytes while it was read",
                         (unsigned long long)source->size);
  return THALNET_OK;
}

void thalnet__source_close(thalnet__source *source) {
  if (source->opened) source->io->close(source->io->user, source->file); /* nothing was written: nothing is lost */
  source->opened = 0;
}
