/* SPDX-License-Identifier: MIT */
/* The header of a safetensors file: eight bytes with its length, then JSON that names the tensors and pairs of strings. What is
 * here has been checked as far as it can be without knowing the network: see docs/format.md. */
#ifndef THALNET_IO_SAFETENSORS_H
#define THALNET_IO_SAFETENSORS_H

#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "io/source.h"

enum {
  THALNET__LENGTH_BYTES = 8,
  THALNET__HEADER_LIMIT = 1 << 24, /* bytes of JSON: some 160,000 tensors */
  THALNET__RANK_LIMIT = 8,
  THALNET__TENSOR_NAME_LIMIT = 255
};

/* What a loader makes of a tensor. */
enum { THALNET__UNEXPECTED, THALNET__WANTED, THALNET__SKIPPED };

typedef struct thalnet__file_tensor {
  const char *name; /* 1..255 of a-z, 0-9, _ and . */
  size_t rank;
  uint64_t dimensions[THALNET__RANK_LIMIT]; /* none is 0 */
  uint64_t begin, end;                      /* in the data */
  int role;                                 /* set by the loader */
  size_t place;                             /* of a wanted one: in the block of numbers that the loader fills */
} thalnet__file_tensor;

typedef struct thalnet__pair {
  const char *key, *value;
  size_t value_end; /* where in the header the value's closing quote is */
  int escaped;      /* the value is not in the header as it is here */
  int taken;
} thalnet__pair;

typedef struct thalnet__header {
  thalnet_memory memory;
  char *bytes; /* as in the file: length and JSON */
  size_t size;
  char *strings; /* [size] decoded */
  thalnet__file_tensor *tensors;
  thalnet__pair *pairs;
  size_t tensor_count, tensor_capacity, pair_count, pair_capacity;
  void **by_name, **by_begin; /* tensors in order; the second is the order of the data */
  void **by_key;              /* pairs in order */
} thalnet__header;

/* Reads and checks the header; on error it is empty. The source stands at the first byte of the data afterwards, and the data
 * are what remains of it, exactly. */
thalnet_status thalnet__header_read(thalnet__header *header, const thalnet_memory *memory, thalnet__source *source);
/* The same from the bytes of a header, length and JSON, which are released with it in every case; without a look at the data. */
thalnet_status thalnet__header_adopt(thalnet__header *header, const thalnet_memory *memory, char *bytes, size_t size);
void thalnet__header_free(thalnet__header *header);

/* The second half of thalnet__header_read: the JSON in `bytes`, everything but what concerns several tensors or pairs. */
thalnet_status thalnet__header_parse(thalnet__header *header);

thalnet__file_tensor *thalnet__header_tensor(const thalnet__header *header, const char *name);

/* NULL: there is none. */
const thalnet__pair *thalnet__header_pair(const thalnet__header *header, const char *key);
/* The same, and it counts as asked for. Pairs that nobody asked for can be told later by `taken`. */
const thalnet__pair *thalnet__header_take(thalnet__header *header, const char *key);

#endif
