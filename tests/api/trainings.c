/* SPDX-License-Identifier: MIT */
#include "trainings.h"

#include "host_layers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES = 10, SLOW_SIZE = 9, LARGE_PARAMETERS = 1 << 18 };

/* --- networks ----------------------------------------------------------------------------------------------------- */

static void add_module(const struct training *training, thalnet_center *net, size_t number) {
  static const thalnet_layer *const hosts[] = {&host_gru, &host_lstm, &host_peeps, &host_leaky};
  static const int32_t dynamic[] = {THALNET_GAUSSIAN, THALNET_SOFTMAX, THALNET_LINEAR};
  thalnet_dense_options dense = THALNET_DENSE_OPTIONS_INIT;
  thalnet_gru_options gru = THALNET_GRU_OPTIONS_INIT;
  thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
  thalnet_reader_options skipping = THALNET_READER_OPTIONS_INIT;
  thalnet_module *module = NULL;
  const int32_t reader = training->readers ? dynamic[number % 3] : number % 2 ? THALNET_LINEAR : THALNET_WEIGHT_NORM;
  gru.reset = training->cell == CELL_GRU_BEFORE ? THALNET_RESET_BEFORE : THALNET_RESET_AFTER;
  dense.layer_norm = gru.layer_norm = lstm.layer_norm = training->norm;
  gru.zoneout = lstm.zoneout = lstm.cell_zoneout = training->zoneout;
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  if (training->dense > 0) {
    EXPECT_OK(thalnet_module_add_dense(module, training->dense, THALNET_TANH, &dense));
  }
  for (int32_t i = 0; i < training->cells; i++) {
    if (training->cell >= CELL_HOST_GRU) {
      EXPECT_OK(thalnet_module_add_layer(module, training->units, hosts[training->cell - CELL_HOST_GRU]));
    } else if (training->cell == CELL_LSTM) {
      EXPECT_OK(thalnet_module_add_lstm(module, training->units, &lstm));
    } else {
      EXPECT_OK(thalnet_module_add_gru(module, training->units, &gru));
    }
  }
  skipping.skip_own = training->skip_own;
  EXPECT_OK(thalnet_module_add_reader(module, reader, training->context, &skipping, NULL));
  if (number == 0) {
    EXPECT_OK(thalnet_module_connect_input(module, 0));
  }
  if (training->slow > 0) {
    EXPECT_OK(thalnet_module_connect_input(module, 1));
  }
  if (number + 2 >= training->modules) {
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
}

/* Parameters of softmax readers count for neither engine. */
static size_t static_parameters(const thalnet_center *net) {
  size_t sum = 0;
  for (size_t t = 0; t < thalnet_center_tensor_count(net); t++) {
    size_t dimensions[3] = {1, 1, 1};
    const int32_t rank = thalnet_center_tensor_shape(net, thalnet_center_tensor_name(net, t), dimensions);
    sum += rank == 3 ? 0 : dimensions[0] * (rank > 1 ? dimensions[1] : 1);
  }
  return sum;
}

thalnet_center *training_net(const struct training *training, const thalnet_center_options *options) {
  thalnet_center_options own = *options;
  thalnet_input_options input = THALNET_INPUT_OPTIONS_INIT;
  thalnet_center *net = NULL;
  own.settle_steps = training->settle;
  own.learned_start = training->learned_start;
  own.in_order = training->in_order;
  input.tokens = training->tokens;
  EXPECT_OK(thalnet_center_create(&own, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", training->input, &input, NULL));
  if (training->slow > 0) {
    input.tokens = 0;
    input.steps_per_frame = training->slow;
    EXPECT_OK(thalnet_center_add_input(net, "slow", SLOW_SIZE, &input, NULL));
  }
  EXPECT_OK(thalnet_center_add_output(net, "y", CLASSES, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (size_t i = 0; i < training->modules; i++) {
    add_module(training, net, i);
  }
  EXPECT_OK(thalnet_center_build(net, 3));
  ck_assert_msg((static_parameters(net) > LARGE_PARAMETERS) == training->large, "'%s' has %zu parameters",
                training->name, static_parameters(net));
  return net;
}

thalnet_batch *training_batch(const struct training *training, const thalnet_center *net) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_batch *batch = NULL;
  options.input_gradients = options.state_gradients = training->gradients;
  options.seed = 5;
  EXPECT_OK(thalnet_batch_create(net, training->sequences, training->frames, &options, &batch));
  EXPECT_OK(thalnet_batch_set_input_dropout(batch, 0, training->dropout));
  if (training->drops) {
    thalnet_dropout_options dropout = THALNET_DROPOUT_OPTIONS_INIT;
    dropout.contexts = 0.2f;
    dropout.features = 0.3f;
    dropout.modules = 0.1f;
    dropout.every_step = training->drops == 2;
    EXPECT_OK(thalnet_batch_set_dropout(batch, &dropout));
    EXPECT_OK(thalnet_batch_set_variational_input_dropout(batch, 0, training->dropout));
  }
  return batch;
}

void training_fill(const struct training *training, const thalnet_center *net, thalnet_batch *batch, uint64_t step) {
  const size_t sequences = training->sequences, frames = training->frames;
  const size_t per_frame = (size_t)thalnet_center_output_frames(net, 0);
  uint64_t seed = step + 77;
  int32_t *labels = malloc(sequences * frames * per_frame * sizeof *labels);
  int32_t *lengths = malloc(sequences * sizeof *lengths);
  uint8_t *resets = malloc(sequences * frames);
  support_fill(net, batch, sequences, frames, step);
  for (size_t s = 0; s < sequences; s++) {
    lengths[s] = training->lengths ? (int32_t)((s * 5 + step) % (frames + 1)) : (int32_t)frames;
    for (size_t k = 0; k < frames; k++) {
      resets[s * frames + k] = training->resets && support_random(&seed) > 0.6f;
    }
    for (size_t k = 0; k < frames * per_frame; k++) {
      const int32_t label = (int32_t)((support_random(&seed) + 1) * CLASSES / 2);
      labels[s * frames * per_frame + k] = k < (size_t)lengths[s] * per_frame ? label : -1;
    }
  }
  EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, sequences));
  EXPECT_OK(thalnet_batch_set_resets(batch, resets, sequences * frames));
  if (training->final) {
    for (size_t s = 0; s < sequences; s++) {
      labels[s] = (int32_t)((support_random(&seed) + 1) * CLASSES / 2);
    }
    EXPECT_OK(thalnet_batch_set_final_labels(batch, 0, labels, sequences));
  } else {
    EXPECT_OK(thalnet_batch_set_labels(batch, 0, labels, sequences * frames * per_frame));
  }
  EXPECT_OK(thalnet_batch_set_epoch(batch, step));
  free(labels);
  free(lengths);
  free(resets);
}

/* --- training ----------------------------------------------------------------------------------------------------- */

static float *record_array(struct record *record, int array, size_t count) {
  record->counts[array] = count;
  return record->arrays[array] = calloc(count, sizeof(float));
}

static struct record run(const struct training *training, const thalnet_center_options *options, int steps, int two) {
  struct record record = {.losses = {0}};
  thalnet_center *net = training_net(training, options);
  thalnet_batch *batch = training_batch(training, net);
  thalnet_state *state = support_state(net, training->sequences);
  thalnet_optimizer_options adam = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_optimizer *optimizer = NULL;
  const size_t parameters = thalnet_center_parameter_count(net);
  const size_t memory = training->sequences * thalnet_state_values(state);
  adam.rate = 0.002;
  adam.average = training->average;
  EXPECT_OK(thalnet_optimizer_create(net, THALNET_ADAM, &adam, &optimizer));
  if (two) {
    EXPECT_OK(thalnet_batch_set_input_dropout(batch, 0, 0));
  }
  for (int step = 0; step < steps; step++) {
    training_fill(training, net, batch, (uint64_t)step);
    if (two) {
      EXPECT_OK(thalnet_forward(net, batch, state));
      EXPECT_OK(thalnet_backward(net, batch));
    } else {
      EXPECT_OK(thalnet_forward_backward(net, batch, state));
    }
    record.losses[step] = support_loss(batch, 0);
    if (step + 1 == steps) {
      EXPECT_OK(thalnet_center_read_gradient(net, NULL, record_array(&record, 0, parameters), parameters));
    }
    EXPECT_OK(thalnet_step(optimizer, net));
  }
  EXPECT_OK(thalnet_center_read(net, NULL, record_array(&record, 1, parameters), parameters));
  float *rows = support_rows(state);
  memcpy(record_array(&record, 2, memory), rows, memory * sizeof *rows);
  free(rows);
  if (training->gradients) {
    const size_t inputs = training->sequences * training->frames * (size_t)thalnet_center_input_frames(net, 0) *
                          thalnet_center_input_size(net, 0);
    EXPECT_OK(thalnet_batch_read_input_gradient(batch, 0, record_array(&record, 3, inputs), inputs));
    EXPECT_OK(thalnet_batch_read_state_gradient(batch, record_array(&record, 4, memory), memory));
  }
  if (training->average > 0) {
    EXPECT_OK(thalnet_optimizer_swap_averages(optimizer, net));
    EXPECT_OK(thalnet_center_read(net, NULL, record_array(&record, 5, parameters), parameters));
  }
  thalnet_optimizer_free(optimizer);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return record;
}

struct record training_run(const struct training *training, const thalnet_center_options *options, int steps) {
  return run(training, options, steps, 0);
}

struct record training_run_in_two_calls(const struct training *training, const thalnet_center_options *options,
                                        int steps) {
  return run(training, options, steps, 1);
}

const char *record_difference(const struct record *one, const struct record *other) {
  static const char *const names[RECORD_ARRAYS] = {
      "gradients", "parameters", "the memory", "the input's gradient", "the memory's gradient", "averages"};
  static char text[100];
  for (int step = 0; step < MOST_STEPS; step++) {
    if (memcmp(&one->losses[step], &other->losses[step], sizeof one->losses[step]) != 0) {
      snprintf(text, sizeof text, "the loss of step %d: %.17g, %.17g", step, one->losses[step], other->losses[step]);
      return text;
    }
  }
  for (int array = 0; array < RECORD_ARRAYS; array++) {
    if (one->counts[array] != other->counts[array] ||
        (one->counts[array] > 0 && !support_same(one->arrays[array], other->arrays[array], one->counts[array]))) {
      snprintf(text, sizeof text, "%s, by %g", names[array],
               support_distance(one->arrays[array], other->arrays[array], one->counts[array]));
      return text;
    }
  }
  return NULL;
}

void record_free(struct record *record) {
  for (int array = 0; array < RECORD_ARRAYS; array++) {
    free(record->arrays[array]);
  }
}
