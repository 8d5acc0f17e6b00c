/* SPDX-License-Identifier: MIT */
/* Drawing 0 or 1 for many units at once; part of kernels_body.h. The numbers are those of core/random.h. */
#include "core/random.h"

enum {
  THALNET__DRAW_BLOCKS = 8,
  THALNET__DRAW_NUMBERS = 4 * THALNET__DRAW_BLOCKS,
  THALNET__DRAW_VECTORS = THALNET__DRAW_BLOCKS / THALNET__W_WIDTH
};

/* Some blocks of thalnet__random_block: their counters, 32 bits in each number. */
typedef struct THALNET__KERNEL(counters) {
  thalnet__w word[4];
} THALNET__KERNEL(counters);

THALNET__INLINE void THALNET__KERNEL(draw_round)(THALNET__KERNEL(counters) * c, thalnet__w k0, thalnet__w k1) {
  const thalnet__w low = thalnet__w_set(0xffffffffu);
  const thalnet__w p0 = thalnet__w_multiply(c->word[0], thalnet__w_set(0xD2511F53u));
  const thalnet__w p1 = thalnet__w_multiply(c->word[2], thalnet__w_set(0xCD9E8D57u));
  c->word[0] = (p1 >> 32) ^ c->word[1] ^ k0;
  c->word[2] = (p0 >> 32) ^ c->word[3] ^ k1;
  c->word[1] = p1 & low;
  c->word[3] = p0 & low;
}

/* The words of blocks `first` on, in the order of their numbers. */
THALNET__INLINE void THALNET__KERNEL(draw_words)(const thalnet__random *random, uint64_t id, uint64_t first,
                                                 uint32_t words[THALNET__DRAW_NUMBERS]) {
  THALNET__KERNEL(counters) c[THALNET__DRAW_VECTORS];
  uint32_t k0 = random->key[0], k1 = random->key[1];
  for (size_t v = 0; v < THALNET__DRAW_VECTORS; v++) {
    const thalnet__w block = thalnet__w_count() + thalnet__w_set(first + v * THALNET__W_WIDTH);
    c[v].word[0] = block & thalnet__w_set(0xffffffffu);
    c[v].word[1] = block >> 32;
    c[v].word[2] = thalnet__w_set(id & 0xffffffffu);
    c[v].word[3] = thalnet__w_set(id >> 32);
  }
  for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
    for (size_t v = 0; v < THALNET__DRAW_VECTORS; v++)
      THALNET__KERNEL(draw_round)(&c[v], thalnet__w_set(k0), thalnet__w_set(k1));
  for (size_t v = 0; v < THALNET__DRAW_VECTORS; v++)
    thalnet__w_store(words + 4 * v * THALNET__W_WIDTH, c[v].word[0], c[v].word[1], c[v].word[2], c[v].word[3]);
}

/* A number of 24 bits is below the rate where it, as an integer, is below this. */
static void THALNET__KERNEL(draw)(const thalnet__random *random, uint64_t id, uint64_t first, size_t n, real rate,
                                  real *drawn) {
  const real scaled = rate * 0x1p24f;
  const uint32_t whole = (uint32_t)scaled, below = whole + ((real)whole < scaled);
  uint32_t words[THALNET__DRAW_NUMBERS];
  for (size_t at = 0, skipped = first % 4; at < n; skipped = 0) {
    THALNET__KERNEL(draw_words)(random, id, (first + at) / 4, words);
    const size_t left = n - at, there = THALNET__DRAW_NUMBERS - skipped, count = left < there ? left : there;
    for (size_t i = 0; i < count; i++) drawn[at + i] = words[skipped + i] >> 8 < below ? 1 : 0;
    at += count;
  }
}
