/* SPDX-License-Identifier: MIT */
/* Maps of one dimension of a tensor, and of a row of memory. */
#include "network/carry_map.h"

#include <string.h>

/* --- what comes from what --- */

const thalnet_module *thalnet__old_module(const thalnet_center *net, const thalnet_center *old, size_t module) {
  const size_t origin = net->modules[module]->origin;
  return origin == THALNET__NONE ? NULL : old->modules[origin];
}

/* The module's that the tensor belongs to. */
static const thalnet_module *thalnet__old_owner(const thalnet__carry_call *call) {
  return thalnet__old_module(call->net, call->old, call->tensor->module);
}

/* The number that a tensor's part had in the old reader; 0 for what has no parts, THALNET__NONE for a new one. */
static size_t thalnet__old_part(const thalnet_center *net, const thalnet__tensor *tensor) {
  const thalnet__reader *reader;
  if (tensor->module == THALNET__NONE || tensor->layer != THALNET__NONE || tensor->output >= 0) return 0;
  reader = &net->modules[tensor->module]->reader.reading;
  return reader->parts == NULL ? 0 : thalnet__part_numbered(reader, tensor->part)->origin;
}

/* "weight_ih" and so on */
static int thalnet__same_name(const thalnet__tensor *one, const thalnet__tensor *other) {
  return strcmp(strrchr(one->name, '.'), strrchr(other->name, '.')) == 0;
}

const thalnet__tensor *thalnet__carry_source(const thalnet_center *net, const thalnet_center *old,
                                             const thalnet__tensor *tensor) {
  const size_t module = tensor->module == THALNET__NONE ? THALNET__NONE : net->modules[tensor->module]->origin;
  const size_t output = tensor->output < 0 ? THALNET__NONE : net->outputs[tensor->output].origin;
  const size_t part = thalnet__old_part(net, tensor);
  if (tensor->module != THALNET__NONE && module == THALNET__NONE) return NULL;
  if ((tensor->output >= 0 && output == THALNET__NONE) || part == THALNET__NONE) return NULL;
  for (size_t t = 0; t < old->tensor_count; t++) {
    const thalnet__tensor *other = &old->tensors[t];
    const size_t other_output = other->output < 0 ? THALNET__NONE : (size_t)other->output;
    if (other->module == module && other->layer == tensor->layer && other->part == part && other_output == output &&
        thalnet__same_name(tensor, other))
      return other;
  }
  return NULL;
}

/* --- maps of one dimension --- */

static void thalnet__map_range(size_t *map, size_t first, size_t count, size_t old_first, size_t old_count) {
  for (size_t i = 0; i < count; i++) map[first + i] = i < old_count ? old_first + i : THALNET__NONE;
}

static void thalnet__map_units(const thalnet__carry_call *call, size_t size, size_t *map) {
  const size_t units = call->net->modules[call->tensor->module]->layers[call->tensor->layer].layer.units;
  const size_t old_units = thalnet__old_owner(call)->layers[call->tensor->layer].layer.units;
  for (size_t gate = 0; gate < size / units; gate++)
    thalnet__map_range(map, gate * units, units, gate * old_units, old_units);
}

static void thalnet__map_columns(const thalnet__carry_call *call, size_t *map) {
  const thalnet_center *net = call->net;
  const thalnet_module *module = net->modules[call->tensor->module];
  const thalnet_module *old = thalnet__old_owner(call);
  if (call->tensor->layer > 0) {
    const size_t below = call->tensor->layer - 1;
    thalnet__map_range(map, 0, module->layers[below].layer.units, 0, old->layers[below].layer.units);
    return;
  }
  for (size_t k = 0; k < module->input_count; k++) {
    const thalnet__input *input = &net->inputs[module->inputs[k].number];
    const thalnet__connection *connection = thalnet__find_connection(old->inputs, old->input_count, input->origin);
    thalnet__map_range(map, module->inputs[k].column, input->size, connection == NULL ? 0 : connection->column,
                       connection == NULL ? 0 : input->size);
  }
  thalnet__map_range(map, thalnet__first_layer(module)->task_columns, module->reader.reading.context,
                     thalnet__first_layer(old)->task_columns, old->reader.reading.context);
}

/* Of a part, where readers have such. What a split's second module has is new to dynamic readers, and no old part sees it. */
static void thalnet__map_seen(const thalnet__carry_call *call, size_t *map) {
  const thalnet_center *net = call->net;
  const thalnet__reader *reader =
      thalnet__part_numbered(&net->modules[call->tensor->module]->reader.reading, call->tensor->part);
  const thalnet__reader *old_reader =
      thalnet__part_numbered(&thalnet__old_owner(call)->reader.reading, call->source->part);
  for (size_t m = 0; m < net->module_count; m++) {
    const size_t origin = net->modules[m]->origin;
    const thalnet__range now = thalnet__columns_of(net, reader, m);
    const thalnet__range then =
        origin == THALNET__NONE ? (thalnet__range){0, 0} : thalnet__columns_of(call->old, old_reader, origin);
    thalnet__map_range(map, now.first, now.count, then.first, then.count);
  }
}

static void thalnet__map_features(const thalnet__carry_call *call, size_t *map) {
  thalnet__map_range(map, 0, call->net->modules[call->tensor->module]->features, 0, thalnet__old_owner(call)->features);
}

static void thalnet__map_center(const thalnet_center *net, const thalnet_center *from, size_t *map) {
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet_module *module = net->modules[m], *old = thalnet__old_module(net, from, m);
    thalnet__map_range(map, module->offset, module->features, old == NULL ? 0 : old->offset,
                       old == NULL ? 0 : old->features);
  }
}

/* Of the layers' own memory; numbers count from its beginning. */
static void thalnet__map_own(const thalnet_center *net, const thalnet_center *from, size_t *map) {
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet_module *module = net->modules[m], *old = thalnet__old_module(net, from, m);
    for (size_t j = 0; j < module->layer_count; j++) {
      const thalnet__place *place = &module->layers[j], *old_place = old == NULL ? NULL : &old->layers[j];
      const size_t units = place->layer.units, old_units = old == NULL ? 0 : old_place->layer.units;
      if (place->layer.kind->recurrent && j + 1 < module->layer_count)
        thalnet__map_range(map, place->hidden - net->features, units,
                           old == NULL ? 0 : old_place->hidden - from->features, old_units);
      if (place->layer.kind->cell)
        thalnet__map_range(map, place->cell - net->features, units, old == NULL ? 0 : old_place->cell - from->features,
                           old_units);
    }
  }
}

void thalnet__carry_map_memory(const thalnet_center *net, const thalnet_center *from, size_t *map) {
  thalnet__map_center(net, from, map);
  thalnet__map_own(net, from, map + net->features);
  for (size_t i = net->features; i < thalnet__memory_values(net); i++)
    if (map[i] != THALNET__NONE) map[i] += from->features;
}

void thalnet__map_dimension(const thalnet__carry_call *call, int dimension) {
  const size_t size = call->tensor->shape.dimensions[dimension];
  size_t *map = call->maps[dimension];
  switch (call->tensor->shape.axes[dimension]) {
  case THALNET__AXIS_UNITS:
  case THALNET__AXIS_HIDDEN: thalnet__map_units(call, size, map); break;
  case THALNET__AXIS_COLUMNS: thalnet__map_columns(call, map); break;
  case THALNET__AXIS_SEEN: thalnet__map_seen(call, map); break;
  case THALNET__AXIS_FEATURES: thalnet__map_features(call, map); break;
  case THALNET__AXIS_CENTER: thalnet__map_center(call->net, call->old, map); break;
  case THALNET__AXIS_OWN: thalnet__map_own(call->net, call->old, map); break;
  default: /* what no edit changes: contexts, values of an output */
    thalnet__map_range(map, 0, size, 0, call->source->shape.dimensions[dimension]);
    break;
  }
}
