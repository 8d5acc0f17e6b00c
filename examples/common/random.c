/* SPDX-License-Identifier: MIT */
#include "random.h"

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)

/* The finaliser of SplitMix64 (Steele, Lea, Flood 2014; constants of Stafford's variant 13). */
static uint64_t mix(uint64_t bits) {
  bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
  return bits ^ (bits >> 31);
}

struct example_random example_random_start(uint64_t seed, uint64_t stream) {
  struct example_random random = {mix(mix(seed + GOLDEN) + stream * GOLDEN), 0};
  return random;
}

uint64_t example_random_bits(struct example_random *random) {
  random->counter++;
  return mix(random->key + random->counter * GOLDEN);
}

uint32_t example_random_below(struct example_random *random, uint32_t bound) {
  /* Lemire's method: the high half of a product is uniform once the few low halves that come up too often are refused. */
  uint32_t refused = (uint32_t)(-bound) % bound;
  uint64_t product;
  do product = (example_random_bits(random) >> 32) * bound;
  while ((uint32_t)product < refused);
  return (uint32_t)(product >> 32);
}

static float unit(struct example_random *random) { return (float)(example_random_bits(random) >> 40) * 0x1p-24f; }

float example_random_between(struct example_random *random, float low, float high) {
  return low + (high - low) * unit(random);
}

float example_random_bell(struct example_random *random, float deviation) {
  float sum = 0.0f;
  for (int i = 0; i < 4; i++) sum += unit(random); /* variance 4/12 */
  return (sum - 2.0f) * 1.7320508f * deviation;
}

void example_random_order(uint32_t *order, uint32_t count, uint64_t seed, uint64_t stream) {
  struct example_random random = example_random_start(seed, stream);
  for (uint32_t i = 0; i < count; i++) order[i] = i;
  for (uint32_t i = count; i > 1; i--) {
    uint32_t other = example_random_below(&random, i);
    uint32_t kept = order[i - 1];
    order[i - 1] = order[other];
    order[other] = kept;
  }
}

uint64_t example_hash(uint64_t hash, const uint8_t *bytes, size_t count) {
  if (hash == 0) hash = UINT64_C(14695981039346656037);
  for (size_t i = 0; i < count; i++) hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
  return hash;
}
