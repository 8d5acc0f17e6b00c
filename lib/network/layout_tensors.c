/* SPDX-License-Identifier: MIT */
/* The tensors of a network, one behind the other in its block of parameters. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/checked.h"
#include "module/host_layer.h"
#include "module/norm.h"
#include "network/layout.h"

/* --- adding --- */

/* The tensors that follow belong to a layer, to a reader, to nothing. */
static void thalnet__begin_layer(thalnet__table *table, size_t module, size_t layer) {
  table->module = module;
  table->layer = layer;
  snprintf(table->prefix, sizeof table->prefix, "modules.%zu.layers.%zu.", module, layer);
}

static void thalnet__begin_part(thalnet__table *table, size_t module, size_t part) {
  table->module = module;
  table->layer = THALNET__NONE;
  table->part = part;
  if (part == 0)
    snprintf(table->prefix, sizeof table->prefix, "modules.%zu.reader.", module);
  else
    snprintf(table->prefix, sizeof table->prefix, "modules.%zu.reader.parts.%zu.", module, part);
}

/* module NONE: the output's own. */
static void thalnet__begin_output(thalnet__table *table, size_t module, size_t output) {
  table->module = module;
  table->layer = THALNET__NONE;
  table->output = (int32_t)output;
  if (module == THALNET__NONE)
    snprintf(table->prefix, sizeof table->prefix, "outputs.%zu.", output);
  else
    snprintf(table->prefix, sizeof table->prefix, "modules.%zu.outputs.%zu.", module, output);
}

static void thalnet__begin_center(thalnet__table *table) {
  table->module = table->layer = THALNET__NONE;
  table->output = -1;
  snprintf(table->prefix, sizeof table->prefix, "center.");
}

static thalnet__shape thalnet__vector(size_t size, enum thalnet__axis axis) {
  return (thalnet__shape){1, {size, 1, 1}, {axis}};
}

static thalnet__shape thalnet__matrix_shape(size_t rows, enum thalnet__axis axis, size_t columns,
                                            enum thalnet__axis columns_axis) {
  return (thalnet__shape){2, {rows, columns, 1}, {axis, columns_axis}};
}

/* Starts uniform in +-bound; decays: weight decay applies. Gives it its place. */
static size_t thalnet__add_tensor(thalnet__table *table, const char *name, thalnet__shape shape, double bound,
                                  int decays) {
  const size_t place = table->parameters;
  const size_t count =
      thalnet__times_or_most(thalnet__times_or_most(shape.dimensions[0], shape.dimensions[1]), shape.dimensions[2]);
  table->parameters = thalnet__sum_or_most(table->parameters, count);
  if (table->tensors != NULL) {
    thalnet__tensor *tensor = &table->tensors[table->count];
    *tensor = (thalnet__tensor){.place = place,
                                .count = count,
                                .shape = shape,
                                .module = table->module,
                                .layer = table->layer,
                                .part = table->part,
                                .bound = (real)bound,
                                .decays = decays,
                                .output = table->output};
    snprintf(tensor->name, sizeof tensor->name, "%s%s", table->prefix, name);
  }
  table->count++;
  return place;
}

/* --- layers --- */

static size_t thalnet__add_gain(thalnet__table *table, const char *name, size_t count) {
  const size_t place = thalnet__add_tensor(table, name, thalnet__vector(count, THALNET__AXIS_UNITS), 0, 0);
  if (table->tensors != NULL) table->tensors[table->count - 1].around = 1;
  return place;
}

static void thalnet__add_norm(thalnet__table *table, thalnet__layer *layer) {
  const size_t n = layer->units, gates = layer->kind->gates * n;
  const int recurrent = layer->kind->recurrent;
  layer->norm_ih = thalnet__add_gain(table, recurrent ? "norm_ih" : "norm", gates);
  if (recurrent) layer->norm_hh = thalnet__add_gain(table, "norm_hh", gates);
  if (!layer->kind->cell) return;
  layer->norm_cell = thalnet__add_gain(table, "norm_cell", n);
  /* right behind: see module/layer.h */
  thalnet__add_tensor(table, "bias_cell", thalnet__vector(n, THALNET__AXIS_UNITS), 0, 0);
}

/* Uniform in +-1 until the host's bounds are applied. */
static void thalnet__add_vectors(thalnet__table *table, thalnet__layer *layer) {
  const size_t vectors = layer->kind->host->vectors;
  if (vectors > 0)
    layer->vectors = thalnet__add_tensor(
        table, "vectors", thalnet__matrix_shape(vectors, THALNET__AXIS_ONE, layer->units, THALNET__AXIS_UNITS), 1, 0);
}

/* Initial values lie within a bound that follows from the tensor's own shape. PyTorch's: 1/sqrt(inputs) for dense layers,
 * 1/sqrt(units) for recurrent ones. */
static void thalnet__add_layer(thalnet__table *table, size_t i, size_t j, thalnet__layer *layer) {
  const size_t gates = layer->kind->gates * layer->units, hidden = layer->kind->hidden_gates * layer->units;
  const int recurrent = layer->kind->recurrent;
  const double bound = 1 / sqrt((double)(recurrent ? layer->units : layer->inputs));
  const thalnet__shape bias = thalnet__vector(gates, THALNET__AXIS_UNITS);
  thalnet__begin_layer(table, i, j);
  layer->weight_ih = thalnet__add_tensor(
      table, recurrent ? "weight_ih" : "weight",
      thalnet__matrix_shape(gates, THALNET__AXIS_UNITS, layer->inputs, THALNET__AXIS_COLUMNS), bound, 1);
  if (hidden > 0)
    layer->weight_hh = thalnet__add_tensor(
        table, "weight_hh", thalnet__matrix_shape(hidden, THALNET__AXIS_UNITS, layer->units, THALNET__AXIS_HIDDEN),
        bound, 1);
  layer->bias_ih = thalnet__add_tensor(table, recurrent ? "bias_ih" : "bias", bias, bound, 0);
  if (hidden > 0)
    layer->bias_hh = thalnet__add_tensor(table, "bias_hh", thalnet__vector(hidden, THALNET__AXIS_UNITS), bound, 0);
  if (layer->norm) thalnet__add_norm(table, layer);
  if (layer->kind->host != NULL) thalnet__add_vectors(table, layer);
}

/* --- readers, outputs, the start --- */

static void thalnet__add_part(thalnet__table *table, size_t i, thalnet__reader *reader) {
  thalnet__begin_part(table, i, reader->number);
  for (int t = 0; t < reader->kind->tensors; t++) {
    thalnet__reader_tensor tensor;
    reader->kind->tensor(reader, t, &tensor);
    /* biases and the scale are vectors, but softmax' bias [C, P]; weight-norm matrices have a scale of their own */
    const int decays =
        tensor.shape.rank > 1 && strcmp(tensor.name, "bias") != 0 && reader->kind != &thalnet__weight_norm_reader;
    reader->parameters[t] = thalnet__add_tensor(table, tensor.name, tensor.shape, 1, decays);
    if (table->tensors != NULL)
      table->tensors[table->count - 1].normed = t == 0 && reader->kind == &thalnet__weight_norm_reader;
  }
  if (thalnet__has_gate(reader)) /* shut at first, so that what others have learned stays as it is */
    reader->gate = thalnet__add_tensor(table, "gate", thalnet__vector(reader->context, THALNET__AXIS_CONTEXT), 0, 0);
}

static void thalnet__add_reader(thalnet__table *table, size_t i, thalnet__reader *reader) {
  thalnet__reader *parts = reader->parts == NULL ? reader : reader->parts;
  for (size_t k = 0; reader->kind != NULL && k < thalnet__part_count(reader); k++)
    thalnet__add_part(table, i, &parts[k]);
  table->part = 0;
}

static void thalnet__add_heads(thalnet__table *table, size_t i, thalnet_module *module) {
  for (size_t k = 0; k < module->output_count; k++) {
    const size_t o = (size_t)module->outputs[k].number;
    thalnet__begin_output(table, i, o);
    module->outputs[k].place =
        thalnet__add_tensor(table, "weight",
                            thalnet__matrix_shape(table->net->outputs[o].size, THALNET__AXIS_OUTPUT, module->features,
                                                  THALNET__AXIS_FEATURES),
                            1 / sqrt((double)module->features), 1);
  }
  table->output = -1;
}

/* One row of memory in two tensors: the center and, where there is such, the layers' own memory. */
static void thalnet__add_start(thalnet__table *table) {
  thalnet_center *net = table->net;
  thalnet__begin_center(table);
  for (int t = 0; t < 2 && net->learned_start; t++) {
    const thalnet__shape shape = t == 0 ? thalnet__vector(net->features, THALNET__AXIS_CENTER)
                                        : thalnet__vector(net->own_memory, THALNET__AXIS_OWN);
    if (shape.dimensions[0] == 0) return;
    const size_t place = thalnet__add_tensor(table, t == 0 ? "start" : "own_start", shape, 0, 0);
    if (t == 0) net->start = place;
    if (table->tensors != NULL) table->tensors[table->count - 1].start = 1;
  }
}

void thalnet__lay_out_tensors(thalnet__table *table) {
  thalnet_center *net = table->net;
  table->count = table->parameters = 0;
  table->output = -1;
  for (size_t i = 0; i < net->module_count; i++) {
    thalnet_module *module = net->modules[i];
    for (size_t j = 0; j < module->layer_count; j++) thalnet__add_layer(table, i, j, &module->layers[j].layer);
    thalnet__add_reader(table, i, &module->reader.reading);
    thalnet__add_heads(table, i, module);
  }
  for (size_t o = 0; o < net->output_count; o++) {
    thalnet__begin_output(table, THALNET__NONE, o);
    net->outputs[o].bias =
        thalnet__add_tensor(table, "bias", thalnet__vector(net->outputs[o].size, THALNET__AXIS_OUTPUT), 0, 0);
  }
  thalnet__add_start(table);
}
