/* SPDX-License-Identifier: MIT */
#include "analysis/survey.h"

#include <math.h>
#include <string.h>

#include <thalnet/routing.h>

#include "core/checked.h"
#include "network/reading.h"
#include "network/run.h"

/* --- readers --- */

double thalnet__slice_norm(const thalnet__reader *reader, const thalnet_module *slice, const double *weights,
                           double scale) {
  double sum = 0;
  for (size_t c = 0; c < reader->context && thalnet__reads(reader, slice); c++)
    for (size_t k = 0; k < slice->features; k++) {
      const double weight = weights[c * reader->seen + thalnet__slice_column(reader, slice) + k] * scale;
      sum += weight * weight;
    }
  return sqrt(sum);
}

const real *thalnet__survey_weights(const thalnet__survey *survey, const thalnet__work *work, size_t m, size_t step,
                                    size_t row, double *scale) {
  const thalnet__reader *reader = &work->net->modules[m]->reader.reading;
  *scale = 1;
  if (thalnet__is_static(reader)) {
    *scale = (double)reader->scale;
    return work->net->parameters + reader->parameters[0];
  }
  const thalnet__reading reading = thalnet__describe_reading(work, &work->main, step);
  thalnet__read_weights(reader, &reading, row, survey->room, survey->matrix);
  return survey->matrix;
}

void thalnet__survey_contributions(const thalnet__work *work, size_t m, size_t step, size_t row, const real *matrix,
                                   double scale, double *squares) {
  const thalnet_center *net = work->net;
  const thalnet__reader *reader = &net->modules[m]->reader.reading;
  const thalnet__reading reading = thalnet__describe_reading(work, &work->main, step);
  for (size_t j = 0; j < net->module_count; j++) {
    const thalnet_module *slice = net->modules[j];
    const real *phi = (j < m ? reading.newer : reading.phi) + row * net->features;
    for (size_t c = 0; c < reader->context && thalnet__reads(reader, slice); c++) {
      const real *weights = matrix + c * reader->seen + thalnet__slice_column(reader, slice);
      const double part = scale * (double)net->kernels->dot(slice->features, weights, phi + slice->offset);
      squares[j] += part * part;
    }
  }
}

static void thalnet__survey_reader(thalnet__survey *survey, const thalnet__work *work, size_t m, size_t step,
                                   size_t row) {
  const thalnet_center *net = work->net;
  const thalnet__reader *reader = &net->modules[m]->reader.reading;
  double *sums = survey->weights + reader->column * net->features, scale;
  const real *matrix = thalnet__survey_weights(survey, work, m, step, row, &scale);
  for (size_t i = 0; i < reader->context * reader->seen && !thalnet__is_static(reader); i++)
    sums[i] += (double)matrix[i];
  if (survey->measure == THALNET_ROUTING_SHARE)
    thalnet__survey_contributions(work, m, step, row, matrix, scale,
                                  survey->squares + thalnet__module_node(net, m) * thalnet__node_count(net) +
                                      net->input_count);
}

/* --- inputs and outputs --- */

/* What an input does in a module's first layer. */
static void thalnet__survey_input(const thalnet__work *work, const thalnet_module *module,
                                  const thalnet__connection *connection, size_t step, size_t row, double *square) {
  const thalnet_center *net = work->net;
  const thalnet__input *input = &net->inputs[connection->number];
  const thalnet__layer *first = thalnet__first_layer(module);
  const size_t at = step / input->steps_per_frame * work->rows + row;
  const real *weights = net->parameters + first->weight_ih + connection->column;
  if (!work->fed[connection->number]) return;
  const int32_t token = input->tokens ? work->tokens[connection->number][at] : 0;
  for (size_t g = 0; g < first->kind->gates * first->units && token >= 0; g++) {
    const real *columns = weights + g * first->inputs;
    const double part = input->tokens ? (double)columns[token]
                                      : (double)net->kernels->dot(input->size, columns,
                                                                  work->inputs[connection->number] + at * input->size);
    *square += part * part;
  }
}

static void thalnet__survey_output(const thalnet__work *work, const thalnet_module *module,
                                   const thalnet__connection *connection, size_t step, size_t row, double *square) {
  const thalnet_center *net = work->net;
  const real *phi = thalnet__slot(net, &work->main, work->main.after[step]).phi + row * net->features + module->offset;
  for (size_t i = 0; i < net->outputs[connection->number].size; i++) {
    const real *weights = net->parameters + connection->place + i * module->features;
    const double part = (double)net->kernels->dot(module->features, weights, phi);
    *square += part * part;
  }
}

static void thalnet__survey_ends(thalnet__survey *survey, const thalnet__work *work, size_t m, size_t step,
                                 size_t row) {
  const thalnet_center *net = work->net;
  const thalnet_module *module = net->modules[m];
  const size_t nodes = thalnet__node_count(net), mine = thalnet__module_node(net, m);
  for (size_t k = 0; k < module->input_count; k++)
    thalnet__survey_input(work, module, &module->inputs[k], step, row,
                          &survey->squares[mine * nodes + (size_t)module->inputs[k].number]);
  for (size_t k = 0; k < module->output_count; k++)
    thalnet__survey_output(
        work, module, &module->outputs[k], step, row,
        &survey->squares[thalnet__output_node(net, (size_t)module->outputs[k].number) * nodes + mine]);
}

/* --- the pass --- */

int thalnet__survey_counts(const thalnet__work *work, const thalnet_batch *batch, size_t step, size_t row) {
  const size_t frame_steps = work->net->steps_per_frame;
  return work->frame * frame_steps + step < (size_t)batch->lengths[work->first + row] * frame_steps;
}

static void thalnet__survey_block(void *observer, const thalnet__work *work, const thalnet_batch *batch) {
  thalnet__survey *survey = observer;
  const thalnet_center *net = work->net;
  for (size_t step = 0; step < work->main.steps; step++)
    for (size_t row = 0; row < work->rows; row++) {
      if (!thalnet__survey_counts(work, batch, step, row)) continue;
      survey->readings++;
      for (size_t m = 0; m < net->module_count; m++) {
        if (thalnet__has_reader(net->modules[m])) thalnet__survey_reader(survey, work, m, step, row);
        if (survey->whole && survey->measure == THALNET_ROUTING_SHARE) thalnet__survey_ends(survey, work, m, step, row);
      }
    }
}

int thalnet__survey_needs_batch(const thalnet_center *net, int32_t measure) {
  return measure == THALNET_ROUTING_SHARE || net->contexts > net->static_contexts;
}

thalnet_status thalnet__survey_look(thalnet__survey *survey, thalnet_batch *batch) {
  batch->observe = thalnet__survey_block;
  batch->observer = survey;
  const thalnet_status status = thalnet__run_observed(batch);
  batch->observe = NULL;
  return status;
}

/* --- making --- */

static size_t thalnet__largest_context(const thalnet_center *net) {
  size_t largest = 0;
  for (size_t m = 0; m < net->module_count; m++)
    if (net->modules[m]->reader.reading.context > largest) largest = net->modules[m]->reader.reading.context;
  return largest;
}

static size_t thalnet__has_parts(const thalnet_center *net) {
  for (size_t m = 0; m < net->module_count; m++)
    if (net->modules[m]->reader.reading.parts != NULL) return 1;
  return 0;
}

/* What the parameters alone tell: static readers' effective weights. */
static void thalnet__survey_static(thalnet__survey *survey) {
  const thalnet_center *net = survey->net;
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet__reader *reader = &net->modules[m]->reader.reading;
    if (reader->kind == NULL || !thalnet__is_static(reader)) continue;
    const real *weight = net->parameters + reader->parameters[0];
    double *effective = survey->weights + reader->column * net->features;
    for (size_t i = 0; i < reader->context * reader->seen; i++)
      effective[i] = (double)reader->scale * (double)weight[i];
  }
}

thalnet_status thalnet__survey_make(const thalnet_center *net, int32_t measure, int whole, thalnet__survey *survey) {
  const size_t nodes = thalnet__node_count(net);
  const size_t matrix = thalnet__times_or_most(thalnet__largest_context(net), net->features);
  void *block;
  *survey = (thalnet__survey){.net = net,
                              .measure = measure,
                              .whole = whole,
                              .square_count = nodes * nodes,
                              .weight_count = thalnet__times_or_most(net->contexts, net->features),
                              .matrix_count = thalnet__times_or_most(matrix, 1 + thalnet__has_parts(net))};
  THALNET__TRY(thalnet__allocate(&net->memory, survey->square_count, sizeof *survey->squares, &block));
  survey->squares = block;
  THALNET__TRY(thalnet__allocate(&net->memory, survey->weight_count, sizeof *survey->weights, &block));
  survey->weights = block;
  THALNET__TRY(thalnet__allocate(&net->memory, survey->matrix_count, sizeof *survey->matrix, &block));
  survey->matrix = block;
  survey->room = thalnet__has_parts(net) ? survey->matrix + matrix : survey->matrix; /* NULL without readers */
  thalnet__survey_static(survey);
  return THALNET_OK;
}

void thalnet__survey_free(thalnet__survey *survey) {
  const thalnet_memory *memory = &survey->net->memory;
  thalnet__release(memory, survey->squares, survey->square_count, sizeof *survey->squares);
  thalnet__release(memory, survey->weights, survey->weight_count, sizeof *survey->weights);
  thalnet__release(memory, survey->matrix, survey->matrix_count, sizeof *survey->matrix);
}
