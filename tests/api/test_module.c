/* SPDX-License-Identifier: MIT */
/* module.h: layers and connections. */
#include "support.h"

#include <string.h>

struct draft {
  thalnet_center *net;
  thalnet_module *module;
};

static struct draft start(void) {
  struct draft draft = {NULL, NULL};
  EXPECT_OK(thalnet_center_create(NULL, &draft.net));
  EXPECT_OK(thalnet_center_add_input(draft.net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_input(draft.net, "u", 2, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(draft.net, "y", 2, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(draft.net, NULL, NULL, &draft.module));
  return draft;
}

START_TEST(layers_are_checked) {
  struct draft d = start();
  thalnet_gru_options gru = THALNET_GRU_OPTIONS_INIT;
  static const size_t above[] = {THALNET_SIZE_LIMIT + 1, SIZE_MAX, SIZE_MAX / 4 + 1};
  static const int32_t unknown[] = {-1, 4, INT32_MAX, INT32_MIN};
  EXPECT(thalnet_module_add_dense(NULL, 3, THALNET_RELU, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_module_add_gru(NULL, 3, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_module_add_lstm(NULL, 3, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_module_add_dense((thalnet_module *)(void *)d.net, 3, THALNET_RELU, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_module_add_dense(d.module, 0, THALNET_RELU, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_module_add_gru(d.module, 0, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_module_add_lstm(d.module, 0, NULL), THALNET_ERROR_ARGUMENT);
  for (size_t i = 0; i < sizeof above / sizeof above[0]; i++) {
    EXPECT(thalnet_module_add_dense(d.module, above[i], THALNET_RELU, NULL), THALNET_ERROR_LIMIT);
    EXPECT(thalnet_module_add_gru(d.module, above[i], NULL), THALNET_ERROR_LIMIT);
    EXPECT(thalnet_module_add_lstm(d.module, above[i], NULL), THALNET_ERROR_LIMIT);
  }
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    EXPECT(thalnet_module_add_dense(d.module, 3, unknown[i], NULL), THALNET_ERROR_ARGUMENT);
    gru.reset = i == 1 ? 2 : unknown[i];
    EXPECT(thalnet_module_add_gru(d.module, 3, &gru), THALNET_ERROR_ARGUMENT);
  }
  gru.reset = THALNET_RESET_AFTER;
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    thalnet_dense_options dense = THALNET_DENSE_OPTIONS_INIT;
    thalnet_lstm_options lstm = THALNET_LSTM_OPTIONS_INIT;
    dense.layer_norm = gru.layer_norm = lstm.layer_norm = unknown[i];
    EXPECT(thalnet_module_add_dense(d.module, 3, THALNET_RELU, &dense), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_module_add_gru(d.module, 3, &gru), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_module_add_lstm(d.module, 3, &lstm), THALNET_ERROR_ARGUMENT);
    dense.layer_norm = lstm.layer_norm = 0;
    dense.reserved = lstm.reserved = 1;
    EXPECT_EITHER(thalnet_module_add_dense(d.module, 3, THALNET_RELU, &dense), THALNET_ERROR_VERSION,
                  THALNET_ERROR_ARGUMENT);
    EXPECT_EITHER(thalnet_module_add_lstm(d.module, 3, &lstm), THALNET_ERROR_VERSION, THALNET_ERROR_ARGUMENT);
  }
  ck_assert_uint_eq(thalnet_center_module_features(d.net, 0), 0);
  thalnet_center_free(d.net);
}
END_TEST

START_TEST(layers_are_counted) {
  struct draft d = start();
  for (int i = 0; i < THALNET_COUNT_LIMIT; i++) {
    EXPECT_OK(thalnet_module_add_dense(d.module, 1, THALNET_RELU, NULL));
  }
  EXPECT(thalnet_module_add_dense(d.module, 1, THALNET_RELU, NULL), THALNET_ERROR_LIMIT);
  EXPECT(thalnet_module_add_gru(d.module, 1, NULL), THALNET_ERROR_LIMIT);
  EXPECT(thalnet_module_add_lstm(d.module, 1, NULL), THALNET_ERROR_LIMIT);
  thalnet_center_free(d.net);
}
END_TEST

START_TEST(connections_are_checked) {
  struct draft d = start();
  static const int32_t nobody[] = {-1, 2, INT32_MAX, INT32_MIN};
  EXPECT(thalnet_module_connect_input(NULL, 0), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_module_connect_output(NULL, 0), THALNET_ERROR_HANDLE);
  for (size_t i = 0; i < sizeof nobody / sizeof nobody[0]; i++) {
    EXPECT(thalnet_module_connect_input(d.module, nobody[i]), THALNET_ERROR_ARGUMENT);
    EXPECT(thalnet_module_connect_output(d.module, nobody[i]), THALNET_ERROR_ARGUMENT);
  }
  EXPECT(thalnet_module_connect_output(d.module, 1), THALNET_ERROR_ARGUMENT);
  EXPECT_OK(thalnet_module_connect_input(d.module, 1));
  EXPECT_OK(thalnet_module_connect_input(d.module, 0));
  EXPECT(thalnet_module_connect_input(d.module, 1), THALNET_ERROR_ARGUMENT);
  EXPECT_OK(thalnet_module_connect_output(d.module, 0));
  EXPECT(thalnet_module_connect_output(d.module, 0), THALNET_ERROR_ARGUMENT);
  thalnet_center_free(d.net);
}
END_TEST

START_TEST(a_built_module_is_closed) {
  struct draft d = start();
  thalnet_reader *reader = (thalnet_reader *)(void *)d.net;
  EXPECT_OK(thalnet_module_add_gru(d.module, 4, NULL));
  EXPECT_OK(thalnet_module_connect_input(d.module, 0));
  EXPECT_OK(thalnet_module_connect_input(d.module, 1));
  EXPECT_OK(thalnet_module_connect_output(d.module, 0));
  EXPECT_OK(thalnet_center_build(d.net, 1));
  size_t count = thalnet_center_parameter_count(d.net);
  EXPECT(thalnet_module_add_dense(d.module, 3, THALNET_RELU, NULL), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_add_gru(d.module, 3, NULL), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_add_lstm(d.module, 3, NULL), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_add_reader(d.module, THALNET_LINEAR, 3, NULL, &reader), THALNET_ERROR_STATE);
  ck_assert_ptr_null(reader);
  EXPECT(thalnet_module_connect_input(d.module, 0), THALNET_ERROR_STATE);
  EXPECT(thalnet_module_connect_output(d.module, 0), THALNET_ERROR_STATE);
  ck_assert_uint_eq(thalnet_center_parameter_count(d.net), count);
  thalnet_center_free(d.net);
}
END_TEST

static void has_shape(const thalnet_center *net, const char *name, size_t rows, size_t columns) {
  size_t dimensions[3] = {0, 0, 0};
  ck_assert_msg(thalnet_center_tensor_shape(net, name, dimensions) == (columns ? 2 : 1), "%s", name);
  ck_assert_uint_eq(dimensions[0], rows);
  ck_assert_uint_eq(dimensions[1], columns ? columns : 1);
  ck_assert_uint_eq(dimensions[2], 1);
}

/* A stack: inputs 3 + 2 and context 6 enter at the bottom, the features are the last layer's units. */
START_TEST(a_stack_of_layers) {
  struct draft d = start();
  EXPECT_OK(thalnet_module_add_dense(d.module, 7, THALNET_TANH, NULL));
  EXPECT_OK(thalnet_module_add_lstm(d.module, 4, NULL));
  EXPECT_OK(thalnet_module_add_gru(d.module, 5, NULL));
  EXPECT_OK(thalnet_module_add_dense(d.module, 3, THALNET_SIGMOID, NULL));
  EXPECT_OK(thalnet_module_connect_input(d.module, 1));
  EXPECT_OK(thalnet_module_connect_input(d.module, 0));
  EXPECT_OK(thalnet_module_connect_output(d.module, 0));
  EXPECT_OK(thalnet_module_add_reader(d.module, THALNET_LINEAR, 6, NULL, NULL));
  EXPECT_OK(thalnet_center_build(d.net, 1));
  has_shape(d.net, "modules.0.layers.0.weight", 7, 3 + 2 + 6);
  has_shape(d.net, "modules.0.layers.0.bias", 7, 0);
  has_shape(d.net, "modules.0.layers.1.weight_ih", 16, 7);
  has_shape(d.net, "modules.0.layers.1.weight_hh", 16, 4);
  has_shape(d.net, "modules.0.layers.1.bias_ih", 16, 0);
  has_shape(d.net, "modules.0.layers.2.weight_ih", 15, 4);
  has_shape(d.net, "modules.0.layers.2.weight_hh", 15, 5);
  has_shape(d.net, "modules.0.layers.3.weight", 3, 5);
  has_shape(d.net, "modules.0.reader.weight", 6, 3);
  has_shape(d.net, "modules.0.outputs.0.weight", 2, 3);
  ck_assert_uint_eq(thalnet_center_features(d.net), 3);
  ck_assert_uint_eq(thalnet_center_module_context(d.net, 0), 6);
  thalnet_state *state = support_state(d.net, 1);
  ck_assert_uint_ge(thalnet_state_values(state), 3 + 2 * 4 + 5);
  thalnet_state_free(state);
  thalnet_center_free(d.net);
}
END_TEST

/* One module without reader is a stack of GRUs; its weights alone decide. */
START_TEST(a_module_without_reader) {
  struct draft d = start();
  for (int i = 0; i < 4; i++) {
    EXPECT_OK(thalnet_module_add_gru(d.module, 6, NULL));
  }
  EXPECT_OK(thalnet_module_connect_input(d.module, 0));
  EXPECT_OK(thalnet_module_connect_input(d.module, 1));
  EXPECT_OK(thalnet_module_connect_output(d.module, 0));
  EXPECT_OK(thalnet_center_build(d.net, 1));
  has_shape(d.net, "modules.0.layers.0.weight_ih", 18, 5);
  ck_assert_uint_eq(thalnet_center_module_context(d.net, 0), 0);
  ck_assert_ptr_null(thalnet_center_module_reader(d.net, 0));
  ck_assert_int_eq(thalnet_center_tensor_shape(d.net, "modules.0.reader.weight", (size_t[3]){0}), 0);
  thalnet_center_free(d.net);
}
END_TEST

/* Inputs enter in the order of their numbers, whatever the order of the connections. */
START_TEST(inputs_stand_in_the_order_of_their_numbers) {
  float outputs[2][4];
  for (int turned = 0; turned < 2; turned++) {
    struct draft d = start();
    thalnet_batch *batch;
    float x[3] = {0.5f, -0.25f, 1.0f}, u[2] = {0.75f, -1.0f};
    EXPECT_OK(thalnet_module_add_gru(d.module, 4, NULL));
    EXPECT_OK(thalnet_module_connect_input(d.module, turned ? 1 : 0));
    EXPECT_OK(thalnet_module_connect_input(d.module, turned ? 0 : 1));
    EXPECT_OK(thalnet_module_connect_output(d.module, 0));
    EXPECT_OK(thalnet_center_build(d.net, 3));
    batch = support_batch(d.net, 1, 1);
    EXPECT_OK(thalnet_batch_begin(batch, 1, 1));
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, 3));
    EXPECT_OK(thalnet_batch_set_inputs(batch, 1, u, 2));
    EXPECT_OK(thalnet_forward(d.net, batch, NULL));
    EXPECT_OK(thalnet_batch_read_output(batch, 0, outputs[turned], 2));
    thalnet_batch_free(batch);
    thalnet_center_free(d.net);
  }
  ck_assert(support_same(outputs[0], outputs[1], 2));
}
END_TEST

int main(void) {
  const TTest *const tests[] = {layers_are_checked,
                                layers_are_counted,
                                connections_are_checked,
                                a_built_module_is_closed,
                                a_stack_of_layers,
                                a_module_without_reader,
                                inputs_stand_in_the_order_of_their_numbers};
  return SUPPORT_RUN("module", tests);
}
