/* SPDX-License-Identifier: MIT */
/* The bodies of all kernels; compiled once per instruction set by kernels_<set>.c, which names them. Plain loops: the compiler
 * makes vectors of them. Sums keep THALNET__LANES partial sums in a fixed order, so that they too become vectors and give the
 * same bits on every call. */
#include "math/kernels.h"
#include "math/kernels_scalar.h"
#include "math/simd/simd.h"

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

static double THALNET__KERNEL(dot_double)(size_t n, const real *restrict x, const real *restrict y) {
  double lanes[THALNET__LANES] = {0}, sum = 0;
  size_t i = 0;
  for (; i + THALNET__LANES <= n; i += THALNET__LANES)
    for (size_t lane = 0; lane < THALNET__LANES; lane++) lanes[lane] += (double)x[i + lane] * (double)y[i + lane];
  for (size_t lane = 0; i < n; i++, lane++) lanes[lane] += (double)x[i] * (double)y[i];
  for (size_t lane = 0; lane < THALNET__LANES; lane++) sum += lanes[lane];
  return sum;
}

/* Four vectors of columns at a time stay in registers over all rows. */
static void THALNET__KERNEL(add_rows)(size_t rows, size_t n, thalnet__const_rows x, real *y) {
  for (size_t column = 0; column < n; column += 4 * THALNET__V_WIDTH) {
    thalnet__v sum[4];
    thalnet__v_part part[4];
    for (size_t j = 0; j < 4; j++) {
      const size_t at = column + j * THALNET__V_WIDTH;
      part[j] = thalnet__v_first(at < n ? n - at : 0);
      sum[j] = thalnet__v_load_part(y + at, part[j]);
    }
    for (size_t row = 0; row < rows; row++)
      for (size_t j = 0; j < 4; j++)
        sum[j] += thalnet__v_load_part(x.at + row * x.ld + column + j * THALNET__V_WIDTH, part[j]);
    for (size_t j = 0; j < 4; j++) thalnet__v_store_part(y + column + j * THALNET__V_WIDTH, sum[j], part[j]);
  }
}

#include "math/kernels_optimizer.h"
#include "math/kernels_products.h"
#include "math/kernels_reading.h"
#include "math/kernels_recurrent.h"

const thalnet__kernels THALNET__KERNEL(kernels) = {
#if defined(THALNET__OWN_PRODUCTS) && !defined(THALNET__V_SCALAR)
    .panel = THALNET__PANEL,
    .multiply = THALNET__KERNEL(multiply),
    .multiply_transposed = THALNET__KERNEL(multiply_transposed),
#endif
    .add = THALNET__KERNEL(add),
    .dot = THALNET__KERNEL(dot),
    .dot_double = THALNET__KERNEL(dot_double),
    .add_rows = THALNET__KERNEL(add_rows),
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
