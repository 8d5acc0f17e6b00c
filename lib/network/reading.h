/* SPDX-License-Identifier: MIT */
/* How the modules read the center at a step, and back. */
#ifndef THALNET_NETWORK_READING_H
#define THALNET_NETWORK_READING_H

#include "network/work.h"

/* What the readers of a step look at. */
thalnet__reading thalnet__describe_reading(const thalnet__work *work, const thalnet__segment *segment, size_t step);

/* Makes the contexts of these modules: of all, or of the one whose turn it is. */
void thalnet__read_center(thalnet__work *work, thalnet__segment *segment, size_t step, thalnet__range modules);

/* The gradients of the contexts of a step, from a column on. */
thalnet__rows thalnet__context_gradients(const thalnet__work *work, const thalnet__segment *segment, size_t step,
                                         size_t column);

/* From the gradients of their contexts to those of what they read, and dynamic readers' parameters. */
void thalnet__read_center_back(thalnet__work *work, thalnet__segment *segment, size_t step, thalnet__range modules,
                               real *gradients);

/* Of static readers, over a block of steps: those of the effective matrices, in the places of the readers' weights;
 * thalnet__accept_gradients makes the parameters' of them. */
void thalnet__reader_gradients(thalnet__work *work, thalnet__segment *segment, size_t step, size_t end,
                               real *gradients);

#endif
