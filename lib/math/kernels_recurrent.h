/* SPDX-License-Identifier: MIT */
/* Activations, and the gates of GRU and LSTM, forward and backward, each in one pass; part of kernels_body.h. Equations:
 * docs/design.md. Gate blocks in a row: see thalnet__gates. */
#include <thalnet/module.h>

#include "core/fault.h"

/* The vector at number i of a row that `part` has of it. */
#define LOAD(from) thalnet__v_load_part((from) + i, part)
#define STORE(to, x) thalnet__v_store_part((to) + i, x, part)
#define ROW(rows) ((rows).at + row * (rows).ld)
#define ONE thalnet__v_set(1)

/* --- dense --- */

THALNET__INLINE thalnet__v THALNET__KERNEL(value)(const int32_t activation, thalnet__v x) {
  const thalnet__v zero = thalnet__v_set(0);
  switch (activation) {
  case THALNET_RELU: return thalnet__v_below(x, zero, zero, x); /* NaN stays NaN */
  case THALNET_TANH: return thalnet__v_tanh(x);
  case THALNET_SIGMOID: return thalnet__v_sigmoid(x);
  default: return x;
  }
}

THALNET__INLINE thalnet__v THALNET__KERNEL(slope)(const int32_t activation, thalnet__v y) {
  const thalnet__v zero = thalnet__v_set(0);
  switch (activation) {
  case THALNET_RELU: return thalnet__v_below(zero, y, ONE, zero);
  case THALNET_TANH: return ONE - y * y;
  case THALNET_SIGMOID: return y * (ONE - y);
  default: return ONE;
  }
}

THALNET__INLINE void THALNET__KERNEL(activate_all)(const int32_t activation, size_t rows, size_t n,
                                                   thalnet__const_rows base, thalnet__rows y) {
  for (size_t row = 0; row < rows; row++)
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      STORE(ROW(y), THALNET__KERNEL(value)(activation, LOAD(ROW(base)) + LOAD(ROW(y))));
    }
}

static void THALNET__KERNEL(activate)(int32_t activation, size_t rows, size_t n, thalnet__const_rows base,
                                      thalnet__rows y) {
  switch (activation) {
  case THALNET_RELU: THALNET__KERNEL(activate_all)(THALNET_RELU, rows, n, base, y); break;
  case THALNET_TANH: THALNET__KERNEL(activate_all)(THALNET_TANH, rows, n, base, y); break;
  case THALNET_SIGMOID: THALNET__KERNEL(activate_all)(THALNET_SIGMOID, rows, n, base, y); break;
  default: THALNET__KERNEL(activate_all)(THALNET_IDENTITY, rows, n, base, y);
  }
}

THALNET__INLINE void THALNET__KERNEL(slopes)(const int32_t activation, size_t rows, size_t n, thalnet__const_rows y,
                                             thalnet__const_rows dy, thalnet__rows dg) {
  for (size_t row = 0; row < rows; row++)
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      STORE(ROW(dg), LOAD(ROW(dy)) * THALNET__KERNEL(slope)(activation, LOAD(ROW(y))));
    }
}

static void THALNET__KERNEL(activation_gradient)(int32_t activation, size_t rows, size_t n, thalnet__const_rows y,
                                                 thalnet__const_rows dy, thalnet__rows dg) {
  switch (activation) {
  case THALNET_RELU: THALNET__KERNEL(slopes)(THALNET_RELU, rows, n, y, dy, dg); break;
  case THALNET_TANH: THALNET__KERNEL(slopes)(THALNET_TANH, rows, n, y, dy, dg); break;
  case THALNET_SIGMOID: THALNET__KERNEL(slopes)(THALNET_SIGMOID, rows, n, y, dy, dg); break;
  default: THALNET__KERNEL(slopes)(THALNET_IDENTITY, rows, n, y, dy, dg);
  }
}

/* --- GRU --- */

static void THALNET__KERNEL(gru_after)(const thalnet__gates *g) {
  const size_t n = g->units;
  for (size_t row = 0; row < g->rows; row++) {
    real *gates = ROW(g->gates), *out = ROW(g->output);
    const real *base = ROW(g->base), *hidden = ROW(g->hidden), *before = ROW(g->before);
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      const thalnet__v r = thalnet__v_sigmoid(LOAD(gates + n) + LOAD(hidden) + LOAD(base + n));
      const thalnet__v z = thalnet__v_sigmoid(LOAD(gates + 2 * n) + LOAD(hidden + n) + LOAD(base + 2 * n));
      const thalnet__v q = LOAD(hidden + 2 * n) + LOAD(g->bias);
      const thalnet__v c = thalnet__v_tanh(LOAD(gates) + LOAD(base) + r * q);
      STORE(gates, c);
      STORE(gates + n, r);
      STORE(gates + 2 * n, z);
      STORE(gates + 3 * n, q);
      STORE(out, c + z * (LOAD(before) - c));
    }
  }
}

static void THALNET__KERNEL(gru_after_gradient)(const thalnet__gate_gradients *g) {
  const size_t n = g->units;
  const thalnet__v z_term = thalnet__v_set(THALNET__FAULT(SCALE_TERM) ? (real)1.001 : 1);
  for (size_t row = 0; row < g->rows; row++) {
    real *gates = ROW(g->gates), *d_before = ROW(g->d_before);
    const real *d_output = ROW(g->d_output), *before = ROW(g->before);
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      const thalnet__v c = LOAD(gates), r = LOAD(gates + n), z = LOAD(gates + 2 * n), q = LOAD(gates + 3 * n);
      const thalnet__v dh = LOAD(d_output);
      const thalnet__v dc = dh * (ONE - z) * (ONE - c * c);
      STORE(gates, dc);
      STORE(gates + n, dc * q * r * (ONE - r));
      STORE(gates + 2 * n, z_term * (dh * (LOAD(before) - c) * z * (ONE - z)));
      STORE(gates + 3 * n, dc * r);
      STORE(d_before, dh * z);
    }
  }
}

static void THALNET__KERNEL(gru_before_gates)(const thalnet__gates *g) {
  const size_t n = g->units;
  for (size_t row = 0; row < g->rows; row++) {
    real *gates = ROW(g->gates);
    const real *base = ROW(g->base), *hidden = ROW(g->hidden), *before = ROW(g->before);
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      const thalnet__v r = thalnet__v_sigmoid(LOAD(gates + n) + LOAD(hidden) + LOAD(base + n));
      STORE(gates + n, r);
      STORE(gates + 2 * n, thalnet__v_sigmoid(LOAD(gates + 2 * n) + LOAD(hidden + n) + LOAD(base + 2 * n)));
      STORE(gates + 3 * n, r * LOAD(before));
    }
  }
}

static void THALNET__KERNEL(gru_before_output)(const thalnet__gates *g) {
  const size_t n = g->units;
  for (size_t row = 0; row < g->rows; row++) {
    real *gates = ROW(g->gates), *out = ROW(g->output);
    const real *base = ROW(g->base), *before = ROW(g->before);
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      const thalnet__v c = thalnet__v_tanh(LOAD(gates) + LOAD(base));
      STORE(gates, c);
      STORE(out, c + LOAD(gates + 2 * n) * (LOAD(before) - c));
    }
  }
}

static void THALNET__KERNEL(gru_before_gradient)(const thalnet__gate_gradients *g) {
  const size_t n = g->units;
  const thalnet__v z_term = thalnet__v_set(THALNET__FAULT(SCALE_TERM) ? (real)1.001 : 1);
  for (size_t row = 0; row < g->rows; row++) {
    real *gates = ROW(g->gates), *d_before = ROW(g->d_before);
    const real *d_output = ROW(g->d_output), *before = ROW(g->before);
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      const thalnet__v c = LOAD(gates), z = LOAD(gates + 2 * n), dh = LOAD(d_output);
      STORE(gates, dh * (ONE - z) * (ONE - c * c));
      STORE(gates + 2 * n, z_term * (dh * (LOAD(before) - c) * z * (ONE - z)));
      STORE(d_before, dh * z);
    }
  }
}

/* The r part from the gradient of r h, and what goes through it to the hidden state. */
static void THALNET__KERNEL(gru_before_gradient_reset)(const thalnet__gate_gradients *g) {
  const size_t n = g->units;
  for (size_t row = 0; row < g->rows; row++) {
    real *gates = ROW(g->gates) + n, *d_before = ROW(g->d_before);
    const real *d_reset = ROW(g->d_reset), *before = ROW(g->before);
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      const thalnet__v r = LOAD(gates), d = LOAD(d_reset);
      STORE(gates, d * LOAD(before) * r * (ONE - r));
      STORE(d_before, LOAD(d_before) + d * r);
    }
  }
}

/* --- LSTM --- */

static void THALNET__KERNEL(lstm)(const thalnet__gates *g) {
  const size_t n = g->units;
  for (size_t row = 0; row < g->rows; row++) {
    real *gates = ROW(g->gates), *cell = ROW(g->cell), *out = ROW(g->output);
    const real *base = ROW(g->base), *hidden = ROW(g->hidden), *before = ROW(g->before);
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      const thalnet__v in = thalnet__v_sigmoid(LOAD(gates) + LOAD(hidden) + LOAD(base));
      const thalnet__v forget = thalnet__v_sigmoid(LOAD(gates + n) + LOAD(hidden + n) + LOAD(base + n));
      const thalnet__v candidate = thalnet__v_tanh(LOAD(gates + 2 * n) + LOAD(hidden + 2 * n) + LOAD(base + 2 * n));
      const thalnet__v o = thalnet__v_sigmoid(LOAD(gates + 3 * n) + LOAD(hidden + 3 * n) + LOAD(base + 3 * n));
      const thalnet__v c = forget * LOAD(before) + in * candidate, t = thalnet__v_tanh(c);
      STORE(gates, in);
      STORE(gates + n, forget);
      STORE(gates + 2 * n, candidate);
      STORE(gates + 3 * n, o);
      STORE(gates + 4 * n, t);
      STORE(cell, c);
      STORE(out, o * t);
    }
  }
}

static void THALNET__KERNEL(lstm_gradient)(const thalnet__gate_gradients *g) {
  const size_t n = g->units;
  const thalnet__v later = thalnet__v_set(THALNET__FAULT(CELL) ? 0 : 1);
  for (size_t row = 0; row < g->rows; row++) {
    real *gates = ROW(g->gates), *d_before = ROW(g->d_before);
    const real *d_output = ROW(g->d_output), *d_cell = ROW(g->d_cell), *before = ROW(g->before);
    for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
      const thalnet__v_part part = thalnet__v_first(n - i);
      const thalnet__v in = LOAD(gates), forget = LOAD(gates + n), candidate = LOAD(gates + 2 * n);
      const thalnet__v o = LOAD(gates + 3 * n), t = LOAD(gates + 4 * n), dh = LOAD(d_output);
      const thalnet__v dc = later * LOAD(d_cell) + dh * o * (ONE - t * t);
      STORE(gates, dc * candidate * in * (ONE - in));
      STORE(gates + n, dc * LOAD(before) * forget * (ONE - forget));
      STORE(gates + 2 * n, dc * in * (ONE - candidate * candidate));
      STORE(gates + 3 * n, dh * t * o * (ONE - o));
      STORE(d_before, dc * forget);
    }
  }
}

/* --- zoneout --- */

static void THALNET__KERNEL(zoneout)(size_t n, const real *keep, const real *before, real *y) {
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
    const thalnet__v_part part = thalnet__v_first(n - i);
    const thalnet__v k = LOAD(keep);
    STORE(y, k * LOAD(before) + (ONE - k) * LOAD(y));
  }
}

static void THALNET__KERNEL(zoneout_gradient)(size_t n, const real *keep, const real *d, real *d_new, real *d_before) {
  for (size_t i = 0; i < n; i += THALNET__V_WIDTH) {
    const thalnet__v_part part = thalnet__v_first(n - i);
    const thalnet__v k = LOAD(keep), all = LOAD(d);
    STORE(d_new, (ONE - k) * all);
    STORE(d_before, k * all);
  }
}

#undef LOAD
#undef STORE
#undef ROW
#undef ONE
