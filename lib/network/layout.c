/* SPDX-License-Identifier: MIT */
/* Where everything lies: features in the center, columns of weights, tensors in the parameter block. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/checked.h"
#include "module/norm.h"
#include "network/build.h"

/* The table of tensors while it is being filled: first counted, then written. */
typedef struct thalnet__table {
  thalnet_center *net;
  thalnet__tensor *tensors; /* NULL: only counting */
  size_t count, parameters;
  int32_t output; /* that the tensors being added belong to, or -1 */
  int overflowed;
} thalnet__table;

/* --- completeness and the clock --- */

static thalnet_status thalnet__common_steps(thalnet_center *net) {
  size_t steps = 1;
  for (size_t i = 0; i < net->input_count + net->output_count; i++) {
    const size_t own =
        i < net->input_count ? net->inputs[i].steps_per_frame : net->outputs[i - net->input_count].steps_per_frame;
    steps = steps / thalnet__divisor(steps, own) * own;
    if (steps > THALNET_STEPS_LIMIT)
      return thalnet__fail(THALNET_ERROR_LIMIT,
                           "the steps_per_frame of the inputs and outputs have no common multiple up to %d",
                           THALNET_STEPS_LIMIT);
  }
  net->steps_per_frame = steps;
  for (size_t i = 0; i < net->input_count; i++) net->inputs[i].frames = steps / net->inputs[i].steps_per_frame;
  for (size_t o = 0; o < net->output_count; o++) net->outputs[o].frames = steps / net->outputs[o].steps_per_frame;
  return THALNET_OK;
}

static thalnet_status thalnet__check_complete(thalnet_center *net) {
  if (net->module_count == 0) return thalnet__fail(THALNET_ERROR_STATE, "the center has no module");
  for (size_t i = 0; i < net->input_count; i++) net->inputs[i].connected = 0;
  for (size_t o = 0; o < net->output_count; o++) net->outputs[o].connected = 0;
  for (size_t i = 0; i < net->module_count; i++) {
    thalnet_module *module = net->modules[i];
    if (module->layer_count == 0) return thalnet__fail(THALNET_ERROR_STATE, "module '%s' has no layer", module->name);
    if (module->input_count == 0 && !thalnet__has_reader(module))
      return thalnet__fail(THALNET_ERROR_STATE, "module '%s' has neither an input nor a reader", module->name);
    if (module->reader.reading.skip_own && net->module_count == 1)
      return thalnet__fail(THALNET_ERROR_STATE,
                           "module '%s': skip_own leaves its reader 0 features to read, it is 1 module of 1",
                           module->name);
    for (size_t k = 0; k < module->input_count; k++) net->inputs[module->inputs[k].number].connected++;
    for (size_t k = 0; k < module->output_count; k++) net->outputs[module->outputs[k].number].connected++;
  }
  for (size_t i = 0; i < net->input_count; i++)
    if (net->inputs[i].connected == 0)
      return thalnet__fail(THALNET_ERROR_STATE, "input '%s': no module is connected", net->inputs[i].name);
  for (size_t o = 0; o < net->output_count; o++)
    if (net->outputs[o].connected == 0)
      return thalnet__fail(THALNET_ERROR_STATE, "output '%s': no module is connected", net->outputs[o].name);
  return THALNET_OK;
}

/* --- the center and the layers' memory --- */

static thalnet_status thalnet__place_features(thalnet_center *net) {
  size_t features = 0, own = 0;
  for (size_t i = 0; i < net->module_count; i++) {
    thalnet_module *module = net->modules[i];
    module->features = thalnet__last_layer(module)->units;
    module->offset = features;
    features += module->features; /* two numbers within the limit: no wrap */
    if (features > THALNET_SIZE_LIMIT)
      return thalnet__fail(THALNET_ERROR_LIMIT, "the center would have more than %d features", THALNET_SIZE_LIMIT);
  }
  for (size_t i = 0; i < net->module_count; i++) {
    thalnet_module *module = net->modules[i];
    for (size_t j = 0; j < module->layer_count; j++) {
      thalnet__place *place = &module->layers[j];
      const int last = j + 1 == module->layer_count;
      if (!place->layer.kind->recurrent) continue;
      place->hidden = last ? module->offset : features + own;
      if (thalnet__add(own, last ? 0 : place->layer.units, &own)) goto overflow;
      place->cell = features + own;
      if (thalnet__add(own, place->layer.kind->cell ? place->layer.units : 0, &own)) goto overflow;
    }
  }
  net->features = features;
  net->own_memory = own;
  return THALNET_OK;
overflow:
  return thalnet__fail(THALNET_ERROR_OVERFLOW, "the layers' memory does not fit");
}

/* Static readers first, so that one product serves them all. */
static thalnet_status thalnet__place_contexts(thalnet_center *net) {
  size_t contexts = 0;
  for (int dynamic = 0; dynamic < 2; dynamic++) {
    for (size_t i = 0; i < net->module_count; i++) {
      thalnet__reader *reader = &net->modules[i]->reader.reading;
      if (reader->kind == NULL || thalnet__is_static(reader) == dynamic) continue;
      reader->center = net->features;
      reader->features = net->modules[i]->features;
      reader->offset = net->modules[i]->offset;
      reader->seen = net->features - (reader->skip_own ? reader->features : 0);
      reader->column = contexts;
      contexts += reader->context;
      if (contexts > THALNET_SIZE_LIMIT)
        return thalnet__fail(THALNET_ERROR_LIMIT, "the contexts would have more than %d values together",
                             THALNET_SIZE_LIMIT);
      if (reader->kind == &thalnet__softmax_reader && reader->context > INT32_MAX / reader->seen)
        return thalnet__fail(THALNET_ERROR_LIMIT, "module '%s': a softmax reader of %zu values over %zu features",
                             net->modules[i]->name, reader->context, reader->seen);
    }
    if (!dynamic) net->static_contexts = contexts;
  }
  net->contexts = contexts;
  return THALNET_OK;
}

/* The part of the center from an output's first to its last module. */
static void thalnet__place_spans(thalnet_center *net) {
  for (size_t o = 0; o < net->output_count; o++) net->outputs[o].span_size = 0;
  for (size_t i = 0; i < net->module_count; i++) {
    const thalnet_module *module = net->modules[i];
    for (size_t k = 0; k < module->output_count; k++) {
      thalnet__output *output = &net->outputs[module->outputs[k].number];
      if (output->span_size == 0) output->span = module->offset;
      output->span_size = module->offset + module->features - output->span;
    }
  }
}

static thalnet_status thalnet__place_columns(thalnet_center *net) {
  for (size_t i = 0; i < net->module_count; i++) {
    thalnet_module *module = net->modules[i];
    size_t columns = 0;
    for (size_t k = 0; k < module->input_count; k++) {
      module->inputs[k].column = columns;
      columns += net->inputs[module->inputs[k].number].size;
      if (columns > THALNET_SIZE_LIMIT)
        return thalnet__fail(THALNET_ERROR_LIMIT, "module '%s': its inputs have more than %d values", module->name,
                             THALNET_SIZE_LIMIT);
    }
    for (size_t j = 0; j < module->layer_count; j++) {
      thalnet__layer *layer = &module->layers[j].layer;
      layer->task_columns = j == 0 ? columns : 0;
      layer->inputs = j == 0 ? columns + module->reader.reading.context : module->layers[j - 1].layer.units;
      if (layer->inputs > THALNET_SIZE_LIMIT)
        return thalnet__fail(THALNET_ERROR_LIMIT,
                             "module '%s': its inputs and context have %zu values, the limit is %d", module->name,
                             layer->inputs, THALNET_SIZE_LIMIT);
    }
  }
  thalnet__place_spans(net);
  return THALNET_OK;
}

/* --- tensors --- */

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

static void thalnet__add_tensors(thalnet__table *table) {
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

/* --- what is derived from them --- */

/* Fills the prepared block from the front. */
typedef struct thalnet__prepared_places {
  const thalnet__kernels *kernels;
  size_t used;
  int overflowed;
} thalnet__prepared_places;

static size_t thalnet__place_numbers(thalnet__prepared_places *places, size_t count) {
  const size_t place = places->used;
  if (thalnet__add(places->used, count, &places->used) || thalnet__add(places->used, 15, &places->used))
    places->overflowed = 1;
  places->used = places->used / 16 * 16; /* what follows begins on a cache line */
  return place;
}

static void thalnet__place_matrix(thalnet__prepared_places *places, size_t outputs, size_t inputs,
                                  thalnet__matrix *matrix) {
  size_t forward = 0, backward = 0;
  *matrix = (thalnet__matrix){.outputs = outputs, .inputs = inputs};
  if (thalnet__matrix_sizes(places->kernels, matrix, &forward, &backward)) places->overflowed = 1;
  matrix->place = thalnet__place_numbers(places, forward);
}

static void thalnet__place_back(thalnet__prepared_places *places, thalnet__matrix *matrix) {
  size_t forward = 0, backward = 0;
  if (thalnet__matrix_sizes(places->kernels, matrix, &forward, &backward)) places->overflowed = 1;
  matrix->back = thalnet__place_numbers(places, backward);
}

static void thalnet__place_layer(thalnet__prepared_places *places, thalnet__layer *layer) {
  const size_t n = layer->units, gates = layer->kind->gates * n;
  const size_t candidate = thalnet__resets_after(layer) ? 0 : layer->kind->rotated * n;
  thalnet__place_matrix(places, gates, layer->inputs - layer->task_columns, &layer->input);
  if (!layer->kind->recurrent) return;
  thalnet__place_matrix(places, gates - candidate, n, &layer->hidden);
  thalnet__place_matrix(places, candidate, n, &layer->candidate);
}

/* Panels for the way back, in the order in which a step back reads them. */
static void thalnet__place_module_back(thalnet__prepared_places *places, thalnet_module *module) {
  for (size_t j = module->layer_count; j-- > 0;) {
    thalnet__layer *layer = &module->layers[j].layer;
    thalnet__place_back(places, &layer->candidate);
    thalnet__place_back(places, &layer->input);
    thalnet__place_back(places, &layer->hidden);
  }
}

static void thalnet__place_input(const thalnet_center *net, thalnet__prepared_places *places,
                                 const thalnet__layer *first, thalnet__connection *connection) {
  const thalnet__input *input = &net->inputs[connection->number];
  const size_t gates = first->kind->gates * first->units;
  size_t tokens = 0;
  connection->matrix = (thalnet__matrix){.outputs = gates, .inputs = input->size};
  if (!input->tokens) {
    thalnet__place_matrix(places, gates, input->size, &connection->matrix);
    thalnet__place_back(places, &connection->matrix);
    return;
  }
  if (thalnet__times(input->size, gates, &tokens)) places->overflowed = 1;
  connection->place = thalnet__place_numbers(places, tokens);
}

static void thalnet__place_reader(thalnet__prepared_places *places, thalnet__reader *reader) {
  size_t size = 0;
  if (reader->kind == NULL || thalnet__is_static(reader)) return;
  if (reader->kind->prepared(reader, places->kernels, &size)) places->overflowed = 1;
  reader->prepared = thalnet__place_numbers(places, size);
}

/* What a step reads lies in the order in which it reads it: panels are fetched ahead beyond their own end. */
static void thalnet__place_forward(thalnet_center *net, thalnet__prepared_places *places) {
  thalnet__place_matrix(places, net->static_contexts, net->features, &net->readers);
  for (size_t i = 0; i < net->module_count; i++) {
    thalnet_module *module = net->modules[i];
    thalnet__place_reader(places, &module->reader.reading);
    for (size_t j = 0; j < module->layer_count; j++) thalnet__place_layer(places, &module->layers[j].layer);
  }
  for (size_t o = 0; o < net->output_count; o++)
    thalnet__place_matrix(places, net->outputs[o].size, net->outputs[o].span_size, &net->outputs[o].head);
}

static thalnet_status thalnet__place_prepared(thalnet_center *net) {
  thalnet__prepared_places places = {.kernels = net->kernels};
  for (size_t i = 0; i < net->module_count; i++) {
    thalnet_module *module = net->modules[i];
    for (size_t j = 0; j < module->layer_count; j++) {
      thalnet__layer *layer = &module->layers[j].layer;
      layer->bias = thalnet__place_numbers(&places, layer->kind->blocks * layer->units);
      if (layer->norm) layer->gains = thalnet__place_numbers(&places, thalnet__norm_prepared(layer));
    }
    for (size_t k = 0; k < module->input_count; k++)
      thalnet__place_input(net, &places, thalnet__first_layer(module), &module->inputs[k]);
  }
  thalnet__place_forward(net, &places);
  for (size_t o = 0; o < net->output_count; o++) thalnet__place_back(&places, &net->outputs[o].head);
  for (size_t i = 0; i < net->module_count; i++) thalnet__place_module_back(&places, net->modules[i]);
  thalnet__place_back(&places, &net->readers);
  if (places.overflowed || places.used > SIZE_MAX / 16)
    return thalnet__fail(THALNET_ERROR_OVERFLOW, "the network's parameters do not fit in memory");
  net->prepared_count = places.used;
  return THALNET_OK;
}

/* Small networks: sequences are computed in chunks whose activations stay in cache, and chunks go to threads. Networks whose
 * weights alone fill the cache take all sequences at once, so that the weights are read once a step, and threads share every
 * layer. Dynamic readers' own weights do not count: they are computed with row by row; but every chunk has a copy of all
 * gradients, which bounds them too. All follows from the shapes. */
enum { THALNET__SMALL_PARAMETERS = (1 << 20) / 4, THALNET__COPIED_PARAMETERS = 1 << 22, THALNET__CHUNK = 25 };

static size_t thalnet__dynamic_parameters(const thalnet_center *net) {
  size_t count = 0;
  for (size_t i = 0; i < net->module_count; i++) {
    const thalnet__reader *reader = &net->modules[i]->reader.reading;
    if (reader->kind == NULL || thalnet__is_static(reader)) continue;
    for (int t = 0; t < reader->kind->tensors; t++) {
      thalnet__reader_tensor tensor;
      reader->kind->tensor(reader, t, &tensor);
      count += tensor.dimensions[0] * tensor.dimensions[1] * tensor.dimensions[2]; /* counted before: no wrap */
    }
  }
  return count;
}

static void thalnet__choose_engine(thalnet_center *net) {
  const int small = net->parameter_count - thalnet__dynamic_parameters(net) <= THALNET__SMALL_PARAMETERS &&
                    net->parameter_count <= THALNET__COPIED_PARAMETERS;
  net->chunk = net->chunk_option != 0 ? net->chunk_option : small ? THALNET__CHUNK : SIZE_MAX;
  net->slabs = !small && net->chunk_option == 0;
  net->depth = net->parts = net->gradient_parts = 0;
  for (size_t i = 0; i < net->module_count; i++) {
    thalnet_module *module = net->modules[i];
    net->depth = thalnet__max(net->depth, module->layer_count);
    for (size_t j = 0; j < module->layer_count; j++) {
      thalnet__layer *layer = &module->layers[j].layer;
      const size_t gates = layer->kind->gates * layer->units;
      layer->parts = net->slabs ? thalnet__column_parts(thalnet__max(gates, layer->input.inputs)) : 1;
      layer->gradient_parts = net->slabs ? thalnet__row_parts(gates) : 1;
      net->parts = thalnet__max(net->parts, layer->parts);
      net->gradient_parts = thalnet__max(net->gradient_parts, layer->gradient_parts);
    }
  }
}

thalnet_status thalnet__layout(thalnet_center *net) {
  thalnet__table table = {.net = net, .output = -1};
  void *tensors;
  THALNET__TRY(thalnet__check_complete(net));
  THALNET__TRY(thalnet__common_steps(net));
  THALNET__TRY(thalnet__place_features(net));
  THALNET__TRY(thalnet__place_contexts(net));
  THALNET__TRY(thalnet__place_columns(net));
  thalnet__add_tensors(&table);
  if (table.overflowed) return thalnet__fail(THALNET_ERROR_OVERFLOW, "the network's parameters do not fit in memory");
  THALNET__TRY(thalnet__place_prepared(net));
  THALNET__TRY(thalnet__allocate(&net->memory, table.count, sizeof *net->tensors, &tensors));
  thalnet__release(&net->memory, net->tensors, net->tensor_count, sizeof *net->tensors);
  net->tensors = table.tensors = tensors;
  net->tensor_count = table.count;
  thalnet__add_tensors(&table);
  net->parameter_count = table.parameters;
  thalnet__choose_engine(net);
  return THALNET_OK;
}
