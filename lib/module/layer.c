/* SPDX-License-Identifier: MIT */
#include "module/layer.h"

#include <string.h>

#include <thalnet/module.h>

#include "core/fault.h"

void thalnet__layer_blocks(const thalnet__layer *layer, thalnet__block_rows blocks[2]) {
  const size_t n = layer->units, last = layer->kind->rotated * n, others = layer->kind->gates * n - last;
  blocks[0] = (thalnet__block_rows){0, last, others};
  blocks[1] = (thalnet__block_rows){last, others, 0};
}

/* --- what is prepared --- */

static void thalnet__prepare_input(const thalnet__layer *layer, const thalnet__kernels *kernels, const real *parameters,
                                   real *prepared) {
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
    thalnet__matrix_put(kernels, &layer->input, &piece, prepared);
    memcpy(prepared + layer->bias + blocks[b].column, parameters + layer->bias_ih + blocks[b].row,
           blocks[b].count * sizeof *prepared);
  }
}

void thalnet__layer_prepare(const thalnet__layer *layer, const thalnet__kernels *kernels, const real *parameters,
                            real *prepared) {
  const size_t n = layer->units, gates = layer->hidden.outputs;
  thalnet__prepare_input(layer, kernels, parameters, prepared);
  if (!layer->kind->recurrent) return;
  const real *weight = parameters + layer->weight_hh, *bias = parameters + layer->bias_hh;
  real *sums = prepared + layer->bias;
  const thalnet__piece hidden = {.outputs = gates, .inputs = n, .weight = weight, .ld = n, .scale = 1};
  const thalnet__piece candidate = {
      .outputs = layer->candidate.outputs, .inputs = n, .weight = weight + gates * n, .ld = n, .scale = 1};
  thalnet__matrix_put(kernels, &layer->hidden, &hidden, prepared);
  kernels->add(gates, bias, sums + layer->kind->rotated * n);
  if (candidate.outputs == 0) return;
  thalnet__matrix_put(kernels, &layer->candidate, &candidate, prepared);
  if (layer->variant == THALNET_RESET_AFTER)
    memcpy(sums + 3 * n, bias + gates, n * sizeof *sums);
  else
    kernels->add(n, bias + gates, sums);
}

/* --- products of a step --- */

void thalnet__layer_multiply_input(const thalnet__layer *layer, const thalnet__layer_step *step, thalnet__rows to,
                                   thalnet__part part) {
  thalnet__matrix_forward(step->kernels, &layer->input, step->prepared, step->rows, step->input, 0, to, part);
}

void thalnet__layer_multiply_input_gradient(const thalnet__layer *layer, const thalnet__layer_step *step,
                                            const thalnet__layer_gradient *gradient, thalnet__part part) {
  if (layer->input.inputs > 0)
    thalnet__matrix_backward(step->kernels, &layer->input, step->prepared, step->rows, thalnet__const_view(step->gates),
                             0, gradient->d_input, part);
}

/* --- gradients of parameters --- */

void thalnet__layer_weight_gradient(const thalnet__layer_sum *sum, size_t column, size_t count,
                                    thalnet__const_rows from, size_t columns, real *weight, size_t ld,
                                    thalnet__part part) {
  const thalnet__const_rows gates = {sum->gates.at + column, sum->gates.ld};
  thalnet__multiply_gradient(sum->kernels, count, columns, sum->rows, gates, from, weight, ld, sum->scratch, part);
}

void thalnet__layer_input_gradients(const thalnet__layer *layer, const thalnet__layer_sum *sum, thalnet__part part) {
  thalnet__block_rows blocks[2];
  thalnet__layer_blocks(layer, blocks);
  for (int b = 0; b < 2; b++)
    thalnet__layer_weight_gradient(
        sum, blocks[b].column, blocks[b].count, sum->input, layer->input.inputs,
        sum->gradients + layer->weight_ih + blocks[b].row * layer->inputs + layer->task_columns, layer->inputs, part);
}

/* Sums of the gates' columns: bias_ih in the order of the tensors, bias_hh from the hidden side's blocks. */
void thalnet__layer_bias_gradients(const thalnet__layer *layer, const thalnet__layer_sum *sum, thalnet__part part) {
  thalnet__block_rows blocks[2];
  if (THALNET__FAULT(DROP_BIAS) || part.index != 0) return;
  thalnet__layer_blocks(layer, blocks);
  for (int b = 0; b < 2; b++) {
    const thalnet__const_rows gates = {sum->gates.at + blocks[b].column, sum->gates.ld};
    sum->kernels->add_rows(sum->rows, blocks[b].count, gates, sum->gradients + layer->bias_ih + blocks[b].row);
    if (layer->kind->recurrent && !(b == 0 && layer->variant == THALNET_RESET_AFTER))
      sum->kernels->add_rows(sum->rows, blocks[b].count, gates, sum->gradients + layer->bias_hh + blocks[b].row);
  }
  if (layer->kind == &thalnet__gru && layer->variant == THALNET_RESET_AFTER) {
    const size_t n = layer->units;
    const thalnet__const_rows candidate = {sum->gates.at + 3 * n, sum->gates.ld};
    sum->kernels->add_rows(sum->rows, n, candidate, sum->gradients + layer->bias_hh + 2 * n);
  }
}
