/* SPDX-License-Identifier: MIT */
/* Task inputs: from the batch to time-major frames, with dropout; projected through the first layers' weights for all steps at
 * once, before the recurrence; and their gradients after it. */
#include "network/inputs.h"

#include <string.h>

#include "core/checked.h"
#include "core/random.h"
#include "math/multiply.h"
#include "network/batch.h"

/* Frames of an input that a row has; the rest is padding. */
static size_t thalnet__row_frames(const thalnet__work *work, const thalnet_batch *batch, size_t input, size_t row) {
  return (size_t)batch->lengths[work->first + row] * work->net->inputs[input].frames;
}

static thalnet__random thalnet__dropout_random(const thalnet_batch *batch, size_t input) {
  return thalnet__random_make(batch->options.seed, THALNET__STREAM_INPUT_DROPOUT, input, batch->epoch);
}

/* 0 with probability `rate`, else 1 / (1 - rate): number `first` on of a sequence's factors. */
static void thalnet__dropout_factors(const thalnet__random *random, uint64_t id, size_t first, size_t count, real rate,
                                     real *factors) {
  const real kept = 1 / (1 - rate);
  thalnet__random_uniform(random, id, first, count, factors);
  for (size_t i = 0; i < count; i++) factors[i] = factors[i] < rate ? 0 : kept;
}

/* Multiplies `values` by the factors of input frame `frame`, piece by piece. */
static void thalnet__drop_values(const thalnet_batch *batch, size_t input, const thalnet__random *random, uint64_t id,
                                 size_t frame, real *values) {
  enum { PIECE = 64 };
  const size_t size = batch->net->inputs[input].size;
  real factors[PIECE];
  for (size_t at = 0; at < size; at += PIECE) {
    const size_t count = size - at < PIECE ? size - at : PIECE;
    thalnet__dropout_factors(random, id, frame * size + at, count, batch->inputs[input].dropout, factors);
    for (size_t i = 0; i < count; i++) values[at + i] *= factors[i];
  }
}

static void thalnet__gather_dense(thalnet__work *work, const thalnet_batch *batch, size_t i) {
  const thalnet__input *input = &work->net->inputs[i];
  const size_t size = input->size, frames = work->frames * input->frames, skipped = work->frame * input->frames;
  const size_t all = thalnet__input_frames(batch, i);
  const int dropping = batch->dropping && batch->inputs[i].dropout > 0;
  const thalnet__random random = thalnet__dropout_random(batch, i);
  for (size_t r = 0; r < work->rows; r++) {
    const real *from = batch->inputs[i].values + (work->first + r) * all * size;
    const size_t has = thalnet__row_frames(work, batch, i, r);
    for (size_t k = 0; k < frames; k++) {
      real *to = work->inputs[i] + (k * work->rows + r) * size;
      if (skipped + k >= has) {
        memset(to, 0, size * sizeof *to);
        continue;
      }
      memcpy(to, from + (skipped + k) * size, size * sizeof *to);
      if (dropping) thalnet__drop_values(batch, i, &random, batch->ids[work->first + r], skipped + k, to);
    }
  }
}

static void thalnet__gather_tokens(thalnet__work *work, const thalnet_batch *batch, size_t i) {
  const thalnet__input *input = &work->net->inputs[i];
  const size_t frames = work->frames * input->frames, skipped = work->frame * input->frames;
  const size_t all = thalnet__input_frames(batch, i);
  const int dropping = batch->dropping && batch->inputs[i].dropout > 0;
  const thalnet__random random = thalnet__dropout_random(batch, i);
  for (size_t r = 0; r < work->rows; r++) {
    const int32_t *from = batch->inputs[i].tokens + (work->first + r) * all;
    const size_t has = thalnet__row_frames(work, batch, i, r);
    for (size_t k = 0; k < frames; k++) {
      const size_t at = k * work->rows + r, frame = skipped + k;
      work->tokens[i][at] = frame < has ? from[frame] : -1;
      work->factors[i][at] = 1;
      if (dropping)
        thalnet__dropout_factors(&random, batch->ids[work->first + r], frame, 1, batch->inputs[i].dropout,
                                 &work->factors[i][at]);
    }
  }
}

void thalnet__inputs_gather(thalnet__work *work, const thalnet_batch *batch) {
  for (size_t i = 0; i < work->net->input_count; i++) {
    work->fed[i] = batch->inputs[i].set != 0;
    if (!work->fed[i]) continue;
    if (work->net->inputs[i].tokens)
      thalnet__gather_tokens(work, batch, i);
    else
      thalnet__gather_dense(work, batch, i);
  }
}

/* --- projection --- */

/* to [frames rows, gates] += the input's part of the product */
static void thalnet__project_input(const thalnet__work *work, const thalnet_module *module,
                                   const thalnet__connection *connection, real *to) {
  const thalnet_center *net = work->net;
  const thalnet__input *input = &net->inputs[connection->number];
  const thalnet__layer *first = thalnet__first_layer(module);
  const size_t gates = first->kind->gates * first->units, rows = work->frames * input->frames * work->rows;
  if (!input->tokens) {
    thalnet__multiply_nt(rows, gates, input->size, work->inputs[connection->number], input->size,
                         net->parameters + first->weight_ih + connection->column, first->inputs, 1, to, gates);
    return;
  }
  for (size_t at = 0; at < rows; at++) {
    const int32_t token = work->tokens[connection->number][at];
    const real factor = work->factors[connection->number][at];
    if (token < 0 || factor == 0) continue;
    const real *column = net->prepared + connection->place + (size_t)token * gates;
    for (size_t g = 0; g < gates; g++) to[at * gates + g] += factor * column[g];
  }
}

static void thalnet__project_module(thalnet__work *work, size_t m) {
  const thalnet_center *net = work->net;
  const thalnet_module *module = net->modules[m];
  thalnet__module_work *mine = &work->main.modules[m];
  const thalnet__layer *first = thalnet__first_layer(module);
  const size_t gates = first->kind->gates * first->units, row = work->rows * gates;
  size_t base_steps = 0;
  for (size_t k = 0; k < module->input_count; k++)
    if (work->fed[module->inputs[k].number])
      base_steps = thalnet__divisor(net->inputs[module->inputs[k].number].steps_per_frame, base_steps);
  mine->has_base = base_steps > 0;
  if (!mine->has_base) return;
  mine->base_steps = base_steps;
  const size_t bases = work->frames * net->steps_per_frame / base_steps;
  for (size_t at = 0; at < bases * work->rows; at++)
    memcpy(mine->base + at * gates, net->parameters + first->bias_ih, gates * sizeof *mine->base);
  for (size_t k = 0; k < module->input_count; k++) {
    const size_t number = (size_t)module->inputs[k].number, steps = net->inputs[number].steps_per_frame;
    if (!work->fed[number]) continue;
    if (steps == base_steps) {
      thalnet__project_input(work, module, &module->inputs[k], mine->base);
      continue;
    }
    /* a slower input: project its frames once, then add each to all bases that it lasts */
    const size_t frames = work->frames * net->inputs[number].frames;
    memset(work->projection, 0, frames * row * sizeof *work->projection);
    thalnet__project_input(work, module, &module->inputs[k], work->projection);
    for (size_t base = 0; base < bases; base++)
      net->kernels->add(row, work->projection + base * base_steps / steps * row, mine->base + base * row);
  }
}

void thalnet__inputs_project(thalnet__work *work) {
  for (size_t m = 0; m < work->net->module_count; m++) thalnet__project_module(work, m);
}

/* --- gradients --- */

/* The gradient before the gates of a module's first layer, added up over the steps of each frame of an input. */
static const real *thalnet__framed_gradient(thalnet__work *work, size_t m, size_t number) {
  const thalnet_center *net = work->net;
  const thalnet__layer *first = thalnet__first_layer(net->modules[m]);
  const size_t row = work->rows * first->kind->gates * first->units, steps = net->inputs[number].steps_per_frame;
  const real *dgi = work->main.modules[m].layers[0].dgi;
  if (steps == 1) return dgi;
  for (size_t frame = 0; frame < work->frames * net->inputs[number].frames; frame++) {
    memcpy(work->d_framed + frame * row, dgi + frame * steps * row, row * sizeof *dgi);
    for (size_t step = 1; step < steps; step++)
      net->kernels->add(row, dgi + (frame * steps + step) * row, work->d_framed + frame * row);
  }
  return work->d_framed;
}

static void thalnet__token_gradient(const thalnet__work *work, const thalnet__connection *connection,
                                    const thalnet__layer *first, const real *dg, real *gradients) {
  const size_t gates = first->kind->gates * first->units;
  const size_t rows = work->frames * work->net->inputs[connection->number].frames * work->rows;
  real *weight = gradients + first->weight_ih + connection->column;
  for (size_t at = 0; at < rows; at++) {
    const int32_t token = work->tokens[connection->number][at];
    const real factor = work->factors[connection->number][at];
    if (token < 0 || factor == 0) continue;
    for (size_t g = 0; g < gates; g++) weight[g * first->inputs + (size_t)token] += factor * dg[at * gates + g];
  }
}

/* From time-major frames to the batch's own order; through the dropout that the values went through. */
static void thalnet__scatter_input_gradient(const thalnet__work *work, thalnet_batch *batch, size_t i) {
  const thalnet__input *input = &work->net->inputs[i];
  const size_t size = input->size, frames = work->frames * input->frames, skipped = work->frame * input->frames;
  const size_t all = thalnet__input_frames(batch, i);
  const int dropping = batch->dropping && batch->inputs[i].dropout > 0;
  const thalnet__random random = thalnet__dropout_random(batch, i);
  for (size_t r = 0; r < work->rows; r++)
    for (size_t k = 0; k < frames && skipped + k < thalnet__row_frames(work, batch, i, r); k++) {
      real *to = batch->inputs[i].gradient + ((work->first + r) * all + skipped + k) * size;
      memcpy(to, work->d_input + (k * work->rows + r) * size, size * sizeof *to);
      if (dropping) thalnet__drop_values(batch, i, &random, batch->ids[work->first + r], skipped + k, to);
    }
}

/* Weights of one input in all modules connected to it, and the input's own gradient where it is wanted. */
static void thalnet__input_gradient(thalnet__work *work, thalnet_batch *batch, size_t i, real *gradients) {
  const thalnet_center *net = work->net;
  const thalnet__input *input = &net->inputs[i];
  const size_t rows = work->frames * input->frames * work->rows;
  const int wanted = batch->inputs[i].gradient != NULL;
  if (wanted) memset(work->d_input, 0, rows * input->size * sizeof *work->d_input);
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet_module *module = net->modules[m];
    const thalnet__layer *first = thalnet__first_layer(module);
    const size_t gates = first->kind->gates * first->units;
    for (size_t k = 0; k < module->input_count; k++) {
      const thalnet__connection *connection = &module->inputs[k];
      if (connection->number != (int32_t)i) continue;
      const real *dg = thalnet__framed_gradient(work, m, i);
      if (input->tokens) {
        thalnet__token_gradient(work, connection, first, dg, gradients);
        continue;
      }
      thalnet__multiply_tn(gates, input->size, rows, dg, gates, work->inputs[i], input->size, 1,
                           gradients + first->weight_ih + connection->column, first->inputs);
      if (wanted)
        thalnet__multiply_nn(rows, input->size, gates, dg, gates,
                             net->parameters + first->weight_ih + connection->column, first->inputs, 1, work->d_input,
                             input->size);
    }
  }
  if (wanted) thalnet__scatter_input_gradient(work, batch, i);
}

void thalnet__inputs_gradient(thalnet__work *work, thalnet_batch *batch, real *gradients) {
  for (size_t i = 0; i < work->net->input_count; i++)
    if (work->fed[i]) thalnet__input_gradient(work, batch, i, gradients);
}
