/* SPDX-License-Identifier: MIT */
#include "io/image.h"

#include <errno.h>
#include <string.h>

#include "core/checked.h"
#include "io/bytes.h"
#include "io/crc32.h"
#include "io/host_files.h"
#include "io/model_metadata.h"
#include "io/safetensors.h"

/* The data start at a multiple of this: safetensors asks for 8, a cache line suits whoever maps the file. */
enum { THALNET__DATA_ALIGNMENT = 64 };

/* Where bytes go. */
typedef struct thalnet__sink {
  thalnet_status (*write)(struct thalnet__sink *sink, const void *bytes, size_t size);
  thalnet__crc *crc;
  unsigned char *memory;
  const thalnet_io *io;
  void *file;
} thalnet__sink;

static thalnet_status thalnet__write_numbers(const real *values, size_t count, thalnet__sink *sink) {
  unsigned char bytes[THALNET__PIECE * THALNET__FLOAT_BYTES];
  for (size_t at = 0; at < count; at += THALNET__PIECE) {
    const size_t piece = thalnet__min(count - at, THALNET__PIECE);
    thalnet__put_floats(bytes, piece, values + at);
    THALNET__TRY(sink->write(sink, bytes, piece * THALNET__FLOAT_BYTES));
  }
  return THALNET_OK;
}

static thalnet_status thalnet__write_image(const thalnet__image *image, thalnet__sink *sink) {
  const real *values;
  THALNET__TRY(sink->write(sink, image->header, image->header_size));
  for (size_t i = 0, count; (values = image->block(image->subject, i, &count)) != NULL; i++)
    THALNET__TRY(thalnet__write_numbers(values, count, sink));
  return THALNET_OK;
}

/* --- the header --- */

void thalnet__describe_tensor(thalnet__text *text, const char *prefix, const char *name, size_t rank,
                              const size_t *dimensions, size_t place) {
  size_t count = 1;
  thalnet__text_add(text, ",\"");
  thalnet__text_add(text, prefix);
  thalnet__text_add(text, name);
  thalnet__text_add(text, "\":{\"dtype\":\"F32\",\"shape\":[");
  for (size_t i = 0; i < rank; i++) {
    thalnet__text_add(text, i == 0 ? "" : ",");
    thalnet__text_number(text, dimensions[i]);
    count *= dimensions[i];
  }
  thalnet__text_add(text, "],\"data_offsets\":[");
  thalnet__text_number(text, (uint64_t)place * THALNET__FLOAT_BYTES);
  thalnet__text_add(text, ",");
  thalnet__text_number(text, (uint64_t)(place + count) * THALNET__FLOAT_BYTES);
  thalnet__text_add(text, "]}");
}

static void thalnet__describe_file(const thalnet__image *image, thalnet__text *text, size_t *checksum) {
  thalnet__text_add(text, "{\"__metadata__\":{");
  image->describe(image->subject, text, checksum);
  thalnet__text_add(text, "}");
  while ((THALNET__LENGTH_BYTES + text->used) % THALNET__DATA_ALIGNMENT != 0) thalnet__text_add(text, " ");
}

static thalnet_status thalnet__measure(thalnet__image *image) {
  thalnet__text text = {0};
  size_t data = 0, checksum;
  thalnet__describe_file(image, &text, &checksum);
  if (text.used > THALNET__HEADER_LIMIT)
    return thalnet__fail(THALNET_ERROR_LIMIT, "the file would have a header of %zu bytes, at most %d are allowed",
                         text.used, THALNET__HEADER_LIMIT);
  image->header_size = THALNET__LENGTH_BYTES + text.used;
  for (size_t i = 0, count; image->block(image->subject, i, &count) != NULL; i++)
    if (thalnet__add(data, count, &data)) data = SIZE_MAX;
  if (thalnet__times(data, THALNET__FLOAT_BYTES, &data) || thalnet__add(image->header_size, data, &image->size))
    return thalnet__fail(THALNET_ERROR_OVERFLOW, "the size of the file does not fit into size_t");
  return THALNET_OK;
}

/* Everything but the sum. */
static thalnet_status thalnet__make_text(thalnet__image *image, size_t *checksum) {
  unsigned char length[THALNET__LENGTH_BYTES];
  void *header;
  THALNET__TRY(thalnet__measure(image));
  THALNET__TRY(thalnet__allocate(image->memory, image->header_size, 1, &header));
  image->header = header;
  thalnet__put_u64(length, image->header_size - THALNET__LENGTH_BYTES);
  memcpy(image->header, length, sizeof length);
  thalnet__text text = {image->header + THALNET__LENGTH_BYTES, image->header_size - THALNET__LENGTH_BYTES, 0};
  thalnet__describe_file(image, &text, checksum);
  return THALNET_OK;
}

thalnet_status thalnet__image_header(const thalnet__image *given, thalnet__header *header) {
  thalnet__image image = *given;
  size_t checksum;
  THALNET__TRY(thalnet__make_text(&image, &checksum));
  return thalnet__header_adopt(header, image.memory, image.header, image.header_size);
}

static thalnet_status thalnet__sink_crc(thalnet__sink *sink, const void *bytes, size_t size) {
  thalnet__crc_add(sink->crc, bytes, size);
  return THALNET_OK;
}

static thalnet_status thalnet__make_header(thalnet__image *image) {
  static const char digits[] = "0123456789abcdef";
  thalnet__crc crc;
  thalnet__sink sink = {.write = thalnet__sink_crc, .crc = &crc};
  size_t checksum;
  THALNET__TRY(thalnet__make_text(image, &checksum));
  thalnet__crc_start(&crc);
  (void)thalnet__write_image(image, &sink); /* summing never fails */
  for (int i = 0; i < 8; i++)
    image->header[THALNET__LENGTH_BYTES + checksum + (size_t)i] = digits[thalnet__crc_value(&crc) >> (28 - 4 * i) & 15];
  return THALNET_OK;
}

static void thalnet__free_header(thalnet__image *image) {
  thalnet__release(image->memory, image->header, image->header_size, 1);
}

/* --- to memory --- */

static thalnet_status thalnet__sink_memory(thalnet__sink *sink, const void *bytes, size_t size) {
  memcpy(sink->memory, bytes, size);
  sink->memory += size;
  return THALNET_OK;
}

thalnet_status thalnet__image_save_memory(const thalnet__image *given, void *bytes, size_t size, size_t *size_out) {
  thalnet__image image = *given;
  THALNET__TRY(thalnet__measure(&image));
  *size_out = image.size;
  if (bytes == NULL) return THALNET_OK;
  if (size < image.size)
    return thalnet__fail(THALNET_ERROR_SIZE, "a buffer of %zu bytes for a file of %zu", size, image.size);
  thalnet__sink sink = {.write = thalnet__sink_memory, .memory = bytes};
  THALNET__TRY(thalnet__make_header(&image));
  const thalnet_status status = thalnet__write_image(&image, &sink);
  thalnet__free_header(&image);
  return status;
}

/* --- to a file --- */

static thalnet_status thalnet__sink_file(thalnet__sink *sink, const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  for (size_t done; size > 0; size -= done, at += done) {
    done = 0;
    const int32_t error = sink->io->write(sink->io->user, sink->file, at, size, &done);
    if (error != 0) return thalnet__io_fail("writing", error);
    if (done == 0 || done > size)
      return thalnet__fail(THALNET_ERROR_IO, "writing: %zu bytes of %zu were taken", done, size);
  }
  return THALNET_OK;
}

/* Every call may be the one that tells of a full disk, closing included: a file is good only if all of them succeed. */
static thalnet_status thalnet__write_file(const thalnet__image *image, const thalnet_io *io, void *file) {
  thalnet__sink sink = {.write = thalnet__sink_file, .io = io, .file = file};
  thalnet_status status = thalnet__write_image(image, &sink);
  if (status == THALNET_OK) {
    const int32_t error = io->sync(io->user, file);
    if (error != 0) status = thalnet__io_fail("making it durable", error);
  }
  const int32_t error = io->close(io->user, file);
  return status == THALNET_OK && error != 0 ? thalnet__io_fail("closing", error) : status;
}

static thalnet_status thalnet__replace_guarded(const thalnet__image *image, const thalnet_io *io, const char *path,
                                               const char *temporary, int guard) {
  void *file = NULL;
  int32_t error = io->open_write(io->user, temporary, &file);
  if (error != 0) {
    if (guard != -1) io->remove(io->user, temporary); /* the lock has made it */
    return thalnet__fail_within(thalnet__io_fail("opening", error), temporary);
  }
  thalnet_status status = thalnet__write_file(image, io, file);
  if (status != THALNET_OK) status = thalnet__fail_within(status, temporary);
  if (status == THALNET_OK) {
    error = io->rename(io->user, temporary, path);
    if (error != 0) status = thalnet__fail_within(thalnet__io_fail("renaming", error), temporary);
  }
  if (status != THALNET_OK) {
    io->remove(io->user, temporary); /* what went wrong before is what the caller hears of */
    return status;
  }
  error = io->sync_folder(io->user, path);
  if (error == 0) return THALNET_OK;
  return thalnet__fail_within(thalnet__io_fail("it is complete, but making its new name durable", error), path);
}

/* The lock lasts until the file has its name: after closing, another one that saves could otherwise begin to write it. */
static thalnet_status thalnet__replace(const thalnet__image *image, const thalnet_io *io, const char *path,
                                       const char *temporary) {
  int guard;
  const int32_t error = thalnet__guard_file(io, temporary, &guard);
  if (error == EWOULDBLOCK)
    return thalnet__fail(THALNET_ERROR_BUSY, "%.160s: somebody else is saving to it", temporary);
  if (error != 0) return thalnet__fail_within(thalnet__io_fail("opening", error), temporary);
  const thalnet_status status = thalnet__replace_guarded(image, io, path, temporary, guard);
  thalnet__release_guard(guard);
  return status;
}

thalnet_status thalnet__image_save(const thalnet__image *given, const char *path, const thalnet_io *io) {
  static const char ending[] = ".tmp";
  thalnet__image image = *given;
  void *temporary;
  const size_t length = strlen(path);
  THALNET__TRY(thalnet__allocate(image.memory, length + sizeof ending, 1, &temporary));
  memcpy(temporary, path, length);
  memcpy((char *)temporary + length, ending, sizeof ending);
  thalnet_status status = thalnet__make_header(&image);
  if (status == THALNET_OK) status = thalnet__replace(&image, io, path, temporary);
  thalnet__free_header(&image);
  thalnet__release(image.memory, temporary, length + sizeof ending, 1);
  return status;
}
