/* SPDX-License-Identifier: MIT */
#include "network/carry.h"

#include <math.h>
#include <string.h>

#include "core/checked.h"
#include "core/random.h"

/* A tensor on both sides, and what its dimensions correspond to. */
typedef struct thalnet__carry_call {
  const thalnet_center *net, *old;
  const thalnet__tensor *tensor, *source;
  enum thalnet__carry what;
  size_t *maps[3]; /* [index]: the old one, or THALNET__NONE */
  real *parts;     /* [index of the dimension that counts features]: shares of a split; else NULL */
  int parted;      /* that dimension; -1: none */
} thalnet__carry_call;

/* --- what comes from what --- */

static const thalnet_module *thalnet__old_module(const thalnet_center *net, const thalnet_center *old, size_t module) {
  const size_t origin = net->modules[module]->origin;
  return origin == THALNET__NONE ? NULL : old->modules[origin];
}

/* The module's that the tensor belongs to. */
static const thalnet_module *thalnet__old_owner(const thalnet__carry_call *call) {
  return thalnet__old_module(call->net, call->old, call->tensor->module);
}

static const thalnet__connection *thalnet__find_connection(const thalnet_module *module, size_t input) {
  for (size_t k = 0; k < module->input_count; k++)
    if ((size_t)module->inputs[k].number == input) return &module->inputs[k];
  return NULL;
}

/* "weight_ih" and so on */
static int thalnet__same_part(const thalnet__tensor *one, const thalnet__tensor *other) {
  return strcmp(strrchr(one->name, '.'), strrchr(other->name, '.')) == 0;
}

const thalnet__tensor *thalnet__carry_source(const thalnet_center *net, const thalnet_center *old,
                                             const thalnet__tensor *tensor) {
  const size_t module = tensor->module == THALNET__NONE ? THALNET__NONE : net->modules[tensor->module]->origin;
  const size_t output = tensor->output < 0 ? THALNET__NONE : net->outputs[tensor->output].origin;
  if (tensor->module != THALNET__NONE && module == THALNET__NONE) return NULL;
  if (tensor->output >= 0 && output == THALNET__NONE) return NULL;
  for (size_t t = 0; t < old->tensor_count; t++) {
    const thalnet__tensor *other = &old->tensors[t];
    const size_t other_output = other->output < 0 ? THALNET__NONE : (size_t)other->output;
    if (other->module == module && other->layer == tensor->layer && other_output == output &&
        thalnet__same_part(tensor, other))
      return other;
  }
  return NULL;
}

/* What a module's features are made of that were not there, or are there twice. */
static int thalnet__has_new_features(const thalnet_center *net, const thalnet_center *old, size_t m) {
  const thalnet_module *module = net->modules[m], *before = thalnet__old_module(net, old, m);
  if (before == NULL || module->features > before->features) return 1;
  for (size_t s = 0; s < m; s++)
    if (net->modules[s]->origin == module->origin) return 1;
  return 0;
}

thalnet_status thalnet__carry_check(const thalnet_center *net, const thalnet_center *old) {
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet_module *module = net->modules[m], *before = thalnet__old_module(net, old, m);
    const thalnet__reader *reader = &module->reader.reading;
    if (reader->kind == NULL || thalnet__is_static(reader) || before == NULL || !thalnet__has_reader(before)) continue;
    for (size_t s = 0; s < net->module_count; s++)
      if (!(reader->skip_own && s == m) && thalnet__has_new_features(net, old, s))
        return thalnet__fail(THALNET_ERROR_UNSUPPORTED,
                             "module '%s': its %s reader has learned, and cannot take in the new features of '%s'",
                             module->name, reader->kind->name, net->modules[s]->name);
  }
  return THALNET_OK;
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
    const thalnet__connection *connection = thalnet__find_connection(old, input->origin);
    thalnet__map_range(map, module->inputs[k].column, input->size, connection == NULL ? 0 : connection->column,
                       connection == NULL ? 0 : input->size);
  }
  thalnet__map_range(map, thalnet__first_layer(module)->task_columns, module->reader.reading.context,
                     thalnet__first_layer(old)->task_columns, old->reader.reading.context);
}

/* Where a module's slice begins among the columns that a reader sees, or NONE for its own that is left out. */
static size_t thalnet__slice_in(const thalnet__reader *reader, const thalnet_module *slice) {
  if (reader->skip_own && slice->offset == reader->offset) return THALNET__NONE;
  return slice->offset - (reader->skip_own && slice->offset > reader->offset ? reader->features : 0);
}

static void thalnet__map_seen(const thalnet__carry_call *call, size_t *map) {
  const thalnet_center *net = call->net;
  const thalnet__reader *reader = &net->modules[call->tensor->module]->reader.reading;
  const thalnet__reader *old_reader = &thalnet__old_owner(call)->reader.reading;
  for (size_t m = 0; m < net->module_count; m++) {
    const thalnet_module *slice = net->modules[m], *old = thalnet__old_module(net, call->old, m);
    const size_t first = thalnet__slice_in(reader, slice);
    const size_t old_first = old == NULL ? THALNET__NONE : thalnet__slice_in(old_reader, old);
    if (first != THALNET__NONE)
      thalnet__map_range(map, first, slice->features, old_first, old_first == THALNET__NONE ? 0 : old->features);
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

static void thalnet__map_dimension(const thalnet__carry_call *call, int dimension) {
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
  case THALNET__AXIS_ONE:
  case THALNET__AXIS_CONTEXT:
  case THALNET__AXIS_OUTPUT: thalnet__map_range(map, 0, size, 0, call->source->shape.dimensions[dimension]); break;
  }
}

/* --- shares of a split --- */

/* From 1/4 to 3/4, by the seed of the build and the module's name. */
static double thalnet__split_weight(const thalnet_center *net, size_t m, size_t k) {
  const thalnet__random random =
      thalnet__random_make(net->seed, THALNET__STREAM_SPLIT, thalnet__random_hash(net->modules[m]->name), 0);
  real number;
  thalnet__random_uniform(&random, 0, k, 1, &number);
  return 0.25 + 0.5 * (double)number;
}

/* Feature k of a module: its part of what all modules of one origin have together. */
static real thalnet__part_of_split(const thalnet_center *net, size_t m, size_t k) {
  const size_t origin = net->modules[m]->origin;
  const double mine = thalnet__split_weight(net, m, k);
  double all = 0;
  size_t modules = 0;
  if (origin == THALNET__NONE) return 1;
  for (size_t s = 0; s < net->module_count; s++) {
    if (net->modules[s]->origin != origin) continue;
    all += thalnet__split_weight(net, s, k);
    modules++;
  }
  return modules == 1 ? 1 : (real)(mine / all);
}

/* The dimension that counts features which others listen to: of readers' weights and of heads. -1: none. */
static int thalnet__shared_dimension(const thalnet__tensor *tensor) {
  for (int d = 0; d < tensor->shape.rank; d++) {
    const enum thalnet__axis axis = tensor->shape.axes[d];
    if (axis == THALNET__AXIS_SEEN || (axis == THALNET__AXIS_FEATURES && tensor->output >= 0)) return d;
  }
  return -1;
}

static void thalnet__prepare_parts(thalnet__carry_call *call) {
  const thalnet_center *net = call->net;
  const thalnet__tensor *tensor = call->tensor;
  call->parted = call->what == THALNET__CARRY_MOMENTS ? -1 : thalnet__shared_dimension(tensor);
  if (call->parted < 0) return;
  const int seen = tensor->shape.axes[call->parted] == THALNET__AXIS_SEEN;
  const size_t first = seen ? 0 : tensor->module, end = seen ? net->module_count : tensor->module + 1;
  for (size_t m = first; m < end; m++) {
    const size_t at = seen ? thalnet__slice_in(&net->modules[tensor->module]->reader.reading, net->modules[m]) : 0;
    for (size_t k = 0; k < net->modules[m]->features && at != THALNET__NONE; k++)
      call->parts[at + k] = thalnet__part_of_split(net, m, k);
  }
}

/* --- tensors --- */

static void thalnet__carry_tensor(const thalnet__carry_call *call, const real *from, real *to) {
  const size_t *size = call->tensor->shape.dimensions, *old_size = call->source->shape.dimensions;
  for (size_t i = 0; i < size[0]; i++)
    for (size_t j = 0; j < size[1]; j++)
      for (size_t k = 0; k < size[2]; k++) {
        const size_t at[3] = {i, j, k}, a = call->maps[0][i], b = call->maps[1][j], c = call->maps[2][k];
        real *value = to + (i * size[1] + j) * size[2] + k;
        if (a == THALNET__NONE) continue;
        if (b == THALNET__NONE || c == THALNET__NONE) {
          if (call->what == THALNET__CARRY_WEIGHTS) *value = 0;
          continue;
        }
        *value = from[(a * old_size[1] + b) * old_size[2] + c];
        if (call->parted >= 0) *value *= call->parts[at[call->parted]];
      }
}

/* A matrix of an old output for a module that is newly connected to it: silent. */
static int thalnet__is_new_head(const thalnet_center *net, const thalnet__tensor *tensor) {
  return tensor->module != THALNET__NONE && tensor->output >= 0 && net->outputs[tensor->output].origin != THALNET__NONE;
}

static size_t thalnet__largest_dimension(const thalnet_center *net) {
  size_t largest = 1;
  for (size_t t = 0; t < net->tensor_count; t++)
    for (int d = 0; d < 3; d++) largest = thalnet__max(largest, net->tensors[t].shape.dimensions[d]);
  return largest;
}

static void thalnet__carry_all(thalnet__carry_call *call, const real *from, real *to) {
  const thalnet_center *net = call->net;
  for (size_t t = 0; t < net->tensor_count; t++) {
    const thalnet__tensor *tensor = &net->tensors[t];
    call->tensor = tensor;
    call->source = thalnet__carry_source(net, call->old, tensor);
    if (call->source == NULL) {
      if (call->what == THALNET__CARRY_WEIGHTS && thalnet__is_new_head(net, tensor))
        memset(to + tensor->place, 0, tensor->count * sizeof *to);
      continue;
    }
    for (int d = 0; d < 3; d++) thalnet__map_dimension(call, d);
    thalnet__prepare_parts(call);
    thalnet__carry_tensor(call, from + call->source->place, to + tensor->place);
  }
}

/* Of a weight-norm reader the matrix has another norm where columns are gone or shared out: its scale goes with it. Where nothing
 * is left of it the scale is 0, and the matrix is there for the scale to learn from. */
static void thalnet__adapt_scale(const thalnet_center *net, const thalnet__reader *reader,
                                 const thalnet__reader *old_reader, const real *from, real *to) {
  const size_t count = reader->context * reader->seen, old_count = old_reader->context * old_reader->seen;
  real *weight = to + reader->parameters[0];
  const real *old_weight = from + old_reader->parameters[0];
  const double norm = sqrt(net->kernels->dot_double(count, weight, weight));
  const double old_norm = sqrt(net->kernels->dot_double(old_count, old_weight, old_weight));
  if (old_norm == 0) return; /* averages before the first update: nobody looks at them */
  to[reader->parameters[1]] = (real)((double)from[old_reader->parameters[1]] * norm / old_norm);
  for (size_t i = 0; i < count && norm == 0; i++) weight[i] = 1;
}

thalnet_status thalnet__carry_block(const thalnet_center *net, const thalnet_center *old, enum thalnet__carry what,
                                    const real *from, real *to) {
  const size_t room = thalnet__largest_dimension(net);
  thalnet__carry_call call = {.net = net, .old = old, .what = what};
  void *block;
  THALNET__TRY(thalnet__allocate(&net->memory, room, 3 * sizeof(size_t) + sizeof(real), &block));
  for (size_t d = 0; d < 3; d++) call.maps[d] = (size_t *)block + d * room;
  call.parts = (real *)(call.maps[2] + room);
  thalnet__carry_all(&call, from, to);
  thalnet__release(&net->memory, block, room, 3 * sizeof(size_t) + sizeof(real));
  for (size_t m = 0; m < net->module_count && what == THALNET__CARRY_WEIGHTS; m++) {
    const thalnet_module *module = thalnet__old_module(net, old, m);
    const thalnet__reader *reader = &net->modules[m]->reader.reading;
    if (reader->kind == &thalnet__weight_norm_reader && module != NULL && thalnet__has_reader(module))
      thalnet__adapt_scale(net, reader, &module->reader.reading, from, to);
  }
  return THALNET_OK;
}
