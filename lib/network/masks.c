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
  thalnet__range modules;
  int making; /* the masks are made first */
  const real *from;
  real *to, *d_shown;
} thalnet__mask_call;

/* What these modules have of rows of the contexts, or of the center: `count` pieces of `length` numbers. */
typedef struct thalnet__pieces {
  size_t at, count, length, stride;
} thalnet__pieces;

static thalnet__range thalnet__all_modules(const thalnet__work *work) {
  return (thalnet__range){0, work->net->module_count};
}

/* All of them have whole rows, which lie in one piece. */
static thalnet__pieces thalnet__pieces_of(thalnet__range rows, size_t width, thalnet__range columns) {
  if (columns.count == width) return (thalnet__pieces){rows.first * width, 1, rows.count * width, 0};
  return (thalnet__pieces){rows.first * width + columns.first, rows.count, columns.count, width};
}

static thalnet__pieces thalnet__context_pieces(const thalnet_center *net, thalnet__range rows, thalnet__range modules) {
  const thalnet__reader *one = &net->modules[modules.first]->reader.reading;
  const thalnet__range all = {0, net->contexts}, mine = {one->column, one->context};
  return thalnet__pieces_of(rows, net->contexts, modules.count == net->module_count ? all : mine);
}

static thalnet__pieces thalnet__center_pieces(const thalnet_center *net, thalnet__range rows, thalnet__range modules) {
  const thalnet_module *one = net->modules[modules.first];
  const thalnet__range all = {0, net->features}, mine = {one->offset, one->features};
  return thalnet__pieces_of(rows, net->features, modules.count == net->module_count ? all : mine);
}

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
  for (size_t m = call->modules.first; m < call->modules.first + call->modules.count; m++) {
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
  for (size_t m = call->modules.first; m < call->modules.first + call->modules.count; m++) {
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
  thalnet__mask_call call = {.work = work, .segment = &work->main, .modules = thalnet__all_modules(work)};
  work->dropping = (thalnet__dropping){.contexts = batch->dropout.contexts,
                                       .features = batch->dropout.features,
                                       .modules = batch->dropout.modules,
                                       .every_step = batch->dropout.every_step};
  if (work->main.context_masks == NULL && work->main.center_masks == NULL) return; /* settle steps may have their own */
  if (work->d_shown != NULL) memset(work->d_shown, 0, work->rows * work->net->features * sizeof(real));
  if (work->d_newer != NULL) memset(work->d_newer, 0, work->rows * work->net->features * sizeof(real));
  if (!work->dropping.every_step) thalnet__deal_rows(&call, thalnet__make_part);
}

/* --- the center --- */

static void thalnet__center_part(void *argument, size_t index, size_t worker) {
  const thalnet__mask_call *call = argument;
  const thalnet_center *net = call->work->net;
  const thalnet__range rows = thalnet__part_of((thalnet__part){index, call->parts}, call->segment->rows, 1);
  const thalnet__pieces pieces = thalnet__center_pieces(net, rows, call->modules);
  const real *mask = thalnet__center_mask(call);
  (void)worker;
  if (call->making) thalnet__make_center_masks(call, rows);
  for (size_t i = 0, at = pieces.at; i < pieces.count; i++, at += pieces.stride)
    net->kernels->mask(pieces.length, mask + at, call->from + at, call->to + at);
}

static void thalnet__show(const thalnet__work *work, const thalnet__segment *segment, const real *phi, size_t slot,
                          size_t step, thalnet__range modules) {
  thalnet__mask_call call = {.work = work, .segment = segment, .step = step, .modules = modules, .from = phi};
  if (segment->shown == NULL) return;
  call.making = work->dropping.every_step;
  call.to = segment->shown + slot * segment->rows * work->net->features;
  thalnet__deal_rows(&call, thalnet__center_part);
}

void thalnet__drop_center(const thalnet__work *work, const thalnet__segment *segment, const real *phi, size_t slot,
                          size_t step) {
  thalnet__show(work, segment, phi, slot, step, thalnet__all_modules(work));
}

void thalnet__drop_features(const thalnet__work *work, const thalnet__segment *segment, size_t step,
                            thalnet__range modules) {
  const size_t slot = segment->after[step];
  thalnet__show(work, segment, thalnet__slot(work->net, segment, slot).phi, slot, step + 1, modules);
}

void thalnet__hide_row(const thalnet__work *work, const thalnet__segment *segment, size_t slot, size_t row) {
  const size_t p = work->net->features;
  memset(segment->shown + (slot * segment->rows + row) * p, 0, p * sizeof(real));
}

static void thalnet__shown_back_part(void *argument, size_t index, size_t worker) {
  const thalnet__mask_call *call = argument;
  const thalnet_center *net = call->work->net;
  const thalnet__range rows = thalnet__part_of((thalnet__part){index, call->parts}, call->segment->rows, 1);
  const thalnet__pieces pieces = thalnet__center_pieces(net, rows, call->modules);
  const real *mask = thalnet__center_mask(call);
  (void)worker;
  for (size_t i = 0, at = pieces.at; i < pieces.count; i++, at += pieces.stride) {
    if (THALNET__FAULT(CENTER_MASKS)) {
      net->kernels->add(pieces.length, call->d_shown + at, call->to + at);
      memset(call->d_shown + at, 0, pieces.length * sizeof(real));
    } else {
      net->kernels->add_masked(pieces.length, mask + at, call->d_shown + at, call->to + at);
    }
  }
}

void thalnet__shown_back(const thalnet__work *work, const thalnet__segment *segment, size_t step, real *d_phi) {
  thalnet__mask_call call = {.work = work, .segment = segment, .step = step, .modules = thalnet__all_modules(work)};
  call.to = d_phi;
  call.d_shown = work->d_shown;
  thalnet__deal_rows(&call, thalnet__shown_back_part);
}

void thalnet__drop_features_back(const thalnet__work *work, const thalnet__segment *segment, size_t step,
                                 thalnet__range modules) {
  thalnet__mask_call call = {.work = work, .segment = segment, .step = step + 1, .modules = modules};
  if (segment->shown == NULL) return;
  call.to = work->d_after.phi;
  call.d_shown = work->d_newer;
  thalnet__deal_rows(&call, thalnet__shown_back_part);
}

/* --- contexts --- */

static void thalnet__context_part(void *argument, size_t index, size_t worker) {
  const thalnet__mask_call *call = argument;
  const thalnet_center *net = call->work->net;
  const thalnet__range rows = thalnet__part_of((thalnet__part){index, call->parts}, call->segment->rows, 1);
  const thalnet__pieces pieces = thalnet__context_pieces(net, rows, call->modules);
  const real *mask = thalnet__context_mask(call);
  (void)worker;
  if (call->making) thalnet__make_context_masks(call, rows);
  for (size_t i = 0, at = pieces.at; i < pieces.count; i++, at += pieces.stride)
    net->kernels->mask(pieces.length, mask + at, call->to + at, call->to + at);
}

/* Of the contexts [slot][row][..]; NULL where no module reads. */
static void thalnet__mask_contexts(const thalnet__work *work, const thalnet__segment *segment, size_t step,
                                   thalnet__range modules, int making, real *contexts, size_t slot) {
  thalnet__mask_call call = {.work = work, .segment = segment, .step = step, .modules = modules};
  if (segment->context_masks == NULL) return;
  call.to = contexts + slot * segment->rows * work->net->contexts;
  if (modules.count == 1 && !thalnet__has_reader(work->net->modules[modules.first])) return;
  call.making = making && work->dropping.every_step;
  thalnet__deal_rows(&call, thalnet__context_part);
}

void thalnet__drop_contexts(const thalnet__work *work, const thalnet__segment *segment, size_t step,
                            thalnet__range modules) {
  thalnet__mask_contexts(work, segment, step, modules, 1, segment->contexts, step);
}

void thalnet__drop_contexts_back(const thalnet__work *work, const thalnet__segment *segment, size_t step,
                                 thalnet__range modules) {
  if (THALNET__FAULT(CONTEXT_MASKS)) return;
  thalnet__mask_contexts(work, segment, step, modules, 0, segment->d_contexts, step % segment->block);
}
