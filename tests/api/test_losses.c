/* SPDX-License-Identifier: MIT */
/* Small facts about inputs and losses: absent inputs, tokens, weighted means and their gradients. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { S = 4, K = 5 };

/* Computes a batch of SUPPORT_TASKS and gives its first output and all gradients. */
static void compute(thalnet_center *net, thalnet_batch *batch, float **output, float **gradients) {
  static int32_t labels[S * K];
  for (size_t i = 0; i < S * K; i++) {
    labels[i] = (int32_t)(i % 4);
  }
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, labels, S * K));
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  *output = support_output(net, batch, 0, S, K);
  *gradients = support_gradients(net);
  EXPECT_OK(thalnet_center_clear_gradients(net));
}

START_TEST(absent_inputs_are_zeros) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  size_t all = thalnet_center_parameter_count(net);
  float zeros[S * K * 3] = {0}, x[S * K * 3], *output[4], *gradients[4];
  int32_t none[S * K], tokens[S * K];
  memset(none, 0xff, sizeof none);
  support_randoms(x, S * K * 3, 1);
  for (size_t i = 0; i < S * K; i++) {
    tokens[i] = (int32_t)(i % 5);
  }
  for (int way = 0; way < 4; way++) {
    EXPECT_OK(thalnet_batch_begin(batch, S, K));
    if (way < 2) {
      EXPECT_OK(thalnet_batch_set_tokens(batch, 1, tokens, S * K));
    }
    if (way == 1) {
      EXPECT_OK(thalnet_batch_set_inputs(batch, 0, zeros, S * K * 3));
    }
    if (way > 1) {
      EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * 3));
    }
    if (way == 3) {
      EXPECT_OK(thalnet_batch_set_tokens(batch, 1, none, S * K));
    }
    compute(net, batch, &output[way], &gradients[way]);
  }
  for (int pair = 0; pair < 4; pair += 2) {
    ck_assert(support_distance(output[pair], output[pair + 1], S * K * 4) < 1e-6);
    ck_assert(support_distance(gradients[pair], gradients[pair + 1], all) < 1e-6);
  }
  ck_assert(support_distance(output[0], output[2], S * K * 4) > 1e-3);
  for (int way = 0; way < 4; way++) {
    free(output[way]);
    free(gradients[way]);
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

static thalnet_center *with_input(int32_t tokens) {
  thalnet_input_options options = THALNET_INPUT_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  options.tokens = tokens;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "t", 5, &options, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    if (i) {
      EXPECT_OK(thalnet_module_add_dense(module, 6, THALNET_TANH, NULL));
    } else {
      EXPECT_OK(thalnet_module_add_lstm(module, 4, NULL));
    }
    EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 3, NULL, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 4));
  return net;
}

START_TEST(tokens_are_one_hot_columns) {
  float *output[2], *gradients[2];
  size_t all = 0;
  for (int32_t dense = 0; dense < 2; dense++) {
    thalnet_center *net = with_input(!dense);
    thalnet_batch *batch = support_batch(net, S, K);
    int32_t tokens[S * K];
    float columns[S * K * 5] = {0};
    for (size_t i = 0; i < S * K; i++) {
      tokens[i] = (int32_t)(i * 7 % 6) - 1;
      if (tokens[i] >= 0) {
        columns[i * 5 + (size_t)tokens[i]] = 1.0f;
      }
    }
    EXPECT_OK(thalnet_batch_begin(batch, S, K));
    if (dense) {
      EXPECT_OK(thalnet_batch_set_inputs(batch, 0, columns, S * K * 5));
    } else {
      EXPECT_OK(thalnet_batch_set_tokens(batch, 0, tokens, S * K));
    }
    all = thalnet_center_parameter_count(net);
    compute(net, batch, &output[dense], &gradients[dense]);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
  ck_assert(support_distance(output[0], output[1], S * K * 4) < 1e-6);
  ck_assert(support_distance(gradients[0], gradients[1], all) < 1e-6);
  for (int32_t dense = 0; dense < 2; dense++) {
    free(output[dense]);
    free(gradients[dense]);
  }
}
END_TEST

/* Of more kinds of tokens than the rows of any product: their gradients are added one by one. */
START_TEST(tokens_of_many_kinds) {
  enum { KINDS = 3000 };
  float *gradients[2], *output[2];
  size_t all = 0;
  for (int32_t dense = 0; dense < 2; dense++) {
    const thalnet_input_options options = {sizeof options, !dense, 1};
    thalnet_center *net = NULL;
    thalnet_module *module;
    EXPECT_OK(thalnet_center_create(NULL, &net));
    EXPECT_OK(thalnet_center_add_input(net, "x", KINDS, &options, NULL));
    EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 5, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
    EXPECT_OK(thalnet_center_build(net, 4));
    thalnet_batch *batch = support_batch(net, S, K);
    float *columns = calloc(S * K * KINDS, sizeof *columns);
    int32_t tokens[S * K];
    for (size_t i = 0; i < S * K; i++) {
      tokens[i] = (int32_t)(i * 997 % (KINDS + 1)) - 1;
      if (tokens[i] >= 0) {
        columns[i * KINDS + (size_t)tokens[i]] = 1.0f;
      }
    }
    EXPECT_OK(thalnet_batch_begin(batch, S, K));
    EXPECT_OK(dense ? thalnet_batch_set_inputs(batch, 0, columns, S * K * KINDS)
                    : thalnet_batch_set_tokens(batch, 0, tokens, S * K));
    all = thalnet_center_parameter_count(net);
    compute(net, batch, &output[dense], &gradients[dense]);
    free(columns);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
  ck_assert(support_distance(output[0], output[1], S * K * 4) < 1e-6);
  ck_assert(support_distance(gradients[0], gradients[1], all) < 1e-6);
  for (int32_t dense = 0; dense < 2; dense++) {
    free(output[dense]);
    free(gradients[dense]);
  }
}
END_TEST

/* Labels whose weights are all zero are no labels. */
START_TEST(weights_of_zero_are_no_loss) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  const float zeros[S * K] = {0};
  support_fill(net, batch, S, K, 1);
  for (int32_t o = 0; o < 2; o++) {
    EXPECT_OK(thalnet_batch_set_weights(batch, o, zeros, S * K));
  }
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  float *gradients = support_gradients(net);
  for (int32_t o = 0; o < 2; o++) {
    thalnet_measure measure = THALNET_MEASURE_INIT;
    EXPECT_OK(thalnet_batch_measure(batch, o, &measure));
    ck_assert(measure.loss_sum == 0.0 && measure.weight_sum == 0.0);
  }
  for (size_t i = 0; i < thalnet_center_parameter_count(net); i++) {
    ck_assert(gradients[i] == 0.0f);
  }
  free(gradients);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* -log softmax of one label. */
static double entropy(const float *logits, int32_t label) {
  double sum = 0, largest = -INFINITY;
  for (int i = 0; i < 4; i++) {
    largest = fmax(largest, (double)logits[i]);
  }
  for (int i = 0; i < 4; i++) {
    sum += exp((double)logits[i] - largest);
  }
  return log(sum) + largest - (double)logits[label];
}

START_TEST(losses_are_weighted_means) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  int32_t labels[S * K];
  float weights[S * K], targets[S * K * 2], target_weights[S * K];
  support_fill(net, batch, S, K, 1);
  support_randoms(targets, S * K * 2, 5);
  for (size_t i = 0; i < S * K; i++) {
    labels[i] = (int32_t)(i % 5) - 1;
    weights[i] = (float)(i % 3) * 0.5f;
    target_weights[i] = (float)(i % 4);
  }
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, labels, S * K));
  EXPECT_OK(thalnet_batch_set_weights(batch, 0, weights, S * K));
  EXPECT_OK(thalnet_batch_set_targets(batch, 1, targets, S * K * 2));
  EXPECT_OK(thalnet_batch_set_weights(batch, 1, target_weights, S * K));
  EXPECT_OK(thalnet_batch_set_loss_weight(batch, 0, 7.0f)); /* of the gradient, not of what is measured */
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  float *logits = support_output(net, batch, 0, S, K), *values = support_output(net, batch, 1, S, K);
  double sums[2][S] = {{0}}, sum[2] = {0, 0}, weight[2] = {0, 0}, read[2][S];
  uint64_t counted[2] = {0, 0}, correct = 0;
  for (size_t i = 0; i < S * K; i++) {
    if (labels[i] >= 0 && weights[i] > 0.0f) {
      const float *row = logits + i * 4;
      double loss = (double)weights[i] * entropy(row, labels[i]);
      sums[0][i / K] += loss;
      weight[0] += (double)weights[i];
      counted[0]++;
      int best = 1;
      for (int k = 0; k < 4; k++) {
        best &= row[k] <= row[labels[i]];
      }
      correct += (uint64_t)best;
    }
    double a = (double)values[2 * i] - (double)targets[2 * i],
           b = (double)values[2 * i + 1] - (double)targets[2 * i + 1];
    sums[1][i / K] += (double)target_weights[i] * (a * a + b * b) / 2;
    weight[1] += (double)target_weights[i];
    counted[1] += target_weights[i] > 0.0f;
  }
  for (int32_t o = 0; o < 2; o++) {
    thalnet_measure measure = THALNET_MEASURE_INIT;
    EXPECT_OK(thalnet_batch_measure(batch, o, &measure));
    EXPECT_OK(thalnet_batch_read_losses(batch, o, read[o], S));
    for (size_t i = 0; i < S; i++) {
      ck_assert_double_eq_tol(read[o][i], sums[o][i], 1e-5);
      sum[o] += sums[o][i];
    }
    ck_assert_double_eq_tol(measure.loss_sum, sum[o], 1e-5);
    ck_assert_double_eq_tol(measure.weight_sum, weight[o], 1e-9);
    ck_assert_uint_eq(measure.labels, counted[o]);
    ck_assert_uint_eq(measure.correct, o ? 0 : correct);
  }
  free(logits);
  free(values);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* The gradient is that of loss weight * weighted mean: scaling all weights changes nothing, the loss weight scales
 * it. */
START_TEST(gradients_are_of_the_mean) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  size_t all = thalnet_center_parameter_count(net);
  float *gradients[3];
  for (int way = 0; way < 3; way++) {
    float weights[S * K];
    for (size_t i = 0; i < S * K; i++) {
      weights[i] = (float)(1 + i % 3) * (way == 1 ? 4.0f : 1.0f);
    }
    support_fill(net, batch, S, K, 1);
    EXPECT_OK(thalnet_batch_set_weights(batch, 0, weights, S * K));
    EXPECT_OK(thalnet_batch_set_loss_weight(batch, 0, way == 2 ? 0.25f : 1.0f));
    EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
    gradients[way] = support_gradients(net);
    EXPECT_OK(thalnet_center_clear_gradients(net));
  }
  ck_assert(support_distance(gradients[0], gradients[1], all) < 1e-6);
  for (size_t i = 0; i < all; i++) {
    gradients[2][i] *= 4.0f;
  }
  ck_assert(support_distance(gradients[0], gradients[2], all) < 1e-6);
  for (int way = 0; way < 3; way++) {
    free(gradients[way]);
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* Of this batch object: stays over begin, is in what training and evaluation measure, leaves hits and other batches alone,
 * and 0 is the plain loss again to the last bit. */
START_TEST(smoothing_stays_until_set_again) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, S, K), *other = support_batch(net, S, K);
  thalnet_measure measures[5], measure = THALNET_MEASURE_INIT;
  for (int round = 0; round < 5; round++) {
    thalnet_batch *used = round == 4 ? other : batch;
    if (round == 0) EXPECT_OK(thalnet_batch_set_label_smoothing(batch, 0, 0.25f)); /* before begin */
    if (round == 3) EXPECT_OK(thalnet_batch_set_label_smoothing(batch, 0, 0.0f));
    support_fill(net, used, S, K, 1);
    EXPECT_OK(round == 1 ? thalnet_forward(net, used, NULL) : thalnet_forward_backward(net, used, NULL));
    measures[round] = measure;
    EXPECT_OK(thalnet_batch_measure(used, 0, &measures[round]));
  }
  for (int round = 1; round < 3; round++) {
    ck_assert_int_eq(memcmp(&measures[round], &measures[0], sizeof measure), 0);
  }
  ck_assert_int_eq(memcmp(&measures[3], &measures[4], sizeof measure), 0);
  ck_assert_double_gt(fabs(measures[0].loss_sum - measures[4].loss_sum), 1e-6);
  ck_assert_uint_eq(measures[0].correct, measures[4].correct);
  ck_assert_uint_eq(measures[0].labels, measures[4].labels);
  thalnet_batch_free(batch);
  thalnet_batch_free(other);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {absent_inputs_are_zeros,    tokens_are_one_hot_columns,      losses_are_weighted_means,
                                gradients_are_of_the_mean,  smoothing_stays_until_set_again, tokens_of_many_kinds,
                                weights_of_zero_are_no_loss};
  return SUPPORT_RUN("losses", tests);
}
