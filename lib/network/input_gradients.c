/* SPDX-License-Identifier: MIT */
/* Back from the first layers to the task inputs: gradients of the weights on them, and of dense inputs themselves. */
#include <string.h>

#include "network/batch.h"
#include "network/deal.h"
#include "network/dropout.h"
#include "network/inputs.h"
#include "network/unroll.h"

/* The steps of one block of backward, and its frames of one input. */
typedef struct thalnet__input_block {
  thalnet__work *work;
  thalnet_batch *batch;
  size_t input, step, steps;
  size_t frame, frames; /* of the input */
  real *gradients;
  size_t module, parts;
  const thalnet__connection *connection;
  thalnet__const_rows dg; /* [frames rows, gates]: gradient before the gates of a module's first layer */
} thalnet__input_block;

/* Added up over the steps of each frame, where a frame lasts several. */
static thalnet__const_rows thalnet__framed_gradient(const thalnet__input_block *block) {
  thalnet__work *work = block->work;
  const thalnet_center *net = work->net;
  const thalnet__layer *first = thalnet__first_layer(net->modules[block->module]);
  const size_t gates = first->kind->gates * first->units, rows = work->rows;
  const size_t steps = net->inputs[block->input].steps_per_frame;
  const thalnet__rows dg = work->main.modules[block->module].layers[0].step.input_side;
  if (steps == 1) return thalnet__const_view(dg);
  for (size_t frame = 0; frame < block->frames; frame++)
    for (size_t r = 0; r < rows; r++) {
      real *to = work->d_framed + (frame * rows + r) * gates;
      memcpy(to, dg.at + (frame * steps * rows + r) * dg.ld, gates * sizeof *to);
      for (size_t step = 1; step < steps; step++)
        net->kernels->add(gates, dg.at + ((frame * steps + step) * rows + r) * dg.ld, to);
    }
  return (thalnet__const_rows){work->d_framed, gates};
}

/* --- tokens: gradients of columns --- */

/* Columns [range) of the gates: summed up by token, then added to the weights' columns; or, where the tokens are more than the
 * rows, added one by one. */
static void thalnet__token_sums(const thalnet__input_block *block, thalnet__range range, size_t row, real *weight) {
  const thalnet__work *work = block->work;
  const thalnet__layer *first = thalnet__first_layer(work->net->modules[block->module]);
  const thalnet__input *input = &work->net->inputs[block->input];
  const size_t rows = block->frames * work->rows, start = block->frame * work->rows;
  const int many = work->token_sums == NULL || input->size > rows; /* a sum for each would be mostly zeros */
  real *sums = many ? NULL : work->token_sums + input->size * range.first;
  if (!many) memset(sums, 0, input->size * range.count * sizeof *sums);
  for (size_t at = 0; at < rows; at++) {
    const int32_t token = work->tokens[block->input][start + at];
    const real factor = work->factors[block->input][start + at];
    const real *dg = block->dg.at + at * block->dg.ld + range.first;
    if (token < 0 || factor == 0) continue;
    if (!many)
      thalnet__add_scaled(range.count, factor, dg, sums + (size_t)token * range.count);
    else
      for (size_t g = 0; g < range.count; g++) weight[(row + g) * first->inputs + (size_t)token] += factor * dg[g];
  }
  for (size_t g = 0; g < range.count && !many; g++)
    for (size_t token = 0; token < input->size; token++)
      weight[(row + g) * first->inputs + token] += sums[token * range.count + g];
}

static void thalnet__token_part(void *argument, size_t index, size_t worker) {
  const thalnet__input_block *block = argument;
  const thalnet__layer *first = thalnet__first_layer(block->work->net->modules[block->module]);
  thalnet__block_rows blocks[2];
  (void)worker;
  thalnet__layer_blocks(first, blocks);
  for (int b = 0; b < 2; b++) {
    thalnet__range range = thalnet__part_of((thalnet__part){index, block->parts}, blocks[b].count, 16);
    const size_t row = blocks[b].row + range.first;
    range.first += blocks[b].column;
    if (range.count > 0)
      thalnet__token_sums(block, range, row, block->gradients + first->weight_ih + block->connection->column);
  }
}

/* --- dense inputs --- */

/* From time-major frames to the batch's own order; through the dropout that the values went through. */
static void thalnet__scatter_input_gradient(const thalnet__input_block *block) {
  const thalnet__work *work = block->work;
  const thalnet_batch *batch = block->batch;
  const size_t i = block->input, size = work->net->inputs[i].size, all = thalnet__input_frames(batch, i);
  const int dropping = batch->dropping && batch->inputs[i].dropout > 0;
  const thalnet__random random = thalnet__dropout_random(batch, i);
  for (size_t r = 0; r < work->rows; r++)
    for (size_t k = 0; k < block->frames; k++) {
      const size_t frame = work->frame * work->net->inputs[i].frames + block->frame + k;
      if (frame >= thalnet__row_frames(work, batch, i, r)) break;
      real *to = batch->inputs[i].gradient + ((work->first + r) * all + frame) * size;
      memcpy(to, work->d_input + (k * work->rows + r) * size, size * sizeof *to);
      if (dropping) thalnet__drop_values(batch, i, &random, batch->ids[work->first + r], frame, to);
    }
}

static void thalnet__dense_part(void *argument, size_t index, size_t worker) {
  const thalnet__input_block *block = argument;
  const thalnet__work *work = block->work;
  const thalnet__layer *first = thalnet__first_layer(work->net->modules[block->module]);
  const size_t size = work->net->inputs[block->input].size, rows = block->frames * work->rows;
  const thalnet__const_rows values = {work->inputs[block->input] + block->frame * work->rows * size, size};
  const thalnet__layer_sum sum = {.kernels = work->net->kernels,
                                  .rows = rows,
                                  .input_side = block->dg,
                                  .scratch = thalnet__product_scratch(work, worker)};
  thalnet__block_rows blocks[2];
  thalnet__layer_blocks(first, blocks);
  for (int b = 0; b < 2; b++)
    thalnet__layer_weight_gradient(&sum, sum.input_side, blocks[b].column, blocks[b].count, values, size,
                                   block->gradients + first->weight_ih + blocks[b].row * first->inputs +
                                       block->connection->column,
                                   first->inputs, (thalnet__part){index, block->parts});
}

/* One connection of the input. */
static void thalnet__connection_gradient(thalnet__input_block *block) {
  const thalnet__work *work = block->work;
  const thalnet_center *net = work->net;
  const thalnet__layer *first = thalnet__first_layer(net->modules[block->module]);
  if (first->frozen && block->batch->inputs[block->input].gradient == NULL) return;
  block->dg = thalnet__framed_gradient(block);
  if (net->inputs[block->input].tokens) {
    block->parts = thalnet__in_parts(work) ? first->parts : 1;
    thalnet__deal(work, thalnet__token_part, block, block->parts);
    return;
  }
  block->parts = thalnet__in_parts(work) ? first->gradient_parts : 1;
  thalnet__deal(work, thalnet__dense_part, block, block->parts);
  if (block->batch->inputs[block->input].gradient != NULL)
    thalnet__matrix_backward(net->kernels, &block->connection->matrix, net->prepared, block->frames * work->rows,
                             block->dg, 1, (thalnet__rows){work->d_input, net->inputs[block->input].size},
                             (thalnet__part){0, 1});
}

/* Weights of one input in all modules connected to it, and the input's own gradient where it is wanted. */
static void thalnet__input_gradient(thalnet__input_block *block) {
  thalnet__work *work = block->work;
  const thalnet_center *net = work->net;
  const thalnet__input *input = &net->inputs[block->input];
  const int wanted = block->batch->inputs[block->input].gradient != NULL;
  block->frame = block->step / input->steps_per_frame;
  block->frames = block->steps / input->steps_per_frame;
  if (wanted) memset(work->d_input, 0, block->frames * work->rows * input->size * sizeof *work->d_input);
  for (block->module = 0; block->module < net->module_count; block->module++) {
    const thalnet_module *module = net->modules[block->module];
    for (size_t k = 0; k < module->input_count; k++) {
      block->connection = &module->inputs[k];
      if (block->connection->number == (int32_t)block->input) thalnet__connection_gradient(block);
    }
  }
  if (wanted) thalnet__scatter_input_gradient(block);
}

void thalnet__inputs_gradient(thalnet__work *work, thalnet_batch *batch, size_t step, size_t end, real *gradients) {
  thalnet__input_block block = {
      .work = work, .batch = batch, .step = step, .steps = end - step, .gradients = gradients};
  thalnet__describe_step(work, &work->main, step);
  for (block.input = 0; block.input < work->net->input_count; block.input++)
    if (work->fed[block.input]) thalnet__input_gradient(&block);
}
