/* SPDX-License-Identifier: MIT */
#include "network/masks.h"

#include <string.h>

#include "core/checked.h"
#include "core/fault.h"
#include "network/deal.h"
#include "network/dropout.h"

/* Rows of a step that threads share. */
typedef struct thalnet__mask_call {
  const thalnet__work *work;
  const thalnet__segment *segment;
  size_t step, parts;
  int making; /* the masks are made first */
  const real *from;
  real *to;
} thalnet__mask_call;

static void thalnet__deal_rows(thalnet__mask_call *call, thalnet__deal_task *task) {
  call->parts = thalnet__max(1, thalnet__min(call->work->workers, call->segment->rows));
  thalnet__deal(call->work, task, call, call->parts);
}

/* --- masks --- */

static real *thalnet__mask_of(const thalnet__mask_call *call, real *masks, size_t width) {
  return masks + (call->work->dropping.every_step ? call->step * call->segment->rows * width : 0);
}
static real *thalnet__context_mask(const thalnet__mask_call *call) {
  return thalnet__mask_of(call, call->segment->context_masks, call->work->net->contexts);
}
static real *thalnet__center_mask(const thalnet__mask_call *call) {
  return thalnet__mask_of(call, call->segment->center_masks, call->work->net->features);
}

/* The step of a row's own sequence; the settle steps follow its last frame. */
static uint64_t thalnet__row_step(const thalnet__mask_call *call, size_t row) {
  const thalnet__work *work = call->work;
  if (!work->dropping.every_step) return 0;
  const size_t frames = call->segment == &work->settle ? (size_t)work->lot.lengths[row] : work->frame;
  return (uint64_t)frames * work->net->steps_per_frame + call->step;
}

/* A random number's place is within its module, so that other modules have no influence on it. */
static thalnet__random thalnet__mask_random(const thalnet__mask_call *call, uint32_t stream, size_t module) {
  return thalnet__random_make(call->work->lot.seed, stream, module, call->work->lot.epoch);
}

static void thalnet__make_context_masks(const thalnet__mask_call *call, thalnet__range rows) {
  const thalnet_center *net = call->work->net;
  const thalnet__dropping *dropping = &call->work->dropping;
  real *mask = thalnet__context_mask(call);
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet__reader *reader = &net->modules[m]->reader.reading;
    const size_t c = reader->context;
    if (reader->kind == NULL) continue;
    const thalnet__random random = thalnet__mask_random(call, THALNET__STREAM_CONTEXT_DROPOUT, m);
    for (size_t r = rows.first; r < rows.first + rows.count; r++)
      thalnet__dropout_factors(net->kernels, &random, call->work->lot.ids[r], thalnet__row_step(call, r) * c, c,
                               dropping->contexts, mask + r * net->contexts + reader->column);
  }
}

static void thalnet__make_center_masks(const thalnet__mask_call *call, thalnet__range rows) {
  const thalnet_center *net = call->work->net;
  const thalnet__dropping *dropping = &call->work->dropping;
  real *mask = thalnet__center_mask(call);
  for (size_t m = 0; m < net->module_count; m++) {
    const size_t f = net->modules[m]->features, offset = net->modules[m]->offset;
    const thalnet__random features = thalnet__mask_random(call, THALNET__STREAM_FEATURE_DROPOUT, m);
    const thalnet__random modules = thalnet__mask_random(call, THALNET__STREAM_MODULE_DROPOUT, m);
    for (size_t r = rows.first; r < rows.first + rows.count; r++) {
      const uint64_t step = thalnet__row_step(call, r);
      real *to = mask + r * net->features + offset, whole = 1;
      thalnet__dropout_factors(net->kernels, &features, call->work->lot.ids[r], step * f, f, dropping->features, to);
      thalnet__dropout_factors(net->kernels, &modules, call->work->lot.ids[r], step, 1, dropping->modules, &whole);
      for (size_t i = 0; i < f; i++) to[i] *= whole;
    }
  }
}

static void thalnet__make_part(void *argument, size_t index, size_t worker) {
  const thalnet__mask_call *call = argument;
  const thalnet__range rows = thalnet__part_of((thalnet__part){index, call->parts}, call->segment->rows, 1);
  (void)worker;
  if (call->segment->context_masks != NULL) thalnet__make_context_masks(call, rows);
  if (call->segment->center_masks != NULL) thalnet__make_center_masks(call, rows);
}

void thalnet__begin_masks(thalnet__work *work, const thalnet_batch *batch) {
  thalnet__mask_call call = {.work = work, .segment = &work->main};
  work->dropping = (thalnet__dropping){.contexts = batch->dropout.contexts,
                                       .features = batch->dropout.features,
                                       .modules = batch->dropout.modules,
                                       .every_step = batch->dropout.every_step};
  if (work->main.context_masks == NULL && work->main.center_masks == NULL) return; /* settle steps may have their own */
  if (work->d_shown != NULL) memset(work->d_shown, 0, work->rows * work->net->features * sizeof(real));
  if (!work->dropping.every_step) thalnet__deal_rows(&call, thalnet__make_part);
}

/* --- the center --- */

static void thalnet__center_part(void *argument, size_t index, size_t worker) {
  const thalnet__mask_call *call = argument;
  const thalnet_center *net = call->work->net;
  const thalnet__range rows = thalnet__part_of((thalnet__part){index, call->parts}, call->segment->rows, 1);
  const size_t at = rows.first * net->features;
  (void)worker;
  if (call->making) thalnet__make_center_masks(call, rows);
  net->kernels->mask(rows.count * net->features, thalnet__center_mask(call) + at, call->from + at, call->to + at);
}

void thalnet__drop_center(const thalnet__work *work, const thalnet__segment *segment, const real *phi, size_t slot,
                          size_t step) {
  if (segment->shown == NULL) return;
  thalnet__mask_call call = {.work = work,
                             .segment = segment,
                             .step = step,
                             .making = work->dropping.every_step,
                             .from = phi,
                             .to = segment->shown + slot * segment->rows * work->net->features};
  thalnet__deal_rows(&call, thalnet__center_part);
}

static void thalnet__shown_back_part(void *argument, size_t index, size_t worker) {
  const thalnet__mask_call *call = argument;
  const thalnet_center *net = call->work->net;
  const thalnet__range rows = thalnet__part_of((thalnet__part){index, call->parts}, call->segment->rows, 1);
  const size_t at = rows.first * net->features;
  (void)worker;
  if (THALNET__FAULT(CENTER_MASKS)) {
    net->kernels->add(rows.count * net->features, call->work->d_shown + at, call->to + at);
    memset(call->work->d_shown + at, 0, rows.count * net->features * sizeof(real));
    return;
  }
  net->kernels->add_masked(rows.count * net->features, thalnet__center_mask(call) + at, call->work->d_shown + at,
                           call->to + at);
}

void thalnet__shown_back(const thalnet__work *work, const thalnet__segment *segment, size_t step, real *d_phi) {
  thalnet__mask_call call = {.work = work, .segment = segment, .step = step, .to = d_phi};
  thalnet__deal_rows(&call, thalnet__shown_back_part);
}

/* --- contexts --- */

static void thalnet__context_part(void *argument, size_t index, size_t worker) {
  const thalnet__mask_call *call = argument;
  const thalnet_center *net = call->work->net;
  const thalnet__range rows = thalnet__part_of((thalnet__part){index, call->parts}, call->segment->rows, 1);
  const size_t at = rows.first * net->contexts;
  (void)worker;
  if (call->making) thalnet__make_context_masks(call, rows);
  net->kernels->mask(rows.count * net->contexts, thalnet__context_mask(call) + at, call->to + at, call->to + at);
}

void thalnet__drop_contexts(const thalnet__work *work, const thalnet__segment *segment, size_t step) {
  thalnet__mask_call call = {.work = work,
                             .segment = segment,
                             .step = step,
                             .making = work->dropping.every_step,
                             .to = segment->contexts + step * segment->rows * work->net->contexts};
  thalnet__deal_rows(&call, thalnet__context_part);
}

void thalnet__drop_contexts_back(const thalnet__work *work, const thalnet__segment *segment, size_t step) {
  if (THALNET__FAULT(CONTEXT_MASKS)) return;
  thalnet__mask_call call = {.work = work,
                             .segment = segment,
                             .step = step,
                             .to = segment->d_contexts + step % segment->block * segment->rows * work->net->contexts};
  thalnet__deal_rows(&call, thalnet__context_part);
}
