/* SPDX-License-Identifier: MIT */
/* The bodies of all kernels; compiled once per instruction set by kernels_<set>.c, which names them. Plain loops: the compiler
 * makes vectors of them. Sums keep THALNET__LANES partial sums in a fixed order, so that they too become vectors and give the
 * same bits on every call. */
#include <thalnet/module.h>

#include "math/kernels.h"
#include "math/kernels_scalar.h"

enum { THALNET__LANES = 16 };

static void THALNET__KERNEL(add)(size_t n, const real *restrict x, real *restrict y) {
  for (size_t i = 0; i < n; i++) y[i] += x[i];
}

static real THALNET__KERNEL(sum_lanes)(const real *lanes) {
  real sum = 0;
  for (size_t lane = 0; lane < THALNET__LANES; lane++) sum += lanes[lane];
  return sum;
}

static real THALNET__KERNEL(dot)(size_t n, const real *restrict x, const real *restrict y) {
  real lanes[THALNET__LANES] = {0};
  size_t i = 0;
  for (; i + THALNET__LANES <= n; i += THALNET__LANES)
    for (size_t lane = 0; lane < THALNET__LANES; lane++) lanes[lane] += x[i + lane] * y[i + lane];
  for (size_t lane = 0; i < n; i++, lane++) lanes[lane] += x[i] * y[i];
  return THALNET__KERNEL(sum_lanes)(lanes);
}

static real THALNET__KERNEL(sum)(size_t n, const real *restrict x) {
  real lanes[THALNET__LANES] = {0};
  size_t i = 0;
  for (; i + THALNET__LANES <= n; i += THALNET__LANES)
    for (size_t lane = 0; lane < THALNET__LANES; lane++) lanes[lane] += x[i + lane];
  for (size_t lane = 0; i < n; i++, lane++) lanes[lane] += x[i];
  return THALNET__KERNEL(sum_lanes)(lanes);
}

static real THALNET__KERNEL(largest)(size_t n, const real *restrict x) {
  real largest = x[0];
  for (size_t i = 1; i < n; i++) largest = x[i] > largest ? x[i] : largest;
  return largest;
}

/* --- dense --- */

static void THALNET__KERNEL(activate)(int32_t activation, size_t n, const real *base, const real *product, real *y) {
  switch (activation) {
  case THALNET_RELU:
    for (size_t i = 0; i < n; i++) {
      real x = base[i] + product[i];
      y[i] = x > 0 ? x : (x < 0 ? 0 : x); /* NaN stays NaN */
    }
    break;
  case THALNET_TANH:
    for (size_t i = 0; i < n; i++) y[i] = thalnet__tanh(base[i] + product[i]);
    break;
  case THALNET_SIGMOID:
    for (size_t i = 0; i < n; i++) y[i] = thalnet__sigmoid(base[i] + product[i]);
    break;
  default:
    for (size_t i = 0; i < n; i++) y[i] = base[i] + product[i];
  }
}

static void THALNET__KERNEL(activation_gradient)(int32_t activation, size_t n, const real *restrict y,
                                                 const real *restrict dy, real *restrict dg) {
  switch (activation) {
  case THALNET_RELU:
    for (size_t i = 0; i < n; i++) dg[i] = y[i] > 0 ? dy[i] : 0;
    break;
  case THALNET_TANH:
    for (size_t i = 0; i < n; i++) dg[i] = dy[i] * (1 - y[i] * y[i]);
    break;
  case THALNET_SIGMOID:
    for (size_t i = 0; i < n; i++) dg[i] = dy[i] * y[i] * (1 - y[i]);
    break;
  default:
    for (size_t i = 0; i < n; i++) dg[i] = dy[i];
  }
}

#include "math/kernels_optimizer.h"
#include "math/kernels_reading.h"
#include "math/kernels_recurrent.h"

const thalnet__kernels THALNET__KERNEL(kernels) = {
    .add = THALNET__KERNEL(add),
    .dot = THALNET__KERNEL(dot),
    .activate = THALNET__KERNEL(activate),
    .activation_gradient = THALNET__KERNEL(activation_gradient),
    .gru_after = THALNET__KERNEL(gru_after),
    .gru_after_gradient = THALNET__KERNEL(gru_after_gradient),
    .gru_before_gates = THALNET__KERNEL(gru_before_gates),
    .gru_before_output = THALNET__KERNEL(gru_before_output),
    .gru_before_gradient = THALNET__KERNEL(gru_before_gradient),
    .gru_before_gradient_reset = THALNET__KERNEL(gru_before_gradient_reset),
    .lstm = THALNET__KERNEL(lstm),
    .lstm_gradient = THALNET__KERNEL(lstm_gradient),
    .softmax = THALNET__KERNEL(softmax),
    .softmax_gradient = THALNET__KERNEL(softmax_gradient),
    .log_sum_exp = THALNET__KERNEL(log_sum_exp),
    .gaussian = THALNET__KERNEL(gaussian),
    .gaussian_gradient = THALNET__KERNEL(gaussian_gradient),
    .sgd = THALNET__KERNEL(sgd),
    .rmsprop = THALNET__KERNEL(rmsprop),
    .adam = THALNET__KERNEL(adam),
};
