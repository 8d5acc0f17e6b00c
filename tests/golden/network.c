/* SPDX-License-Identifier: MIT */
#include "golden/network.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

void network_succeed(thalnet_status status, const char *call, const char *file, int line) {
  if (status == THALNET_OK) return;
  ck_abort_msg("%s:%d: %s is %s: %s", file, line, call, thalnet_status_name(status), thalnet_error_text());
}

/* The number of a word: its place in the list. */
static int32_t number_of(const char *word, const char *const *words) {
  for (int32_t i = 0; words[i]; i++)
    if (strcmp(word, words[i]) == 0) return i;
  ck_abort_msg("unknown word %s", word);
  return -1;
}

static void add_layer(thalnet_module *module, const fixture_layer *layer) {
  static const char *const activations[] = {"identity", "relu", "tanh", "sigmoid", NULL};
  static const char *const orders[] = {"after", "before", NULL};
  static const char *const kinds[] = {"dense", "gru", "lstm", NULL};
  thalnet_dense_options dense = THALNET_DENSE_OPTIONS_INIT;
  thalnet_gru_options gru = THALNET_GRU_OPTIONS_INIT;
  thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
  gru.zoneout = lstm.zoneout = (real)layer->zoneout;
  lstm.cell_zoneout = (real)layer->cell_zoneout;
  dense.layer_norm = gru.layer_norm = lstm.layer_norm = layer->norm;
  switch (number_of(layer->kind, kinds)) {
  case 0:
    SUCCEED(thalnet_module_add_dense(module, layer->units, number_of(layer->variant, activations), &dense));
    break;
  case 1:
    gru.reset = number_of(layer->variant, orders);
    SUCCEED(thalnet_module_add_gru(module, layer->units, &gru));
    break;
  default: SUCCEED(thalnet_module_add_lstm(module, layer->units, &lstm));
  }
}

/* As it is when it is born. */
static void add_module(thalnet_center *net, const fixture_module *described) {
  static const char *const readers[] = {"linear", "weight_norm", "softmax", "gaussian", "gaussian_normalized", NULL};
  thalnet_module *module = NULL;
  SUCCEED(thalnet_center_add_module(net, NULL, NULL, &module));
  for (size_t j = 0; j < described->layer_count; j++) {
    fixture_layer layer = described->layers[j];
    if (described->young > 0 && j + 1 == described->layer_count) layer.units = (size_t)described->young;
    add_layer(module, &layer);
  }
  if (described->reader[0]) {
    thalnet_reader_options options = THALNET_READER_OPTIONS_INIT;
    int32_t kind = number_of(described->reader, readers);
    if (kind == 4) {
      kind = THALNET_GAUSSIAN;
      options.normalize = 1;
    }
    options.skip_own = described->skip_own;
    SUCCEED(thalnet_module_add_reader(module, kind, described->context, &options, NULL));
  }
  for (size_t k = 0; k < described->input_count; k++)
    SUCCEED(thalnet_module_connect_input(module, described->inputs[k]));
  for (size_t o = 0; o < described->output_count; o++)
    SUCCEED(thalnet_module_connect_output(module, described->outputs[o]));
}

/* Modules that a generation brings, and those that it lets grow. */
static thalnet_center *edit(thalnet_center *net, const fixture *golden, int32_t generation) {
  thalnet_center *draft = NULL;
  SUCCEED(thalnet_center_edit(net, &draft));
  for (size_t i = 0; i < golden->module_count; i++) {
    const fixture_module *described = &golden->modules[i];
    const size_t last = described->layer_count - 1;
    if (described->born == generation) add_module(draft, described);
    if (described->grown == generation)
      SUCCEED(thalnet_module_grow(thalnet_center_get_module(draft, (int32_t)i), last,
                                  described->layers[last].units - (size_t)described->young));
  }
  SUCCEED(thalnet_center_build(draft, 1));
  thalnet_center_free(net);
  return draft;
}

static bool edits(const fixture *golden, int32_t generation) {
  for (size_t i = 0; i < golden->module_count; i++)
    if (golden->modules[i].born == generation || golden->modules[i].grown == generation) return true;
  return false;
}

thalnet_center *network_build(fixture *golden, int32_t threads, int32_t chunk_sequences) {
  static const char *const kinds[] = {"dense", "tokens", NULL};
  static const char *const losses[] = {"cross_entropy", "mean_squared_error", "host", NULL};
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.threads = threads;
  options.chunk_sequences = chunk_sequences;
  options.settle_steps = golden->settle_steps;
  options.learned_start = golden->learned_start;
  options.in_order = golden->in_order;
  thalnet_center *net = NULL;
  SUCCEED(thalnet_center_create(&options, &net));
  for (size_t k = 0; k < golden->input_count; k++) {
    const fixture_port *port = &golden->inputs[k];
    thalnet_input_options input = THALNET_INPUT_OPTIONS_INIT;
    input.tokens = number_of(port->kind, kinds);
    input.steps_per_frame = port->steps;
    SUCCEED(thalnet_center_add_input(net, port->name, port->size, &input, NULL));
  }
  for (size_t o = 0; o < golden->output_count; o++) {
    const fixture_port *port = &golden->outputs[o];
    thalnet_output_options output = THALNET_OUTPUT_OPTIONS_INIT;
    output.weight = (real)port->weight;
    output.steps_per_frame = port->steps;
    SUCCEED(thalnet_center_add_output(net, port->name, port->size, number_of(port->kind, losses), &output, NULL));
  }
  for (size_t i = 0; i < golden->module_count; i++)
    if (golden->modules[i].born == 0) add_module(net, &golden->modules[i]);
  SUCCEED(thalnet_center_build(net, 1));
  for (int32_t generation = 1; generation < FIXTURE_GENERATIONS; generation++)
    if (edits(golden, generation)) net = edit(net, golden, generation);
  network_write_parameters(net, golden);
  return net;
}

real *network_reals(const fixture_array *array) {
  ck_assert_ptr_nonnull(array->reals);
  real *values = malloc(array->count * sizeof *values);
  ck_assert_ptr_nonnull(values);
  for (size_t i = 0; i < array->count; i++) values[i] = (real)array->reals[i];
  return values;
}

void network_write_parameters(thalnet_center *net, fixture *golden) {
  for (size_t i = 0; i < thalnet_center_tensor_count(net); i++) {
    const char *name = thalnet_center_tensor_name(net, i);
    fixture_array *array = fixture_find(golden, "parameter/%s", name);
    ck_assert_msg(array != NULL, "%s: no golden values for tensor %s", golden->name, name);
    real *values = network_reals(array);
    SUCCEED(thalnet_center_write(net, name, values, array->count));
    free(values);
  }
}

size_t network_length(fixture *golden, size_t sequence) {
  const fixture_array *lengths = fixture_find(golden, "lengths");
  return lengths ? (size_t)lengths->integers[sequence] : golden->frames;
}

bool network_is_final(fixture *golden, int32_t output) {
  const fixture_array *final = fixture_find(golden, "final");
  for (size_t i = 0; final && i < final->count; i++)
    if (final->integers[i] == output) return true;
  return false;
}

bool network_has_output_gradients(fixture *golden) {
  for (size_t o = 0; o < golden->output_count; o++)
    if (fixture_find(golden, "output_gradient/%zu", o) || fixture_find(golden, "final_output_gradient/%zu", o))
      return true;
  return false;
}

/* Numbers at every frame, poisoned where their sequence has ended. */
static real *poisoned(fixture *golden, const fixture_array *array) {
  real *values = network_reals(array);
  const size_t row = array->count / golden->sequences, frame = row / golden->frames;
  for (size_t s = 0; s < golden->sequences; s++)
    for (size_t i = network_length(golden, s) * frame; i < row; i++) values[s * row + i] = (real)NAN;
  return values;
}

static void set_output(thalnet_batch *batch, fixture *golden, int32_t o) {
  fixture_array *array = fixture_find(golden, "labels/%d", o);
  bool labelled = array != NULL;
  if (array) SUCCEED(thalnet_batch_set_labels(batch, o, array->integers, array->count));
  array = fixture_find(golden, "final_labels/%d", o);
  labelled = labelled || array;
  if (array) SUCCEED(thalnet_batch_set_final_labels(batch, o, array->integers, array->count));
  array = fixture_find(golden, "targets/%d", o);
  labelled = labelled || array;
  if (array) {
    real *values = poisoned(golden, array);
    SUCCEED(thalnet_batch_set_targets(batch, o, values, array->count));
    free(values);
  }
  array = fixture_find(golden, "final_targets/%d", o);
  labelled = labelled || array;
  if (array) {
    real *values = network_reals(array);
    SUCCEED(thalnet_batch_set_final_targets(batch, o, values, array->count));
    free(values);
  }
  array = fixture_find(golden, "weights/%d", o);
  if (array) {
    real *values = network_reals(array);
    SUCCEED(thalnet_batch_set_weights(batch, o, values, array->count));
    free(values);
  }
  array = fixture_find(golden, "loss_weight/%d", o);
  if (array) SUCCEED(thalnet_batch_set_loss_weight(batch, o, (real)array->reals[0]));
  array = fixture_find(golden, "smoothing/%d", o);
  if (array) SUCCEED(thalnet_batch_set_label_smoothing(batch, o, (real)array->reals[0]));
  if (network_is_final(golden, o) && !labelled) SUCCEED(thalnet_batch_set_final(batch, o));
}

bool network_is_zoned(const fixture *golden) {
  for (size_t i = 0; i < golden->module_count; i++)
    for (size_t j = 0; j < golden->modules[i].layer_count; j++)
      if (golden->modules[i].layers[j].zoneout + golden->modules[i].layers[j].cell_zoneout > 0) return true;
  return false;
}

bool network_has_dropout(fixture *golden) { return fixture_find(golden, "dropout") != NULL; }

static void set_dropout(thalnet_batch *batch, fixture *golden) {
  const fixture_array *rates = fixture_find(golden, "dropout"), *draws = fixture_find(golden, "dropout_draws");
  thalnet_dropout_options options = THALNET_DROPOUT_OPTIONS_INIT;
  options.contexts = (real)rates->reals[0];
  options.features = (real)rates->reals[1];
  options.modules = (real)rates->reals[2];
  options.every_step = draws->integers[0];
  SUCCEED(thalnet_batch_set_dropout(batch, &options));
  for (int32_t k = 0; k < (int32_t)golden->input_count; k++) {
    if (draws->integers[1])
      SUCCEED(thalnet_batch_set_variational_input_dropout(batch, k, (real)rates->reals[3]));
    else
      SUCCEED(thalnet_batch_set_input_dropout(batch, k, (real)rates->reals[3]));
  }
  SUCCEED(thalnet_batch_set_epoch(batch, (uint64_t)draws->integers[3]));
}

static void set_ids(thalnet_batch *batch, const fixture_array *array) {
  uint64_t ids[16];
  ck_assert_uint_le(array->count, sizeof ids / sizeof ids[0]);
  for (size_t i = 0; i < array->count; i++) ids[i] = (uint64_t)array->integers[i];
  SUCCEED(thalnet_batch_set_ids(batch, ids, array->count));
}

thalnet_batch *network_batch(const thalnet_center *net, fixture *golden, bool for_backward) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  options.for_backward = for_backward;
  options.input_gradients = for_backward;
  options.state_gradients = for_backward;
  if (network_has_dropout(golden)) options.seed = (uint64_t)fixture_find(golden, "dropout_draws")->integers[2];
  thalnet_batch *batch = NULL;
  SUCCEED(thalnet_batch_create(net, golden->sequences + 1, golden->frames + 2, &options, &batch));
  SUCCEED(thalnet_batch_begin(batch, golden->sequences, golden->frames));
  for (int32_t k = 0; k < (int32_t)golden->input_count; k++) {
    fixture_array *array = fixture_find(golden, "input/%d", k);
    if (array) {
      real *values = poisoned(golden, array);
      SUCCEED(thalnet_batch_set_inputs(batch, k, values, array->count));
      free(values);
    }
    array = fixture_find(golden, "tokens/%d", k);
    if (array) SUCCEED(thalnet_batch_set_tokens(batch, k, array->integers, array->count));
  }
  for (int32_t o = 0; o < (int32_t)golden->output_count; o++) set_output(batch, golden, o);
  fixture_array *array = fixture_find(golden, "lengths");
  if (array) SUCCEED(thalnet_batch_set_lengths(batch, array->integers, array->count));
  if (network_has_dropout(golden)) set_dropout(batch, golden);
  array = fixture_find(golden, "ids");
  if (array) set_ids(batch, array);
  array = fixture_find(golden, "resets");
  if (array) {
    uint8_t *resets = malloc(array->count);
    ck_assert_ptr_nonnull(resets);
    for (size_t i = 0; i < array->count; i++) resets[i] = (uint8_t)array->integers[i];
    SUCCEED(thalnet_batch_set_resets(batch, resets, array->count));
    free(resets);
  }
  return batch;
}

thalnet_state *network_state(const thalnet_center *net, fixture *golden, bool live) {
  thalnet_state_options options = THALNET_STATE_OPTIONS_INIT;
  options.live = live;
  thalnet_state *state = NULL;
  SUCCEED(thalnet_state_create(net, golden->sequences + 1, &options, &state)); /* one row more than is used */
  const fixture_array *start = fixture_find(golden, "start");
  const size_t size = thalnet_state_values(state);
  if (!start) return state;
  ck_assert_uint_eq(start->count, size * golden->sequences);
  real *values = network_reals(start);
  for (size_t s = 0; s < golden->sequences; s++) SUCCEED(thalnet_state_write(state, s, values + s * size, size));
  free(values);
  const fixture_array *fresh = fixture_find(golden, "fresh");
  for (size_t i = 0; fresh && i < fresh->count; i++)
    SUCCEED(thalnet_state_reset(state, &(size_t){(size_t)fresh->integers[i]}, 1));
  return state;
}

void network_write_output_gradients(thalnet_batch *batch, fixture *golden) {
  for (int32_t o = 0; o < (int32_t)golden->output_count; o++) {
    fixture_array *array = fixture_find(golden, "output_gradient/%d", o), *final = NULL;
    if (!array) array = final = fixture_find(golden, "final_output_gradient/%d", o);
    if (!array) continue;
    real *values = network_reals(array);
    if (final)
      SUCCEED(thalnet_batch_write_final_output_gradient(batch, o, values, array->count));
    else
      SUCCEED(thalnet_batch_write_output_gradient(batch, o, values, array->count));
    free(values);
  }
}
