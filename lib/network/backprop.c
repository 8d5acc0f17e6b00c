/* SPDX-License-Identifier: MIT */
/* Back through the steps of a segment, and the weight gradients after them: one product over all steps each. */
#include "network/backprop.h"

#include <string.h>

#include "core/fault.h"
#include "math/multiply.h"
#include "network/unroll.h"

/* Where a layer's gradients come from and go to at a step; d_output follows from the layer above. */
static thalnet__layer_gradient thalnet__describe_gradient(thalnet__work *work, thalnet__segment *segment, size_t m,
                                                          size_t j, size_t step) {
  const thalnet_center *net = work->net;
  const thalnet_module *module = net->modules[m];
  const thalnet__place *place = &module->layers[j];
  const thalnet__layer *layer = &place->layer;
  const thalnet__layer_work *mine = &segment->modules[m].layers[j];
  const size_t rows = segment->rows, at = step * rows * layer->kind->gates * layer->units;
  thalnet__layer_gradient described = {.dgi = mine->dgi + at, .dgh = mine->dgh + at};
  if (layer->kind->recurrent) described.d_hidden_before = thalnet__memory_at(net, work->d_before, place->hidden);
  if (layer->kind->cell) {
    described.d_cell = thalnet__const_view(thalnet__memory_at(net, work->d_after, place->cell));
    described.d_cell_before = thalnet__memory_at(net, work->d_before, place->cell);
  }
  if (j > 0)
    described.d_input = (thalnet__rows){work->d_layer[(j - 1) % 2], layer->inputs};
  else if (thalnet__has_reader(module))
    described.d_input = (thalnet__rows){
        segment->d_contexts + step * rows * net->contexts + module->reader.reading.column, net->contexts};
  return described;
}

/* The gradient of a layer's output: of the features for the last one; else what the layer above passed down, and for a
 * recurrent layer what later steps want of its hidden state. */
static thalnet__const_rows thalnet__output_gradient(thalnet__work *work, const thalnet_module *module, size_t j) {
  const thalnet_center *net = work->net;
  const thalnet__place *place = &module->layers[j];
  if (j + 1 == module->layer_count) return thalnet__const_view(thalnet__memory_at(net, work->d_after, module->offset));
  const size_t n = place->layer.units;
  real *d = work->d_layer[j % 2];
  if (place->layer.kind->recurrent) {
    const thalnet__rows later = thalnet__memory_at(net, work->d_after, place->hidden);
    for (size_t r = 0; r < work->rows; r++) net->kernels->add(n, later.at + r * later.ld, d + r * n);
  }
  return (thalnet__const_rows){d, n};
}

static void thalnet__module_step_back(thalnet__work *work, thalnet__segment *segment, size_t m, size_t step) {
  const thalnet_center *net = work->net;
  const thalnet_module *module = net->modules[m];
  if (!thalnet__last_layer(module)->kind->recurrent) /* such features leave nothing behind but what is read */
    for (size_t r = 0; r < segment->rows; r++)
      memset(work->d_before.phi + r * net->features + module->offset, 0, module->features * sizeof(real));
  for (size_t j = module->layer_count; j-- > 0;) {
    const thalnet__layer *layer = &module->layers[j].layer;
    const thalnet__layer_step described = thalnet__describe_layer(work, segment, m, j, step);
    thalnet__layer_gradient gradient = thalnet__describe_gradient(work, segment, m, j, step);
    gradient.d_output = thalnet__output_gradient(work, module, j);
    layer->kind->backward(layer, &described, &gradient);
  }
}

void thalnet__segment_step_back(thalnet__work *work, thalnet__segment *segment, size_t step, real *gradients) {
  const thalnet_center *net = work->net;
  for (size_t m = 0; m < net->module_count; m++) thalnet__module_step_back(work, segment, m, step);
  if (net->contexts == 0 || (THALNET__FAULT(FORGET_STEP) && segment == &work->main && step == 0)) return;
  const real *d_contexts = segment->d_contexts + step * segment->rows * net->contexts;
  const thalnet__reading reading = thalnet__describe_reading(work, segment, step);
  thalnet__multiply_nn(segment->rows, net->features, net->static_contexts, d_contexts, net->contexts, net->prepared,
                       net->features, 1, work->d_before.phi, net->features);
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet__reader *reader = &net->modules[m]->reader.reading;
    if (reader->kind != NULL && !thalnet__is_static(reader))
      reader->kind->backward(reader, &reading, d_contexts + reader->column, net->contexts, work->d_before.phi,
                             gradients);
  }
}

/* --- weight gradients --- */

/* The columns of the layer's input that are not task inputs. */
static void thalnet__layer_input_gradients(thalnet__work *work, thalnet__segment *segment, size_t m, size_t j,
                                           real *gradients) {
  const thalnet_module *module = work->net->modules[m];
  const thalnet__layer *layer = &module->layers[j].layer;
  const size_t gates = layer->kind->gates * layer->units, columns = layer->inputs - layer->task_columns;
  const real *dgi = segment->modules[m].layers[j].dgi;
  real *weight = gradients + layer->weight_ih + layer->task_columns;
  /* contexts and dense outputs lie in one piece; a recurrent layer's are in the memory after each step */
  const int in_memory = j > 0 && module->layers[j - 1].layer.kind->recurrent;
  for (size_t step = 0, run; step < segment->steps; step += run) {
    run = in_memory ? thalnet__after_run(segment, step) : segment->steps;
    const thalnet__const_rows input = thalnet__describe_layer(work, segment, m, j, step).input;
    thalnet__multiply_tn(gates, columns, run * segment->rows, dgi + step * segment->rows * gates, gates, input.at,
                         input.ld, 1, weight, layer->inputs);
  }
}

static void thalnet__layer_gradients(thalnet__work *work, thalnet__segment *segment, size_t m, size_t j,
                                     real *gradients) {
  const thalnet_center *net = work->net;
  const thalnet__place *place = &net->modules[m]->layers[j];
  const thalnet__layer *layer = &place->layer;
  const thalnet__layer_work *mine = &segment->modules[m].layers[j];
  const size_t rows = segment->steps * segment->rows;
  thalnet__layer_bias_gradient(rows, layer->kind->gates * layer->units, mine->dgi, gradients + layer->bias_ih);
  if (layer->kind->recurrent) /* the memory before all steps lies in one piece */
    layer->kind->hidden_gradients(
        layer, rows, mine->dgh,
        thalnet__const_view(thalnet__memory_at(net, thalnet__slot(net, segment, 0), place->hidden)), mine->kept,
        gradients);
  if (layer->inputs > layer->task_columns) thalnet__layer_input_gradients(work, segment, m, j, gradients);
}

/* Of the effective matrices, in the places of the readers' weights; thalnet__finish_gradients makes the parameters' of them. */
static void thalnet__static_reader_gradients(thalnet__work *work, thalnet__segment *segment, real *gradients) {
  const thalnet_center *net = work->net;
  real *matrix = work->matrix_scratch;
  thalnet__multiply_tn(net->static_contexts, net->features, segment->steps * segment->rows, segment->d_contexts,
                       net->contexts, segment->phi, net->features, 0, matrix, net->features);
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet__reader *reader = &net->modules[m]->reader.reading;
    if (reader->kind == NULL || !thalnet__is_static(reader)) continue;
    net->kernels->add(reader->context * net->features, matrix + reader->column * net->features,
                      gradients + reader->parameters[0]);
  }
}

void thalnet__segment_gradients(thalnet__work *work, thalnet__segment *segment, real *gradients) {
  const thalnet_center *net = work->net;
  if (segment->steps == 0) return;
  for (size_t m = 0; m < net->module_count; m++)
    for (size_t j = 0; j < net->modules[m]->layer_count; j++) thalnet__layer_gradients(work, segment, m, j, gradients);
  if (net->static_contexts > 0) thalnet__static_reader_gradients(work, segment, gradients);
}
