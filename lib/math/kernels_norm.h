/* SPDX-License-Identifier: MIT */
/* Layer normalisation of rows, and an LSTM's gates in two halves around that of its cell; part of kernels_body.h. Equations:
 * docs/design.md. */
#include "core/fault.h"

#define LOAD(from) thalnet__v_load_part((from) + i, part)
#define STORE(to, x) thalnet__v_store_part((to) + i, x, part)
#define ROW(rows) ((rows).at + row * (rows).ld)
#define ONE thalnet__v_set(1)

/* --- rows --- */

/* to = from + base; returns the mean. */
static inline real THALNET__KERNEL(norm_sum)(size_t n, const real *from, const real *base, real *to) {
  thalnet__v sum = thalnet__v_set(0);
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
    const thalnet__v_part part = thalnet__v_first(n - i);
    thalnet__v x = LOAD(from);
    if (base != NULL) x += LOAD(base);
    STORE(to, x);
    sum += x;
  }
  return thalnet__v_sum(sum) / (real)n;
}

/* 1 / sqrt(variance + epsilon); a second pass over the numbers, because the squares' mean less the mean's square loses them all
 * where the mean is large. */
static inline real THALNET__KERNEL(norm_inverse)(size_t n, const real *x, real mean) {
  thalnet__v sum = thalnet__v_set(0);
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
    const thalnet__v_part part = thalnet__v_first(n - i);
    const thalnet__v away = thalnet__v_keep(LOAD(x) - thalnet__v_set(mean), part, thalnet__v_set(0));
    sum += away * away;
  }
  return (real)(1 / sqrt((double)(thalnet__v_sum(sum) / (real)n) + THALNET__NORM_EPSILON));
}

static void THALNET__KERNEL(normalize)(const thalnet__norm *norm) {
  const size_t n = norm->units;
  for (size_t row = 0; row < norm->rows; row++)
    for (size_t block = 0; block < norm->blocks; block++) {
      const real *gain = norm->gain + block * n;
      const real *base = norm->base.at == NULL ? NULL : ROW(norm->base) + block * n;
      real *to = ROW(norm->to) + block * n, *normed = norm->normed.at == NULL ? NULL : ROW(norm->normed) + block * n;
      const real mean = THALNET__KERNEL(norm_sum)(n, ROW(norm->from) + block * n, base, to);
      const real inverse = THALNET__KERNEL(norm_inverse)(n, to, mean);
      for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
        const thalnet__v_part part = thalnet__v_first(n - i);
        const thalnet__v x = (LOAD(to) - thalnet__v_set(mean)) * thalnet__v_set(inverse);
        if (normed != NULL) STORE(normed, x);
        STORE(to, LOAD(gain) * x);
      }
      if (normed != NULL) ROW(norm->inverse)[block] = inverse;
    }
}

static void THALNET__KERNEL(normalize_gradient)(const thalnet__norm_gradient *norm) {
  const size_t n = norm->units;
  const real level = THALNET__FAULT(NORM_MEAN) ? (real)0.99 : 1, bend = THALNET__FAULT(NORM) ? (real)0.99 : 1;
  for (size_t row = 0; row < norm->rows; row++)
    for (size_t block = 0; block < norm->blocks; block++) {
      const real *gain = norm->gain + block * n, *dy = ROW(norm->dy) + block * n;
      const real *normed = ROW(norm->normed) + block * n;
      real *dx = ROW(norm->dx) + block * n;
      thalnet__v sum = thalnet__v_set(0), along = sum;
      for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
        const thalnet__v_part part = thalnet__v_first(n - i);
        const thalnet__v d = LOAD(dy) * LOAD(gain);
        STORE(dx, d);
        sum += d;
        along += d * LOAD(normed);
      }
      const thalnet__v inverse = thalnet__v_set(ROW(norm->inverse)[block]);
      const thalnet__v mean = thalnet__v_set(level * thalnet__v_sum(sum) / (real)n);
      const thalnet__v slope = thalnet__v_set(bend * thalnet__v_sum(along) / (real)n);
      for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
        const thalnet__v_part part = thalnet__v_first(n - i);
        STORE(dx, inverse * (LOAD(dx) - mean - LOAD(normed) * slope));
      }
    }
}

/* Columns stay in a register over all rows. */
static void THALNET__KERNEL(add_row_products)(size_t rows, size_t n, thalnet__const_rows x, thalnet__const_rows z,
                                              real *y) {
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
    const thalnet__v_part part = thalnet__v_first(n - i);
    thalnet__v even = thalnet__v_set(0), odd = even;
    for (size_t row = 0; row < rows; row += 2) {
      even += LOAD(ROW(x)) * LOAD(ROW(z));
      if (row + 1 < rows) odd += LOAD(ROW(x) + x.ld) * LOAD(ROW(z) + z.ld);
    }
    STORE(y, LOAD(y) + (even + odd));
  }
}

/* --- LSTM whose cell is normalised before the output's tanh --- */

static void THALNET__KERNEL(lstm_cell)(const thalnet__gates *g) {
  const size_t n = g->units;
  for (size_t row = 0; row < g->rows; row++) {
    real *gates = ROW(g->gates), *cell = ROW(g->cell);
    const real *base = ROW(g->base), *hidden = ROW(g->hidden), *before = ROW(g->before);
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      const thalnet__v in = thalnet__v_sigmoid(LOAD(gates) + LOAD(hidden) + LOAD(base));
      const thalnet__v forget = thalnet__v_sigmoid(LOAD(gates + n) + LOAD(hidden + n) + LOAD(base + n));
      const thalnet__v candidate = thalnet__v_tanh(LOAD(gates + 2 * n) + LOAD(hidden + 2 * n) + LOAD(base + 2 * n));
      STORE(gates, in);
      STORE(gates + n, forget);
      STORE(gates + 2 * n, candidate);
      STORE(gates + 3 * n, thalnet__v_sigmoid(LOAD(gates + 3 * n) + LOAD(hidden + 3 * n) + LOAD(base + 3 * n)));
      STORE(cell, forget * LOAD(before) + in * candidate);
    }
  }
}

static void THALNET__KERNEL(lstm_output)(const thalnet__gates *g) {
  const size_t n = g->units;
  for (size_t row = 0; row < g->rows; row++) {
    real *gates = ROW(g->gates) + 3 * n, *out = ROW(g->output);
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      const thalnet__v t = thalnet__v_tanh(LOAD(gates + n) + LOAD(g->bias));
      STORE(gates + n, t);
      STORE(out, LOAD(gates) * t);
    }
  }
}

static void THALNET__KERNEL(lstm_output_gradient)(const thalnet__gate_gradients *g, thalnet__rows d_tanh) {
  const size_t n = g->units;
  for (size_t row = 0; row < g->rows; row++) {
    real *gates = ROW(g->gates) + 3 * n, *d = ROW(d_tanh);
    const real *d_output = ROW(g->d_output);
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      const thalnet__v o = LOAD(gates), t = LOAD(gates + n), dh = LOAD(d_output);
      STORE(gates, dh * t * o * (ONE - o));
      STORE(d, dh * o * (ONE - t * t));
    }
  }
}

static void THALNET__KERNEL(lstm_cell_gradient)(const thalnet__gate_gradients *g) {
  const size_t n = g->units;
  const thalnet__v later = thalnet__v_set(THALNET__FAULT(CELL) ? 0 : 1);
  for (size_t row = 0; row < g->rows; row++) {
    real *gates = ROW(g->gates), *d_before = ROW(g->d_before);
    const real *d_cell = ROW(g->d_cell), *before = ROW(g->before);
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      const thalnet__v in = LOAD(gates), forget = LOAD(gates + n), candidate = LOAD(gates + 2 * n);
      const thalnet__v dc = later * LOAD(d_cell) + LOAD(gates + 4 * n);
      STORE(gates, dc * candidate * in * (ONE - in));
      STORE(gates + n, dc * LOAD(before) * forget * (ONE - forget));
      STORE(gates + 2 * n, dc * in * (ONE - candidate * candidate));
      STORE(d_before, dc * forget);
    }
  }
}

#undef LOAD
#undef STORE
#undef ROW
#undef ONE
