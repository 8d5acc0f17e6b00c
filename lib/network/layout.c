/* SPDX-License-Identifier: MIT */
/* Where everything lies: features in the center, columns of weights, and with layout_tensors.c and layout_prepared.c all else. */
#include "network/layout.h"
#include "core/checked.h"
#include "network/spread.h"

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
      own += last ? 0 : place->layer.units; /* the layers have more parameters, which are counted without wrapping */
      place->cell = features + own;
      own += place->layer.kind->cell ? place->layer.units : 0;
    }
  }
  net->features = features;
  net->own_memory = own;
  return THALNET_OK;
}

/* Static readers first, so that one product serves them all: of a step that all modules take together. */
static thalnet_status thalnet__place_contexts(thalnet_center *net) {
  size_t contexts = 0;
  for (int dynamic = 0; dynamic < 2; dynamic++) {
    for (size_t i = 0; i < net->module_count; i++) {
      thalnet__reader *reader = &net->modules[i]->reader.reading;
      if (reader->kind == NULL || thalnet__is_static(reader) == dynamic) continue;
      reader->center = net->features;
      reader->features = net->modules[i]->features;
      reader->offset = net->modules[i]->offset;
      reader->in_order = net->in_order;
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

/* --- how it is computed --- */

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
    for (size_t k = 0; k < thalnet__part_count(reader); k++)
      for (int t = 0; t < reader->kind->tensors; t++) {
        thalnet__reader_tensor tensor;
        reader->kind->tensor(thalnet__part_at(reader, k), t, &tensor);
        count += tensor.shape.dimensions[0] * tensor.shape.dimensions[1] *
                 tensor.shape.dimensions[2]; /* counted before: no wrap */
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
      const size_t gates = thalnet__max(layer->kind->gates, layer->kind->hidden_gates) * layer->units;
      layer->parts = net->slabs ? thalnet__column_parts(thalnet__max(gates, layer->input.inputs)) : 1;
      layer->gradient_parts = net->slabs ? thalnet__row_parts(gates) : 1;
      net->parts = thalnet__max(net->parts, layer->parts);
      net->gradient_parts = thalnet__max(net->gradient_parts, layer->gradient_parts);
    }
  }
}

thalnet_status thalnet__layout(thalnet_center *net) {
  thalnet__table table = {.net = net};
  void *tensors;
  THALNET__TRY(thalnet__check_complete(net));
  THALNET__TRY(thalnet__common_steps(net));
  THALNET__TRY(thalnet__place_features(net));
  THALNET__TRY(thalnet__place_contexts(net));
  THALNET__TRY(thalnet__lay_out_parts(net));
  THALNET__TRY(thalnet__place_columns(net));
  thalnet__lay_out_tensors(&table);
  if (table.parameters > SIZE_MAX / 16)
    return thalnet__fail(THALNET_ERROR_OVERFLOW, "the network's parameters do not fit in memory");
  THALNET__TRY(thalnet__lay_out_prepared(net));
  THALNET__TRY(thalnet__allocate(&net->memory, table.count, sizeof *net->tensors, &tensors));
  thalnet__release(&net->memory, net->tensors, net->tensor_count, sizeof *net->tensors);
  net->tensors = table.tensors = tensors;
  net->tensor_count = table.count;
  thalnet__lay_out_tensors(&table);
  net->parameter_count = table.parameters;
  thalnet__choose_engine(net);
  return THALNET_OK;
}
