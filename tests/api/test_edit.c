/* SPDX-License-Identifier: MIT */
/* edit.h: networks that are changed after they have learned, and do not notice. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { S = 5, K = 4 };

/* --- networks ----------------------------------------------------------------------------------------------------- */

/* Three modules of all kinds of layers with static readers, a dense and a token input, two outputs. */
static thalnet_center *make(int32_t in_order, int32_t kind, int32_t skip_own, int32_t learned_start) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_reader_options reader = THALNET_READER_OPTIONS_INIT;
  thalnet_input_options tokens = THALNET_INPUT_OPTIONS_INIT;
  thalnet_gru_options before = THALNET_GRU_OPTIONS_INIT;
  options.in_order = in_order;
  options.learned_start = learned_start;
  reader.skip_own = skip_own;
  tokens.tokens = 1;
  before.reset = THALNET_RESET_BEFORE;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_input(net, "t", 5, &tokens, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "z", 2, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  for (int32_t i = 0; i < 3; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    if (i == 0) {
      EXPECT_OK(thalnet_module_add_gru(module, 5, NULL));
    } else if (i == 1) {
      EXPECT_OK(thalnet_module_add_dense(module, 6, THALNET_TANH, NULL));
      EXPECT_OK(thalnet_module_add_lstm(module, 4, NULL));
      EXPECT_OK(thalnet_module_add_dense(module, 3, THALNET_SIGMOID, NULL));
    } else {
      EXPECT_OK(thalnet_module_add_gru(module, 3, &before));
      EXPECT_OK(thalnet_module_add_lstm(module, 4, NULL));
    }
    EXPECT_OK(thalnet_module_add_reader(module, kind, 4, &reader, NULL));
    if (i < 2) {
      EXPECT_OK(thalnet_module_connect_input(module, i));
    }
    if (i > 0) {
      EXPECT_OK(thalnet_module_connect_output(module, 0));
    }
    EXPECT_OK(thalnet_module_connect_output(module, 1));
  }
  EXPECT_OK(thalnet_center_build(net, 3));
  return net;
}

static void train(thalnet_center *net, thalnet_optimizer *optimizer, int32_t steps, uint64_t seed) {
  thalnet_batch *batch = support_batch(net, S, K);
  for (int32_t i = 0; i < steps; i++) {
    support_fill(net, batch, S, K, seed + (uint64_t)i);
    EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
    EXPECT_OK(thalnet_step(optimizer, net));
  }
  thalnet_batch_free(batch);
}

/* One that has learned something, so that nothing is at its initial value. */
static thalnet_center *make_trained(int32_t in_order, int32_t kind, int32_t skip_own, int32_t learned_start) {
  thalnet_center *net = make(in_order, kind, skip_own, learned_start);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.02);
  train(net, optimizer, 10, 100);
  thalnet_optimizer_free(optimizer);
  return net;
}

/* Sets the inputs that the old network has; those that are new are set at random. */
static void feed(const thalnet_center *net, thalnet_batch *batch) {
  EXPECT_OK(thalnet_batch_begin(batch, S, K));
  for (int32_t i = 0; i < thalnet_center_input_count(net); i++) {
    const size_t size = thalnet_center_input_size(net, i);
    int32_t tokens[S * K];
    float values[S * K * 16];
    ck_assert_uint_le(size, 16);
    for (int32_t k = 0; k < S * K; k++) {
      tokens[k] = k % 5;
    }
    support_randoms(values, S * K * size, 77 + (uint64_t)size);
    if (thalnet_center_input_is_tokens(net, i)) {
      EXPECT_OK(thalnet_batch_set_tokens(batch, i, tokens, S * K));
    } else {
      EXPECT_OK(thalnet_batch_set_inputs(batch, i, values, S * K * size));
    }
  }
}

/* The largest difference of an output of two networks on the same inputs. */
static double distance(const thalnet_center *a, const thalnet_center *b, const char *output) {
  const thalnet_center *const nets[2] = {a, b};
  float values[2][S * K * 4];
  const size_t count = S * K * thalnet_center_output_size(a, thalnet_center_find_output(a, output));
  for (int k = 0; k < 2; k++) {
    thalnet_batch *batch = support_batch(nets[k], S, K);
    feed(nets[k], batch);
    EXPECT_OK(thalnet_forward(nets[k], batch, NULL));
    EXPECT_OK(thalnet_batch_read_output(batch, thalnet_center_find_output(nets[k], output), values[k], count));
    thalnet_batch_free(batch);
  }
  return support_distance(values[0], values[1], count);
}

static thalnet_center *edit(const thalnet_center *net) {
  thalnet_center *draft = NULL;
  EXPECT_OK(thalnet_center_edit(net, &draft));
  ck_assert_int_eq(thalnet_center_is_built(draft), 0);
  return draft;
}

static thalnet_module *module_of(thalnet_center *net, const char *name) {
  thalnet_module *module = thalnet_center_get_module(net, thalnet_center_find_module(net, name));
  ck_assert_ptr_nonnull(module);
  return module;
}

/* --- changes that nobody notices ---------------------------------------------------------------------------------- */

static void nothing(thalnet_center *draft) { (void)draft; }

static void attach(thalnet_center *draft) {
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_add_module(draft, "more", NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 7, NULL));
  EXPECT_OK(thalnet_module_add_reader(module, THALNET_GAUSSIAN, 3, NULL, NULL)); /* a new one may read as it likes */
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 1));
}

static void grow_all(thalnet_center *draft) {
  for (int32_t m = 0; m < 3; m++) {
    for (size_t layer = 0; layer < (m == 0 ? 1u : m == 1 ? 3u : 2u); layer++) {
      EXPECT_OK(thalnet_module_grow(thalnet_center_get_module(draft, m), layer, 2 + layer));
    }
  }
}

static void split_two(thalnet_center *draft) {
  thalnet_module *second = NULL;
  const thalnet_reader *reader = thalnet_center_module_reader(draft, 0);
  if (thalnet_center_in_order(draft) && !thalnet_reader_skips_own(reader)) {
    return; /* see splits_in_order */
  }
  EXPECT_OK(thalnet_module_split(module_of(draft, "module1"), "twin", &second));
  EXPECT_OK(thalnet_module_split(module_of(draft, "module0"), NULL, &second));
  EXPECT_OK(thalnet_module_split(second, "third", &second)); /* of a second one, too */
}

static void connect_more(thalnet_center *draft) {
  int32_t input, output;
  EXPECT_OK(thalnet_module_connect_output(module_of(draft, "module0"), 0));
  EXPECT_OK(thalnet_module_connect_input(module_of(draft, "module2"), 0));
  EXPECT_OK(thalnet_center_add_input(draft, "other", 6, NULL, &input));
  EXPECT_OK(thalnet_center_add_output(draft, "task", 3, THALNET_CROSS_ENTROPY, NULL, &output));
  EXPECT_OK(thalnet_module_connect_input(module_of(draft, "module1"), input));
  EXPECT_OK(thalnet_module_connect_output(module_of(draft, "module1"), output));
}

static int has(const thalnet_center *draft, const char *name) { return thalnet_center_find_module(draft, name) >= 0; }

static void everything(thalnet_center *draft) {
  grow_all(draft);
  split_two(draft);
  attach(draft);
  connect_more(draft);
  EXPECT_OK(thalnet_module_grow(module_of(draft, "more"), 0, 2));
  if (has(draft, "twin")) {
    EXPECT_OK(thalnet_module_grow(module_of(draft, "twin"), 1, 3));
  }
}

static void (*const changes[])(thalnet_center *) = {nothing, attach, grow_all, split_two, connect_more, everything};

START_TEST(the_function_stays_the_same) {
  for (int32_t variant = 0; variant < 16; variant++) {
    const int32_t kind = variant & 1 ? THALNET_LINEAR : THALNET_WEIGHT_NORM;
    thalnet_center *net = make_trained(variant >> 1 & 1, kind, variant >> 2 & 1, variant >> 3 & 1);
    for (size_t c = 0; c < sizeof changes / sizeof changes[0]; c++) {
      thalnet_center *draft = edit(net);
      changes[c](draft);
      EXPECT_OK(thalnet_center_build(draft, 9));
      ck_assert(thalnet_center_parameter_count(draft) >= thalnet_center_parameter_count(net));
      ck_assert_msg(distance(net, draft, "y") <= 1e-6 && distance(net, draft, "z") <= 1e-6,
                    "variant %d, change %zu: %g", (int)variant, c, distance(net, draft, "y"));
      thalnet_center_free(draft);
    }
    thalnet_center_free(net);
  }
}
END_TEST

/* The comparison sees a change. */
START_TEST(a_change_would_be_seen) {
  thalnet_center *net = make_trained(0, THALNET_LINEAR, 0, 0), *draft = edit(net);
  float weight[4 * 12];
  size_t shape[3];
  EXPECT_OK(thalnet_center_build(draft, 9));
  ck_assert_int_eq(thalnet_center_tensor_shape(draft, "modules.2.reader.weight", shape), 2);
  ck_assert_uint_eq(shape[0] * shape[1], 48);
  EXPECT_OK(thalnet_center_read(draft, "modules.2.reader.weight", weight, 48));
  weight[0] += 0.01f;
  EXPECT_OK(thalnet_center_write(draft, "modules.2.reader.weight", weight, 48));
  ck_assert_double_gt(distance(net, draft, "y"), 1e-6);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

START_TEST(without_a_change_all_bits_are_the_same) {
  thalnet_center *net = make_trained(0, THALNET_WEIGHT_NORM, 0, 1), *draft = edit(net);
  EXPECT_OK(thalnet_center_build(draft, 12345));
  const size_t count = thalnet_center_parameter_count(net);
  ck_assert_uint_eq(count, thalnet_center_parameter_count(draft));
  float *a = support_parameters(net), *b = support_parameters(draft);
  for (size_t i = 0; i < count; i++) { /* the scale is multiplied with a norm and divided by it */
    ck_assert_float_eq_tol(a[i], b[i], 1e-6f * fabsf(a[i]));
  }
  for (size_t t = 0; t < thalnet_center_tensor_count(net); t++) {
    ck_assert_str_eq(thalnet_center_tensor_name(net, t), thalnet_center_tensor_name(draft, t));
  }
  free(a);
  free(b);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

/* What is new learns, and parts of a split go different ways. */
START_TEST(new_parts_learn) {
  thalnet_center *net = make_trained(0, THALNET_LINEAR, 0, 0), *draft = edit(net);
  everything(draft);
  EXPECT_OK(thalnet_center_build(draft, 9));
  float *before = support_parameters(draft);
  thalnet_optimizer *optimizer = support_optimizer(draft, THALNET_ADAM, 0.01);
  train(draft, optimizer, 20, 500);
  float *after = support_parameters(draft);
  for (size_t t = 0, at = 0; t < thalnet_center_tensor_count(draft); t++) {
    size_t shape[3] = {0}, same = 0;
    thalnet_center_tensor_shape(draft, thalnet_center_tensor_name(draft, t), shape);
    const size_t count = shape[0] * shape[1] * shape[2];
    for (size_t i = 0; i < count; i++, at++) {
      same += before[at] == after[at];
    }
    ck_assert_msg(same == 0, "%s: %zu of %zu do not learn", thalnet_center_tensor_name(draft, t), same, count);
  }
  float one[8], other[8]; /* the dense layers of module 1 and of its twin, behind it and behind those of module 0 */
  ck_assert_int_eq(thalnet_center_find_module(draft, "module1") + 1, thalnet_center_find_module(draft, "twin"));
  ck_assert_int_eq(thalnet_center_find_module(draft, "module1"), 3);
  EXPECT_OK(thalnet_center_read(draft, "modules.3.layers.0.bias", one, 8));
  EXPECT_OK(thalnet_center_read(draft, "modules.4.layers.0.bias", other, 8));
  ck_assert(memcmp(one, other, sizeof one) != 0);
  free(before);
  free(after);
  thalnet_optimizer_free(optimizer);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

/* In order a second module would see what the first one wrote in the same step. */
START_TEST(splits_in_order) {
  thalnet_center *net = make(1, THALNET_LINEAR, 0, 0), *draft = edit(net);
  thalnet_module *second = NULL;
  EXPECT(thalnet_module_split(module_of(draft, "module0"), NULL, &second), THALNET_ERROR_UNSUPPORTED);
  ck_assert_ptr_null(second);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

/* --- removing ----------------------------------------------------------------------------------------------------- */

/* Who reads whom is the same for those that are left, by weight; so weight-norm scales have followed their matrices. */
START_TEST(a_module_goes) {
  for (int32_t kind = THALNET_LINEAR; kind <= THALNET_WEIGHT_NORM; kind++) {
    thalnet_center *net = make_trained(0, kind, 0, 0), *draft = edit(net);
    float before[9], after[4];
    thalnet_module *gone = module_of(draft, "module1");
    EXPECT_OK(thalnet_module_remove(gone));
    EXPECT(thalnet_module_add_gru(gone, 3, NULL), THALNET_ERROR_HANDLE);
    EXPECT_OK(thalnet_center_remove_input(draft, 1)); /* that only it saw */
    EXPECT_OK(thalnet_center_build(draft, 9));
    ck_assert_int_eq(thalnet_center_module_count(draft), 2);
    ck_assert_str_eq(thalnet_center_module_name(draft, 1), "module2");
    EXPECT_OK(thalnet_center_routing(net, NULL, THALNET_ROUTING_WEIGHT, before, 9));
    EXPECT_OK(thalnet_center_routing(draft, NULL, THALNET_ROUTING_WEIGHT, after, 4));
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 2; j++) {
        ck_assert_float_eq_tol(after[i * 2 + j], before[2 * i * 3 + 2 * j], 1e-5f);
      }
    }
    thalnet_center_free(draft);
    thalnet_center_free(net);
  }
}
END_TEST

/* Growing and then removing what was added gives the first function again. */
START_TEST(there_and_back) {
  thalnet_center *net = make_trained(1, THALNET_WEIGHT_NORM, 1, 0), *draft = edit(net);
  attach(draft);
  EXPECT_OK(thalnet_center_build(draft, 9));
  thalnet_center *back = edit(draft);
  thalnet_center_free(draft); /* the new draft keeps it */
  EXPECT_OK(thalnet_module_remove(module_of(back, "more")));
  EXPECT_OK(thalnet_center_build(back, 10));
  ck_assert_double_le(distance(net, back, "y"), 1e-6);
  thalnet_center_free(back);
  thalnet_center_free(net);
}
END_TEST

/* --- what goes on ------------------------------------------------------------------------------------------------- */

/* Training goes on as if nothing had happened. */
START_TEST(optimizers_go_on) {
  for (int32_t kind = THALNET_SGD; kind <= THALNET_ADAMW; kind++) {
    thalnet_center *net = make(0, THALNET_LINEAR, 0, 1), *draft;
    thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
    thalnet_optimizer *optimizer = NULL, *moved = NULL;
    options.rate = 0.01;
    options.momentum = 0.9;
    options.average = 0.9;
    options.schedule = THALNET_SCHEDULE_COSINE;
    EXPECT_OK(thalnet_optimizer_create(net, kind, &options, &optimizer));
    train(net, optimizer, 5, 1);
    draft = edit(net);
    EXPECT_OK(thalnet_center_build(draft, 9));
    EXPECT_OK(thalnet_optimizer_move(optimizer, draft, &moved));
    ck_assert_uint_eq(thalnet_optimizer_steps(moved), 5);
    ck_assert(thalnet_optimizer_rate(moved) == thalnet_optimizer_rate(optimizer));
    for (int swapped = 0; swapped < 2; swapped++) {
      train(net, optimizer, 3, 50);
      train(draft, moved, 3, 50);
      EXPECT_OK(thalnet_optimizer_swap_averages(optimizer, net));
      EXPECT_OK(thalnet_optimizer_swap_averages(moved, draft));
      float *a = support_parameters(net), *b = support_parameters(draft);
      ck_assert(support_same(a, b, thalnet_center_parameter_count(net)));
      free(a);
      free(b);
      EXPECT_OK(thalnet_optimizer_swap_averages(optimizer, net));
      EXPECT_OK(thalnet_optimizer_swap_averages(moved, draft));
    }
    thalnet_optimizer_free(optimizer);
    thalnet_center_free(net);
    thalnet_optimizer_free(moved);
    thalnet_center_free(draft);
  }
}
END_TEST

/* In a network that has grown, what was there before moves as it would have; what is new moves about as far, not three times. */
START_TEST(old_moments_serve_in_a_grown_network) {
  thalnet_center *net = make(0, THALNET_LINEAR, 0, 0);
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_optimizer *optimizer = NULL, *moved = NULL;
  options.rate = 0.001;
  options.clip_norm = (double)INFINITY;
  EXPECT_OK(thalnet_optimizer_create(net, THALNET_ADAM, &options, &optimizer));
  train(net, optimizer, 300, 1);
  thalnet_center *draft = edit(net);
  attach(draft);
  EXPECT_OK(thalnet_center_build(draft, 9));
  EXPECT_OK(thalnet_optimizer_move(optimizer, draft, &moved));
  float old[4 * 12], new[4 * 19], last[4 * 19];
  EXPECT_OK(thalnet_center_read(draft, "modules.0.reader.weight", last, 76));
  train(net, optimizer, 1, 900);
  train(draft, moved, 1, 900);
  EXPECT_OK(thalnet_center_read(net, "modules.0.reader.weight", old, 48));
  EXPECT_OK(thalnet_center_read(draft, "modules.0.reader.weight", new, 76));
  double moved_new = 0;
  for (int c = 0; c < 4; c++) {
    for (int k = 0; k < 12; k++) {
      ck_assert_float_eq_tol(old[c * 12 + k], new[c * 19 + k], 1e-6f);
    }
    for (int k = 12; k < 19; k++) {
      ck_assert(last[c * 19 + k] == 0.0f);
      moved_new = fmax(moved_new, fabs((double)new[c * 19 + k]));
    }
  }
  ck_assert(moved_new > 0.0 && moved_new < 0.002);
  thalnet_optimizer_free(optimizer);
  thalnet_optimizer_free(moved);
  thalnet_center_free(net);
  thalnet_center_free(draft);
}
END_TEST

/* A stream that is moved in the middle says what it would have said. */
START_TEST(streams_go_on) {
  for (size_t c = 0; c < sizeof changes / sizeof changes[0]; c++) {
    thalnet_center *net = make_trained((int32_t)(c % 2), THALNET_WEIGHT_NORM, 0, 1), *draft = edit(net);
    thalnet_state *state = support_state(net, 2), *moved = NULL;
    const int32_t tokens[2] = {1, 4};
    float x[2 * 3], said[2][2 * 4];
    changes[c](draft);
    EXPECT_OK(thalnet_center_build(draft, 9));
    for (int frame = 0; frame < 6; frame++) {
      support_randoms(x, 6, (uint64_t)frame + 1);
      for (int k = 0; k < (frame < 3 ? 1 : 2); k++) {
        thalnet_state *mine = k == 0 ? state : moved;
        EXPECT_OK(thalnet_state_set_input(mine, 0, x, 6));
        EXPECT_OK(thalnet_state_set_tokens(mine, 1, tokens, 2));
        EXPECT_OK(thalnet_state_advance(k == 0 ? net : draft, mine, frame == 0 ? 1 : 2));
        EXPECT_OK(thalnet_state_read_output(mine, 0, said[k], frame == 0 ? 4 : 8));
      }
      if (frame >= 3) {
        ck_assert_double_le(support_distance(said[0], said[1], 8), 1e-6);
      }
      if (frame == 2) {
        EXPECT_OK(thalnet_state_move(state, draft, &moved));
        ck_assert_uint_eq(thalnet_state_rows(moved), 2);
      }
    }
    thalnet_state_free(state);
    thalnet_center_free(net);
    thalnet_state_free(moved);
    thalnet_center_free(draft);
  }
}
END_TEST

/* --- mistakes ----------------------------------------------------------------------------------------------------- */

START_TEST(mistakes_are_told) {
  thalnet_center *net = make(0, THALNET_LINEAR, 0, 0), *draft = edit(net), *other = NULL;
  thalnet_module *module = module_of(draft, "module0"), *second = NULL;
  EXPECT(thalnet_center_edit(draft, &other), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_remove(thalnet_center_get_module(net, 0)), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_split(thalnet_center_get_module(net, 0), NULL, &second), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_grow(thalnet_center_get_module(net, 0), 0, 1), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_remove_output(net, 0), THALNET_ERROR_STATE);
  ck_assert(thalnet_center_get_module(net, 3) == NULL && thalnet_center_get_module(net, -1) == NULL);
  EXPECT(thalnet_module_grow(module, 1, 1), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_build(draft, 1), THALNET_ERROR_ARGUMENT); /* which is remembered */
  thalnet_center_free(draft);
  static const char *const what[] = {"layer", "twice", "limit", "input", "output", "name"};
  for (size_t i = 0; i < sizeof what / sizeof what[0]; i++) {
    draft = edit(net);
    module = module_of(draft, "module0");
    if (i == 0) {
      EXPECT(thalnet_module_add_gru(module, 3, NULL), THALNET_ERROR_STATE);
    } else if (i == 1) {
      EXPECT(thalnet_module_add_reader(module, THALNET_LINEAR, 3, NULL, NULL), THALNET_ERROR_STATE);
    } else if (i == 2) {
      EXPECT(thalnet_module_grow(module, 0, THALNET_SIZE_LIMIT), THALNET_ERROR_LIMIT);
    } else if (i == 3) {
      EXPECT(thalnet_module_disconnect_input(module, 1), THALNET_ERROR_ARGUMENT);
    } else if (i == 4) {
      EXPECT(thalnet_center_remove_output(draft, 2), THALNET_ERROR_ARGUMENT);
    } else {
      EXPECT_OK(thalnet_module_remove(module));
      EXPECT(thalnet_center_add_module(draft, "module0", NULL, &second), THALNET_ERROR_DATA);
    }
    thalnet_center_free(draft);
  }
  thalnet_center_free(net);
}
END_TEST

START_TEST(what_is_not_related_is_not_moved) {
  thalnet_center *net = make(0, THALNET_LINEAR, 0, 0), *other = make(0, THALNET_LINEAR, 0, 0), *draft = edit(net);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.01), *moved = NULL;
  thalnet_state *state = support_state(net, 1), *continued = NULL;
  EXPECT(thalnet_optimizer_move(optimizer, draft, &moved), THALNET_ERROR_STATE);
  EXPECT(thalnet_optimizer_move(optimizer, other, &moved), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_state_move(state, other, &continued), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_state_move(state, net, &continued), THALNET_ERROR_MISMATCH);
  ck_assert(moved == NULL && continued == NULL);
  thalnet_center_free(draft);
  thalnet_optimizer_free(optimizer);
  thalnet_state_free(state);
  thalnet_center_free(net);
  thalnet_center_free(other);
}
END_TEST

/* A draft waits while the network is written, and can be built afterwards. */
START_TEST(busy_networks_are_waited_for) {
  thalnet_center *net = make(0, THALNET_LINEAR, 0, 0), *draft = edit(net);
  float *values = NULL;
  size_t count = 0;
  EXPECT_OK(thalnet_center_begin_write(net, &values, &count));
  EXPECT(thalnet_center_build(draft, 1), THALNET_ERROR_BUSY);
  values[0] = 0.75f;
  EXPECT_OK(thalnet_center_end_write(net));
  EXPECT_OK(thalnet_center_build(draft, 1));
  float *mine = support_parameters(draft);
  ck_assert(mine[0] == 0.75f); /* values are those at the time of the build */
  free(mine);
  thalnet_center_free(net);
  thalnet_center_free(draft);
}
END_TEST

/* Softmax and Gaussian readers that have learned see no new features; everything else may change around them. */
START_TEST(dynamic_readers_see_nothing_new) {
  for (int32_t kind = THALNET_SOFTMAX; kind <= THALNET_GAUSSIAN; kind++) {
    thalnet_center *net = make_trained(0, kind, 0, 0), *draft = edit(net);
    attach(draft);
    EXPECT(thalnet_center_build(draft, 1), THALNET_ERROR_UNSUPPORTED);
    thalnet_center_free(draft);
    draft = edit(net);
    grow_all(draft);
    EXPECT(thalnet_center_build(draft, 1), THALNET_ERROR_UNSUPPORTED);
    thalnet_center_free(draft);
    draft = edit(net);
    split_two(draft);
    EXPECT(thalnet_center_build(draft, 1), THALNET_ERROR_UNSUPPORTED);
    thalnet_center_free(draft);
    draft = edit(net);
    connect_more(draft);
    EXPECT_OK(thalnet_module_grow(module_of(draft, "module2"), 0, 4)); /* below the last layer */
    EXPECT_OK(thalnet_center_build(draft, 1));
    ck_assert_double_le(distance(net, draft, "y"), 1e-6);
    thalnet_center_free(draft);
    thalnet_center_free(net);
  }
}
END_TEST

START_TEST(layer_norm_does_not_grow) {
  thalnet_center *net = NULL, *draft;
  thalnet_module *module = NULL;
  thalnet_gru_options options = THALNET_GRU_OPTIONS_INIT;
  options.layer_norm = 1;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 4, &options));
  EXPECT_OK(thalnet_module_grow(module, 0, 1)); /* nothing is learned yet */
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_center_build(net, 1));
  ck_assert_uint_eq(thalnet_center_features(net), 5);
  draft = edit(net);
  EXPECT(thalnet_module_grow(thalnet_center_get_module(draft, 0), 0, 1), THALNET_ERROR_UNSUPPORTED);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {the_function_stays_the_same,
                                a_change_would_be_seen,
                                without_a_change_all_bits_are_the_same,
                                new_parts_learn,
                                splits_in_order,
                                a_module_goes,
                                there_and_back,
                                optimizers_go_on,
                                old_moments_serve_in_a_grown_network,
                                streams_go_on,
                                mistakes_are_told,
                                what_is_not_related_is_not_moved,
                                busy_networks_are_waited_for,
                                dynamic_readers_see_nothing_new,
                                layer_norm_does_not_grow};
  return SUPPORT_RUN("edit", tests);
}
