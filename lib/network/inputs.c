/* SPDX-License-Identifier: MIT */
/* Task inputs: from the batch to time-major frames, with dropout; projected through the first layers' weights for all steps at
 * once, before the recurrence. Their gradients: network/input_gradients.c. */
#include "network/inputs.h"

#include <string.h>

#include "core/checked.h"
#include "network/batch.h"
#include "network/deal.h"
#include "network/dropout.h"

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
        work->factors[i][at] =
            thalnet__token_factor(batch, i, &random, batch->ids[work->first + r], frame, work->tokens[i][at]);
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

/* A module's inputs, projected by threads that share the rows. */
typedef struct thalnet__projection {
  const thalnet__work *work;
  size_t module, parts;
  real *to; /* [frames rows, gates] */
} thalnet__projection;

/* to += the input's part of the product, in the given rows */
static void thalnet__project_input(const thalnet__projection *call, const thalnet__connection *connection,
                                   thalnet__range rows) {
  const thalnet__work *work = call->work;
  const thalnet_center *net = work->net;
  const thalnet__input *input = &net->inputs[connection->number];
  const size_t gates = connection->matrix.outputs;
  if (!input->tokens) {
    const thalnet__const_rows values = {work->inputs[connection->number] + rows.first * input->size, input->size};
    thalnet__matrix_forward(net->kernels, &connection->matrix, net->prepared, rows.count, values, 1,
                            (thalnet__rows){call->to + rows.first * gates, gates}, (thalnet__part){0, 1});
    return;
  }
  for (size_t at = rows.first; at < rows.first + rows.count; at++) {
    const int32_t token = work->tokens[connection->number][at];
    const real factor = work->factors[connection->number][at];
    if (token < 0 || factor == 0) continue;
    thalnet__add_scaled(gates, factor, net->prepared + connection->place + (size_t)token * gates,
                        call->to + at * gates);
  }
}

/* The module's biases, but those that come after layer norm, and the inputs that have a frame for every base. */
static void thalnet__project_part(void *argument, size_t index, size_t worker) {
  const thalnet__projection *call = argument;
  const thalnet__work *work = call->work;
  const thalnet_center *net = work->net;
  const thalnet_module *module = net->modules[call->module];
  const thalnet__module_work *mine = &work->main.modules[call->module];
  const thalnet__layer *first = thalnet__first_layer(module);
  const size_t gates = first->kind->gates * first->units;
  const size_t bases = work->frames * net->steps_per_frame / mine->base_steps;
  const thalnet__range rows = thalnet__part_of((thalnet__part){index, call->parts}, bases * work->rows, 1);
  (void)worker;
  for (size_t at = rows.first; at < rows.first + rows.count && !first->norm; at++)
    memcpy(call->to + at * gates, net->prepared + first->bias, gates * sizeof *call->to);
  if (first->norm) memset(call->to + rows.first * gates, 0, rows.count * gates * sizeof *call->to);
  for (size_t k = 0; k < module->input_count; k++) {
    const size_t number = (size_t)module->inputs[k].number;
    if (work->fed[number] && net->inputs[number].steps_per_frame == mine->base_steps)
      thalnet__project_input(call, &module->inputs[k], rows);
  }
}

/* A slower input: its frames are projected once, then added to all bases that each lasts. */
static void thalnet__project_slower(const thalnet__work *work, size_t m, const thalnet__connection *connection) {
  const thalnet_center *net = work->net;
  const thalnet__module_work *mine = &work->main.modules[m];
  const size_t row = work->rows * connection->matrix.outputs, steps = net->inputs[connection->number].steps_per_frame;
  const size_t frames = work->frames * net->inputs[connection->number].frames;
  const size_t bases = work->frames * net->steps_per_frame / mine->base_steps;
  const thalnet__projection call = {.work = work, .module = m, .to = work->projection};
  memset(work->projection, 0, frames * row * sizeof *work->projection);
  thalnet__project_input(&call, connection, (thalnet__range){0, frames * work->rows});
  for (size_t base = 0; base < bases; base++)
    net->kernels->add(row, work->projection + base * mine->base_steps / steps * row, mine->base + base * row);
}

static void thalnet__project_module(thalnet__work *work, size_t m) {
  const thalnet_center *net = work->net;
  const thalnet_module *module = net->modules[m];
  thalnet__module_work *mine = &work->main.modules[m];
  mine->base_steps = 0;
  for (size_t k = 0; k < module->input_count; k++)
    if (work->fed[module->inputs[k].number])
      mine->base_steps = thalnet__divisor(net->inputs[module->inputs[k].number].steps_per_frame, mine->base_steps);
  mine->has_base = mine->base_steps > 0;
  if (!mine->has_base) return;
  thalnet__projection call = {.work = work, .module = m, .to = mine->base};
  call.parts = thalnet__in_parts(work)
                   ? thalnet__row_parts(work->frames * net->steps_per_frame / mine->base_steps * work->rows)
                   : 1;
  thalnet__deal(work, thalnet__project_part, &call, call.parts);
  for (size_t k = 0; k < module->input_count; k++) {
    const size_t number = (size_t)module->inputs[k].number;
    if (work->fed[number] && net->inputs[number].steps_per_frame != mine->base_steps)
      thalnet__project_slower(work, m, &module->inputs[k]);
  }
}

void thalnet__inputs_project(thalnet__work *work) {
  for (size_t m = 0; m < work->net->module_count; m++) thalnet__project_module(work, m);
}
