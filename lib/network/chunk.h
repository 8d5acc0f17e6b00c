/* SPDX-License-Identifier: MIT */
/* One chunk of sequences through all its frames, forward and back. */
#ifndef THALNET_NETWORK_CHUNK_H
#define THALNET_NETWORK_CHUNK_H

#include "network/work.h"

struct thalnet_batch;

/* Forward through all frames of `rows` sequences from `first` on, with losses, and with their gradients where wanted, in
 * blocks of so many frames: all of them at once where backward is to follow. */
void thalnet__chunk_forward(thalnet__work *work, struct thalnet_batch *batch, size_t first, size_t rows, size_t block,
                            int gradients);
/* Back again; adds to gradients [parameters]. */
void thalnet__chunk_backward(thalnet__work *work, struct thalnet_batch *batch, real *gradients);

#endif
