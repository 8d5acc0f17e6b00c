/* SPDX-License-Identifier: MIT */
/* Small facts about what is computed: empty batches, lengths, resets, the order of calls, rows on their own. Inputs and
 * losses are in test_losses.c, memory and time in test_semantics_state.c and test_time.c. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { S = 4, K = 5 };

/* A short sequence beside a long one: a network whose memory grows without bound must not overflow in the frames that the
 * short one does not have, where infinite times a gradient of zero would spoil the sums. */
START_TEST(padding_stays_at_rest) {
  enum { LONG = 250 };
  thalnet_center *net;
  thalnet_module *module;
  thalnet_batch *batch;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 1, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 1, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_dense(module, 1, THALNET_RELU, NULL));
  EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 1, NULL, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_center_build(net, 1));
  const float weight[2] = {1, 1}, bias = 0, reading = 1.5f; /* phi grows by half a step */
  EXPECT_OK(thalnet_center_write(net, "modules.0.layers.0.weight", weight, 2));
  EXPECT_OK(thalnet_center_write(net, "modules.0.layers.0.bias", &bias, 1));
  EXPECT_OK(thalnet_center_write(net, "modules.0.reader.weight", &reading, 1));
  EXPECT_OK(thalnet_batch_create(net, 2, LONG, NULL, &batch));
  static float inputs[2 * LONG], targets[2 * LONG];
  const int32_t both[2] = {1, LONG};
  inputs[0] = 1;
  EXPECT_OK(thalnet_batch_begin(batch, 2, LONG));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, inputs, 2 * LONG));
  EXPECT_OK(thalnet_batch_set_targets(batch, 0, targets, 2 * LONG));
  EXPECT_OK(thalnet_batch_set_lengths(batch, both, 2));
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  float gradient[16];
  const size_t all = thalnet_center_parameter_count(net);
  ck_assert_uint_le(all, 16);
  EXPECT_OK(thalnet_center_read_gradient(net, NULL, gradient, all));
  for (size_t i = 0; i < all; i++) ck_assert_float_finite(gradient[i]);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

START_TEST(nothing_to_do) {
  for (int32_t kind = 0; kind < SUPPORT_KINDS; kind++) {
    thalnet_center *net = support_net(kind, NULL);
    thalnet_batch *batch = support_batch(net, S, K);
    thalnet_state *state = support_state(net, S);
    float row[200];
    size_t size = thalnet_state_values(state);
    support_randoms(row, size, 2);
    EXPECT_OK(thalnet_state_write(state, 1, row, size));
    float *before = support_rows(state), none[1] = {0};
    static const size_t shapes[][2] = {{0, K}, {S, 0}, {0, 0}};
    for (size_t i = 0; i < 3; i++) {
      thalnet_measure measure = THALNET_MEASURE_INIT;
      support_fill(net, batch, shapes[i][0], shapes[i][1], 1);
      EXPECT_OK(thalnet_forward(net, batch, state));
      EXPECT_OK(thalnet_forward(net, batch, NULL));
      EXPECT_OK(thalnet_backward(net, batch));
      EXPECT_OK(thalnet_forward_backward(net, batch, state));
      EXPECT_OK(thalnet_batch_measure(batch, 0, &measure));
      ck_assert(measure.loss_sum == 0 && measure.weight_sum == 0 && measure.labels == 0);
      EXPECT_OK(thalnet_batch_read_output(batch, 0, none, 0));
      float *after = support_rows(state), *gradients = support_gradients(net);
      ck_assert(support_same(before, after, S * size));
      for (size_t k = 0; k < thalnet_center_parameter_count(net); k++) {
        ck_assert(gradients[k] == 0.0f);
      }
      free(after);
      free(gradients);
    }
    free(before);
    thalnet_state_free(state);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

/* NULL is fine where there is nothing to copy. */
START_TEST(nothing_may_be_null) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  EXPECT_OK(thalnet_batch_begin(batch, 0, K));
  EXPECT_EITHER(thalnet_batch_set_inputs(batch, 0, NULL, 0), THALNET_OK, THALNET_ERROR_ARGUMENT);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_EITHER(thalnet_batch_read_output(batch, 0, NULL, 0), THALNET_OK, THALNET_ERROR_ARGUMENT);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* A row of a batch with lengths is the same row alone, and what lies beyond its length is never looked at. */
START_TEST(rows_have_lengths) {
  for (int32_t kind = 0; kind < SUPPORT_RATES; kind++) {
    thalnet_center *net = support_net(kind, NULL);
    thalnet_batch *batch = support_batch(net, S, K);
    thalnet_state *state = support_state(net, S);
    size_t size = thalnet_state_values(state), width = thalnet_center_output_size(net, 0);
    int32_t lengths[S] = {5, 2, 0, 1};
    float x[S * K * 3], start[200], *first;
    support_randoms(x, S * K * 3, 3);
    support_randoms(start, size, 4);
    for (size_t i = 0; i < S; i++) {
      EXPECT_OK(thalnet_state_write(state, i, start, size));
      for (size_t k = (i * K + (size_t)lengths[i]) * 3; k < (i + 1) * K * 3; k++) {
        x[k] = NAN;
      }
    }
    EXPECT_OK(thalnet_batch_begin(batch, S, K));
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * 3));
    EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, S));
    EXPECT_OK(thalnet_forward(net, batch, state));
    float *output = support_output(net, batch, 0, S, K), *rows = support_rows(state);
    for (size_t i = 0; i < S; i++) {
      thalnet_state *own = support_state(net, 1);
      size_t length = (size_t)lengths[i];
      EXPECT_OK(thalnet_state_write(own, 0, start, size));
      EXPECT_OK(thalnet_batch_begin(batch, 1, length));
      EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x + i * K * 3, length * 3));
      EXPECT_OK(thalnet_forward(net, batch, own));
      first = support_output(net, batch, 0, 1, length);
      ck_assert(support_distance(first, output + i * K * width, length * width) < 1e-6);
      for (size_t k = length * width; k < K * width; k++) {
        ck_assert(output[i * K * width + k] == 0.0f);
      }
      free(first);
      first = support_rows(own);
      ck_assert(support_distance(first, rows + i * size, size) < 1e-6);
      if (length == 0) {
        ck_assert(support_same(rows + i * size, start, size));
      }
      free(first);
      thalnet_state_free(own);
    }
    free(output);
    free(rows);
    thalnet_state_free(state);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

START_TEST(a_label_beyond_a_length) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  thalnet_state *state = support_state(net, S);
  int32_t lengths[S] = {5, 2, 0, 1}, labels[S * K];
  memset(labels, 0xff, sizeof labels);
  labels[0] = labels[K + 1] = 2;
  support_fill(net, batch, S, K, 1);
  EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, S));
  EXPECT(thalnet_forward(net, batch, state), THALNET_ERROR_DATA);
  EXPECT(thalnet_forward_backward(net, batch, state), THALNET_ERROR_DATA);
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, labels, S * K));
  EXPECT_OK(thalnet_forward(net, batch, state));
  for (size_t i = 0; i < 3; i++) {
    static const size_t beyond[] = {K + 2, 2 * K, 4 * K - 1};
    labels[beyond[i]] = 0;
    EXPECT_OK(thalnet_batch_set_labels(batch, 0, labels, S * K));
    EXPECT(thalnet_forward(net, batch, state), THALNET_ERROR_DATA);
    EXPECT(thalnet_forward_backward(net, batch, state), THALNET_ERROR_DATA);
    labels[beyond[i]] = -1;
  }
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, labels, S * K));
  EXPECT_OK(thalnet_forward_backward(net, batch, state));
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* A sequence that is reset in the middle is two sequences, one after the other; no gradient crosses. */
START_TEST(resets_cut_sequences) {
  for (int32_t kind = 0; kind < SUPPORT_TASKS; kind++) {
    thalnet_center *net = support_net(kind, NULL);
    thalnet_batch *batch = support_batch(net, 2, K);
    size_t all = thalnet_center_parameter_count(net);
    uint8_t resets[K] = {0, 0, 1, 0, 0};
    int32_t lengths[2] = {2, 3}, labels[2 * K], none[2 * K];
    float x[2 * K * 3];
    memset(none, 0xff, sizeof none);
    for (size_t i = 0; i < 2 * K; i++) {
      labels[i] = (int32_t)(i % 4);
    }
    support_randoms(x, K * 3, 3);
    EXPECT_OK(thalnet_batch_begin(batch, 1, K));
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, K * 3));
    EXPECT_OK(thalnet_batch_set_labels(batch, 0, labels, K));
    EXPECT_OK(thalnet_batch_set_resets(batch, resets, K));
    EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
    float *one = support_output(net, batch, 0, 1, K), *gradient = support_gradients(net);
    memmove(x + K * 3, x + 2 * 3, 3 * 3 * sizeof *x);
    memcpy(none, labels, 2 * sizeof *none);
    memcpy(none + K, labels + 2, 3 * sizeof *none);
    EXPECT_OK(thalnet_center_clear_gradients(net));
    EXPECT_OK(thalnet_batch_begin(batch, 2, K));
    EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, 2));
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, 2 * K * 3));
    EXPECT_OK(thalnet_batch_set_labels(batch, 0, none, 2 * K));
    EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
    float *two = support_output(net, batch, 0, 2, K), *split = support_gradients(net);
    ck_assert(support_distance(one, two, 2 * 4) < 1e-6);
    ck_assert(support_distance(one + 2 * 4, two + K * 4, 3 * 4) < 1e-6);
    ck_assert(support_distance(gradient, split, all) < 1e-5);
    free(one);
    free(two);
    free(gradient);
    free(split);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

/* The order after begin is free, and setting again replaces. */
START_TEST(the_order_is_free) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  int32_t lengths[S] = {5, 3, 1, 5}, labels[S * K], tokens[S * K], other[S * K] = {3, 1, 2};
  float x[S * K * 3], weights[S * K], wrong[S * K * 3] = {9.0f};
  uint8_t resets[S * K] = {0, 1};
  double losses[2];
  support_randoms(x, S * K * 3, 2);
  for (size_t i = 0; i < S * K; i++) {
    labels[i] = (int32_t)(i % K) < lengths[i / K] ? (int32_t)(i % 4) : -1;
    tokens[i] = (int32_t)(i % 5);
    weights[i] = (float)(i % 2);
  }
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * 3));
  EXPECT_OK(thalnet_batch_set_tokens(batch, 1, tokens, S * K));
  EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, S));
  EXPECT_OK(thalnet_batch_set_resets(batch, resets, S * K));
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, labels, S * K));
  EXPECT_OK(thalnet_batch_set_weights(batch, 0, weights, S * K));
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  losses[0] = support_loss(batch, 0);
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  EXPECT_OK(thalnet_batch_set_weights(batch, 0, weights, S * K));
  EXPECT_OK(thalnet_batch_set_final_labels(batch, 0, other, S));
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, labels, S * K));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, wrong, S * K * 3));
  EXPECT_OK(thalnet_batch_set_resets(batch, resets, S * K));
  EXPECT_OK(thalnet_batch_set_tokens(batch, 1, other, S * K));
  EXPECT_OK(thalnet_batch_set_tokens(batch, 1, tokens, S * K));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * 3));
  EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, S));
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  losses[1] = support_loss(batch, 0);
  ck_assert(losses[0] == losses[1]);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* With other contents, what was computed is no longer theirs. */
START_TEST(new_contents_make_results_stale) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  thalnet_measure measure = THALNET_MEASURE_INIT;
  float x[S * K * 3] = {0}, y[S * K * 4];
  int32_t n[S * K] = {0};
  for (int way = 0; way < 4; way++) {
    support_fill(net, batch, S, K, 1);
    EXPECT_OK(thalnet_forward(net, batch, NULL));
    if (way == 0) {
      EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * 3));
    }
    if (way == 1) {
      EXPECT_OK(thalnet_batch_set_labels(batch, 0, n, S * K));
    }
    if (way == 2) {
      EXPECT_OK(thalnet_batch_set_tokens(batch, 1, n, S * K));
    }
    if (way == 3) {
      EXPECT_OK(thalnet_batch_begin(batch, S, K));
    }
    EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE);
    EXPECT(thalnet_batch_measure(batch, 0, &measure), THALNET_ERROR_STATE);
    EXPECT(thalnet_batch_read_output(batch, 0, y, S * K * 4), THALNET_ERROR_STATE);
    EXPECT(thalnet_batch_write_output_gradient(batch, 0, y, S * K * 4), THALNET_ERROR_STATE);
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* NaN in one row stays there. */
START_TEST(rows_are_on_their_own) {
  static const float bad[] = {NAN, INFINITY, 3e38f};
  for (int32_t kind = 0; kind < SUPPORT_TASKS; kind++) {
    thalnet_center *net = support_net(kind, NULL);
    thalnet_batch *batch = support_batch(net, S, K);
    float x[S * K * 3], *clean = NULL;
    support_randoms(x, S * K * 3, 5);
    for (size_t i = 0; i < 4; i++) {
      if (i > 0) {
        x[K * 3 + 4] = bad[i - 1];
      } /* second frame of the second row */
      EXPECT_OK(thalnet_batch_begin(batch, S, K));
      EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * 3));
      EXPECT_OK(thalnet_forward(net, batch, NULL));
      float *output = support_output(net, batch, 0, S, K);
      if (i == 0) {
        clean = output;
        continue;
      }
      ck_assert(support_same(clean, output, K * 4 + 4)); /* the first row, and the first frame of the second */
      ck_assert(support_same(clean + 2 * K * 4, output + 2 * K * 4, 2 * K * 4));
      if (i == 1) {
        ck_assert(isnan(output[2 * K * 4 - 1]));
      }
      free(output);
    }
    free(clean);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
      padding_stays_at_rest,   nothing_to_do,        nothing_may_be_null, rows_have_lengths,
      a_label_beyond_a_length, resets_cut_sequences, the_order_is_free,   new_contents_make_results_stale,
      rows_are_on_their_own};
  return SUPPORT_RUN("semantics", tests);
}
