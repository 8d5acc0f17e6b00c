/* SPDX-License-Identifier: MIT */
/* Fast softmax reader: c_j = sum_k softmax_k((V_j phi + b_j)_k) Phi_k (paper section 2.2). The weights are never kept: backward
 * computes them again. */
#include <math.h>
#include <string.h>

#include <thalnet/reader.h>

#include "center/reader.h"
#include "core/fault.h"
#include "math/multiply.h"

static void thalnet__softmax_tensor(const thalnet__reader *reader, int i, thalnet__reader_tensor *tensor) {
  if (i == 0)
    *tensor = (thalnet__reader_tensor){"weight", 3, {reader->context, reader->center, reader->features}};
  else
    *tensor = (thalnet__reader_tensor){"bias", 2, {reader->context, reader->center, 1}};
}

/* Weights in +-1/sqrt(F), as a dense layer over the features; biases in +-1, so that the rows begin at different places. */
static void thalnet__softmax_initialize(const thalnet__reader *reader, real *parameters) {
  real *weight = parameters + reader->parameters[0];
  const real bound = 1 / (real)sqrt((double)reader->features);
  for (size_t i = 0; i < reader->context * reader->center * reader->features; i++) weight[i] *= bound;
}

/* Two blocks [rows, C P]: the weights, and their gradients. */
static size_t thalnet__softmax_scratch(const thalnet__reader *reader) { return 2 * reader->context * reader->center; }

static void thalnet__softmax_weights(const thalnet__reader *reader, const thalnet__reading *reading) {
  const size_t p = reader->center, logits = reader->context * p;
  const real *bias = reading->parameters + reader->parameters[1];
  for (size_t r = 0; r < reading->rows; r++) memcpy(reading->scratch + r * logits, bias, logits * sizeof *bias);
  thalnet__multiply_nt(reading->rows, logits, reader->features, reading->phi + reader->offset, p,
                       reading->parameters + reader->parameters[0], reader->features, 1, reading->scratch, logits);
  for (size_t row = 0; row < reading->rows * reader->context; row++)
    reading->kernels->softmax(p, reading->scratch + row * p, reading->scratch + row * p);
}

static void thalnet__softmax_forward(const thalnet__reader *reader, const thalnet__reading *reading, real *context,
                                     size_t ld) {
  const size_t p = reader->center, c = reader->context;
  thalnet__softmax_weights(reader, reading);
  for (size_t r = 0; r < reading->rows; r++)
    for (size_t j = 0; j < c; j++)
      context[r * ld + j] = reading->kernels->dot(p, reading->scratch + (r * c + j) * p, reading->phi + r * p);
}

static void thalnet__softmax_backward(const thalnet__reader *reader, const thalnet__reading *reading,
                                      const real *d_context, size_t ld, real *d_phi, real *gradients) {
  const size_t p = reader->center, c = reader->context, f = reader->features, logits = c * p;
  real *d_logits = reading->scratch + reading->rows * logits;
  thalnet__softmax_weights(reader, reading);
  for (size_t r = 0; r < reading->rows; r++)
    for (size_t j = 0; j < c; j++) {
      const real *w = reading->scratch + (r * c + j) * p, *phi = reading->phi + r * p;
      real *d = d_logits + (r * c + j) * p, dc = d_context[r * ld + j];
      reading->kernels->softmax_gradient(p, w, phi, d); /* dw = dc phi; the factor dc is the same for all k */
      for (size_t k = 0; k < p; k++) {
        d[k] *= dc;
        d_phi[r * p + k] += dc * w[k];
      }
      reading->kernels->add(p, d, gradients + reader->parameters[1] + j * p);
    }
  thalnet__multiply_tn(logits, f, reading->rows, d_logits, logits, reading->phi + reader->offset, p, 1,
                       gradients + reader->parameters[0], f);
  if (!THALNET__FAULT(READER_PATH))
    thalnet__multiply_nn(reading->rows, f, logits, d_logits, logits, reading->parameters + reader->parameters[0], f, 1,
                         d_phi + reader->offset, p);
}

static void thalnet__softmax_row_weights(const thalnet__reader *reader, const thalnet__reading *reading, size_t row,
                                         real *matrix) {
  if (row == 0) thalnet__softmax_weights(reader, reading);
  memcpy(matrix, reading->scratch + row * reader->context * reader->center,
         reader->context * reader->center * sizeof *matrix);
}

const thalnet__reader_kind thalnet__softmax_reader = {
    .name = "softmax",
    .number = THALNET_SOFTMAX,
    .tensors = 2,
    .tensor = thalnet__softmax_tensor,
    .initialize = thalnet__softmax_initialize,
    .scratch = thalnet__softmax_scratch,
    .forward = thalnet__softmax_forward,
    .backward = thalnet__softmax_backward,
    .weights = thalnet__softmax_row_weights,
};
