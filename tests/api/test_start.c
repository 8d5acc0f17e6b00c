/* SPDX-License-Identifier: MIT */
/* The learned start: where sequences begin, which rows of a state have begun, and who gets a gradient. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { S = 3, K = 4, INPUT = 3, CLASSES = 4, MEMORY = 64 };

static thalnet_center *net_of(int32_t kind, int32_t learned) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.learned_start = learned;
  options.chunk_sequences = 2;
  return support_net(kind, &options);
}

static size_t memory_of(const thalnet_center *net) {
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  EXPECT_OK(thalnet_center_measure(net, &size));
  ck_assert_uint_le(size.state_values, MEMORY);
  return (size_t)size.state_values;
}

/* Random values for the start, which lie there as a row of memory does; returns how many. */
static size_t write_start(thalnet_center *net, float row[MEMORY], uint64_t seed) {
  const size_t memory = memory_of(net), features = thalnet_center_features(net);
  support_randoms(row, memory, seed);
  EXPECT_OK(thalnet_center_write(net, "center.start", row, features));
  if (memory > features) {
    EXPECT_OK(thalnet_center_write(net, "center.own_start", row + features, memory - features));
  }
  return memory;
}

START_TEST(tensors_are_there) {
  for (int32_t kind = 0; kind < SUPPORT_KINDS; kind++) {
    thalnet_center *plain = net_of(kind, 0), *net = net_of(kind, 1);
    const size_t features = thalnet_center_features(net), memory = memory_of(net);
    const size_t more = thalnet_center_tensor_count(net) - thalnet_center_tensor_count(plain);
    size_t dimensions[3];
    float *one = support_parameters(plain), *two = support_parameters(net);
    const size_t count = thalnet_center_parameter_count(plain);
    ck_assert_int_eq(thalnet_center_learned_start(plain), 0);
    ck_assert_int_eq(thalnet_center_learned_start(net), 1);
    ck_assert_uint_eq(more, memory > features ? 2 : 1);
    ck_assert_int_eq(thalnet_center_tensor_shape(plain, "center.start", dimensions), 0);
    ck_assert_int_eq(thalnet_center_tensor_shape(net, "center.start", dimensions), 1);
    ck_assert_uint_eq(dimensions[0], features);
    ck_assert_int_eq(thalnet_center_tensor_shape(net, "center.own_start", dimensions), memory > features);
    ck_assert_uint_eq(thalnet_center_parameter_count(net), count + memory);
    ck_assert(support_same(one, two, count)); /* the others are what they were */
    for (size_t i = count; i < count + memory; i++) {
      ck_assert(two[i] == 0.0f);
    }
    free(one);
    free(two);
    thalnet_center_free(plain);
    thalnet_center_free(net);
  }
  ck_assert_int_eq(thalnet_center_learned_start(NULL), 0);
}
END_TEST

/* As long as the start is zero, everything is as without it. */
START_TEST(a_start_of_zeros_changes_nothing) {
  for (int32_t kind = 0; kind < SUPPORT_KINDS; kind++) {
    thalnet_center *nets[2] = {net_of(kind, 0), net_of(kind, 1)};
    float *gradients[2], *rows[2];
    const size_t count = thalnet_center_parameter_count(nets[0]);
    for (int i = 0; i < 2; i++) {
      thalnet_batch *batch = support_batch(nets[i], S, K);
      thalnet_state *state = support_state(nets[i], S);
      support_fill(nets[i], batch, S, K, 3);
      EXPECT_OK(thalnet_forward_backward(nets[i], batch, state));
      EXPECT_OK(thalnet_forward_backward(nets[i], batch, NULL));
      gradients[i] = support_gradients(nets[i]);
      rows[i] = support_rows(state);
      thalnet_state_free(state);
      thalnet_batch_free(batch);
    }
    ck_assert(support_distance(gradients[0], gradients[1], count) == 0);
    ck_assert(support_distance(rows[0], rows[1], S * memory_of(nets[0])) == 0);
    for (int i = 0; i < 2; i++) {
      free(gradients[i]);
      free(rows[i]);
      thalnet_center_free(nets[i]);
    }
  }
}
END_TEST

/* --- where sequences begin --- */

static float *outputs_from(thalnet_center *net, thalnet_batch *batch, thalnet_state *state) {
  EXPECT_OK(thalnet_forward(net, batch, state));
  return support_output(net, batch, 0, S, K);
}

static void same_outputs(thalnet_center *net, thalnet_batch *batch, thalnet_state *state, const float *wanted,
                         const char *what) {
  float *got = outputs_from(net, batch, state);
  ck_assert_msg(support_same(got, wanted, S * K * CLASSES), "%s: %g", what,
                support_distance(got, wanted, S * K * CLASSES));
  free(got);
}

/* New and reset states, no state, resets before the first frame and memory written by hand: all begin there. */
START_TEST(all_sequences_begin_there) {
  static const int32_t kinds[] = {SUPPORT_SMALL, SUPPORT_READERS};
  for (int i = 0; i < 2; i++) {
    thalnet_center *net = net_of(kinds[i], 1);
    thalnet_batch *batch = support_batch(net, S, K);
    thalnet_state *state = support_state(net, S), *written = support_state(net, S);
    float row[MEMORY], other[MEMORY], x[S * K * INPUT];
    uint8_t resets[S * K] = {[0] = 1, [K] = 1, [2 * K] = 1};
    support_randoms(x, S * K * INPUT, 9);
    EXPECT_OK(thalnet_batch_begin(batch, S, K));
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * INPUT));
    float *zeros = outputs_from(net, batch, NULL);
    const size_t memory = write_start(net, row, 5);
    for (size_t s = 0; s < S; s++) {
      EXPECT_OK(thalnet_state_write(written, s, row, memory));
    }
    float *wanted = outputs_from(net, batch, written);
    ck_assert(!support_same(zeros, wanted, S * K * CLASSES));
    same_outputs(net, batch, NULL, wanted, "no state");
    EXPECT_OK(thalnet_state_read(state, 1, other, memory));
    ck_assert(support_same(row, other, memory));
    same_outputs(net, batch, state, wanted, "a new state");
    EXPECT_OK(thalnet_state_reset(state, NULL, 0));
    same_outputs(net, batch, state, wanted, "a state that was reset");
    EXPECT_OK(thalnet_batch_set_resets(batch, resets, S * K));
    same_outputs(net, batch, state, wanted, "resets");
    free(zeros);
    free(wanted);
    thalnet_state_free(state);
    thalnet_state_free(written);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

/* Frame by frame, in the host's memory: as the batch, from the start on and again after a reset. */
START_TEST(live_sequences_begin_there) {
  thalnet_center *net = net_of(SUPPORT_READERS, 1);
  thalnet_batch *batch = support_batch(net, 1, K);
  thalnet_state *state = NULL;
  float row[MEMORY], x[K * INPUT], answer[CLASSES];
  uint64_t bytes = 0;
  write_start(net, row, 6);
  support_randoms(x, K * INPUT, 9);
  EXPECT_OK(thalnet_batch_begin(batch, 1, K));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, K * INPUT));
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  float *wanted = support_output(net, batch, 0, 1, K);
  EXPECT_OK(thalnet_state_measure_memory(net, 1, NULL, &bytes));
  void *memory = aligned_alloc(64, (size_t)(bytes + 63) / 64 * 64);
  memset(memory, 0x5a, (size_t)bytes);
  EXPECT_OK(thalnet_state_create_in(net, 1, NULL, memory, (size_t)bytes, &state));
  for (int round = 0; round < 2; round++) {
    for (size_t k = 0; k < K; k++) {
      EXPECT_OK(thalnet_state_step(net, state, x + k * INPUT, INPUT, answer, CLASSES));
      ck_assert(support_distance(answer, wanted + k * CLASSES, CLASSES) < 1e-6);
    }
    EXPECT_OK(thalnet_state_reset(state, NULL, 0));
  }
  free(wanted);
  thalnet_state_free(state);
  free(memory);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* --- rows that have begun, and others --- */

static int is_row(const thalnet_state *state, size_t row, const float *wanted, size_t memory) {
  float values[MEMORY];
  EXPECT_OK(thalnet_state_read(state, row, values, memory));
  return support_same(values, wanted, memory);
}

/* Rows: 0 advanced, 1 written, 2 a copy of a new one, 3 reset after an advance, 4 only looked at. */
START_TEST(rows_follow_the_start_until_they_begin) {
  thalnet_center *net = net_of(SUPPORT_READERS, 1);
  thalnet_state *state = support_state(net, 5);
  float first[MEMORY], second[MEMORY], advanced[MEMORY];
  const size_t memory = write_start(net, first, 1), four[] = {0, 1, 2, 3}, new_row = 4, two = 2, three = 3;
  EXPECT_OK(thalnet_state_advance(net, state, 4));
  EXPECT_OK(thalnet_state_read(state, 0, advanced, memory));
  ck_assert(!support_same(first, advanced, memory));
  EXPECT_OK(thalnet_state_write(state, 1, first, memory));
  EXPECT_OK(thalnet_state_copy(state, &two, state, &new_row, 1));
  EXPECT_OK(thalnet_state_reset(state, &three, 1));
  ck_assert(is_row(state, 2, first, memory) && is_row(state, 3, first, memory) && is_row(state, 4, first, memory));
  write_start(net, second, 2);
  ck_assert(is_row(state, 0, advanced, memory) && is_row(state, 1, first, memory));
  ck_assert(is_row(state, 2, second, memory) && is_row(state, 3, second, memory) && is_row(state, 4, second, memory));
  EXPECT(thalnet_state_reset(state, (const size_t[]){4, 5}, 2), THALNET_ERROR_ARGUMENT);
  EXPECT_OK(thalnet_state_reset(state, four, 4));
  ck_assert(is_row(state, 0, second, memory) && is_row(state, 1, second, memory));
  thalnet_state_free(state);
  thalnet_center_free(net);
}
END_TEST

/* Length 0 leaves a row alone, and so does a window that is refused. */
START_TEST(windows_begin_rows) {
  thalnet_center *net = net_of(SUPPORT_SMALL, 1);
  thalnet_batch *batch = support_batch(net, S, K);
  thalnet_state *state = support_state(net, S);
  float start[MEMORY], x[S * K * INPUT];
  const int32_t lengths[S] = {K, 0, 1};
  size_t memory = write_start(net, start, 1);
  support_randoms(x, S * K * INPUT, 9);
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, S));
  x[0] = NAN;
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * INPUT));
  EXPECT(thalnet_forward(net, batch, state), THALNET_ERROR_NONFINITE);
  memory = write_start(net, start, 2);
  for (size_t s = 0; s < S; s++) {
    ck_assert(is_row(state, s, start, memory));
  }
  x[0] = 1;
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, S * K * INPUT));
  EXPECT_OK(thalnet_forward(net, batch, state));
  ck_assert(!is_row(state, 0, start, memory) && is_row(state, 1, start, memory) && !is_row(state, 2, start, memory));
  write_start(net, start, 3);
  ck_assert(is_row(state, 1, start, memory));
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* While the center is written its start cannot be read; rows with values of their own can, and all can be reset. */
START_TEST(a_start_that_is_written_is_busy) {
  thalnet_center *net = net_of(SUPPORT_SMALL, 1);
  thalnet_state *state = support_state(net, 2);
  float row[MEMORY], *lent = NULL;
  const size_t memory = write_start(net, row, 1), zero = 0;
  size_t count = 0;
  EXPECT_OK(thalnet_state_write(state, 0, row, memory));
  EXPECT_OK(thalnet_center_begin_write(net, &lent, &count));
  EXPECT_OK(thalnet_state_read(state, 0, row, memory));
  EXPECT(thalnet_state_read(state, 1, row, memory), THALNET_ERROR_BUSY);
  EXPECT_OK(thalnet_state_reset(state, &zero, 1));
  EXPECT(thalnet_state_read(state, 0, row, memory), THALNET_ERROR_BUSY);
  EXPECT_OK(thalnet_center_end_write(net));
  EXPECT_OK(thalnet_state_read(state, 0, row, memory));
  thalnet_state_free(state);
  thalnet_center_free(net);
}
END_TEST

/* --- gradients --- */

/* The start's gradient, at the end of all. */
static const float *start_gradient(thalnet_center *net, float **gradients) {
  free(*gradients);
  *gradients = support_gradients(net);
  return *gradients + thalnet_center_parameter_count(net) - memory_of(net);
}

static int all_zero(const float *values, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (values[i] != 0.0f) {
      return 0;
    }
  }
  return 1;
}

/* It is the sum over the sequences that begin there; one that goes on adds nothing, but where it is reset. */
START_TEST(beginnings_have_gradients) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_center *net = net_of(SUPPORT_SMALL, 1);
  thalnet_batch *batch = NULL;
  thalnet_state *state = support_state(net, S);
  float row[MEMORY], each[S * MEMORY], sum[MEMORY] = {0}, *gradients = NULL;
  const size_t memory = write_start(net, row, 1), two[] = {0, 2};
  uint8_t resets[S * K] = {[K + 1] = 1};
  options.state_gradients = 1;
  EXPECT_OK(thalnet_batch_create(net, S, K, &options, &batch));
  support_fill(net, batch, S, K, 1);
  EXPECT_OK(thalnet_forward_backward(net, batch, state)); /* all begin */
  EXPECT_OK(thalnet_batch_read_state_gradient(batch, each, S * memory));
  for (size_t i = 0; i < S * memory; i++) {
    sum[i % memory] += each[i];
  }
  ck_assert(!all_zero(sum, memory));
  ck_assert(support_distance(start_gradient(net, &gradients), sum, memory) < 1e-6);
  EXPECT_OK(thalnet_center_clear_gradients(net));
  EXPECT_OK(thalnet_forward_backward(net, batch, state)); /* all go on */
  ck_assert(all_zero(start_gradient(net, &gradients), memory));
  EXPECT_OK(thalnet_batch_set_resets(batch, resets, S * K));
  EXPECT_OK(thalnet_forward_backward(net, batch, state));
  ck_assert(!all_zero(start_gradient(net, &gradients), memory));
  EXPECT_OK(thalnet_batch_set_resets(batch, (uint8_t[S * K]){0}, S * K));
  EXPECT_OK(thalnet_center_clear_gradients(net));
  EXPECT_OK(thalnet_state_reset(state, two, 2));
  EXPECT_OK(thalnet_forward_backward(net, batch, state)); /* the second goes on */
  EXPECT_OK(thalnet_batch_read_state_gradient(batch, each, S * memory));
  for (size_t i = 0; i < memory; i++) {
    sum[i] = each[i] + each[2 * memory + i];
  }
  ck_assert(support_distance(start_gradient(net, &gradients), sum, memory) < 1e-6);
  free(gradients);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

static int start_moves(thalnet_center *net, thalnet_batch *batch, thalnet_state *state, thalnet_optimizer *optimizer) {
  const size_t features = thalnet_center_features(net);
  float before[MEMORY], after[MEMORY];
  EXPECT_OK(thalnet_center_read(net, "center.start", before, features));
  EXPECT_OK(thalnet_forward_backward(net, batch, state));
  EXPECT_OK(thalnet_step(optimizer, net));
  EXPECT_OK(thalnet_center_read(net, "center.start", after, features));
  return !support_same(before, after, features);
}

/* A window in which nothing begins leaves the start where it is, its moments too. */
START_TEST(training_moves_the_start) {
  thalnet_center *net = net_of(SUPPORT_SMALL, 1);
  thalnet_batch *batch = support_batch(net, S, K);
  thalnet_state *state = support_state(net, S);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.01);
  const size_t one = 1;
  support_fill(net, batch, S, K, 1);
  ck_assert(start_moves(net, batch, state, optimizer));
  ck_assert(!start_moves(net, batch, state, optimizer));
  ck_assert(start_moves(net, batch, NULL, optimizer));
  EXPECT_OK(thalnet_state_reset(state, &one, 1));
  ck_assert(start_moves(net, batch, state, optimizer));
  thalnet_optimizer_free(optimizer);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* So does one whose only rows at the start are empty: it is not looked at, but by a final output. */
START_TEST(empty_sequences_leave_the_start) {
  for (int32_t settle = 0; settle < 3; settle += 2) {
    thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
    options.learned_start = 1;
    options.settle_steps = settle;
    thalnet_center *net = support_net(SUPPORT_SMALL, &options);
    thalnet_batch *batch = support_batch(net, S, K);
    thalnet_state *state = support_state(net, S);
    thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.01);
    const int32_t lengths[S] = {K, 0, 0}, labels[S] = {1, 2, 3}, none[S * K] = {[K] = -1, -1, -1, -1, -1, -1, -1, -1};
    const uint8_t resets[S * K] = {[K] = 1}; /* beyond the end: there is none */
    support_fill(net, batch, S, K, 1);
    ck_assert(start_moves(net, batch, state, optimizer));
    EXPECT_OK(thalnet_state_reset(state, (const size_t[]){1, 2}, 2));
    EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, S));
    EXPECT_OK(thalnet_batch_set_labels(batch, 0, none, S * K));
    EXPECT_OK(thalnet_batch_set_resets(batch, resets, S * K));
    ck_assert(!start_moves(net, batch, state, optimizer)); /* though there is a first moment */
    EXPECT_OK(thalnet_batch_set_final_labels(batch, 0, labels, S));
    ck_assert(start_moves(net, batch, state, optimizer));
    thalnet_optimizer_free(optimizer);
    thalnet_state_free(state);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

/* Weight decay leaves it alone: with and without, it is moved to the same place. */
START_TEST(the_start_does_not_decay) {
  float starts[2][MEMORY], row[MEMORY];
  for (int i = 0; i < 2; i++) {
    thalnet_center *net = net_of(SUPPORT_SMALL, 1);
    thalnet_batch *batch = support_batch(net, S, K);
    thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
    thalnet_optimizer *optimizer = NULL;
    options.rate = 0.01;
    options.weight_decay = i ? 0.5 : 0;
    EXPECT_OK(thalnet_optimizer_create(net, THALNET_ADAMW, &options, &optimizer));
    memset(row, 0, sizeof row);
    write_start(net, row, 4);
    support_fill(net, batch, S, K, 1);
    ck_assert(start_moves(net, batch, NULL, optimizer));
    EXPECT_OK(thalnet_center_read(net, "center.start", starts[i], thalnet_center_features(net)));
    thalnet_optimizer_free(optimizer);
    thalnet_batch_free(batch);
    ck_assert(support_same(starts[0], starts[i], thalnet_center_features(net)));
    thalnet_center_free(net);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {tensors_are_there,
                                a_start_of_zeros_changes_nothing,
                                all_sequences_begin_there,
                                live_sequences_begin_there,
                                rows_follow_the_start_until_they_begin,
                                windows_begin_rows,
                                a_start_that_is_written_is_busy,
                                beginnings_have_gradients,
                                training_moves_the_start,
                                empty_sequences_leave_the_start,
                                the_start_does_not_decay};
  return SUPPORT_RUN("start", tests);
}
