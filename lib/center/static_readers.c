/* SPDX-License-Identifier: MIT */
/* Readers with weights of their own: linear, c = W Phi, and weight norm, c = beta (W / |W|) Phi with the Frobenius norm of the
 * whole matrix (paper section 2.2). */
#include <math.h>

#include <thalnet/reader.h>

#include "center/reader.h"
#include "core/fault.h"

static void thalnet__static_tensor(const thalnet__reader *reader, int i, thalnet__reader_tensor *tensor) {
  if (i == 0)
    *tensor = (thalnet__reader_tensor){
        "weight", {2, {reader->context, reader->seen, 1}, {THALNET__AXIS_CONTEXT, THALNET__AXIS_SEEN}}};
  else
    *tensor = (thalnet__reader_tensor){"scale", {1, {1, 1, 1}, {THALNET__AXIS_ONE}}};
}

/* Uniform in +-1/sqrt(columns), as a dense layer over the center. */
static void thalnet__uniform_weights(const thalnet__reader *reader, real *parameters, real gain) {
  real *weight = parameters + reader->parameters[0];
  const real bound = gain / (real)sqrt((double)reader->seen);
  for (size_t i = 0; i < reader->context * reader->seen; i++) weight[i] *= bound;
}

static real thalnet__gain(const thalnet__reader *reader) { return reader->gain == 0 ? 1 : reader->gain; }

static void thalnet__linear_initialize(const thalnet__reader *reader, real *parameters) {
  thalnet__uniform_weights(reader, parameters, thalnet__gain(reader));
}

static double thalnet__frobenius(const real *matrix, size_t count) {
  return sqrt(thalnet__kernels_get()->dot_double(count, matrix, matrix));
}

/* beta = gain |W| at the start, so that it begins as the linear reader does. */
static void thalnet__weight_norm_initialize(const thalnet__reader *reader, real *parameters) {
  thalnet__uniform_weights(reader, parameters, 1);
  parameters[reader->parameters[1]] =
      thalnet__gain(reader) *
      (real)thalnet__frobenius(parameters + reader->parameters[0], reader->context * reader->seen);
}

static int thalnet__linear_scale(const thalnet__reader *reader, const real *parameters, double *scale) {
  (void)reader, (void)parameters;
  *scale = 1;
  return 0;
}

static int thalnet__weight_norm_scale(const thalnet__reader *reader, const real *parameters, double *scale) {
  const double norm = thalnet__frobenius(parameters + reader->parameters[0], reader->context * reader->seen);
  if (norm == 0) return -1;
  *scale = (double)parameters[reader->parameters[1]] / norm;
  return 0;
}

/* A negative control of the gradient tests. */
static void thalnet__transpose_square(const thalnet__reader *reader, real *matrix) {
  const size_t n = reader->context;
  if (n != reader->seen) return;
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++) {
      real kept = matrix[i * n + j];
      matrix[i * n + j] = matrix[j * n + i];
      matrix[j * n + i] = kept;
    }
}

static void thalnet__linear_effective_gradient(const thalnet__reader *reader, const real *parameters, real *gradients) {
  (void)parameters; /* the effective matrix is the parameter */
  if (THALNET__FAULT(TRANSPOSED)) thalnet__transpose_square(reader, gradients + reader->parameters[0]);
}

/* With G the gradient of the effective matrix: dbeta = <G, W> / |W|, dW = beta / |W| (G - <G, W> / |W|^2 W). */
static void thalnet__weight_norm_effective_gradient(const thalnet__reader *reader, const real *parameters,
                                                    real *gradients) {
  const size_t count = reader->context * reader->seen;
  const real *weight = parameters + reader->parameters[0];
  real *gradient = gradients + reader->parameters[0];
  if (THALNET__FAULT(TRANSPOSED)) thalnet__transpose_square(reader, gradient);
  const double norm = thalnet__frobenius(weight, count);
  const double product = thalnet__kernels_get()->dot_double(count, gradient, weight);
  gradients[reader->parameters[1]] += (real)(product / norm);
  const double factor = (double)parameters[reader->parameters[1]] / norm;
  const double projection = THALNET__FAULT(WEIGHT_NORM) ? 0 : product / norm / norm;
  for (size_t i = 0; i < count; i++)
    gradient[i] = (real)(factor * ((double)gradient[i] - projection * (double)weight[i]));
}

const thalnet__reader_kind thalnet__linear_reader = {
    .name = "linear",
    .number = THALNET_LINEAR,
    .tensors = 1,
    .tensor = thalnet__static_tensor,
    .initialize = thalnet__linear_initialize,
    .scale = thalnet__linear_scale,
    .effective_gradient = thalnet__linear_effective_gradient,
};

const thalnet__reader_kind thalnet__weight_norm_reader = {
    .name = "weight_norm",
    .number = THALNET_WEIGHT_NORM,
    .tensors = 2,
    .tensor = thalnet__static_tensor,
    .initialize = thalnet__weight_norm_initialize,
    .scale = thalnet__weight_norm_scale,
    .effective_gradient = thalnet__weight_norm_effective_gradient,
};
