/* SPDX-License-Identifier: MIT */
#include "network/dropout.h"

thalnet__random thalnet__dropout_random(const thalnet_batch *batch, size_t input) {
  return thalnet__random_make(batch->options.seed, THALNET__STREAM_INPUT_DROPOUT, input, batch->epoch);
}

void thalnet__dropout_factors(const thalnet__random *random, uint64_t id, size_t first, size_t count, real rate,
                              real *factors) {
  const real kept = 1 / (1 - rate);
  thalnet__random_uniform(random, id, first, count, factors);
  for (size_t i = 0; i < count; i++) factors[i] = factors[i] < rate ? 0 : kept;
}

void thalnet__drop_values(const thalnet_batch *batch, size_t input, const thalnet__random *random, uint64_t id,
                          size_t frame, real *values) {
  enum { PIECE = 64 };
  const size_t size = batch->net->inputs[input].size;
  real factors[PIECE];
  for (size_t at = 0; at < size; at += PIECE) {
    const size_t count = size - at < PIECE ? size - at : PIECE;
    thalnet__dropout_factors(random, id, frame * size + at, count, batch->inputs[input].dropout, factors);
    for (size_t i = 0; i < count; i++) values[at + i] *= factors[i];
  }
}
