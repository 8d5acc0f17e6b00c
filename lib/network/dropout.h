/* SPDX-License-Identifier: MIT */
/* Factors of dropout, and what it does to task inputs. Random numbers are keyed by the sequence's id, so that they follow a sequence into any batch and chunk.
 * Dropout inside the network: network/masks.h. */
#ifndef THALNET_NETWORK_DROPOUT_H
#define THALNET_NETWORK_DROPOUT_H

#include "core/random.h"
#include "network/batch.h"

thalnet__random thalnet__dropout_random(const thalnet_batch *batch, size_t input);

/* 0 with probability `rate`, else 1 / (1 - rate): number `first` on of a sequence's factors. */
void thalnet__dropout_factors(const thalnet__kernels *kernels, const thalnet__random *random, uint64_t id,
                              uint64_t first, size_t count, real rate, real *factors);

/* The factor of a token: of its frame, or of its kind. */
real thalnet__token_factor(const thalnet_batch *batch, size_t input, const thalnet__random *random, uint64_t id,
                           size_t frame, int32_t token);

/* Multiplies `values` by the factors of input frame `frame`. */
void thalnet__drop_values(const thalnet_batch *batch, size_t input, const thalnet__random *random, uint64_t id,
                          size_t frame, real *values);

#endif
