/* SPDX-License-Identifier: MIT */
/* A[i][j] = how strongly module i reads module j: by the reading weights over j's slice of the center, or by what that slice
 * contributes to the context. */
#include "analysis/routing.h"

#include <math.h>
#include <string.h>

#include <thalnet/routing.h>

#include "core/checked.h"
#include "network/reading.h"
#include "network/run.h"

/* The sums that one pass over a batch makes. */
typedef struct thalnet__survey {
  int32_t measure;
  double *squares;   /* [modules][modules]: of contributions */
  double *weights;   /* [contexts][P]: of dynamic readers' weights, summed up; a reader's [C, seen] at its column */
  real *matrix;      /* [largest context][P]: of one row */
  uint64_t readings; /* steps times sequences */
} thalnet__survey;

/* Whether it reads a module's slice at all, and in which column of its weights that begins. */
static int thalnet__reads(const thalnet__reader *reader, const thalnet_module *slice) {
  return !reader->skip_own || slice->offset != reader->offset;
}

static size_t thalnet__slice_column(const thalnet__reader *reader, const thalnet_module *slice) {
  return slice->offset - (reader->skip_own && slice->offset > reader->offset ? reader->features : 0);
}

static real thalnet__slice_norm(const thalnet__reader *reader, const thalnet_module *slice, const double *weights,
                                double scale) {
  double sum = 0;
  for (size_t c = 0; c < reader->context && thalnet__reads(reader, slice); c++)
    for (size_t k = 0; k < slice->features; k++) {
      const double weight = weights[c * reader->seen + thalnet__slice_column(reader, slice) + k] * scale;
      sum += weight * weight;
    }
  return (real)sqrt(sum);
}

/* What each slice contributes to one row's context: squares of matrix[c, slice] phi[slice] over c. */
static void thalnet__add_contributions(const thalnet_center *net, size_t m, const real *matrix, double scale,
                                       const thalnet__reading *reading, size_t row, double *squares) {
  const thalnet__reader *reader = &net->modules[m]->reader.reading;
  for (size_t j = 0; j < net->module_count; j++) {
    const thalnet_module *slice = net->modules[j];
    const real *phi = (j < m ? reading->newer : reading->phi) + row * net->features;
    for (size_t c = 0; c < reader->context && thalnet__reads(reader, slice); c++) {
      const real *weights = matrix + c * reader->seen + thalnet__slice_column(reader, slice);
      const double part = scale * (double)net->kernels->dot(slice->features, weights, phi + slice->offset);
      squares[m * net->module_count + j] += part * part;
    }
  }
}

static void thalnet__survey_reader(thalnet__survey *survey, const thalnet__work *work, size_t m, size_t step,
                                   size_t row) {
  const thalnet_center *net = work->net;
  const thalnet__reader *reader = &net->modules[m]->reader.reading;
  const thalnet__reading reading = thalnet__describe_reading(work, &work->main, step);
  const real *matrix = survey->matrix;
  double *sums = survey->weights + reader->column * net->features;
  if (thalnet__is_static(reader)) {
    matrix = net->parameters + reader->parameters[0];
  } else {
    reader->kind->weights(reader, &reading, row, survey->matrix);
    for (size_t i = 0; i < reader->context * reader->seen; i++) sums[i] += (double)matrix[i];
  }
  if (survey->measure == THALNET_ROUTING_SHARE)
    thalnet__add_contributions(net, m, matrix, thalnet__is_static(reader) ? reader->scale : 1, &reading, row,
                               survey->squares);
}

static int thalnet__counts(const thalnet__work *work, const thalnet_batch *batch, size_t step, size_t row) {
  const size_t frame_steps = work->net->steps_per_frame;
  return work->frame * frame_steps + step < (size_t)batch->lengths[work->first + row] * frame_steps;
}

static void thalnet__survey_block(void *observer, const thalnet__work *work, const thalnet_batch *batch) {
  thalnet__survey *survey = observer;
  const thalnet_center *net = work->net;
  for (size_t step = 0; step < work->main.steps; step++) {
    for (size_t m = 0; m < net->module_count; m++)
      for (size_t row = 0; row < work->rows && thalnet__has_reader(net->modules[m]); row++)
        if (thalnet__counts(work, batch, step, row)) thalnet__survey_reader(survey, work, m, step, row);
    for (size_t row = 0; row < work->rows; row++) survey->readings += (uint64_t)thalnet__counts(work, batch, step, row);
  }
}

static void thalnet__routing_result(const thalnet_center *net, const thalnet__survey *survey, real *values) {
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet__reader *reader = &net->modules[m]->reader.reading;
    for (size_t j = 0; j < net->module_count; j++) {
      real *value = &values[m * net->module_count + j];
      *value = 0;
      if (reader->kind == NULL) continue;
      if (survey->measure == THALNET_ROUTING_SHARE)
        *value = survey->readings == 0 ? 0
                                       : (real)sqrt(survey->squares[m * net->module_count + j] /
                                                    ((double)survey->readings * (double)reader->context));
      else
        *value =
            thalnet__slice_norm(reader, net->modules[j], survey->weights + reader->column * net->features,
                                thalnet__is_static(reader) || survey->readings == 0 ? 1 : 1 / (double)survey->readings);
    }
  }
}

static int thalnet__has_dynamic(const thalnet_center *net) { return net->contexts > net->static_contexts; }

static size_t thalnet__largest_context(const thalnet_center *net) {
  size_t largest = 0;
  for (size_t m = 0; m < net->module_count; m++)
    if (net->modules[m]->reader.reading.context > largest) largest = net->modules[m]->reader.reading.context;
  return largest;
}

/* What the parameters alone tell: static readers' effective weights. */
static void thalnet__survey_static(const thalnet_center *net, thalnet__survey *survey) {
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet__reader *reader = &net->modules[m]->reader.reading;
    if (reader->kind == NULL || !thalnet__is_static(reader)) continue;
    const real *weight = net->parameters + reader->parameters[0];
    double *effective = survey->weights + reader->column * net->features;
    for (size_t i = 0; i < reader->context * reader->seen; i++) effective[i] = reader->scale * (double)weight[i];
  }
}

static thalnet_status thalnet__survey_make(const thalnet_center *net, thalnet__survey *survey, size_t *weights,
                                           size_t *matrix) {
  void *block;
  if (thalnet__times(net->contexts, net->features, weights) ||
      thalnet__times(thalnet__largest_context(net), net->features, matrix))
    return thalnet__fail(THALNET_ERROR_OVERFLOW, "the reading weights do not fit in memory");
  THALNET__TRY(thalnet__allocate(&net->memory, net->module_count * net->module_count, sizeof *survey->squares, &block));
  survey->squares = block;
  THALNET__TRY(thalnet__allocate(&net->memory, *weights, sizeof *survey->weights, &block));
  survey->weights = block;
  THALNET__TRY(thalnet__allocate(&net->memory, *matrix, sizeof *survey->matrix, &block));
  survey->matrix = block;
  thalnet__survey_static(net, survey);
  return THALNET_OK;
}

static thalnet_status thalnet__look(thalnet__survey *survey, thalnet_batch *batch) {
  batch->observe = thalnet__survey_block;
  batch->observer = survey;
  const thalnet_status status = thalnet__run_observed(batch);
  batch->observe = NULL;
  return status;
}

thalnet_status thalnet__routing(const thalnet_center *net, thalnet_batch *batch, int32_t measure, real *values) {
  thalnet__survey survey = {.measure = measure};
  size_t weights = 0, matrix = 0;
  const int look = measure == THALNET_ROUTING_SHARE || thalnet__has_dynamic(net);
  if (look && batch == NULL)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "batch is NULL: shares and dynamic readers need inputs to look at");
  thalnet_status status = thalnet__survey_make(net, &survey, &weights, &matrix);
  if (status == THALNET_OK && look) status = thalnet__look(&survey, batch);
  if (status == THALNET_OK) thalnet__routing_result(net, &survey, values);
  thalnet__release(&net->memory, survey.squares, net->module_count * net->module_count, sizeof *survey.squares);
  thalnet__release(&net->memory, survey.weights, weights, sizeof *survey.weights);
  thalnet__release(&net->memory, survey.matrix, matrix, sizeof *survey.matrix);
  return status;
}
