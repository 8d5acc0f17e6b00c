/* SPDX-License-Identifier: MIT */
/* batch.h: creating a batch and setting its contents. Computing is in test_batch_compute.c. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { S = 3, K = 4 };

static void refuses(const thalnet_center *net, size_t sequences, size_t frames, const thalnet_batch_options *options,
                    thalnet_status one, thalnet_status other) {
  int storage = 0;
  thalnet_batch *batch = (thalnet_batch *)(void *)&storage;
  thalnet_batch_size size = THALNET_BATCH_SIZE_INIT;
  EXPECT_EITHER(thalnet_batch_create(net, sequences, frames, options, &batch), one, other);
  ck_assert_ptr_null(batch);
  EXPECT_EITHER(thalnet_batch_measure_memory(net, sequences, frames, options, 0, &size), one, other);
}

START_TEST(create_refuses) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_batch_size size = THALNET_BATCH_SIZE_INIT;
  thalnet_state *state = support_state(net, 1);
  EXPECT(thalnet_batch_create(net, 1, 1, NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_measure_memory(net, 1, 1, NULL, 0, NULL), THALNET_ERROR_ARGUMENT);
  refuses(NULL, 1, 1, NULL, THALNET_ERROR_HANDLE, THALNET_ERROR_HANDLE);
  refuses((const thalnet_center *)(void *)state, 1, 1, NULL, THALNET_ERROR_HANDLE, THALNET_ERROR_HANDLE);
  refuses(net, 0, 1, NULL, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  refuses(net, 1, 0, NULL, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  refuses(net, SIZE_MAX, 1, NULL, THALNET_ERROR_OVERFLOW, THALNET_ERROR_OVERFLOW);
  refuses(net, 1, SIZE_MAX, NULL, THALNET_ERROR_OVERFLOW, THALNET_ERROR_OVERFLOW);
  refuses(net, SIZE_MAX, SIZE_MAX, NULL, THALNET_ERROR_OVERFLOW, THALNET_ERROR_OVERFLOW);
  refuses(net, (size_t)1 << 33, (size_t)1 << 33, NULL, THALNET_ERROR_OVERFLOW, THALNET_ERROR_OVERFLOW);
  refuses(net, 1, (size_t)1 << 31, NULL, THALNET_ERROR_OVERFLOW, THALNET_ERROR_OVERFLOW);
  refuses(net, (size_t)1 << 31, 1, NULL, THALNET_ERROR_OVERFLOW, THALNET_ERROR_OVERFLOW);
  options.for_backward = 2;
  refuses(net, 1, 1, &options, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  options.for_backward = 1;
  options.reserved = 1;
  refuses(net, 1, 1, &options, THALNET_ERROR_VERSION, THALNET_ERROR_ARGUMENT);
  options.reserved = 0;
  options.struct_size = 5;
  refuses(net, 1, 1, &options, THALNET_ERROR_VERSION, THALNET_ERROR_VERSION);
  EXPECT_OK(thalnet_batch_measure_memory(net, 1, 1, NULL, 0, &size));
  ck_assert_uint_gt(size.bytes, 0);
  size.struct_size--;
  EXPECT(thalnet_batch_measure_memory(net, 1, 1, NULL, 0, &size), THALNET_ERROR_VERSION);
  thalnet_state_free(state);
  thalnet_center_free(net);
}
END_TEST

/* What a batch takes in all, once full batches have been computed: an upper bound that is not far off.
 * `both`: also thalnet_forward and thalnet_backward, which keep the activations of all chunks. */
static void measures_memory(int32_t chunk, int both, const thalnet_dropout_options *dropout) {
  for (int32_t i = 0; i < 2 * SUPPORT_KINDS; i++) {
    const int32_t kind = i / 2;
    struct support_memory memory = {0};
    thalnet_memory hooks = support_memory_hooks(&memory);
    thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
    thalnet_center *net;
    thalnet_batch *batch;
    thalnet_batch_size size = THALNET_BATCH_SIZE_INIT, resets = THALNET_BATCH_SIZE_INIT;
    options.memory = &hooks;
    options.chunk_sequences = chunk;
    options.in_order = i % 2;
    net = support_net(kind, &options);
    batch = support_batch(net, 1, 1); /* the gradients of the center come with the first batch for training */
    EXPECT_OK(thalnet_batch_measure_memory(net, 20, 10, NULL, 0, &size));
    EXPECT_OK(thalnet_batch_measure_memory(net, 20, 10, NULL, 10, &resets));
    ck_assert_uint_ge(resets.bytes, size.bytes);
    ck_assert_uint_gt(size.dropout_bytes, size.bytes);
    ck_assert_uint_gt(size.every_step_bytes, size.dropout_bytes);
    const uint64_t bytes = both                                     ? size.two_call_bytes
                           : dropout != NULL && dropout->every_step ? size.every_step_bytes
                           : dropout != NULL                        ? size.dropout_bytes
                                                                    : size.bytes;
    long before = atomic_load(&memory.bytes);
    thalnet_batch_free(batch);
    long least = before - atomic_load(&memory.bytes);
    ck_assert_int_gt(least, 0);
    before = atomic_load(&memory.bytes);
    batch = support_batch(net, 20, 10);
    EXPECT_OK(thalnet_batch_set_dropout(batch, dropout));
    for (int step = 0; step < 2; step++) {
      support_fill(net, batch, 20, 10, 3);
      EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
      if (!both) {
        continue;
      }
      EXPECT_OK(thalnet_forward(net, batch, NULL));
      EXPECT_OK(thalnet_backward(net, batch));
    }
    uint64_t taken = (uint64_t)(atomic_load(&memory.bytes) - before);
    ck_assert_msg(taken <= bytes, "kind %d, chunks of %d takes %llu, was told %llu", (int)kind, (int)chunk,
                  (unsigned long long)taken, (unsigned long long)bytes);
    ck_assert_msg(taken * 2 >= bytes, "kind %d takes %llu, was told %llu", (int)kind, (unsigned long long)taken,
                  (unsigned long long)bytes);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
  }
}

START_TEST(measure_memory_is_true) {
  measures_memory(0, 0, NULL);
  measures_memory(3, 0, NULL);
}
END_TEST

START_TEST(measure_memory_is_true_with_dropout) {
  thalnet_dropout_options dropout = {sizeof dropout, 0.5f, 0.5f, 0.5f, 0};
  measures_memory(0, 0, &dropout);
  measures_memory(3, 0, &dropout);
  dropout.every_step = 1;
  measures_memory(0, 0, &dropout);
  measures_memory(3, 0, &dropout);
}
END_TEST

START_TEST(measure_memory_is_true_for_two_calls) {
  measures_memory(0, 1, NULL);
  measures_memory(3, 1, NULL);
}
END_TEST

/* Every set_ call before begin. */
START_TEST(nothing_is_set_before_begin) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  static const float values[100] = {0};
  static const int32_t numbers[100] = {0};
  static const uint8_t bytes[100] = {0};
  static const uint64_t ids[100] = {0};
  EXPECT(thalnet_batch_set_inputs(batch, 0, values, 36), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_set_tokens(batch, 1, numbers, 12), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_set_lengths(batch, numbers, 3), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_set_resets(batch, bytes, 12), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_set_ids(batch, ids, 3), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_set_labels(batch, 0, numbers, 12), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_set_final_labels(batch, 0, numbers, 3), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_set_targets(batch, 1, values, 24), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_set_final_targets(batch, 1, values, 6), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_set_final(batch, 2), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_set_weights(batch, 0, values, 12), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_batch_set_epoch(batch, 3));
  EXPECT_OK(thalnet_batch_set_input_dropout(batch, 0, 0.5f));
  EXPECT_OK(thalnet_batch_set_loss_weight(batch, 0, 0.5f));
  EXPECT(thalnet_forward(net, batch, NULL), THALNET_ERROR_STATE);
  EXPECT(thalnet_forward_backward(net, batch, NULL), THALNET_ERROR_STATE);
  EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

START_TEST(begin_checks_the_shape) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  EXPECT(thalnet_batch_begin(NULL, 1, 1), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_batch_begin((thalnet_batch *)(void *)net, 1, 1), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_batch_begin(batch, S + 1, K), THALNET_ERROR_SIZE);
  EXPECT(thalnet_batch_begin(batch, S, K + 1), THALNET_ERROR_SIZE);
  EXPECT(thalnet_batch_begin(batch, SIZE_MAX, SIZE_MAX), THALNET_ERROR_SIZE);
  EXPECT(thalnet_forward(net, batch, NULL), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  EXPECT_OK(thalnet_batch_begin(batch, 1, 1));
  EXPECT_OK(thalnet_batch_begin(batch, 0, K));
  EXPECT_OK(thalnet_batch_begin(batch, S, 0));
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* The numbers of inputs and outputs that do not exist or are of another kind, for every set_ call. */
START_TEST(kinds_are_checked) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  static const float v[100] = {0};
  static const int32_t n[100] = {0};
  static const int32_t nobody[] = {-1, 3, INT32_MAX, INT32_MIN};
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  EXPECT(thalnet_batch_set_inputs(batch, 1, v, 12), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_inputs(batch, 2, v, 12), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_tokens(batch, 0, n, 12), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_labels(batch, 1, n, 12), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_labels(batch, 2, n, 12), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_final_labels(batch, 1, n, 3), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_targets(batch, 0, v, 48), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_targets(batch, 2, v, 36), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_final_targets(batch, 0, v, 12), THALNET_ERROR_ARGUMENT);
  for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
    EXPECT(thalnet_batch_set_inputs(batch, nobody[i], v, 36), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_set_tokens(batch, nobody[i], n, 12), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_set_input_dropout(batch, nobody[i], 0.5f), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_set_variational_input_dropout(batch, nobody[i], 0.5f), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_set_labels(batch, nobody[i], n, 12), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_set_final_labels(batch, nobody[i], n, 3), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_set_targets(batch, nobody[i], v, 24), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_set_final_targets(batch, nobody[i], v, 6), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_set_final(batch, nobody[i]), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_set_weights(batch, nobody[i], v, 12), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_set_loss_weight(batch, nobody[i], 1.0f), THALNET_ERROR_ARGUMENT);
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* Every count that is not the shape's, and no values at all. */
START_TEST(counts_are_checked) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S + 1, K + 1);
  static const float v[100] = {0};
  static const int32_t n[100] = {0};
  static const uint8_t r[100] = {0};
  static const uint64_t ids[100] = {0};
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
#define COUNTED(call, right)                                                                                           \
  for (size_t i = 0; i < 4; i++) {                                                                                     \
    size_t count = i == 0 ? 0 : i == 1 ? (right)-1 : i == 2 ? (right) + 1 : SIZE_MAX;                                  \
    EXPECT(call, THALNET_ERROR_SIZE);                                                                                  \
  }
  COUNTED(thalnet_batch_set_inputs(batch, 0, v, count), S * K * 3)
  COUNTED(thalnet_batch_set_tokens(batch, 1, n, count), S * K)
  COUNTED(thalnet_batch_set_lengths(batch, n, count), S)
  COUNTED(thalnet_batch_set_resets(batch, r, count), S * K)
  COUNTED(thalnet_batch_set_ids(batch, ids, count), S)
  COUNTED(thalnet_batch_set_labels(batch, 0, n, count), S * K)
  COUNTED(thalnet_batch_set_final_labels(batch, 0, n, count), S)
  COUNTED(thalnet_batch_set_targets(batch, 1, v, count), S * K * 2)
  COUNTED(thalnet_batch_set_final_targets(batch, 1, v, count), S * 2)
#undef COUNTED
  EXPECT(thalnet_batch_set_inputs(batch, 0, NULL, S * K * 3), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_tokens(batch, 1, NULL, S * K), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_lengths(batch, NULL, S), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_resets(batch, NULL, S * K), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_ids(batch, NULL, S), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_labels(batch, 0, NULL, S * K), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_final_labels(batch, 0, NULL, S), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_targets(batch, 1, NULL, S * K * 2), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_final_targets(batch, 1, NULL, S * 2), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_weights(batch, 0, NULL, S * K), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_batch_set_weights(batch, 0, v, S * K + 1), THALNET_ERROR_SIZE);
  EXPECT(thalnet_batch_set_weights(batch, 0, v, 0), THALNET_ERROR_SIZE);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* Data out of range anywhere in the array: refused, and what was set before still counts. */
START_TEST(data_is_checked) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  support_fill(net, batch, S, K, 4);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  float *before = support_output(net, batch, 0, S, K);
  double loss = support_loss(batch, 0);
  static const int32_t bad[] = {-2, 5, INT32_MAX, INT32_MIN};
  static const float bad_weights[] = {-1.0f, NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < 4; i++) {
    for (size_t place = 0; place < S * K; place += S * K - 1) {
      int32_t n[S * K] = {0};
      uint8_t r[S * K] = {0};
      float w[S * K] = {0};
      n[place] = bad[i];
      r[place] = (uint8_t)(i == 0 ? 2 : i == 1 ? 255 : 128);
      w[place] = bad_weights[i];
      EXPECT(thalnet_batch_set_tokens(batch, 1, n, S * K), THALNET_ERROR_DATA);
      EXPECT(thalnet_batch_set_labels(batch, 0, n, S * K), THALNET_ERROR_DATA);
      EXPECT(thalnet_batch_set_resets(batch, r, S * K), THALNET_ERROR_DATA);
      EXPECT(thalnet_batch_set_weights(batch, 0, w, S * K), THALNET_ERROR_DATA);
      EXPECT(thalnet_batch_set_weights(batch, 1, w, S * K), THALNET_ERROR_DATA);
      if (place > 0) {
        continue;
      }
      EXPECT(thalnet_batch_set_final_labels(batch, 0, n, S), THALNET_ERROR_DATA);
      if (bad[i] != -2) {
        EXPECT(thalnet_batch_set_lengths(batch, n, S), THALNET_ERROR_DATA);
      }
    }
  }
  int32_t four[S * K] = {4}, minus[S] = {-1, 0, 0}, none[S * K];
  memset(none, 0xff, sizeof none);
  EXPECT(thalnet_batch_set_labels(batch, 0, four, S * K), THALNET_ERROR_DATA);
  EXPECT(thalnet_batch_set_lengths(batch, minus, S), THALNET_ERROR_DATA);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  float *after = support_output(net, batch, 0, S, K);
  ck_assert(support_same(before, after, S * K * 4));
  ck_assert(loss == support_loss(batch, 0));
  EXPECT_OK(thalnet_batch_set_tokens(batch, 1, four, S * K));
  EXPECT_OK(thalnet_batch_set_tokens(batch, 1, none, S * K));
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, none, S * K));
  free(before);
  free(after);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

START_TEST(rates_and_weights_are_checked) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  static const float rates[] = {-0.1f, 1.0f, 1.5f, -INFINITY, INFINITY, NAN};
  static const float weights[] = {-1.0f, -INFINITY, INFINITY, NAN};
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
    EXPECT(thalnet_batch_set_input_dropout(batch, 0, rates[i]), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_set_input_dropout(batch, 1, rates[i]), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_batch_set_variational_input_dropout(batch, i % 2, rates[i]), THALNET_ERROR_ARGUMENT);
  }
  for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++) {
    EXPECT(thalnet_batch_set_loss_weight(batch, 0, weights[i]), THALNET_ERROR_ARGUMENT);
  }
  for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
    EXPECT(thalnet_batch_set_label_smoothing(batch, 0, rates[i]), THALNET_ERROR_ARGUMENT);
  }
  EXPECT(thalnet_batch_set_label_smoothing(batch, 1, 0.1f), THALNET_ERROR_ARGUMENT); /* squared errors */
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "mean_squared_error"));
  EXPECT(thalnet_batch_set_label_smoothing(batch, 99, 0.1f), THALNET_ERROR_ARGUMENT);
  EXPECT_OK(thalnet_batch_set_label_smoothing(batch, 0, 0.999f));
  EXPECT_OK(thalnet_batch_set_input_dropout(batch, 0, 0.0f));
  EXPECT_OK(thalnet_batch_set_input_dropout(batch, 1, 0.999f));
  EXPECT_OK(thalnet_batch_set_loss_weight(batch, 0, 0.0f));
  EXPECT_OK(thalnet_batch_set_loss_weight(batch, 1, 1e6f));
  EXPECT(thalnet_batch_set_epoch(NULL, 1), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_batch_set_input_dropout(NULL, 0, 0.5f), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_batch_set_loss_weight(NULL, 0, 0.5f), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_batch_set_label_smoothing(NULL, 0, 0.5f), THALNET_ERROR_HANDLE);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

START_TEST(softmax_is_checked) {
  float values[4] = {1000.0f, 1000.0f, -1000.0f, 999.0f}, one = -5.0f;
  EXPECT(thalnet_softmax(NULL, 4), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_softmax(values, 0), THALNET_ERROR_ARGUMENT);
  EXPECT_OK(thalnet_softmax(values, 4));
  double sum = 0, e = exp(-1.0);
  for (int i = 0; i < 4; i++) {
    sum += (double)values[i];
  }
  ck_assert_double_eq_tol(sum, 1.0, 1e-6);
  ck_assert_double_eq_tol((double)values[0], 1.0 / (2.0 + e), 1e-6);
  ck_assert_double_eq_tol((double)values[3], e / (2.0 + e), 1e-6);
  ck_assert(values[2] >= 0.0f && values[2] < 1e-30f);
  EXPECT_OK(thalnet_softmax(&one, 1));
  ck_assert(one == 1.0f);
}
END_TEST

/* Counts that grow are measured until they do not fit, and never again: nothing wraps on the way. */
static void climb(const thalnet_center *net, size_t sequences, int for_backward) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  options.for_backward = options.input_gradients = options.state_gradients = for_backward;
  uint64_t before[4] = {0};
  int full = 0;
  for (double frames = 1; frames < 1.8e19; frames = frames * 1.07 + 1) {
    thalnet_batch_size size = THALNET_BATCH_SIZE_INIT;
    const size_t count = frames < (double)SIZE_MAX ? (size_t)frames : SIZE_MAX;
    const thalnet_status status = thalnet_batch_measure_memory(net, sequences, count, &options, 0, &size);
    ck_assert_msg(status == THALNET_ERROR_OVERFLOW || (status == THALNET_OK && !full), "%zu x %zu: %s", sequences,
                  count, thalnet_status_name(status));
    full |= status != THALNET_OK;
    const uint64_t bytes[4] = {size.bytes, size.two_call_bytes, size.dropout_bytes, size.every_step_bytes};
    for (size_t i = 0; i < 4 && !full; i++) {
      ck_assert_msg(bytes[i] >= before[i] && bytes[i] >= sequences, "%zu x %zu", sequences, count);
      before[i] = bytes[i];
    }
  }
  ck_assert(full);
}

START_TEST(memory_is_measured_until_it_does_not_fit) {
  static const size_t many[] = {1, 64, 100000, INT32_MAX, (size_t)INT32_MAX + 1};
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *nets[4] = {support_net(SUPPORT_SMALL, NULL), support_net(SUPPORT_READERS, NULL),
                             support_net(SUPPORT_RATES, NULL), NULL};
  thalnet_module *module;
  options.chunk_sequences = 1; /* without ports, and with more than two chunks the work is what does not fit */
  EXPECT_OK(thalnet_center_create(&options, &nets[3]));
  EXPECT_OK(thalnet_center_add_module(nets[3], NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 20, NULL));
  EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 3, NULL, NULL));
  EXPECT_OK(thalnet_center_build(nets[3], 1));
  for (size_t i = 0; i < 4; i++) {
    for (size_t s = 0; s < sizeof many / sizeof many[0]; s++) {
      climb(nets[i], many[s], 0);
      climb(nets[i], many[s], 1);
    }
    thalnet_center_free(nets[i]);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {create_refuses,
                                measure_memory_is_true,
                                measure_memory_is_true_for_two_calls,
                                measure_memory_is_true_with_dropout,
                                nothing_is_set_before_begin,
                                begin_checks_the_shape,
                                kinds_are_checked,
                                counts_are_checked,
                                data_is_checked,
                                rates_and_weights_are_checked,
                                softmax_is_checked,
                                memory_is_measured_until_it_does_not_fit};
  return SUPPORT_RUN("batch", tests);
}
