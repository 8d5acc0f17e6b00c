/* SPDX-License-Identifier: MIT */
#include "module/layer.h"

#include <string.h>

#include <thalnet/module.h>

#include "core/fault.h"
#include "module/host_layer.h"
#include "module/norm.h"

void thalnet__layer_blocks(const thalnet__layer *layer, thalnet__block_rows blocks[2]) {
  const size_t n = layer->units, last = layer->kind->rotated * n, others = layer->kind->gates * n - last;
  blocks[0] = (thalnet__block_rows){0, last, others};
  blocks[1] = (thalnet__block_rows){last, others, 0};
}

int thalnet__resets_after(const thalnet__layer *layer) {
  return layer->kind == &thalnet__gru && layer->variant == THALNET_RESET_AFTER;
}

size_t thalnet__layer_phases(const thalnet__layer *layer, int backward) {
  if (thalnet__resets_after(layer)) return 2; /* products and gates, gates and products */
  return backward ? layer->kind->backward_phases : layer->kind->forward_phases;
}

/* --- what is prepared --- */

static void thalnet__prepare_biases(const thalnet__layer *layer, const thalnet__kernels *kernels,
                                    const real *parameters, real *prepared) {
  const size_t n = layer->units;
  const real *input = parameters + layer->bias_ih, *hidden = parameters + layer->bias_hh;
  real *sums = prepared + layer->bias;
  thalnet__block_rows blocks[2];
  thalnet__layer_blocks(layer, blocks);
  for (int b = 0; b < 2; b++) memcpy(sums + blocks[b].column, input + blocks[b].row, blocks[b].count * sizeof *sums);
  if (!layer->kind->recurrent) return;
  if (thalnet__resets_after(layer)) { /* what is reset has a bias of its own */
    kernels->add(2 * n, hidden, sums + n);
    memcpy(sums + 3 * n, hidden + 2 * n, n * sizeof *sums);
    return;
  }
  for (int b = 0; b < 2; b++) kernels->add(blocks[b].count, hidden + blocks[b].row, sums + blocks[b].column);
}

static void thalnet__prepare_hidden(const thalnet__layer *layer, const thalnet__kernels *kernels,
                                    const real *parameters, real *prepared, thalnet__part part) {
  const size_t n = layer->units, gates = layer->hidden.outputs;
  const real *weight = parameters + layer->weight_hh;
  const thalnet__piece hidden = {.outputs = gates, .inputs = n, .weight = weight, .ld = n, .scale = 1};
  const thalnet__piece candidate = {
      .outputs = layer->candidate.outputs, .inputs = n, .weight = weight + gates * n, .ld = n, .scale = 1};
  thalnet__matrix_put(kernels, &layer->hidden, &hidden, prepared, part);
  thalnet__matrix_put(kernels, &layer->candidate, &candidate, prepared, part);
}

void thalnet__layer_prepare(const thalnet__layer *layer, const thalnet__kernels *kernels, const real *parameters,
                            real *prepared, thalnet__part part) {
  thalnet__block_rows blocks[2];
  thalnet__layer_blocks(layer, blocks);
  for (int b = 0; b < 2; b++) {
    const thalnet__piece piece = {.output = blocks[b].column,
                                  .outputs = blocks[b].count,
                                  .inputs = layer->input.inputs,
                                  .weight = parameters + layer->weight_ih + blocks[b].row * layer->inputs +
                                            layer->task_columns,
                                  .ld = layer->inputs,
                                  .scale = 1};
    thalnet__matrix_put(kernels, &layer->input, &piece, prepared, part);
  }
  if (layer->kind->recurrent) thalnet__prepare_hidden(layer, kernels, parameters, prepared, part);
  if (part.index != 0) return;
  if (layer->kind->host != NULL)
    thalnet__host_layer_prepare(layer, parameters, prepared);
  else
    thalnet__prepare_biases(layer, kernels, parameters, prepared);
  thalnet__norm_prepare(layer, parameters, prepared);
}

/* --- products of a step --- */

void thalnet__layer_multiply_input(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__rows to,
                                   thalnet__part part) {
  thalnet__matrix_forward(step->kernels, &layer->input, step->prepared, step->rows, step->input, 0, to, part);
}

void thalnet__layer_multiply_hidden(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__part part) {
  thalnet__matrix_forward(step->kernels, &layer->hidden, step->prepared, step->rows, step->hidden_before, 0,
                          step->hidden, part);
}

void thalnet__layer_multiply_input_gradient(const thalnet__layer *layer, const thalnet__layer_step *step,
                                            const thalnet__layer_gradient *gradient, thalnet__part part) {
  if (layer->input.inputs > 0)
    thalnet__matrix_backward(step->kernels, &layer->input, step->prepared, step->rows,
                             thalnet__const_view(step->input_side), 0, gradient->d_input, part);
}

void thalnet__add_kept(const thalnet__layer_step *step, size_t units, thalnet__range rows, thalnet__const_rows kept,
                       thalnet__rows d_before) {
  for (size_t r = rows.first; r < rows.first + rows.count; r++)
    step->kernels->add(units, kept.at + r * kept.ld, d_before.at + r * d_before.ld);
}

/* --- gradients of parameters --- */

void thalnet__layer_weight_gradient(const thalnet__layer_sum *sum, thalnet__const_rows side, size_t column,
                                    size_t count, thalnet__const_rows from, size_t columns, real *weight, size_t ld,
                                    thalnet__part part) {
  const thalnet__const_rows gates = {side.at + column, side.ld};
  thalnet__multiply_gradient(sum->kernels, count, columns, sum->rows, gates, from, weight, ld, sum->scratch, part);
}

void thalnet__layer_input_gradients(const thalnet__layer *layer, const thalnet__layer_sum *sum, thalnet__part part) {
  thalnet__block_rows blocks[2];
  thalnet__layer_blocks(layer, blocks);
  for (int b = 0; b < 2; b++)
    thalnet__layer_weight_gradient(
        sum, sum->input_side, blocks[b].column, blocks[b].count, sum->input, layer->input.inputs,
        sum->gradients + layer->weight_ih + blocks[b].row * layer->inputs + layer->task_columns, layer->inputs, part);
}

void thalnet__bias_sums(const thalnet__layer_sum *sum, size_t column, size_t count, real *one, real *other) {
  enum { PIECE = 256 };
  real sums[PIECE];
  for (size_t at = 0; at < count; at += PIECE) {
    const size_t width = count - at < PIECE ? count - at : PIECE;
    const thalnet__const_rows gates = {sum->gates.at + column + at, sum->gates.ld};
    memset(sums, 0, width * sizeof *sums);
    sum->kernels->add_rows(sum->rows, width, gates, sums);
    sum->kernels->add(width, sums, one + at);
    if (other != NULL) sum->kernels->add(width, sums, other + at);
  }
}

/* bias_ih in the order of the tensors, bias_hh from the hidden side's blocks. */
void thalnet__layer_bias_gradients(const thalnet__layer *layer, const thalnet__layer_sum *sum, thalnet__part part) {
  thalnet__block_rows blocks[2];
  if (THALNET__FAULT(DROP_BIAS) || part.index != 0) return;
  if (layer->kind->host != NULL) {
    thalnet__host_layer_sums(layer, sum);
    return;
  }
  thalnet__layer_blocks(layer, blocks);
  const int after = thalnet__resets_after(layer);
  for (int b = 0; b < 2; b++)
    thalnet__bias_sums(sum, blocks[b].column, blocks[b].count, sum->gradients + layer->bias_ih + blocks[b].row,
                       !layer->kind->recurrent || (b == 0 && after) ? NULL
                                                                    : sum->gradients + layer->bias_hh + blocks[b].row);
  if (after)
    thalnet__bias_sums(sum, 3 * layer->units, layer->units, sum->gradients + layer->bias_hh + 2 * layer->units, NULL);
}
