/* SPDX-License-Identifier: MIT */
/* gradient_check.h: passes what is right, finds what is wrong, tells what it cannot see, and leaves no trace. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host_layers.h"
#include "support.h"

enum { SEQUENCES = 24, FRAMES = 5, CLASSES = 4 };

/* A network of two modules with the layer, or one of the library's. */
struct subject {
  const char *name;
  const thalnet_layer *layer; /* NULL: one of ours */
  int32_t cell;               /* 0: GRU, 1: reset before, 2: LSTM */
  int32_t norm, reader, normalize, skip_own, in_order, learned_start, settle, tokens, drops;
  float zoneout;
  int32_t activation; /* of a dense layer below */
};

static const struct subject subjects[] = {
    {.name = "gru", .reader = THALNET_LINEAR, .activation = THALNET_RELU},
    {.name = "reset before", .cell = 1, .reader = THALNET_WEIGHT_NORM, .skip_own = 1, .activation = THALNET_TANH},
    {.name = "lstm", .cell = 2, .reader = THALNET_SOFTMAX, .tokens = 1, .activation = THALNET_SIGMOID},
    {.name = "gaussian", .reader = THALNET_GAUSSIAN, .settle = 2, .activation = THALNET_IDENTITY},
    {.name = "normalized", .reader = THALNET_GAUSSIAN, .normalize = 1, .in_order = 1, .activation = THALNET_TANH},
    {.name = "layer norm", .cell = 2, .norm = 1, .reader = THALNET_LINEAR, .activation = THALNET_TANH},
    {.name = "layer norm, gru", .norm = 1, .reader = THALNET_WEIGHT_NORM, .activation = THALNET_TANH},
    {.name = "zoneout", .cell = 2, .zoneout = 0.3f, .reader = THALNET_LINEAR, .activation = THALNET_TANH},
    {.name = "dropout", .drops = 1, .reader = THALNET_WEIGHT_NORM, .in_order = 1, .activation = THALNET_TANH},
    {.name = "dropout at every step", .drops = 2, .reader = THALNET_LINEAR, .activation = THALNET_TANH},
    {.name = "learned start", .learned_start = 1, .settle = 1, .reader = THALNET_LINEAR, .activation = THALNET_TANH},
    {.name = "peepholes", .layer = &host_peeps, .reader = THALNET_LINEAR, .activation = THALNET_TANH},
    {.name = "leaky", .layer = &host_leaky, .reader = THALNET_WEIGHT_NORM, .tokens = 1, .activation = THALNET_TANH},
    {.name = "host's gru", .layer = &host_gru, .reader = THALNET_LINEAR, .drops = 2, .activation = THALNET_RELU},
};
enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

static void add_layers(const struct subject *subject, thalnet_module *module) {
  thalnet_gru_options gru = THALNET_GRU_OPTIONS_INIT;
  thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
  gru.reset = subject->cell;
  gru.layer_norm = lstm.layer_norm = subject->norm;
  gru.zoneout = lstm.zoneout = lstm.cell_zoneout = subject->zoneout;
  EXPECT_OK(thalnet_module_add_dense(module, 6, subject->activation, NULL));
  if (subject->layer != NULL) {
    EXPECT_OK(thalnet_module_add_layer(module, 7, subject->layer));
  } else if (subject->cell == 2) {
    EXPECT_OK(thalnet_module_add_lstm(module, 7, &lstm));
  } else {
    EXPECT_OK(thalnet_module_add_gru(module, 7, &gru));
  }
}

static thalnet_center *make_with(const struct subject *subject, thalnet_center_options options) {
  thalnet_center *net = NULL;
  thalnet_input_options input = THALNET_INPUT_OPTIONS_INIT;
  thalnet_reader_options reader = THALNET_READER_OPTIONS_INIT;
  options.in_order = subject->in_order;
  options.learned_start = subject->learned_start;
  options.settle_steps = subject->settle;
  input.tokens = subject->tokens;
  reader.normalize = subject->normalize;
  reader.skip_own = subject->skip_own;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 5, &input, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", CLASSES, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    thalnet_module *module = NULL;
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    add_layers(subject, module);
    EXPECT_OK(thalnet_module_add_reader(module, subject->reader, 4, &reader, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 4));
  return net;
}

static thalnet_center *make(const struct subject *subject) {
  return make_with(subject, (thalnet_center_options)THALNET_CENTER_OPTIONS_INIT);
}

/* Weights above 1 make what is small at the start large enough to be seen. */
static thalnet_batch *fill(const struct subject *subject, const thalnet_center *net) {
  const thalnet_dropout_options dropout = {sizeof dropout, 0.2f, 0.2f, 0.1f, subject->drops == 2};
  thalnet_batch *batch = support_batch(net, SEQUENCES, FRAMES);
  support_fill(net, batch, SEQUENCES, FRAMES, 3);
  if (subject->drops) {
    EXPECT_OK(thalnet_batch_set_dropout(batch, &dropout));
    EXPECT_OK(thalnet_batch_set_input_dropout(batch, 0, 0.2f));
  }
  if (subject->settle) {
    int32_t labels[SEQUENCES];
    for (int s = 0; s < SEQUENCES; s++) labels[s] = s % CLASSES;
    EXPECT_OK(thalnet_batch_set_final_labels(batch, 0, labels, SEQUENCES));
  }
  return batch;
}

static thalnet_gradient_check_result check_net(thalnet_center *net, thalnet_batch *batch, double *errors) {
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  EXPECT_OK(
      thalnet_gradient_check(net, batch, NULL, NULL, errors, errors ? thalnet_center_tensor_count(net) : 0, &result));
  return result;
}

/* --- what it finds ------------------------------------------------------------------------------------------------ */

START_TEST(what_is_right_passes) {
  for (size_t i = 0; i < SUBJECTS; i++) {
    thalnet_center *net = make(&subjects[i]);
    thalnet_batch *batch = fill(&subjects[i], net);
    const size_t tensors = thalnet_center_tensor_count(net);
    double *errors = calloc(tensors, sizeof *errors), worst = 0;
    const thalnet_gradient_check_result result = check_net(net, batch, errors);
    size_t seen = 0;
    for (size_t t = 0; t < tensors; t++) {
      seen += errors[t] >= 0;
      worst = fmax(worst, errors[t]);
    }
    ck_assert_msg(result.passed == 1, "%s: %s by %g", subjects[i].name, result.tensor, result.worst);
    ck_assert_msg(result.compared == seen && result.unseen == tensors - seen && worst == result.worst, "%s",
                  subjects[i].name);
    ck_assert_msg(2 * seen > tensors, "%s: %zu of %zu tensors are seen", subjects[i].name, seen, tensors);
    EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
    ck_assert_msg(fabs(support_loss(batch, 0) - result.loss) <= 1e-12, "%s: loss %g, in training %g", subjects[i].name,
                  result.loss, support_loss(batch, 0));
    free(errors);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

/* The error of the tensor whose name ends so, in the module of that number. */
static double error_of(const thalnet_center *net, const double *errors, const char *name) {
  for (size_t t = 0; t < thalnet_center_tensor_count(net); t++) {
    if (strcmp(thalnet_center_tensor_name(net, t), name) == 0) {
      return errors[t];
    }
  }
  ck_abort_msg("no tensor %s", name);
  return 0;
}

/* Every mistake but a factor near 1, in several networks, with the tensor where it is. */
START_TEST(what_is_wrong_is_found) {
  static const char *const places[WRONG_KINDS] = {[WRONG_PATH] = "modules.0.layers.0.weight",
                                                  [WRONG_VECTOR] = "modules.1.layers.1.vectors",
                                                  [WRONG_SIGN] = "modules.1.layers.1.vectors",
                                                  [WRONG_FACTOR] = "modules.1.layers.1.weight_ih",
                                                  [WRONG_GATE] = "modules.1.layers.1.weight_hh"};
  for (int mistake = 0; mistake < WRONG_KINDS; mistake++) {
    for (int32_t variant = 0; variant < 4; variant++) {
      const thalnet_layer layer = host_wrong(mistake);
      const struct subject subject = {.name = "wrong",
                                      .layer = &layer,
                                      .reader = variant & 1 ? THALNET_LINEAR : THALNET_WEIGHT_NORM,
                                      .in_order = variant >> 1,
                                      .drops = variant >> 1,
                                      .activation = THALNET_TANH};
      const int seen = mistake != WRONG_NOWHERE && mistake != WRONG_FACTOR;
      thalnet_center *net = make(&subject);
      thalnet_batch *batch = fill(&subject, net);
      double errors[64];
      ck_assert_uint_le(thalnet_center_tensor_count(net), 64);
      const thalnet_gradient_check_result result = check_net(net, batch, errors);
      ck_assert_msg(result.passed == !seen, "mistake %d, variant %d: worst %g of %s", mistake, (int)variant,
                    result.worst, result.tensor);
      if (seen) {
        ck_assert_msg(error_of(net, errors, places[mistake]) > 0.03, "mistake %d, variant %d: %s by %g", mistake,
                      (int)variant, places[mistake], error_of(net, errors, places[mistake]));
      }
      thalnet_batch_free(batch);
      thalnet_center_free(net);
    }
  }
}
END_TEST

static int nan_backward(void *user, const thalnet_layer_call *call) {
  const int failed = host_leaky.backward(user, call);
  call->d_vectors[call->units - 1] = NAN;
  return failed;
}

/* Training would refuse it at the next step; here it is a wrong gradient, of every tensor that it reaches. */
START_TEST(what_is_no_number_is_wrong) {
  thalnet_layer layer = host_leaky;
  layer.backward = nan_backward;
  const struct subject subject = {.name = "nan", .layer = &layer, .reader = THALNET_LINEAR, .activation = THALNET_TANH};
  thalnet_center *net = make(&subject);
  thalnet_batch *batch = fill(&subject, net);
  double errors[64];
  const thalnet_gradient_check_result result = check_net(net, batch, errors);
  ck_assert_int_eq(result.passed, 0);
  ck_assert(isinf(result.worst) && isinf(error_of(net, errors, "modules.0.layers.1.vectors")));
  ck_assert(error_of(net, errors, "modules.0.layers.1.weight_ih") < 0.02);
  ck_assert_ptr_nonnull(strstr(result.tensor, ".vectors"));
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* Without an effect on the loss nothing can be seen: that is not passing. */
START_TEST(what_has_no_effect_is_unseen) {
  const struct subject subject = {.name = "silent", .reader = THALNET_LINEAR, .activation = THALNET_TANH};
  thalnet_center *net = make(&subject);
  thalnet_batch *batch = fill(&subject, net);
  double errors[64];
  float silent[CLASSES * 7] = {0};
  EXPECT_OK(thalnet_center_write(net, "modules.0.outputs.0.weight", silent, CLASSES * 7));
  EXPECT_OK(thalnet_center_write(net, "modules.1.outputs.0.weight", silent, CLASSES * 7));
  thalnet_gradient_check_result result = check_net(net, batch, errors);
  ck_assert_int_eq(result.passed, 1);
  ck_assert_uint_eq(result.compared, 3); /* the heads and the bias */
  ck_assert(error_of(net, errors, "modules.0.reader.weight") == -1);
  EXPECT_OK(thalnet_batch_set_loss_weight(batch, 0, 0));
  result = check_net(net, batch, errors);
  ck_assert(result.passed == 0 && result.compared == 0 && result.tensor == NULL && result.loss == 0);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

START_TEST(frozen_tensors_are_left_out) {
  thalnet_center *net = make(&subjects[0]);
  thalnet_batch *batch = fill(&subjects[0], net);
  double errors[64];
  const thalnet_gradient_check_result all = check_net(net, batch, errors);
  ck_assert(error_of(net, errors, "modules.0.layers.1.weight_ih") >= 0);
  EXPECT_OK(thalnet_center_set_frozen(net, "modules.0.layers.1.", 1));
  const thalnet_gradient_check_result some = check_net(net, batch, errors);
  ck_assert_uint_eq(some.compared + some.unseen + 4, all.compared + all.unseen);
  ck_assert(error_of(net, errors, "modules.0.layers.1.weight_ih") == -1);
  ck_assert_int_eq(some.passed, 1);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* Carried memory at the start; the same results for all threads. */
START_TEST(windows_and_threads) {
  thalnet_gradient_check_result results[2];
  char tensors[2][80];
  for (int k = 0; k < 2; k++) {
    thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
    options.threads = 1 + 3 * k;
    options.chunk_sequences = 5;
    thalnet_center *net = make_with(&subjects[10], options);
    thalnet_batch *batch = fill(&subjects[10], net);
    thalnet_state *state = support_state(net, SEQUENCES);
    EXPECT_OK(thalnet_forward(net, batch, state));
    results[k] = (thalnet_gradient_check_result)THALNET_GRADIENT_CHECK_RESULT_INIT;
    float *before = support_rows(state);
    EXPECT_OK(thalnet_gradient_check(net, batch, state, NULL, NULL, 0, &results[k]));
    float *after = support_rows(state);
    ck_assert(support_same(before, after, SEQUENCES * thalnet_state_values(state)));
    ck_assert_int_eq(results[k].passed, 1);
    snprintf(tensors[k], sizeof tensors[k], "%s", results[k].tensor);
    free(before);
    free(after);
    thalnet_state_free(state);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
  ck_assert(results[0].worst == results[1].worst && results[0].loss == results[1].loss);
  ck_assert_str_eq(tensors[0], tensors[1]);
}
END_TEST

/* --- what it leaves ----------------------------------------------------------------------------------------------- */

START_TEST(no_trace_is_left) {
  struct host_failing failing = {.inner = &host_peeps};
  const thalnet_layer layer = host_failing_layer(&failing);
  const struct subject subject = {
      .name = "failing", .layer = &layer, .reader = THALNET_WEIGHT_NORM, .drops = 2, .activation = THALNET_TANH};
  thalnet_center *net = make(&subject);
  thalnet_batch *batch = fill(&subject, net);
  const size_t count = thalnet_center_parameter_count(net);
  float *parameters = support_parameters(net);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  float *said = support_output(net, batch, 0, SEQUENCES, FRAMES);
  for (int fail_at = 0; fail_at < 900; fail_at += fail_at < 30 ? 7 : 211) {
    thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
    for (int backward = 0; backward < 2; backward++) {
      failing.fail_at[backward] =
          fail_at > 0 && (!backward || fail_at < 10) ? atomic_load(&failing.calls[backward]) + fail_at : 0;
      EXPECT(thalnet_gradient_check(net, batch, NULL, NULL, NULL, 0, &result),
             failing.fail_at[backward] ? THALNET_ERROR_HOST : THALNET_OK);
      failing.fail_at[backward] = 0;
      float *after = support_parameters(net), *gradients = support_gradients(net);
      ck_assert(support_same(parameters, after, count));
      for (size_t i = 0; i < count; i++) ck_assert(gradients[i] == 0.0f);
      free(after);
      free(gradients);
      EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE);
      EXPECT_OK(thalnet_forward(net, batch, NULL)); /* what is prepared of the parameters is as it was, too */
      float *again = support_output(net, batch, 0, SEQUENCES, FRAMES);
      ck_assert(support_same(said, again, SEQUENCES * FRAMES * CLASSES));
      free(again);
    }
  }
  free(parameters);
  free(said);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* Where it does not get to its first difference, too. */
START_TEST(no_results_are_left) {
  thalnet_center *net = make(&subjects[0]);
  thalnet_batch *batch = fill(&subjects[0], net);
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  float said[SEQUENCES * FRAMES * CLASSES], *values = NULL;
  size_t shape[3];
  ck_assert_int_eq(thalnet_center_tensor_shape(net, "modules.0.layers.0.weight", shape), 2);
  values = malloc(shape[0] * shape[1] * sizeof *values);
  for (size_t i = 0; i < shape[0] * shape[1]; i++) values[i] = 3e38f; /* infinities below the GRU */
  EXPECT_OK(thalnet_center_write(net, "modules.0.layers.0.weight", values, shape[0] * shape[1]));
  free(values);
  EXPECT(thalnet_gradient_check(net, batch, NULL, NULL, NULL, 0, &result), THALNET_ERROR_NONFINITE);
  EXPECT(thalnet_batch_read_output(batch, 0, said, SEQUENCES * FRAMES * CLASSES), THALNET_ERROR_STATE);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* --- what it refuses ---------------------------------------------------------------------------------------------- */

static thalnet_status try_options(thalnet_center *net, thalnet_batch *batch, double step, double tolerance,
                                  int32_t directions, int32_t reserved) {
  thalnet_gradient_check_options options = THALNET_GRADIENT_CHECK_OPTIONS_INIT;
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  options.step = step;
  options.tolerance = tolerance;
  options.directions = directions;
  options.reserved = reserved;
  return thalnet_gradient_check(net, batch, NULL, &options, NULL, 0, &result);
}

START_TEST(arguments_are_checked) {
  thalnet_center *net = make(&subjects[0]), *other = make(&subjects[0]);
  thalnet_batch *batch = fill(&subjects[0], net);
  thalnet_state *state = support_state(net, SEQUENCES - 1), *foreign = support_state(other, SEQUENCES);
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT, old = result;
  double errors[64];
  old.struct_size -= 8;
  EXPECT_OK(try_options(net, batch, 0.02, 0.02, 1, 0));
  EXPECT(try_options(net, batch, 0, 0.02, 1, 0), THALNET_ERROR_ARGUMENT);
  EXPECT(try_options(net, batch, (double)NAN, 0.02, 1, 0), THALNET_ERROR_ARGUMENT);
  EXPECT(try_options(net, batch, 1.1, 0.02, 1, 0), THALNET_ERROR_ARGUMENT);
  EXPECT(try_options(net, batch, 0.02, 0.0009, 1, 0), THALNET_ERROR_ARGUMENT);
  EXPECT(try_options(net, batch, 0.02, (double)INFINITY, 1, 0), THALNET_ERROR_ARGUMENT);
  EXPECT(try_options(net, batch, 0.02, 0.02, 0, 0), THALNET_ERROR_ARGUMENT);
  EXPECT(try_options(net, batch, 0.02, 0.02, 1001, 0), THALNET_ERROR_ARGUMENT);
  EXPECT(try_options(net, batch, 0.02, 0.02, 1, 1), THALNET_ERROR_VERSION);
  EXPECT(thalnet_gradient_check(net, batch, NULL, NULL, NULL, 0, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_gradient_check(net, batch, NULL, NULL, NULL, 0, &old), THALNET_ERROR_VERSION);
  EXPECT(thalnet_gradient_check(net, batch, NULL, NULL, errors, 3, &result), THALNET_ERROR_SIZE);
  EXPECT(thalnet_gradient_check(net, batch, NULL, NULL, NULL, 3, &result), THALNET_ERROR_SIZE);
  EXPECT(thalnet_gradient_check(net, batch, state, NULL, NULL, 0, &result), THALNET_ERROR_SIZE);
  EXPECT(thalnet_gradient_check(net, batch, foreign, NULL, NULL, 0, &result), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_gradient_check(other, batch, NULL, NULL, NULL, 0, &result), THALNET_ERROR_MISMATCH);
  ck_assert_uint_eq(result.compared, 0); /* untouched by all this */
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT(thalnet_gradient_check(net, batch, NULL, NULL, NULL, 0, &result),
         THALNET_ERROR_STATE); /* it waits for a step */
  EXPECT_OK(thalnet_center_clear_gradients(net));
  EXPECT_OK(thalnet_gradient_check(net, batch, NULL, NULL, NULL, 0, &result));
  EXPECT_OK(thalnet_batch_begin(batch, SEQUENCES, FRAMES));
  EXPECT(thalnet_gradient_check(net, batch, NULL, NULL, NULL, 0, &result), THALNET_ERROR_STATE); /* no labels */
  EXPECT_OK(thalnet_batch_begin(batch, 0, FRAMES));
  EXPECT(thalnet_gradient_check(net, batch, NULL, NULL, NULL, 0, &result), THALNET_ERROR_STATE);
  thalnet_state_free(state);
  thalnet_state_free(foreign);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  thalnet_center_free(other);
}
END_TEST

/* A step that reaches from a weight-norm matrix of one number to a matrix without norm. */
START_TEST(a_step_to_no_norm) {
  thalnet_center *net = NULL;
  thalnet_module *module;
  thalnet_gradient_check_options options = THALNET_GRADIENT_CHECK_OPTIONS_INIT;
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  const float half = 0.5f;
  options.step = 1.0;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 2, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 3, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_dense(module, 1, THALNET_TANH, NULL));
  EXPECT_OK(thalnet_module_add_reader(module, THALNET_WEIGHT_NORM, 1, NULL, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_center_build(net, 1));
  EXPECT_OK(thalnet_center_write(net, "modules.0.reader.weight", &half, 1));
  thalnet_batch *batch = support_batch(net, 3, 3);
  support_fill(net, batch, 3, 3, 1);
  float *before = support_parameters(net);
  EXPECT(thalnet_gradient_check(net, batch, NULL, &options, NULL, 0, &result), THALNET_ERROR_NONFINITE);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "norm"));
  float *after = support_parameters(net);
  ck_assert(support_same(before, after, thalnet_center_parameter_count(net)));
  EXPECT_OK(thalnet_gradient_check(net, batch, NULL, NULL, NULL, 0, &result)); /* smaller steps are fine */
  free(before);
  free(after);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
      what_is_right_passes,        what_is_wrong_is_found, what_is_no_number_is_wrong, what_has_no_effect_is_unseen,
      frozen_tensors_are_left_out, windows_and_threads,    no_trace_is_left,           no_results_are_left,
      arguments_are_checked,       a_step_to_no_norm};
  return SUPPORT_RUN("gradient_check", tests);
}
