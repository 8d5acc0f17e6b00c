/* SPDX-License-Identifier: MIT */
/* Task inputs of a workplace: its frames out of a batch, their projections, their gradients. */
#ifndef THALNET_NETWORK_INPUTS_H
#define THALNET_NETWORK_INPUTS_H

#include "network/batch.h"
#include "network/work.h"

/* Frames of an input that a row has; the rest is padding. */
static inline size_t thalnet__row_frames(const thalnet__work *work, const thalnet_batch *batch, size_t input,
                                         size_t row) {
  return (size_t)batch->lengths[work->first + row] * work->net->inputs[input].frames;
}

/* y += factor x */
static inline void thalnet__add_scaled(size_t n, real factor, const real *restrict x, real *restrict y) {
  for (size_t i = 0; i < n; i++) y[i] += factor * x[i];
}

/* Time-major copies of the block's frames, with dropout; sets work->fed. */
void thalnet__inputs_gather(thalnet__work *work, const thalnet_batch *batch);
/* Their part of the first layers' products, for all steps of the block. */
void thalnet__inputs_project(thalnet__work *work);
/* After a block of steps [step, end) of backward: adds to the weights' gradients, and writes the inputs' own where wanted. */
void thalnet__inputs_gradient(thalnet__work *work, thalnet_batch *batch, size_t step, size_t end, real *gradients);

#endif
