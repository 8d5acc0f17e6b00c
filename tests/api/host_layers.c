/* SPDX-License-Identifier: MIT */
#include "host_layers.h"

/* Row r of what a call has, and a block of it. */
#define ROW(array) (call->array + r * call->array##_stride)
#define BLOCK(array, block) (call->array + r * call->stride + (block)*call->units)

static host_number slope_sigmoid(host_number y) { return y * (1 - y); }
static host_number slope_tanh(host_number y) { return 1 - y * y; }

/* --- GRU, reset after --- */

static int gru_forward(void *user, const thalnet_layer_call *call) {
  const size_t n = call->units;
  (void)user;
  for (size_t r = 0; r < call->rows; r++) {
    host_number *reset = BLOCK(input, 0), *update = BLOCK(input, 1), *candidate = BLOCK(input, 2);
    const host_number *side = BLOCK(hidden, 0), *before = ROW(hidden_before);
    for (size_t i = 0; i < 2 * n; i++) reset[i] += side[i];
    if (thalnet_activate(reset, 2 * n, THALNET_SIGMOID)) return 1;
    for (size_t i = 0; i < n; i++) candidate[i] += reset[i] * side[2 * n + i];
    if (thalnet_activate(candidate, n, THALNET_TANH)) return 1;
    for (size_t i = 0; i < n; i++) ROW(output)[i] = (1 - update[i]) * candidate[i] + update[i] * before[i];
  }
  return 0;
}

static int gru_backward(void *user, const thalnet_layer_call *call) {
  const size_t n = call->units;
  (void)user;
  for (size_t r = 0; r < call->rows; r++) {
    const host_number *before = ROW(hidden_before), *d = ROW(d_output);
    for (size_t i = 0; i < n; i++) {
      const host_number reset = BLOCK(input, 0)[i], update = BLOCK(input, 1)[i], candidate = BLOCK(input, 2)[i];
      const host_number d_candidate = d[i] * (1 - update) * slope_tanh(candidate);
      const host_number d_update = d[i] * (before[i] - candidate) * slope_sigmoid(update);
      const host_number d_reset = d_candidate * BLOCK(hidden, 2)[i] * slope_sigmoid(reset);
      BLOCK(input, 0)[i] = BLOCK(hidden, 0)[i] = d_reset;
      BLOCK(input, 1)[i] = BLOCK(hidden, 1)[i] = d_update;
      BLOCK(input, 2)[i] = d_candidate;
      BLOCK(hidden, 2)[i] = d_candidate * reset;
      ROW(d_hidden_before)[i] = d[i] * update;
    }
  }
  return 0;
}

const thalnet_layer host_gru = {.struct_size = sizeof host_gru,
                                .name = "gru",
                                .forward = gru_forward,
                                .backward = gru_backward,
                                .gates = 3,
                                .hidden_gates = 3};

/* --- LSTM, with peepholes where it has vectors --- */

/* Gates i, f, g, o where the products were; tanh(c') is kept. */
static int lstm_forward(void *user, const thalnet_layer_call *call) {
  const size_t n = call->units;
  const host_number *peeps = call->vectors;
  (void)user;
  for (size_t r = 0; r < call->rows; r++) {
    host_number *enter = BLOCK(input, 0), *keep = BLOCK(input, 1), *value = BLOCK(input, 2), *show = BLOCK(input, 3);
    const host_number *side = BLOCK(hidden, 0), *before = ROW(cell_before);
    host_number *cell = ROW(cell), *squashed = BLOCK(kept, 0);
    for (size_t i = 0; i < 4 * n; i++) enter[i] += side[i];
    for (size_t i = 0; i < n && peeps != NULL; i++) {
      enter[i] += peeps[i] * before[i];
      keep[i] += peeps[n + i] * before[i];
    }
    if (thalnet_activate(enter, 2 * n, THALNET_SIGMOID) || thalnet_activate(value, n, THALNET_TANH)) return 1;
    for (size_t i = 0; i < n; i++) {
      squashed[i] = cell[i] = keep[i] * before[i] + enter[i] * value[i];
      if (peeps != NULL) show[i] += peeps[2 * n + i] * cell[i];
    }
    if (thalnet_activate(show, n, THALNET_SIGMOID) || thalnet_activate(squashed, n, THALNET_TANH)) return 1;
    for (size_t i = 0; i < n; i++) ROW(output)[i] = show[i] * squashed[i];
  }
  return 0;
}

static void lstm_unit_back(const thalnet_layer_call *call, size_t r, size_t i) {
  const size_t n = call->units;
  const host_number *peeps = call->vectors, before = ROW(cell_before)[i], squashed = BLOCK(kept, 0)[i];
  const host_number enter = BLOCK(input, 0)[i], keep = BLOCK(input, 1)[i], value = BLOCK(input, 2)[i];
  const host_number show = BLOCK(input, 3)[i], d = ROW(d_output)[i], d_show = d * squashed * slope_sigmoid(show);
  host_number d_cell = ROW(d_cell)[i] + d * show * slope_tanh(squashed);
  if (peeps != NULL) d_cell += d_show * peeps[2 * n + i];
  const host_number d_enter = d_cell * value * slope_sigmoid(enter), d_keep = d_cell * before * slope_sigmoid(keep);
  BLOCK(input, 0)[i] = BLOCK(hidden, 0)[i] = d_enter;
  BLOCK(input, 1)[i] = BLOCK(hidden, 1)[i] = d_keep;
  BLOCK(input, 2)[i] = BLOCK(hidden, 2)[i] = d_cell * enter * slope_tanh(value);
  BLOCK(input, 3)[i] = BLOCK(hidden, 3)[i] = d_show;
  ROW(d_cell_before)[i] = d_cell * keep;
  if (peeps == NULL) return;
  ROW(d_cell_before)[i] += d_enter * peeps[i] + d_keep * peeps[n + i];
  BLOCK(d_vectors, 0)[i] = d_enter * before;
  BLOCK(d_vectors, 1)[i] = d_keep * before;
  BLOCK(d_vectors, 2)[i] = d_show * (keep * before + enter * value);
}

static int lstm_backward(void *user, const thalnet_layer_call *call) {
  (void)user;
  for (size_t r = 0; r < call->rows; r++)
    for (size_t i = 0; i < call->units; i++) lstm_unit_back(call, r, i);
  return 0;
}

const thalnet_layer host_lstm = {.struct_size = sizeof host_lstm,
                                 .name = "lstm",
                                 .forward = lstm_forward,
                                 .backward = lstm_backward,
                                 .gates = 4,
                                 .hidden_gates = 4,
                                 .kept = 1,
                                 .cell = 1};

static const host_number peep_bounds[3] = {(host_number)0.3f, (host_number)0.3f, (host_number)0.3f};

const thalnet_layer host_peeps = {.struct_size = sizeof host_peeps,
                                  .name = "lstm-peepholes",
                                  .forward = lstm_forward,
                                  .backward = lstm_backward,
                                  .gates = 4,
                                  .hidden_gates = 4,
                                  .vectors = 3,
                                  .kept = 1,
                                  .cell = 1,
                                  .vector_bounds = peep_bounds};

/* --- a leaky unit --- */

static int leaky_forward(void *user, const thalnet_layer_call *call) {
  const size_t n = call->units;
  const host_number *own = call->vectors;
  (void)user;
  for (size_t r = 0; r < call->rows; r++) {
    host_number *value = BLOCK(input, 0), *rate = BLOCK(kept, 0);
    const host_number *before = ROW(hidden_before);
    for (size_t i = 0; i < n; i++) {
      value[i] += BLOCK(hidden, 0)[i] + own[i] * before[i];
      rate[i] = own[n + i];
    }
    if (thalnet_activate(value, n, THALNET_TANH) || thalnet_activate(rate, n, THALNET_SIGMOID)) return 1;
    for (size_t i = 0; i < n; i++) ROW(output)[i] = before[i] + rate[i] * (value[i] - before[i]);
  }
  return 0;
}

static int leaky_backward(void *user, const thalnet_layer_call *call) {
  const size_t n = call->units;
  const int wrong = user == NULL ? WRONG_NOWHERE : *(const int *)user;
  const size_t own = wrong == WRONG_VECTOR, leak = 1 - own;
  for (size_t r = 0; r < call->rows; r++) {
    const host_number *before = ROW(hidden_before), *d = ROW(d_output), *weights = call->vectors;
    for (size_t i = 0; i < n; i++) {
      const host_number value = BLOCK(input, 0)[i], rate = BLOCK(kept, 0)[i];
      const host_number d_value = d[i] * rate * slope_tanh(value),
                        d_rate = d[i] * (value - before[i]) * slope_sigmoid(rate);
      BLOCK(input, 0)[i] = wrong == WRONG_FACTOR ? d_value * (host_number)1.001f : d_value;
      BLOCK(hidden, 0)[i] = wrong == WRONG_GATE ? 0 : d_value;
      ROW(d_hidden_before)[i] = d[i] * (1 - rate);
      if (wrong != WRONG_PATH) ROW(d_hidden_before)[i] += d_value * weights[i];
      BLOCK(d_vectors, own)[i] = d_value * before[i];
      BLOCK(d_vectors, leak)[i] = wrong == WRONG_SIGN ? -d_rate : d_rate;
    }
  }
  return 0;
}

static const host_number leaky_starts[2] = {(host_number)0.4f, 1},
                         leaky_bounds[2] = {(host_number)0.3f, (host_number)0.5f};

#define LEAKY(pointer)                                                                                                 \
  {                                                                                                                    \
    .struct_size = sizeof(thalnet_layer), .name = "test.leaky", .user = (pointer), .forward = leaky_forward,           \
    .backward = leaky_backward, .gates = 1, .hidden_gates = 1, .vectors = 2, .kept = 1, .vector_starts = leaky_starts, \
    .vector_bounds = leaky_bounds                                                                                      \
  }

const thalnet_layer host_leaky = LEAKY(NULL);

thalnet_layer host_wrong(int mistake) {
  static int mistakes[WRONG_KINDS];
  mistakes[mistake] = mistake;
  const thalnet_layer layer = LEAKY(&mistakes[mistake]);
  return layer;
}

/* --- one that fails --- */

static int count_call(struct host_failing *failing, int backward) {
  const int call = atomic_fetch_add(&failing->calls[backward], 1) + 1, fail_at = failing->fail_at[backward];
  return fail_at > 0 && call >= fail_at;
}

static int failing_forward(void *user, const thalnet_layer_call *call) {
  struct host_failing *failing = user;
  return count_call(failing, 0) ? 7 : failing->inner->forward(failing->inner->user, call);
}

static int failing_backward(void *user, const thalnet_layer_call *call) {
  struct host_failing *failing = user;
  return count_call(failing, 1) ? -3 : failing->inner->backward(failing->inner->user, call);
}

thalnet_layer host_failing_layer(struct host_failing *failing) {
  thalnet_layer layer = *failing->inner;
  layer.user = failing;
  layer.forward = failing_forward;
  layer.backward = failing_backward;
  return layer;
}
