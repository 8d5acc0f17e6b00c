/* SPDX-License-Identifier: MIT */
/* All work on numbers, one table per instruction set. No two pointer arguments may overlap unless a line says so. */
#ifndef THALNET_MATH_KERNELS_H
#define THALNET_MATH_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "core/real.h"

/* A matrix inside a larger one: ld elements from row to row. */
typedef struct thalnet__rows {
  real *at;
  size_t ld;
} thalnet__rows;

typedef struct thalnet__const_rows {
  const real *at;
  size_t ld; /* 0: all rows are the same */
} thalnet__const_rows;

static inline thalnet__const_rows thalnet__const_view(thalnet__rows rows) {
  return (thalnet__const_rows){rows.at, rows.ld};
}

/* C [rows, columns] = A [rows, depth] B [depth, columns], or C += it; A's element (i, k) is a[i a_row + k a_step]. */
typedef struct thalnet__product {
  size_t rows, columns, depth;
  const real *a;
  size_t a_row, a_step;
  const real *b;
  size_t b_step;  /* from one k to the next */
  size_t b_panel; /* packed: from one panel of columns to the next */
  real *c;
  size_t c_row;
  int accumulate;
  real *scratch; /* transposed: THALNET__PRODUCT_SCRATCH numbers, or NULL */
} thalnet__product;

enum { THALNET__PRODUCT_SCRATCH = 256 * (16 * 14 + 32) };

/* Gates of a recurrent layer for `rows` sequences. In a row the blocks of `units` numbers lie side by side; they come in as
 * products, leave as the gates' values, and backward turns them into the gradients before the gates. base: what does not
 * depend on the recurrence, biases included. */
typedef struct thalnet__gates {
  size_t rows, units;
  thalnet__rows gates;        /* GRU: n, r, z, and W_hn h + b_hn or r h; LSTM: i, f, g, o, tanh(c) */
  thalnet__const_rows base;   /* of all blocks but the last */
  const real *bias;           /* b_hn, where the reset gate comes after the product */
  thalnet__const_rows before; /* hidden state, or LSTM: cell */
  thalnet__rows output;       /* hidden state */
  thalnet__rows cell;         /* LSTM */
} thalnet__gates;

typedef struct thalnet__gate_gradients {
  size_t rows, units;
  thalnet__rows gates; /* in place */
  thalnet__const_rows before;
  thalnet__const_rows d_output, d_cell; /* of the hidden state and the cell, from everything later */
  thalnet__rows d_before;               /* of `before`; written, but for what goes through the products */
  thalnet__const_rows d_reset;          /* reset before: of r h */
} thalnet__gate_gradients;

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
  /* Our own products, or NULL: CBLAS is used (math/matrix.h has the rule). B is packed in panels of `panel` columns
   * (half of it, where that is all), whose last one is filled up with zeros; transposed: A is given by columns (a_row is 1), B is any matrix, C += A B. */
  size_t panel;
  void (*multiply)(const thalnet__product *product);
  void (*multiply_transposed)(const thalnet__product *product);

  /* y += x */
  void (*add)(size_t n, const real *x, real *y);
  real (*dot)(size_t n, const real *x, const real *y);
  double (*dot_double)(size_t n, const real *x, const real *y); /* summed in double */
  /* y += the sum of the rows */
  void (*add_rows)(size_t rows, size_t n, thalnet__const_rows x, real *y);

  /* y = activation(base + y); activation: THALNET_IDENTITY and so on. */
  void (*activate)(int32_t activation, size_t rows, size_t n, thalnet__const_rows base, thalnet__rows y);
  /* dg = dy * activation'(y), from the activation's value */
  void (*activation_gradient)(int32_t activation, size_t rows, size_t n, thalnet__const_rows y, thalnet__const_rows dy,
                              thalnet__rows dg);

  /* GRU with reset after the product, and with reset before it in two halves around W_hn (r h). */
  void (*gru_after)(const thalnet__gates *gates);
  void (*gru_after_gradient)(const thalnet__gate_gradients *gates);
  void (*gru_before_gates)(const thalnet__gates *gates);
  void (*gru_before_output)(const thalnet__gates *gates);
  void (*gru_before_gradient)(const thalnet__gate_gradients *gates);
  void (*gru_before_gradient_reset)(const thalnet__gate_gradients *gates);
  void (*lstm)(const thalnet__gates *gates);
  void (*lstm_gradient)(const thalnet__gate_gradients *gates);

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
