/* SPDX-License-Identifier: MIT */
/* edit.h: networks that are changed after they have learned, and do not notice. */
#include "edit_nets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

START_TEST(the_function_stays_the_same) {
  for (int32_t variant = 0; variant < 32; variant++) {
    edit_hosts = variant >> 4;
    const int32_t kind = variant & 1 ? THALNET_LINEAR : THALNET_WEIGHT_NORM;
    thalnet_center *net = edit_make_trained(variant >> 1 & 1, kind, variant >> 2 & 1, variant >> 3 & 1);
    for (size_t c = 0; c < EDIT_CHANGES; c++) {
      thalnet_center *draft = edit_start(net);
      edit_changes[c](draft);
      EXPECT_OK(thalnet_center_build(draft, 9));
      ck_assert(thalnet_center_parameter_count(draft) >= thalnet_center_parameter_count(net));
      ck_assert_msg(edit_distance(net, draft, "y") <= 1e-6 && edit_distance(net, draft, "z") <= 1e-6,
                    "variant %d, change %zu: %g", (int)variant, c, edit_distance(net, draft, "y"));
      thalnet_center_free(draft);
    }
    thalnet_center_free(net);
  }
  edit_hosts = 0;
}
END_TEST

/* The comparison sees a change. */
START_TEST(a_change_would_be_seen) {
  thalnet_center *net = edit_make_trained(0, THALNET_LINEAR, 0, 0), *draft = edit_start(net);
  float weight[4 * 12];
  size_t shape[3];
  EXPECT_OK(thalnet_center_build(draft, 9));
  ck_assert_int_eq(thalnet_center_tensor_shape(draft, "modules.2.reader.weight", shape), 2);
  ck_assert_uint_eq(shape[0] * shape[1], 48);
  EXPECT_OK(thalnet_center_read(draft, "modules.2.reader.weight", weight, 48));
  weight[0] += 0.01f;
  EXPECT_OK(thalnet_center_write(draft, "modules.2.reader.weight", weight, 48));
  ck_assert_double_gt(edit_distance(net, draft, "y"), 1e-6);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

START_TEST(without_a_change_all_bits_are_the_same) {
  thalnet_center *net = edit_make_trained(0, THALNET_WEIGHT_NORM, 0, 1), *draft = edit_start(net);
  EXPECT_OK(thalnet_center_build(draft, 12345));
  const size_t count = thalnet_center_parameter_count(net);
  ck_assert_uint_eq(count, thalnet_center_parameter_count(draft));
  float *a = support_parameters(net), *b = support_parameters(draft);
  ck_assert(support_same(a, b, count));
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
  thalnet_center *net = edit_make_trained(0, THALNET_LINEAR, 0, 0), *draft = edit_start(net);
  edit_everything(draft);
  EXPECT_OK(thalnet_center_build(draft, 9));
  float *before = support_parameters(draft);
  thalnet_optimizer *optimizer = support_optimizer(draft, THALNET_ADAM, 0.01);
  edit_train(draft, optimizer, 20, 500);
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
  thalnet_center *net = edit_make(1, THALNET_LINEAR, 0, 0), *draft = edit_start(net);
  thalnet_module *second = NULL;
  EXPECT(thalnet_module_split(edit_module(draft, "module0"), NULL, &second), THALNET_ERROR_UNSUPPORTED);
  ck_assert_ptr_null(second);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

/* --- removing ----------------------------------------------------------------------------------------------------- */

/* Who reads whom is the same for those that are left, by weight; so weight-norm scales have followed their matrices. */
START_TEST(a_module_goes) {
  for (int32_t kind = THALNET_LINEAR; kind <= THALNET_WEIGHT_NORM; kind++) {
    thalnet_center *net = edit_make_trained(0, kind, 0, 0), *draft = edit_start(net);
    float before[9], after[4];
    thalnet_module *gone = edit_module(draft, "module1");
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
  thalnet_center *net = edit_make_trained(1, THALNET_WEIGHT_NORM, 1, 0), *draft = edit_start(net);
  edit_attach(draft);
  EXPECT_OK(thalnet_center_build(draft, 9));
  thalnet_center *back = edit_start(draft);
  thalnet_center_free(draft); /* the new draft keeps it */
  EXPECT_OK(thalnet_module_remove(edit_module(back, "more")));
  EXPECT_OK(thalnet_center_build(back, 10));
  ck_assert_double_le(edit_distance(net, back, "y"), 1e-6);
  thalnet_center_free(back);
  thalnet_center_free(net);
}
END_TEST

/* What is taken away goes, and what is behind it has other numbers but the same values: with both inputs absent from the old
 * network the two agree. */
START_TEST(ports_move_up) {
  thalnet_center *net = edit_make_trained(0, THALNET_LINEAR, 0, 0), *draft = edit_start(net);
  thalnet_module *module = edit_module(draft, "module2");
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_input(module, 1));
  EXPECT_OK(thalnet_module_disconnect_input(module, 0));
  EXPECT_OK(thalnet_center_remove_input(draft, 0)); /* module 0 keeps its reader */
  EXPECT_OK(thalnet_center_remove_output(draft, 0));
  EXPECT_OK(thalnet_module_disconnect_output(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0)); /* the same again */
  EXPECT_OK(thalnet_center_build(draft, 9));
  ck_assert_str_eq(thalnet_center_input_name(draft, 0), "t");
  ck_assert_str_eq(thalnet_center_output_name(draft, 0), "z");
  ck_assert_int_eq(thalnet_center_input_count(draft) + thalnet_center_output_count(draft), 2);
  float said[2][S * K * 2];
  int32_t tokens[S * K];
  for (int32_t k = 0; k < S * K; k++) {
    tokens[k] = k % 5;
  }
  for (int k = 0; k < 2; k++) { /* x is absent in the old network */
    const thalnet_center *mine = k == 0 ? net : draft;
    thalnet_batch *batch = support_batch(mine, S, K);
    EXPECT_OK(thalnet_batch_begin(batch, S, K));
    EXPECT_OK(thalnet_batch_set_tokens(batch, k == 0 ? 1 : 0, tokens, S * K));
    EXPECT_OK(thalnet_forward(mine, batch, NULL));
    EXPECT_OK(thalnet_batch_read_output(batch, k == 0 ? 1 : 0, said[k], S * K * 2));
    thalnet_batch_free(batch);
  }
  ck_assert_double_le(support_distance(said[0], said[1], S * K * 2), 1e-6);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

/* Of a split, an output that hears one of the two hears it whole. */
START_TEST(a_second_module_for_another_task) {
  thalnet_center *net = edit_make_trained(0, THALNET_WEIGHT_NORM, 0, 0), *draft = edit_start(net);
  thalnet_module *second = NULL;
  int32_t output;
  EXPECT_OK(thalnet_module_split(edit_module(draft, "module1"), "second", &second));
  EXPECT_OK(thalnet_module_disconnect_output(second, 0));
  EXPECT_OK(thalnet_module_disconnect_output(second, 1));
  EXPECT_OK(thalnet_center_add_output(draft, "task", 3, THALNET_CROSS_ENTROPY, NULL, &output));
  EXPECT_OK(thalnet_module_connect_output(second, output));
  EXPECT_OK(thalnet_center_build(draft, 9));
  ck_assert_double_le(edit_distance(net, draft, "y"), 1e-6);
  ck_assert_double_le(edit_distance(net, draft, "z"), 1e-6);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

/* A weight-norm reader of which nothing is left reads nothing, and can learn again. */
START_TEST(nothing_left_to_read) {
  thalnet_center *net = NULL, *draft;
  thalnet_module *module = NULL;
  thalnet_reader_options skip = THALNET_READER_OPTIONS_INIT;
  skip.skip_own = 1;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 4, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, THALNET_WEIGHT_NORM, 3, &skip, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 1));
  draft = edit_start(net);
  EXPECT_OK(thalnet_module_remove(edit_module(draft, "module1")));
  EXPECT(thalnet_center_build(draft, 2), THALNET_ERROR_STATE); /* a reader without anything to read */
  thalnet_center_free(draft);
  draft = edit_start(net);
  EXPECT_OK(thalnet_module_remove(edit_module(draft, "module1")));
  EXPECT_OK(thalnet_center_add_module(draft, "other", NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 2, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_center_build(draft, 2));
  float scale = 7, routing[4];
  EXPECT_OK(thalnet_center_read(draft, "modules.0.reader.scale", &scale, 1));
  ck_assert(scale == 0.0f);
  thalnet_optimizer *optimizer = support_optimizer(draft, THALNET_ADAM, 0.01);
  edit_train(draft, optimizer, 3, 1);
  EXPECT_OK(thalnet_center_routing(draft, NULL, THALNET_ROUTING_WEIGHT, routing, 4));
  ck_assert(routing[1] > 0.0f && isfinite(routing[1]));
  thalnet_optimizer_free(optimizer);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

/* Names are found on any center that modules were removed from. */
START_TEST(names_are_not_given_twice) {
  thalnet_center *net = NULL;
  thalnet_module *modules[5] = {NULL};
  EXPECT_OK(thalnet_center_create(NULL, &net));
  for (int i = 0; i < 3; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &modules[i]));
  }
  EXPECT_OK(thalnet_module_remove(modules[0]));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &modules[3]));
  EXPECT_OK(thalnet_module_remove(modules[3]));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &modules[4]));
  static const char *const names[] = {"module1", "module2", "module4"};
  for (int32_t i = 0; i < 3; i++) {
    ck_assert_str_eq(thalnet_center_module_name(net, i), names[i]);
  }
  thalnet_center_free(net);
}
END_TEST

/* --- mistakes ----------------------------------------------------------------------------------------------------- */

START_TEST(mistakes_are_told) {
  thalnet_center *net = edit_make(0, THALNET_LINEAR, 0, 0), *draft = edit_start(net), *other = NULL;
  thalnet_module *module = edit_module(draft, "module0"), *second = NULL;
  EXPECT(thalnet_center_edit(draft, &other), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_remove(thalnet_center_get_module(net, 0)), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_split(thalnet_center_get_module(net, 0), NULL, &second), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_grow(thalnet_center_get_module(net, 0), 0, 1), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_remove_output(net, 0), THALNET_ERROR_STATE);
  ck_assert(thalnet_center_get_module(net, 3) == NULL && thalnet_center_get_module(net, -1) == NULL);
  EXPECT(thalnet_module_grow(module, 1, 1), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_build(draft, 1), THALNET_ERROR_ARGUMENT); /* which is remembered */
  thalnet_center_free(draft);
  static const char *const what[] = {"layer", "twice", "limit", "input", "output", "name", "only", "new"};
  for (size_t i = 0; i < sizeof what / sizeof what[0]; i++) {
    draft = edit_start(net);
    module = edit_module(draft, "module0");
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
    } else if (i == 5) {
      EXPECT_OK(thalnet_module_remove(module));
      EXPECT(thalnet_center_add_module(draft, "module0", NULL, &second), THALNET_ERROR_DATA);
    } else if (i == 6) {
      EXPECT_OK(thalnet_module_remove(module));
      EXPECT_OK(thalnet_module_remove(edit_module(draft, "module1")));
      EXPECT(thalnet_module_remove(edit_module(draft, "module2")), THALNET_ERROR_STATE);
    } else {
      EXPECT_OK(thalnet_center_add_module(draft, "new", NULL, &module));
      EXPECT(thalnet_module_split(module, "second", &second), THALNET_ERROR_STATE);
      ck_assert_ptr_null(second);
    }
    thalnet_center_free(draft);
  }
  thalnet_center_free(net);
}
END_TEST

/* A draft waits while the network is written, and can be built afterwards. */
START_TEST(busy_networks_are_waited_for) {
  thalnet_center *net = edit_make(0, THALNET_LINEAR, 0, 0), *draft = edit_start(net);
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
  draft = edit_start(net);
  EXPECT(thalnet_module_grow(thalnet_center_get_module(draft, 0), 0, 1), THALNET_ERROR_UNSUPPORTED);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

/* Two new modules at once, of layers with memory of their own, and readers where there were none. */
static thalnet_center *without_readers(int32_t learned_start) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *module;
  options.learned_start = learned_start;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "z", 2, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  for (int i = 0; i < 2; i++) {
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_lstm(module, 4, NULL));
    EXPECT_OK(thalnet_module_add_gru(module, 3, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
    EXPECT_OK(thalnet_module_connect_output(module, i));
  }
  EXPECT_OK(thalnet_center_build(net, 3));
  return edit_trained(net);
}

START_TEST(readers_where_there_were_none) {
  for (int32_t variant = 0; variant < 8; variant++) {
    const int32_t kind = variant / 2;
    thalnet_center *net = without_readers(variant % 2), *draft = edit_start(net);
    thalnet_module *module;
    thalnet_state *state = support_state(net, S), *moved = NULL;
    for (int i = 0; i < 2; i++) {
      EXPECT_OK(thalnet_module_add_reader(edit_module(draft, i ? "module1" : "module0"), kind, 3, NULL, NULL));
      EXPECT_OK(thalnet_center_add_module(draft, NULL, NULL, &module));
      EXPECT_OK(thalnet_module_add_lstm(module, 2, NULL));
      EXPECT_OK(thalnet_module_add_gru(module, 5, NULL));
      EXPECT_OK(thalnet_module_add_reader(module, kind, 2, NULL, NULL));
      EXPECT_OK(thalnet_module_connect_output(module, i));
    }
    draft = edit_built(draft, 9);
    edit_same_function(net, draft, 1e-5, "readers where there were none");
    EXPECT_OK(thalnet_state_move(state, draft, &moved));
    ck_assert_uint_eq(thalnet_state_values(moved), thalnet_state_values(state) + 2 * (5 + 2 + 2));
    edit_learn(draft, 3, 4); /* and all of it learns */
    thalnet_state_free(state);
    thalnet_state_free(moved);
    thalnet_center_free(draft);
    thalnet_center_free(net);
  }
}
END_TEST

/* No units more change nothing, not even where more of them could not be. Built centers are closed. */
START_TEST(nothing_to_grow_and_nothing_to_undo) {
  thalnet_center *net = support_net(SUPPORT_READERS, NULL), *draft = edit_start(net);
  for (int32_t m = 0; m < 5; m++) {
    EXPECT_OK(thalnet_module_grow(thalnet_center_get_module(draft, m), 0, 0));
  }
  EXPECT_OK(thalnet_center_build(draft, 1));
  float *a = support_parameters(net), *b = support_parameters(draft);
  ck_assert_uint_eq(thalnet_center_parameter_count(net), thalnet_center_parameter_count(draft));
  ck_assert(support_same(a, b, thalnet_center_parameter_count(net)));
  EXPECT(thalnet_module_disconnect_input(thalnet_center_get_module(draft, 0), 0), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_disconnect_output(thalnet_center_get_module(draft, 0), 0), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_grow(thalnet_center_get_module(draft, 0), 0, 0), THALNET_ERROR_STATE);
  free(a);
  free(b);
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
                                ports_move_up,
                                a_second_module_for_another_task,
                                nothing_left_to_read,
                                names_are_not_given_twice,
                                mistakes_are_told,
                                busy_networks_are_waited_for,
                                layer_norm_does_not_grow,
                                readers_where_there_were_none,
                                nothing_to_grow_and_nothing_to_undo};
  return SUPPORT_RUN("edit", tests);
}
