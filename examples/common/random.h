/* SPDX-License-Identifier: MIT */
/* Random numbers for data: SplitMix64 used as a counter-based generator. The n-th number of a (seed, stream) pair is a
 * function of the three alone, so data and orders are the same on every machine, and whatever was drawn before. */
#ifndef EXAMPLE_RANDOM_H
#define EXAMPLE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct example_random {
  uint64_t key;
  uint64_t counter;
};

/* Streams in use: numbers of one purpose never depend on how many another one drew. */
enum { EXAMPLE_STREAM_PERMUTATION = 1, EXAMPLE_STREAM_ORDER = UINT32_C(1) << 16 /* plus the epoch */ };
#define EXAMPLE_STREAM_CHANGE (UINT64_C(1) << 62) /* plus the epoch * 2^32 and the image */
#define EXAMPLE_STREAM_OFFSET (UINT64_C(1) << 61) /* plus the epoch */
#define EXAMPLE_STREAM_SAMPLE (UINT64_C(1) << 60)

struct example_random example_random_start(uint64_t seed, uint64_t stream);

uint64_t example_random_bits(struct example_random *random);

/* In 0..bound-1, every value equally likely; bound is at least 1. */
uint32_t example_random_below(struct example_random *random, uint32_t bound);

/* In [low, high). */
float example_random_between(struct example_random *random, float low, float high);

/* Bell-shaped around zero with this standard deviation, never further out than 3.5 of it. Needs no logarithm or cosine,
 * whose last bits differ between C libraries. */
float example_random_bell(struct example_random *random, float deviation);

/* FNV-1a of bytes behind those that `hash` is of; 0: of none. */
uint64_t example_hash(uint64_t hash, const uint8_t *bytes, size_t count);

/* Fills order with 0..count-1 in a random order (Fisher-Yates). */
void example_random_order(uint32_t *order, uint32_t count, uint64_t seed, uint64_t stream);

#endif
