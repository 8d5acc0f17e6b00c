/* SPDX-License-Identifier: MIT */
/* Small facts about time: settle steps, final labels, two rates, steps within a frame, chunks. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { S = 3, K = 6 };

static thalnet_center *settling(int32_t steps) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.settle_steps = steps;
  return support_net(SUPPORT_SMALL, &options);
}

/* Settle steps run on a copy: the final output is that after more frames without input, the state is that before
 * them. */
START_TEST(settle_steps_run_on_a_copy) {
  thalnet_center *plain = settling(0), *settled = settling(3);
  thalnet_batch *a = support_batch(plain, S, K + 3), *b = support_batch(settled, S, K);
  thalnet_state *one = support_state(plain, S), *two = support_state(settled, S);
  int32_t lengths[S] = {6, 2, 0};
  float x[S * K * 3], y[S * 4], expected[S * 4];
  support_randoms(x, S * K * 3, 4);
  EXPECT_OK(thalnet_batch_begin(b, S, K));
  EXPECT_OK(thalnet_batch_set_inputs(b, 0, x, S * K * 3));
  EXPECT_OK(thalnet_batch_set_lengths(b, lengths, S));
  EXPECT_OK(thalnet_batch_set_final(b, 0));
  EXPECT_OK(thalnet_forward(settled, b, two));
  EXPECT_OK(thalnet_batch_read_final_output(b, 0, y, S * 4));
  EXPECT_OK(thalnet_batch_begin(a, S, K));
  EXPECT_OK(thalnet_batch_set_inputs(a, 0, x, S * K * 3));
  EXPECT_OK(thalnet_batch_set_lengths(a, lengths, S));
  EXPECT_OK(thalnet_forward(plain, a, one));
  float *before = support_rows(one), *carried = support_rows(two);
  ck_assert(support_distance(before, carried, S * thalnet_state_values(one)) < 1e-6);
  EXPECT_OK(thalnet_batch_begin(a, S, 3));
  EXPECT_OK(thalnet_batch_set_final(a, 0));
  EXPECT_OK(thalnet_forward(plain, a, one));
  EXPECT_OK(thalnet_batch_read_final_output(a, 0, expected, S * 4));
  ck_assert(support_distance(y, expected, 2 * 4) < 1e-6); /* the third has no frame: the memory at its start counts */
  free(before);
  free(carried);
  thalnet_state_free(one);
  thalnet_state_free(two);
  thalnet_batch_free(a);
  thalnet_batch_free(b);
  thalnet_center_free(plain);
  thalnet_center_free(settled);
}
END_TEST

/* Final labels and the label at each last frame are the same without settle steps. */
START_TEST(final_labels_belong_to_the_last_frame) {
  thalnet_center *net = settling(0);
  thalnet_batch *batch = support_batch(net, S, K);
  size_t all = thalnet_center_parameter_count(net);
  int32_t lengths[S] = {6, 2, 4}, final[S] = {3, 0, 1}, labels[S * K];
  float x[S * K * 3], y[S * 4];
  memset(labels, 0xff, sizeof labels);
  for (size_t i = 0; i < S; i++) {
    labels[i * K + (size_t)lengths[i] - 1] = final[i];
  }
  support_randoms(x, S * K * 3, 4);
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * 3));
  EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, S));
  EXPECT_OK(thalnet_batch_set_final_labels(batch, 0, final, S));
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_read_final_output(batch, 0, y, S * 4));
  double loss = support_loss(batch, 0);
  float *one = support_gradients(net);
  EXPECT_OK(thalnet_center_clear_gradients(net));
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, labels, S * K));
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  float *output = support_output(net, batch, 0, S, K), *two = support_gradients(net);
  for (size_t i = 0; i < S; i++) {
    ck_assert(support_distance(y + i * 4, output + (i * K + (size_t)lengths[i] - 1) * 4, 4) < 1e-6);
  }
  ck_assert_double_eq_tol(loss, support_loss(batch, 0), 1e-6);
  ck_assert(support_distance(one, two, all) < 1e-6);
  free(one);
  free(two);
  free(output);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* Gradients flow through settle steps and to the start: a small step against the gradient of the state lowers the
 * loss. */
START_TEST(settle_steps_carry_gradients) {
  thalnet_center *net = settling(2);
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_batch *batch = NULL;
  thalnet_state *state = support_state(net, 1), *start = support_state(net, 1);
  size_t size = thalnet_state_values(state), zero = 0;
  float x[3] = {0.5f, 1.0f, -1.0f}, row[100], gradient[100];
  int32_t label = 1;
  double norm = 0, before, after;
  options.state_gradients = 1;
  EXPECT_OK(thalnet_batch_create(net, 1, 1, &options, &batch));
  support_randoms(row, size, 9);
  EXPECT_OK(thalnet_state_write(start, 0, row, size));
  EXPECT_OK(thalnet_state_copy(state, &zero, start, &zero, 1));
  EXPECT_OK(thalnet_batch_begin(batch, 1, 1));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, 3));
  EXPECT_OK(thalnet_batch_set_final_labels(batch, 0, &label, 1));
  EXPECT_OK(thalnet_forward_backward(net, batch, state));
  EXPECT_OK(thalnet_batch_read_state_gradient(batch, gradient, size));
  before = support_loss(batch, 0);
  for (size_t i = 0; i < size; i++) {
    norm += (double)gradient[i] * (double)gradient[i];
  }
  ck_assert(norm > 1e-12);
  for (size_t i = 0; i < size; i++) {
    row[i] -= (float)(0.01 / sqrt(norm)) * gradient[i];
  }
  EXPECT_OK(thalnet_state_write(state, 0, row, size));
  EXPECT_OK(thalnet_forward(net, batch, state));
  after = support_loss(batch, 0);
  ck_assert_double_eq_tol((before - after) / (0.01 * sqrt(norm)), 1.0, 0.1);
  thalnet_state_free(state);
  thalnet_state_free(start);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* Two rates: the slow input's frame lasts two steps, and is the same as a fast one that repeats each frame. */
static thalnet_center *at_rates(int32_t slow) {
  thalnet_input_options input = THALNET_INPUT_OPTIONS_INIT;
  thalnet_output_options output = THALNET_OUTPUT_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  input.steps_per_frame = slow;
  output.steps_per_frame = slow;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "a", 2, NULL, NULL));
  EXPECT_OK(thalnet_center_add_input(net, "b", 3, &input, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, &output, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "z", 2, THALNET_HOST_LOSS, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 5, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 3, NULL, NULL));
    for (int k = 0; k < 2; k++) {
      EXPECT_OK(thalnet_module_connect_input(module, k));
      EXPECT_OK(thalnet_module_connect_output(module, k));
    }
  }
  EXPECT_OK(thalnet_center_build(net, 12));
  return net;
}

START_TEST(two_rates) {
  thalnet_center *slow = at_rates(2), *fast = at_rates(1);
  thalnet_batch *s = support_batch(slow, S, K), *f = support_batch(fast, S, 2 * K);
  thalnet_state *live = support_state(slow, S);
  float a[S * K * 2 * 2], b[S * K * 3], repeated[S * K * 2 * 3], y[S * 4], z[S * 2 * 2], x[S * 2 * 2];
  support_randoms(a, S * K * 4, 1);
  support_randoms(b, S * K * 3, 2);
  for (size_t i = 0; i < S * K * 2; i++) {
    memcpy(repeated + i * 3, b + i / 2 * 3, 3 * sizeof *b);
  }
  EXPECT_OK(thalnet_batch_begin(s, S, K));
  EXPECT_OK(thalnet_batch_set_inputs(s, 0, a, S * K * 4));
  EXPECT_OK(thalnet_batch_set_inputs(s, 1, b, S * K * 3));
  EXPECT_OK(thalnet_forward(slow, s, NULL));
  EXPECT_OK(thalnet_batch_begin(f, S, 2 * K));
  EXPECT_OK(thalnet_batch_set_inputs(f, 0, a, S * K * 4));
  EXPECT_OK(thalnet_batch_set_inputs(f, 1, repeated, S * K * 6));
  EXPECT_OK(thalnet_forward(fast, f, NULL));
  float *ys = support_output(slow, s, 0, S, K), *yf = support_output(fast, f, 0, S, 2 * K);
  float *zs = support_output(slow, s, 1, S, K), *zf = support_output(fast, f, 1, S, 2 * K);
  ck_assert(support_distance(zs, zf, S * K * 2 * 2) < 1e-6);
  for (size_t i = 0; i < S * K; i++) {
    ck_assert(support_distance(ys + i * 4, yf + (2 * i + 1) * 4, 4) < 1e-6);
  }
  for (size_t k = 0; k < K; k++) { /* and live, a frame of the batch at a time */
    float bs[S * 3];
    for (size_t i = 0; i < S; i++) {
      memcpy(x + i * 4, a + (i * K + k) * 4, 4 * sizeof *a);
      memcpy(bs + i * 3, b + (i * K + k) * 3, 3 * sizeof *b);
    }
    EXPECT_OK(thalnet_state_set_input(live, 0, x, S * 4));
    EXPECT_OK(thalnet_state_set_input(live, 1, bs, S * 3));
    EXPECT_OK(thalnet_state_advance(slow, live, S));
    EXPECT_OK(thalnet_state_read_output(live, 0, y, S * 4));
    EXPECT_OK(thalnet_state_read_output(live, 1, z, S * 4));
    for (size_t i = 0; i < S; i++) {
      ck_assert(support_distance(y + i * 4, ys + (i * K + k) * 4, 4) < 1e-6);
      ck_assert(support_distance(z + i * 4, zs + (i * K + k) * 4, 4) < 1e-6);
    }
  }
  free(ys);
  free(yf);
  free(zs);
  free(zf);
  thalnet_state_free(live);
  thalnet_batch_free(s);
  thalnet_batch_free(f);
  thalnet_center_free(slow);
  thalnet_center_free(fast);
}
END_TEST

/* More steps a frame: the input is there during all of them, the output is taken at the last. */
START_TEST(steps_within_a_frame) {
  thalnet_center *slow = at_rates(3);
  thalnet_batch *batch = support_batch(slow, 1, 2);
  int32_t label[2] = {-1, 2};
  ck_assert_int_eq(thalnet_center_steps_per_frame(slow), 3);
  ck_assert_int_eq(thalnet_center_input_frames(slow, 0), 3);
  ck_assert_int_eq(thalnet_center_output_frames(slow, 0), 1);
  float a[2 * 3 * 2] = {0.5f}, b[2 * 3] = {0.5f};
  EXPECT_OK(thalnet_batch_begin(batch, 1, 2));
  EXPECT(thalnet_batch_set_inputs(batch, 0, a, 4), THALNET_ERROR_SIZE);
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, a, 12));
  EXPECT(thalnet_batch_set_inputs(batch, 1, b, 18), THALNET_ERROR_SIZE);
  EXPECT_OK(thalnet_batch_set_inputs(batch, 1, b, 6));
  EXPECT(thalnet_batch_set_labels(batch, 0, label, 6), THALNET_ERROR_SIZE);
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, label, 2));
  EXPECT_OK(thalnet_forward_backward(slow, batch, NULL));
  thalnet_batch_free(batch);
  thalnet_center_free(slow);
}
END_TEST

/* One training batch with everything that rows can differ in; `chunk` sequences are computed together. */
struct outcome {
  double loss;
  float *output, *gradients, *rows;
  size_t parameters, values;
};

static struct outcome in_chunks(int32_t kind, int32_t final, int32_t chunk) {
  static const int32_t lengths[5] = {3, 0, 6, 1, 6}, last[5] = {1, 2, 3, -1, 0};
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  struct outcome outcome;
  uint8_t resets[5 * K] = {0, 0, 1};
  int32_t labels[5 * K];
  float x[5 * K * 3];
  options.chunk_sequences = chunk;
  options.settle_steps = 2;
  thalnet_center *net = support_net(kind, &options);
  thalnet_batch *batch = support_batch(net, 5, K);
  thalnet_state *state = support_state(net, 5);
  support_randoms(x, 5 * K * 3, 8);
  resets[K + 3] = resets[2 * K] = resets[2 * K + 1] = resets[3 * K] = resets[4 * K + 5] = 1;
  for (size_t i = 0; i < 5 * K; i++) {
    labels[i] = (int32_t)(i % K) < lengths[i / K] ? (int32_t)(i % 4) : -1;
  }
  EXPECT_OK(thalnet_batch_begin(batch, 5, K));
  EXPECT_OK(thalnet_batch_set_resets(batch, resets, 5 * K));
  EXPECT_OK(final ? thalnet_batch_set_final_labels(batch, 0, last, 5)
                  : thalnet_batch_set_labels(batch, 0, labels, 5 * K));
  EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, 5));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, 5 * K * 3));
  EXPECT_OK(thalnet_forward_backward(net, batch, state));
  outcome.loss = support_loss(batch, 0);
  outcome.parameters = thalnet_center_parameter_count(net);
  outcome.gradients = support_gradients(net);
  outcome.rows = support_rows(state);
  outcome.values = 5 * thalnet_state_values(state);
  outcome.output = calloc(5 * K * 4, sizeof *outcome.output);
  EXPECT_OK(final ? thalnet_batch_read_final_output(batch, 0, outcome.output, 5 * 4)
                  : thalnet_batch_read_output(batch, 0, outcome.output, 5 * K * 4));
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return outcome;
}

static void release(struct outcome *outcome) {
  free(outcome->output);
  free(outcome->gradients);
  free(outcome->rows);
}

/* How a batch is cut into chunks changes the last bits and nothing else. */
START_TEST(chunks_change_the_last_bits_only) {
  for (int32_t kind = 0; kind < SUPPORT_TASKS; kind++) {
    for (int32_t final = 0; final < 2; final++) {
      struct outcome whole = in_chunks(kind, final, 5);
      for (int32_t chunk = 0; chunk < 5; chunk++) {
        struct outcome cut = in_chunks(kind, final, chunk);
        ck_assert_double_eq_tol(whole.loss, cut.loss, 1e-6);
        ck_assert(support_distance(whole.output, cut.output, 5 * K * 4) < 1e-6);
        ck_assert(support_distance(whole.rows, cut.rows, whole.values) < 1e-6);
        double distance = support_distance(whole.gradients, cut.gradients, whole.parameters);
        ck_assert_msg(distance < 4e-6, "kind %d, final %d, chunks of %d: %g", (int)kind, (int) final, (int)chunk,
                      distance);
        release(&cut);
      }
      release(&whole);
    }
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {settle_steps_run_on_a_copy,   final_labels_belong_to_the_last_frame,
                                settle_steps_carry_gradients, two_rates,
                                steps_within_a_frame,         chunks_change_the_last_bits_only};
  return SUPPORT_RUN("time", tests);
}
