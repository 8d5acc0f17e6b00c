/* SPDX-License-Identifier: MIT */
/* One layer of a module, behind one interface for dense, GRU, LSTM and those of the host (module/host_layer.h). Layer norm:
 * module/norm.h.
 *
 * A layer's input columns are [task inputs | the rest]: what does not change within a step's recurrence (task inputs, biases)
 * arrives as `base`, multiplied before the time loop; the rest (the context, or the layer below) is multiplied here.
 *
 * A step's numbers lie in a row of gate blocks, each `units` wide: products first, then the gates' values, and after backward
 * the gradients before the gates, all in one place. GRU: n, r, z and one more block, so that the input's side (n, r, z) and
 * the hidden side (r, z and the last block) are each one matrix. Its tensors have the order r, z, n: n's block is last there.
 *
 * The work goes in phases. Within a phase the parts of a layer are independent, and so are layers of different modules;
 * between phases everybody waits. */
#ifndef THALNET_MODULE_LAYER_H
#define THALNET_MODULE_LAYER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "core/real.h"
#include "math/kernels.h"
#include "math/matrix.h"
#include "module/zoneout.h"

typedef struct thalnet__layer_kind thalnet__layer_kind;

typedef struct thalnet__layer {
  const thalnet__layer_kind *kind;
  int32_t variant;           /* dense: activation; GRU: reset */
  size_t units;              /* n */
  int norm;                  /* its products, and an LSTM's cell, are normalised: see module/norm.h */
  size_t inputs;             /* columns of the input weights */
  size_t task_columns;       /* of them, the first ones: task inputs */
  size_t weight_ih, bias_ih; /* places in the parameter block: [gates n, inputs], [gates n] */
  size_t weight_hh, bias_hh; /* recurrent kinds: [hidden gates n, n], [hidden gates n] */
  size_t vectors;            /* layers of the host: [vectors, n] */
  size_t norm_ih, norm_hh;   /* gains of layer norm: [gates n], recurrent kinds [gates n] */
  size_t norm_cell;          /* LSTM: [n], followed by the cell's bias, [n] */
  size_t bias;               /* place in the prepared block: biases added up, [blocks n] */
  size_t gains;              /* and gains: [norm blocks n], LSTM: and the cell's bias */
  thalnet__matrix input;     /* [gates n, inputs - task_columns], in the order of the blocks */
  thalnet__matrix hidden;    /* on the hidden state: [hidden gates n, n]; with reset before r and z, [2 n, n] */
  size_t parts;              /* of large networks: how many parts its phases have */
  size_t gradient_parts;     /* and the gradients of its parameters */
  thalnet__matrix candidate; /* reset before: n, [n, n], on r h; else empty */
  real zoneout;              /* how likely a unit keeps its hidden state */
  real cell_zoneout;         /* LSTM: and its cell */
  real gate_bias;            /* initial values alone: added to the bias of the gate that keeps memory */
  real time_scale;           /* or the steps for which units remember; 0: not given */
  int frozen;                /* nobody wants the gradients of its parameters */
} thalnet__layer;

/* A layer of the host that failed: the first one, whichever thread it was in. Layers' calls have no result of their own. */
typedef struct thalnet__trouble {
  atomic_int told; /* what is below counts */
  const thalnet__layer *layer;
  int backward, code;
} thalnet__trouble;

typedef struct thalnet__layer_step {
  const thalnet__kernels *kernels;
  const real *prepared;
  size_t rows;
  thalnet__const_rows base;          /* [rows, gates n]; with layer norm the biases alone */
  thalnet__const_rows projected;     /* [rows, gates n], layer norm: products of task inputs; at NULL: none */
  thalnet__const_rows input;         /* [rows, inputs - task_columns] */
  thalnet__const_rows hidden_before; /* [rows, n], recurrent kinds */
  thalnet__const_rows cell_before;   /* [rows, n], LSTM */
  thalnet__rows output;              /* [rows, n]: y, or h */
  thalnet__rows cell;                /* [rows, n], LSTM */
  thalnet__rows hidden;              /* [rows, hidden width]: products of the hidden state */
  thalnet__rows gates;               /* [rows, blocks n]; dense: only the gradient is there */
  thalnet__rows input_side;          /* [rows, gates n]: gradients of the input's products; in gates or d_normed */
  thalnet__rows hidden_side;         /* of those of the hidden state, in the order of step->hidden */
  thalnet__rows normed, inverse;     /* layer norm, what backward wants: see module/norm.h; at NULL: not kept */
  thalnet__rows d_normed;            /* and what it makes */
  thalnet__zoneout zoneout;          /* of the hidden state */
  thalnet__zoneout cell_zoneout;     /* of the cell */
  thalnet__trouble *trouble;         /* of all layers */
} thalnet__layer_step;

typedef struct thalnet__layer_gradient {
  thalnet__const_rows d_output;  /* [rows, n] */
  thalnet__const_rows d_cell;    /* [rows, n], LSTM */
  thalnet__rows d_hidden_before; /* written */
  thalnet__rows d_cell_before;   /* written */
  thalnet__rows d_input;         /* [rows, inputs - task_columns]; written */
  real *scratch;                 /* [rows, n] */
  real *zoned;                   /* [rows, zoned blocks n]: with zoneout */
} thalnet__layer_gradient;

/* Over the rows of some steps. */
typedef struct thalnet__layer_sum {
  const thalnet__kernels *kernels;
  size_t rows;
  thalnet__const_rows gates; /* gradients before the gates */
  thalnet__const_rows input_side, hidden_side, normed, d_normed;
  thalnet__const_rows input, hidden_before;
  real *gradients; /* all parameters' */
  real *scratch;   /* of products */
} thalnet__layer_sum;

struct thalnet__layer_kind {
  const char *name;
  size_t gates;        /* blocks of n rows in weight_ih */
  size_t blocks;       /* blocks of n numbers kept a step */
  size_t rotated;      /* leading blocks that come last in the tensors */
  size_t hidden_gates; /* blocks of n rows in weight_hh */
  size_t hidden_block; /* where the hidden side's blocks begin */
  int recurrent;       /* has weight_hh, bias_hh and a hidden state */
  int cell;            /* has a cell */
  size_t zoned;        /* blocks of n numbers that a step back needs for zoneout */
  size_t forward_phases, backward_phases;
  void (*forward)(const thalnet__layer *layer, const thalnet__layer_step *step, size_t phase, thalnet__part part);
  void (*backward)(const thalnet__layer *layer, const thalnet__layer_step *step,
                   const thalnet__layer_gradient *gradient, size_t phase, thalnet__part part);
  /* Adds to the gradients of weight_hh and bias_hh; NULL for kinds without. */
  void (*hidden_gradients)(const thalnet__layer *layer, const thalnet__layer_sum *sum, thalnet__part part);
  const struct thalnet__host_layer *host; /* a layer of the host, of which this kind is a part; NULL: one of ours */
};

extern const thalnet__layer_kind thalnet__dense;
extern const thalnet__layer_kind thalnet__gru;
extern const thalnet__layer_kind thalnet__lstm;

/* Shared by the kinds. */

/* The part's rows, from `column` on. */
static inline thalnet__rows thalnet__cut(thalnet__rows rows, thalnet__range range, size_t column) {
  return (thalnet__rows){rows.at + range.first * rows.ld + column, rows.ld};
}
static inline thalnet__const_rows thalnet__const_cut(thalnet__const_rows rows, thalnet__range range, size_t column) {
  return (thalnet__const_rows){rows.at + range.first * rows.ld + column, rows.ld};
}

/* Whether units keep anything. */
static inline int thalnet__zones_out(const thalnet__layer *layer) {
  return layer->zoneout > 0 || layer->cell_zoneout > 0;
}

/* One of the blocks that a step back keeps for zoneout; a layer without zoneout has none: NULL, never NULL + n. */
static inline thalnet__rows thalnet__zoned_block(const thalnet__layer *layer, const thalnet__layer_gradient *gradient,
                                                 size_t block) {
  real *at = gradient->zoned == NULL ? NULL : gradient->zoned + block * layer->units;
  return (thalnet__rows){at, layer->kind->zoned * layer->units};
}

/* A GRU whose reset gate comes after the product. */
int thalnet__resets_after(const thalnet__layer *layer);
/* How many phases a step of the layer has: its kind's, or what the variant needs of them. */
size_t thalnet__layer_phases(const thalnet__layer *layer, int backward);

/* Blocks of the gates and where they belong in the tensors: [0] those that come last there, [1] the others. */
typedef struct thalnet__block_rows {
  size_t column, count, row;
} thalnet__block_rows;
void thalnet__layer_blocks(const thalnet__layer *layer, thalnet__block_rows blocks[2]);

/* The weights and biases [blocks n] in the order of the gates, from the parameters into the prepared block. */
void thalnet__layer_prepare(const thalnet__layer *layer, const thalnet__kernels *kernels, const real *parameters,
                            real *prepared, thalnet__part part);

/* to = input W_ih[:, task_columns:]^T */
void thalnet__layer_multiply_input(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__rows to,
                                   thalnet__part part);
/* step->hidden = hidden_before W_hh^T */
void thalnet__layer_multiply_hidden(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__part part);
/* d_input = dG W_ih[:, task_columns:] */
void thalnet__layer_multiply_input_gradient(const thalnet__layer *layer, const thalnet__layer_step *step,
                                            const thalnet__layer_gradient *gradient, thalnet__part part);
/* d_before += what zoneout kept of the gradient, in those rows */
void thalnet__add_kept(const thalnet__layer_step *step, size_t units, thalnet__range rows, thalnet__const_rows kept,
                       thalnet__rows d_before);
/* one, other [count] += the sums of the gates' columns from `column` on; NULL: none */
void thalnet__bias_sums(const thalnet__layer_sum *sum, size_t column, size_t count, real *one, real *other);
/* weight_ih[:, task_columns:] and bias_ih, of all kinds. */
void thalnet__layer_input_gradients(const thalnet__layer *layer, const thalnet__layer_sum *sum, thalnet__part part);
void thalnet__layer_bias_gradients(const thalnet__layer *layer, const thalnet__layer_sum *sum, thalnet__part part);
/* weight [count, columns] += side[:, column .. column + count)^T from */
void thalnet__layer_weight_gradient(const thalnet__layer_sum *sum, thalnet__const_rows side, size_t column,
                                    size_t count, thalnet__const_rows from, size_t columns, real *weight, size_t ld,
                                    thalnet__part part);

#endif
