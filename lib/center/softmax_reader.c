/* SPDX-License-Identifier: MIT */
/* Fast softmax reader: c_j = sum_k softmax_k((V_j phi + b_j)_k) Phi_k (paper section 2.2), over the other P - F values
 * where it leaves its own module's slice out. The weights are never kept: backward computes them again. Contexts are dealt
 * with in groups, and rows in blocks, whose logits stay in cache from the product to the last use of their gradients; a
 * group's part of V is a matrix of its own. */
#include <math.h>
#include <string.h>

#include <thalnet/reader.h>

#include "center/reader.h"
#include "core/checked.h"
#include "core/fault.h"

enum { THALNET__GROUP_LOGITS = 512, THALNET__BLOCK_ROWS = 56 };

static void thalnet__softmax_tensor(const thalnet__reader *reader, int i, thalnet__reader_tensor *tensor) {
  if (i == 0)
    *tensor = (thalnet__reader_tensor){"weight",
                                       {3,
                                        {reader->context, reader->seen, reader->features},
                                        {THALNET__AXIS_CONTEXT, THALNET__AXIS_SEEN, THALNET__AXIS_FEATURES}}};
  else
    *tensor = (thalnet__reader_tensor){
        "bias", {2, {reader->context, reader->seen, 1}, {THALNET__AXIS_CONTEXT, THALNET__AXIS_SEEN}}};
}

/* Weights in +-1/sqrt(F), as a dense layer over the features; biases in +-1, so that the rows begin at different places. */
static void thalnet__softmax_initialize(const thalnet__reader *reader, real *parameters) {
  real *weight = parameters + reader->parameters[0];
  const real bound = 1 / (real)sqrt((double)reader->features);
  for (size_t i = 0; i < reader->context * reader->seen * reader->features; i++) weight[i] *= bound;
}

/* --- groups of contexts --- */

static size_t thalnet__group_contexts(const thalnet__reader *reader) {
  return thalnet__min(thalnet__max(1, THALNET__GROUP_LOGITS / reader->seen), reader->context);
}

/* `contexts` contexts from `first` on, and their part of V. */
typedef struct thalnet__group {
  size_t first, contexts, logits;
  thalnet__matrix matrix;
} thalnet__group;

/* All places are of the size of the first group's, which is the largest. */
static thalnet__group thalnet__group_at(const thalnet__reader *reader, const thalnet__kernels *kernels, size_t first) {
  const size_t most = thalnet__group_contexts(reader), contexts = thalnet__min(most, reader->context - first);
  const thalnet__matrix largest = {.outputs = most * reader->seen, .inputs = reader->features};
  const size_t size = thalnet__matrix_size(kernels, &largest);
  return (thalnet__group){.first = first,
                          .contexts = contexts,
                          .logits = contexts * reader->seen,
                          .matrix = {.outputs = contexts * reader->seen,
                                     .inputs = reader->features,
                                     .place = reader->prepared + first / most * size}};
}

static size_t thalnet__softmax_prepared(const thalnet__reader *reader, const thalnet__kernels *kernels) {
  const size_t most = thalnet__group_contexts(reader), groups = (reader->context + most - 1) / most;
  const thalnet__matrix largest = {.outputs = most * reader->seen, .inputs = reader->features};
  return thalnet__times_or_most(thalnet__matrix_size(kernels, &largest), groups);
}

static void thalnet__softmax_prepare(const thalnet__reader *reader, const thalnet__kernels *kernels,
                                     const real *parameters, real *prepared) {
  const size_t f = reader->features;
  for (size_t j = 0; j < reader->context; j += thalnet__group_contexts(reader)) {
    const thalnet__group group = thalnet__group_at(reader, kernels, j);
    const thalnet__piece piece = {.outputs = group.logits,
                                  .inputs = f,
                                  .weight = parameters + reader->parameters[0] + j * reader->seen * f,
                                  .ld = f,
                                  .scale = 1};
    thalnet__matrix_put(kernels, &group.matrix, &piece, prepared, (thalnet__part){0, 1});
  }
}

/* --- steps --- */

/* Rows of a reading whose logits are computed at once. */
typedef struct thalnet__block {
  size_t rows;
  const real *own;  /* [rows, center], with the module's own features */
  const real *seen; /* what is read: [rows, seen] */
  real *d_seen;     /* room for its gradient, where it is a copy */
  real *logits;
} thalnet__block;

static size_t thalnet__block_logits(const thalnet__reader *reader, size_t rows) {
  return thalnet__min(rows, THALNET__BLOCK_ROWS) * thalnet__group_contexts(reader) * reader->seen;
}

/* Logits of a block; where what is seen is copied also that, and its gradient. Within the limits of a center. */
static size_t thalnet__softmax_scratch(const thalnet__reader *reader, size_t rows) {
  const size_t copies = thalnet__copies_seen(reader) ? 2 * thalnet__min(rows, THALNET__BLOCK_ROWS) * reader->seen : 0;
  return thalnet__sum_or_most(thalnet__block_logits(reader, rows), copies);
}

static thalnet__block thalnet__block_at(const thalnet__reader *reader, const thalnet__reading *reading, size_t row) {
  const size_t rows = thalnet__min(reading->rows - row, THALNET__BLOCK_ROWS);
  thalnet__block block = {.rows = rows, .own = reading->own + row * reader->center, .logits = reading->scratch};
  real *copies = thalnet__copies_seen(reader) ? block.logits + thalnet__block_logits(reader, reading->rows) : NULL;
  block.seen = thalnet__seen(reader, reading, row, rows, copies);
  if (copies != NULL) block.d_seen = copies + rows * reader->seen;
  return block;
}

/* A group's logits of a block, before the bias. */
static thalnet__softmaxes thalnet__softmax_logits(const thalnet__reader *reader, const thalnet__reading *reading,
                                                  const thalnet__group *group, const thalnet__block *block) {
  thalnet__matrix_forward(reading->kernels, &group->matrix, reading->prepared, block->rows,
                          (thalnet__const_rows){block->own + reader->offset, reader->center}, 0,
                          (thalnet__rows){block->logits, group->logits}, (thalnet__part){0, 1});
  return (thalnet__softmaxes){.rows = block->rows,
                              .contexts = group->contexts,
                              .center = reader->seen,
                              .logits = block->logits,
                              .bias = reading->parameters + reader->parameters[1] + group->first * reader->seen,
                              .phi = block->seen};
}

static void thalnet__softmax_forward(const thalnet__reader *reader, const thalnet__reading *reading, real *context,
                                     size_t ld) {
  for (size_t row = 0; row < reading->rows; row += THALNET__BLOCK_ROWS) {
    const thalnet__block block = thalnet__block_at(reader, reading, row);
    for (size_t j = 0; j < reader->context; j += thalnet__group_contexts(reader)) {
      const thalnet__group group = thalnet__group_at(reader, reading->kernels, j);
      const thalnet__softmaxes softmaxes = thalnet__softmax_logits(reader, reading, &group, &block);
      reading->kernels->softmax_read(&softmaxes, (thalnet__rows){context + row * ld + j, ld});
    }
  }
}

/* What the logits' gradients lead to: bias, V, and the module's own features. */
static void thalnet__logit_gradients(const thalnet__reader *reader, const thalnet__reading *reading,
                                     const thalnet__group *group, const thalnet__block *block, real *d_own,
                                     real *gradients) {
  const size_t p = reader->center, f = reader->features, first = group->first * reader->seen;
  const thalnet__const_rows d_logits = {block->logits, group->logits};
  reading->kernels->add_rows(block->rows, group->logits, d_logits, gradients + reader->parameters[1] + first);
  thalnet__multiply_gradient(
      reading->kernels, group->logits, f, block->rows, d_logits, (thalnet__const_rows){block->own + reader->offset, p},
      gradients + reader->parameters[0] + first * f, f, reading->product_scratch, (thalnet__part){0, 1});
  if (!THALNET__FAULT(READER_PATH))
    thalnet__matrix_backward(reading->kernels, &group->matrix, reading->prepared, block->rows, d_logits, 1,
                             (thalnet__rows){d_own + reader->offset, p}, (thalnet__part){0, 1});
}

static void thalnet__softmax_backward(const thalnet__reader *reader, const thalnet__reading *reading,
                                      thalnet__const_rows d_context, const thalnet__reading_gradient *to) {
  for (size_t row = 0; row < reading->rows; row += THALNET__BLOCK_ROWS) {
    const thalnet__block block = thalnet__block_at(reader, reading, row);
    const thalnet__const_rows d = {d_context.at + row * d_context.ld, d_context.ld};
    real *d_seen = block.d_seen == NULL ? to->phi + row * reader->center : block.d_seen;
    if (block.d_seen != NULL) memset(d_seen, 0, block.rows * reader->seen * sizeof *d_seen);
    for (size_t j = 0; j < reader->context; j += thalnet__group_contexts(reader)) {
      const thalnet__group group = thalnet__group_at(reader, reading->kernels, j);
      const thalnet__softmaxes softmaxes = thalnet__softmax_logits(reader, reading, &group, &block);
      reading->kernels->softmax_read_gradient(&softmaxes, (thalnet__const_rows){d.at + j, d.ld}, d_seen);
      thalnet__logit_gradients(reader, reading, &group, &block, to->own + row * reader->center, to->parameters);
    }
    if (block.d_seen != NULL) thalnet__seen_gradient(reader, reading, row, block.rows, d_seen, to);
  }
}

static void thalnet__softmax_row_weights(const thalnet__reader *reader, const thalnet__reading *reading, size_t row,
                                         real *matrix) {
  const size_t p = reader->seen;
  thalnet__block block = {.rows = 1, .own = reading->own + row * reader->center};
  for (size_t j = 0; j < reader->context; j += thalnet__group_contexts(reader)) {
    const thalnet__group group = thalnet__group_at(reader, reading->kernels, j);
    block.logits = matrix + j * p;
    const thalnet__softmaxes softmaxes = thalnet__softmax_logits(reader, reading, &group, &block);
    reading->kernels->add(group.logits, softmaxes.bias, softmaxes.logits);
    for (size_t k = 0; k < group.contexts; k++)
      reading->kernels->softmax(p, softmaxes.logits + k * p, softmaxes.logits + k * p);
  }
}

const thalnet__reader_kind thalnet__softmax_reader = {
    .name = "softmax",
    .number = THALNET_SOFTMAX,
    .tensors = 2,
    .tensor = thalnet__softmax_tensor,
    .initialize = thalnet__softmax_initialize,
    .prepared = thalnet__softmax_prepared,
    .prepare = thalnet__softmax_prepare,
    .scratch = thalnet__softmax_scratch,
    .forward = thalnet__softmax_forward,
    .backward = thalnet__softmax_backward,
    .weights = thalnet__softmax_row_weights,
};
