/* SPDX-License-Identifier: MIT */
/* Networks of every kind are built, trained and stepped. */
#include <stdlib.h>

#include "fault_scenarios.h"
#include "host_layers.h"

void fault_build(struct fault *fault, int32_t which) {
  (void)which;
  for (int32_t kind = 0; kind < SUPPORT_KINDS && fault->status == THALNET_OK; kind++) {
    thalnet_center_free(fault->net);
    fault->net = NULL;
    fault_net(fault, kind);
  }
}

/* --- kinds of readers and layers ------------------------------------------------------------------------------------ */

static void add_reader(thalnet_module *module, int32_t which) {
  static const int32_t kinds[FAULT_READERS] = {THALNET_LINEAR,   THALNET_WEIGHT_NORM, THALNET_SOFTMAX, THALNET_GAUSSIAN,
                                               THALNET_GAUSSIAN, THALNET_LINEAR,      THALNET_SOFTMAX};
  thalnet_reader_options options = THALNET_READER_OPTIONS_INIT;
  options.normalize = which == 4;
  options.skip_own = which > 4;
  thalnet_module_add_reader(module, kinds[which], 3, &options, NULL);
}

static void add_layer(thalnet_module *module, int32_t which, size_t units) {
  thalnet_gru_options gru = THALNET_GRU_OPTIONS_INIT;
  thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
  gru.reset = which == 2 ? THALNET_RESET_BEFORE : THALNET_RESET_AFTER;
  gru.layer_norm = which == 2;
  lstm.layer_norm = which == 4;
  lstm.zoneout = lstm.cell_zoneout = which == 4 ? 0.25f : 0;
  if (which == 0) {
    thalnet_module_add_dense(module, units, THALNET_TANH, NULL);
  } else if (which <= 2) {
    thalnet_module_add_gru(module, units, &gru);
  } else if (which <= 4) {
    thalnet_module_add_lstm(module, units, &lstm);
  } else {
    thalnet_module_add_layer(module, units, which == 5 ? &host_leaky : &host_peeps);
  }
}

/* Two modules of a kind; a failing builder call is remembered, so that only build is looked at. */
static void make(struct fault *fault, int32_t reader, int32_t layer, size_t units) {
  FAULT_TRY(fault, thalnet_center_create(fault->options, &fault->net));
  if (fault->status != THALNET_OK) {
    return;
  }
  thalnet_center_add_input(fault->net, "x", 3, NULL, NULL);
  thalnet_center_add_output(fault->net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL);
  for (int i = 0; i < 2; i++) {
    thalnet_module *module = NULL;
    thalnet_center_add_module(fault->net, NULL, NULL, &module);
    add_layer(module, layer, units);
    add_reader(module, reader);
    thalnet_module_connect_input(module, 0);
    thalnet_module_connect_output(module, 0);
  }
  FAULT_TRY(fault, thalnet_center_build(fault->net, 3));
}

/* All ways of computing there are. */
static void compute(struct fault *fault, size_t sequences) {
  float routing[4], frame[3] = {0}, answer[4];
  fault_fill(fault, fault->net, sequences, 3);
  FAULT_TRY(fault, thalnet_forward_backward(fault->net, fault->batch, NULL));
  FAULT_TRY(fault, thalnet_forward(fault->net, fault->batch, NULL));
  FAULT_TRY(fault, thalnet_center_routing(fault->net, fault->batch, THALNET_ROUTING_SHARE, routing, 4));
  FAULT_TRY(fault, thalnet_state_create(fault->net, 1, NULL, &fault->state));
  FAULT_TRY(fault, thalnet_state_step(fault->net, fault->state, frame, 3, answer, 4));
}

void fault_reader(struct fault *fault, int32_t which) {
  make(fault, which, 1, 4);
  compute(fault, 5);
}

void fault_layer(struct fault *fault, int32_t which) {
  make(fault, 0, which, 4);
  compute(fault, 5);
}

/* More than 1 MiB of weights: the threads share every layer. */
void fault_large(struct fault *fault, int32_t which) {
  (void)which;
  make(fault, 1, 1, 220);
  if (fault->status == THALNET_OK && thalnet_center_parameter_count(fault->net) < 1 << 18) {
    abort();
  }
  compute(fault, 2);
}

/* --- training ------------------------------------------------------------------------------------------------------- */

void fault_optimizer(struct fault *fault, int32_t which) {
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  options.momentum = 0.5;
  options.average = 0.9;
  options.weight_decay = 0.01;
  options.schedule = THALNET_SCHEDULE_COSINE;
  fault_net(fault, SUPPORT_SMALL);
  FAULT_TRY(fault, thalnet_optimizer_create(fault->net, which, &options, &fault->optimizer));
  fault_fill(fault, fault->net, 5, 3);
  for (int i = 0; i < 2; i++) {
    FAULT_TRY(fault, thalnet_forward_backward(fault->net, fault->batch, NULL));
    FAULT_TRY(fault, thalnet_step(fault->optimizer, fault->net));
    FAULT_TRY(fault, thalnet_optimizer_swap_averages(fault->optimizer, fault->net));
    FAULT_TRY(fault, thalnet_optimizer_swap_averages(fault->optimizer, fault->net));
  }
}

/* First without dropout, then with some, which takes more memory. */
void fault_train(struct fault *fault, int32_t which) {
  thalnet_optimizer_options averaging = THALNET_OPTIMIZER_OPTIONS_INIT;
  const thalnet_dropout_options dropout = {sizeof dropout, 0.5f, 0.5f, 0.5f, 1};
  (void)which;
  averaging.average = 0.9;
  fault_net(fault, SUPPORT_READERS);
  FAULT_TRY(fault, thalnet_batch_create(fault->net, 5, 3, NULL, &fault->batch));
  FAULT_TRY(fault, thalnet_state_create(fault->net, 5, NULL, &fault->state));
  FAULT_TRY(fault, thalnet_optimizer_create(fault->net, THALNET_RMSPROP, &averaging, &fault->optimizer));
  for (size_t i = 5; i > 3; i--) {
    FAULT_TRY(fault, thalnet_batch_set_dropout(fault->batch, i == 5 ? NULL : &dropout));
    FAULT_TRY(fault, support_try_fill(fault->net, fault->batch, i, 3, 1));
    FAULT_TRY(fault, thalnet_forward_backward(fault->net, fault->batch, fault->state));
    FAULT_TRY(fault, thalnet_step(fault->optimizer, fault->net));
  }
}

void fault_two_calls(struct fault *fault, int32_t which) {
  thalnet_batch_options all = THALNET_BATCH_OPTIONS_INIT;
  (void)which;
  all.input_gradients = all.state_gradients = 1;
  fault_net(fault, SUPPORT_TASKS);
  FAULT_TRY(fault, thalnet_batch_create(fault->net, 5, 3, &all, &fault->batch));
  FAULT_TRY(fault, support_try_fill(fault->net, fault->batch, 5, 3, 1));
  FAULT_TRY(fault, thalnet_batch_set_input_dropout(fault->batch, 0, 0.5f));
  FAULT_TRY(fault, thalnet_forward(fault->net, fault->batch, NULL));
  FAULT_TRY(fault, thalnet_backward(fault->net, fault->batch));
}

/* Every call of batch.h that a training may make. */
void fault_everything_of_a_batch(struct fault *fault, int32_t which) {
  const thalnet_dropout_options dropout = {sizeof dropout, 0.25f, 0.25f, 0.25f, 0};
  const uint64_t ids[5] = {9, 8, 7, 6, 5};
  const int32_t lengths[5] = {3, 1, 0, 2, 3};
  const uint8_t resets[15] = {0, 1, 0, 0, 0, 0, 1};
  const float weights[15] = {1, 2, 1};
  thalnet_batch_options all = THALNET_BATCH_OPTIONS_INIT;
  thalnet_measure measure = THALNET_MEASURE_INIT;
  double losses[5];
  float gradients[5 * 3 * 3], output[15 * 4];
  (void)which;
  all.input_gradients = 1;
  fault_net(fault, SUPPORT_SMALL);
  FAULT_TRY(fault, thalnet_batch_create(fault->net, 5, 3, &all, &fault->batch));
  FAULT_TRY(fault, thalnet_batch_begin(fault->batch, 5, 3));
  FAULT_TRY(fault, thalnet_batch_set_lengths(fault->batch, lengths, 5));
  FAULT_TRY(fault, thalnet_batch_set_resets(fault->batch, resets, 15));
  FAULT_TRY(fault, thalnet_batch_set_ids(fault->batch, ids, 5));
  FAULT_TRY(fault, thalnet_batch_set_epoch(fault->batch, 3));
  float inputs[5 * 3 * 3];
  const int32_t labels[15] = {0, 1, 2, 3, -1, -1, -1, -1, -1, 0, 1, -1, 0, 1, 2};
  support_randoms(inputs, 45, 4);
  FAULT_TRY(fault, thalnet_batch_set_inputs(fault->batch, 0, inputs, 45));
  FAULT_TRY(fault, thalnet_batch_set_labels(fault->batch, 0, labels, 15));
  FAULT_TRY(fault, thalnet_batch_set_weights(fault->batch, 0, weights, 15));
  FAULT_TRY(fault, thalnet_batch_set_loss_weight(fault->batch, 0, 0.5f));
  FAULT_TRY(fault, thalnet_batch_set_label_smoothing(fault->batch, 0, 0.1f));
  FAULT_TRY(fault, thalnet_batch_set_variational_input_dropout(fault->batch, 0, 0.25f));
  FAULT_TRY(fault, thalnet_batch_set_dropout(fault->batch, &dropout));
  FAULT_TRY(fault, thalnet_forward_backward(fault->net, fault->batch, NULL));
  FAULT_TRY(fault, thalnet_batch_measure(fault->batch, 0, &measure));
  FAULT_TRY(fault, thalnet_batch_read_losses(fault->batch, 0, losses, 5));
  FAULT_TRY(fault, thalnet_batch_read_input_gradient(fault->batch, 0, gradients, 45));
  FAULT_TRY(fault, thalnet_forward(fault->net, fault->batch, NULL));
  FAULT_TRY(fault, thalnet_batch_read_output(fault->batch, 0, output, 60));
}

/* --- states --------------------------------------------------------------------------------------------------------- */

/* Memory is carried over windows, copied and parked; its gradient is asked for. */
void fault_windows(struct fault *fault, int32_t which) {
  static const size_t rows[] = {0, 3};
  thalnet_batch_options gradients = THALNET_BATCH_OPTIONS_INIT;
  thalnet_state_options park = THALNET_STATE_OPTIONS_INIT;
  float values[1000];
  (void)which;
  gradients.state_gradients = 1;
  park.live = 0;
  fault_net(fault, SUPPORT_READERS);
  FAULT_TRY(fault, thalnet_state_create(fault->net, 5, NULL, &fault->state));
  FAULT_TRY(fault, thalnet_state_create(fault->net, 5, &park, &fault->other));
  FAULT_TRY(fault, thalnet_batch_create(fault->net, 5, 3, &gradients, &fault->batch));
  for (uint64_t window = 0; window < 3; window++) {
    FAULT_TRY(fault, support_try_fill(fault->net, fault->batch, 5, window < 2 ? 2 : 3, window));
    FAULT_TRY(fault, thalnet_forward_backward(fault->net, fault->batch, fault->state));
    FAULT_TRY(fault, thalnet_state_copy(fault->other, rows, fault->state, rows, 2));
    FAULT_TRY(fault, thalnet_state_reset(fault->state, rows, 1));
  }
  if (fault->status == THALNET_OK) {
    const size_t count = thalnet_state_values(fault->state);
    ck_assert_uint_le(5 * count, 1000);
    FAULT_TRY(fault, thalnet_batch_read_state_gradient(fault->batch, values, 5 * count));
    FAULT_TRY(fault, thalnet_state_read(fault->state, 1, values, count));
    FAULT_TRY(fault, thalnet_state_write(fault->other, 4, values, count));
  }
  FAULT_TRY(fault, thalnet_forward(fault->net, fault->batch, fault->other));
}

/* Streams that are live, beside many that are parked; numbers and tokens. */
void fault_live(struct fault *fault, int32_t which) {
  static const int32_t tokens[2] = {1, 4};
  thalnet_state_options park = THALNET_STATE_OPTIONS_INIT;
  float x[6] = {0}, answer[8];
  (void)which;
  park.live = 0;
  fault_net(fault, SUPPORT_TASKS);
  FAULT_TRY(fault, thalnet_state_create(fault->net, 2, NULL, &fault->state));
  FAULT_TRY(fault, thalnet_state_create(fault->net, 9, &park, &fault->other));
  for (int i = 0; i < 2; i++) {
    FAULT_TRY(fault, thalnet_state_set_input(fault->state, 0, x, 6));
    FAULT_TRY(fault, thalnet_state_set_tokens(fault->state, 1, tokens, 2));
    FAULT_TRY(fault, thalnet_state_advance(fault->net, fault->state, 2));
    FAULT_TRY(fault, thalnet_state_read_output(fault->state, 0, answer, 8));
  }
}

/* Final labels after steps without input. */
void fault_settle(struct fault *fault, int32_t which) {
  thalnet_center_options settling = *fault->options;
  const thalnet_center_options *given = fault->options;
  static const int32_t labels[5] = {0, 1, 2, 3, 0};
  float inputs[5 * 3 * 3], answers[5 * 4];
  (void)which;
  settling.settle_steps = 2;
  fault->options = &settling;
  fault_net(fault, SUPPORT_SMALL);
  fault->options = given;
  support_randoms(inputs, 45, 6);
  FAULT_TRY(fault, thalnet_batch_create(fault->net, 5, 3, NULL, &fault->batch));
  FAULT_TRY(fault, thalnet_batch_begin(fault->batch, 5, 3));
  FAULT_TRY(fault, thalnet_batch_set_inputs(fault->batch, 0, inputs, 45));
  FAULT_TRY(fault, thalnet_batch_set_final_labels(fault->batch, 0, labels, 5));
  FAULT_TRY(fault, thalnet_state_create(fault->net, 5, NULL, &fault->state));
  FAULT_TRY(fault, thalnet_forward_backward(fault->net, fault->batch, fault->state));
  FAULT_TRY(fault, thalnet_batch_read_final_output(fault->batch, 0, answers, 20));
}

/* --- others --------------------------------------------------------------------------------------------------------- */

/* Threads of the host in place of the library's. */
void fault_executor(struct fault *fault, int32_t which) {
  static struct support_executor executor;
  static thalnet_executor hooks;
  thalnet_center_options own = *fault->options;
  const thalnet_center_options *given = fault->options;
  (void)which;
  executor.threads = 2;
  hooks = support_executor_hooks(&executor);
  own.executor = &hooks;
  fault->options = &own;
  fault_net(fault, SUPPORT_READERS);
  fault->options = given;
  fault_fill(fault, fault->net, 5, 3);
  FAULT_TRY(fault, thalnet_forward_backward(fault->net, fault->batch, NULL));
}

/* All values are written, or none. */
void fault_write(struct fault *fault, int32_t which) {
  (void)which;
  fault_net(fault, SUPPORT_READERS);
  if (fault->status == THALNET_OK) {
    const size_t count = thalnet_center_parameter_count(fault->net);
    float *before = support_parameters(fault->net), *values = support_parameters(fault->net), *block = NULL;
    size_t room = 0;
    values[count - 1] += 1.0f;
    FAULT_TRY(fault, thalnet_center_write(fault->net, NULL, values, count));
    EXPECT_OK(thalnet_center_read(fault->net, NULL, values, count));
    if (support_same(before, values, count) != (fault->status != THALNET_OK)) {
      abort();
    }
    FAULT_TRY(fault, thalnet_center_begin_write(fault->net, &block, &room));
    FAULT_TRY(fault, thalnet_center_end_write(fault->net));
    free(before);
    free(values);
  }
}

void fault_freeze(struct fault *fault, int32_t which) {
  (void)which;
  fault_net(fault, SUPPORT_READERS);
  FAULT_TRY(fault, thalnet_center_set_frozen(fault->net, "modules.2.", 1));
  FAULT_TRY(fault, thalnet_optimizer_create(fault->net, THALNET_ADAM, NULL, &fault->optimizer));
  fault_fill(fault, fault->net, 5, 3);
  for (int i = 0; i < 2; i++) {
    FAULT_TRY(fault, thalnet_forward_backward(fault->net, fault->batch, NULL));
    FAULT_TRY(fault, thalnet_center_set_frozen(fault->net, "modules.1.reader.", 1 - i));
    FAULT_TRY(fault, thalnet_step(fault->optimizer, fault->net));
  }
}

/* Whatever happens, the parameters are as they were. */
void fault_check_gradients(struct fault *fault, int32_t which) {
  thalnet_gradient_check_options one = THALNET_GRADIENT_CHECK_OPTIONS_INIT;
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  (void)which;
  one.directions = 1;
  fault_net(fault, SUPPORT_SMALL);
  fault_fill(fault, fault->net, 5, 3);
  if (fault->status == THALNET_OK) {
    float *before = support_parameters(fault->net);
    FAULT_TRY(fault, thalnet_gradient_check(fault->net, fault->batch, NULL, &one, NULL, 0, &result));
    float *after = support_parameters(fault->net);
    if (!support_same(before, after, thalnet_center_parameter_count(fault->net)) ||
        (result.compared == 0) != (fault->status != THALNET_OK)) {
      abort();
    }
    free(before);
    free(after);
  }
  FAULT_TRY(fault, thalnet_forward_backward(fault->net, fault->batch, NULL));
}
