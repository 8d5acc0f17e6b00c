/* SPDX-License-Identifier: MIT */
/* The tensors of a network, one behind the other in its block of parameters. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/checked.h"
#include "module/norm.h"
#include "network/layout.h"

static size_t thalnet__add_tensor(thalnet__table *table, const char *name, int rank, const size_t dimensions[3],
                                  double bound, int decays) {
  const size_t place = table->parameters;
  size_t count = 0;
  if (thalnet__times(dimensions[0], dimensions[1], &count) || thalnet__times(count, dimensions[2], &count) ||
      thalnet__add(table->parameters, count, &table->parameters) || table->parameters > SIZE_MAX / 16)
    table->overflowed = 1;
  if (table->tensors != NULL) {
    thalnet__tensor *tensor = &table->tensors[table->count];
    *tensor = (thalnet__tensor){
        .place = place, .count = count, .rank = rank, .bound = (real)bound, .decays = decays, .output = table->output};
    memcpy(tensor->dimensions, dimensions, sizeof tensor->dimensions);
    snprintf(tensor->name, sizeof tensor->name, "%s", name);
  }
  table->count++;
  return place;
}

static size_t thalnet__add_layer_tensor(thalnet__table *table, size_t i, size_t j, const char *name, size_t rows,
                                        size_t columns, double bound) {
  char full[THALNET__TENSOR_NAME_SIZE];
  const size_t dimensions[3] = {rows, columns == 0 ? 1 : columns, 1};
  snprintf(full, sizeof full, "modules.%zu.layers.%zu.%s", i, j, name);
  return thalnet__add_tensor(table, full, columns == 0 ? 1 : 2, dimensions, bound, columns != 0);
}

static size_t thalnet__add_gain(thalnet__table *table, size_t i, size_t j, const char *name, size_t count) {
  const size_t place = thalnet__add_layer_tensor(table, i, j, name, count, 0, 0);
  if (table->tensors != NULL) table->tensors[table->count - 1].around = 1;
  return place;
}

static void thalnet__add_norm(thalnet__table *table, size_t i, size_t j, thalnet__layer *layer) {
  const size_t n = layer->units, gates = layer->kind->gates * n;
  const int recurrent = layer->kind->recurrent;
  layer->norm_ih = thalnet__add_gain(table, i, j, recurrent ? "norm_ih" : "norm", gates);
  if (recurrent) layer->norm_hh = thalnet__add_gain(table, i, j, "norm_hh", gates);
  if (!layer->kind->cell) return;
  layer->norm_cell = thalnet__add_gain(table, i, j, "norm_cell", n);
  thalnet__add_layer_tensor(table, i, j, "bias_cell", n, 0, 0); /* right behind: see module/layer.h */
}

/* Initial values lie within a bound that follows from the tensor's own shape. PyTorch's: 1/sqrt(inputs) for dense layers,
 * 1/sqrt(units) for recurrent ones. */
static void thalnet__add_layer(thalnet__table *table, size_t i, size_t j, thalnet__layer *layer) {
  const size_t gates = layer->kind->gates * layer->units;
  const int recurrent = layer->kind->recurrent;
  const double bound = 1 / sqrt((double)(recurrent ? layer->units : layer->inputs));
  layer->weight_ih =
      thalnet__add_layer_tensor(table, i, j, recurrent ? "weight_ih" : "weight", gates, layer->inputs, bound);
  if (recurrent) {
    layer->weight_hh = thalnet__add_layer_tensor(table, i, j, "weight_hh", gates, layer->units, bound);
    layer->bias_ih = thalnet__add_layer_tensor(table, i, j, "bias_ih", gates, 0, bound);
    layer->bias_hh = thalnet__add_layer_tensor(table, i, j, "bias_hh", gates, 0, bound);
  } else {
    layer->bias_ih = thalnet__add_layer_tensor(table, i, j, "bias", gates, 0, bound);
  }
  if (layer->norm) thalnet__add_norm(table, i, j, layer);
}

static void thalnet__add_reader(thalnet__table *table, size_t i, thalnet__reader *reader) {
  for (int t = 0; reader->kind != NULL && t < reader->kind->tensors; t++) {
    char full[THALNET__TENSOR_NAME_SIZE];
    thalnet__reader_tensor tensor;
    reader->kind->tensor(reader, t, &tensor);
    snprintf(full, sizeof full, "modules.%zu.reader.%s", i, tensor.name);
    /* biases and the scale are vectors, but softmax' bias [C, P]; weight-norm matrices have a scale of their own */
    const int decays =
        tensor.rank > 1 && strcmp(tensor.name, "bias") != 0 && reader->kind != &thalnet__weight_norm_reader;
    reader->parameters[t] = thalnet__add_tensor(table, full, tensor.rank, tensor.dimensions, 1, decays);
    if (table->tensors != NULL)
      table->tensors[table->count - 1].normed = t == 0 && reader->kind == &thalnet__weight_norm_reader;
  }
}

static void thalnet__add_outputs(thalnet__table *table, size_t i, thalnet_module *module) {
  for (size_t k = 0; k < module->output_count; k++) {
    const size_t o = (size_t)module->outputs[k].number;
    const size_t dimensions[3] = {table->net->outputs[o].size, module->features, 1};
    char full[THALNET__TENSOR_NAME_SIZE];
    snprintf(full, sizeof full, "modules.%zu.outputs.%zu.weight", i, o);
    table->output = (int32_t)o;
    module->outputs[k].place = thalnet__add_tensor(table, full, 2, dimensions, 1 / sqrt((double)module->features), 1);
    table->output = -1;
  }
}

/* One row of memory in two tensors: the center and, where there is such, the layers' own memory. */
static void thalnet__add_start(thalnet__table *table) {
  thalnet_center *net = table->net;
  const size_t sizes[2] = {net->features, net->own_memory};
  for (int t = 0; t < 2 && net->learned_start; t++) {
    const size_t dimensions[3] = {sizes[t], 1, 1};
    if (sizes[t] == 0) return;
    const size_t place = thalnet__add_tensor(table, t == 0 ? "center.start" : "center.own_start", 1, dimensions, 0, 0);
    if (t == 0) net->start = place;
    if (table->tensors != NULL) table->tensors[table->count - 1].start = 1;
  }
}

void thalnet__lay_out_tensors(thalnet__table *table) {
  thalnet_center *net = table->net;
  table->count = table->parameters = 0;
  for (size_t i = 0; i < net->module_count; i++) {
    thalnet_module *module = net->modules[i];
    for (size_t j = 0; j < module->layer_count; j++) thalnet__add_layer(table, i, j, &module->layers[j].layer);
    thalnet__add_reader(table, i, &module->reader.reading);
    thalnet__add_outputs(table, i, module);
  }
  for (size_t o = 0; o < net->output_count; o++) {
    char full[THALNET__TENSOR_NAME_SIZE];
    const size_t dimensions[3] = {net->outputs[o].size, 1, 1};
    snprintf(full, sizeof full, "outputs.%zu.bias", o);
    table->output = (int32_t)o;
    net->outputs[o].bias = thalnet__add_tensor(table, full, 1, dimensions, 0, 0);
    table->output = -1;
  }
  thalnet__add_start(table);
}
