/* SPDX-License-Identifier: MIT */
#include "network/edit.h"

#include <string.h>

#include "network/declare.h"

/* --- copies of what was declared --- */

static thalnet_status thalnet__copy_connections(const thalnet_module *from, thalnet_module *to) {
  for (size_t k = 0; k < from->input_count; k++) THALNET__TRY(thalnet__connect_input(to, from->inputs[k].number));
  for (size_t k = 0; k < from->output_count; k++) THALNET__TRY(thalnet__connect_output(to, from->outputs[k].number));
  return THALNET_OK;
}

/* Layers, reader and connections; sizes that follow from others are laid out again. */
static thalnet_status thalnet__copy_module(const thalnet_module *from, const char *name, thalnet_center *draft,
                                           thalnet_module **to_out) {
  const thalnet__reader *reader = &from->reader.reading;
  thalnet_module *to;
  THALNET__TRY(thalnet__declare_module(draft, name, &to));
  *to_out = to;
  for (size_t j = 0; j < from->layer_count; j++) {
    const thalnet__layer *layer = &from->layers[j].layer;
    const thalnet__layer declared = {.kind = layer->kind,
                                     .units = layer->units,
                                     .variant = layer->variant,
                                     .norm = layer->norm,
                                     .zoneout = layer->zoneout,
                                     .cell_zoneout = layer->cell_zoneout,
                                     .gate_bias = layer->gate_bias,
                                     .time_scale = layer->time_scale};
    THALNET__TRY(thalnet__declare_layer(to, &declared));
  }
  if (reader->kind != NULL)
    (void)thalnet__declare_reader(to, reader->kind, reader->context, reader->skip_own, reader->gain); /* it was right */
  return thalnet__copy_connections(from, to);
}

static thalnet_status thalnet__copy_ports(const thalnet_center *net, thalnet_center *draft) {
  for (size_t i = 0; i < net->input_count; i++) {
    const thalnet__input *input = &net->inputs[i];
    THALNET__TRY(
        thalnet__declare_input(draft, input->name, input->size, input->tokens, (int32_t)input->steps_per_frame, NULL));
    draft->inputs[i].origin = i;
  }
  for (size_t o = 0; o < net->output_count; o++) {
    const thalnet__output *output = &net->outputs[o];
    THALNET__TRY(thalnet__declare_output(draft, output->name, output->size, output->loss, output->weight,
                                         (int32_t)output->steps_per_frame, NULL));
    draft->outputs[o].origin = o;
  }
  return THALNET_OK;
}

thalnet_status thalnet__edit(const thalnet_center *net, thalnet_center **draft_out) {
  thalnet_center *draft;
  thalnet_module *module;
  THALNET__TRY(thalnet__declare_like(net, &draft));
  thalnet_status status = thalnet__copy_ports(net, draft);
  for (size_t m = 0; m < net->module_count && status == THALNET_OK; m++) {
    status = thalnet__copy_module(net->modules[m], net->modules[m]->name, draft, &module);
    if (status == THALNET_OK) module->origin = m;
  }
  if (status != THALNET_OK) {
    thalnet__center_drop(draft);
    return status;
  }
  thalnet__center_keep(net);
  draft->origin = net;
  draft->origin_id = net->id;
  *draft_out = draft;
  return THALNET_OK;
}

/* --- modules --- */

static size_t thalnet__module_number(const thalnet_module *module) {
  size_t number = 0;
  while (module->net->modules[number] != module) number++;
  return number;
}

static thalnet_status thalnet__check_open(const thalnet_center *net, const char *what) {
  if (net->built) return thalnet__fail(THALNET_ERROR_STATE, "%s: the center is built", what);
  return THALNET_OK;
}

thalnet_status thalnet__remove_module(thalnet_module *module) {
  thalnet_center *draft = module->net;
  void *array = draft->removed;
  THALNET__TRY(thalnet__check_open(draft, "remove_module"));
  if (draft->module_count == 1) return thalnet__fail(THALNET_ERROR_STATE, "module '%s' is the only one", module->name);
  THALNET__TRY(
      thalnet__reserve(&draft->memory, &array, draft->removed_count, &draft->removed_capacity, sizeof *draft->removed));
  draft->removed = array;
  const size_t number = thalnet__module_number(module), behind = draft->module_count - number - 1;
  memmove(draft->modules + number, draft->modules + number + 1, behind * sizeof *draft->modules);
  draft->module_count--;
  draft->removed[draft->removed_count++] = module;
  module->magic = 0;
  module->reader.magic = 0;
  return THALNET_OK;
}

/* The last module moves to the place behind another one. */
static void thalnet__place_behind(const thalnet_module *module, thalnet_module *last) {
  thalnet_center *draft = module->net;
  const size_t place = thalnet__module_number(module) + 1;
  memmove(draft->modules + place + 1, draft->modules + place,
          (draft->module_count - 1 - place) * sizeof *draft->modules);
  draft->modules[place] = last;
}

thalnet_status thalnet__split_module(thalnet_module *module, const char *name, thalnet_module **second_out) {
  thalnet_center *draft = module->net;
  THALNET__TRY(thalnet__check_open(draft, "split_module"));
  if (module->origin == THALNET__NONE)
    return thalnet__fail(THALNET_ERROR_STATE, "module '%s' is new in this draft: there is nothing to split",
                         module->name);
  if (draft->in_order && thalnet__has_reader(module) && !module->reader.reading.skip_own)
    return thalnet__fail(THALNET_ERROR_UNSUPPORTED,
                         "module '%s' reads its own features: in order, a second one would see them a step earlier",
                         module->name);
  const size_t count = draft->module_count;
  thalnet_module *second = NULL;
  const thalnet_status status = thalnet__copy_module(module, name, draft, &second);
  if (status != THALNET_OK) {
    if (draft->module_count > count) thalnet__module_destroy(&draft->memory, draft->modules[--draft->module_count]);
    return status;
  }
  second->origin = module->origin;
  thalnet__place_behind(module, second);
  *second_out = second;
  return THALNET_OK;
}

thalnet_status thalnet__grow_layer(thalnet_module *module, size_t number, size_t units) {
  THALNET__TRY(thalnet__check_open(module->net, "grow"));
  if (number >= module->layer_count)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "module '%s': there is no layer %zu, only %zu", module->name, number,
                         module->layer_count);
  thalnet__layer *layer = &module->layers[number].layer;
  if (units == 0) return THALNET_OK;
  if (layer->norm && module->origin != THALNET__NONE)
    return thalnet__fail(THALNET_ERROR_UNSUPPORTED,
                         "module '%s', layer %zu: more units would change what its layer norm makes of the others",
                         module->name, number);
  if (units > THALNET_SIZE_LIMIT - layer->units)
    return thalnet__fail(THALNET_ERROR_LIMIT, "module '%s', layer %zu: %zu more units than %zu are above %d",
                         module->name, number, units, layer->units, THALNET_SIZE_LIMIT);
  layer->units += units;
  return THALNET_OK;
}

/* --- connections --- */

static thalnet_status thalnet__disconnect(const thalnet_module *module, const char *what, int32_t number,
                                          thalnet__connection *connections, size_t *count) {
  THALNET__TRY(thalnet__check_open(module->net, what));
  for (size_t k = 0; k < *count; k++) {
    if (connections[k].number != number) continue;
    memmove(connections + k, connections + k + 1, (*count - k - 1) * sizeof *connections);
    --*count;
    return THALNET_OK;
  }
  return thalnet__fail(THALNET_ERROR_ARGUMENT, "module '%s': %s %d is not connected", module->name, what, number);
}

thalnet_status thalnet__disconnect_input(thalnet_module *module, int32_t input) {
  return thalnet__disconnect(module, "input", input, module->inputs, &module->input_count);
}

thalnet_status thalnet__disconnect_output(thalnet_module *module, int32_t output) {
  return thalnet__disconnect(module, "output", output, module->outputs, &module->output_count);
}

/* Connections to a number that is no more go, those above it move down. */
static void thalnet__forget_number(thalnet__connection *connections, size_t *count, int32_t number) {
  size_t kept = 0;
  for (size_t k = 0; k < *count; k++) {
    if (connections[k].number == number) continue;
    connections[kept] = connections[k];
    connections[kept].number -= connections[k].number > number;
    kept++;
  }
  *count = kept;
}

static thalnet_status thalnet__check_number(const thalnet_center *draft, const char *what, int32_t number,
                                            size_t count) {
  THALNET__TRY(thalnet__check_open(draft, what));
  if (number < 0 || (size_t)number >= count)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "there is no %s %d, only %zu", what, number, count);
  return THALNET_OK;
}

thalnet_status thalnet__remove_input(thalnet_center *draft, int32_t input) {
  THALNET__TRY(thalnet__check_number(draft, "input", input, draft->input_count));
  thalnet__input *at = draft->inputs + input;
  memmove(at, at + 1, (draft->input_count - (size_t)input - 1) * sizeof *at);
  draft->input_count--;
  for (size_t m = 0; m < draft->module_count; m++)
    thalnet__forget_number(draft->modules[m]->inputs, &draft->modules[m]->input_count, input);
  return THALNET_OK;
}

thalnet_status thalnet__remove_output(thalnet_center *draft, int32_t output) {
  THALNET__TRY(thalnet__check_number(draft, "output", output, draft->output_count));
  thalnet__output *at = draft->outputs + output;
  memmove(at, at + 1, (draft->output_count - (size_t)output - 1) * sizeof *at);
  draft->output_count--;
  for (size_t m = 0; m < draft->module_count; m++)
    thalnet__forget_number(draft->modules[m]->outputs, &draft->modules[m]->output_count, output);
  return THALNET_OK;
}
