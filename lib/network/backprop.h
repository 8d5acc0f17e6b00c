/* SPDX-License-Identifier: MIT */
/* Back through a segment, step by step, and the weight gradients of its blocks. */
#ifndef THALNET_NETWORK_BACKPROP_H
#define THALNET_NETWORK_BACKPROP_H

#include "network/work.h"

/* One step back: work->d_after in, work->d_before out (they are not swapped). */
void thalnet__segment_step_back(thalnet__work *work, thalnet__segment *segment, size_t step, real *gradients);
/* After a block of steps [step, end): adds the gradients of the weights of layers and readers, but not of task inputs. */
void thalnet__block_gradients(thalnet__work *work, thalnet__segment *segment, size_t step, size_t end, real *gradients);

#endif
