/* SPDX-License-Identifier: MIT */
#include "network/batch.h"

#include <string.h>

#include "core/checked.h"
#include "network/run.h"

static void thalnet__batch_input_layout(const thalnet_batch *batch, size_t i, thalnet__arena *arena,
                                        thalnet__batch_input *made) {
  const thalnet__input *input = &batch->net->inputs[i];
  const size_t frames =
      thalnet__times_or_most(thalnet__times_or_most(batch->frames_max, input->frames), batch->sequences_max);
  if (input->tokens) {
    made->tokens = thalnet__take(arena, frames, sizeof *made->tokens);
    return;
  }
  made->values = thalnet__take2(arena, frames, input->size, sizeof *made->values);
  if (batch->options.input_gradients)
    made->gradient = thalnet__take2(arena, frames, input->size, sizeof *made->gradient);
}

static void thalnet__batch_output_layout(const thalnet_batch *batch, size_t o, thalnet__arena *arena,
                                         thalnet__batch_output *made) {
  const thalnet__output *output = &batch->net->outputs[o];
  const size_t sequences = batch->sequences_max;
  const size_t frames = thalnet__times_or_most(thalnet__times_or_most(batch->frames_max, output->frames), sequences);
  const size_t goals = thalnet__max(frames, sequences); /* final goals are there also without frames */
  made->loss_weight = output->weight;
  if (output->loss->labels) made->labels = thalnet__take(arena, goals, sizeof *made->labels);
  if (output->loss->targets) made->targets = thalnet__take2(arena, goals, output->size, sizeof *made->targets);
  made->weights = thalnet__take(arena, goals, sizeof *made->weights);
  made->values = thalnet__take2(arena, frames, output->size, sizeof *made->values);
  made->final_values = thalnet__take2(arena, sequences, output->size, sizeof *made->final_values);
  made->losses = thalnet__take(arena, sequences, sizeof *made->losses);
  made->correct = thalnet__take(arena, sequences, sizeof *made->correct);
}

static void thalnet__batch_layout(thalnet_batch *batch, thalnet__arena *arena) {
  const thalnet_center *net = batch->net;
  const size_t sequences = batch->sequences_max, memory = thalnet__memory_values(net);
  batch->inputs = thalnet__take(arena, net->input_count, sizeof *batch->inputs);
  batch->outputs = thalnet__take(arena, net->output_count, sizeof *batch->outputs);
  for (size_t i = 0; i < net->input_count; i++) {
    thalnet__batch_input input = {0};
    thalnet__batch_input_layout(batch, i, arena, &input);
    if (batch->inputs != NULL) batch->inputs[i] = input;
  }
  for (size_t o = 0; o < net->output_count; o++) {
    thalnet__batch_output output = {0};
    thalnet__batch_output_layout(batch, o, arena, &output);
    if (batch->outputs != NULL) batch->outputs[o] = output;
  }
  batch->with_gradient = thalnet__take(arena, net->output_count, sizeof *batch->with_gradient);
  batch->lengths = thalnet__take(arena, sequences, sizeof *batch->lengths);
  batch->resets = thalnet__take2(arena, sequences, batch->frames_max, sizeof *batch->resets);
  batch->ids = thalnet__take(arena, sequences, sizeof *batch->ids);
  batch->start = thalnet__take2(arena, sequences, memory, sizeof(real));
  batch->end = thalnet__take2(arena, sequences, memory, sizeof(real));
  if (net->learned_start) batch->fresh = thalnet__take(arena, sequences, sizeof *batch->fresh);
  if (batch->options.state_gradients) batch->start_gradient = thalnet__take2(arena, sequences, memory, sizeof(real));
}

static thalnet_status thalnet__batch_size(thalnet_batch *batch, size_t *bytes) {
  thalnet__arena arena = {0};
  thalnet__batch_layout(batch, &arena);
  /* one chunk's steps are counted again where they are computed; here so that a hopeless batch is refused at once */
  if (arena.used == SIZE_MAX || batch->sequences_max > INT32_MAX ||
      thalnet__times_or_most(batch->frames_max, batch->net->steps_per_frame) > INT32_MAX)
    return thalnet__fail(THALNET_ERROR_OVERFLOW, "a batch of %zu sequences of %zu frames does not fit in memory",
                         batch->sequences_max, batch->frames_max);
  *bytes = arena.used;
  return THALNET_OK;
}

thalnet_status thalnet__batch_create(const thalnet_center *net, size_t sequences_max, size_t frames_max,
                                     const thalnet_batch_options *options, thalnet_batch **batch_out) {
  thalnet_batch made = {.net = net, .options = *options, .sequences_max = sequences_max, .frames_max = frames_max};
  size_t bytes = 0;
  void *handle, *block;
  *batch_out = NULL;
  THALNET__TRY(thalnet__batch_size(&made, &bytes));
  THALNET__TRY(thalnet__allocate(&net->memory, 1, sizeof made, &handle));
  const thalnet_status status = thalnet__allocate(&net->memory, bytes, 1, &block);
  if (status != THALNET_OK) {
    thalnet__release(&net->memory, handle, 1, sizeof made);
    return status;
  }
  thalnet_batch *batch = handle;
  thalnet__arena arena = {.base = block};
  batch->net = net;
  batch->options = *options;
  batch->sequences_max = sequences_max;
  batch->frames_max = frames_max;
  thalnet__batch_layout(batch, &arena);
  batch->block = block;
  batch->block_size = bytes;
  atomic_init(&batch->busy, 0);
  thalnet__center_keep(net);
  batch->magic = THALNET__BATCH_MAGIC;
  *batch_out = batch;
  return THALNET_OK;
}

/* Room for the gradients that the host may write: as many numbers as the outputs have. */
static size_t thalnet__host_gradient_bytes(const thalnet_batch *batch) {
  size_t bytes = 0;
  for (size_t o = 0; o < batch->net->output_count; o++) {
    const thalnet__output *output = &batch->net->outputs[o];
    /* the batch's own arrays of this size have been measured before: it cannot overflow alone */
    bytes = thalnet__sum_or_most(bytes, batch->sequences_max * (batch->frames_max * output->frames + 1) * output->size *
                                            sizeof(real));
  }
  return bytes;
}

thalnet_status thalnet__batch_measure(const thalnet_center *net, size_t sequences_max, size_t frames_max,
                                      const thalnet_batch_options *options, size_t reset_frames,
                                      thalnet_batch_size *size) {
  thalnet_batch made = {.net = net, .options = *options, .sequences_max = sequences_max, .frames_max = frames_max};
  size_t own = 0, one = 0, two = 0, dropping = 0, every_step = 0;
  THALNET__TRY(thalnet__batch_size(&made, &own));
  made.sequences = sequences_max;
  made.frames = frames_max;
  THALNET__TRY(thalnet__run_measure(&made, reset_frames, 0, &one));
  THALNET__TRY(thalnet__run_measure(&made, reset_frames, 1, &two));
  made.dropout = (thalnet_dropout_options){.contexts = (real)0.5, .features = (real)0.5};
  THALNET__TRY(thalnet__run_measure(&made, reset_frames, 0, &dropping));
  made.dropout.every_step = 1;
  THALNET__TRY(thalnet__run_measure(&made, reset_frames, 0, &every_step));
  const size_t host = options->for_backward ? thalnet__host_gradient_bytes(&made) : 0;
  own = thalnet__sum_or_most(own, sizeof made);
  one = thalnet__sum_or_most(one, own);
  two = thalnet__sum_or_most(thalnet__sum_or_most(two, own), host);
  dropping = thalnet__sum_or_most(dropping, own);
  every_step = thalnet__sum_or_most(every_step, own);
  if (thalnet__max(two, thalnet__max(dropping, every_step)) == SIZE_MAX) /* either is at least one */
    return thalnet__fail(THALNET_ERROR_OVERFLOW, "a batch of %zu sequences of %zu frames does not fit in memory",
                         sequences_max, frames_max);
  size->bytes = one;
  size->two_call_bytes = two;
  size->dropout_bytes = dropping;
  size->every_step_bytes = every_step;
  return THALNET_OK;
}

/* The host's gradients are rare, so their room is made when first written. */
static void thalnet__free_host_gradients(thalnet_batch *batch) {
  const thalnet_center *net = batch->net;
  for (size_t o = 0; o < net->output_count; o++) {
    const size_t size = net->outputs[o].size;
    thalnet__release(&net->memory, batch->outputs[o].gradient,
                     batch->sequences_max * batch->frames_max * net->outputs[o].frames, size * sizeof(real));
    thalnet__release(&net->memory, batch->outputs[o].final_gradient, batch->sequences_max, size * sizeof(real));
  }
}

void thalnet__batch_free(thalnet_batch *batch) {
  const thalnet_center *net = batch->net;
  thalnet__free_host_gradients(batch);
  thalnet__workplaces_free(net, &batch->works);
  thalnet__tree_free(net, &batch->tree);
  thalnet__release(&net->memory, batch->block, batch->block_size, 1);
  batch->magic = 0;
  thalnet__release(&net->memory, batch, 1, sizeof *batch);
  thalnet__center_drop(net);
}

void thalnet__batch_begin(thalnet_batch *batch, size_t sequences, size_t frames) {
  const thalnet_center *net = batch->net;
  batch->sequences = sequences;
  batch->frames = frames;
  batch->stage = THALNET__BATCH_BEGUN;
  batch->kept = batch->backward_done = 0;
  batch->resets_set = 0;
  for (size_t i = 0; i < net->input_count; i++) batch->inputs[i].set = 0;
  for (size_t o = 0; o < net->output_count; o++) {
    thalnet__batch_output *output = &batch->outputs[o];
    output->final = output->goals_set = output->gradient_set = output->final_gradient_set = 0;
    output->weights_set = 0;
    output->loss_sum = output->weight_sum = 0;
    output->labels_seen = output->labels_correct = 0;
  }
  for (size_t r = 0; r < sequences; r++) {
    batch->lengths[r] = (int32_t)frames;
    batch->ids[r] = r;
  }
}
