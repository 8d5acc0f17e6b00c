/* SPDX-License-Identifier: MIT */
/* Back through a segment, step by step, and the weight gradients after it. */
#ifndef THALNET_NETWORK_BACKPROP_H
#define THALNET_NETWORK_BACKPROP_H

#include "network/work.h"

/* One step back: work->d_after in, work->d_before out (they are not swapped). */
void thalnet__segment_step_back(thalnet__work *work, thalnet__segment *segment, size_t step, real *gradients);
/* Weight gradients of a segment's layers and readers, but not of task inputs. */
void thalnet__segment_gradients(thalnet__work *work, thalnet__segment *segment, real *gradients);

#endif
