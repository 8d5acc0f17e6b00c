/* SPDX-License-Identifier: MIT */
/* Counter-based random numbers: Philox 4x32 with 10 rounds (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as
 * 1, 2, 3, SC 2011). A number depends on what it is for and nothing else: not on the order of calls, threads or batches. */
#ifndef THALNET_CORE_RANDOM_H
#define THALNET_CORE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "core/real.h"

typedef struct thalnet__random {
  uint32_t key[2];
} thalnet__random;

/* What a stream of random numbers is for. Part of results: never renumbered. */
enum {
  THALNET__STREAM_PARAMETERS = 1,
  THALNET__STREAM_INPUT_DROPOUT = 2,
  THALNET__STREAM_VARIATIONAL_INPUT_DROPOUT = 3,
  THALNET__STREAM_CONTEXT_DROPOUT = 4,
  THALNET__STREAM_FEATURE_DROPOUT = 5,
  THALNET__STREAM_MODULE_DROPOUT = 6,
  THALNET__STREAM_ZONEOUT = 8,
  THALNET__STREAM_SEARCH = 9,
  THALNET__STREAM_SPLIT = 10,
  THALNET__STREAM_DIRECTION = 11
};

/* A generator for one purpose; `index` tells apart its many uses (a tensor, an input). */
thalnet__random thalnet__random_make(uint64_t seed, uint32_t stream, uint64_t index, uint64_t epoch);

/* Four words of the sequence with number `id`. */
void thalnet__random_block(const thalnet__random *random, uint64_t id, uint64_t block, uint32_t words[4]);

/* Uniform numbers in [0, 1) with 24 bits: values[i] is number first + i of sequence id. */
void thalnet__random_uniform(const thalnet__random *random, uint64_t id, uint64_t first, size_t count, real *values);

/* A key for names (FNV-1a). */
uint64_t thalnet__random_hash(const char *text);

#endif
