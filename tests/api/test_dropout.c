/* SPDX-License-Identifier: MIT */
/* Dropout within the network, and that of inputs which is the same for all frames. In a network whose layers and readers copy
 * ones, outputs are products of the factors. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDE = 16, FRAMES = 6, ROW = FRAMES * WIDE };

/* Two modules: the first copies the input, the second what it reads of the first; each has an output that copies it. */
static thalnet_center *copying(int32_t chunk) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  static const char *const copies[] = {"modules.0.layers.0.weight", "modules.1.layers.0.weight",
                                       "modules.0.outputs.0.weight", "modules.1.outputs.1.weight"};
  static const char *const zeros[] = {"modules.0.layers.0.bias", "modules.1.layers.0.bias", "outputs.0.bias",
                                      "outputs.1.bias"};
  float one[WIDE * WIDE] = {0}, read[WIDE * 2 * WIDE] = {0}, zero[WIDE] = {0};
  options.chunk_sequences = chunk;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", WIDE, NULL, NULL));
  for (int32_t i = 0; i < 2; i++) {
    thalnet_module *module = NULL;
    EXPECT_OK(thalnet_center_add_output(net, i ? "b" : "a", WIDE, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_dense(module, WIDE, THALNET_IDENTITY, NULL));
    EXPECT_OK(i ? thalnet_module_add_reader(module, THALNET_LINEAR, WIDE, NULL, NULL)
                : thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, i));
  }
  EXPECT_OK(thalnet_center_build(net, 1));
  for (size_t i = 0; i < WIDE; i++) {
    one[i * WIDE + i] = read[i * 2 * WIDE + i] = 1.0f;
  }
  for (size_t i = 0; i < 4; i++) {
    EXPECT_OK(thalnet_center_write(net, copies[i], one, WIDE * WIDE));
    EXPECT_OK(thalnet_center_write(net, zeros[i], zero, WIDE));
  }
  EXPECT_OK(thalnet_center_write(net, "modules.1.reader.weight", read, WIDE * 2 * WIDE));
  return net;
}

struct question {
  uint64_t seed, epoch;
  size_t sequences;
  const uint64_t *ids;
  thalnet_dropout_options dropout;
  int32_t chunk;
};

/* Outputs of both modules: [sequence][frame][value]. */
struct answer {
  float *a, *b;
};

static void fill_ones(thalnet_batch *batch, size_t sequences) {
  float *ones = malloc(sequences * ROW * sizeof *ones);
  for (size_t i = 0; i < sequences * ROW; i++) {
    ones[i] = 1.0f;
  }
  EXPECT_OK(thalnet_batch_begin(batch, sequences, FRAMES));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, ones, sequences * ROW));
  for (int32_t i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_batch_set_targets(batch, i, ones, sequences * ROW));
  }
  free(ones);
}

static struct answer ask(const struct question *q) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_center *net = copying(q->chunk);
  thalnet_batch *batch = NULL;
  options.seed = q->seed;
  EXPECT_OK(thalnet_batch_create(net, q->sequences, FRAMES, &options, &batch));
  EXPECT_OK(thalnet_batch_set_epoch(batch, q->epoch));
  EXPECT_OK(thalnet_batch_set_dropout(batch, &q->dropout));
  fill_ones(batch, q->sequences);
  if (q->ids) {
    EXPECT_OK(thalnet_batch_set_ids(batch, q->ids, q->sequences));
  }
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  struct answer answer = {support_output(net, batch, 0, q->sequences, FRAMES),
                          support_output(net, batch, 1, q->sequences, FRAMES)};
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return answer;
}

static void forget(struct answer *answer) {
  free(answer->a);
  free(answer->b);
}

static const struct question usual = {.seed = 5, .epoch = 1, .sequences = 8, .dropout = THALNET_DROPOUT_OPTIONS_INIT};

/* All values are 0 or 1 / (1 - rate); the share of zeros, over frames from `first` on, is the rate. */
static void is_dropped(const float *values, size_t sequences, size_t first, double rate, double independent) {
  size_t zeros = 0, count = 0;
  for (size_t s = 0; s < sequences; s++) {
    for (size_t i = first * WIDE; i < ROW; i++, count++) {
      const double value = (double)values[s * ROW + i];
      zeros += value == 0.0;
      ck_assert_msg(value == 0.0 || fabs(value * (1.0 - rate) - 1.0) < 1e-6, "%g", value);
    }
  }
  const double share = (double)zeros / (double)count; /* five standard deviations */
  ck_assert_double_eq_tol(share, rate, 1e-9 + 5.0 * sqrt(rate * (1.0 - rate) / independent));
}

/* Whether all frames from `first` on are the same. */
static int constant(const float *row, size_t first) {
  for (size_t k = first + 1; k < FRAMES; k++) {
    if (!support_same(row + first * WIDE, row + k * WIDE, WIDE)) {
      return 0;
    }
  }
  return 1;
}

static void all_ones(const float *values, size_t sequences, size_t first) {
  is_dropped(values, sequences, first, 0.0, 1.0);
}

START_TEST(features_are_dropped_once) {
  struct question q = usual;
  q.sequences = 300;
  q.dropout.features = 0.3f;
  struct answer answer = ask(&q);
  is_dropped(answer.a, q.sequences, 0, (double)q.dropout.features, 300.0 * WIDE);
  size_t both = 0, seen = 0;
  for (size_t s = 0; s < q.sequences; s++) {
    const float *a = answer.a + s * ROW, *b = answer.b + s * ROW;
    ck_assert(constant(a, 0) && constant(b, 1));
    ck_assert(s == 0 || !support_same(a, a - ROW, WIDE));
    for (size_t i = 0; i < WIDE; i++) { /* readers see what the output sees; the second module's own are dropped too */
      ck_assert(b[WIDE + i] == 0.0f || fabsf(b[WIDE + i] - a[i] / 0.7f) < 1e-5f);
      seen += a[i] != 0.0f;
      both += b[WIDE + i] != 0.0f;
      ck_assert(b[i] == 0.0f);
    }
  }
  ck_assert_double_eq_tol((double)both / (double)seen, 0.7, 0.04);
  forget(&answer);
}
END_TEST

START_TEST(contexts_are_dropped_once) {
  struct question q = usual;
  q.sequences = 300;
  q.dropout.contexts = 0.2f;
  struct answer answer = ask(&q);
  all_ones(answer.a, q.sequences, 0);
  is_dropped(answer.b, q.sequences, 1, (double)q.dropout.contexts, 300.0 * WIDE);
  for (size_t s = 0; s < q.sequences; s++) {
    ck_assert(constant(answer.b + s * ROW, 1));
  }
  forget(&answer);
}
END_TEST

START_TEST(modules_are_dropped_whole) {
  struct question q = usual;
  size_t agree = 0;
  q.sequences = 1000;
  q.dropout.modules = 0.4f;
  struct answer answer = ask(&q);
  is_dropped(answer.a, q.sequences, 0, (double)q.dropout.modules, 1000.0);
  for (size_t s = 0; s < q.sequences; s++) {
    const float *a = answer.a + s * ROW, *b = answer.b + s * ROW;
    ck_assert(constant(a, 0) && constant(b, 1));
    for (size_t i = 1; i < WIDE; i++) {
      ck_assert(a[i] == a[0] && b[WIDE + i] == b[WIDE]);
    }
    ck_assert(a[0] != 0.0f || b[WIDE] == 0.0f); /* nothing is left to read */
    agree += a[0] != 0.0f && b[WIDE] != 0.0f;
  }
  ck_assert_double_eq_tol((double)agree / 1000.0, 0.36, 0.08); /* one does not follow the other */
  forget(&answer);
}
END_TEST

START_TEST(every_step_is_drawn_again) {
  struct question q = usual;
  q.sequences = 300;
  for (int what = 0; what < 3; what++) {
    memset(&q.dropout, 0, sizeof q.dropout);
    q.dropout.struct_size = sizeof q.dropout;
    *(what == 0 ? &q.dropout.contexts : what == 1 ? &q.dropout.features : &q.dropout.modules) = 0.5f;
    q.dropout.every_step = 1;
    struct answer answer = ask(&q);
    const float *values = what == 0 ? answer.b : answer.a;
    const size_t first = what == 0;
    size_t changes = 0;
    is_dropped(values, q.sequences, first, 0.5, 300.0 * (what == 2 ? 1 : WIDE) * (double)(FRAMES - first));
    for (size_t i = 0; i < q.sequences; i++) {
      for (size_t k = first + 1; k < FRAMES; k++) {
        changes += values[i * ROW + k * WIDE] != values[i * ROW + (k - 1) * WIDE];
      }
    }
    ck_assert_double_eq_tol((double)changes / (300.0 * (double)(FRAMES - 1 - first)), 0.5, 0.08);
    forget(&answer);
  }
}
END_TEST

/* What is read at a step is what outputs saw after the one before, also when drawn again. */
START_TEST(readers_and_outputs_see_the_same) {
  struct question q = usual;
  q.sequences = 100;
  q.dropout.features = 0.3f;
  q.dropout.every_step = 1;
  struct answer answer = ask(&q);
  for (size_t s = 0; s < q.sequences; s++) {
    for (size_t i = WIDE; i < ROW; i++) {
      const float a = answer.a[s * ROW + i - WIDE], b = answer.b[s * ROW + i];
      ck_assert(b == 0.0f || a != 0.0f);
    }
  }
  forget(&answer);
}
END_TEST

/* Means over many sequences, of a product of five factors: those of modules belong to whole rows. */
START_TEST(expectations_are_kept) {
  struct question q = usual;
  for (q.dropout.every_step = 0; q.dropout.every_step < 2; q.dropout.every_step++) {
    q.sequences = 4000;
    q.dropout.contexts = 0.1f;
    q.dropout.features = 0.2f;
    q.dropout.modules = 0.15f;
    struct answer answer = ask(&q);
    double a = 0, b = 0;
    for (size_t s = 0; s < q.sequences; s++) {
      for (size_t i = 0; i < WIDE; i++) {
        a += (double)answer.a[s * ROW + WIDE + i] / (4000.0 * WIDE);
        b += (double)answer.b[s * ROW + WIDE + i] / (4000.0 * WIDE);
      }
    }
    ck_assert_double_eq_tol(a, 1.0, 0.05);
    ck_assert_double_eq_tol(b, 1.0, 0.07);
    forget(&answer);
  }
}
END_TEST

static void everything(struct question *q, int32_t every_step) {
  q->dropout = (thalnet_dropout_options){sizeof q->dropout, 0.3f, 0.3f, 0.2f, every_step};
}

START_TEST(seed_epoch_and_id_decide) {
  static const uint64_t moved[8] = {100, 101, 102, 103, 104, 105, 106, 107};
  for (int32_t every_step = 0; every_step < 2; every_step++) {
    struct question q = usual;
    everything(&q, every_step);
    struct answer reference = ask(&q), again = ask(&q);
    ck_assert(support_same(reference.a, again.a, 8 * ROW) && support_same(reference.b, again.b, 8 * ROW));
    forget(&again);
    for (int what = 0; what < 3; what++) {
      struct question other = q;
      other.seed += what == 0;
      other.epoch += what == 1;
      other.ids = what == 2 ? moved : NULL;
      again = ask(&other);
      ck_assert(!support_same(reference.a, again.a, 8 * ROW) && !support_same(reference.b, again.b, 8 * ROW));
      forget(&again);
    }
    forget(&reference);
  }
}
END_TEST

START_TEST(position_does_not_matter) {
  static const uint64_t turned[8] = {7, 6, 5, 4, 3, 2, 1, 0}, one[1] = {5};
  for (int32_t every_step = 0; every_step < 2; every_step++) {
    struct question q = usual;
    everything(&q, every_step);
    struct answer reference = ask(&q), other;
    q.ids = turned;
    for (q.chunk = 0; q.chunk < 4; q.chunk++) {
      other = ask(&q);
      for (size_t i = 0; i < 8; i++) {
        ck_assert(support_same(reference.a + i * ROW, other.a + (7 - i) * ROW, ROW));
        ck_assert(support_same(reference.b + i * ROW, other.b + (7 - i) * ROW, ROW));
      }
      forget(&other);
    }
    q.ids = one;
    q.sequences = 1;
    other = ask(&q);
    ck_assert(support_same(reference.b + 5 * ROW, other.b, ROW));
    forget(&other);
    forget(&reference);
  }
}
END_TEST

/* Windows of a sequence, with its id and in the same epoch, have the same masks; those of every step are repeated. */
START_TEST(windows_go_on) {
  for (int32_t every_step = 0; every_step < 2; every_step++) {
    const thalnet_dropout_options dropout = {sizeof dropout, 0, 0.4f, 0, every_step};
    thalnet_center *net = copying(0);
    thalnet_batch *batch = support_batch(net, 3, FRAMES);
    thalnet_state *state = support_state(net, 3);
    float *windows[3];
    EXPECT_OK(thalnet_batch_set_dropout(batch, &dropout));
    for (uint64_t i = 0; i < 3; i++) {
      fill_ones(batch, 3);
      EXPECT_OK(thalnet_batch_set_epoch(batch, i / 2));
      EXPECT_OK(thalnet_forward_backward(net, batch, state));
      windows[i] = support_output(net, batch, 0, 3, FRAMES);
    }
    ck_assert(support_same(windows[0], windows[1], 3 * ROW));
    ck_assert(!support_same(windows[0], windows[2], 3 * ROW));
    for (int i = 0; i < 3; i++) {
      free(windows[i]);
    }
    thalnet_state_free(state);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

static int same_states(const thalnet_state *one, const thalnet_state *other) {
  float *a = support_rows(one), *b = support_rows(other);
  const int same = support_same(a, b, 4 * thalnet_state_values(one));
  free(a);
  free(b);
  return same;
}

/* A module without a reader knows nothing of the dropout of its features. */
START_TEST(hidden_states_are_not_dropped) {
  const thalnet_dropout_options dropout = {sizeof dropout, 0.5f, 0.5f, 0.5f, 1};
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 2, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_lstm(module, 7, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_center_build(net, 3));
  thalnet_batch *batch = support_batch(net, 4, 5);
  thalnet_state *plain = support_state(net, 4), *dropped = support_state(net, 4);
  support_fill(net, batch, 4, 5, 1);
  EXPECT_OK(thalnet_forward_backward(net, batch, plain));
  float *one = support_output(net, batch, 0, 4, 5);
  EXPECT_OK(thalnet_batch_set_dropout(batch, &dropout));
  EXPECT_OK(thalnet_forward_backward(net, batch, dropped));
  float *other = support_output(net, batch, 0, 4, 5);
  ck_assert(same_states(plain, dropped));
  ck_assert(!support_same(one, other, 4 * 5 * 2));
  free(one);
  free(other);
  thalnet_state_free(plain);
  thalnet_state_free(dropped);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* thalnet_forward and thalnet_backward drop nothing; neither does a batch whose rates are 0 again. */
START_TEST(other_calls_drop_nothing) {
  const thalnet_dropout_options dropout = {sizeof dropout, 0.5f, 0.5f, 0.5f, 0};
  for (int32_t kind = 0; kind < SUPPORT_KINDS; kind++) {
    float *losses = NULL;
    for (int what = 0; what < 4; what++) {
      thalnet_center *net = support_net(kind, NULL);
      thalnet_batch *batch = support_batch(net, 4, 5);
      EXPECT_OK(thalnet_batch_set_dropout(batch, what == 0 ? NULL : &dropout));
      support_fill(net, batch, 4, 5, 1);
      if (what > 1) {
        EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
        EXPECT_OK(thalnet_center_clear_gradients(net));
      }
      if (what == 2) {
        EXPECT_OK(thalnet_batch_set_dropout(batch, NULL));
      }
      if (what == 0 || what == 2) {
        EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
      } else {
        EXPECT_OK(thalnet_forward(net, batch, NULL));
        EXPECT_OK(thalnet_backward(net, batch));
      }
      float *gradients = support_gradients(net);
      ck_assert_msg(what == 0 || support_same(losses, gradients, thalnet_center_parameter_count(net)), "%d", what);
      free(losses);
      losses = gradients;
      thalnet_batch_free(batch);
      thalnet_center_free(net);
    }
    free(losses);
  }
}
END_TEST

/* What a final output and its gradients are of sequences that have no frames: a batch without any, or one in which all are
 * empty. */
static size_t settled(int32_t every_step, size_t frames, float output[2 * 4], float **gradients) {
  const thalnet_dropout_options dropout = {sizeof dropout, 0.4f, 0, 0, every_step};
  const int32_t lengths[2] = {0, 0}, labels[2] = {1, 3};
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.settle_steps = 3;
  options.learned_start = 1;
  thalnet_center *net = support_net(SUPPORT_SMALL, &options);
  thalnet_batch *batch = support_batch(net, 2, 5);
  float *parameters = support_parameters(net);
  const size_t count = thalnet_center_parameter_count(net);
  support_randoms(parameters, count, 3);
  EXPECT_OK(thalnet_center_write(net, NULL, parameters, count));
  EXPECT_OK(thalnet_batch_set_dropout(batch, &dropout));
  EXPECT_OK(thalnet_batch_begin(batch, 2, frames));
  EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, 2));
  EXPECT_OK(thalnet_batch_set_final_labels(batch, 0, labels, 2));
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_read_final_output(batch, 0, output, 2 * 4));
  *gradients = support_gradients(net);
  free(parameters);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  return count;
}

START_TEST(settle_steps_alone_are_dropped) {
  for (int32_t every_step = 0; every_step < 2; every_step++) {
    float outputs[2][2 * 4], *gradients[2];
    settled(every_step, 0, outputs[0], &gradients[0]);
    const size_t count = settled(every_step, 5, outputs[1], &gradients[1]);
    ck_assert(support_same(outputs[0], outputs[1], 2 * 4));
    ck_assert(support_same(gradients[0], gradients[1], count));
    free(gradients[0]);
    free(gradients[1]);
  }
}
END_TEST

/* Turning it on and off takes memory once. */
START_TEST(memory_is_taken_once) {
  const thalnet_dropout_options dropout = {sizeof dropout, 0.5f, 0.5f, 0, 1};
  struct support_memory memory = {0};
  const thalnet_memory hooks = support_memory_hooks(&memory);
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.memory = &hooks;
  thalnet_center *net = support_net(SUPPORT_READERS, &options);
  thalnet_batch *batch = support_batch(net, 4, 5);
  long calls[8];
  for (int round = 0; round < 8; round++) {
    calls[round] = atomic_load(&memory.calls);
    EXPECT_OK(thalnet_batch_set_dropout(batch, round % 2 ? &dropout : NULL));
    support_fill(net, batch, 4, 5, 1);
    EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  }
  ck_assert_int_gt(calls[2], calls[1]);
  ck_assert_int_eq(calls[7], calls[2]);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

/* --- inputs ------------------------------------------------------------------------------------------------------- */

/* What is left of ones, or of tokens that repeat: [sequence][frame][value]. */
static float *inputs_left(int32_t tokens, float rate, int variational, size_t sequences) {
  thalnet_center *net = support_echo(WIDE, tokens);
  thalnet_batch *batch = support_batch(net, sequences, FRAMES);
  float *values = malloc(sequences * ROW * sizeof *values);
  int32_t *kinds = malloc(sequences * FRAMES * sizeof *kinds);
  for (size_t i = 0; i < sequences * ROW; i++) {
    values[i] = 1.0f;
  }
  for (size_t i = 0; i < sequences * FRAMES; i++) {
    kinds[i] = (int32_t)(i % FRAMES % 3) + 4;
  }
  EXPECT_OK(thalnet_batch_set_variational_input_dropout(batch, 0, variational ? rate : 0.5f));
  if (!variational) { /* the last call counts */
    EXPECT_OK(thalnet_batch_set_input_dropout(batch, 0, rate));
  }
  EXPECT_OK(thalnet_batch_begin(batch, sequences, FRAMES));
  if (tokens) {
    EXPECT_OK(thalnet_batch_set_tokens(batch, 0, kinds, sequences * FRAMES));
  } else {
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, values, sequences * ROW));
  }
  EXPECT_OK(thalnet_batch_set_targets(batch, 0, values, sequences * ROW));
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_read_output(batch, 0, values, sequences * ROW));
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  free(kinds);
  return values;
}

START_TEST(inputs_are_dropped_once) {
  float *values = inputs_left(0, 0.25f, 1, 200), *again = inputs_left(0, 0.25f, 0, 200);
  size_t constants = 0;
  is_dropped(values, 200, 0, 0.25, 200.0 * WIDE);
  is_dropped(again, 200, 0, 0.25, 200.0 * ROW);
  for (size_t s = 0; s < 200; s++) {
    ck_assert(constant(values + s * ROW, 0));
    ck_assert(s == 0 || !support_same(values + s * ROW, values + (s - 1) * ROW, WIDE));
    constants += (size_t)constant(again + s * ROW, 0);
  }
  ck_assert_uint_eq(constants, 0);
  free(values);
  free(again);
}
END_TEST

START_TEST(kinds_of_tokens_are_dropped) {
  float *values = inputs_left(1, 0.25f, 1, 1000), *again = inputs_left(1, 0.25f, 0, 1000);
  size_t kept = 0, same = 0, differ = 0;
  for (size_t s = 0; s < 1000; s++) {
    const float *row = values + s * ROW, *other = again + s * ROW;
    for (size_t k = 0; k < 3; k++) {
      const float value = row[k * WIDE + 4 + k];
      ck_assert(value == 0.0f || fabsf(value * 0.75f - 1.0f) < 1e-6f);
      ck_assert(support_same(row + k * WIDE, row + (k + 3) * WIDE, WIDE));
      kept += value != 0.0f;
      same += (other[k * WIDE + 4 + k] != 0.0f) == (other[(k + 3) * WIDE + 4 + k] != 0.0f);
    }
    differ += (row[4] != 0.0f) != (row[WIDE + 5] != 0.0f);
  }
  ck_assert_double_eq_tol((double)kept / 3000.0, 0.75, 0.04);
  ck_assert_double_eq_tol((double)same / 3000.0, 0.625, 0.05);
  ck_assert_double_eq_tol((double)differ / 1000.0, 0.375, 0.08);
  free(values);
  free(again);
}
END_TEST

/* --- misuse ------------------------------------------------------------------------------------------------------- */

START_TEST(wrong_options_change_nothing) {
  static const float rates[] = {-0.1f, 1.0f, 1.5f, -INFINITY, INFINITY, NAN};
  const thalnet_dropout_options fine = {sizeof fine, 0, 0.5f, 0, 0};
  thalnet_center *net = copying(0);
  thalnet_batch *batch = support_batch(net, 2, FRAMES);
  EXPECT(thalnet_batch_set_dropout(NULL, &fine), THALNET_ERROR_HANDLE);
  EXPECT_OK(thalnet_batch_set_dropout(batch, &fine));
  for (size_t i = 0; i < 3 * sizeof rates / sizeof rates[0]; i++) {
    thalnet_dropout_options wrong = THALNET_DROPOUT_OPTIONS_INIT;
    *(i % 3 == 0 ? &wrong.contexts : i % 3 == 1 ? &wrong.features : &wrong.modules) = rates[i / 3];
    EXPECT(thalnet_batch_set_dropout(batch, &wrong), THALNET_ERROR_ARGUMENT);
    ck_assert(strstr(thalnet_error_text(), i % 3 == 0 ? "contexts" : i % 3 == 1 ? "features" : "modules") != NULL);
  }
  for (int32_t every_step = -1; every_step <= 2; every_step += 3) {
    thalnet_dropout_options wrong = fine;
    wrong.every_step = every_step;
    EXPECT(thalnet_batch_set_dropout(batch, &wrong), THALNET_ERROR_ARGUMENT);
  }
  fill_ones(batch, 2);
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  float *values = support_output(net, batch, 0, 2, FRAMES);
  is_dropped(values, 2, 0, 0.5, 2.0 * WIDE);
  free(values);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* In order, a module without reader has no context to drop: what it tells is the same. */
START_TEST(no_reader_no_context_to_drop) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *module;
  double losses[2][2];
  options.in_order = 1;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  for (int32_t i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_output(net, i ? "z" : "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 5, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, i));
  }
  EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 6, NULL, NULL));
  EXPECT_OK(thalnet_center_build(net, 1));
  thalnet_batch *batch = support_batch(net, 4, 3);
  for (int32_t drops = 0; drops < 2; drops++) {
    const thalnet_dropout_options dropout = {sizeof dropout, drops ? 0.5f : 0.0f, 0, 0, 0};
    EXPECT_OK(thalnet_batch_set_dropout(batch, &dropout));
    support_fill(net, batch, 4, 3, 2);
    EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
    losses[drops][0] = support_loss(batch, 0);
    losses[drops][1] = support_loss(batch, 1);
  }
  ck_assert(losses[0][0] == losses[1][0]);
  ck_assert(losses[0][1] != losses[1][1]);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
      features_are_dropped_once,     contexts_are_dropped_once,        modules_are_dropped_whole,
      every_step_is_drawn_again,     readers_and_outputs_see_the_same, expectations_are_kept,
      seed_epoch_and_id_decide,      position_does_not_matter,         windows_go_on,
      hidden_states_are_not_dropped, other_calls_drop_nothing,         settle_steps_alone_are_dropped,
      memory_is_taken_once,          inputs_are_dropped_once,          kinds_of_tokens_are_dropped,
      wrong_options_change_nothing,  no_reader_no_context_to_drop};
  return SUPPORT_RUN("dropout", tests);
}
