/* SPDX-License-Identifier: MIT */
/* Random numbers of the gradient tests: splitmix64, the same on every machine. */
#ifndef GRADIENT_RANDOM_H
#define GRADIENT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t random_next(uint64_t *state) {
  uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

/* Uniform in [low, high). */
static inline double random_uniform(uint64_t *state, double low, double high) {
  return low + (high - low) * ((double)(random_next(state) >> 11) / 9007199254740992.0);
}

/* One of 0..count-1. */
static inline size_t random_pick(uint64_t *state, size_t count) { return (size_t)(random_next(state) % count); }

/* True in `percent` of a hundred cases. */
static inline int random_chance(uint64_t *state, size_t percent) { return random_pick(state, 100) < percent; }

#endif
