/* SPDX-License-Identifier: MIT */
/* routing.h: the wiring of everything with everything, and traces of single sequences, computed again from the parameters and
 * the features. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { S = 2, K = 3, MODULES = 2 };
static const int32_t lengths[S] = {3, 2};

/* A network with two inputs at different rates, or with tokens, and what was fed to it. */
struct case_of {
  thalnet_center *net;
  thalnet_batch *batch;
  size_t steps; /* of a frame */
  size_t inputs, outputs, nodes, features;
  float x[2][S * K * 2 * 5]; /* dense values */
  int32_t t[S * K];
  float *phi[S]; /* [step][P] */
};

static void set_up(struct case_of *c, int32_t kind) {
  memset(c, 0, sizeof *c);
  c->net = support_net(kind, NULL);
  c->batch = support_batch(c->net, S, K);
  c->steps = (size_t)thalnet_center_steps_per_frame(c->net);
  c->inputs = (size_t)thalnet_center_input_count(c->net);
  c->outputs = (size_t)thalnet_center_output_count(c->net);
  c->nodes = c->inputs + MODULES + c->outputs;
  c->features = thalnet_center_features(c->net);
  ck_assert_int_eq(thalnet_center_module_count(c->net), MODULES);
  EXPECT_OK(thalnet_batch_begin(c->batch, S, K));
  EXPECT_OK(thalnet_batch_set_lengths(c->batch, lengths, S));
  for (int32_t i = 0; i < (int32_t)c->inputs; i++) {
    const size_t count = S * K * (size_t)thalnet_center_input_frames(c->net, i) * thalnet_center_input_size(c->net, i);
    if (thalnet_center_input_is_tokens(c->net, i)) {
      static const int32_t tokens[S * K] = {0, -1, 4, 2, 2, 1};
      memcpy(c->t, tokens, sizeof tokens);
      EXPECT_OK(thalnet_batch_set_tokens(c->batch, i, c->t, S * K));
    } else {
      support_randoms(c->x[i], count, (uint64_t)i + 1);
      EXPECT_OK(thalnet_batch_set_inputs(c->batch, i, c->x[i], count));
    }
  }
  for (size_t r = 0; r < S; r++) {
    const size_t count = K * c->steps * c->features;
    c->phi[r] = malloc(count * sizeof(float));
    EXPECT_OK(thalnet_center_trace_features(c->net, c->batch, r, c->phi[r], count));
  }
}

static void tear_down(struct case_of *c) {
  free(c->phi[0]);
  free(c->phi[1]);
  thalnet_batch_free(c->batch);
  thalnet_center_free(c->net);
}

/* A tensor by its name; free() it. */
static float *tensor(const thalnet_center *net, const char *name, size_t shape[3]) {
  ck_assert_int_gt(thalnet_center_tensor_shape(net, name, shape), 0);
  for (int i = 0; i < 3; i++) {
    shape[i] = shape[i] == 0 ? 1 : shape[i];
  }
  float *values = malloc(shape[0] * shape[1] * shape[2] * sizeof(float));
  EXPECT_OK(thalnet_center_read(net, name, values, shape[0] * shape[1] * shape[2]));
  return values;
}

/* Sum over the rows of (w[row, first .. first + count) x)^2. */
static double square(const float *w, size_t rows, size_t columns, size_t first, size_t count, const float *x) {
  double sum = 0;
  for (size_t i = 0; i < rows; i++) {
    double product = 0;
    for (size_t k = 0; k < count; k++) {
      product += (double)w[i * columns + first + k] * (x ? (double)x[k] : 1.0);
    }
    sum += product * product;
  }
  return sum;
}

/* What input i is at a step of a sequence: its values, or one of a token's columns. */
static const float *input_at(const struct case_of *c, int32_t i, size_t r, size_t step, size_t *column) {
  const size_t frames = (size_t)thalnet_center_input_frames(c->net, i) * K;
  const size_t frame = step / (size_t)thalnet_center_input_steps_per_frame(c->net, i);
  static const float one = 1.0f;
  *column = 0;
  if (!thalnet_center_input_is_tokens(c->net, i)) {
    return c->x[i] + (r * frames + frame) * thalnet_center_input_size(c->net, i);
  }
  if (c->t[r * frames + frame] < 0) {
    return NULL;
  }
  *column = (size_t)c->t[r * frames + frame];
  return &one;
}

/* The mean square over all steps of what comes from node `from` to module or output `to`. */
static double share_of_input(const struct case_of *c, int32_t i, size_t m) {
  static const char *const names[MODULES] = {"modules.0.layers.0.weight_ih", "modules.1.layers.0.weight_ih"};
  size_t shape[3], first = 0, steps = 0;
  float *w = tensor(c->net, names[m], shape);
  double sum = 0;
  for (int32_t before = 0; before < i; before++) {
    first += thalnet_center_input_size(c->net, before);
  }
  for (size_t r = 0; r < S; r++) {
    for (size_t step = 0; step < (size_t)lengths[r] * c->steps; step++, steps++) {
      size_t column;
      const float *x = input_at(c, i, r, step, &column);
      const size_t count = thalnet_center_input_is_tokens(c->net, i) ? 1 : thalnet_center_input_size(c->net, i);
      sum += x == NULL ? 0 : square(w, shape[0], shape[1], first + column, count, x);
    }
  }
  free(w);
  return sqrt(sum / (double)(steps * shape[0]));
}

static double share_of_module(const struct case_of *c, size_t m, size_t o) {
  static const char *const names[MODULES][3] = {
      {"modules.0.outputs.0.weight", "modules.0.outputs.1.weight", "modules.0.outputs.2.weight"},
      {"modules.1.outputs.0.weight", "modules.1.outputs.1.weight", "modules.1.outputs.2.weight"}};
  size_t shape[3], steps = 0;
  float *w = tensor(c->net, names[m][o], shape);
  double sum = 0;
  for (size_t r = 0; r < S; r++) {
    for (size_t step = 0; step < (size_t)lengths[r] * c->steps; step++, steps++) {
      sum += square(w, shape[0], shape[1], 0, shape[1],
                    c->phi[r] + step * c->features + thalnet_center_module_offset(c->net, (int32_t)m));
    }
  }
  free(w);
  return sqrt(sum / (double)(steps * shape[0]));
}

static void check_case(int32_t kind) {
  struct case_of c;
  float wiring[49], routing[4];
  set_up(&c, kind);
  ck_assert_uint_le(c.nodes * c.nodes, 49);
  EXPECT_OK(thalnet_center_wiring(c.net, c.batch, THALNET_ROUTING_SHARE, wiring, c.nodes * c.nodes));
  EXPECT_OK(thalnet_center_routing(c.net, c.batch, THALNET_ROUTING_SHARE, routing, 4));
  double checked = 0, all = 0;
  for (size_t m = 0; m < MODULES; m++) {
    const float *row = wiring + (c.inputs + m) * c.nodes;
    for (size_t i = 0; i < c.inputs; i++) {
      ck_assert_double_eq_tol((double)row[i], share_of_input(&c, (int32_t)i, m), 1e-6);
      checked += (double)row[i];
    }
    for (size_t j = 0; j < MODULES; j++) {
      ck_assert(row[c.inputs + j] == routing[m * MODULES + j] && row[c.inputs + j] > 0.0f);
      checked += (double)row[c.inputs + j];
    }
    for (size_t o = 0; o < c.outputs; o++) {
      const float value = wiring[(c.inputs + MODULES + o) * c.nodes + c.inputs + m];
      ck_assert_double_eq_tol((double)value, share_of_module(&c, m, o), 1e-6);
      checked += (double)value;
    }
  }
  for (size_t i = 0; i < c.nodes * c.nodes; i++) {
    all += (double)wiring[i];
  }
  ck_assert_double_eq_tol(all, checked, 1e-5); /* and zeros everywhere else */
  tear_down(&c);
}

START_TEST(shares_by_their_definition) {
  check_case(SUPPORT_TASKS);
  check_case(SUPPORT_RATES);
}
END_TEST

START_TEST(weights_by_their_definition) {
  struct case_of c;
  float wiring[49];
  size_t shape[3];
  set_up(&c, SUPPORT_TASKS);
  EXPECT_OK(thalnet_center_wiring(c.net, NULL, THALNET_ROUTING_WEIGHT, wiring, 49));
  float *ih = tensor(c.net, "modules.1.layers.0.weight_ih", shape);
  for (size_t i = 0, first = 0; i < 2; first += i == 0 ? 3 : 5, i++) {
    double sum = 0;
    for (size_t k = first; k < first + (i == 0 ? 3u : 5u); k++) {
      sum += square(ih, shape[0], shape[1], k, 1, NULL);
    }
    ck_assert_double_eq_tol((double)wiring[3 * 7 + i], sqrt(sum), 1e-5);
  }
  free(ih);
  float *v = tensor(c.net, "modules.0.outputs.2.weight", shape);
  double sum = 0;
  for (size_t k = 0; k < shape[0] * shape[1]; k++) {
    sum += (double)v[k] * (double)v[k];
  }
  ck_assert_double_eq_tol((double)wiring[6 * 7 + 2], sqrt(sum), 1e-5);
  free(v);
  tear_down(&c);
}
END_TEST

/* The features of a trace are the memory that a state has, frame by frame; and zeros where the sequence is over. */
START_TEST(features_are_those_of_the_state) {
  struct case_of c;
  set_up(&c, SUPPORT_TASKS);
  thalnet_state *state = support_state(c.net, S);
  const size_t size = thalnet_state_values(state);
  float *memory = malloc(size * sizeof(float));
  for (size_t frame = 0; frame < K; frame++) {
    for (size_t r = 0; r < S; r++) {
      EXPECT_OK(thalnet_batch_begin(c.batch, 1, 1));
      EXPECT_OK(thalnet_batch_set_inputs(c.batch, 0, c.x[0] + (r * K + frame) * 3, 3));
      EXPECT_OK(thalnet_batch_set_tokens(c.batch, 1, c.t + r * K + frame, 1));
      thalnet_state *one = support_state(c.net, 1);
      const size_t zero = 0;
      EXPECT_OK(thalnet_state_copy(one, &zero, state, &r, 1));
      EXPECT_OK(thalnet_forward(c.net, c.batch, one));
      EXPECT_OK(thalnet_state_copy(state, &r, one, &zero, 1));
      EXPECT_OK(thalnet_state_read(one, 0, memory, size));
      thalnet_state_free(one);
      if (frame < (size_t)lengths[r]) {
        ck_assert_double_lt(support_distance(memory, c.phi[r] + frame * c.features, c.features), 1e-6);
      }
      for (size_t k = 0; k < c.features && frame >= (size_t)lengths[r]; k++) {
        ck_assert(c.phi[r][frame * c.features + k] == 0.0f);
      }
    }
  }
  free(memory);
  thalnet_state_free(state);
  tear_down(&c);
}
END_TEST

/* The mean over sequences and steps of what the traces tell is what the routing tells: squares of shares; of weights it is so
 * for static readers, which read alike at every step. */
static void traces_make_routing(int32_t kind, int32_t measure) {
  thalnet_center *net = support_net(kind, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  const size_t modules = (size_t)thalnet_center_module_count(net), square_count = modules * modules;
  const size_t count = K * (size_t)thalnet_center_steps_per_frame(net) * square_count;
  float routing[25], *trace = malloc(count * sizeof(float));
  double sums[25] = {0}, readings = 0;
  support_fill(net, batch, S, K, 3);
  EXPECT_OK(thalnet_center_routing(net, batch, measure, routing, square_count));
  for (size_t r = 0; r < S; r++) {
    EXPECT_OK(thalnet_center_trace_routing(net, batch, r, measure, trace, count));
    for (size_t i = 0; i < count; i++) {
      sums[i % square_count] += (double)trace[i] * (double)trace[i];
    }
    readings += (double)(count / square_count);
  }
  for (size_t i = 0; i < square_count; i++) {
    ck_assert_double_eq_tol((double)routing[i], sqrt(sums[i] / readings), 1e-5);
  }
  free(trace);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}

START_TEST(traces_add_up_to_routing) {
  traces_make_routing(SUPPORT_SMALL, THALNET_ROUTING_SHARE);
  traces_make_routing(SUPPORT_READERS, THALNET_ROUTING_SHARE);
  traces_make_routing(SUPPORT_RATES, THALNET_ROUTING_SHARE);
  traces_make_routing(SUPPORT_RATES, THALNET_ROUTING_WEIGHT);
}
END_TEST

/* Dynamic readers change what they read from step to step; static ones do not. */
START_TEST(dynamic_readers_change) {
  thalnet_center *net = support_net(SUPPORT_READERS, NULL);
  thalnet_batch *batch = support_batch(net, S, K);
  float trace[K * 25];
  support_fill(net, batch, S, K, 3);
  EXPECT_OK(thalnet_center_trace_routing(net, batch, 1, THALNET_ROUTING_WEIGHT, trace, K * 25));
  for (size_t i = 0; i < 25; i++) {
    ck_assert((trace[i] == trace[50 + i]) == (i / 5 < 2)); /* linear, weight norm; softmax, two Gaussians */
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* A sequence's trace is the same whichever chunk it is computed in, but for rounding. */
START_TEST(traces_of_chunks) {
  float traces[2][2][S * K * 25], features[2][2][K * 64];
  for (int chunked = 0; chunked < 2; chunked++) {
    thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
    options.chunk_sequences = chunked;
    thalnet_center *net = support_net(SUPPORT_READERS, &options);
    thalnet_batch *batch = support_batch(net, S, K);
    ck_assert_uint_le(thalnet_center_features(net), 64);
    support_fill(net, batch, S, K, 1);
    for (size_t r = 0; r < S; r++) {
      EXPECT_OK(thalnet_center_trace_routing(net, batch, r, THALNET_ROUTING_SHARE, traces[chunked][r], K * 25));
      EXPECT_OK(thalnet_center_trace_features(net, batch, r, features[chunked][r], K * thalnet_center_features(net)));
    }
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
  for (size_t r = 0; r < S; r++) {
    ck_assert(support_distance(traces[0][r], traces[1][r], K * 25) < 1e-6);
    ck_assert(support_distance(features[0][r], features[1][r], K * 22) < 1e-6);
  }
  ck_assert(support_distance(traces[0][0], traces[0][1], K * 25) > 1e-6);
}
END_TEST

/* A batch without frames has traces without steps. */
START_TEST(nothing_has_an_empty_trace) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, 2, 3);
  float value = 5.0f;
  EXPECT_OK(thalnet_batch_begin(batch, 2, 0));
  EXPECT_OK(thalnet_center_trace_routing(net, batch, 1, THALNET_ROUTING_SHARE, NULL, 0));
  EXPECT_OK(thalnet_center_trace_features(net, batch, 1, &value, 0));
  EXPECT(thalnet_center_trace_features(net, batch, 1, &value, 1), THALNET_ERROR_SIZE);
  EXPECT(thalnet_center_trace_features(net, batch, 2, &value, 0), THALNET_ERROR_ARGUMENT);
  ck_assert(value == 5.0f);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

START_TEST(arguments_are_checked) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL), *other = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, S, K), *foreign = support_batch(other, S, K);
  float values[64];
  EXPECT(thalnet_center_trace_features(net, batch, 0, values, K * 9), THALNET_ERROR_STATE);
  support_fill(net, batch, S, K, 1);
  support_fill(other, foreign, S, K, 1);
  EXPECT(thalnet_center_trace_features(net, batch, S, values, K * 9), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_trace_features(net, batch, 0, values, K * 9 - 1), THALNET_ERROR_SIZE);
  EXPECT(thalnet_center_trace_features(net, foreign, 0, values, K * 9), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_center_trace_features(net, NULL, 0, values, K * 9), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_trace_routing(net, NULL, 0, THALNET_ROUTING_WEIGHT, values, K * 4), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_trace_routing(net, batch, 0, 7, values, K * 4), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_wiring(net, NULL, THALNET_ROUTING_SHARE, values, 16), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_wiring(net, NULL, THALNET_ROUTING_WEIGHT, values, 4), THALNET_ERROR_SIZE);
  EXPECT_OK(thalnet_center_wiring(net, NULL, THALNET_ROUTING_WEIGHT, values, 16));
  thalnet_batch_free(batch);
  thalnet_batch_free(foreign);
  thalnet_center_free(net);
  thalnet_center_free(other);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {shares_by_their_definition,      weights_by_their_definition,
                                features_are_those_of_the_state, traces_add_up_to_routing,
                                dynamic_readers_change,          arguments_are_checked,
                                nothing_has_an_empty_trace,      traces_of_chunks};
  return SUPPORT_RUN("wiring", tests);
}
