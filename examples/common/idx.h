/* SPDX-License-Identifier: MIT */
/* Reader of the idx format of MNIST, plain or gzip: bytes 0, 0, type, rank; the dimensions as big-endian 32-bit numbers;
 * the values. Only type 8 (unsigned bytes) is read. Nothing a file claims is believed: memory grows with the bytes that
 * really arrive, and reading stops one byte after what the header promises. */
#ifndef EXAMPLE_IDX_H
#define EXAMPLE_IDX_H

#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define EXAMPLE_IDX_RANK_LIMIT 3

struct example_idx {
  uint32_t dimensions[EXAMPLE_IDX_RANK_LIMIT]; /* the first is the number of items; those beyond the rank are 1 */
  size_t count;                                /* number of values: their product */
  uint8_t *values;
};

/* What a file must hold; everything else is an error. */
struct example_idx_shape {
  uint32_t rank;      /* 1: labels, 3: images */
  uint32_t max_items; /* no more items than this */
  uint32_t rows, columns;
};

/* Returns 0, or -1 with the error's text and *idx_out all zero. */
int example_idx_read(const char *path, const struct example_idx_shape *shape, struct example_idx *idx_out,
                     struct example_error *error);

void example_idx_free(struct example_idx *idx);

#endif
