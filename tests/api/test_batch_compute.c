/* SPDX-License-Identifier: MIT */
/* batch.h: the calls that compute, in every order, and the calls that read results. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { S = 3, K = 4 };

START_TEST(handles_are_checked) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL), *other = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  thalnet_state *small = support_state(net, S - 1), *foreign = support_state(other, S);
  support_fill(net, batch, S, K, 1);
  EXPECT(thalnet_forward(NULL, batch, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_forward(net, NULL, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_forward(net, batch, (thalnet_state *)(void *)batch), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_forward((const thalnet_center *)(void *)batch, batch, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_forward(other, batch, NULL), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_forward(net, batch, foreign), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_forward(net, batch, small), THALNET_ERROR_SIZE);
  EXPECT(thalnet_forward_backward(NULL, batch, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_forward_backward(net, NULL, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_forward_backward(other, batch, NULL), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_forward_backward(net, batch, foreign), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_forward_backward(net, batch, small), THALNET_ERROR_SIZE);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT(thalnet_backward(NULL, batch), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_backward(net, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_backward(other, batch), THALNET_ERROR_MISMATCH);
  EXPECT_OK(thalnet_backward(net, batch));
  thalnet_state_free(small);
  thalnet_state_free(foreign);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  thalnet_center_free(other);
}
END_TEST

START_TEST(backward_follows_forward_once) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  float bias[4];
  support_fill(net, batch, S, K, 1);
  EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_backward(net, batch));
  float *once = support_gradients(net);
  EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE);
  support_fill(net, batch, S, K, 1);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_center_read(net, "outputs.0.bias", bias, 4));
  EXPECT_OK(thalnet_center_write(net, "outputs.0.bias", bias, 4));
  EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_center_clear_gradients(net));
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_backward(net, batch));
  float *again = support_gradients(net);
  ck_assert(support_same(once, again, thalnet_center_parameter_count(net)));
  free(once);
  free(again);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

START_TEST(backward_needs_something_to_go_back) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  float gradient[S * K * 3] = {0.5f};
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  EXPECT(thalnet_forward_backward(net, batch, NULL), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_write_output_gradient(batch, 2, gradient, S * K * 3));
  EXPECT_OK(thalnet_backward(net, batch));
  EXPECT(thalnet_batch_write_output_gradient(batch, 2, gradient, S * K * 3), THALNET_ERROR_STATE);
  support_fill(net, batch, S, K, 1);
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT(thalnet_batch_write_output_gradient(batch, 2, gradient, S * K * 3), THALNET_ERROR_STATE);
  thalnet_batch_free(batch);
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  options.for_backward = 0;
  EXPECT_OK(thalnet_batch_create(net, S, K, &options, &batch));
  support_fill(net, batch, S, K, 2);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE);
  EXPECT(thalnet_forward_backward(net, batch, NULL), THALNET_ERROR_STATE);
  EXPECT_EITHER(thalnet_batch_write_output_gradient(batch, 2, gradient, S * K * 3), THALNET_OK, THALNET_ERROR_STATE);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* Labels that are all -1: outputs have labels, none counts: loss 0, gradient 0, no error. */
START_TEST(no_label_at_all_is_no_loss) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  int32_t labels[S * K];
  thalnet_measure measure = THALNET_MEASURE_INIT;
  memset(labels, 0xff, sizeof labels);
  support_fill(net, batch, S, K, 2);
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, labels, S * K));
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_measure(batch, 0, &measure));
  ck_assert(measure.loss_sum == 0 && measure.weight_sum == 0 && measure.labels == 0 && measure.correct == 0);
  float *gradients = support_gradients(net);
  for (size_t i = 0; i < thalnet_center_parameter_count(net); i++) {
    ck_assert(gradients[i] == 0.0f);
  }
  free(gradients);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* forward + backward and forward_backward are the same computation. */
START_TEST(two_calls_or_one) {
  for (int32_t kind = 0; kind < SUPPORT_KINDS; kind++) {
    thalnet_center *net = support_net(kind, NULL);
    thalnet_batch *batch = support_batch(net, 7, K);
    size_t all = thalnet_center_parameter_count(net);
    support_fill(net, batch, 7, K, 2);
    EXPECT_OK(thalnet_forward(net, batch, NULL));
    EXPECT_OK(thalnet_backward(net, batch));
    double loss = support_loss(batch, 0);
    float *two = support_gradients(net);
    EXPECT_OK(thalnet_center_clear_gradients(net));
    EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
    float *one = support_gradients(net);
    ck_assert(loss == support_loss(batch, 0));
    ck_assert_msg(support_distance(one, two, all) < 1e-6, "kind %d differs by %g", (int)kind,
                  support_distance(one, two, all));
    free(one);
    free(two);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

START_TEST(weights_must_fit_the_labels) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  int32_t final[S] = {0, 1, 2};
  float weights[S * K] = {1.0f};
  support_fill(net, batch, S, K, 2);
  EXPECT_OK(thalnet_batch_set_final_labels(batch, 0, final, S));
  EXPECT_EITHER(thalnet_batch_set_weights(batch, 0, weights, S * K), THALNET_OK, THALNET_ERROR_SIZE);
  EXPECT_OK(thalnet_batch_set_weights(batch, 0, weights, S));
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  support_fill(net, batch, S, K, 2);
  EXPECT_EITHER(thalnet_batch_set_weights(batch, 0, weights, S), THALNET_OK, THALNET_ERROR_SIZE);
  thalnet_status status = thalnet_forward(net, batch, NULL);
  ck_assert(status == THALNET_OK || status == THALNET_ERROR_STATE);
  /* Weights first, labels of another shape afterwards. */
  support_fill(net, batch, S, K, 2);
  EXPECT_OK(thalnet_batch_set_weights(batch, 0, weights, S * K));
  EXPECT_OK(thalnet_batch_set_final_labels(batch, 0, final, S));
  EXPECT(thalnet_forward(net, batch, NULL), THALNET_ERROR_STATE);
  EXPECT(thalnet_forward_backward(net, batch, NULL), THALNET_ERROR_STATE);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

START_TEST(results_are_checked) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  thalnet_measure measure = THALNET_MEASURE_INIT;
  static const int32_t nobody[] = {-1, 3, INT32_MAX, INT32_MIN};
  static const size_t wrong[] = {0, S * K * 4 - 1, S * K * 4 + 1, SIZE_MAX};
  float values[S * K * 4] = {0};
  double losses[S];
  support_fill(net, batch, S, K, 1);
  EXPECT(thalnet_batch_measure(batch, 0, &measure), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_read_losses(batch, 0, losses, S), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_read_output(batch, 0, values, S * K * 4), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_read_final_output(batch, 0, values, S * 4), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_write_output_gradient(batch, 0, values, S * K * 4), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_write_final_output_gradient(batch, 0, values, S * 4), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_read_input_gradient(batch, 0, values, S * K * 3), THALNET_ERROR_STATE);
  EXPECT_EITHER(thalnet_batch_read_state_gradient(batch, values, S * 9), THALNET_ERROR_STATE, THALNET_ERROR_SIZE);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  for (size_t i = 0; i < 4; i++) {
    EXPECT(thalnet_batch_measure(batch, nobody[i], &measure), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_read_losses(batch, nobody[i], losses, S), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_read_output(batch, nobody[i], values, S * K * 4), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_write_output_gradient(batch, nobody[i], values, S * K * 4), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_read_output(batch, 0, values, wrong[i]), THALNET_ERROR_SIZE);
    EXPECT(thalnet_batch_read_losses(batch, 0, losses, wrong[i]), THALNET_ERROR_SIZE);
    EXPECT(thalnet_batch_write_output_gradient(batch, 0, values, wrong[i]), THALNET_ERROR_SIZE);
  }
  EXPECT(thalnet_batch_measure(batch, 0, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_read_losses(batch, 0, NULL, S), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_read_output(batch, 0, NULL, S * K * 4), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_write_output_gradient(batch, 0, NULL, S * K * 4), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_read_final_output(batch, 0, values, S * 4), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_write_final_output_gradient(batch, 0, values, S * 4), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_measure(NULL, 0, &measure), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_batch_read_losses(NULL, 0, losses, S), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_batch_read_output(NULL, 0, values, S * K * 4), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_batch_read_final_output(NULL, 0, values, S * 4), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_batch_write_output_gradient(NULL, 0, values, S * K * 4), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_batch_write_final_output_gradient(NULL, 0, values, S * 4), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_batch_read_input_gradient(NULL, 0, values, S * K * 3), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_batch_read_state_gradient(NULL, values, S * 9), THALNET_ERROR_HANDLE);
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  EXPECT(thalnet_batch_read_output(batch, 0, values, S * K * 4), THALNET_ERROR_STATE);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

START_TEST(final_values_are_another_kind) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  float values[S * K * 4] = {0}, some[S * 3] = {1.0f};
  int32_t labels[S] = {0, 1, 3};
  support_fill(net, batch, S, K, 1);
  EXPECT_OK(thalnet_batch_set_final_labels(batch, 0, labels, S));
  EXPECT_OK(thalnet_batch_set_final(batch, 2));
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_read_final_output(batch, 0, values, S * 4));
  EXPECT_OK(thalnet_batch_read_final_output(batch, 2, values, S * 3));
  EXPECT(thalnet_batch_read_final_output(batch, 0, values, S * K * 4), THALNET_ERROR_SIZE);
  EXPECT(thalnet_batch_read_final_output(batch, 0, NULL, S * 4), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_read_output(batch, 0, values, S * K * 4), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_batch_read_output(batch, 1, values, S * K * 2));
  EXPECT(thalnet_batch_write_output_gradient(batch, 2, values, S * K * 3), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_write_final_output_gradient(batch, 2, some, S), THALNET_ERROR_SIZE);
  EXPECT(thalnet_batch_write_final_output_gradient(batch, 2, NULL, S * 3), THALNET_ERROR_ARGUMENT);
  EXPECT_OK(thalnet_batch_write_final_output_gradient(batch, 2, some, S * 3));
  EXPECT_OK(thalnet_backward(net, batch));
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* Asking for what final labels imply does not forget them; labels at every frame have no place then. */
START_TEST(final_twice_keeps_final_labels) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  const int32_t labels[S] = {0, 1, 3};
  for (int final = 0; final < 2; final++) {
    thalnet_measure measure = THALNET_MEASURE_INIT;
    support_fill(net, batch, S, K, 1);
    if (final) {
      EXPECT_OK(thalnet_batch_set_final_labels(batch, 0, labels, S));
    }
    EXPECT_OK(thalnet_batch_set_final(batch, 0));
    EXPECT_OK(thalnet_forward(net, batch, NULL));
    EXPECT_OK(thalnet_batch_measure(batch, 0, &measure));
    ck_assert_uint_eq(measure.labels, final ? S : 0);
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* The room for the host's gradients is made when they are first written. */
START_TEST(no_memory_for_host_gradients) {
  struct support_memory memory = {0};
  thalnet_memory hooks = support_memory_hooks(&memory);
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.memory = &hooks;
  thalnet_center *net = support_net(SUPPORT_TASKS, &options);
  thalnet_batch *batch = support_batch(net, S, K);
  const float ones[S * K * 3] = {1.0f, 1.0f, 1.0f};
  for (int final = 0; final < 2; final++) {
    EXPECT_OK(thalnet_batch_begin(batch, S, K)); /* no labels: the host's gradient is all there is */
    if (final) {
      EXPECT_OK(thalnet_batch_set_final(batch, 2));
    }
    EXPECT_OK(thalnet_forward(net, batch, NULL));
    memory.fail_at = atomic_load(&memory.calls) + 1;
    EXPECT(final ? thalnet_batch_write_final_output_gradient(batch, 2, ones, S * 3)
                 : thalnet_batch_write_output_gradient(batch, 2, ones, S * K * 3),
           THALNET_ERROR_MEMORY);
    EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE); /* nothing was written */
    EXPECT_OK(final ? thalnet_batch_write_final_output_gradient(batch, 2, ones, S * 3)
                    : thalnet_batch_write_output_gradient(batch, 2, ones, S * K * 3));
    const long calls = atomic_load(&memory.calls); /* the room is there, and is written over */
    EXPECT_OK(final ? thalnet_batch_write_final_output_gradient(batch, 2, ones, S * 3)
                    : thalnet_batch_write_output_gradient(batch, 2, ones, S * K * 3));
    ck_assert_int_eq(atomic_load(&memory.calls), calls);
    EXPECT_OK(thalnet_backward(net, batch));
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

/* Gradients of inputs and states: asked for before, there after backward, for what was set. */
START_TEST(input_and_state_gradients) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_batch *batch = support_batch(net, S, K);
  thalnet_state *state = support_state(net, S);
  size_t size = thalnet_state_values(state);
  float inputs[S * K * 3], *states = malloc(S * size * sizeof *states), targets[S * K * 2] = {0.5f};
  support_fill(net, batch, S, K, 1);
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT(thalnet_batch_read_input_gradient(batch, 0, inputs, S * K * 3), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_read_state_gradient(batch, states, S * size), THALNET_ERROR_STATE);
  thalnet_batch_free(batch);
  options.input_gradients = options.state_gradients = 1;
  EXPECT_OK(thalnet_batch_create(net, S, K, &options, &batch));
  support_fill(net, batch, S, K, 1);
  EXPECT_OK(thalnet_forward(net, batch, state));
  EXPECT(thalnet_batch_read_input_gradient(batch, 0, inputs, S * K * 3), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_read_state_gradient(batch, states, S * size), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_backward(net, batch));
  EXPECT_OK(thalnet_batch_read_input_gradient(batch, 0, inputs, S * K * 3));
  EXPECT_OK(thalnet_batch_read_state_gradient(batch, states, S * size));
  ck_assert(inputs[0] != 0.0f && states[0] != 0.0f);
  EXPECT(thalnet_batch_read_input_gradient(batch, 1, inputs, S * K), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_read_input_gradient(batch, -1, inputs, S * K * 3), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_read_input_gradient(batch, 0, NULL, S * K * 3), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_read_input_gradient(batch, 0, inputs, S * K), THALNET_ERROR_SIZE);
  EXPECT(thalnet_batch_read_state_gradient(batch, NULL, S * size), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_read_state_gradient(batch, states, S * size - 1), THALNET_ERROR_SIZE);
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  EXPECT_OK(thalnet_batch_set_targets(batch, 1, targets, S * K * 2));
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT(thalnet_batch_read_input_gradient(batch, 0, inputs, S * K * 3), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_batch_read_state_gradient(batch, states, S * size));
  free(states);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* A host gradient is taken as it is and added: that of the loss, written by hand, gives twice the gradients. */
START_TEST(host_gradients_are_added) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, 1, 1);
  float x[3] = {0.1f, 0.2f, -0.4f}, p[4], bias[4];
  int32_t label = 2;
  EXPECT_OK(thalnet_batch_begin(batch, 1, 1));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, 3));
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, &label, 1));
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_read_output(batch, 0, p, 4));
  EXPECT_OK(thalnet_softmax(p, 4));
  p[label] -= 1.0f;
  EXPECT_OK(thalnet_batch_write_output_gradient(batch, 0, p, 4));
  EXPECT_OK(thalnet_backward(net, batch));
  EXPECT_OK(thalnet_center_read_gradient(net, "outputs.0.bias", bias, 4));
  for (int i = 0; i < 4; i++) {
    ck_assert(fabsf(bias[i] - 2.0f * p[i]) < 1e-6f);
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* What lies beyond a length may not get a gradient. */
START_TEST(host_gradients_beyond_a_length) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  float gradient[S * K * 3];
  int32_t lengths[S] = {4, 2, 0}, none[S * K];
  memset(none, 0xff, sizeof none);
  for (size_t i = 0; i < S * K * 3; i++) {
    gradient[i] = 0.25f;
  }
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, S));
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT(thalnet_batch_write_output_gradient(batch, 2, gradient, S * K * 3), THALNET_ERROR_DATA);
  memset(gradient + (K + 2) * 3, 0, (2 + K) * 3 * sizeof *gradient);
  EXPECT_OK(thalnet_batch_write_output_gradient(batch, 2, gradient, S * K * 3));
  EXPECT_OK(thalnet_backward(net, batch));
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {handles_are_checked,
                                backward_follows_forward_once,
                                backward_needs_something_to_go_back,
                                no_label_at_all_is_no_loss,
                                two_calls_or_one,
                                weights_must_fit_the_labels,
                                results_are_checked,
                                final_values_are_another_kind,
                                final_twice_keeps_final_labels,
                                no_memory_for_host_gradients,
                                input_and_state_gradients,
                                host_gradients_are_added,
                                host_gradients_beyond_a_length};
  return SUPPORT_RUN("batch_compute", tests);
}
