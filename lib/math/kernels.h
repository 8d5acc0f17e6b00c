/* SPDX-License-Identifier: MIT */
/* Element-wise work, one table per instruction set. All functions handle one row (or any n numbers); no two pointer arguments
 * may overlap unless a line says so. */
#ifndef THALNET_MATH_KERNELS_H
#define THALNET_MATH_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "core/real.h"

/* The numbers of one update of a parameter; see train/optimizer.h. */
typedef struct thalnet__update {
  real scale;     /* of the gradient: clipping */
  real rate;      /* of this step */
  real decay;     /* weight decay, 0 where the tensor has none */
  real decoupled; /* AdamW: rate * decay, else 0 */
  real momentum;
  real beta1, beta2; /* beta2: smoothing of RMSProp */
  real epsilon;
  real correction1, correction2; /* 1 / (1 - beta^t) */
} thalnet__update;

typedef struct thalnet__kernels {
  /* y += x */
  void (*add)(size_t n, const real *x, real *y);
  real (*dot)(size_t n, const real *x, const real *y);

  /* y = activation(base + product); activation: THALNET_IDENTITY and so on. y may be product. */
  void (*activate)(int32_t activation, size_t n, const real *base, const real *product, real *y);
  /* dg = dy * activation'(y), from the activation's value */
  void (*activation_gradient)(int32_t activation, size_t n, const real *y, const real *dy, real *dg);

  /* GRU with reset after the product. base [3n]: input projections and b_ih; gi [3n]: products of the layer below or the
   * context; gh [3n]: W_hh h; kept [4n]: r, z, n, W_hn h + b_hn. */
  void (*gru_after)(size_t n, const real *base, const real *gi, const real *gh, const real *bias_hh, const real *h,
                    real *kept, real *out);
  /* dgi, dgh [3n]: gradients before the gates on the input's and the hidden state's side; dh_before: written. */
  void (*gru_after_gradient)(size_t n, const real *kept, const real *h, const real *dh, real *dgi, real *dgh,
                             real *dh_before);

  /* GRU with reset before the product, in two halves around W_hn (r h). kept [4n]: r, z, n, r h. */
  void (*gru_before_gates)(size_t n, const real *base, const real *gi, const real *gh, const real *bias_hh,
                           const real *h, real *kept);
  void (*gru_before_output)(size_t n, const real *base, const real *gi, const real *gn, const real *bias_hh,
                            const real *h, real *kept, real *out);
  /* dg [3n]: z and n parts from dh; dh_before written with the direct path */
  void (*gru_before_gradient)(size_t n, const real *kept, const real *h, const real *dh, real *dg, real *dh_before);
  /* the r part of dg from the gradient of r h; dh_before += through r h */
  void (*gru_before_gradient_reset)(size_t n, const real *kept, const real *h, const real *drh, real *dg,
                                    real *dh_before);

  /* LSTM. kept [5n]: i, f, g, o, tanh(c). */
  void (*lstm)(size_t n, const real *base, const real *gi, const real *gh, const real *bias_hh, const real *c_before,
               real *kept, real *c, real *h);
  /* dc: gradient of the cell from later steps; dg [4n]; dc_before written */
  void (*lstm_gradient)(size_t n, const real *kept, const real *c_before, const real *dh, const real *dc, real *dg,
                        real *dc_before);

  /* w = softmax(logits); w may be logits. */
  void (*softmax)(size_t n, const real *logits, real *w);
  /* dlogits = w * (dw - sum(w dw)) */
  void (*softmax_gradient)(size_t n, const real *w, const real *dw, real *dlogits);
  /* log of the sum of exp(logits), in double */
  double (*log_sum_exp)(size_t n, const real *logits);

  /* w[k] = N(k + 1; mean, variance), or divided by their sum. */
  void (*gaussian)(size_t n, real mean, real variance, int normalize, real *w);
  /* gradients of mean and variance from dw. */
  void (*gaussian_gradient)(size_t n, real mean, real variance, int normalize, const real *w, const real *dw,
                            real *dmean, real *dvariance);

  /* Optimizer rules over n parameters. */
  void (*sgd)(size_t n, const thalnet__update *update, const real *g, real *m, real *w);
  void (*rmsprop)(size_t n, const thalnet__update *update, const real *g, real *m, real *v, real *w);
  void (*adam)(size_t n, const thalnet__update *update, const real *g, real *m, real *v, real *w);
} thalnet__kernels;

/* The table for this machine: the same one in every call. */
const thalnet__kernels *thalnet__kernels_get(void);

extern const thalnet__kernels thalnet__kernels_portable;
#ifdef THALNET_KERNELS_X86
extern const thalnet__kernels thalnet__kernels_avx2;
extern const thalnet__kernels thalnet__kernels_avx512;
#endif

#endif
