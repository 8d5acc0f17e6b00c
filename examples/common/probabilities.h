/* SPDX-License-Identifier: MIT */
#ifndef EXAMPLE_PROBABILITIES_H
#define EXAMPLE_PROBABILITIES_H

#include <stddef.h>

/* Adds the probabilities that logits stand for to `sum`; temperatures below 1 favour the likely. 0 leaves the likeliest
 * alone. */
void example_add_probabilities(const float *logits, size_t kinds, double temperature, double *sum);

#endif
