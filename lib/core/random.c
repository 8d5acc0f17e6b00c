/* SPDX-License-Identifier: MIT */
#include "core/random.h"

/* The finaliser of SplitMix64: every input bit reaches every output bit. */
static uint64_t thalnet__mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

thalnet__random thalnet__random_make(uint64_t seed, uint32_t stream, uint64_t index, uint64_t epoch) {
  uint64_t key = thalnet__mix(thalnet__mix(thalnet__mix(thalnet__mix(seed) ^ stream) ^ index) ^ epoch);
  return (thalnet__random){{(uint32_t)key, (uint32_t)(key >> 32)}};
}

void thalnet__random_block(const thalnet__random *random, uint64_t id, uint64_t block, uint32_t words[4]) {
  uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32), c2 = (uint32_t)id, c3 = (uint32_t)(id >> 32);
  uint32_t k0 = random->key[0], k1 = random->key[1];
  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
    c0 = n0;
    c1 = (uint32_t)p1;
    c2 = n2;
    c3 = (uint32_t)p0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  words[0] = c0;
  words[1] = c1;
  words[2] = c2;
  words[3] = c3;
}

void thalnet__random_uniform(const thalnet__random *random, uint64_t id, uint64_t first, size_t count, real *values) {
  uint32_t words[4];
  for (size_t i = 0; i < count; i++) {
    uint64_t number = first + i;
    if (i == 0 || number % 4 == 0) thalnet__random_block(random, id, number / 4, words);
    values[i] = (real)(words[number % 4] >> 8) * (real)0x1p-24;
  }
}

uint64_t thalnet__random_hash(const char *text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
  return hash;
}
