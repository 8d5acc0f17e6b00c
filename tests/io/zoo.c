/* SPDX-License-Identifier: MIT */
#include "zoo.h"

#include <stdio.h>
#include <string.h>

#include "../api/support.h"
#include "run.h"

static void add_input(thalnet_center *net, const char *name, size_t size, int32_t tokens, int32_t steps) {
  thalnet_input_options options = THALNET_INPUT_OPTIONS_INIT;
  options.tokens = tokens;
  options.steps_per_frame = steps;
  EXPECT_OK(thalnet_center_add_input(net, name, size, &options, NULL));
}

static void add_output(thalnet_center *net, const char *name, size_t size, int32_t loss, int32_t steps) {
  thalnet_output_options options = THALNET_OUTPUT_OPTIONS_INIT;
  options.steps_per_frame = steps;
  EXPECT_OK(thalnet_center_add_output(net, name, size, loss, &options, NULL));
}

/* 0..6, with zoneout 7 (GRU), 8 and 9 (LSTM); with layer norm NORM more; NONE: none */
enum { KINDS = 10, NORM = 20, NONE = 19 };
static void add_layer(thalnet_module *module, unsigned number, size_t units) {
  const unsigned kind = number % NORM;
  thalnet_dense_options dense = THALNET_DENSE_OPTIONS_INIT;
  thalnet_gru_options gru = THALNET_GRU_OPTIONS_INIT;
  thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
  dense.layer_norm = gru.layer_norm = lstm.layer_norm = number >= NORM;
  gru.reset = kind == 5 || kind == 7 ? THALNET_RESET_BEFORE : THALNET_RESET_AFTER;
  gru.zoneout = kind == 7 ? 0.1f : 0;
  lstm.zoneout = kind == 9 ? 0.0123456789f : 0;
  lstm.cell_zoneout = kind >= 8 ? 0.1f : 0;
  if (kind < 4) {
    EXPECT_OK(thalnet_module_add_dense(module, units, (int32_t)kind, &dense));
  }
  if (kind == 4 || kind == 5 || kind == 7) {
    EXPECT_OK(thalnet_module_add_gru(module, units, &gru));
  }
  if (kind == 6 || kind >= 8) {
    EXPECT_OK(thalnet_module_add_lstm(module, units, &lstm));
  }
}

/* 4: the Gaussian with normalised weights; 5: none */
static void add_reader(thalnet_module *module, unsigned kind, size_t context, int32_t skip_own) {
  thalnet_reader_options options = THALNET_READER_OPTIONS_INIT;
  options.normalize = kind == 4;
  options.skip_own = skip_own;
  if (kind < 5) {
    EXPECT_OK(thalnet_module_add_reader(module, kind == 4 ? THALNET_GAUSSIAN : (int32_t)kind, context, &options, NULL));
  }
}

static thalnet_module *add_module(thalnet_center *net, const char *name, unsigned reader, const unsigned *layers,
                                  int32_t skip_own) {
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_add_module(net, name, NULL, &module));
  for (size_t j = 0; layers[j] != NONE; j++) {
    add_layer(module, layers[j], 2 + j + layers[j] % NORM % 3);
  }
  add_reader(module, reader, 2 + reader, skip_own);
  return module;
}

thalnet_center *zoo_all(void) {
  static const unsigned layers[6][4] = {
      {0, 4, NONE}, {7, NONE}, {1, 8, NONE}, {2, NORM + 5, NORM + 3, NONE}, {NORM + 9, NORM + 4, NONE}, {3, NONE}};
  static const char *const names[] = {"eye", NULL, "a_name_of_sixty_three_characters_is_the_longest_that_is_allowed__",
                                      "x2",  "_",  "0"};
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  options.settle_steps = 3;
  options.learned_start = 1;
  options.in_order = 1;
  EXPECT_OK(thalnet_center_create(&options, &net));
  add_input(net, "rows", 3, 0, 2);
  add_input(net, "text", 5, 1, 1);
  add_input(net, "slow", 1, 0, 4);
  add_output(net, "class", 4, THALNET_CROSS_ENTROPY, 2);
  add_output(net, "rows", 2, THALNET_MEAN_SQUARED_ERROR, 4);
  add_output(net, "own", 3, THALNET_HOST_LOSS, 1);
  for (unsigned i = 0; i < 6; i++) {
    char cut[64];
    snprintf(cut, sizeof cut, "%.63s", names[i] ? names[i] : "");
    thalnet_module *module = add_module(net, names[i] ? cut : NULL, i, layers[i], i > 0 && i % 2 == 0);
    for (int32_t k = 2; k >= 0; k--) {
      if (i == 5 || (i + (unsigned)k) % 3 == 0) {
        EXPECT_OK(thalnet_module_connect_input(module, k));
      }
      if ((i * 2 + (unsigned)k) % 3 != 1) {
        EXPECT_OK(thalnet_module_connect_output(module, k));
      }
    }
  }
  EXPECT_OK(thalnet_center_build(net, 11));
  return net;
}

thalnet_center *zoo_random(unsigned long long *state) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  unsigned inputs = io_draw(state, 3), outputs = io_draw(state, 3), modules = 1 + io_draw(state, 4);
  options.settle_steps = (int32_t)io_draw(state, 3);
  options.learned_start = (int32_t)io_draw(state, 2);
  options.in_order = (int32_t)io_draw(state, 2);
  EXPECT_OK(thalnet_center_create(&options, &net));
  for (unsigned i = 0; i < inputs; i++) {
    add_input(net, i ? "i1" : "i0", 1 + io_draw(state, 6), (int32_t)io_draw(state, 2), 1 << io_draw(state, 3));
  }
  for (unsigned i = 0; i < outputs; i++) {
    add_output(net, i ? "o1" : "o0", 1 + io_draw(state, 6), (int32_t)io_draw(state, 3), 1 << io_draw(state, 3));
  }
  for (unsigned i = 0; i < modules; i++) {
    unsigned layers[6] = {
        io_draw(state, KINDS), io_draw(state, KINDS), io_draw(state, KINDS), io_draw(state, KINDS), NONE, NONE};
    unsigned reader = io_draw(state, 6), connected = 0;
    for (unsigned j = 0; j < 4; j++) {
      layers[j] += io_draw(state, 4) == 0 ? NORM : 0;
    }
    layers[1 + io_draw(state, 4)] = NONE;
    thalnet_module *module =
        add_module(net, NULL, inputs ? reader : reader % 5, layers, modules > 1 && io_draw(state, 3) == 0);
    for (unsigned k = 0; k < inputs; k++) {
      if (i > 0 && reader != 5 && io_draw(state, 2)) {
        continue;
      } /* the first module has all of them */
      EXPECT_OK(thalnet_module_connect_input(module, (int32_t)k));
      connected++;
    }
    for (unsigned k = 0; k < outputs; k++) {
      if (i == 0 || io_draw(state, 2)) {
        EXPECT_OK(thalnet_module_connect_output(module, (int32_t)k));
      }
    }
  }
  EXPECT_OK(thalnet_center_build(net, *state));
  return net;
}

static thalnet_module *add_simple(thalnet_center *net, const char *name, unsigned layer, size_t units, unsigned reader,
                                  int32_t skip_own) {
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_add_module(net, name, NULL, &module));
  add_layer(module, layer, units);
  add_reader(module, reader, 2, skip_own);
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  return module;
}

/* The next generation, with all numbers at random. */
static thalnet_center *next(thalnet_center *net, thalnet_center *draft) {
  EXPECT_OK(thalnet_center_build(draft, 12));
  thalnet_center_free(net);
  const size_t count = thalnet_center_parameter_count(draft);
  float *values = malloc(count * sizeof *values);
  support_randoms(values, count, 5);
  EXPECT_OK(thalnet_center_write(draft, NULL, values, count));
  free(values);
  return draft;
}

thalnet_center *zoo_edited(void) {
  thalnet_center *net = NULL, *draft = NULL;
  thalnet_module *second = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  add_input(net, "x", 3, 0, 1);
  add_output(net, "y", 4, THALNET_CROSS_ENTROPY, 1);
  add_simple(net, "a", 4, 3, THALNET_SOFTMAX, 1);
  add_simple(net, "b", 2, 2, THALNET_GAUSSIAN, 1);
  EXPECT_OK(thalnet_center_build(net, 11));
  EXPECT_OK(thalnet_center_edit(net, &draft));
  add_simple(draft, "c", 6, 2, 4, 0);
  EXPECT_OK(thalnet_module_grow(thalnet_center_get_module(draft, 0), 0, 2));
  net = next(net, draft);
  EXPECT_OK(thalnet_center_edit(net, &draft));
  EXPECT_OK(thalnet_module_remove(thalnet_center_get_module(draft, 1)));
  EXPECT_OK(thalnet_module_split(thalnet_center_get_module(draft, 1), "e", &second));
  add_simple(draft, "d", 2, 2, THALNET_LINEAR, 0);
  return next(net, draft);
}

static void same_ports(const thalnet_center *a, const thalnet_center *b) {
  ck_assert_int_eq(thalnet_center_input_count(a), thalnet_center_input_count(b));
  for (int32_t i = 0; i < thalnet_center_input_count(a); i++) {
    ck_assert_str_eq(thalnet_center_input_name(a, i), thalnet_center_input_name(b, i));
    ck_assert_uint_eq(thalnet_center_input_size(a, i), thalnet_center_input_size(b, i));
    ck_assert_int_eq(thalnet_center_input_is_tokens(a, i), thalnet_center_input_is_tokens(b, i));
    ck_assert_int_eq(thalnet_center_input_steps_per_frame(a, i), thalnet_center_input_steps_per_frame(b, i));
  }
  ck_assert_int_eq(thalnet_center_output_count(a), thalnet_center_output_count(b));
  for (int32_t o = 0; o < thalnet_center_output_count(a); o++) {
    ck_assert_str_eq(thalnet_center_output_name(a, o), thalnet_center_output_name(b, o));
    ck_assert_uint_eq(thalnet_center_output_size(a, o), thalnet_center_output_size(b, o));
    ck_assert_int_eq(thalnet_center_output_loss(a, o), thalnet_center_output_loss(b, o));
    ck_assert_int_eq(thalnet_center_output_steps_per_frame(a, o), thalnet_center_output_steps_per_frame(b, o));
  }
}

void zoo_same(const thalnet_center *a, const thalnet_center *b) {
  same_ports(a, b);
  ck_assert_int_eq(thalnet_center_settle_steps(a), thalnet_center_settle_steps(b));
  ck_assert_int_eq(thalnet_center_learned_start(a), thalnet_center_learned_start(b));
  ck_assert_int_eq(thalnet_center_in_order(a), thalnet_center_in_order(b));
  ck_assert_int_eq(thalnet_center_steps_per_frame(a), thalnet_center_steps_per_frame(b));
  ck_assert_int_eq(thalnet_center_module_count(a), thalnet_center_module_count(b));
  for (int32_t i = 0; i < thalnet_center_module_count(a); i++) {
    const thalnet_reader *one = thalnet_center_module_reader(a, i), *two = thalnet_center_module_reader(b, i);
    ck_assert_str_eq(thalnet_center_module_name(a, i), thalnet_center_module_name(b, i));
    ck_assert_uint_eq(thalnet_center_module_features(a, i), thalnet_center_module_features(b, i));
    ck_assert_int_eq(one != NULL, two != NULL);
    ck_assert_int_eq(thalnet_reader_kind(one), thalnet_reader_kind(two));
    ck_assert_uint_eq(thalnet_reader_context(one), thalnet_reader_context(two));
    ck_assert_int_eq(thalnet_reader_skips_own(one), thalnet_reader_skips_own(two));
  }
  ck_assert_uint_eq(thalnet_center_tensor_count(a), thalnet_center_tensor_count(b));
  for (size_t t = 0; t < thalnet_center_tensor_count(a); t++) {
    ck_assert_str_eq(thalnet_center_tensor_name(a, t), thalnet_center_tensor_name(b, t));
  }
  size_t count = thalnet_center_parameter_count(a);
  ck_assert_uint_eq(count, thalnet_center_parameter_count(b));
  float *one = support_parameters(a), *two = support_parameters(b);
  ck_assert(support_same(one, two, count));
  free(one);
  free(two);
}
