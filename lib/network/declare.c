/* SPDX-License-Identifier: MIT */
#include "network/declare.h"

#include <string.h>

#include "core/checked.h"
#include "core/options.h"
#include "module/host_layer.h"

static const char thalnet__name_letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

static thalnet_status thalnet__check_name(const char *what, const char *name) {
  if (name == NULL) return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: name is NULL", what);
  const size_t length = strnlen(name, THALNET_NAME_LIMIT + 1);
  if (length == 0 || length > THALNET_NAME_LIMIT)
    return thalnet__fail(THALNET_ERROR_DATA, "%s: a name has 1 to %d characters", what, THALNET_NAME_LIMIT);
  if (strspn(name, thalnet__name_letters) != length)
    return thalnet__fail(THALNET_ERROR_DATA, "%s '%s': a name is made of a-z, 0-9 and _", what, name);
  return THALNET_OK;
}

static thalnet_status thalnet__check_size(const char *what, const char *name, size_t size) {
  if (size == 0) return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s '%s': size is 0", what, name);
  if (size > THALNET_SIZE_LIMIT)
    return thalnet__fail(THALNET_ERROR_LIMIT, "%s '%s': size %zu is above %d", what, name, size, THALNET_SIZE_LIMIT);
  return THALNET_OK;
}

static thalnet_status thalnet__check_steps(const char *what, const char *name, int32_t steps) {
  if (steps < 1)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s '%s': steps_per_frame %d is below 1", what, name, steps);
  if (steps > THALNET_STEPS_LIMIT)
    return thalnet__fail(THALNET_ERROR_LIMIT, "%s '%s': steps_per_frame %d is above %d", what, name, steps,
                         THALNET_STEPS_LIMIT);
  return THALNET_OK;
}

static thalnet_status thalnet__check_draft(const thalnet_center *net, const char *what, size_t count) {
  if (net->built) return thalnet__fail(THALNET_ERROR_STATE, "%s: the center is built", what);
  if (count >= THALNET_COUNT_LIMIT)
    return thalnet__fail(THALNET_ERROR_LIMIT, "%s: there are %zu already, the limit is %d", what, count,
                         THALNET_COUNT_LIMIT);
  return THALNET_OK;
}

thalnet_status thalnet__check_settle_steps(int64_t settle_steps) {
  if (settle_steps < 0)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "settle_steps %lld is below 0", (long long)settle_steps);
  if (settle_steps > THALNET_STEPS_LIMIT)
    return thalnet__fail(THALNET_ERROR_LIMIT, "settle_steps %lld is above %d", (long long)settle_steps,
                         THALNET_STEPS_LIMIT);
  return THALNET_OK;
}

/* --- the center --- */

enum { THALNET__THREADS_LIMIT = 1024 };

static thalnet_status thalnet__check_center_options(const thalnet_center_options *options) {
  if (options->threads < 1) return thalnet__fail(THALNET_ERROR_ARGUMENT, "threads %d is below 1", options->threads);
  if (options->threads > THALNET__THREADS_LIMIT)
    return thalnet__fail(THALNET_ERROR_LIMIT, "threads %d is above %d", options->threads, THALNET__THREADS_LIMIT);
  if (options->device != 0 || options->device_index != 0)
    return thalnet__fail(THALNET_ERROR_UNSUPPORTED, "device %d, index %d: this build knows only device 0, the CPU",
                         options->device, options->device_index);
  if (options->chunk_sequences < 0)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "chunk_sequences %d is below 0", options->chunk_sequences);
  if (options->learned_start != 0 && options->learned_start != 1)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "learned_start %d is neither 0 nor 1", options->learned_start);
  if (options->in_order != 0 && options->in_order != 1)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "in_order %d is neither 0 nor 1", options->in_order);
  if (options->reserved != 0) return thalnet__fail(THALNET_ERROR_VERSION, "thalnet_center_options: reserved is not 0");
  return thalnet__check_settle_steps(options->settle_steps);
}

static thalnet_status thalnet__read_executor(thalnet_executor *executor, const thalnet_executor *given) {
  memset(executor, 0, sizeof *executor);
  if (given == NULL) return THALNET_OK;
  THALNET__TRY(thalnet__read_options(executor, sizeof *executor, sizeof *executor, given, "thalnet_executor"));
  if (executor->run == NULL) return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_executor: run is NULL");
  return THALNET_OK;
}

/* Centers are told apart by number; 0 is none. */
static uint64_t thalnet__next_id(void) {
  static atomic_uint_fast64_t last;
  return (uint64_t)atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

static thalnet_status thalnet__new_center(const thalnet_memory *memory, const thalnet_executor *executor,
                                          size_t threads, thalnet_center **net_out) {
  void *block;
  THALNET__TRY(thalnet__allocate(memory, 1, sizeof(thalnet_center), &block));
  thalnet_center *net = block;
  net->magic = THALNET__CENTER_MAGIC;
  atomic_init(&net->references, 1);
  atomic_init(&net->writing, 0);
  atomic_init(&net->averaged, 0);
  atomic_flag_clear(&net->making_gradients);
  net->memory = *memory;
  net->threads.executor = *executor;
  atomic_flag_clear(&net->threads.starting);
  net->threads.count = threads;
  net->kernels = thalnet__kernels_get();
  net->id = thalnet__next_id();
  *net_out = net;
  return THALNET_OK;
}

thalnet_status thalnet__declare_like(const thalnet_center *net, thalnet_center **draft_out) {
  thalnet_center *draft;
  THALNET__TRY(thalnet__new_center(&net->memory, &net->threads.executor, net->threads.count, &draft));
  draft->chunk_option = net->chunk_option;
  draft->settle_steps = net->settle_steps;
  draft->learned_start = net->learned_start;
  draft->in_order = net->in_order;
  *draft_out = draft;
  return THALNET_OK;
}

thalnet_status thalnet__declare_center(const thalnet_center_options *given, thalnet_center **net_out) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_memory memory;
  thalnet_executor executor;
  thalnet_center *net;
  *net_out = NULL;
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, "thalnet_center_options"));
  THALNET__TRY(thalnet__check_center_options(&options));
  THALNET__TRY(thalnet__memory_init(&memory, options.memory));
  THALNET__TRY(thalnet__read_executor(&executor, options.executor));
  THALNET__TRY(thalnet__new_center(&memory, &executor, (size_t)options.threads, &net));
  net->chunk_option = (size_t)options.chunk_sequences;
  net->settle_steps = (size_t)options.settle_steps;
  net->learned_start = options.learned_start;
  net->in_order = options.in_order;
  *net_out = net;
  return THALNET_OK;
}

/* --- inputs and outputs --- */

thalnet_status thalnet__declare_input(thalnet_center *net, const char *name, size_t size, int tokens,
                                      int32_t steps_per_frame, int32_t *number_out) {
  void *array = net->inputs;
  THALNET__TRY(thalnet__check_draft(net, "input", net->input_count));
  THALNET__TRY(thalnet__check_name("input", name));
  THALNET__TRY(thalnet__check_size("input", name, size));
  THALNET__TRY(thalnet__check_steps("input", name, steps_per_frame));
  for (size_t i = 0; i < net->input_count; i++)
    if (strcmp(net->inputs[i].name, name) == 0)
      return thalnet__fail(THALNET_ERROR_DATA, "input '%s': the name is taken by input %zu", name, i);
  THALNET__TRY(thalnet__reserve(&net->memory, &array, net->input_count, &net->input_capacity, sizeof *net->inputs));
  net->inputs = array;
  thalnet__input *input = &net->inputs[net->input_count];
  *input = (thalnet__input){
      .size = size, .tokens = tokens, .steps_per_frame = (size_t)steps_per_frame, .origin = THALNET__NONE};
  memcpy(input->name, name, strlen(name) + 1);
  if (number_out != NULL) *number_out = (int32_t)net->input_count;
  net->input_count++;
  return THALNET_OK;
}

thalnet_status thalnet__declare_output(thalnet_center *net, const char *name, size_t size, const thalnet__loss *loss,
                                       real weight, int32_t steps_per_frame, int32_t *number_out) {
  void *array = net->outputs;
  THALNET__TRY(thalnet__check_draft(net, "output", net->output_count));
  THALNET__TRY(thalnet__check_name("output", name));
  THALNET__TRY(thalnet__check_size("output", name, size));
  THALNET__TRY(thalnet__check_steps("output", name, steps_per_frame));
  if (!thalnet__is_finite_real(weight) || thalnet__rank(weight) < 0)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "output '%s': weight is negative or not finite", name);
  for (size_t i = 0; i < net->output_count; i++)
    if (strcmp(net->outputs[i].name, name) == 0)
      return thalnet__fail(THALNET_ERROR_DATA, "output '%s': the name is taken by output %zu", name, i);
  THALNET__TRY(thalnet__reserve(&net->memory, &array, net->output_count, &net->output_capacity, sizeof *net->outputs));
  net->outputs = array;
  thalnet__output *output = &net->outputs[net->output_count];
  *output = (thalnet__output){.size = size,
                              .loss = loss,
                              .weight = weight,
                              .steps_per_frame = (size_t)steps_per_frame,
                              .origin = THALNET__NONE};
  memcpy(output->name, name, strlen(name) + 1);
  if (number_out != NULL) *number_out = (int32_t)net->output_count;
  net->output_count++;
  return THALNET_OK;
}

/* --- modules --- */

/* "module<number>", without stdio */
static void thalnet__default_name(char *name, size_t number) {
  char digits[24];
  size_t count = 0, length = 6;
  do digits[count++] = (char)('0' + number % 10);
  while ((number /= 10) > 0);
  memcpy(name, "module", length);
  while (count > 0) name[length++] = digits[--count];
  name[length] = 0;
}

static int thalnet__knows_name(thalnet_module *const *modules, size_t count, const char *name) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(modules[i]->name, name) == 0) return 1;
  return 0;
}

/* The first of "module<count>", "module<count + 1>", ... that no module of a draft has, or had. */
static void thalnet__free_name(const thalnet_center *net, char *name) {
  size_t number = net->module_count;
  if (net->origin == NULL && net->removed_count == 0) {
    thalnet__default_name(name, number);
    return;
  }
  do thalnet__default_name(name, number++);
  while (thalnet__knows_name(net->modules, net->module_count, name) ||
         thalnet__knows_name(net->removed, net->removed_count, name));
}

thalnet_status thalnet__declare_module(thalnet_center *net, const char *given, thalnet_module **module_out) {
  char name[THALNET_NAME_LIMIT + 1];
  void *array = net->modules, *block;
  *module_out = NULL;
  THALNET__TRY(thalnet__check_draft(net, "module", net->module_count));
  if (given == NULL) {
    thalnet__free_name(net, name);
  } else {
    THALNET__TRY(thalnet__check_name("module", given));
    memcpy(name, given, strlen(given) + 1);
  }
  for (size_t i = 0; i < net->module_count; i++)
    if (strcmp(net->modules[i]->name, name) == 0)
      return thalnet__fail(THALNET_ERROR_DATA, "module '%s': the name is taken by module %zu", name, i);
  for (size_t i = 0; i < net->removed_count; i++)
    if (strcmp(net->removed[i]->name, name) == 0)
      return thalnet__fail(THALNET_ERROR_DATA, "module '%s': a module of that name was removed from this draft", name);
  THALNET__TRY(thalnet__reserve(&net->memory, &array, net->module_count, &net->module_capacity, sizeof *net->modules));
  net->modules = array;
  THALNET__TRY(thalnet__allocate(&net->memory, 1, sizeof(thalnet_module), &block));
  thalnet_module *module = block;
  module->magic = THALNET__MODULE_MAGIC;
  module->net = net;
  module->origin = THALNET__NONE;
  memcpy(module->name, name, sizeof name);
  net->modules[net->module_count++] = module;
  *module_out = module;
  return THALNET_OK;
}

/* Smaller rates than a millionth would never be seen, and need not be spelled. */
static thalnet_status thalnet__check_rate(const thalnet_module *module, const char *kind, const char *what, real rate) {
  const int64_t rank = thalnet__rank(rate), least = thalnet__rank((real)THALNET__ZONEOUT_LEAST);
  if (rank == 0 || (rank >= least && rank < thalnet__rank(1))) return THALNET_OK;
  return thalnet__fail(THALNET_ERROR_ARGUMENT, "module '%s', %s: %s is neither 0 nor from 0.000001 to below 1",
                       module->name, kind, what);
}

/* The bias of the gate that keeps memory, when training starts. */
static thalnet_status thalnet__check_start(const thalnet_module *module, const thalnet__layer *layer) {
  const char *kind = layer->kind->name;
  const int64_t scale = thalnet__rank(layer->time_scale);
  if (!thalnet__is_finite_real(layer->gate_bias))
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "module '%s', %s: gate_bias is not finite", module->name, kind);
  if (!thalnet__is_finite_real(layer->time_scale) || (scale != 0 && scale < thalnet__rank(2)))
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "module '%s', %s: time_scale is neither 0 nor finite and at least 2",
                         module->name, kind);
  if (thalnet__rank(layer->gate_bias) != 0 && scale != 0)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "module '%s', %s: gate_bias and time_scale are both given",
                         module->name, kind);
  return THALNET_OK;
}

/* Files know layers of the host by their names, so a name is one layer. */
static thalnet_status thalnet__check_host_name(const thalnet_center *net, const thalnet__host_layer *host) {
  for (size_t i = 0; i < net->module_count; i++)
    for (size_t j = 0; j < net->modules[i]->layer_count; j++) {
      const thalnet__host_layer *other = net->modules[i]->layers[j].layer.kind->host;
      if (other != NULL && strcmp(other->name, host->name) == 0 && !thalnet__same_host_layer(other, host))
        return thalnet__fail(THALNET_ERROR_DATA,
                             "thalnet_layer '%s': layer %zu of module '%s' has that name and is another one",
                             host->name, j, net->modules[i]->name);
    }
  return THALNET_OK;
}

thalnet_status thalnet__declare_layer(thalnet_module *module, const thalnet__layer *layer) {
  const size_t units = layer->units;
  const char *kind = layer->kind->name;
  void *array = module->layers;
  THALNET__TRY(thalnet__check_draft(module->net, "layer", module->layer_count));
  if (module->origin != THALNET__NONE)
    return thalnet__fail(THALNET_ERROR_STATE, "module '%s' has learned with the layers that it has: grow them",
                         module->name);
  if (units == 0) return thalnet__fail(THALNET_ERROR_ARGUMENT, "module '%s', %s: units is 0", module->name, kind);
  if (units > THALNET_SIZE_LIMIT)
    return thalnet__fail(THALNET_ERROR_LIMIT, "module '%s', %s: units %zu is above %d", module->name, kind, units,
                         THALNET_SIZE_LIMIT);
  THALNET__TRY(thalnet__check_rate(module, kind, "zoneout", layer->zoneout));
  THALNET__TRY(thalnet__check_rate(module, kind, "cell_zoneout", layer->cell_zoneout));
  THALNET__TRY(thalnet__check_start(module, layer));
  if (layer->kind->host != NULL) THALNET__TRY(thalnet__check_host_name(module->net, layer->kind->host));
  THALNET__TRY(thalnet__reserve(&module->net->memory, &array, module->layer_count, &module->layer_capacity,
                                sizeof *module->layers));
  module->layers = array;
  thalnet__place place = {.layer = *layer};
  if (layer->kind->host != NULL)
    THALNET__TRY(thalnet__host_layer_keep(&module->net->memory, layer->kind->host, &place.layer.kind));
  module->layers[module->layer_count++] = place;
  return THALNET_OK;
}

/* Of weights that may start anywhere. */
static thalnet_status thalnet__check_gain(const thalnet_module *module, const thalnet__reader_kind *kind, real gain) {
  const int64_t rank = thalnet__rank(gain);
  if (rank == 0) return THALNET_OK;
  if (kind->scale == NULL)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "module '%s': a %s reader takes no gain", module->name, kind->name);
  if (rank < thalnet__rank((real)0.001f) || rank > thalnet__rank(1000))
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "module '%s': gain is neither 0 nor from 0.001 to 1000", module->name);
  return THALNET_OK;
}

thalnet_status thalnet__declare_reader(thalnet_module *module, const thalnet__reader_kind *kind, size_t context,
                                       int skip_own, real gain) {
  THALNET__TRY(thalnet__check_draft(module->net, "reader", 0));
  if (thalnet__has_reader(module))
    return thalnet__fail(THALNET_ERROR_STATE, "module '%s' has a %s reader already", module->name,
                         module->reader.reading.kind->name);
  if (context == 0) return thalnet__fail(THALNET_ERROR_ARGUMENT, "module '%s': context is 0", module->name);
  if (context > THALNET_SIZE_LIMIT)
    return thalnet__fail(THALNET_ERROR_LIMIT, "module '%s': context %zu is above %d", module->name, context,
                         THALNET_SIZE_LIMIT);
  THALNET__TRY(thalnet__check_gain(module, kind, gain));
  module->reader = (thalnet_reader){
      THALNET__READER_MAGIC, module, {.kind = kind, .context = context, .skip_own = skip_own, .gain = gain}};
  return THALNET_OK;
}

static thalnet_status thalnet__connect(thalnet_module *module, const char *what, int32_t number, size_t declared,
                                       thalnet__connection **connections, size_t *count, size_t *capacity) {
  void *array = *connections;
  THALNET__TRY(thalnet__check_draft(module->net, what, 0));
  if (number < 0 || (size_t)number >= declared)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "module '%s': there is no %s %d, only %zu", module->name, what, number,
                         declared);
  /* kept in the order of the numbers: the order of connecting has no meaning */
  size_t at = *count;
  while (at > 0 && (*connections)[at - 1].number > number) at--;
  if (at > 0 && (*connections)[at - 1].number == number)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "module '%s': %s %d is connected already", module->name, what, number);
  THALNET__TRY(thalnet__reserve(&module->net->memory, &array, *count, capacity, sizeof **connections));
  *connections = array;
  memmove(*connections + at + 1, *connections + at, (*count - at) * sizeof **connections);
  (*connections)[at] = (thalnet__connection){.number = number};
  (*count)++;
  return THALNET_OK;
}

thalnet_status thalnet__connect_input(thalnet_module *module, int32_t input) {
  return thalnet__connect(module, "input", input, module->net->input_count, &module->inputs, &module->input_count,
                          &module->input_capacity);
}

thalnet_status thalnet__connect_output(thalnet_module *module, int32_t output) {
  return thalnet__connect(module, "output", output, module->net->output_count, &module->outputs, &module->output_count,
                          &module->output_capacity);
}
