/* SPDX-License-Identifier: MIT */
#include "network/carry.h"

#include <math.h>
#include <string.h>

#include "core/checked.h"
#include "core/random.h"
#include "network/carry_map.h"

/* --- shares of a split --- */

/* From 1/4 to 3/4, by the seed of the build and the module's name. */
static double thalnet__split_weight(const thalnet_center *net, size_t m, size_t k) {
  const thalnet__random random =
      thalnet__random_make(net->seed, THALNET__STREAM_SPLIT, thalnet__random_hash(net->modules[m]->name), 0);
  real number;
  thalnet__random_uniform(&random, 0, k, 1, &number);
  return 0.25 + 0.5 * (double)number;
}

/* Whether module s shares the place of module m in the tensor: of one origin, and for a head connected to its output. */
static int thalnet__shares_place(const thalnet_center *net, const thalnet__tensor *tensor, size_t m, size_t s) {
  const thalnet_module *module = net->modules[s];
  if (module->origin != net->modules[m]->origin) return 0;
  return tensor->output < 0 ||
         thalnet__find_connection(module->outputs, module->output_count, (size_t)tensor->output) != NULL;
}

/* For every feature of a module its part of what all that share its place have together. */
static void thalnet__parts_of_split(const thalnet_center *net, const thalnet__tensor *tensor, size_t m, real *parts) {
  const size_t features = net->modules[m]->features;
  size_t modules = 0;
  for (size_t s = 0; s < net->module_count; s++) modules += (size_t)thalnet__shares_place(net, tensor, m, s);
  for (size_t k = 0; k < features; k++) {
    double all = 0;
    parts[k] = 1;
    if (modules == 1) continue; /* of new modules there may be more: their numbers go nowhere */
    for (size_t s = 0; s < net->module_count; s++)
      if (thalnet__shares_place(net, tensor, m, s)) all += thalnet__split_weight(net, s, k);
    parts[k] = (real)(thalnet__split_weight(net, m, k) / all);
  }
}

/* The dimension that counts features which others listen to: of static readers' weights and of heads. -1: none. Dynamic readers
 * go on listening to the first module of a split alone. */
static int thalnet__shared_dimension(const thalnet_center *net, const thalnet__tensor *tensor) {
  for (int d = 0; d < tensor->shape.rank; d++) {
    const enum thalnet__axis axis = tensor->shape.axes[d];
    if (axis == THALNET__AXIS_FEATURES && tensor->output >= 0) return d;
    if (axis == THALNET__AXIS_SEEN && thalnet__is_static(&net->modules[tensor->module]->reader.reading)) return d;
  }
  return -1;
}

static void thalnet__prepare_parts(thalnet__carry_call *call) {
  const thalnet_center *net = call->net;
  const thalnet__tensor *tensor = call->tensor;
  call->parted = call->what == THALNET__CARRY_MOMENTS ? -1 : thalnet__shared_dimension(net, tensor);
  if (call->parted < 0) return;
  const int seen = tensor->shape.axes[call->parted] == THALNET__AXIS_SEEN;
  const size_t first = seen ? 0 : tensor->module, end = seen ? net->module_count : tensor->module + 1;
  for (size_t m = first; m < end; m++) {
    thalnet__range at = {0, net->modules[m]->features};
    if (seen) at = thalnet__columns_of(net, &net->modules[tensor->module]->reader.reading, m);
    if (at.count > 0) thalnet__parts_of_split(net, tensor, m, call->parts + at.first);
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
