/* SPDX-License-Identifier: MIT */
#include "network/dropout.h"

thalnet__random thalnet__dropout_random(const thalnet_batch *batch, size_t input) {
  const uint32_t stream =
      batch->inputs[input].variational ? THALNET__STREAM_VARIATIONAL_INPUT_DROPOUT : THALNET__STREAM_INPUT_DROPOUT;
  return thalnet__random_make(batch->options.seed, stream, input, batch->epoch);
}

void thalnet__dropout_factors(const thalnet__kernels *kernels, const thalnet__random *random, uint64_t id,
                              uint64_t first, size_t count, real rate, real *factors) {
  enum { FEW = 8 }; /* fewer than these are drawn sooner one by one: the same numbers */
  const real kept = 1 / (1 - rate);
  if (rate > 0 && count < FEW) {
    thalnet__random_uniform(random, id, first, count, factors);
    for (size_t i = 0; i < count; i++) factors[i] = factors[i] < rate ? 0 : kept;
  } else if (rate > 0) {
    kernels->draw(random, id, first, count, rate, factors);
    for (size_t i = 0; i < count; i++) factors[i] = (1 - factors[i]) * kept;
  } else {
    for (size_t i = 0; i < count; i++) factors[i] = 1;
  }
}

real thalnet__token_factor(const thalnet_batch *batch, size_t input, const thalnet__random *random, uint64_t id,
                           size_t frame, int32_t token) {
  const thalnet__batch_input *mine = &batch->inputs[input];
  real factor = 1;
  if (token >= 0)
    thalnet__dropout_factors(batch->net->kernels, random, id, mine->variational ? (uint64_t)token : frame, 1,
                             mine->dropout, &factor);
  return factor;
}

void thalnet__drop_values(const thalnet_batch *batch, size_t input, const thalnet__random *random, uint64_t id,
                          size_t frame, real *values) {
  enum { PIECE = 64 };
  const size_t size = batch->net->inputs[input].size;
  const uint64_t first = batch->inputs[input].variational ? 0 : (uint64_t)frame * size;
  real factors[PIECE];
  for (size_t at = 0; at < size; at += PIECE) {
    const size_t count = size - at < PIECE ? size - at : PIECE;
    thalnet__dropout_factors(batch->net->kernels, random, id, first + at, count, batch->inputs[input].dropout, factors);
    for (size_t i = 0; i < count; i++) values[at + i] *= factors[i];
  }
}
