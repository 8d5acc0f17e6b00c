/* SPDX-License-Identifier: MIT */
/* Task inputs of a workplace: its frames out of a batch, their projections, their gradients. */
#ifndef THALNET_NETWORK_INPUTS_H
#define THALNET_NETWORK_INPUTS_H

#include "network/work.h"

struct thalnet_batch;

/* Time-major copies of the block's frames, with dropout; sets work->fed. */
void thalnet__inputs_gather(thalnet__work *work, const struct thalnet_batch *batch);
/* Their part of the first layers' products, for all steps of the block. */
void thalnet__inputs_project(thalnet__work *work);
/* After a block of steps [step, end) of backward: adds to the weights' gradients, and writes the inputs' own where wanted. */
void thalnet__inputs_gradient(thalnet__work *work, struct thalnet_batch *batch, size_t step, size_t end,
                              real *gradients);

#endif
