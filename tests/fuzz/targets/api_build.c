/* SPDX-License-Identifier: MIT */
/* Calls that declare, build and edit networks. */
#include "api.h"

#define IN (&api->input)

static thalnet_center_options center_options(struct api *api) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.memory = &api->memory.hooks;
  options.executor = fuzz_byte(IN) % 4 == 1 ? &api->threads : NULL; /* threads of our own would only wait */
  options.chunk_sequences = (int32_t)fuzz_below(IN, 4);
  options.settle_steps = api_steps(api) - 1;
  options.learned_start = (int32_t)fuzz_below(IN, 2);
  options.in_order = (int32_t)fuzz_below(IN, 2);
  return options;
}

static void create(struct api *api) {
  const thalnet_center_options options = center_options(api);
  thalnet_center *net = (thalnet_center *)(void *)api;
  const thalnet_status status = FUZZ_CALL(thalnet_center_create(&options, &net));
  api_keep(api, CENTER, status, net, NULL);
}

/* What tests use elsewhere: a built network from one byte. */
static void create_built(struct api *api) {
  const thalnet_center_options options = center_options(api);
  thalnet_center *net = NULL;
  const int32_t kind = (int32_t)fuzz_below(IN, SUPPORT_KINDS);
  const thalnet_status status = FUZZ_CALL(support_try_net(kind, &options, &net));
  api_keep(api, CENTER, status, net, NULL);
}

static void add_input(struct api *api) {
  thalnet_input_options options = THALNET_INPUT_OPTIONS_INIT;
  thalnet_center *net = api_take(api, CENTER);
  int32_t number;
  options.tokens = (int32_t)fuzz_below(IN, 2);
  options.steps_per_frame = api_steps(api);
  const char *name = api_name(api);
  const size_t size = api_size(api);
  FUZZ_CALL(thalnet_center_add_input(net, name, size, &options, &number));
}

static void add_output(struct api *api) {
  thalnet_output_options options = THALNET_OUTPUT_OPTIONS_INIT;
  thalnet_center *net = api_take(api, CENTER);
  options.weight = api_rate(api);
  options.steps_per_frame = api_steps(api);
  const char *name = api_name(api);
  const size_t size = api_size(api);
  const int32_t loss = api_index(api);
  FUZZ_CALL(thalnet_center_add_output(net, name, size, loss, &options, NULL));
}

static void add_module(struct api *api) {
  thalnet_center *net = api_take(api, CENTER);
  thalnet_module *module = (thalnet_module *)(void *)api;
  const thalnet_status status = FUZZ_CALL(thalnet_center_add_module(net, api_name(api), NULL, &module));
  api_keep(api, MODULE, status, module, net);
}

static void add_dense(struct api *api) {
  thalnet_dense_options options = THALNET_DENSE_OPTIONS_INIT;
  options.layer_norm = (int32_t)fuzz_below(IN, 2);
  thalnet_module *module = api_take(api, MODULE);
  const size_t units = api_size(api);
  const int32_t activation = api_index(api);
  FUZZ_CALL(thalnet_module_add_dense(module, units, activation, &options));
}

static void add_gru(struct api *api) {
  thalnet_gru_options options = THALNET_GRU_OPTIONS_INIT;
  options.reset = (int32_t)fuzz_below(IN, 2);
  options.layer_norm = (int32_t)fuzz_below(IN, 2);
  options.zoneout = api_rate(api);
  options.gate_bias = api_rate(api);
  thalnet_module *module = api_take(api, MODULE);
  const size_t units = api_size(api);
  FUZZ_CALL(thalnet_module_add_gru(module, units, &options));
}

static void add_lstm(struct api *api) {
  thalnet_lstm_options options = THALNET_LSTM_OPTIONS_INIT;
  options.layer_norm = (int32_t)fuzz_below(IN, 2);
  options.zoneout = api_rate(api);
  options.cell_zoneout = api_rate(api);
  options.time_scale = 4 * api_rate(api);
  thalnet_module *module = api_take(api, MODULE);
  const size_t units = api_size(api);
  FUZZ_CALL(thalnet_module_add_lstm(module, units, &options));
}

static void add_layer(struct api *api) {
  const unsigned choice = fuzz_below(IN, FUZZ_LAYERS + 1);
  thalnet_layer layer = choice < FUZZ_LAYERS ? *fuzz_layers[choice] : host_failing_layer(&api->failing);
  if (choice == FUZZ_LAYERS) layer.name = "failing";
  if (fuzz_byte(IN) % 32 == 31) layer.gates = api_size(api);
  thalnet_module *module = api_take(api, MODULE);
  const size_t units = api_size(api);
  FUZZ_CALL(thalnet_module_add_layer(module, units, &layer));
}

/* When the layer that fails does so; it is shared by all centers. */
static void set_failing(struct api *api) {
  const unsigned direction = fuzz_below(IN, 2);
  api->failing.fail_at[direction] = (int)fuzz_below(IN, 8);
}

static void add_reader(struct api *api) {
  thalnet_reader_options options = THALNET_READER_OPTIONS_INIT;
  thalnet_reader *reader = NULL;
  thalnet_module *module = api_take(api, MODULE);
  const int32_t kind = (int32_t)fuzz_below(IN, 5);
  options.normalize = (int32_t)(fuzz_below(IN, 2) && kind == THALNET_GAUSSIAN);
  options.skip_own = (int32_t)fuzz_below(IN, 2);
  options.gain = kind < THALNET_SOFTMAX ? api_rate(api) : 0.0f;
  const size_t context = api_size(api);
  thalnet_center *home = api->home;
  if (FUZZ_CALL(thalnet_module_add_reader(module, kind, context, &options, &reader)) == THALNET_OK)
    api_keep(api, READER, THALNET_OK, reader, home);
}

static void connect_input(struct api *api) {
  thalnet_module *module = api_take(api, MODULE);
  FUZZ_CALL(thalnet_module_connect_input(module, api_index(api)));
}
static void connect_output(struct api *api) {
  thalnet_module *module = api_take(api, MODULE);
  FUZZ_CALL(thalnet_module_connect_output(module, api_index(api)));
}

/* Networks that memory would hold, but that take long to fill, are left alone. */
static void build(struct api *api) {
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  thalnet_center *net = api_take(api, CENTER);
  const thalnet_status status = FUZZ_CALL(thalnet_center_measure(net, &size));
  if (status != THALNET_OK || size.parameters < 20000 || size.parameters > UINT64_C(1) << 22)
    FUZZ_CALL(thalnet_center_build(net, fuzz_byte(IN)));
}

static void drop(struct api *api) {
  const int kind = (int)fuzz_below(IN, KINDS);
  const size_t slot = fuzz_below(IN, SLOTS);
  api_drop(api, kind, slot);
}

/* --- edits -------------------------------------------------------------------------------------------------------------- */

static void edit(struct api *api) {
  thalnet_center *draft = (thalnet_center *)(void *)api;
  const thalnet_status status = FUZZ_CALL(thalnet_center_edit(api_take(api, CENTER), &draft));
  api_keep(api, CENTER, status, draft, NULL);
}

static void get_module(struct api *api) {
  thalnet_center *net = api_take(api, CENTER);
  const int32_t number = api_index(api);
  thalnet_module *module = thalnet_center_get_module(net, number);
  if (module != NULL) api_keep(api, MODULE, THALNET_OK, module, net);
}

static void remove_module(struct api *api) {
  thalnet_module *module = api_take(api, MODULE);
  thalnet_center *home = api->home;
  if (FUZZ_CALL(thalnet_module_remove(module)) != THALNET_OK) return;
  api_forget(api, module);
  for (size_t slot = 0; slot < SLOTS; slot++) /* its reader may be among them */
    if (api->homes[READER][slot] == home) api_drop(api, READER, slot);
}

static void split(struct api *api) {
  thalnet_module *second = (thalnet_module *)(void *)api;
  thalnet_module *module = api_take(api, MODULE);
  thalnet_center *home = api->home;
  const thalnet_status status = FUZZ_CALL(thalnet_module_split(module, api_name(api), &second));
  api_keep(api, MODULE, status, second, home);
}

static void grow(struct api *api) {
  thalnet_module *module = api_take(api, MODULE);
  const size_t layer = fuzz_below(IN, 3), units = api_size(api);
  FUZZ_CALL(thalnet_module_grow(module, layer, units));
}
static void disconnect_input(struct api *api) {
  thalnet_module *module = api_take(api, MODULE);
  FUZZ_CALL(thalnet_module_disconnect_input(module, api_index(api)));
}
static void disconnect_output(struct api *api) {
  thalnet_module *module = api_take(api, MODULE);
  FUZZ_CALL(thalnet_module_disconnect_output(module, api_index(api)));
}
static void remove_input(struct api *api) {
  thalnet_center *net = api_take(api, CENTER);
  FUZZ_CALL(thalnet_center_remove_input(net, api_index(api)));
}
static void remove_output(struct api *api) {
  thalnet_center *net = api_take(api, CENTER);
  FUZZ_CALL(thalnet_center_remove_output(net, api_index(api)));
}

static void freeze(struct api *api) {
  static const char *const prefixes[] = {"modules.0.", "",     "modules.1.reader",
                                         "outputs",    "none", "modules.0.layers.0.bias"};
  thalnet_center *net = api_take(api, CENTER);
  const char *prefix = prefixes[fuzz_below(IN, 6)];
  FUZZ_CALL(thalnet_center_set_frozen(net, prefix, (int32_t)fuzz_below(IN, 2)));
}

/* Questions never fail, whatever they are asked. */
static void ask(struct api *api) {
  thalnet_center *net = api_take(api, CENTER);
  const thalnet_reader *reader = api_take(api, READER);
  const int32_t number = api_index(api);
  const char *name = api_name(api);
  size_t dimensions[3];
  if (thalnet_center_find_module(net, name) >= thalnet_center_module_count(net))
    fuzz_fail("a module that is not there");
  if (thalnet_center_find_input(net, name) >= thalnet_center_input_count(net)) fuzz_fail("an input that is not there");
  if (thalnet_center_find_output(net, name) >= thalnet_center_output_count(net))
    fuzz_fail("an output that is not there");
  if (thalnet_center_module_offset(net, number) + thalnet_center_module_features(net, number) >
      thalnet_center_features(net))
    fuzz_fail("module %d ends beyond the center", number);
  thalnet_center_module_context(net, number);
  thalnet_center_module_reader(net, number);
  thalnet_center_tensor_shape(net, name, dimensions);
  thalnet_center_is_frozen(net, name);
  if (thalnet_reader_kind(reader) > THALNET_GAUSSIAN) fuzz_fail("a reader of an unknown kind");
  thalnet_reader_context(reader);
  thalnet_reader_skips_own(reader);
}

static api_call *const calls[] = {create,
                                  create_built,
                                  add_input,
                                  add_output,
                                  add_module,
                                  add_dense,
                                  add_gru,
                                  add_lstm,
                                  add_layer,
                                  add_reader,
                                  connect_input,
                                  connect_output,
                                  build,
                                  drop,
                                  edit,
                                  get_module,
                                  remove_module,
                                  split,
                                  grow,
                                  disconnect_input,
                                  disconnect_output,
                                  remove_input,
                                  remove_output,
                                  freeze,
                                  ask,
                                  set_failing};
const struct api_calls api_build_calls = {calls, sizeof calls / sizeof calls[0]};
