/* SPDX-License-Identifier: MIT */
#include "network/run.h"

#include <string.h>

#include "core/checked.h"
#include "network/chunk.h"
#include "network/start.h"
#include "network/state.h"

/* Evaluation goes through a sequence in blocks of about so many steps, so that long sequences need no more memory than short
 * ones. */
enum { THALNET__BLOCK_STEPS = 32 };

/* MODE_DRAW: forward as in training, with dropout, but nothing is kept. */
enum thalnet__mode { MODE_EVALUATE, MODE_KEEP, MODE_BACKWARD, MODE_TRAIN, MODE_DRAW };

/* Whether numbers are drawn, as in training. */
static int thalnet__draws(enum thalnet__mode mode) { return mode == MODE_TRAIN || mode == MODE_DRAW; }

/* Whether backward goes with it, or follows. */
static int thalnet__goes_back(enum thalnet__mode mode) { return mode != MODE_EVALUATE && mode != MODE_DRAW; }

typedef struct thalnet__run {
  thalnet_batch *batch;
  enum thalnet__mode mode;
  size_t chunk, chunks, block;
  atomic_size_t next;
  atomic_int stopped; /* a layer of the host has failed: no more chunks are begun */
} thalnet__run;

static size_t thalnet__batch_chunk(const thalnet_batch *batch) {
  return thalnet__max(1, thalnet__min(batch->net->chunk, batch->sequences));
}

static size_t thalnet__batch_chunks(const thalnet_batch *batch) {
  const size_t chunk = thalnet__batch_chunk(batch);
  return batch->sequences / chunk + (batch->sequences % chunk != 0);
}

static size_t thalnet__workers(const thalnet_batch *batch) {
  return thalnet__min(batch->net->threads.count, thalnet__batch_chunks(batch));
}

/* Threads that share a chunk of a large network. */
static size_t thalnet__sharers(const thalnet_batch *batch) { return batch->net->slabs ? batch->net->threads.count : 1; }

static thalnet__work_shape thalnet__shape_for(const thalnet_batch *batch, enum thalnet__mode mode,
                                              size_t reset_frames) {
  const size_t block = THALNET__BLOCK_STEPS / batch->net->steps_per_frame;
  thalnet__work_shape shape = {
      .rows = thalnet__batch_chunk(batch), .frames = batch->frames, .settle_steps = batch->net->settle_steps};
  if (mode == MODE_EVALUATE) shape.frames = thalnet__min(shape.frames, thalnet__max(1, block));
  shape.backward = thalnet__goes_back(mode);
  shape.workers = thalnet__sharers(batch);
  shape.input_gradients = shape.backward && batch->options.input_gradients;
  shape.drops_contexts = thalnet__draws(mode) && batch->dropout.contexts > 0;
  shape.drops_center = thalnet__draws(mode) && (batch->dropout.features > 0 || batch->dropout.modules > 0);
  shape.drops_every_step = (shape.drops_contexts || shape.drops_center) && batch->dropout.every_step;
  shape.extra_slots = thalnet__min(reset_frames, shape.frames);
  return shape;
}

static size_t thalnet__work_count(const thalnet_batch *batch, enum thalnet__mode mode) {
  return mode == MODE_KEEP ? thalnet__batch_chunks(batch) : thalnet__workers(batch);
}

thalnet_status thalnet__run_measure(const thalnet_batch *batch, size_t reset_frames, int two_calls, size_t *bytes) {
  const enum thalnet__mode mode = !batch->options.for_backward ? MODE_EVALUATE : two_calls ? MODE_KEEP : MODE_TRAIN;
  const thalnet__work_shape shape = thalnet__shape_for(batch, mode, reset_frames);
  THALNET__TRY(thalnet__workplaces_measure(batch->net, &shape, thalnet__work_count(batch, mode), bytes));
  if (mode != MODE_EVALUATE)
    *bytes = thalnet__sum_or_most(
        *bytes, thalnet__tree_measure(batch->net, thalnet__batch_chunks(batch), thalnet__workers(batch), 1));
  return THALNET_OK;
}

/* Frames before which any sequence is reset. */
static size_t thalnet__reset_frames(const thalnet_batch *batch) {
  size_t count = 0;
  for (size_t frame = 0; batch->resets_set && frame < batch->frames; frame++) {
    size_t r = 0;
    while (r < batch->sequences && !batch->resets[r * batch->frames + frame]) r++;
    count += r < batch->sequences;
  }
  return count;
}

/* --- the work of one thread --- */

static void thalnet__run_chunk(thalnet__run *run, thalnet__work *work, size_t chunk) {
  thalnet_batch *batch = run->batch;
  const size_t first = chunk * run->chunk, rows = thalnet__min(run->chunk, batch->sequences - first);
  if (run->mode != MODE_BACKWARD)
    thalnet__chunk_forward(work, batch, first, rows, run->block, thalnet__goes_back(run->mode));
  if (run->mode == MODE_BACKWARD || run->mode == MODE_TRAIN) {
    real *gradients = thalnet__tree_take(&batch->tree, chunk);
    thalnet__chunk_backward(work, batch, gradients);
    thalnet__tree_give(&batch->tree, chunk, gradients);
  }
  if (atomic_load(&work->trouble->told)) atomic_store(&run->stopped, 1);
}

/* Chunks are dealt in order; which thread computes one has no influence on its result. */
static void thalnet__run_worker(void *argument, size_t worker) {
  thalnet__run *run = argument;
  const int per_chunk = run->mode == MODE_KEEP || run->mode == MODE_BACKWARD;
  for (size_t chunk; !atomic_load(&run->stopped) && (chunk = atomic_fetch_add(&run->next, 1)) < run->chunks;)
    thalnet__run_chunk(run, &run->batch->works.works[per_chunk ? chunk : worker], chunk);
}

static thalnet__run thalnet__describe_run(thalnet_batch *batch, enum thalnet__mode mode) {
  thalnet__run run = {.batch = batch,
                      .mode = mode,
                      .chunk = thalnet__batch_chunk(batch),
                      .chunks = thalnet__batch_chunks(batch),
                      .block = thalnet__max(1, batch->works.shape.frames)};
  atomic_init(&run.next, 0);
  atomic_init(&run.stopped, 0);
  return run;
}

/* What a layer of the host told in any of the workplaces. */
static thalnet_status thalnet__check_trouble(const thalnet_batch *batch) {
  for (size_t i = 0; i < batch->works.count; i++)
    THALNET__TRY(thalnet__trouble_status(batch->net, batch->works.works[i].trouble));
  return THALNET_OK;
}

static thalnet_status thalnet__run_all(thalnet_batch *batch, enum thalnet__mode mode, size_t workers) {
  thalnet__run run = thalnet__describe_run(batch, mode);
  thalnet__threads_run(&batch->net->threads, thalnet__run_worker, &run, workers);
  return thalnet__check_trouble(batch);
}

/* --- before --- */

/* Goals beyond a sequence's length, and how many weights there are; the sum of the weights, which scales the gradients. */
static thalnet_status thalnet__check_goals(thalnet_batch *batch, size_t o) {
  const thalnet__output *output = &batch->net->outputs[o];
  thalnet__batch_output *mine = &batch->outputs[o];
  const size_t frames = mine->final ? 1 : thalnet__output_frames(batch, o);
  mine->weight_sum = 0;
  mine->labels_seen = 0;
  if (!mine->goals_set) return THALNET_OK;
  if (mine->weights_set && mine->weights_set != batch->sequences * frames)
    return thalnet__fail(THALNET_ERROR_STATE, "output '%s': %zu weights for %zu labels", output->name,
                         mine->weights_set, batch->sequences * frames);
  for (size_t r = 0; r < batch->sequences; r++) {
    const size_t has = mine->final ? 1 : (size_t)batch->lengths[r] * output->frames;
    for (size_t k = 0; k < frames; k++) {
      const size_t at = r * frames + k;
      if (output->loss->labels && mine->labels[at] < 0) continue;
      if (k >= has) {
        if (!output->loss->labels) break;
        return thalnet__fail(THALNET_ERROR_DATA, "output '%s': sequence %zu has %zu frames but a label at frame %zu",
                             output->name, r, has, k);
      }
      const double weight = mine->weights_set ? (double)mine->weights[at] : 1;
      mine->weight_sum += weight;
      mine->labels_seen += weight > 0;
    }
  }
  return THALNET_OK;
}

static void thalnet__clear_results(thalnet_batch *batch) {
  const thalnet_center *net = batch->net;
  for (size_t o = 0; o < net->output_count; o++) {
    thalnet__batch_output *mine = &batch->outputs[o];
    memset(mine->values, 0, batch->sequences * thalnet__output_frames(batch, o) * net->outputs[o].size * sizeof(real));
    memset(mine->losses, 0, batch->sequences * sizeof *mine->losses);
    memset(mine->correct, 0, batch->sequences * sizeof *mine->correct);
    mine->gradient_set = mine->final_gradient_set = 0;
  }
}

static thalnet_status thalnet__prepare_run(thalnet_batch *batch, enum thalnet__mode mode, const thalnet_state *state) {
  const thalnet_center *net = batch->net;
  for (size_t o = 0; o < net->output_count; o++) THALNET__TRY(thalnet__check_goals(batch, o));
  batch->kept = batch->backward_done = 0; /* even if there is no memory: making room spoils what an earlier call left */
  const thalnet__work_shape shape = thalnet__shape_for(batch, mode, thalnet__reset_frames(batch));
  THALNET__TRY(thalnet__workplaces_reserve(net, &batch->works, &shape, thalnet__work_count(batch, mode)));
  if (mode == MODE_TRAIN)
    THALNET__TRY(thalnet__tree_reserve(net, &batch->tree, thalnet__batch_chunks(batch), thalnet__workers(batch),
                                       net->has_gradient));
  for (size_t i = 0; i < batch->works.count; i++) atomic_store(&batch->works.works[i].trouble->told, 0);
  batch->stage = THALNET__BATCH_BEGUN;
  thalnet__clear_results(batch);
  thalnet__start_batch(batch, state);
  batch->dropping = thalnet__draws(mode);
  batch->version = net->version;
  return THALNET_OK;
}

/* --- after --- */

/* A memory that is not finite would spoil its sequence for ever. */
static thalnet_status thalnet__check_end(const thalnet_batch *batch) {
  const size_t values = thalnet__memory_values(batch->net);
  for (size_t i = 0; i < batch->sequences * values; i++)
    if (!thalnet__is_finite_real(batch->end[i]))
      return thalnet__fail(THALNET_ERROR_NONFINITE, "the memory of sequence %zu is not finite", i / values);
  return THALNET_OK;
}

/* Sums in the order of sequences; the state is written only if every loss is finite. */
static thalnet_status thalnet__finish_forward(thalnet_batch *batch, thalnet_state *state) {
  const thalnet_center *net = batch->net;
  batch->stage = THALNET__BATCH_COMPUTED;
  for (size_t o = 0; o < net->output_count; o++) {
    thalnet__batch_output *mine = &batch->outputs[o];
    mine->loss_sum = 0;
    mine->labels_correct = 0;
    for (size_t r = 0; r < batch->sequences; r++) {
      mine->loss_sum += mine->losses[r];
      mine->labels_correct += mine->correct[r];
    }
  }
  for (size_t o = 0; o < net->output_count; o++)
    for (size_t r = 0; r < batch->sequences; r++)
      if (!(batch->outputs[o].losses[r] - batch->outputs[o].losses[r] == 0))
        return thalnet__fail(THALNET_ERROR_NONFINITE, "output '%s': the loss of sequence %zu is not finite",
                             net->outputs[o].name, r);
  if (state != NULL) THALNET__TRY(thalnet__check_end(batch));
  if (state == NULL) return THALNET_OK;
  memcpy(state->memory, batch->end, batch->sequences * thalnet__memory_values(net) * sizeof(real));
  for (size_t r = 0; r < batch->sequences; r++)
    if (batch->lengths[r] > 0) thalnet__begin_row(state, r);
  return THALNET_OK;
}

static void thalnet__outputs_with_gradient(const thalnet_batch *batch, size_t o, unsigned char *flag) {
  const thalnet__batch_output *mine = &batch->outputs[o];
  *flag = mine->goals_set || mine->gradient_set || mine->final_gradient_set;
}

/* Backward over the chunks, into the center's gradients. They are their own first buffer where nothing is in them yet. */
static thalnet_status thalnet__run_gradients(thalnet_center *net, thalnet_batch *batch, enum thalnet__mode mode,
                                             thalnet_state *state) {
  real *first = net->has_gradient ? NULL : net->gradients;
  if (batch->start_gradient != NULL)
    memset(batch->start_gradient, 0, batch->sequences * thalnet__memory_values(net) * sizeof(real));
  for (size_t i = 0; i < net->input_count; i++)
    if (batch->inputs[i].gradient != NULL)
      memset(batch->inputs[i].gradient, 0,
             batch->sequences * thalnet__input_frames(batch, i) * net->inputs[i].size * sizeof(real));
  thalnet__tree_begin(&batch->tree, thalnet__batch_chunks(batch), first);
  thalnet_status status = thalnet__run_all(batch, mode, thalnet__workers(batch));
  if (status != THALNET_OK) batch->kept = 0; /* half of it is gradients */
  if (status == THALNET_OK && mode == MODE_TRAIN) status = thalnet__finish_forward(batch, state);
  if (status != THALNET_OK) {
    if (first != NULL) thalnet__clear_gradients(net);
    return status;
  }
  for (size_t o = 0; o < net->output_count; o++) thalnet__outputs_with_gradient(batch, o, &batch->with_gradient[o]);
  thalnet__accept_gradients(net, batch->tree.root, batch->with_gradient, thalnet__any_start(batch));
  batch->backward_done = 1;
  return THALNET_OK;
}

/* --- the calls --- */

thalnet_status thalnet__forward(const thalnet_center *net, thalnet_batch *batch, thalnet_state *state) {
  const enum thalnet__mode mode = batch->options.for_backward ? MODE_KEEP : MODE_EVALUATE;
  (void)net;
  if (batch->sequences == 0) {
    batch->stage = THALNET__BATCH_COMPUTED;
    return THALNET_OK;
  }
  THALNET__TRY(thalnet__prepare_run(batch, mode, state));
  THALNET__TRY(thalnet__run_all(batch, mode, thalnet__workers(batch)));
  const thalnet_status status = thalnet__finish_forward(batch, state);
  batch->kept = mode == MODE_KEEP && status == THALNET_OK;
  return status;
}

static int thalnet__any_gradient(const thalnet_batch *batch) {
  unsigned char any = 0;
  for (size_t o = 0; o < batch->net->output_count && !any; o++) thalnet__outputs_with_gradient(batch, o, &any);
  return any;
}

thalnet_status thalnet__backward(thalnet_center *net, thalnet_batch *batch) {
  if (batch->sequences == 0) return THALNET_OK;
  if (!batch->kept || batch->backward_done)
    return thalnet__fail(THALNET_ERROR_STATE, "backward needs a thalnet_forward before it, with a batch for backward");
  if (batch->version != net->version)
    return thalnet__fail(THALNET_ERROR_STATE, "the center was written between forward and backward");
  if (!thalnet__any_gradient(batch))
    return thalnet__fail(THALNET_ERROR_STATE, "no output has labels, targets or a written gradient");
  THALNET__TRY(thalnet__tree_reserve(net, &batch->tree, thalnet__batch_chunks(batch), thalnet__workers(batch),
                                     net->has_gradient));
  return thalnet__run_gradients(net, batch, MODE_BACKWARD, NULL);
}

/* after NULL: the memory after the batch is nobody's. */
static thalnet_status thalnet__train(thalnet_center *net, thalnet_batch *batch, const thalnet_state *before,
                                     thalnet_state *after) {
  int goals = 0;
  if (!batch->options.for_backward)
    return thalnet__fail(THALNET_ERROR_STATE, "the batch was created without for_backward");
  if (batch->sequences == 0) {
    batch->stage = THALNET__BATCH_COMPUTED;
    return THALNET_OK;
  }
  for (size_t o = 0; o < net->output_count; o++) goals |= batch->outputs[o].goals_set;
  if (!goals) return thalnet__fail(THALNET_ERROR_STATE, "no output has labels or targets");
  THALNET__TRY(thalnet__prepare_run(batch, MODE_TRAIN, before));
  return thalnet__run_gradients(net, batch, MODE_TRAIN, after);
}

thalnet_status thalnet__forward_backward(thalnet_center *net, thalnet_batch *batch, thalnet_state *state) {
  const thalnet_status status = thalnet__train(net, batch, state, state);
  if (status == THALNET_ERROR_NONFINITE) net->lost_batch = 1;
  return status;
}

thalnet_status thalnet__training_gradient(thalnet_center *net, thalnet_batch *batch, const thalnet_state *state) {
  return thalnet__train(net, batch, state, NULL);
}

thalnet_status thalnet__training_loss(thalnet_batch *batch, const thalnet_state *state, double *loss) {
  *loss = 0;
  THALNET__TRY(thalnet__prepare_run(batch, MODE_DRAW, state));
  THALNET__TRY(thalnet__run_all(batch, MODE_DRAW, thalnet__workers(batch)));
  THALNET__TRY(thalnet__finish_forward(batch, NULL));
  for (size_t o = 0; o < batch->net->output_count; o++) {
    const thalnet__batch_output *mine = &batch->outputs[o];
    if (mine->goals_set && mine->weight_sum > 0) *loss += (double)mine->loss_weight * mine->loss_sum / mine->weight_sum;
  }
  return THALNET_OK;
}

void thalnet__forget_results(thalnet_batch *batch) {
  batch->stage = THALNET__BATCH_BEGUN;
  batch->kept = batch->backward_done = 0;
}

thalnet_status thalnet__run_observed(thalnet_batch *batch) {
  THALNET__TRY(thalnet__prepare_run(batch, MODE_EVALUATE, NULL));
  thalnet__run run = thalnet__describe_run(batch, MODE_EVALUATE);
  for (size_t chunk = 0; chunk < run.chunks && !atomic_load(&run.stopped); chunk++)
    thalnet__run_chunk(&run, &batch->works.works[0], chunk);
  THALNET__TRY(thalnet__check_trouble(batch));
  return thalnet__finish_forward(batch, NULL);
}
