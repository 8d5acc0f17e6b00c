/* SPDX-License-Identifier: MIT */
/* Outputs: linear maps of the center after a frame's last step, y = sum over the connected modules of V phi + v. Their modules
 * lie within one span of the center, so that each output is one product. */
#include "network/outputs.h"

#include <string.h>

#include "network/batch.h"
#include "network/deal.h"
#include "network/masks.h"
#include "network/unroll.h"

static void thalnet__fill_bias(const thalnet_center *net, const thalnet__output *output, size_t rows, real *values) {
  for (size_t r = 0; r < rows; r++)
    memcpy(values + r * output->size, net->parameters + output->bias, output->size * sizeof *values);
}

/* Rows of an output that threads share. */
typedef struct thalnet__head_call {
  const thalnet__work *work;
  const thalnet__output *output;
  size_t number, rows, parts;
  const real *phi; /* [rows, P] */
  real *values;
  const real *d_values; /* [rows, size] */
  real *d_phi;
  real *gradients;
} thalnet__head_call;

/* values [rows, size] = bias + phi[:, span] head^T */
static void thalnet__head_forward_part(void *argument, size_t index, size_t worker) {
  const thalnet__head_call *call = argument;
  const thalnet_center *net = call->work->net;
  const thalnet__output *output = call->output;
  const thalnet__range rows = thalnet__part_of((thalnet__part){index, call->parts}, call->rows, 1);
  real *values = call->values + rows.first * output->size;
  const thalnet__const_rows phi = {call->phi + rows.first * net->features + output->span, net->features};
  (void)worker;
  thalnet__fill_bias(net, output, rows.count, values);
  thalnet__matrix_forward(net->kernels, &output->head, net->prepared, rows.count, phi, 1,
                          (thalnet__rows){values, output->size}, (thalnet__part){0, 1});
}

static void thalnet__head_forward(const thalnet__work *work, const thalnet__output *output, size_t rows,
                                  const real *phi, real *values) {
  thalnet__head_call call = {.work = work, .output = output, .rows = rows, .phi = phi, .values = values};
  call.parts = thalnet__in_parts(work) ? thalnet__row_parts(rows) : 1;
  thalnet__deal(work, thalnet__head_forward_part, &call, call.parts);
}

static void thalnet__head_center_part(void *argument, size_t index, size_t worker) {
  const thalnet__head_call *call = argument;
  const thalnet_center *net = call->work->net;
  const thalnet__const_rows d_values = {call->d_values, call->output->size};
  const thalnet__rows d_phi = {call->d_phi + call->output->span, net->features};
  (void)worker;
  thalnet__matrix_backward(net->kernels, &call->output->head, net->prepared, call->rows, d_values, 1, d_phi,
                           (thalnet__part){index, call->parts});
}

static void thalnet__head_center_gradient(const thalnet__work *work, const thalnet__output *output, size_t rows,
                                          const real *d_values, real *d_phi) {
  thalnet__head_call call = {.work = work, .output = output, .rows = rows, .d_values = d_values, .d_phi = d_phi};
  call.parts = thalnet__in_parts(work) ? thalnet__column_parts(output->span_size) : 1;
  thalnet__deal(work, thalnet__head_center_part, &call, call.parts);
}

/* The weights of module number index / parts on the output += d_values^T phi[:, module] */
static void thalnet__head_weight_part(void *argument, size_t index, size_t worker) {
  const thalnet__head_call *call = argument;
  const thalnet_center *net = call->work->net;
  const thalnet_module *module = net->modules[index / call->parts];
  const thalnet__const_rows d_values = {call->d_values, call->output->size};
  const thalnet__const_rows phi = {call->phi + module->offset, net->features};
  for (size_t k = 0; k < module->output_count; k++)
    if (module->outputs[k].number == (int32_t)call->number)
      thalnet__multiply_gradient(net->kernels, call->output->size, module->features, call->rows, d_values, phi,
                                 call->gradients + module->outputs[k].place, module->features,
                                 thalnet__product_scratch(call->work, worker),
                                 (thalnet__part){index % call->parts, call->parts});
}

static void thalnet__head_gradients(const thalnet__work *work, size_t o, size_t rows, const real *d_values,
                                    const real *phi, real *gradients) {
  const thalnet_center *net = work->net;
  const thalnet__output *output = &net->outputs[o];
  thalnet__head_call call = {.work = work,
                             .output = output,
                             .number = o,
                             .rows = rows,
                             .phi = phi,
                             .d_values = d_values,
                             .gradients = gradients};
  call.parts = thalnet__in_parts(work) ? thalnet__row_parts(output->size) : 1;
  thalnet__deal(work, thalnet__head_weight_part, &call, net->module_count * call.parts);
  net->kernels->add_rows(rows, output->size, (thalnet__const_rows){d_values, output->size}, gradients + output->bias);
}

/* The slot in which the memory after an output's frame is. */
static size_t thalnet__frame_slot(const thalnet__work *work, const thalnet__output *output, size_t frame) {
  return work->main.after[(frame + 1) * output->steps_per_frame - 1];
}

/* How many frames from `frame` on have their memories in consecutive slots, so that they are one product. */
static size_t thalnet__frame_run(const thalnet__work *work, const thalnet__output *output, size_t frame,
                                 size_t frames) {
  if (output->steps_per_frame > 1) return 1;
  return thalnet__after_run(&work->main, frame, frames);
}

void thalnet__output_forward(thalnet__work *work, size_t o) {
  const thalnet_center *net = work->net;
  const thalnet__output *output = &net->outputs[o];
  const size_t frames = work->frames * output->frames, row = work->rows * output->size;
  for (size_t frame = 0, run; frame < frames; frame += run) {
    run = thalnet__frame_run(work, output, frame, frames);
    thalnet__head_forward(work, output, run * work->rows,
                          thalnet__shown_at(net, &work->main, thalnet__frame_slot(work, output, frame)),
                          work->outputs[o] + frame * row);
  }
}

void thalnet__outputs_forward(thalnet__work *work, const thalnet_batch *batch) {
  const thalnet_center *net = work->net;
  for (size_t o = 0; o < net->output_count; o++) {
    const thalnet__output *output = &net->outputs[o];
    const size_t frames = work->frames * output->frames, row = work->rows * output->size;
    if (batch->outputs[o].final) continue;
    thalnet__output_forward(work, o);
    /* to the batch's own order; what is beyond a sequence's length was zeroed before */
    for (size_t r = 0; r < work->rows; r++)
      for (size_t k = 0; k < frames; k++) {
        const size_t frame = work->frame * output->frames + k;
        if (frame >= (size_t)batch->lengths[work->first + r] * output->frames) break;
        memcpy(batch->outputs[o].values + ((work->first + r) * thalnet__output_frames(batch, o) + frame) * output->size,
               work->outputs[o] + k * row + r * output->size, output->size * sizeof(real));
      }
  }
}

/* What final outputs see: the center after the settle steps. */
static const real *thalnet__final_shown(const thalnet__work *work) {
  const size_t steps = work->net->settle_steps;
  if (work->settle.shown == NULL && steps == 0) return work->final.phi;
  return thalnet__shown_at(work->net, &work->settle, steps);
}

void thalnet__outputs_final_forward(thalnet__work *work, const thalnet_batch *batch) {
  const thalnet_center *net = work->net;
  const real *phi = thalnet__final_shown(work);
  for (size_t o = 0; o < net->output_count; o++) {
    const thalnet__output *output = &net->outputs[o];
    if (!batch->outputs[o].final) continue;
    thalnet__head_forward(work, output, work->rows, phi, work->final_outputs[o]);
    memcpy(batch->outputs[o].final_values + work->first * output->size, work->final_outputs[o],
           work->rows * output->size * sizeof(real));
  }
}

/* --- losses --- */

/* Goal number `at` of an output; 0 where there is none. */
static double thalnet__goal_at(const thalnet__batch_output *mine, const thalnet__output *output, size_t at,
                               thalnet__goal *goal) {
  const double weight = mine->weights_set ? (double)mine->weights[at] : 1;
  if (output->loss->labels && mine->labels[at] < 0) return 0;
  goal->label = output->loss->labels ? mine->labels[at] : -1;
  goal->smoothing = mine->smoothing;
  goal->target = output->loss->targets ? mine->targets + at * output->size : NULL;
  goal->scale = mine->weight_sum > 0 ? (real)((double)mine->loss_weight * weight / mine->weight_sum) : 0;
  return weight;
}

/* One output row of sequence `sequence`; gradient NULL: not wanted, else written. */
static void thalnet__row_loss(const thalnet_center *net, thalnet__batch_output *mine, const thalnet__output *output,
                              size_t sequence, size_t at, const real *values, real *gradient) {
  thalnet__goal goal;
  int correct = 0;
  const double weight = thalnet__goal_at(mine, output, at, &goal);
  if (weight <= 0) {
    if (gradient != NULL) memset(gradient, 0, output->size * sizeof *gradient);
    return;
  }
  const double loss = output->loss->row(net->kernels, output->size, values, &goal, gradient, &correct);
  mine->losses[sequence] += weight * loss;
  mine->correct[sequence] += (uint64_t)correct;
}

void thalnet__outputs_losses(thalnet__work *work, thalnet_batch *batch, int gradients) {
  const thalnet_center *net = work->net;
  for (size_t o = 0; o < net->output_count; o++) {
    const thalnet__output *output = &net->outputs[o];
    thalnet__batch_output *mine = &batch->outputs[o];
    const size_t frames = work->frames * output->frames, all = thalnet__output_frames(batch, o);
    if (mine->final || !mine->goals_set) continue;
    for (size_t k = 0; k < frames; k++)
      for (size_t r = 0; r < work->rows; r++) {
        const size_t at = (k * work->rows + r) * output->size, frame = work->frame * output->frames + k;
        real *gradient = gradients ? work->d_outputs[o] + at : NULL;
        if (frame < (size_t)batch->lengths[work->first + r] * output->frames)
          thalnet__row_loss(net, mine, output, work->first + r, (work->first + r) * all + frame, work->outputs[o] + at,
                            gradient);
        else if (gradient != NULL)
          memset(gradient, 0, output->size * sizeof *gradient);
      }
  }
}

void thalnet__outputs_final_losses(thalnet__work *work, thalnet_batch *batch, int gradients) {
  const thalnet_center *net = work->net;
  for (size_t o = 0; o < net->output_count; o++) {
    const thalnet__output *output = &net->outputs[o];
    thalnet__batch_output *mine = &batch->outputs[o];
    if (!mine->final || !mine->goals_set) continue;
    for (size_t r = 0; r < work->rows; r++)
      thalnet__row_loss(net, mine, output, work->first + r, work->first + r, work->final_outputs[o] + r * output->size,
                        gradients ? work->d_final_outputs[o] + r * output->size : NULL);
  }
}

/* --- gradients --- */

void thalnet__outputs_host_gradients(thalnet__work *work, const thalnet_batch *batch) {
  const thalnet_center *net = work->net;
  for (size_t o = 0; o < net->output_count; o++) {
    const thalnet__batch_output *mine = &batch->outputs[o];
    const size_t size = net->outputs[o].size, frames = work->frames * net->outputs[o].frames;
    if (frames > 0 && !mine->goals_set && mine->gradient_set) /* no loss has written there */
      memset(work->d_outputs[o], 0, frames * work->rows * size * sizeof(real));
    if (!mine->goals_set && mine->final_gradient_set)
      memset(work->d_final_outputs[o], 0, work->rows * size * sizeof(real));
    for (size_t r = 0; r < work->rows; r++) {
      const size_t sequence = work->first + r;
      for (size_t k = 0; k < frames && mine->gradient_set; k++)
        net->kernels->add(size, mine->gradient + (sequence * thalnet__output_frames(batch, o) + k) * size,
                          work->d_outputs[o] + (k * work->rows + r) * size);
      if (mine->final_gradient_set)
        net->kernels->add(size, mine->final_gradient + sequence * size, work->d_final_outputs[o] + r * size);
    }
  }
}

static int thalnet__has_gradient(const thalnet__batch_output *mine) { return mine->goals_set || mine->gradient_set; }

static int thalnet__has_final_gradient(const thalnet__batch_output *mine) {
  return mine->goals_set || mine->final_gradient_set;
}

void thalnet__outputs_step_gradient(const thalnet__work *work, const thalnet_batch *batch, size_t step, real *d) {
  const thalnet_center *net = work->net;
  real *d_shown = thalnet__shown_gradient(work->d_shown, d);
  int any = 0;
  for (size_t o = 0; o < net->output_count; o++) {
    const thalnet__output *output = &net->outputs[o];
    if (batch->outputs[o].final || !thalnet__has_gradient(&batch->outputs[o])) continue;
    if ((step + 1) % output->steps_per_frame != 0) continue;
    const size_t frame = step / output->steps_per_frame;
    thalnet__head_center_gradient(work, output, work->rows, work->d_outputs[o] + frame * work->rows * output->size,
                                  d_shown);
    any = 1;
  }
  if (any && d_shown != d) thalnet__shown_back(work, &work->main, step + 1, d);
}

void thalnet__outputs_final_gradient(const thalnet__work *work, const thalnet_batch *batch, real *d, real *gradients) {
  const thalnet_center *net = work->net;
  const real *phi = thalnet__final_shown(work);
  real *d_shown = thalnet__shown_gradient(work->d_shown, d);
  for (size_t o = 0; o < net->output_count; o++) {
    const thalnet__output *output = &net->outputs[o];
    if (!batch->outputs[o].final || !thalnet__has_final_gradient(&batch->outputs[o])) continue;
    thalnet__head_gradients(work, o, work->rows, work->d_final_outputs[o], phi, gradients);
    thalnet__head_center_gradient(work, output, work->rows, work->d_final_outputs[o], d_shown);
  }
  if (d_shown != d) thalnet__shown_back(work, &work->settle, net->settle_steps, d);
}

void thalnet__outputs_weight_gradients(const thalnet__work *work, const thalnet_batch *batch, real *gradients) {
  const thalnet_center *net = work->net;
  for (size_t o = 0; o < net->output_count; o++) {
    const thalnet__output *output = &net->outputs[o];
    const size_t frames = work->frames * output->frames, row = work->rows * output->size;
    if (batch->outputs[o].final || !thalnet__has_gradient(&batch->outputs[o])) continue;
    for (size_t frame = 0, run; frame < frames; frame += run) {
      run = thalnet__frame_run(work, output, frame, frames);
      thalnet__head_gradients(work, o, run * work->rows, work->d_outputs[o] + frame * row,
                              thalnet__shown_at(net, &work->main, thalnet__frame_slot(work, output, frame)), gradients);
    }
  }
}
