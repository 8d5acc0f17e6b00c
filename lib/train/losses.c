/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <string.h>

#include <thalnet/center.h>

#include "core/fault.h"
#include "network/loss.h"

/* -sum of target log softmax(values); the gradient is softmax - target. */
static double thalnet__cross_entropy_row(const thalnet__kernels *kernels, size_t size, const real *values,
                                         const thalnet__goal *goal, real *gradient, int *correct) {
  thalnet__label label = {(size_t)goal->label, goal->smoothing, goal->scale};
  if (THALNET__FAULT(SMOOTHING) && gradient != NULL) {
    const double loss = kernels->cross_entropy(size, values, &label, NULL, correct);
    label.smoothing = 0;
    kernels->cross_entropy(size, values, &label, gradient, correct);
    return loss;
  }
  return kernels->cross_entropy(size, values, &label, gradient, correct);
}

static double thalnet__mean_squared_error_row(const thalnet__kernels *kernels, size_t size, const real *values,
                                              const thalnet__goal *goal, real *gradient, int *correct) {
  double sum = 0;
  (void)kernels;
  *correct = 0;
  for (size_t k = 0; k < size; k++) {
    const real difference = values[k] - goal->target[k];
    sum += (double)difference * (double)difference;
    if (gradient != NULL) gradient[k] = goal->scale * 2 * difference / (real)size;
  }
  return sum / (double)size;
}

static const thalnet__loss thalnet__losses[] = {
    {"cross_entropy", THALNET_CROSS_ENTROPY, 1, 0, thalnet__cross_entropy_row},
    {"mean_squared_error", THALNET_MEAN_SQUARED_ERROR, 0, 1, thalnet__mean_squared_error_row},
    {"host", THALNET_HOST_LOSS, 0, 0, NULL},
};

enum { THALNET__LOSSES = sizeof thalnet__losses / sizeof thalnet__losses[0] };

const thalnet__loss *thalnet__loss_find(int32_t number) {
  for (int i = 0; i < THALNET__LOSSES; i++)
    if (thalnet__losses[i].number == number) return &thalnet__losses[i];
  return NULL;
}

const thalnet__loss *thalnet__loss_find_name(const char *name, size_t length) {
  for (int i = 0; i < THALNET__LOSSES; i++)
    if (strlen(thalnet__losses[i].name) == length && memcmp(thalnet__losses[i].name, name, length) == 0)
      return &thalnet__losses[i];
  return NULL;
}
