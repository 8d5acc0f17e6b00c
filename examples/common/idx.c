/* SPDX-License-Identifier: MIT */
#include "idx.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"

#define TYPE_UNSIGNED_BYTE 8

static const char *kind_of_rank(uint32_t rank) {
  return rank == 1 ? "labels" : rank == 3 ? "images" : "neither labels nor images";
}

static int read_exactly(struct example_file *file, const char *path, const char *what, uint8_t *bytes, size_t size,
                        struct example_error *error) {
  size_t done;
  if (example_file_read(file, bytes, size, &done, error)) return -1;
  if (done == size) return 0;
  return example_fail(error, "%.700s: the file ends inside its %s (%zu bytes of %zu)", path, what, done, size);
}

/* The first four bytes. Says what the file looks like instead, where that is known. */
static int check_magic(const char *path, const uint8_t magic[4], uint32_t rank, struct example_error *error) {
  if (magic[0] == 0x1f && magic[1] == 0x8b)
    return example_fail(error, "%.700s: gzip data inside gzip data: unpack it once", path);
  if (isprint(magic[0]) && isprint(magic[1]) && isprint(magic[2]))
    return example_fail(error, "%.700s: not an idx file but text, perhaps a web page that says why a download failed",
                        path);
  if (magic[0] != 0 || magic[1] != 0)
    return example_fail(error, "%.700s: not an idx file: it starts with %02x %02x, not 00 00", path, magic[0],
                        magic[1]);
  if (magic[2] != TYPE_UNSIGNED_BYTE)
    return example_fail(error, "%.700s: its values are of type 0x%02x, not unsigned bytes (0x08)", path, magic[2]);
  if (magic[3] != rank)
    return example_fail(error, "%.700s: rank %u means %s, but %s (rank %u) were expected here: are files mixed up?",
                        path, magic[3], kind_of_rank(magic[3]), kind_of_rank(rank), rank);
  return 0;
}

static int check_dimensions(const char *path, const uint32_t *dimensions, const struct example_idx_shape *shape,
                            struct example_error *error) {
  if (dimensions[0] == 0) return example_fail(error, "%.700s: it says that it holds 0 items", path);
  if (dimensions[0] > shape->max_items)
    return example_fail(error, "%.700s: it says that it holds %u items; at most %u are allowed", path, dimensions[0],
                        shape->max_items);
  if (shape->rank == 3 && (dimensions[1] != shape->rows || dimensions[2] != shape->columns))
    return example_fail(error, "%.700s: its images have %u x %u pixels, not %u x %u", path, dimensions[1],
                        dimensions[2], shape->rows, shape->columns);
  return 0;
}

static int read_header(struct example_file *file, const char *path, const struct example_idx_shape *shape,
                       struct example_idx *idx, struct example_error *error) {
  uint8_t magic[4], bytes[4 * EXAMPLE_IDX_RANK_LIMIT];
  if (read_exactly(file, path, "header", magic, sizeof magic, error)) return -1;
  if (check_magic(path, magic, shape->rank, error)) return -1;
  if (read_exactly(file, path, "header", bytes, 4 * shape->rank, error)) return -1;
  for (uint32_t i = 0; i < EXAMPLE_IDX_RANK_LIMIT; i++) {
    const uint8_t *b = bytes + 4 * i;
    idx->dimensions[i] = 1;
    if (i < shape->rank) idx->dimensions[i] = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
  }
  return check_dimensions(path, idx->dimensions, shape, error);
}

/* Reads `count` values, doubling the memory as they arrive, and then checks that nothing follows. */
static int read_values(struct example_file *file, const char *path, size_t count, uint8_t **values_out,
                       struct example_error *error) {
  uint8_t *values = NULL, extra;
  size_t have = 0, done;
  while (have < count) {
    size_t room = have == 0 ? 64 * 1024 : have;
    if (room > count - have) room = count - have;
    uint8_t *larger = realloc(values, have + room);
    if (!larger) {
      example_fail(error, "%.700s: no memory for %zu bytes", path, have + room);
      goto failed;
    }
    values = larger;
    if (example_file_read(file, values + have, room, &done, error)) goto failed;
    have += done;
    if (done < room) {
      example_fail(error, "%.700s: the file ends too early: %zu values of %zu", path, have, count);
      goto failed;
    }
  }
  if (example_file_read(file, &extra, 1, &done, error)) goto failed;
  if (done == 0) {
    *values_out = values;
    return 0;
  }
  example_fail(error, "%.700s: bytes follow the %zu values that its header promises", path, count);
failed:
  free(values);
  return -1;
}

int example_idx_read(const char *path, const struct example_idx_shape *shape, struct example_idx *idx_out,
                     struct example_error *error) {
  memset(idx_out, 0, sizeof *idx_out);
  struct example_file *file;
  struct example_idx idx = {{0}, 0, NULL};
  if (example_file_open(path, &file, error)) return -1;
  int status = read_header(file, path, shape, &idx, error);
  if (status == 0) {
    /* Rows and columns are the shape's and items bounded by it, so this product cannot wrap. */
    idx.count = (size_t)idx.dimensions[0] * idx.dimensions[1] * idx.dimensions[2];
    status = read_values(file, path, idx.count, &idx.values, error);
  }
  example_file_close(file);
  if (status == 0) *idx_out = idx;
  return status;
}

void example_idx_free(struct example_idx *idx) {
  free(idx->values);
  memset(idx, 0, sizeof *idx);
}
