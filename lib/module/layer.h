/* SPDX-License-Identifier: MIT */
/* One layer of a module, behind one interface for dense, GRU and LSTM.
 *
 * A layer's input columns are [task inputs | the rest]: what does not change within a step's recurrence (task inputs, their
 * bias) arrives as `base`, multiplied before the time loop; the rest (the context, or the layer below) is multiplied here.
 * The weight gradients of the input's side are made after the loop from dgi, those of the hidden side by hidden_gradients. */
#ifndef THALNET_MODULE_LAYER_H
#define THALNET_MODULE_LAYER_H

#include <stddef.h>
#include <stdint.h>

#include "core/real.h"
#include "math/kernels.h"

typedef struct thalnet__layer_kind thalnet__layer_kind;

typedef struct thalnet__layer {
  const thalnet__layer_kind *kind;
  int32_t variant;           /* dense: activation; GRU: reset */
  size_t units;              /* n */
  size_t inputs;             /* columns of the input weights */
  size_t task_columns;       /* of them, the first ones: task inputs */
  size_t weight_ih, bias_ih; /* places in the parameter block: [gates n, inputs], [gates n] */
  size_t weight_hh, bias_hh; /* recurrent kinds: [gates n, n], [gates n] */
} thalnet__layer;

/* A matrix inside a larger one: ld elements from row to row. */
typedef struct thalnet__rows {
  real *at;
  size_t ld;
} thalnet__rows;

typedef struct thalnet__const_rows {
  const real *at;
  size_t ld;
} thalnet__const_rows;

typedef struct thalnet__layer_step {
  const thalnet__kernels *kernels;
  const real *parameters;
  size_t rows;
  thalnet__const_rows base;          /* [rows, gates n]; ld 0: the bias alone, for every row */
  thalnet__const_rows input;         /* [rows, inputs - task_columns] */
  thalnet__const_rows hidden_before; /* [rows, n], recurrent kinds */
  thalnet__const_rows cell_before;   /* [rows, n], LSTM */
  thalnet__rows output;              /* [rows, n]: y, or h */
  thalnet__rows cell;                /* [rows, n], LSTM */
  real *kept;                        /* [rows, kept n]: what backward wants beside the output */
  real *scratch;                     /* [rows, 2 gates n] */
} thalnet__layer_step;

typedef struct thalnet__layer_gradient {
  thalnet__const_rows d_output;  /* [rows, n] */
  thalnet__const_rows d_cell;    /* [rows, n], LSTM */
  real *dgi;                     /* [rows, gates n]: before the gates, on the input's side; written */
  real *dgh;                     /* the same on the hidden side; is dgi unless the kind is two_sided */
  thalnet__rows d_hidden_before; /* written */
  thalnet__rows d_cell_before;   /* written */
  thalnet__rows d_input;         /* [rows, inputs - task_columns]; written */
} thalnet__layer_gradient;

struct thalnet__layer_kind {
  const char *name;
  size_t gates;  /* blocks of n rows in weight_ih */
  size_t kept;   /* numbers kept per unit */
  int recurrent; /* has weight_hh, bias_hh and a hidden state */
  int cell;      /* has a cell */
  int two_sided; /* GRU: the gradients on the input's and on the hidden side differ */
  void (*forward)(const thalnet__layer *layer, const thalnet__layer_step *step);
  void (*backward)(const thalnet__layer *layer, const thalnet__layer_step *step,
                   const thalnet__layer_gradient *gradient);
  /* Adds to the gradients of weight_hh and bias_hh over `rows` rows of consecutive steps. */
  void (*hidden_gradients)(const thalnet__layer *layer, size_t rows, const real *dgh, thalnet__const_rows hidden_before,
                           const real *kept, real *gradients);
};

extern const thalnet__layer_kind thalnet__dense;
extern const thalnet__layer_kind thalnet__gru;
extern const thalnet__layer_kind thalnet__lstm;

/* Shared by the kinds. */

/* gi = input W_ih[:, task_columns:]^T into scratch */
void thalnet__layer_multiply_input(const thalnet__layer *layer, const thalnet__layer_step *step, real *gi);
/* d_input = dgi W_ih[:, task_columns:] */
void thalnet__layer_multiply_input_gradient(const thalnet__layer *layer, const thalnet__layer_step *step,
                                            const thalnet__layer_gradient *gradient);
/* bias gradient += column sums of dg [rows, columns] */
void thalnet__layer_bias_gradient(size_t rows, size_t columns, const real *dg, real *gradient);

#endif
