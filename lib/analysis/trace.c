/* SPDX-License-Identifier: MIT */
/* One sequence, step by step. */
#include <math.h>
#include <string.h>

#include <thalnet/routing.h>

#include "analysis/routing.h"
#include "analysis/survey.h"
#include "network/run.h"

typedef struct thalnet__trace {
  thalnet__survey survey;
  size_t sequence;
  real *values;
} thalnet__trace;

/* Calls `tell` for every step of the block that belongs to the sequence, with the row that it is in. */
static void thalnet__each_step(thalnet__trace *trace, const thalnet__work *work, const thalnet_batch *batch,
                               void (*tell)(thalnet__trace *, const thalnet__work *, size_t step, size_t row)) {
  if (trace->sequence < work->first || trace->sequence >= work->first + work->rows) return;
  const size_t row = trace->sequence - work->first;
  for (size_t step = 0; step < work->main.steps; step++)
    if (thalnet__survey_counts(work, batch, step, row)) tell(trace, work, step, row);
}

/* Counted from the start of the batch. */
static size_t thalnet__batch_step(const thalnet__work *work, size_t step) {
  return work->frame * work->net->steps_per_frame + step;
}

/* --- routing --- */

static void thalnet__trace_reader(thalnet__trace *trace, const thalnet__work *work, size_t m, size_t step, size_t row,
                                  real *values) {
  const thalnet_center *net = work->net;
  const thalnet__reader *reader = &net->modules[m]->reader.reading;
  double scale, *squares = trace->survey.squares, *weights = trace->survey.weights + reader->column * net->features;
  const real *matrix = thalnet__survey_weights(&trace->survey, work, m, step, row, &scale);
  if (trace->survey.measure == THALNET_ROUTING_SHARE) {
    memset(squares, 0, net->module_count * sizeof *squares);
    thalnet__survey_contributions(work, m, step, row, matrix, scale, squares);
    for (size_t j = 0; j < net->module_count; j++) values[j] = (real)sqrt(squares[j] / (double)reader->context);
    return;
  }
  for (size_t i = 0; i < reader->context * reader->seen && !thalnet__is_static(reader); i++)
    weights[i] = (double)matrix[i];
  for (size_t j = 0; j < net->module_count; j++)
    values[j] = (real)thalnet__slice_norm(reader, net->modules[j], weights, 1);
}

static void thalnet__trace_reading(thalnet__trace *trace, const thalnet__work *work, size_t step, size_t row) {
  const size_t modules = work->net->module_count;
  real *values = trace->values + thalnet__batch_step(work, step) * modules * modules;
  for (size_t m = 0; m < modules; m++)
    if (thalnet__has_reader(work->net->modules[m]))
      thalnet__trace_reader(trace, work, m, step, row, values + m * modules);
}

static void thalnet__trace_routing_block(void *observer, const thalnet__work *work, const thalnet_batch *batch) {
  thalnet__each_step(observer, work, batch, thalnet__trace_reading);
}

/* --- features --- */

static void thalnet__trace_center(thalnet__trace *trace, const thalnet__work *work, size_t step, size_t row) {
  const thalnet_center *net = work->net;
  const real *phi = thalnet__slot(net, &work->main, work->main.after[step]).phi + row * net->features;
  memcpy(trace->values + thalnet__batch_step(work, step) * net->features, phi, net->features * sizeof *phi);
}

static void thalnet__trace_features_block(void *observer, const thalnet__work *work, const thalnet_batch *batch) {
  thalnet__each_step(observer, work, batch, thalnet__trace_center);
}

/* --- the calls --- */

static thalnet_status thalnet__trace_look(thalnet__trace *trace, thalnet_batch *batch,
                                          void (*observe)(void *, const thalnet__work *, const thalnet_batch *)) {
  batch->observe = observe;
  batch->observer = trace;
  const thalnet_status status = thalnet__run_observed(batch);
  batch->observe = NULL;
  return status;
}

thalnet_status thalnet__trace_routing(const thalnet_center *net, thalnet_batch *batch, size_t sequence, int32_t measure,
                                      real *values) {
  thalnet__trace trace = {.sequence = sequence, .values = values};
  const size_t modules = net->module_count;
  thalnet_status status = thalnet__survey_make(net, measure, 0, &trace.survey);
  memset(values, 0, batch->frames * net->steps_per_frame * modules * modules * sizeof *values);
  if (status == THALNET_OK) status = thalnet__trace_look(&trace, batch, thalnet__trace_routing_block);
  thalnet__survey_free(&trace.survey);
  return status;
}

thalnet_status thalnet__trace_features(const thalnet_center *net, thalnet_batch *batch, size_t sequence, real *values) {
  thalnet__trace trace = {.sequence = sequence, .values = values};
  memset(values, 0, batch->frames * net->steps_per_frame * net->features * sizeof *values);
  return thalnet__trace_look(&trace, batch, thalnet__trace_features_block);
}
