/* SPDX-License-Identifier: MIT */
/* One sequence's memory and one step of all modules; part of the reference. */
#ifndef GRADIENT_REFERENCE_MODEL_H
#define GRADIENT_REFERENCE_MODEL_H

#include "gradient/problem.h"

enum {
  UNITS_MAX = 8,
  CENTER_MAX = MODULES_MAX * UNITS_MAX,
  COLUMNS_MAX = 32,
  OWN_MAX = MODULES_MAX * LAYERS_MAX * 2 * UNITS_MAX
};

typedef struct model_layer {
  size_t weight_ih, weight_hh, bias_ih, bias_hh; /* places in the values; a dense layer has the first and third */
  int norm;
  size_t norm_ih, norm_hh, norm_cell, bias_cell;
  double hidden[UNITS_MAX], cell[UNITS_MAX];
} model_layer;

/* Of a reader: places of its tensors, and the columns of the center that it reads. */
typedef struct model_part {
  size_t tensor[4], gate;
  size_t columns[CENTER_MAX], count;
} model_part;

typedef struct model_module {
  size_t features, offset, output_weight[OUTPUTS_MAX];
  model_part part[GENERATIONS];
  size_t parts;
  model_layer layer[LAYERS_MAX];
} model_module;

typedef struct model {
  const problem *problem;
  const double *values;
  size_t features;
  size_t output_bias[OUTPUTS_MAX];
  double start[CENTER_MAX + OWN_MAX]; /* a row of memory that a sequence starts with */
  size_t sequence, step;              /* steps done */
  double center[CENTER_MAX];
  double seen[CENTER_MAX]; /* by readers and outputs, through dropout */
  double input[INPUTS_MAX][UNITS_MAX];
  double
      margin; /* the smallest |pre-activation| of a relu so far, or a 20th of the smallest deviation of a layer norm */
  model_module module[MODULES_MAX];
} model;

/* Looks up where the parameters are. */
void model_create(model *m, const problem *p);

/* Memory as in a row of a state; NULL: where sequences start. */
void model_start(model *m, const double *row);

/* One step with the inputs in m->input (zeros: no input). */
void model_step(model *m);

/* The context that module i reads out of m->center. */
void model_read(const model *m, size_t i, double *context);

#endif
