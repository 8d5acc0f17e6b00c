/* SPDX-License-Identifier: MIT */
/* The bodies of all kernels; compiled once per instruction set by kernels_<set>.c, which names them. Sums keep their partial
 * sums in a fixed order, so that they give the same bits on every call. */
#include <math.h>

#include "math/kernels.h"
#include "math/simd/simd.h"

/* A vector where `left` numbers are left; most have a whole one, and so does the branch. */
static inline thalnet__v THALNET__KERNEL(load)(const real *from, size_t left) {
  if (left >= THALNET__V_WIDTH) return thalnet__v_load(from);
  return thalnet__v_load_part(from, thalnet__v_first(left));
}
static inline void THALNET__KERNEL(store)(real *to, thalnet__v x, size_t left) {
  if (left >= THALNET__V_WIDTH)
    thalnet__v_store(to, x);
  else
    thalnet__v_store_part(to, x, thalnet__v_first(left));
}
/* The lanes beyond are `other`. */
static inline thalnet__v THALNET__KERNEL(only)(thalnet__v x, size_t left, real other) {
  return left >= THALNET__V_WIDTH ? x : thalnet__v_keep(x, thalnet__v_first(left), thalnet__v_set(other));
}

static void THALNET__KERNEL(add)(size_t n, const real *x, real *y) {
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH) THALNET__KERNEL(store)
  (y + i, THALNET__KERNEL(load)(y + i, n - i) + THALNET__KERNEL(load)(x + i, n - i), n - i);
}

static void THALNET__KERNEL(mask)(size_t n, const real *factors, const real *x, real *y) {
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH) THALNET__KERNEL(store)
  (y + i, THALNET__KERNEL(load)(x + i, n - i) * THALNET__KERNEL(load)(factors + i, n - i), n - i);
}

static void THALNET__KERNEL(add_masked)(size_t n, const real *factors, real *x, real *y) {
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
    const thalnet__v part = THALNET__KERNEL(load)(x + i, n - i) * THALNET__KERNEL(load)(factors + i, n - i);
    THALNET__KERNEL(store)(y + i, THALNET__KERNEL(load)(y + i, n - i) + part, n - i);
    THALNET__KERNEL(store)(x + i, thalnet__v_set(0), n - i);
  }
}

static void THALNET__KERNEL(multiply_by)(size_t n, real factor, real *x) {
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH)
    THALNET__KERNEL(store)(x + i, thalnet__v_set(factor) * THALNET__KERNEL(load)(x + i, n - i), n - i);
}

static real THALNET__KERNEL(dot)(size_t n, const real *x, const real *y) {
  thalnet__v sum[4];
  size_t i = 0;
  for (size_t j = 0; j < 4; j++) sum[j] = thalnet__v_set(0);
  for (; i + 4 * THALNET__V_WIDTH <= n; i += 4 * THALNET__V_WIDTH)
    for (size_t j = 0; j < 4; j++)
      sum[j] += thalnet__v_load(x + i + j * THALNET__V_WIDTH) * thalnet__v_load(y + i + j * THALNET__V_WIDTH);
  for (; i < n; i += THALNET__V_WIDTH)
    sum[0] += THALNET__KERNEL(load)(x + i, n - i) * THALNET__KERNEL(load)(y + i, n - i);
  return thalnet__v_sum((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

/* Plain loops over lanes: the compiler makes vectors of doubles of them. */
static double THALNET__KERNEL(dot_double)(size_t n, const real *restrict x, const real *restrict y) {
  enum { LANES = 32 };
  double lanes[LANES] = {0}, sum = 0;
  size_t i = 0;
  for (; i + LANES <= n; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++) lanes[lane] += (double)x[i + lane] * (double)y[i + lane];
  for (size_t lane = 0; i < n; i++, lane++) lanes[lane] += (double)x[i] * (double)y[i];
  for (size_t lane = 0; lane < LANES; lane++) sum += lanes[lane];
  return sum;
}

/* `count` vectors of columns stay in registers over all rows, those of even and of odd rows by themselves. */
THALNET__INLINE void THALNET__KERNEL(add_columns)(const size_t count, size_t rows, thalnet__const_rows x,
                                                  thalnet__v_part last, real *y) {
  thalnet__v even[4], odd[4];
  for (size_t j = 0; j < count; j++) even[j] = odd[j] = thalnet__v_set(0);
  for (size_t row = 0; row < rows; row += 2, x.at += 2 * x.ld) {
    THALNET__UNROLL
    for (size_t j = 0; j < count; j++) {
      const real *from = x.at + j * THALNET__V_WIDTH;
      even[j] += j + 1 < count ? thalnet__v_load(from) : thalnet__v_load_part(from, last);
      if (row + 1 == rows) continue;
      odd[j] += j + 1 < count ? thalnet__v_load(from + x.ld) : thalnet__v_load_part(from + x.ld, last);
    }
  }
  for (size_t j = 0; j < count; j++) {
    const thalnet__v_part part = j + 1 < count ? thalnet__v_first(THALNET__V_WIDTH) : last;
    real *to = y + j * THALNET__V_WIDTH;
    thalnet__v_store_part(to, thalnet__v_load_part(to, part) + (even[j] + odd[j]), part);
  }
}

static void THALNET__KERNEL(add_rows)(size_t rows, size_t n, thalnet__const_rows x, real *y) {
  const thalnet__v_part whole = thalnet__v_first(THALNET__V_WIDTH);
  for (; n >= 4 * THALNET__V_WIDTH; n -= 4 * THALNET__V_WIDTH) {
    THALNET__KERNEL(add_columns)(4, rows, x, whole, y);
    x.at += 4 * THALNET__V_WIDTH;
    y += 4 * THALNET__V_WIDTH;
  }
  const thalnet__v_part last = thalnet__v_first(n - (n - 1) / THALNET__V_WIDTH * THALNET__V_WIDTH);
  switch (n == 0 ? 0 : (n - 1) / THALNET__V_WIDTH + 1) {
  case 0: break;
  case 1: THALNET__KERNEL(add_columns)(1, rows, x, last, y); break;
  case 2: THALNET__KERNEL(add_columns)(2, rows, x, last, y); break;
  case 3: THALNET__KERNEL(add_columns)(3, rows, x, last, y); break;
  default: THALNET__KERNEL(add_columns)(4, rows, x, last, y);
  }
}

#include "math/kernels_optimizer.h"
#include "math/kernels_products.h"
#include "math/kernels_reading.h" /* before those who use it */

#include "math/kernels_gaussian.h"
#include "math/kernels_norm.h"
#include "math/kernels_random.h"
#include "math/kernels_recurrent.h"

const thalnet__kernels THALNET__KERNEL(kernels) = {
#ifdef THALNET__HAS_PRODUCTS
    .panel = THALNET__PANEL,
    .multiply = THALNET__KERNEL(multiply),
    .multiply_transposed = THALNET__KERNEL(multiply_transposed),
#endif
    .add = THALNET__KERNEL(add),
    .mask = THALNET__KERNEL(mask),
    .add_masked = THALNET__KERNEL(add_masked),
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
    .normalize = THALNET__KERNEL(normalize),
    .normalize_gradient = THALNET__KERNEL(normalize_gradient),
    .add_row_products = THALNET__KERNEL(add_row_products),
    .lstm_cell = THALNET__KERNEL(lstm_cell),
    .lstm_output = THALNET__KERNEL(lstm_output),
    .lstm_output_gradient = THALNET__KERNEL(lstm_output_gradient),
    .lstm_cell_gradient = THALNET__KERNEL(lstm_cell_gradient),
    .draw = THALNET__KERNEL(draw),
    .zoneout = THALNET__KERNEL(zoneout),
    .zoneout_gradient = THALNET__KERNEL(zoneout_gradient),
    .softmax = THALNET__KERNEL(softmax),
    .cross_entropy = THALNET__KERNEL(cross_entropy),
    .softmax_read = THALNET__KERNEL(softmax_read),
    .softmax_read_gradient = THALNET__KERNEL(softmax_read_gradient),
    .gaussian_shapes = THALNET__KERNEL(gaussian_shapes),
    .gaussian = THALNET__KERNEL(gaussian),
    .gaussian_gradient = THALNET__KERNEL(gaussian_gradient),
    .gaussian_weights = THALNET__KERNEL(gaussian_weights),
    .update = THALNET__KERNEL(update),
    .try_update = THALNET__KERNEL(try_update),
};
