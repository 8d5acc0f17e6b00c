/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int support_text_is_good(const char *text) {
  size_t length = text ? strlen(text) : 0;
  return length > 0 && length < 4096 && !strchr(text, '\n') && !strchr(text, '\r');
}

void support_expect(thalnet_status got, thalnet_status one, thalnet_status other, const char *call, const char *file,
                    int line) {
  if (got != one && got != other) {
    ck_abort_msg("%s:%d: %s is %s, not %s (last error: %s)", file, line, call, thalnet_status_name(got),
                 thalnet_status_name(one), thalnet_error_text());
  }
  if (got != THALNET_OK && !support_text_is_good(thalnet_error_text())) {
    ck_abort_msg("%s:%d: %s leaves a bad error text: '%s'", file, line, call, thalnet_error_text());
  }
  ck_assert(1);
}

int support_same(const float *a, const float *b, size_t count) { return memcmp(a, b, count * sizeof(float)) == 0; }

double support_distance(const float *a, const float *b, size_t count) {
  double largest = 0;
  for (size_t i = 0; i < count; i++) {
    double distance = fabs((double)a[i] - (double)b[i]);
    if (!(distance <= largest)) {
      largest = distance;
    }
  }
  return largest;
}

int support_run(const char *name, const TTest *const *tests, size_t count) {
  Suite *suite = suite_create(name);
  TCase *tcase = tcase_create(name);
  tcase_set_timeout(tcase, 120);
  for (size_t i = 0; i < count; i++) {
    tcase_add_test(tcase, tests[i]);
  }
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* --- networks ----------------------------------------------------------------------------------------------------- */

/* A failing builder call is remembered by the center, so only build is looked at. */
static void support_add_small(thalnet_center *net) {
  int32_t x = -1, y = -1;
  thalnet_module *module = NULL;
  thalnet_center_add_input(net, "x", 3, NULL, &x);
  thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, &y);
  if (thalnet_center_add_module(net, NULL, NULL, &module) == THALNET_OK) {
    thalnet_module_add_gru(module, 5, NULL);
    thalnet_module_add_reader(module, THALNET_WEIGHT_NORM, 6, NULL, NULL);
    thalnet_module_connect_input(module, x);
    thalnet_module_connect_output(module, y);
  }
  if (thalnet_center_add_module(net, NULL, NULL, &module) == THALNET_OK) {
    thalnet_module_add_dense(module, 6, THALNET_RELU, NULL);
    thalnet_module_add_gru(module, 4, NULL);
    thalnet_module_add_reader(module, THALNET_LINEAR, 3, NULL, NULL);
    thalnet_module_connect_output(module, y);
  }
}

static void support_add_layers(thalnet_module *module, int32_t which) {
  thalnet_gru_options before = THALNET_GRU_OPTIONS_INIT;
  thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
  thalnet_dense_options dense = THALNET_DENSE_OPTIONS_INIT;
  before.reset = THALNET_RESET_BEFORE;
  before.layer_norm = lstm.layer_norm = dense.layer_norm = 1;
  if (which == 0) {
    thalnet_module_add_gru(module, 5, &before);
  } else if (which == 1) {
    thalnet_module_add_lstm(module, 4, &lstm);
  } else if (which == 2) {
    thalnet_module_add_dense(module, 6, THALNET_TANH, NULL);
    thalnet_module_add_gru(module, 5, NULL);
  } else {
    thalnet_module_add_gru(module, 3, NULL);
    thalnet_module_add_dense(module, 5, THALNET_SIGMOID, &dense);
  }
}

static void support_add_readers(thalnet_center *net) {
  int32_t x = -1, y = -1;
  thalnet_reader_options normalize = THALNET_READER_OPTIONS_INIT;
  normalize.normalize = 1;
  thalnet_center_add_input(net, "x", 3, NULL, &x);
  thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, &y);
  for (int32_t i = 0; i < 5; i++) {
    thalnet_module *module = NULL;
    if (thalnet_center_add_module(net, NULL, NULL, &module) != THALNET_OK) {
      return;
    }
    support_add_layers(module, i % 4);
    thalnet_module_add_reader(module, i < 4 ? i : THALNET_GAUSSIAN, 4, i < 4 ? NULL : &normalize, NULL);
    thalnet_module_connect_input(module, x);
    thalnet_module_connect_output(module, y);
  }
}

/* Two modules that are connected to everything. */
static void support_add_two(thalnet_center *net, int32_t inputs, int32_t outputs) {
  for (int32_t i = 0; i < 2; i++) {
    thalnet_module *module = NULL;
    if (thalnet_center_add_module(net, NULL, NULL, &module) != THALNET_OK) {
      return;
    }
    thalnet_module_add_gru(module, i ? 4 : 5, NULL);
    thalnet_module_add_reader(module, i ? THALNET_LINEAR : THALNET_WEIGHT_NORM, 4, NULL, NULL);
    for (int32_t k = 0; k < inputs; k++) {
      thalnet_module_connect_input(module, k);
    }
    for (int32_t k = 0; k < outputs; k++) {
      thalnet_module_connect_output(module, k);
    }
  }
}

static void support_add_tasks(thalnet_center *net) {
  thalnet_input_options tokens = THALNET_INPUT_OPTIONS_INIT;
  tokens.tokens = 1;
  thalnet_center_add_input(net, "x", 3, NULL, NULL);
  thalnet_center_add_input(net, "t", 5, &tokens, NULL);
  thalnet_center_add_output(net, "class", 4, THALNET_CROSS_ENTROPY, NULL, NULL);
  thalnet_center_add_output(net, "value", 2, THALNET_MEAN_SQUARED_ERROR, NULL, NULL);
  thalnet_center_add_output(net, "host", 3, THALNET_HOST_LOSS, NULL, NULL);
  support_add_two(net, 2, 3);
}

static void support_add_rates(thalnet_center *net) {
  thalnet_input_options slow = THALNET_INPUT_OPTIONS_INIT;
  thalnet_output_options late = THALNET_OUTPUT_OPTIONS_INIT;
  slow.steps_per_frame = 2;
  late.steps_per_frame = 2;
  thalnet_center_add_input(net, "fast", 2, NULL, NULL);
  thalnet_center_add_input(net, "slow", 3, &slow, NULL);
  thalnet_center_add_output(net, "class", 4, THALNET_CROSS_ENTROPY, &late, NULL);
  thalnet_center_add_output(net, "value", 2, THALNET_MEAN_SQUARED_ERROR, NULL, NULL);
  support_add_two(net, 2, 2);
}

thalnet_status support_try_net(int32_t kind, const thalnet_center_options *options, thalnet_center **net_out) {
  static void (*const add[SUPPORT_KINDS])(thalnet_center *) = {support_add_small, support_add_readers,
                                                               support_add_tasks, support_add_rates};
  thalnet_status status = thalnet_center_create(options, net_out);
  if (status != THALNET_OK) {
    return status;
  }
  add[kind](*net_out);
  status = thalnet_center_build(*net_out, 7);
  if (status != THALNET_OK) {
    thalnet_center_free(*net_out);
    *net_out = NULL;
  }
  return status;
}

thalnet_center *support_net(int32_t kind, const thalnet_center_options *options) {
  thalnet_center *net = NULL;
  EXPECT_OK(support_try_net(kind, options, &net));
  return net;
}

thalnet_center *support_echo(size_t size, int32_t tokens) {
  thalnet_input_options options = THALNET_INPUT_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  options.tokens = tokens;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", size, &options, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", size, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_dense(module, size, THALNET_IDENTITY, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_center_build(net, 1));
  float *one = calloc(size * size, sizeof *one);
  float *zero = calloc(size, sizeof *zero);
  for (size_t i = 0; i < size; i++) {
    one[i * size + i] = 1.0f;
  }
  EXPECT_OK(thalnet_center_write(net, "modules.0.layers.0.weight", one, size * size));
  EXPECT_OK(thalnet_center_write(net, "modules.0.layers.0.bias", zero, size));
  EXPECT_OK(thalnet_center_write(net, "modules.0.outputs.0.weight", one, size * size));
  EXPECT_OK(thalnet_center_write(net, "outputs.0.bias", zero, size));
  free(one);
  free(zero);
  return net;
}

thalnet_batch *support_batch(const thalnet_center *net, size_t sequences, size_t frames) {
  thalnet_batch *batch = NULL;
  EXPECT_OK(thalnet_batch_create(net, sequences, frames, NULL, &batch));
  return batch;
}

thalnet_state *support_state(const thalnet_center *net, size_t rows) {
  thalnet_state *state = NULL;
  EXPECT_OK(thalnet_state_create(net, rows, NULL, &state));
  return state;
}

thalnet_optimizer *support_optimizer(const thalnet_center *net, int32_t kind, double rate) {
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_optimizer *optimizer = NULL;
  options.rate = rate;
  EXPECT_OK(thalnet_optimizer_create(net, kind, &options, &optimizer));
  return optimizer;
}

/* --- contents ----------------------------------------------------------------------------------------------------- */

static uint64_t support_next(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

float support_random(uint64_t *state) { return (float)(support_next(state) >> 40) / 8388608.0f - 1.0f; }

void support_randoms(float *values, size_t count, uint64_t seed) {
  for (size_t i = 0; i < count; i++) {
    values[i] = support_random(&seed);
  }
}

static thalnet_status support_fill_integers(thalnet_batch *batch, int32_t number, int32_t labels, size_t count,
                                            size_t size, uint64_t seed) {
  int32_t *values = malloc(count * sizeof *values + 1);
  for (size_t i = 0; i < count; i++) {
    values[i] = (int32_t)(support_next(&seed) % size);
  }
  thalnet_status status = labels ? thalnet_batch_set_labels(batch, number, values, count)
                                 : thalnet_batch_set_tokens(batch, number, values, count);
  free(values);
  return status;
}

static thalnet_status support_fill_floats(thalnet_batch *batch, int32_t number, int32_t targets, size_t count,
                                          uint64_t seed) {
  float *values = malloc(count * sizeof *values + 1);
  support_randoms(values, count, seed);
  thalnet_status status = targets ? thalnet_batch_set_targets(batch, number, values, count)
                                  : thalnet_batch_set_inputs(batch, number, values, count);
  free(values);
  return status;
}

thalnet_status support_try_fill(const thalnet_center *net, thalnet_batch *batch, size_t sequences, size_t frames,
                                uint64_t seed) {
  thalnet_status status = thalnet_batch_begin(batch, sequences, frames);
  for (int32_t i = 0; !status && i < thalnet_center_input_count(net); i++) {
    size_t count = sequences * frames * (size_t)thalnet_center_input_frames(net, i);
    size_t size = thalnet_center_input_size(net, i);
    status = thalnet_center_input_is_tokens(net, i)
                 ? support_fill_integers(batch, i, 0, count, size, seed * 1000 + (uint64_t)i)
                 : support_fill_floats(batch, i, 0, count * size, seed * 1000 + (uint64_t)i);
  }
  for (int32_t i = 0; !status && i < thalnet_center_output_count(net); i++) {
    size_t count = sequences * frames * (size_t)thalnet_center_output_frames(net, i);
    size_t size = thalnet_center_output_size(net, i);
    if (thalnet_center_output_loss(net, i) == THALNET_CROSS_ENTROPY) {
      status = support_fill_integers(batch, i, 1, count, size, seed * 1000 + 100 + (uint64_t)i);
    } else if (thalnet_center_output_loss(net, i) == THALNET_MEAN_SQUARED_ERROR) {
      status = support_fill_floats(batch, i, 1, count * size, seed * 1000 + 100 + (uint64_t)i);
    }
  }
  return status;
}

void support_fill(const thalnet_center *net, thalnet_batch *batch, size_t sequences, size_t frames, uint64_t seed) {
  EXPECT_OK(support_try_fill(net, batch, sequences, frames, seed));
}

float *support_parameters(const thalnet_center *net) {
  size_t count = thalnet_center_parameter_count(net);
  float *values = malloc(count * sizeof *values);
  EXPECT_OK(thalnet_center_read(net, NULL, values, count));
  return values;
}

float *support_gradients(const thalnet_center *net) {
  size_t count = thalnet_center_parameter_count(net);
  float *values = malloc(count * sizeof *values);
  EXPECT_OK(thalnet_center_read_gradient(net, NULL, values, count));
  return values;
}

float *support_output(const thalnet_center *net, const thalnet_batch *batch, int32_t output, size_t sequences,
                      size_t frames) {
  size_t count =
      sequences * frames * (size_t)thalnet_center_output_frames(net, output) * thalnet_center_output_size(net, output);
  float *values = malloc(count * sizeof *values);
  EXPECT_OK(thalnet_batch_read_output(batch, output, values, count));
  return values;
}

float *support_rows(const thalnet_state *state) {
  size_t size = thalnet_state_values(state);
  float *values = malloc(thalnet_state_rows(state) * size * sizeof *values);
  for (size_t i = 0; i < thalnet_state_rows(state); i++) {
    EXPECT_OK(thalnet_state_read(state, i, values + i * size, size));
  }
  return values;
}

double support_loss(const thalnet_batch *batch, int32_t output) {
  thalnet_measure measure = THALNET_MEASURE_INIT;
  EXPECT_OK(thalnet_batch_measure(batch, output, &measure));
  return measure.loss_sum / measure.weight_sum;
}
