/* SPDX-License-Identifier: MIT */
/* Fast Gaussian reader: c_j = sum_k N(k; mu_j, var_j) Phi_k for k = 1..P, with
 *
 *   mu_j = P/C (W phi + b)_j      var_j = (P/C)^2 softplus(U phi + d)_j + 1/4
 *
 * (paper section 2.2; the units P/C and the floor 1/4 are ours: a step of the optimizer can move a mean across the center, and
 * the weights' sum stays near one). Where it leaves its own module's slice out, P is the number of the other
 * values. Weights are never kept: they are made in registers, in both directions. */
#include <math.h>
#include <string.h>

#include <thalnet/reader.h>

#include "center/reader.h"
#include "core/checked.h"
#include "core/fault.h"

enum { MEAN_WEIGHT, MEAN_BIAS, VARIANCE_WEIGHT, VARIANCE_BIAS };

static void thalnet__gaussian_tensor(const thalnet__reader *reader, int i, thalnet__reader_tensor *tensor) {
  static const char *const names[] = {"mean_weight", "mean_bias", "variance_weight", "variance_bias"};
  const int matrix = i == MEAN_WEIGHT || i == VARIANCE_WEIGHT;
  const enum thalnet__axis axis = matrix ? THALNET__AXIS_FEATURES : THALNET__AXIS_ONE;
  *tensor = (thalnet__reader_tensor){
      names[i], {matrix ? 2 : 1, {reader->context, matrix ? reader->features : 1, 1}, {THALNET__AXIS_CONTEXT, axis}}};
}

/* Means spread evenly over 1..P, deviations of one spacing, and weights in +-1/sqrt(F). */
static void thalnet__gaussian_initialize(const thalnet__reader *reader, real *parameters) {
  const double c = (double)reader->context, p = (double)reader->seen;
  const real bound = 1 / (real)sqrt((double)reader->features);
  for (size_t i = 0; i < reader->context * reader->features; i++) {
    parameters[reader->parameters[MEAN_WEIGHT] + i] *= bound;
    parameters[reader->parameters[VARIANCE_WEIGHT] + i] *= bound;
  }
  for (size_t j = 0; j < reader->context; j++) {
    parameters[reader->parameters[MEAN_BIAS] + j] = (real)((double)j + 0.5 + 0.5 * c / p);
    parameters[reader->parameters[VARIANCE_BIAS] + j] = (real)0.5413248546129181; /* softplus of it is 1 */
  }
}

/* Both products are one: [W; U] phi. */
static thalnet__matrix thalnet__gaussian_matrix(const thalnet__reader *reader) {
  return (thalnet__matrix){.outputs = 2 * reader->context, .inputs = reader->features, .place = reader->prepared};
}

static size_t thalnet__gaussian_prepared(const thalnet__reader *reader, const thalnet__kernels *kernels) {
  const thalnet__matrix matrix = thalnet__gaussian_matrix(reader);
  return thalnet__matrix_size(kernels, &matrix);
}

static void thalnet__gaussian_prepare(const thalnet__reader *reader, const thalnet__kernels *kernels,
                                      const real *parameters, real *prepared) {
  const thalnet__matrix matrix = thalnet__gaussian_matrix(reader);
  for (size_t side = 0; side < 2; side++) {
    const thalnet__piece piece = {.output = side * reader->context,
                                  .outputs = reader->context,
                                  .inputs = reader->features,
                                  .weight = parameters + reader->parameters[side ? VARIANCE_WEIGHT : MEAN_WEIGHT],
                                  .ld = reader->features,
                                  .scale = 1};
    thalnet__matrix_put(kernels, &matrix, &piece, prepared, (thalnet__part){0, 1});
  }
}

/* A row of scratch: means, variances, slopes; where what is seen is copied also that, and its gradient. */
static size_t thalnet__gaussian_row(const thalnet__reader *reader) {
  return 3 * reader->context +
         (thalnet__copies_seen(reader) ? 2 * reader->seen : 0); /* within the limits of a center */
}

static size_t thalnet__gaussian_scratch(const thalnet__reader *reader, size_t rows) {
  return thalnet__times_or_most(rows, thalnet__gaussian_row(reader));
}

/* Copies of all rows of what is seen, behind their shapes. */
static real *thalnet__gaussian_copies(const thalnet__reader *reader, const thalnet__reading *reading) {
  return reading->scratch + 3 * reader->context * reading->rows;
}

/* The shapes of `rows` rows from `row` on. */
static thalnet__gaussians thalnet__gaussian_shapes(const thalnet__reader *reader, const thalnet__reading *reading,
                                                   size_t row, size_t rows) {
  const size_t c = reader->context;
  const thalnet__matrix matrix = thalnet__gaussian_matrix(reader);
  const thalnet__gaussians made = {
      .rows = rows,
      .contexts = c,
      .center = reader->seen,
      .normalize = reader->kind->normalize,
      .unit = (real)reader->seen / (real)c,
      .mean = reading->scratch,
      .variance = reading->scratch + c,
      .slope = reading->scratch + 2 * c,
      .ld = 3 * c,
      .phi = thalnet__seen(reader, reading, row, rows, thalnet__gaussian_copies(reader, reading))};
  thalnet__matrix_forward(reading->kernels, &matrix, reading->prepared, rows,
                          (thalnet__const_rows){reading->own + row * reader->center + reader->offset, reader->center},
                          0, (thalnet__rows){made.mean, made.ld}, (thalnet__part){0, 1});
  reading->kernels->gaussian_shapes(&made, reading->parameters + reader->parameters[MEAN_BIAS],
                                    reading->parameters + reader->parameters[VARIANCE_BIAS]);
  return made;
}

static void thalnet__gaussian_forward(const thalnet__reader *reader, const thalnet__reading *reading, real *context,
                                      size_t ld) {
  const thalnet__gaussians gaussians = thalnet__gaussian_shapes(reader, reading, 0, reading->rows);
  reading->kernels->gaussian(&gaussians, (thalnet__rows){context, ld});
}

/* The shapes' gradients, in their places, and that of the center through what is read. */
static void thalnet__gaussian_seen_gradient(const thalnet__reader *reader, const thalnet__reading *reading,
                                            const thalnet__gaussians *gaussians, thalnet__const_rows d_context,
                                            const thalnet__reading_gradient *to) {
  if (!thalnet__copies_seen(reader)) {
    reading->kernels->gaussian_gradient(gaussians, d_context, to->phi);
    return;
  }
  const size_t copies = reading->rows * reader->seen;
  real *d_copies = thalnet__gaussian_copies(reader, reading) + copies;
  memset(d_copies, 0, copies * sizeof *d_copies);
  reading->kernels->gaussian_gradient(gaussians, d_context, d_copies);
  thalnet__seen_gradient(reader, reading, 0, reading->rows, d_copies, to);
}

static void thalnet__gaussian_backward(const thalnet__reader *reader, const thalnet__reading *reading,
                                       thalnet__const_rows d_context, const thalnet__reading_gradient *to) {
  const size_t p = reader->center, c = reader->context, f = reader->features, rows = reading->rows;
  const thalnet__const_rows own = {reading->own + reader->offset, p};
  const thalnet__matrix matrix = thalnet__gaussian_matrix(reader);
  const thalnet__gaussians gaussians = thalnet__gaussian_shapes(reader, reading, 0, rows);
  thalnet__gaussian_seen_gradient(reader, reading, &gaussians, d_context, to);
  for (int side = 0; side < 2; side++) {
    const thalnet__const_rows d = {side ? gaussians.variance : gaussians.mean, gaussians.ld};
    reading->kernels->add_rows(rows, c, d, to->parameters + reader->parameters[side ? VARIANCE_BIAS : MEAN_BIAS]);
    thalnet__multiply_gradient(reading->kernels, c, f, rows, d, own,
                               to->parameters + reader->parameters[side ? VARIANCE_WEIGHT : MEAN_WEIGHT], f,
                               reading->product_scratch, (thalnet__part){0, 1});
  }
  if (!THALNET__FAULT(READER_PATH)) {
    const thalnet__const_rows d = {gaussians.mean, gaussians.ld};
    thalnet__matrix_backward(reading->kernels, &matrix, reading->prepared, rows, d, 1,
                             (thalnet__rows){to->own + reader->offset, p}, (thalnet__part){0, 1});
  }
}

static void thalnet__gaussian_row_weights(const thalnet__reader *reader, const thalnet__reading *reading, size_t row,
                                          real *matrix) {
  const thalnet__gaussians gaussians = thalnet__gaussian_shapes(reader, reading, row, 1);
  reading->kernels->gaussian_weights(&gaussians, 0, matrix);
}

#define THALNET__GAUSSIAN_CALLS                                                                                        \
  .number = THALNET_GAUSSIAN, .tensors = 4, .tensor = thalnet__gaussian_tensor,                                        \
  .initialize = thalnet__gaussian_initialize, .prepared = thalnet__gaussian_prepared,                                  \
  .prepare = thalnet__gaussian_prepare, .scratch = thalnet__gaussian_scratch, .forward = thalnet__gaussian_forward,    \
  .backward = thalnet__gaussian_backward, .weights = thalnet__gaussian_row_weights

const thalnet__reader_kind thalnet__gaussian_reader = {.name = "gaussian", THALNET__GAUSSIAN_CALLS};
const thalnet__reader_kind thalnet__gaussian_normalized_reader = {
    .name = "gaussian_normalized", .normalize = 1, THALNET__GAUSSIAN_CALLS};
