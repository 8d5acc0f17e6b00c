/* SPDX-License-Identifier: MIT */
/* Gates of GRU and LSTM, forward and backward, each in one pass; part of kernels_body.h. Equations: docs/design.md. */
#include "core/fault.h"

static void THALNET__KERNEL(gru_after)(size_t n, const real *restrict base, const real *restrict gi,
                                       const real *restrict gh, const real *restrict bias_hh, const real *restrict h,
                                       real *restrict kept, real *restrict out) {
  for (size_t i = 0; i < n; i++) {
    real r = thalnet__sigmoid(base[i] + gi[i] + (gh[i] + bias_hh[i]));
    real z = thalnet__sigmoid(base[n + i] + gi[n + i] + (gh[n + i] + bias_hh[n + i]));
    real q = gh[2 * n + i] + bias_hh[2 * n + i];
    real c = thalnet__tanh(base[2 * n + i] + gi[2 * n + i] + r * q);
    kept[i] = r;
    kept[n + i] = z;
    kept[2 * n + i] = c;
    kept[3 * n + i] = q;
    out[i] = c + z * (h[i] - c);
  }
}

static void THALNET__KERNEL(gru_after_gradient)(size_t n, const real *restrict kept, const real *restrict h,
                                                const real *restrict dh, real *restrict dgi, real *restrict dgh,
                                                real *restrict dh_before) {
  const real z_term = THALNET__FAULT(SCALE_TERM) ? (real)1.001 : 1;
  for (size_t i = 0; i < n; i++) {
    real r = kept[i], z = kept[n + i], c = kept[2 * n + i], q = kept[3 * n + i];
    real dc = dh[i] * (1 - z) * (1 - c * c);
    real dr = dc * q * r * (1 - r);
    real dz = dh[i] * (h[i] - c) * z * (1 - z) * z_term;
    dgi[i] = dr;
    dgi[n + i] = dz;
    dgi[2 * n + i] = dc;
    dgh[i] = dr;
    dgh[n + i] = dz;
    dgh[2 * n + i] = dc * r;
    dh_before[i] = dh[i] * z;
  }
}

static void THALNET__KERNEL(gru_before_gates)(size_t n, const real *restrict base, const real *restrict gi,
                                              const real *restrict gh, const real *restrict bias_hh,
                                              const real *restrict h, real *restrict kept) {
  for (size_t i = 0; i < n; i++) {
    real r = thalnet__sigmoid(base[i] + gi[i] + (gh[i] + bias_hh[i]));
    kept[i] = r;
    kept[n + i] = thalnet__sigmoid(base[n + i] + gi[n + i] + (gh[n + i] + bias_hh[n + i]));
    kept[3 * n + i] = r * h[i];
  }
}

static void THALNET__KERNEL(gru_before_output)(size_t n, const real *restrict base, const real *restrict gi,
                                               const real *restrict gn, const real *restrict bias_hh,
                                               const real *restrict h, real *restrict kept, real *restrict out) {
  for (size_t i = 0; i < n; i++) {
    real z = kept[n + i];
    real c = thalnet__tanh(base[2 * n + i] + gi[2 * n + i] + (gn[i] + bias_hh[2 * n + i]));
    kept[2 * n + i] = c;
    out[i] = c + z * (h[i] - c);
  }
}

static void THALNET__KERNEL(gru_before_gradient)(size_t n, const real *restrict kept, const real *restrict h,
                                                 const real *restrict dh, real *restrict dg, real *restrict dh_before) {
  const real z_term = THALNET__FAULT(SCALE_TERM) ? (real)1.001 : 1;
  for (size_t i = 0; i < n; i++) {
    real z = kept[n + i], c = kept[2 * n + i];
    dg[n + i] = dh[i] * (h[i] - c) * z * (1 - z) * z_term;
    dg[2 * n + i] = dh[i] * (1 - z) * (1 - c * c);
    dh_before[i] = dh[i] * z;
  }
}

static void THALNET__KERNEL(gru_before_gradient_reset)(size_t n, const real *restrict kept, const real *restrict h,
                                                       const real *restrict drh, real *restrict dg,
                                                       real *restrict dh_before) {
  for (size_t i = 0; i < n; i++) {
    real r = kept[i];
    dg[i] = drh[i] * h[i] * r * (1 - r);
    dh_before[i] += drh[i] * r;
  }
}

static void THALNET__KERNEL(lstm)(size_t n, const real *restrict base, const real *restrict gi, const real *restrict gh,
                                  const real *restrict bias_hh, const real *restrict c_before, real *restrict kept,
                                  real *restrict c, real *restrict h) {
  for (size_t j = 0; j < n; j++) {
    real i = thalnet__sigmoid(base[j] + gi[j] + (gh[j] + bias_hh[j]));
    real f = thalnet__sigmoid(base[n + j] + gi[n + j] + (gh[n + j] + bias_hh[n + j]));
    real g = thalnet__tanh(base[2 * n + j] + gi[2 * n + j] + (gh[2 * n + j] + bias_hh[2 * n + j]));
    real o = thalnet__sigmoid(base[3 * n + j] + gi[3 * n + j] + (gh[3 * n + j] + bias_hh[3 * n + j]));
    real cell = f * c_before[j] + i * g;
    real t = thalnet__tanh(cell);
    kept[j] = i;
    kept[n + j] = f;
    kept[2 * n + j] = g;
    kept[3 * n + j] = o;
    kept[4 * n + j] = t;
    c[j] = cell;
    h[j] = o * t;
  }
}

static void THALNET__KERNEL(lstm_gradient)(size_t n, const real *restrict kept, const real *restrict c_before,
                                           const real *restrict dh, const real *restrict dc, real *restrict dg,
                                           real *restrict dc_before) {
  const real later = THALNET__FAULT(CELL) ? 0 : 1;
  for (size_t j = 0; j < n; j++) {
    real i = kept[j], f = kept[n + j], g = kept[2 * n + j], o = kept[3 * n + j], t = kept[4 * n + j];
    real dcell = later * dc[j] + dh[j] * o * (1 - t * t);
    dg[j] = dcell * g * i * (1 - i);
    dg[n + j] = dcell * c_before[j] * f * (1 - f);
    dg[2 * n + j] = dcell * i * (1 - g * g);
    dg[3 * n + j] = dh[j] * t * o * (1 - o);
    dc_before[j] = dcell * f;
  }
}
