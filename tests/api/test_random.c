/* SPDX-License-Identifier: MIT */
/* Random numbers: what they depend on, and what they do not. An echo network shows dropout directly: its output is its
 * input after dropout. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static thalnet_center *built(uint64_t seed, const char *first, size_t units) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, first, 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 3, THALNET_HOST_LOSS, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, i ? units : 6, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, THALNET_WEIGHT_NORM, 4, NULL, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, seed));
  return net;
}

START_TEST(seeds_decide_the_parameters) {
  thalnet_center *a = built(1, "x", 6), *b = built(1, "x", 6), *c = built(2, "x", 6), *d = built(0, "x", 6);
  size_t count = thalnet_center_parameter_count(a), equal = 0;
  float *one = support_parameters(a), *same = support_parameters(b), *other = support_parameters(c);
  float *zero = support_parameters(d);
  ck_assert(support_same(one, same, count));
  for (size_t i = 0; i < count; i++) {
    equal += one[i] == other[i] || one[i] == zero[i] || other[i] == zero[i];
  }
  ck_assert_uint_lt(equal, count / 10);
  for (size_t i = 0; i < count; i++) {
    ck_assert(isfinite(one[i]) && fabsf(one[i]) < 10.0f);
  }
  free(one);
  free(same);
  free(other);
  free(zero);
  thalnet_center_free(a);
  thalnet_center_free(b);
  thalnet_center_free(c);
  thalnet_center_free(d);
}
END_TEST

/* "Every tensor's values depend on its name, its shape and the seed alone": not on what else there is. */
START_TEST(tensors_do_not_depend_on_each_other) {
  thalnet_center *a = built(9, "x", 6), *b = built(9, "renamed", 7);
  static const char *const same[] = {"modules.0.layers.0.weight_ih", "modules.0.layers.0.weight_hh",
                                     "modules.0.layers.0.bias_ih", "modules.0.outputs.0.weight", "outputs.0.bias"};
  for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
    float one[500], two[500];
    size_t d[3], count;
    thalnet_center_tensor_shape(a, same[i], d);
    count = d[0] * d[1] * d[2];
    EXPECT_OK(thalnet_center_read(a, same[i], one, count));
    EXPECT_OK(thalnet_center_read(b, same[i], two, count));
    ck_assert_msg(support_same(one, two, count), "%s", same[i]);
  }
  float first[18 * 7], second[18 * 7];
  EXPECT_OK(thalnet_center_read(a, "modules.0.layers.0.weight_ih", first, 18 * 7));
  EXPECT_OK(thalnet_center_read(a, "modules.1.layers.0.weight_ih", second, 18 * 7));
  ck_assert(!support_same(first, second, 18 * 7));
  thalnet_center_free(a);
  thalnet_center_free(b);
}
END_TEST

/* --- dropout ------------------------------------------------------------------------------------------------------ */

enum { WIDE = 16, FRAMES = 10 };

struct question {
  uint64_t seed, epoch;
  size_t sequences;
  const uint64_t *ids;
  float rate;
  int32_t chunk, tokens;
};

/* What is left of inputs that are all 1: [sequence][frame][value]. */
static float *dropped(const struct question *q) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_batch_options batch_options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_center *echo = support_echo(WIDE, q->tokens), *net = NULL;
  thalnet_load_options load = THALNET_LOAD_OPTIONS_INIT;
  thalnet_batch *batch = NULL;
  size_t count = q->sequences * FRAMES * WIDE, size = 0;
  float *ones = malloc(count * sizeof *ones);
  int32_t *tokens = malloc(q->sequences * FRAMES * sizeof *tokens);
  options.chunk_sequences = q->chunk;
  load.center = &options;
  EXPECT_OK(thalnet_center_save_memory(echo, NULL, 0, &size));
  void *bytes = malloc(size);
  EXPECT_OK(thalnet_center_save_memory(echo, bytes, size, &size));
  EXPECT_OK(thalnet_center_load_memory(bytes, size, &load, &net));
  batch_options.seed = q->seed;
  EXPECT_OK(thalnet_batch_create(net, q->sequences, FRAMES, &batch_options, &batch));
  EXPECT_OK(thalnet_batch_set_epoch(batch, q->epoch));
  EXPECT_OK(thalnet_batch_set_input_dropout(batch, 0, q->rate));
  EXPECT_OK(thalnet_batch_begin(batch, q->sequences, FRAMES));
  for (size_t i = 0; i < count; i++) {
    ones[i] = 1.0f;
  }
  for (size_t i = 0; i < q->sequences * FRAMES; i++) {
    tokens[i] = 3;
  }
  if (q->tokens) {
    EXPECT_OK(thalnet_batch_set_tokens(batch, 0, tokens, q->sequences * FRAMES));
  } else {
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, ones, count));
  }
  if (q->ids) {
    EXPECT_OK(thalnet_batch_set_ids(batch, q->ids, q->sequences));
  }
  EXPECT_OK(thalnet_batch_set_targets(batch, 0, ones, count));
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_read_output(batch, 0, ones, count));
  free(bytes);
  free(tokens);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  thalnet_center_free(echo);
  return ones;
}

static const struct question usual = {.seed = 5, .epoch = 1, .sequences = 8, .rate = 0.25f};

START_TEST(dropout_keeps_the_mean) {
  static const float rates[] = {0.1f, 0.25f, 0.5f, 0.9f};
  for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++) {
    struct question q = usual;
    q.rate = rates[r];
    q.sequences = 100;
    size_t count = q.sequences * FRAMES * WIDE, zeros = 0;
    float *values = dropped(&q);
    for (size_t i = 0; i < count; i++) {
      zeros += values[i] == 0.0f;
      ck_assert(values[i] == 0.0f || fabsf(values[i] * (1.0f - rates[r]) - 1.0f) < 1e-6f);
    }
    double share = (double)zeros / (double)count, p = (double)rates[r];
    ck_assert_double_eq_tol(share, p, 5.0 * sqrt(p * (1.0 - p) / (double)count)); /* five standard deviations */
    free(values);
  }
}
END_TEST

START_TEST(no_rate_no_dropout) {
  struct question q = usual;
  q.rate = 0.0f;
  float *values = dropped(&q);
  for (size_t i = 0; i < q.sequences * FRAMES * WIDE; i++) {
    ck_assert(values[i] == 1.0f);
  }
  free(values);
}
END_TEST

static double agreement(const float *a, const float *b, size_t count) {
  size_t same = 0;
  for (size_t i = 0; i < count; i++) {
    same += a[i] == b[i];
  }
  return (double)same / (double)count;
}

/* Seed, epoch and id each give other numbers: independent ones agree in p^2 + (1 - p)^2 = 0.625 of the places. */
START_TEST(seed_epoch_and_id_decide) {
  static const uint64_t moved[8] = {100, 101, 102, 103, 104, 105, 106, 107};
  size_t count = 8 * FRAMES * WIDE;
  float *reference = dropped(&usual), *again = dropped(&usual);
  ck_assert(support_same(reference, again, count));
  free(again);
  for (int what = 0; what < 3; what++) {
    struct question q = usual;
    if (what == 0) {
      q.seed = 6;
    }
    if (what == 1) {
      q.epoch = 2;
    }
    if (what == 2) {
      q.ids = moved;
    }
    float *other = dropped(&q);
    double share = agreement(reference, other, count);
    ck_assert_msg(share > 0.55 && share < 0.70, "%d: %g", what, share);
    free(other);
  }
  /* Within one batch too: sequences, frames and columns differ from each other. */
  size_t row = FRAMES * WIDE;
  for (size_t i = 1; i < 8; i++) {
    ck_assert(!support_same(reference, reference + i * row, row));
  }
  for (size_t i = 1; i < FRAMES; i++) {
    ck_assert(!support_same(reference, reference + i * WIDE, WIDE));
  }
  free(reference);
}
END_TEST

/* The same id gives the same numbers wherever it stands, in whatever batch and chunk; unset ids are 0, 1, 2, ... */
START_TEST(position_does_not_matter) {
  static const uint64_t counted[8] = {0, 1, 2, 3, 4, 5, 6, 7}, turned[8] = {7, 6, 5, 4, 3, 2, 1, 0}, one[1] = {5};
  static const uint64_t large[2] = {UINT64_MAX, UINT64_MAX - 1};
  size_t row = FRAMES * WIDE;
  struct question q = usual;
  float *reference = dropped(&usual), *other;
  q.ids = counted;
  other = dropped(&q);
  ck_assert(support_same(reference, other, 8 * row));
  free(other);
  q.ids = turned;
  for (q.chunk = 0; q.chunk < 4; q.chunk++) {
    other = dropped(&q);
    for (size_t i = 0; i < 8; i++) {
      ck_assert(support_same(reference + i * row, other + (7 - i) * row, row));
    }
    free(other);
  }
  q.ids = one;
  q.sequences = 1;
  other = dropped(&q);
  ck_assert(support_same(reference + 5 * row, other, row));
  free(other);
  q.ids = large;
  q.sequences = 2;
  other = dropped(&q);
  ck_assert(!support_same(other, other + row, row));
  free(other);
  free(reference);
}
END_TEST

START_TEST(tokens_are_dropped_whole) {
  struct question q = usual;
  q.tokens = 1;
  q.sequences = 200;
  float *values = dropped(&q);
  size_t kept = 0, frames = q.sequences * FRAMES;
  for (size_t i = 0; i < frames; i++) {
    for (size_t k = 0; k < WIDE; k++) {
      ck_assert(k == 3 || values[i * WIDE + k] == 0.0f);
    }
    float value = values[i * WIDE + 3];
    ck_assert(value == 0.0f || fabsf(value * 0.75f - 1.0f) < 1e-6f);
    kept += value != 0.0f;
  }
  ck_assert_double_eq_tol((double)kept / (double)frames, 0.75, 0.05);
  free(values);
}
END_TEST

/* thalnet_forward evaluates: no dropout. */
START_TEST(evaluation_drops_nothing) {
  thalnet_center *net = support_echo(WIDE, 0);
  thalnet_batch *batch = support_batch(net, 2, 3);
  float values[2 * 3 * WIDE], back[2 * 3 * WIDE];
  support_randoms(values, 2 * 3 * WIDE, 4);
  EXPECT_OK(thalnet_batch_set_input_dropout(batch, 0, 0.5f));
  EXPECT_OK(thalnet_batch_begin(batch, 2, 3));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, values, 2 * 3 * WIDE));
  EXPECT_OK(thalnet_batch_set_targets(batch, 0, values, 2 * 3 * WIDE));
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_read_output(batch, 0, back, 2 * 3 * WIDE));
  ck_assert(support_same(values, back, 2 * 3 * WIDE));
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_read_output(batch, 0, back, 2 * 3 * WIDE));
  ck_assert(!support_same(values, back, 2 * 3 * WIDE));
  /* It stays until set again, over begin. */
  EXPECT_OK(thalnet_batch_begin(batch, 2, 3));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, values, 2 * 3 * WIDE));
  EXPECT_OK(thalnet_batch_set_targets(batch, 0, values, 2 * 3 * WIDE));
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_read_output(batch, 0, back, 2 * 3 * WIDE));
  ck_assert(!support_same(values, back, 2 * 3 * WIDE));
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {seeds_decide_the_parameters, tensors_do_not_depend_on_each_other,
                                dropout_keeps_the_mean,      no_rate_no_dropout,
                                seed_epoch_and_id_decide,    position_does_not_matter,
                                tokens_are_dropped_whole,    evaluation_drops_nothing};
  return SUPPORT_RUN("random", tests);
}
