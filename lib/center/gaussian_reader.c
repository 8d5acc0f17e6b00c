/* SPDX-License-Identifier: MIT */
/* Fast Gaussian reader: c_j = sum_k N(k; mu_j, var_j) Phi_k for k = 1..P, with
 *
 *   mu_j = P/C (W phi + b)_j      var_j = (P/C)^2 softplus(U phi + d)_j + 1/4
 *
 * (paper section 2.2; the units P/C and the floor 1/4 are ours: a step of the optimizer can move a mean across the center, and
 * the weights' sum stays near one). Weights are never kept as a matrix: each row of them is made, used and forgotten. */
#include <math.h>
#include <string.h>

#include <thalnet/reader.h>

#include "center/reader.h"
#include "core/fault.h"
#include "math/multiply.h"

enum { MEAN_WEIGHT, MEAN_BIAS, VARIANCE_WEIGHT, VARIANCE_BIAS };

static void thalnet__gaussian_tensor(const thalnet__reader *reader, int i, thalnet__reader_tensor *tensor) {
  static const char *const names[] = {"mean_weight", "mean_bias", "variance_weight", "variance_bias"};
  int matrix = i == MEAN_WEIGHT || i == VARIANCE_WEIGHT;
  *tensor = (thalnet__reader_tensor){names[i], matrix ? 2 : 1, {reader->context, matrix ? reader->features : 1, 1}};
}

/* Means spread evenly over 1..P, deviations of one spacing, and weights in +-1/sqrt(F). */
static void thalnet__gaussian_initialize(const thalnet__reader *reader, real *parameters) {
  const double c = (double)reader->context, p = (double)reader->center;
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

/* [rows, C] means, then variances (before softplus), then [rows, 2 P] weights and their gradients */
static size_t thalnet__gaussian_scratch(const thalnet__reader *reader) {
  return 2 * reader->context + 2 * reader->center;
}

static real thalnet__softplus(real x) {
  /* max(x, 0) + log(1 + exp(-|x|)) */
  double size = x < 0 ? -(double)x : (double)x;
  return (real)((x > 0 ? (double)x : 0) + log1p(exp(-size)));
}

static real thalnet__variance(const thalnet__reader *reader, real linear) {
  const real unit = (real)reader->center / (real)reader->context;
  return unit * unit * thalnet__softplus(linear) + (real)0.25;
}

/* scratch: mean [rows, C] and the variance's argument [rows, C] */
static void thalnet__gaussian_parameters(const thalnet__reader *reader, const thalnet__reading *reading) {
  const size_t c = reader->context, f = reader->features, rows = reading->rows;
  const real unit = (real)reader->center / (real)c;
  real *mean = reading->scratch, *variance = mean + rows * c;
  for (size_t r = 0; r < rows; r++) {
    memcpy(mean + r * c, reading->parameters + reader->parameters[MEAN_BIAS], c * sizeof *mean);
    memcpy(variance + r * c, reading->parameters + reader->parameters[VARIANCE_BIAS], c * sizeof *mean);
  }
  const real *phi = reading->phi + reader->offset;
  thalnet__multiply_nt(rows, c, f, phi, reader->center, reading->parameters + reader->parameters[MEAN_WEIGHT], f, 1,
                       mean, c);
  thalnet__multiply_nt(rows, c, f, phi, reader->center, reading->parameters + reader->parameters[VARIANCE_WEIGHT], f, 1,
                       variance, c);
  for (size_t i = 0; i < rows * c; i++) mean[i] *= unit;
}

static void thalnet__gaussian_forward(const thalnet__reader *reader, const thalnet__reading *reading, real *context,
                                      size_t ld) {
  const size_t p = reader->center, c = reader->context;
  const real *mean = reading->scratch, *variance = mean + reading->rows * c;
  real *w = reading->scratch + reading->rows * 2 * c;
  thalnet__gaussian_parameters(reader, reading);
  for (size_t r = 0; r < reading->rows; r++)
    for (size_t j = 0; j < c; j++) {
      reading->kernels->gaussian(p, mean[r * c + j], thalnet__variance(reader, variance[r * c + j]),
                                 reader->kind->normalize, w);
      context[r * ld + j] = reading->kernels->dot(p, w, reading->phi + r * p);
    }
}

/* Gradients of one row's means and variance arguments, which replace those in scratch; the direct path into the center. */
static void thalnet__gaussian_row_gradient(const thalnet__reader *reader, const thalnet__reading *reading, size_t r,
                                           const real *d_context, real *d_phi) {
  const size_t p = reader->center, c = reader->context;
  const real unit = (real)p / (real)c;
  real *mean = reading->scratch + r * c, *argument = reading->scratch + (reading->rows + r) * c;
  real *w = reading->scratch + reading->rows * 2 * c, *dw = w + p;
  for (size_t j = 0; j < c; j++) {
    const real variance = thalnet__variance(reader, argument[j]), dc = d_context[j];
    real d_mean, d_variance;
    reading->kernels->gaussian(p, mean[j], variance, reader->kind->normalize, w);
    for (size_t k = 0; k < p; k++) {
      dw[k] = dc * reading->phi[r * p + k];
      d_phi[r * p + k] += dc * w[k];
    }
    reading->kernels->gaussian_gradient(p, mean[j], variance, reader->kind->normalize, w, dw, &d_mean, &d_variance);
    mean[j] = unit * d_mean;
    argument[j] = unit * unit * d_variance * (real)(1 / (1 + exp(-(double)argument[j])));
  }
}

static void thalnet__gaussian_backward(const thalnet__reader *reader, const thalnet__reading *reading,
                                       const real *d_context, size_t ld, real *d_phi, real *gradients) {
  const size_t p = reader->center, c = reader->context, f = reader->features, rows = reading->rows;
  const real *phi = reading->phi + reader->offset;
  thalnet__gaussian_parameters(reader, reading);
  for (size_t r = 0; r < rows; r++) thalnet__gaussian_row_gradient(reader, reading, r, d_context + r * ld, d_phi);
  for (int side = 0; side < 2; side++) {
    const size_t weight = reader->parameters[side ? VARIANCE_WEIGHT : MEAN_WEIGHT];
    const size_t bias = reader->parameters[side ? VARIANCE_BIAS : MEAN_BIAS];
    const real *d = reading->scratch + (side ? rows * c : 0);
    for (size_t r = 0; r < rows; r++) reading->kernels->add(c, d + r * c, gradients + bias);
    thalnet__multiply_tn(c, f, rows, d, c, phi, p, 1, gradients + weight, f);
    if (!THALNET__FAULT(READER_PATH))
      thalnet__multiply_nn(rows, f, c, d, c, reading->parameters + weight, f, 1, d_phi + reader->offset, p);
  }
}

static void thalnet__gaussian_row_weights(const thalnet__reader *reader, const thalnet__reading *reading, size_t row,
                                          real *matrix) {
  const size_t c = reader->context;
  if (row == 0) thalnet__gaussian_parameters(reader, reading);
  const real *mean = reading->scratch + row * c, *variance = reading->scratch + (reading->rows + row) * c;
  for (size_t j = 0; j < c; j++)
    reading->kernels->gaussian(reader->center, mean[j], thalnet__variance(reader, variance[j]), reader->kind->normalize,
                               matrix + j * reader->center);
}

#define THALNET__GAUSSIAN_CALLS                                                                                        \
  .number = THALNET_GAUSSIAN, .tensors = 4, .tensor = thalnet__gaussian_tensor,                                        \
  .initialize = thalnet__gaussian_initialize, .scratch = thalnet__gaussian_scratch,                                    \
  .forward = thalnet__gaussian_forward, .backward = thalnet__gaussian_backward,                                        \
  .weights = thalnet__gaussian_row_weights

const thalnet__reader_kind thalnet__gaussian_reader = {.name = "gaussian", THALNET__GAUSSIAN_CALLS};
const thalnet__reader_kind thalnet__gaussian_normalized_reader = {
    .name = "gaussian_normalized", .normalize = 1, THALNET__GAUSSIAN_CALLS};
