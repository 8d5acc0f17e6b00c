/* SPDX-License-Identifier: MIT */
#include "gradient/problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gradient/check_call.h"

/* A first module of a network that is edited is connected to everything, so that the network is whole without the others. */
static int connected(const problem *p, size_t number, unsigned wanted, size_t to) {
  int edited = 0;
  for (int g = 1; g < GENERATIONS; g++) edited |= config_edits(&p->spec, g);
  return (wanted >> to & 1) != 0 || (number == 0 && edited);
}

/* As it is when it is born. */
static void build_module(const problem *p, thalnet_center *net, size_t number) {
  static const int32_t kinds[READERS] = {
      -1, THALNET_LINEAR, THALNET_WEIGHT_NORM, THALNET_SOFTMAX, THALNET_GAUSSIAN, THALNET_GAUSSIAN};
  const module_spec *spec = &p->spec.module[number];
  thalnet_module *module;
  CALL(thalnet_center_add_module(net, NULL, NULL, &module));
  for (size_t i = 0; i < spec->layers; i++) {
    const layer_spec *layer = &spec->layer[i];
    const size_t units = spec->young > 0 && i + 1 == spec->layers ? spec->young : layer->units;
    thalnet_gru_options gru = THALNET_GRU_OPTIONS_INIT;
    thalnet_dense_options dense = THALNET_DENSE_OPTIONS_INIT;
    thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
    gru.reset = layer->option;
    gru.zoneout = lstm.zoneout = spec->zoneout[i];
    lstm.cell_zoneout = spec->cell_zoneout[i];
    dense.layer_norm = gru.layer_norm = lstm.layer_norm = layer->norm;
    if (layer->kind == LAYER_DENSE) CALL(thalnet_module_add_dense(module, units, layer->option, &dense));
    if (layer->kind == LAYER_GRU) CALL(thalnet_module_add_gru(module, units, &gru));
    if (layer->kind == LAYER_LSTM) CALL(thalnet_module_add_lstm(module, units, &lstm));
  }
  if (spec->reader != READER_NONE) {
    thalnet_reader_options options = THALNET_READER_OPTIONS_INIT;
    options.normalize = spec->reader == READER_GAUSSIAN_NORMALIZED;
    options.skip_own = spec->skip_own;
    CALL(thalnet_module_add_reader(module, kinds[spec->reader], spec->context, &options, NULL));
  }
  for (size_t i = 0; i < p->spec.inputs; i++) {
    if (connected(p, number, spec->inputs, i)) CALL(thalnet_module_connect_input(module, (int32_t)i));
  }
  for (size_t i = 0; i < p->spec.outputs; i++) {
    if (connected(p, number, spec->outputs, i)) CALL(thalnet_module_connect_output(module, (int32_t)i));
  }
}

/* What was connected for the time being. */
static void disconnect(const problem *p, thalnet_module *first) {
  for (size_t i = 0; i < p->spec.inputs; i++) {
    if (!(p->spec.module[0].inputs >> i & 1)) CALL(thalnet_module_disconnect_input(first, (int32_t)i));
  }
  for (size_t i = 0; i < p->spec.outputs; i++) {
    if (!(p->spec.module[0].outputs >> i & 1)) CALL(thalnet_module_disconnect_output(first, (int32_t)i));
  }
}

static void edit_network(problem *p, int generation) {
  thalnet_center *draft;
  int last = 1;
  CALL(thalnet_center_edit(p->net, &draft));
  for (size_t i = 0; i < p->spec.modules; i++) {
    const module_spec *spec = &p->spec.module[i];
    if (spec->born == generation) build_module(p, draft, i);
    if (spec->young == 0 || spec->grown != generation) continue;
    CALL(thalnet_module_grow(thalnet_center_get_module(draft, (int32_t)i), spec->layers - 1,
                             spec->layer[spec->layers - 1].units - spec->young));
  }
  for (int g = generation + 1; g < GENERATIONS; g++) last &= !config_edits(&p->spec, g);
  if (last) disconnect(p, thalnet_center_get_module(draft, 0));
  CALL(thalnet_center_build(draft, p->spec.seed));
  thalnet_center_free(p->net);
  p->net = draft;
}

static void build_network(problem *p) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  char name[32];
  options.threads = p->spec.threads;
  options.chunk_sequences = p->spec.chunk;
  options.settle_steps = p->spec.settle;
  options.learned_start = p->spec.learned_start;
  options.in_order = p->spec.in_order;
  CALL(thalnet_center_create(&options, &p->net));
  for (size_t i = 0; i < p->spec.inputs; i++) {
    thalnet_input_options input = THALNET_INPUT_OPTIONS_INIT;
    input.tokens = p->spec.input[i].tokens;
    input.steps_per_frame = p->spec.input[i].steps;
    snprintf(name, sizeof(name), "input%zu", i);
    CALL(thalnet_center_add_input(p->net, name, p->spec.input[i].size, &input, NULL));
  }
  for (size_t i = 0; i < p->spec.outputs; i++) {
    thalnet_output_options output = THALNET_OUTPUT_OPTIONS_INIT;
    output.steps_per_frame = p->spec.output[i].steps;
    output.weight = p->spec.output[i].weight;
    snprintf(name, sizeof(name), "output%zu", i);
    CALL(thalnet_center_add_output(p->net, name, p->spec.output[i].size, p->spec.output[i].loss, &output, NULL));
  }
  for (size_t i = 0; i < p->spec.modules; i++) {
    if (p->spec.module[i].born == 0) build_module(p, p->net, i);
  }
  CALL(thalnet_center_build(p->net, p->spec.seed));
  for (int g = 1; g < GENERATIONS; g++) {
    if (config_edits(&p->spec, g)) edit_network(p, g);
  }
  ck_assert_int_eq(thalnet_center_steps_per_frame(p->net), (int)p->spec.steps);
}

static void create_batches(problem *p) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_state_options state = THALNET_STATE_OPTIONS_INIT;
  options.seed = p->spec.seed;
  options.input_gradients = 1;
  options.state_gradients = 1;
  CALL(thalnet_batch_create(p->net, p->spec.sequences, p->spec.frames, &options, &p->training));
  options.for_backward = options.input_gradients = options.state_gradients = 0;
  CALL(thalnet_batch_create(p->net, p->spec.sequences, p->spec.frames, &options, &p->evaluation));
  state.live = 0;
  CALL(thalnet_state_create(p->net, p->spec.sequences, &state, &p->state));
  p->state_values = thalnet_state_values(p->state);
}

static void *allocate(size_t count, size_t size) {
  void *memory = calloc(count ? count : 1, size);
  ck_assert_ptr_nonnull(memory);
  return memory;
}

static void allocate_output(problem *p, size_t number) {
  const output_spec *spec = &p->spec.output[number];
  output_data *data = &p->output[number];
  data->frames = spec->final ? 1 : p->spec.frames * (p->spec.steps / (size_t)spec->steps);
  data->items = p->spec.sequences * data->frames;
  if (spec->loss == THALNET_CROSS_ENTROPY) data->labels = allocate(data->items, sizeof(int32_t));
  if (spec->loss == THALNET_MEAN_SQUARED_ERROR) data->targets = allocate(data->items * spec->size, sizeof(double));
  if (spec->weighted) data->weights = allocate(data->items, sizeof(double));
  if (spec->host) data->coefficients = allocate(data->items * spec->size, sizeof(double));
}

void problem_create(problem *p, const config *spec) {
  memset(p, 0, sizeof(*p));
  p->spec = *spec;
  build_network(p);
  create_batches(p);
  p->parameters = thalnet_center_parameter_count(p->net);
  p->total = p->parameters;
  for (size_t i = 0; i < spec->inputs; i++) {
    const input_spec *input = &spec->input[i];
    p->input_frames[i] = spec->frames * (spec->steps / (size_t)input->steps);
    p->input_place[i] = p->total;
    if (input->absent) continue;
    if (input->tokens) p->tokens[i] = allocate(spec->sequences * p->input_frames[i], sizeof(int32_t));
    if (!input->tokens) p->input_count[i] = spec->sequences * p->input_frames[i] * input->size;
    p->total += p->input_count[i];
  }
  p->start_place = p->total;
  p->total += spec->sequences * p->state_values;
  p->values = allocate(p->total, sizeof(double));
  p->lengths = allocate(spec->sequences, sizeof(int32_t));
  p->resets = allocate(spec->sequences * spec->frames, 1);
  for (size_t i = 0; i < spec->outputs; i++) allocate_output(p, i);
  problem_list_arrays(p);
}

void problem_free(problem *p) {
  for (size_t i = 0; i < OUTPUTS_MAX; i++) {
    free(p->output[i].labels);
    free(p->output[i].targets);
    free(p->output[i].weights);
    free(p->output[i].coefficients);
  }
  for (size_t i = 0; i < INPUTS_MAX; i++) free(p->tokens[i]);
  free(p->values);
  free(p->lengths);
  free(p->resets);
  thalnet_center_free(p->net);
  thalnet_batch_free(p->training);
  thalnet_batch_free(p->evaluation);
  thalnet_state_free(p->state);
  memset(p, 0, sizeof(*p));
}

size_t problem_tensor(const problem *p, const char *format, ...) {
  char wanted[96];
  size_t place = 0, dimensions[3];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(wanted, sizeof(wanted), format, arguments);
  va_end(arguments);
  for (size_t i = 0; i < thalnet_center_tensor_count(p->net); i++) {
    const char *name = thalnet_center_tensor_name(p->net, i);
    if (strcmp(name, wanted) == 0) return place;
    ck_assert_int_gt(thalnet_center_tensor_shape(p->net, name, dimensions), 0);
    place += dimensions[0] * dimensions[1] * dimensions[2];
  }
  ck_abort_msg("no tensor %s", wanted);
  return 0;
}
