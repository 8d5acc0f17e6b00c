/* SPDX-License-Identifier: MIT */
/* thalnet_center_ablate: for static readers, inputs and outputs the same as zeros in the weights; for all readers what routing.h
 * tells of a slice's contribution is what is gone. */
#include "edit_nets.h"

#include "model_file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NODES_MAX = 8, TASKS = 4 }; /* "y" has 4 values */

/* --- the same as zeros in the weights ------------------------------------------------------------------------------ */

static float *outputs_of(const thalnet_center *net, const thalnet_batch *batch, int32_t output) {
  return support_output(net, batch, output, S, K);
}

/* Zeros in some columns of a tensor [rows, columns]; returns how its norm has changed, as a factor. */
static double clear_columns(thalnet_center *net, const char *name, size_t first, size_t count) {
  size_t shape[3];
  double before = 0, after = 0;
  ck_assert_int_eq(thalnet_center_tensor_shape(net, name, shape), 2);
  float *values = malloc(shape[0] * shape[1] * sizeof *values);
  EXPECT_OK(thalnet_center_read(net, name, values, shape[0] * shape[1]));
  for (size_t i = 0; i < shape[0] * shape[1]; i++) {
    before += (double)values[i] * (double)values[i];
    if (i % shape[1] >= first && i % shape[1] < first + count) {
      values[i] = 0.0f;
    }
    after += (double)values[i] * (double)values[i];
  }
  EXPECT_OK(thalnet_center_write(net, name, values, shape[0] * shape[1]));
  free(values);
  return sqrt(after / before);
}

static void clear_reading(thalnet_center *net, int32_t kind, int32_t skip_own, int32_t to, int32_t from) {
  char name[40], scale_name[40];
  size_t first = thalnet_center_module_offset(net, from);
  float scale = 0.0f;
  if (skip_own && to == from) {
    return;
  }
  first -= skip_own && from > to ? thalnet_center_module_features(net, to) : 0;
  snprintf(name, sizeof name, "modules.%d.reader.weight", (int)to);
  const double factor = clear_columns(net, name, first, thalnet_center_module_features(net, from));
  if (kind == THALNET_WEIGHT_NORM) { /* whose norm stays that of the whole matrix */
    snprintf(scale_name, sizeof scale_name, "modules.%d.reader.scale", (int)to);
    EXPECT_OK(thalnet_center_read(net, scale_name, &scale, 1));
    scale = (float)((double)scale * factor);
    EXPECT_OK(thalnet_center_write(net, scale_name, &scale, 1));
  }
}

/* Nodes: x, t, three modules, y, z. Each module has at most one input, its first columns. */
static void clear_connection(thalnet_center *net, int32_t kind, int32_t skip_own, int32_t to, int32_t from) {
  char name[40];
  if (to >= 5 && from >= 2) {
    snprintf(name, sizeof name, "modules.%d.outputs.%d.weight", (int)(from - 2), (int)(to - 5));
    clear_columns(net, name, 0, thalnet_center_module_features(net, from - 2));
  } else if (from >= 2) {
    clear_reading(net, kind, skip_own, to - 2, from - 2);
  } else {
    snprintf(name, sizeof name, "modules.%d.layers.0.%s", (int)(to - 2), to == 2 ? "weight_ih" : "weight");
    clear_columns(net, name, 0, thalnet_center_input_size(net, from));
  }
}

static int is_connected(int32_t to, int32_t from) {
  if (to >= 5) {
    return from >= 2 && from < 5 && (to == 6 || from > 2);
  }
  return to >= 2 && from < 5 && (from >= 2 || from + 2 == to);
}

/* Both ways of cutting one connection: how far from each other, and how far from the whole network. */
static void check_cut(thalnet_center *net, thalnet_batch *batch, int32_t kind, int32_t skip_own, int32_t to,
                      int32_t from) {
  const size_t nodes = 7, all = thalnet_center_parameter_count(net), sizes[2] = {TASKS, 2};
  unsigned char cut[49] = {0};
  float *parameters = support_parameters(net), *whole[2], *got[2];
  double change = 0;
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  for (int32_t o = 0; o < 2; o++) {
    whole[o] = outputs_of(net, batch, o);
  }
  cut[(size_t)to * nodes + (size_t)from] = 1;
  EXPECT_OK(thalnet_center_ablate(net, batch, cut, nodes * nodes));
  for (int32_t o = 0; o < 2; o++) {
    got[o] = outputs_of(net, batch, o);
  }
  if (is_connected(to, from)) {
    clear_connection(net, kind, skip_own, to, from);
  }
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  for (int32_t o = 0; o < 2; o++) {
    float *want = outputs_of(net, batch, o);
    ck_assert_double_lt(support_distance(got[o], want, S * K * sizes[o]), 2e-6);
    change += support_distance(got[o], whole[o], S * K * sizes[o]);
    free(want);
  }
  ck_assert_int_eq(change > 1e-4, is_connected(to, from) && !(skip_own && to == from));
  EXPECT_OK(thalnet_center_write(net, NULL, parameters, all));
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  for (int32_t o = 0; o < 2; o++) {
    float *again = outputs_of(net, batch, o);
    ck_assert(support_same(again, whole[o], S * K * sizes[o]));
    free(again);
    free(whole[o]);
    free(got[o]);
  }
  free(parameters);
}

START_TEST(cutting_is_zeros_in_the_weights) {
  for (int32_t which = 0; which < 8; which++) {
    const int32_t kind = which & 1 ? THALNET_WEIGHT_NORM : THALNET_LINEAR, skip_own = which >> 1 & 1;
    thalnet_center *net = edit_make_trained(which >> 2, kind, skip_own, 1);
    thalnet_batch *batch = support_batch(net, S, K);
    support_fill(net, batch, S, K, 5);
    for (int32_t to = 0; to < 7; to++) {
      for (int32_t from = 0; from < 7; from++) {
        check_cut(net, batch, kind, skip_own, to, from);
      }
    }
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

/* --- what is gone is what was read --------------------------------------------------------------------------------- */

enum { MODULES = 3, FEATURES = 7, SEQUENCES = 3, CUT_NODES = MODULES + 2 };
static const size_t units[MODULES] = {2, 3, 2};

/* value where row and column of the block agree */
static void write_identity(thalnet_center *net, const char *name, size_t rows, size_t columns, size_t first_row) {
  float *values = calloc(rows * columns, sizeof *values);
  for (size_t k = 0; k < columns && first_row + k < rows; k++) {
    values[(first_row + k) * columns + k] = 1.0f;
  }
  EXPECT_OK(thalnet_center_write(net, name, values, rows * columns));
  free(values);
}

/* A network whose features are what it reads, and whose output is its center; it starts somewhere. */
static thalnet_center *make_reading(int32_t kind, int32_t normalize, int32_t skip_own, int32_t in_order,
                                    const thalnet_executor *executor) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_reader_options reader = THALNET_READER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  char name[40];
  float start[FEATURES];
  options.learned_start = 1;
  options.in_order = in_order;
  options.chunk_sequences = 1;
  options.executor = executor;
  reader.normalize = normalize;
  reader.skip_own = skip_own;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 1, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", FEATURES, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  for (int32_t i = 0; i < MODULES; i++) {
    thalnet_module *module = NULL;
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_dense(module, units[i], THALNET_IDENTITY, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, kind, units[i], &reader, NULL));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
    if (i == 1) {
      EXPECT_OK(thalnet_module_connect_input(module, 0));
    }
  }
  EXPECT_OK(thalnet_center_build(net, 4));
  for (int32_t i = 0; i < MODULES; i++) {
    const size_t columns = units[i] + (i == 1);
    float *weight = calloc(units[i] * columns, sizeof *weight), *bias = calloc(units[i], sizeof *bias);
    for (size_t k = 0; k < units[i]; k++) {
      weight[k * columns + k + (i == 1)] = 1.0f;
    }
    snprintf(name, sizeof name, "modules.%d.layers.0.weight", (int)i);
    EXPECT_OK(thalnet_center_write(net, name, weight, units[i] * columns));
    snprintf(name, sizeof name, "modules.%d.layers.0.bias", (int)i);
    EXPECT_OK(thalnet_center_write(net, name, bias, units[i]));
    snprintf(name, sizeof name, "modules.%d.outputs.0.weight", (int)i);
    write_identity(net, name, FEATURES, units[i], thalnet_center_module_offset(net, i));
    free(weight);
    free(bias);
  }
  support_randoms(start, FEATURES, 9);
  EXPECT_OK(thalnet_center_write(net, "center.start", start, FEATURES));
  return net;
}

/* After one step. */
static void check_reading(thalnet_center *net, int32_t skip_own, double *changed) {
  thalnet_batch *batch = support_batch(net, SEQUENCES, 1);
  float whole[SEQUENCES * FEATURES], got[SEQUENCES * FEATURES], trace[MODULES * MODULES];
  EXPECT_OK(thalnet_batch_begin(batch, SEQUENCES, 1));
  EXPECT_OK(thalnet_center_trace_routing(net, batch, SEQUENCES - 1, THALNET_ROUTING_SHARE, trace, 9));
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_read_output(batch, 0, whole, SEQUENCES * FEATURES));
  for (int32_t i = 0; i < MODULES; i++) {
    for (int32_t j = 0; j < MODULES; j++) {
      unsigned char cut[CUT_NODES * CUT_NODES] = {0};
      double gone = 0;
      cut[(1 + i) * CUT_NODES + 1 + j] = 1;
      EXPECT_OK(thalnet_center_ablate(net, batch, cut, sizeof cut));
      EXPECT_OK(thalnet_batch_read_output(batch, 0, got, SEQUENCES * FEATURES));
      for (size_t k = 0; k < FEATURES; k++) { /* of the last sequence */
        const size_t at = (SEQUENCES - 1) * FEATURES + k, first = thalnet_center_module_offset(net, i);
        const double difference = (double)whole[at] - (double)got[at];
        if (k >= first && k < first + units[i]) {
          gone += difference * difference;
        } else if (k < first || !thalnet_center_in_order(net)) {
          ck_assert(whole[at] == got[at]);
        }
      }
      ck_assert_double_eq_tol(sqrt(gone / (double)units[i]), (double)trace[i * MODULES + j], 1e-6);
      ck_assert(gone > 1e-8 || (skip_own && i == j));
      *changed += gone;
    }
  }
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_read_output(batch, 0, got, SEQUENCES * FEATURES));
  ck_assert(support_same(whole, got, SEQUENCES * FEATURES));
  thalnet_batch_free(batch);
}

START_TEST(what_is_gone_is_what_was_read) {
  static const int32_t kinds[5][2] = {{THALNET_LINEAR, 0},
                                      {THALNET_WEIGHT_NORM, 0},
                                      {THALNET_SOFTMAX, 0},
                                      {THALNET_GAUSSIAN, 0},
                                      {THALNET_GAUSSIAN, 1}};
  struct support_executor threads = {.threads = 3};
  const thalnet_executor executor = support_executor_hooks(&threads);
  double changed = 0;
  for (int32_t which = 0; which < 40; which++) {
    const int32_t *kind = kinds[which % 5], skip_own = which / 5 & 1, in_order = which / 10 & 1;
    thalnet_center *net = make_reading(kind[0], kind[1], skip_own, in_order, which < 20 ? NULL : &executor);
    check_reading(net, skip_own, &changed);
    thalnet_center_free(net);
  }
  ck_assert_double_gt(changed, 1.0);
}
END_TEST

/* --- whole modules, refusals ---------------------------------------------------------------------------------------- */

/* A module that nobody hears changes nothing, whatever it does itself. */
START_TEST(a_silent_module_is_gone) {
  for (int32_t kind = 0; kind < 4; kind++) {
    thalnet_center *net = edit_make_trained(kind == 3, kind, 0, 0);
    thalnet_batch *batch = support_batch(net, S, K);
    unsigned char cut[49] = {0};
    support_fill(net, batch, S, K, 5);
    for (size_t to = 0; to < 7; to++) {
      cut[to * 7 + 3] = 1; /* the second module */
    }
    EXPECT_OK(thalnet_center_ablate(net, batch, cut, 49));
    float *silent = outputs_of(net, batch, 0);
    for (size_t from = 0; from < 7; from++) {
      cut[3 * 7 + from] = 1;
    }
    EXPECT_OK(thalnet_center_ablate(net, batch, cut, 49));
    float *deaf = outputs_of(net, batch, 0);
    ck_assert(support_same(silent, deaf, S * K * TASKS));
    free(silent);
    free(deaf);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

/* What is not finite and not used does not get in by way of a cut. */
START_TEST(zeros_are_zeros) {
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *net = edit_make_trained(0, THALNET_LINEAR, 0, 0), *bad = NULL;
  struct model model = model_of(net);
  static const int32_t tokens[S * K];
  unsigned char cut[49] = {0};
  float *outputs[2];
  memset(model_tensor(&model, "modules.0.layers.0.weight_ih"), 255,
         3 * sizeof(float)); /* NaN, for x, which is absent */
  model_seal(&model);
  options.allow_nonfinite = 1;
  EXPECT_OK(thalnet_center_load_memory(model.bytes, model.size, &options, &bad));
  cut[3 * 7 + 2] = cut[3 * 7 + 1] = cut[6 * 7 + 2] = 1; /* a reading, a token input, an output */
  for (int i = 0; i < 2; i++) {
    thalnet_center *one = i ? bad : net;
    thalnet_batch *batch = support_batch(one, S, K);
    EXPECT_OK(thalnet_batch_begin(batch, S, K));
    EXPECT_OK(thalnet_batch_set_tokens(batch, 1, tokens, S * K));
    EXPECT_OK(thalnet_center_ablate(one, batch, cut, 49));
    outputs[i] = outputs_of(one, batch, 0);
    thalnet_batch_free(batch);
  }
  ck_assert(support_same(outputs[0], outputs[1], S * K * TASKS));
  free(outputs[0]);
  free(outputs[1]);
  model_free(&model);
  thalnet_center_free(bad);
  thalnet_center_free(net);
}
END_TEST

START_TEST(refusals_leave_all_as_it_is) {
  thalnet_center *net = edit_make_trained(0, THALNET_SOFTMAX, 0, 0), *other = edit_make(0, THALNET_LINEAR, 0, 0);
  thalnet_batch *batch = support_batch(net, S, K), *foreign = support_batch(other, S, K);
  thalnet_batch *pending = support_batch(net, S, K);
  unsigned char cut[49] = {0};
  float *values = NULL;
  size_t count = 0;
  EXPECT(thalnet_center_ablate(net, batch, cut, 49), THALNET_ERROR_STATE); /* nothing in it */
  support_fill(net, batch, S, K, 5);
  support_fill(other, foreign, S, K, 5);
  support_fill(net, pending, S, K, 6);
  EXPECT(thalnet_center_ablate(net, foreign, cut, 49), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_center_ablate(net, NULL, cut, 49), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_ablate(net, batch, NULL, 49), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_ablate(net, batch, cut, 48), THALNET_ERROR_SIZE);
  cut[17] = 2;
  EXPECT(thalnet_center_ablate(net, batch, cut, 49), THALNET_ERROR_DATA);
  ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "cut[17]"));
  cut[17] = 0;
  EXPECT_OK(thalnet_center_begin_write(net, &values, &count));
  EXPECT(thalnet_center_ablate(net, batch, cut, 49), THALNET_ERROR_BUSY);
  EXPECT_OK(thalnet_center_end_write(net));
  EXPECT_OK(thalnet_forward(net, pending, NULL));
  EXPECT_OK(thalnet_center_ablate(net, batch, cut, 49)); /* nothing cut: the same bits */
  EXPECT_OK(thalnet_backward(net, pending));             /* of another batch */
  EXPECT_OK(thalnet_center_clear_gradients(net));
  float *ablated = outputs_of(net, batch, 0);
  EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  float *whole = outputs_of(net, batch, 0);
  ck_assert(support_same(whole, ablated, S * K * TASKS));
  EXPECT_OK(thalnet_backward(net, batch));
  free(whole);
  free(ablated);
  thalnet_batch_free(batch);
  thalnet_batch_free(foreign);
  thalnet_batch_free(pending);
  thalnet_center_free(net);
  thalnet_center_free(other);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {cutting_is_zeros_in_the_weights, what_is_gone_is_what_was_read, a_silent_module_is_gone,
                                zeros_are_zeros, refusals_leave_all_as_it_is};
  return SUPPORT_RUN("ablation", tests);
}
