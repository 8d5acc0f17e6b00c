/* SPDX-License-Identifier: MIT */
/* All work on numbers, one table per instruction set. No two pointer arguments may overlap unless a line says so. */
#ifndef THALNET_MATH_KERNELS_H
#define THALNET_MATH_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "core/random.h"
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
/* Gradients with fewer numbers never use it. */
enum { THALNET__PRODUCT_LARGE = 1 << 16 };

/* Gates of a recurrent layer for `rows` sequences. In a row the blocks of `units` numbers lie side by side; they come in as
 * products, leave as the gates' values, and backward turns them into the gradients before the gates. base: what does not
 * depend on the recurrence, biases included. */
typedef struct thalnet__gates {
  size_t rows, units;
  thalnet__rows gates;      /* GRU: n, r, z, and W_hn h + b_hn or r h; LSTM: i, f, g, o, tanh(c) */
  thalnet__const_rows base; /* of all blocks but the last */
  thalnet__const_rows
      hidden;       /* products of the hidden state: GRU r, z, and with reset after W_hn h; LSTM: i, f, g, o */
  const real *bias; /* b_hn, where the reset gate comes after the product; of the normalised cell */
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

/* Layer normalisation (Ba, Kiros, Hinton 2016) of blocks of `units` numbers that lie side by side in a row, each by itself:
 * to = gain x^, x^ = (x - mean(x)) / sqrt(variance(x) + THALNET__NORM_EPSILON), x = from + base. */
#define THALNET__NORM_EPSILON 1e-5
typedef struct thalnet__norm {
  size_t rows, units, blocks;
  thalnet__const_rows base; /* at NULL: nothing is added */
  thalnet__const_rows from;
  thalnet__rows to;      /* may be from */
  const real *gain;      /* [blocks units] */
  thalnet__rows normed;  /* x^, which backward wants; at NULL: not kept */
  thalnet__rows inverse; /* [rows, blocks]: 1 / sqrt(...), kept with x^ */
} thalnet__norm;

typedef struct thalnet__norm_gradient {
  size_t rows, units, blocks;
  thalnet__const_rows dy, normed, inverse;
  const real *gain;
  thalnet__rows dx; /* written */
} thalnet__norm_gradient;

/* Softmax weights over the center for some contexts: `rows` times [contexts, center] logits, and what they read, [rows,
 * center]. */
typedef struct thalnet__softmaxes {
  size_t rows, contexts, center;
  real *logits;     /* products, before the bias */
  const real *bias; /* [contexts, center] */
  const real *phi;
} thalnet__softmaxes;

/* Gaussian weights over the center for some contexts: means, variances and slopes are [rows, contexts], ld from row to row. */
typedef struct thalnet__gaussians {
  size_t rows, contexts, center;
  int normalize;
  real unit;             /* of means and deviations */
  real *mean, *variance; /* see gaussian_shapes */
  real *slope;           /* the variance's derivative by its softplus' argument */
  size_t ld;
  const real *phi; /* [rows, center] */
} thalnet__gaussians;

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
  real average;                  /* share of the new weight in the average */
} thalnet__update;

/* What an optimizer has of some parameters. */
typedef struct thalnet__moments {
  const real *gradient;
  real *first, *second; /* second: NULL for SGD */
  real *parameter;
  real *average; /* NULL: none is kept */
} thalnet__moments;

/* One label of n: the target is (1 - smoothing) one-hot + smoothing / n. */
typedef struct thalnet__label {
  size_t number;
  real smoothing; /* in [0, 1) */
  real scale;     /* of the gradient */
} thalnet__label;

typedef struct thalnet__kernels {
  /* Our own products, or NULL: CBLAS is used (math/matrix.h has the rule). B is packed in panels of `panel` columns
   * (half of it, where that is all), whose last one is filled up with zeros; transposed: A is given by columns (a_row is 1), B is any matrix, C += A B. */
  size_t panel;
  void (*multiply)(const thalnet__product *product);
  void (*multiply_transposed)(const thalnet__product *product);

  /* y += x */
  void (*add)(size_t n, const real *x, real *y);
  /* y = x factors; y may be x */
  void (*mask)(size_t n, const real *factors, const real *x, real *y);
  /* y += x factors; x = 0 */
  void (*add_masked)(size_t n, const real *factors, real *x, real *y);
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

  void (*normalize)(const thalnet__norm *norm);
  void (*normalize_gradient)(const thalnet__norm_gradient *norm);
  /* y += the sum of the rows of x times those of z, number by number */
  void (*add_row_products)(size_t rows, size_t n, thalnet__const_rows x, thalnet__const_rows z, real *y);
  /* LSTM in two halves around the normalisation of its cell, from `cell` to the last block of the gates. The second adds
   * `bias`; backward, it gives the gradient of what its tanh took, and the first finds in the last block what has come of
   * that. */
  void (*lstm_cell)(const thalnet__gates *gates);
  void (*lstm_output)(const thalnet__gates *gates);
  void (*lstm_output_gradient)(const thalnet__gate_gradients *gates, thalnet__rows d_tanh);
  void (*lstm_cell_gradient)(const thalnet__gate_gradients *gates);

  /* 1 with probability `rate`, else 0: whether numbers `first` on of sequence `id` (thalnet__random_uniform) are below it. */
  void (*draw)(const thalnet__random *random, uint64_t id, uint64_t first, size_t n, real rate, real *drawn);
  /* Zoneout: y = keep before + (1 - keep) y; exact where keep is 0 or 1. */
  void (*zoneout)(size_t n, const real *keep, const real *before, real *y);
  /* d_new = (1 - keep) d, d_before = keep d */
  void (*zoneout_gradient)(size_t n, const real *keep, const real *d, real *d_new, real *d_before);

  /* w = softmax(logits); w may be logits. */
  void (*softmax)(size_t n, const real *logits, real *w);
  /* The cross entropy of softmax(values) with the label's target (see thalnet__label); gradient (NULL: not wanted) =
   * scale (softmax(values) - target); *correct: whether the label is the first of the largest values. */
  double (*cross_entropy)(size_t n, const real *values, const thalnet__label *label, real *gradient, int *correct);

  /* What softmaxes read; the logits are used up. */
  void (*softmax_read)(const thalnet__softmaxes *softmaxes, thalnet__rows context);
  /* The logits become their gradients; d_phi [rows, center] += */
  void (*softmax_read_gradient)(const thalnet__softmaxes *softmaxes, thalnet__const_rows d_context, real *d_phi);

  /* Means, variances and slopes from products: mean = unit (mean + bias), variance = unit^2 softplus(variance + bias) + 1/4. */
  void (*gaussian_shapes)(const thalnet__gaussians *gaussians, const real *mean_bias, const real *variance_bias);
  /* What is read with the weights N(k + 1; mean, variance), or with those divided by their sum. */
  void (*gaussian)(const thalnet__gaussians *gaussians, thalnet__rows context);
  /* Means and variances become the gradients of what gaussian_shapes took; d_phi [rows, center] += */
  void (*gaussian_gradient)(const thalnet__gaussians *gaussians, thalnet__const_rows d_context, real *d_phi);
  /* w [contexts, center]: a row's weights */
  void (*gaussian_weights)(const thalnet__gaussians *gaussians, size_t row, real *w);

  /* An optimizer's step for n parameters; kind: THALNET_SGD and so on. */
  void (*update)(int32_t kind, size_t n, const thalnet__update *update, const thalnet__moments *moments);
  /* Changes nothing; the largest |parameter| that the step would lead to, NaN if anything would not be finite. */
  real (*try_update)(int32_t kind, size_t n, const thalnet__update *update, const thalnet__moments *moments);
} thalnet__kernels;

/* The table for this machine: the same one in every call. */
const thalnet__kernels *thalnet__kernels_get(void);

extern const thalnet__kernels thalnet__kernels_portable;
#ifdef THALNET_KERNELS_X86
extern const thalnet__kernels thalnet__kernels_avx2;
extern const thalnet__kernels thalnet__kernels_avx512;
#endif

#endif
