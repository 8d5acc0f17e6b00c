/* SPDX-License-Identifier: MIT */
/* The library itself, in single precision: a small step against the gradient lowers the loss, for every kind of
 * network and every seed. */
#include <check.h>
#include <math.h>
#include <stdlib.h>

#include <thalnet/thalnet.h>

#include "gradient/check_call.h"
#include "gradient/random.h"

enum { MODULES = 3, FRAMES = 6, SEQUENCES = 4, INPUT = 5, CLASSES = 4, TARGETS = 2, SEEDS = 8 };

static const struct {
  int32_t reader, normalize;
  enum { FF_GRU, GRU_FF, LSTM_ONLY, GRU_BEFORE } stack;
} networks[] = {
    {THALNET_LINEAR, 0, FF_GRU},       {THALNET_WEIGHT_NORM, 0, FF_GRU}, {THALNET_SOFTMAX, 0, GRU_FF},
    {THALNET_GAUSSIAN, 0, GRU_BEFORE}, {THALNET_GAUSSIAN, 1, FF_GRU},    {THALNET_WEIGHT_NORM, 0, LSTM_ONLY},
};
enum { NETWORKS = sizeof(networks) / sizeof(*networks) };

static void add_module(thalnet_center *net, int kind) {
  thalnet_module *module;
  thalnet_gru_options before = THALNET_GRU_OPTIONS_INIT;
  thalnet_reader_options reader = THALNET_READER_OPTIONS_INIT;
  before.reset = THALNET_RESET_BEFORE;
  reader.normalize = networks[kind].normalize;
  CALL(thalnet_center_add_module(net, NULL, NULL, &module));
  if (networks[kind].stack == FF_GRU) CALL(thalnet_module_add_dense(module, 7, THALNET_RELU, NULL));
  if (networks[kind].stack == FF_GRU || networks[kind].stack == GRU_FF) CALL(thalnet_module_add_gru(module, 6, NULL));
  if (networks[kind].stack == GRU_FF) CALL(thalnet_module_add_dense(module, 5, THALNET_TANH, NULL));
  if (networks[kind].stack == LSTM_ONLY) CALL(thalnet_module_add_lstm(module, 6, NULL));
  if (networks[kind].stack == GRU_BEFORE) CALL(thalnet_module_add_gru(module, 6, &before));
  CALL(thalnet_module_add_reader(module, networks[kind].reader, 4, &reader, NULL));
  CALL(thalnet_module_connect_input(module, 0));
  CALL(thalnet_module_connect_output(module, 0));
  CALL(thalnet_module_connect_output(module, 1));
}

static thalnet_center *build(int kind, uint64_t seed) {
  thalnet_center *net;
  CALL(thalnet_center_create(NULL, &net));
  CALL(thalnet_center_add_input(net, "in", INPUT, NULL, NULL));
  CALL(thalnet_center_add_output(net, "class", CLASSES, THALNET_CROSS_ENTROPY, NULL, NULL));
  CALL(thalnet_center_add_output(net, "value", TARGETS, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  for (int i = 0; i < MODULES; i++) add_module(net, kind);
  CALL(thalnet_center_build(net, seed));
  return net;
}

static void fill(thalnet_batch *batch, uint64_t seed) {
  float inputs[SEQUENCES * FRAMES * INPUT], targets[SEQUENCES * TARGETS];
  int32_t labels[SEQUENCES * FRAMES];
  for (size_t i = 0; i < SEQUENCES * FRAMES * INPUT; i++) inputs[i] = (float)random_uniform(&seed, -1, 1);
  for (size_t i = 0; i < SEQUENCES * TARGETS; i++) targets[i] = (float)random_uniform(&seed, -2, 2);
  for (size_t i = 0; i < SEQUENCES * FRAMES; i++) labels[i] = (int32_t)random_pick(&seed, CLASSES);
  CALL(thalnet_batch_begin(batch, SEQUENCES, FRAMES));
  CALL(thalnet_batch_set_inputs(batch, 0, inputs, SEQUENCES * FRAMES * INPUT));
  CALL(thalnet_batch_set_labels(batch, 0, labels, SEQUENCES * FRAMES));
  CALL(thalnet_batch_set_final_targets(batch, 1, targets, SEQUENCES * TARGETS));
}

static double loss_of(const thalnet_batch *batch) {
  double loss = 0;
  for (int32_t output = 0; output < 2; output++) {
    thalnet_measure measure = THALNET_MEASURE_INIT;
    CALL(thalnet_batch_measure(batch, output, &measure));
    loss += measure.loss_sum / measure.weight_sum;
  }
  return loss;
}

/* Moves the parameters by -rate times the gradient; returns the gradient's norm. */
static double step(thalnet_center *net, float rate) {
  size_t count = thalnet_center_parameter_count(net), lent;
  float *gradient = malloc(count * sizeof(float)), *values;
  double square = 0;
  ck_assert_ptr_nonnull(gradient);
  CALL(thalnet_center_read_gradient(net, NULL, gradient, count));
  CALL(thalnet_center_begin_write(net, &values, &lent));
  ck_assert_uint_eq(lent, count);
  for (size_t i = 0; i < count; i++) {
    values[i] -= rate * gradient[i];
    square += (double)gradient[i] * (double)gradient[i];
  }
  CALL(thalnet_center_end_write(net));
  free(gradient);
  return sqrt(square);
}

START_TEST(small_step_lowers_the_loss) {
  thalnet_batch *batch;
  int kind = _i % NETWORKS;
  uint64_t seed = (uint64_t)(_i / NETWORKS);
  thalnet_center *net = build(kind, seed);
  CALL(thalnet_batch_create(net, SEQUENCES, FRAMES, NULL, &batch));
  fill(batch, 1000 + seed);
  CALL(thalnet_forward_backward(net, batch, NULL));
  double before = loss_of(batch), norm = step(net, 1e-3f);
  CALL(thalnet_forward(net, batch, NULL));
  double after = loss_of(batch);
  /* to first order the loss falls by rate * norm^2 */
  ck_assert_msg(norm > 0.05, "the gradient's norm is %g", norm);
  ck_assert_msg(before - after > 0.5e-3 * norm * norm, "network %d, seed %d: the loss went from %.9g to %.9g, norm %g",
                kind, (int)seed, before, after, norm);
  ck_assert_msg(before - after < 1.5e-3 * norm * norm, "network %d, seed %d: the loss went from %.9g to %.9g, norm %g",
                kind, (int)seed, before, after, norm);
  thalnet_center_free(net);
  thalnet_batch_free(batch);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("gradient_directional");
  TCase *tcase = tcase_create("directional");
  tcase_set_timeout(tcase, 60);
  tcase_add_loop_test(tcase, small_step_lowers_the_loss, 0, NETWORKS * SEEDS);
  suite_add_tcase(suite, tcase);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_NORMAL);
  int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
