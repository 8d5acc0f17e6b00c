/* SPDX-License-Identifier: MIT */
#include "probabilities.h"

#include <math.h>

void example_add_probabilities(const float *logits, size_t kinds, double temperature, double *sum) {
  double weights[256], all = 0.0;
  size_t best = 0;
  for (size_t k = 1; k < kinds; k++)
    if (logits[k] > logits[best]) best = k;
  for (size_t k = 0; k < kinds; k++) {
    double below = (double)logits[k] - (double)logits[best];
    weights[k] = temperature > 0.0 ? exp(below / temperature) : (double)(k == best);
    all += weights[k];
  }
  for (size_t k = 0; k < kinds; k++) sum[k] += weights[k] / all;
}
