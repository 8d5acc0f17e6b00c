/* SPDX-License-Identifier: MIT */
/* One chunk of sequences through all its frames, forward and back. */
#include "network/chunk.h"

#include <string.h>

#include "core/fault.h"
#include "network/backprop.h"
#include "network/batch.h"
#include "network/inputs.h"
#include "network/masks.h"
#include "network/outputs.h"
#include "network/start.h"
#include "network/unroll.h"

static size_t thalnet__row_steps(const thalnet__work *work, const thalnet_batch *batch, size_t row) {
  return (size_t)batch->lengths[work->first + row] * work->net->steps_per_frame;
}

static int thalnet__is_reset(const thalnet__work *work, const thalnet_batch *batch, size_t row, size_t frame) {
  const size_t sequence = work->first + row;
  return batch->resets_set && frame < (size_t)batch->lengths[sequence] &&
         batch->resets[sequence * batch->frames + frame];
}

static int thalnet__any_reset(const thalnet__work *work, const thalnet_batch *batch, size_t frame) {
  for (size_t r = 0; r < work->rows; r++)
    if (thalnet__is_reset(work, batch, r, frame)) return 1;
  return 0;
}

static void thalnet__zero_row(const thalnet_center *net, thalnet__memory_rows memory, size_t r) {
  memset(memory.phi + r * net->features, 0, net->features * sizeof(real));
  if (memory.own != NULL) memset(memory.own + r * net->own_memory, 0, net->own_memory * sizeof(real));
}

static void thalnet__start_resets(const thalnet__work *work, const thalnet_batch *batch, thalnet__memory_rows memory,
                                  size_t frame) {
  for (size_t r = 0; r < work->rows; r++)
    if (thalnet__is_reset(work, batch, r, frame)) thalnet__start_row(work->net, memory, r);
}

/* Back at a reset: what came so far is the start's. */
static void thalnet__stop_resets(const thalnet__work *work, const thalnet_batch *batch, thalnet__memory_rows d,
                                 size_t frame, real *gradients) {
  for (size_t r = 0; r < work->rows; r++) {
    if (!thalnet__is_reset(work, batch, r, frame)) continue;
    thalnet__add_start_gradient(work->net, d, r, gradients);
    if (!THALNET__FAULT(RESET)) thalnet__zero_row(work->net, d, r);
  }
}

/* Back at the start of all sequences. */
static void thalnet__stop_starts(const thalnet__work *work, const thalnet_batch *batch, real *gradients) {
  for (size_t r = 0; r < work->rows && batch->fresh != NULL; r++)
    if (batch->fresh[work->first + r]) thalnet__add_start_gradient(work->net, work->d_after, r, gradients);
}

static void thalnet__copy_memory(const thalnet__work *work, thalnet__memory_rows to, thalnet__memory_rows from) {
  const thalnet_center *net = work->net;
  memcpy(to.phi, from.phi, work->rows * net->features * sizeof(real));
  if (to.own != NULL) memcpy(to.own, from.own, work->rows * net->own_memory * sizeof(real));
}

static void thalnet__zero_memory(const thalnet__work *work, thalnet__memory_rows memory) {
  const thalnet_center *net = work->net;
  memset(memory.phi, 0, work->rows * net->features * sizeof(real));
  if (memory.own != NULL) memset(memory.own, 0, work->rows * net->own_memory * sizeof(real));
}

static void thalnet__copy_row(const thalnet_center *net, thalnet__memory_rows to, thalnet__memory_rows from, size_t r) {
  memcpy(to.phi + r * net->features, from.phi + r * net->features, net->features * sizeof(real));
  if (to.own != NULL)
    memcpy(to.own + r * net->own_memory, from.own + r * net->own_memory, net->own_memory * sizeof(real));
}

static void thalnet__add_row(const thalnet_center *net, thalnet__memory_rows to, thalnet__memory_rows from, size_t r) {
  net->kernels->add(net->features, from.phi + r * net->features, to.phi + r * net->features);
  if (to.own != NULL) net->kernels->add(net->own_memory, from.own + r * net->own_memory, to.own + r * net->own_memory);
}

/* Between the batch's rows [sequence][M] and the engine's. */
static void thalnet__load_memory(const thalnet__work *work, const real *from, thalnet__memory_rows to) {
  const thalnet_center *net = work->net;
  for (size_t r = 0; r < work->rows; r++) {
    const real *row = from + (work->first + r) * thalnet__memory_values(net);
    memcpy(to.phi + r * net->features, row, net->features * sizeof *row);
    if (to.own != NULL) memcpy(to.own + r * net->own_memory, row + net->features, net->own_memory * sizeof *row);
  }
}

static void thalnet__store_memory(const thalnet__work *work, thalnet__memory_rows from, real *to) {
  const thalnet_center *net = work->net;
  for (size_t r = 0; r < work->rows; r++) {
    real *row = to + (work->first + r) * thalnet__memory_values(net);
    memcpy(row, from.phi + r * net->features, net->features * sizeof *row);
    if (from.own != NULL) memcpy(row + net->features, from.own + r * net->own_memory, net->own_memory * sizeof *row);
  }
}

/* --- forward --- */

/* Which slot every step leaves its memory in; the ones before a reset go behind all others. */
static void thalnet__assign_slots(thalnet__work *work, const thalnet_batch *batch) {
  thalnet__segment *main = &work->main;
  const size_t frame_steps = work->net->steps_per_frame;
  size_t extra = main->steps + 1;
  for (size_t step = 0; step < main->steps; step++) {
    const size_t next = step + 1;
    const int before_reset = next < main->steps && next % frame_steps == 0 &&
                             thalnet__any_reset(work, batch, work->frame + next / frame_steps);
    main->after[step] = before_reset ? extra++ : next;
  }
}

/* Rows that are past their sequence stay at rest: what nobody looks at must not grow until it is infinite, because infinite
 * times a gradient of zero is not zero. What their last step left is in an earlier slot. */
static void thalnet__rest_padding(const thalnet__work *work, const thalnet_batch *batch, size_t step) {
  const thalnet__segment *main = &work->main;
  const size_t steps_done = work->frame * work->net->steps_per_frame + step + 1;
  for (size_t r = 0; r < work->rows; r++) {
    if (steps_done <= thalnet__row_steps(work, batch, r)) continue;
    thalnet__zero_row(work->net, thalnet__slot(work->net, main, main->after[step]), r);
    if (main->shown != NULL) thalnet__hide_row(work, main, main->after[step], r);
  }
}

static void thalnet__run_steps(thalnet__work *work, const thalnet_batch *batch) {
  const thalnet_center *net = work->net;
  thalnet__segment *main = &work->main;
  for (size_t step = 0; step < main->steps; step++) {
    if (step % net->steps_per_frame == 0) {
      const thalnet__memory_rows before = thalnet__slot(net, main, step);
      if (step > 0 && main->after[step - 1] != step)
        thalnet__copy_memory(work, before, thalnet__slot(net, main, main->after[step - 1]));
      thalnet__start_resets(work, batch, before, work->frame + step / net->steps_per_frame);
      if (step == 0 || main->after[step - 1] != step) thalnet__drop_center(work, main, before.phi, step, step);
    }
    thalnet__segment_step(work, main, step);
    thalnet__rest_padding(work, batch, step);
    if (!net->in_order) /* in order it is made feature by feature, within the step */
      thalnet__drop_center(work, main, thalnet__slot(net, main, main->after[step]).phi, main->after[step], step + 1);
  }
}

/* Rows whose sequence ends within the block. */
static void thalnet__collect_final(thalnet__work *work, const thalnet_batch *batch) {
  const thalnet_center *net = work->net;
  const size_t first_step = work->frame * net->steps_per_frame;
  for (size_t r = 0; r < work->rows; r++) {
    const size_t steps = thalnet__row_steps(work, batch, r);
    if (steps > first_step && steps <= first_step + work->main.steps)
      thalnet__copy_row(net, work->final, thalnet__slot(net, &work->main, work->main.after[steps - 1 - first_step]), r);
  }
}

static void thalnet__settle_forward(thalnet__work *work) {
  const thalnet_center *net = work->net;
  thalnet__segment *settle = &work->settle;
  thalnet__copy_memory(work, thalnet__slot(net, settle, 0), work->final);
  for (size_t step = 0; step < settle->steps; step++) {
    settle->after[step] = step + 1;
    thalnet__segment_step(work, settle, step);
    if (!net->in_order)
      thalnet__drop_center(work, settle, thalnet__slot(net, settle, step + 1).phi, step + 1, step + 1);
  }
}

static void thalnet__place_chunk(thalnet__work *work, size_t first, size_t rows) {
  work->first = first;
  work->rows = work->main.rows = work->settle.rows = rows;
  work->settle.steps = work->net->settle_steps;
}

static size_t thalnet__longest(const thalnet__work *work, const thalnet_batch *batch) {
  size_t longest = 0;
  for (size_t r = 0; r < work->rows; r++)
    if ((size_t)batch->lengths[work->first + r] > longest) longest = (size_t)batch->lengths[work->first + r];
  return longest;
}

void thalnet__chunk_forward(thalnet__work *work, thalnet_batch *batch, size_t first, size_t rows, size_t block,
                            int gradients) {
  const thalnet_center *net = work->net;
  thalnet__place_chunk(work, first, rows);
  work->lot = (thalnet__lot){batch->options.seed, batch->epoch, batch->dropping ? batch->ids + first : NULL,
                             batch->lengths + first};
  thalnet__begin_masks(work, batch);
  const size_t longest = thalnet__longest(work, batch);
  thalnet__load_memory(work, batch->start, thalnet__slot(net, &work->main, 0));
  thalnet__load_memory(work, batch->start, work->final); /* stays for sequences of length 0 */
  work->frame = work->frames = work->main.steps = 0;
  for (size_t frame = 0; frame < longest; frame += block) {
    if (frame > 0)
      thalnet__copy_memory(work, thalnet__slot(net, &work->main, 0),
                           thalnet__slot(net, &work->main, work->main.after[work->main.steps - 1]));
    work->frame = frame;
    work->frames = longest - frame < block ? longest - frame : block;
    work->main.steps = work->frames * net->steps_per_frame;
    thalnet__inputs_gather(work, batch);
    thalnet__inputs_project(work);
    thalnet__assign_slots(work, batch);
    thalnet__run_steps(work, batch);
    thalnet__outputs_forward(work, batch);
    thalnet__outputs_losses(work, batch, gradients);
    thalnet__collect_final(work, batch);
    if (batch->observe != NULL) batch->observe(batch->observer, work, batch);
  }
  thalnet__store_memory(work, work->final, batch->end);
  if (!thalnet__wants_final(batch)) return;
  thalnet__drop_center(work, &work->settle, work->final.phi, 0, 0);
  if (net->settle_steps > 0) thalnet__settle_forward(work);
  thalnet__outputs_final_forward(work, batch);
  thalnet__outputs_final_losses(work, batch, gradients);
}

/* --- backward --- */

static void thalnet__swap_gradients(thalnet__work *work) {
  const thalnet__memory_rows after = work->d_after;
  work->d_after = work->d_before;
  work->d_before = after;
}

/* Where the block that ends before `end` begins. */
static size_t thalnet__block_before(const thalnet__segment *segment, size_t end) {
  return (end - 1) / segment->block * segment->block;
}

/* From the final outputs through the settle steps: the gradient of the memory after the last frames, in d_final. */
static void thalnet__final_backward(thalnet__work *work, thalnet_batch *batch, real *gradients) {
  thalnet__segment *settle = &work->settle;
  thalnet__zero_memory(work, work->d_after);
  thalnet__outputs_final_gradient(work, batch, work->d_after.phi, gradients);
  for (size_t end = settle->steps, step; end > 0; end = step) {
    step = thalnet__block_before(settle, end);
    for (size_t at = end; at-- > step;) {
      thalnet__segment_step_back(work, settle, at, gradients);
      thalnet__swap_gradients(work);
    }
    thalnet__block_gradients(work, settle, step, end, gradients);
  }
  thalnet__copy_memory(work, work->d_final, work->d_after);
  if (THALNET__FAULT(SETTLE) && settle->steps > 0) thalnet__zero_memory(work, work->d_final);
}

/* Rows that end after `steps` steps. */
static void thalnet__add_final(thalnet__work *work, const thalnet_batch *batch, size_t steps) {
  for (size_t r = 0; r < work->rows; r++)
    if (thalnet__row_steps(work, batch, r) == steps) thalnet__add_row(work->net, work->d_after, work->d_final, r);
}

static void thalnet__step_backward(thalnet__work *work, thalnet_batch *batch, size_t step, real *gradients) {
  const size_t frame_steps = work->net->steps_per_frame;
  if (thalnet__wants_final(batch)) thalnet__add_final(work, batch, step + 1);
  thalnet__outputs_step_gradient(work, batch, step, work->d_after.phi);
  thalnet__segment_step_back(work, &work->main, step, gradients);
  if (step % frame_steps == 0) thalnet__stop_resets(work, batch, work->d_before, step / frame_steps, gradients);
  thalnet__swap_gradients(work);
}

void thalnet__chunk_backward(thalnet__work *work, thalnet_batch *batch, real *gradients) {
  const int final = thalnet__wants_final(batch);
  thalnet__outputs_host_gradients(work, batch);
  if (final) thalnet__final_backward(work, batch, gradients);
  thalnet__zero_memory(work, work->d_after);
  for (size_t end = work->main.steps, step; end > 0; end = step) {
    step = thalnet__block_before(&work->main, end);
    for (size_t at = end; at-- > step;) thalnet__step_backward(work, batch, at, gradients);
    thalnet__inputs_gradient(work, batch, step, end, gradients);
    thalnet__block_gradients(work, &work->main, step, end, gradients);
  }
  if (final) thalnet__add_final(work, batch, 0);
  thalnet__stop_starts(work, batch, gradients);
  if (batch->start_gradient != NULL) thalnet__store_memory(work, work->d_after, batch->start_gradient);
  if (work->main.steps > 0) thalnet__outputs_weight_gradients(work, batch, gradients);
}
