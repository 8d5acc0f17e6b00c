/* SPDX-License-Identifier: MIT */
/* center.h: tensors by name, reading, writing, lending the block, gradients. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct tensor {
  const char *name;
  int32_t rank;
  size_t dimensions[3];
};

static size_t elements(const struct tensor *tensor) {
  return tensor->dimensions[0] * tensor->dimensions[1] * tensor->dimensions[2];
}

/* All tensors of SUPPORT_READERS by the tables of names and shapes; P = 5 + 4 + 5 + 5 + 5 = 24, 3 + 4 columns in. */
static const struct tensor expected[] = {
    {"modules.0.layers.0.weight_ih", 2, {15, 7, 1}},    {"modules.0.layers.0.weight_hh", 2, {15, 5, 1}},
    {"modules.0.layers.0.bias_ih", 1, {15, 1, 1}},      {"modules.0.layers.0.bias_hh", 1, {15, 1, 1}},
    {"modules.0.reader.weight", 2, {4, 24, 1}},         {"modules.0.outputs.0.weight", 2, {4, 5, 1}},
    {"modules.1.layers.0.weight_ih", 2, {16, 7, 1}},    {"modules.1.layers.0.weight_hh", 2, {16, 4, 1}},
    {"modules.1.layers.0.bias_ih", 1, {16, 1, 1}},      {"modules.1.layers.0.bias_hh", 1, {16, 1, 1}},
    {"modules.1.reader.weight", 2, {4, 24, 1}},         {"modules.1.reader.scale", 1, {1, 1, 1}},
    {"modules.1.outputs.0.weight", 2, {4, 4, 1}},       {"modules.2.layers.0.weight", 2, {6, 7, 1}},
    {"modules.2.layers.0.bias", 1, {6, 1, 1}},          {"modules.2.layers.1.weight_ih", 2, {15, 6, 1}},
    {"modules.2.layers.1.weight_hh", 2, {15, 5, 1}},    {"modules.2.layers.1.bias_ih", 1, {15, 1, 1}},
    {"modules.2.layers.1.bias_hh", 1, {15, 1, 1}},      {"modules.2.reader.weight", 3, {4, 24, 5}},
    {"modules.2.reader.bias", 2, {4, 24, 1}},           {"modules.2.outputs.0.weight", 2, {4, 5, 1}},
    {"modules.3.layers.0.weight_ih", 2, {9, 7, 1}},     {"modules.3.layers.1.weight", 2, {5, 3, 1}},
    {"modules.3.reader.mean_weight", 2, {4, 5, 1}},     {"modules.3.reader.mean_bias", 1, {4, 1, 1}},
    {"modules.3.reader.variance_weight", 2, {4, 5, 1}}, {"modules.3.reader.variance_bias", 1, {4, 1, 1}},
    {"modules.4.reader.mean_weight", 2, {4, 5, 1}},     {"outputs.0.bias", 1, {4, 1, 1}},
};

START_TEST(tensors_have_names_and_shapes) {
  thalnet_center *net = support_net(SUPPORT_READERS, NULL);
  for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
    size_t dimensions[3] = {0, 0, 0};
    ck_assert_msg(thalnet_center_tensor_shape(net, expected[i].name, dimensions) == expected[i].rank, "%s",
                  expected[i].name);
    for (int k = 0; k < 3; k++) {
      ck_assert_uint_eq(dimensions[k], expected[i].dimensions[k]);
    }
  }
  size_t dimensions[3] = {7, 7, 7}, total = 0;
  ck_assert_int_eq(thalnet_center_tensor_shape(net, "modules.0.reader.scale", dimensions), 0);
  ck_assert_int_eq(thalnet_center_tensor_shape(net, "modules.00.reader.weight", dimensions), 0);
  ck_assert_int_eq(thalnet_center_tensor_shape(net, "modules.0.reader.weight ", dimensions), 0);
  ck_assert_int_eq(thalnet_center_tensor_shape(net, NULL, dimensions), 0);
  ck_assert_int_eq(thalnet_center_tensor_shape(NULL, "modules.0.reader.weight", dimensions), 0);
  ck_assert_int_eq(thalnet_center_tensor_shape(net, "modules.0.reader.weight", NULL), 0);
  for (size_t i = 0; i < thalnet_center_tensor_count(net); i++) {
    const char *name = thalnet_center_tensor_name(net, i);
    ck_assert_ptr_nonnull(name);
    ck_assert_int_ge(thalnet_center_tensor_shape(net, name, dimensions), 1);
    total += dimensions[0] * dimensions[1] * dimensions[2];
  }
  ck_assert_ptr_null(thalnet_center_tensor_name(net, thalnet_center_tensor_count(net)));
  ck_assert_uint_eq(total, thalnet_center_parameter_count(net));
  thalnet_center_free(net);
}
END_TEST

/* Reading all is reading one after the other. */
START_TEST(the_block_is_the_tensors_in_order) {
  thalnet_center *net = support_net(SUPPORT_READERS, NULL);
  float *all = support_parameters(net), *one = malloc(thalnet_center_parameter_count(net) * sizeof *one);
  size_t place = 0;
  for (size_t i = 0; i < thalnet_center_tensor_count(net); i++) {
    const char *name = thalnet_center_tensor_name(net, i);
    size_t dimensions[3];
    thalnet_center_tensor_shape(net, name, dimensions);
    size_t count = dimensions[0] * dimensions[1] * dimensions[2];
    EXPECT_OK(thalnet_center_read(net, name, one, count));
    ck_assert(support_same(all + place, one, count));
    place += count;
  }
  free(all);
  free(one);
  thalnet_center_free(net);
}
END_TEST

START_TEST(read_and_write_refuse) {
  static float values[1000];
  thalnet_center *net = support_net(SUPPORT_READERS, NULL);
  thalnet_batch *batch = support_batch(net, 1, 1);
  size_t all = thalnet_center_parameter_count(net), wrong[] = {0, 15 * 7 - 1, 15 * 7 + 1, SIZE_MAX};
  const char *name = expected[0].name;
  float *before = support_parameters(net);
  ck_assert_uint_eq(elements(&expected[0]), 15 * 7);
  EXPECT(thalnet_center_read(NULL, name, values, 105), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_read((const thalnet_center *)(void *)batch, name, values, 105), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_read(net, name, NULL, 105), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_read(net, "nobody", values, 105), THALNET_ERROR_DATA);
  EXPECT(thalnet_center_write(NULL, name, values, 105), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_write(net, name, NULL, 105), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_write(net, "", values, 105), THALNET_ERROR_DATA);
  EXPECT(thalnet_center_read_gradient(NULL, name, values, 105), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_read_gradient(net, name, NULL, 105), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_read_gradient(net, "nobody", values, 105), THALNET_ERROR_DATA);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    EXPECT(thalnet_center_read(net, name, values, wrong[i]), THALNET_ERROR_SIZE);
    EXPECT(thalnet_center_read(net, NULL, values, wrong[i]), THALNET_ERROR_SIZE);
    EXPECT(thalnet_center_write(net, name, values, wrong[i]), THALNET_ERROR_SIZE);
    EXPECT(thalnet_center_write(net, NULL, values, wrong[i]), THALNET_ERROR_SIZE);
    EXPECT(thalnet_center_read_gradient(net, name, values, wrong[i]), THALNET_ERROR_SIZE);
    EXPECT(thalnet_center_read_gradient(net, NULL, values, wrong[i]), THALNET_ERROR_SIZE);
  }
  float *after = support_parameters(net);
  ck_assert(support_same(before, after, all));
  free(before);
  free(after);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

START_TEST(write_refuses_what_is_not_finite) {
  thalnet_center *net = support_net(SUPPORT_READERS, NULL);
  size_t all = thalnet_center_parameter_count(net);
  float *before = support_parameters(net), *values = support_parameters(net);
  static const float bad[] = {NAN, INFINITY, -INFINITY};
  for (size_t i = 0; i < 3; i++) {
    values[all - 1] = bad[i];
    EXPECT(thalnet_center_write(net, NULL, values, all), THALNET_ERROR_NONFINITE);
    EXPECT(thalnet_center_write(net, "outputs.0.bias", values + all - 4, 4), THALNET_ERROR_NONFINITE);
  }
  memset(values, 0, all * sizeof *values);
  EXPECT(thalnet_center_write(net, "modules.1.reader.weight", values, 96), THALNET_ERROR_NONFINITE);
  EXPECT(thalnet_center_write(net, NULL, values, all), THALNET_ERROR_NONFINITE);
  EXPECT_OK(thalnet_center_write(net, "modules.0.reader.weight", values, 96));
  EXPECT_OK(thalnet_center_write(net, NULL, before, all));
  float *after = support_parameters(net);
  ck_assert(support_same(before, after, all));
  free(before);
  free(values);
  free(after);
  thalnet_batch_free(NULL);
  thalnet_center_free(net);
}
END_TEST

/* The output of a fixed batch: what is derived from the parameters shows in it. */
static float *outputs_of(const thalnet_center *net) {
  thalnet_batch *batch = support_batch(net, 3, 4);
  support_fill(net, batch, 3, 4, 5);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  float *values = support_output(net, batch, 0, 3, 4);
  thalnet_batch_free(batch);
  return values;
}

/* However the parameters come in, the network is the same afterwards as one that was built with them. */
/* beta / |W| alone would not fit in a float; beta W / |W| does. */
START_TEST(small_normed_matrices_are_read_right) {
  thalnet_center *net = support_net(SUPPORT_READERS, NULL);
  float weight[96], big[96];
  const float scale = 1e3f;
  for (int i = 0; i < 96; i++) {
    big[i] = (float)(i % 7 - 3);
    weight[i] = big[i] * 1e-36f;
  }
  EXPECT_OK(thalnet_center_write(net, "modules.1.reader.scale", &scale, 1));
  EXPECT_OK(thalnet_center_write(net, "modules.1.reader.weight", big, 96));
  float *wanted = outputs_of(net);
  EXPECT_OK(thalnet_center_write(net, "modules.1.reader.weight", weight, 96));
  float *outputs = outputs_of(net);
  for (int i = 0; i < 3 * 4 * 4; i++) {
    ck_assert_float_finite(outputs[i]);
    ck_assert_float_eq_tol(outputs[i], wanted[i], 1e-4f);
  }
  free(wanted);
  free(outputs);
  thalnet_center_free(net);
}
END_TEST

/* A host that adds gradients up over machines reads, reduces and writes them back. */
START_TEST(gradients_are_written_back) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL), *other = support_net(SUPPORT_SMALL, NULL);
  const size_t all = thalnet_center_parameter_count(net);
  float *gradient = calloc(all, sizeof *gradient), *seen = calloc(all, sizeof *seen);
  EXPECT(thalnet_center_write_gradient(net, NULL, gradient, all), THALNET_ERROR_STATE);
  thalnet_batch *batch = support_batch(net, 2, 2), *unused = support_batch(other, 2, 2);
  thalnet_optimizer *one = support_optimizer(net, THALNET_SGD, 0.1), *two = support_optimizer(other, THALNET_SGD, 0.1);
  support_fill(net, batch, 2, 2, 1);
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT_OK(thalnet_center_read_gradient(net, NULL, gradient, all));
  EXPECT(thalnet_center_write_gradient(other, "nobody", gradient, 1), THALNET_ERROR_DATA);
  EXPECT(thalnet_center_write_gradient(other, NULL, gradient, all - 1), THALNET_ERROR_SIZE);
  EXPECT(thalnet_step(two, other), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_center_write_gradient(other, NULL, gradient, all));
  EXPECT_OK(thalnet_center_read_gradient(other, NULL, seen, all));
  ck_assert(support_same(gradient, seen, all));
  EXPECT_OK(thalnet_step(one, net));
  EXPECT_OK(thalnet_step(two, other));
  float *first = support_parameters(net), *second = support_parameters(other);
  ck_assert(support_same(first, second, all));
  gradient[0] = NAN; /* found by the step, which touches nothing then */
  EXPECT_OK(thalnet_center_write_gradient(other, NULL, gradient, all));
  EXPECT(thalnet_step(two, other), THALNET_ERROR_NONFINITE);
  free(second);
  second = support_parameters(other);
  ck_assert(support_same(first, second, all));
  free(first);
  free(second);
  free(gradient);
  free(seen);
  thalnet_batch_free(batch);
  thalnet_batch_free(unused);
  thalnet_optimizer_free(one);
  thalnet_optimizer_free(two);
  thalnet_center_free(net);
  thalnet_center_free(other);
}
END_TEST

START_TEST(every_way_of_writing_renews_what_is_derived) {
  thalnet_center *one = support_net(SUPPORT_READERS, NULL), *other = support_net(SUPPORT_READERS, NULL);
  size_t all = thalnet_center_parameter_count(one), count = 0, place = 0;
  float *values = support_parameters(one), *block = NULL;
  for (size_t i = 0; i < all; i++) {
    values[i] = values[i] * 0.75f + 0.01f;
  }
  float *start = outputs_of(one);
  EXPECT_OK(thalnet_center_write(one, NULL, values, all));
  float *whole = outputs_of(one);
  ck_assert(!support_same(start, whole, 3 * 4 * 4));
  for (size_t i = 0; i < thalnet_center_tensor_count(other); i++) {
    size_t d[3];
    thalnet_center_tensor_shape(other, thalnet_center_tensor_name(other, i), d);
    EXPECT_OK(thalnet_center_write(other, thalnet_center_tensor_name(other, i), values + place, d[0] * d[1] * d[2]));
    place += d[0] * d[1] * d[2];
  }
  float *single = outputs_of(other);
  ck_assert(support_same(whole, single, 3 * 4 * 4));
  thalnet_center_free(other);
  other = support_net(SUPPORT_READERS, NULL);
  EXPECT_OK(thalnet_center_begin_write(other, &block, &count));
  ck_assert_uint_eq(count, all);
  memcpy(block, values, all * sizeof *values);
  EXPECT_OK(thalnet_center_end_write(other));
  float *lent = outputs_of(other);
  ck_assert(support_same(whole, lent, 3 * 4 * 4));
  free(values);
  free(start);
  free(whole);
  free(single);
  free(lent);
  thalnet_center_free(one);
  thalnet_center_free(other);
}
END_TEST

START_TEST(a_lent_block_makes_busy) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, 2, 2), *other = NULL;
  thalnet_state *state = support_state(net, 1);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_SGD, 0.1);
  float *values = NULL, *twice = (float *)(void *)net, frame[3] = {0}, answer[4] = {0}, routing[4];
  size_t count = 0, size = 0, all = thalnet_center_parameter_count(net);
  float *parameters = support_parameters(net);
  support_fill(net, batch, 2, 2, 1);
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  EXPECT(thalnet_center_end_write(net), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_begin_write(NULL, &values, &count), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_begin_write(net, NULL, &count), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_begin_write(net, &values, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT_OK(thalnet_center_begin_write(net, &values, &count));
  EXPECT(thalnet_center_begin_write(net, &twice, &count), THALNET_ERROR_BUSY);
  ck_assert_ptr_null(twice);
  EXPECT(thalnet_forward(net, batch, NULL), THALNET_ERROR_BUSY);
  EXPECT(thalnet_forward_backward(net, batch, NULL), THALNET_ERROR_BUSY);
  EXPECT(thalnet_state_step(net, state, frame, 3, answer, 4), THALNET_ERROR_BUSY);
  EXPECT(thalnet_state_advance(net, state, 1), THALNET_ERROR_BUSY);
  EXPECT(thalnet_step(optimizer, net), THALNET_ERROR_BUSY);
  EXPECT(thalnet_center_write(net, NULL, parameters, all), THALNET_ERROR_BUSY);
  EXPECT(thalnet_center_clear_gradients(net), THALNET_ERROR_BUSY);
  EXPECT(thalnet_center_save_memory(net, NULL, 0, &size), THALNET_ERROR_BUSY);
  EXPECT(thalnet_center_save(net, "never_written.safetensors", NULL), THALNET_ERROR_BUSY);
  EXPECT(thalnet_center_routing(net, NULL, THALNET_ROUTING_WEIGHT, routing, 4), THALNET_ERROR_BUSY);
  EXPECT_OK(thalnet_batch_create(net, 1, 1, NULL, &other)); /* making a batch is no computing */
  thalnet_batch_free(other);
  EXPECT_OK(thalnet_center_end_write(net));
  EXPECT(thalnet_center_end_write(net), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_state_step(net, state, frame, 3, answer, 4));
  EXPECT_OK(thalnet_step(optimizer, net));
  free(parameters);
  thalnet_batch_free(batch);
  thalnet_state_free(state);
  thalnet_optimizer_free(optimizer);
  thalnet_center_free(net);
}
END_TEST

START_TEST(a_lent_block_can_be_mended) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  float *values = NULL, *before = support_parameters(net);
  size_t count = 0;
  EXPECT_OK(thalnet_center_begin_write(net, &values, &count));
  values[3] = NAN;
  EXPECT(thalnet_center_end_write(net), THALNET_ERROR_NONFINITE);
  EXPECT(thalnet_center_begin_write(net, &values, &count), THALNET_ERROR_BUSY);
  ck_assert_ptr_null(values);
  thalnet_center_free(net);
  net = support_net(SUPPORT_SMALL, NULL);
  EXPECT_OK(thalnet_center_begin_write(net, &values, &count));
  values[3] = INFINITY;
  EXPECT(thalnet_center_end_write(net), THALNET_ERROR_NONFINITE);
  values[3] = before[3];
  EXPECT_OK(thalnet_center_end_write(net));
  float *after = support_parameters(net);
  ck_assert(support_same(before, after, count));
  free(before);
  free(after);
  thalnet_center_free(net);
}
END_TEST

START_TEST(gradients_exist_for_training_only) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_batch *batch = NULL;
  size_t all = thalnet_center_parameter_count(net);
  float *values = calloc(all, sizeof *values);
  options.for_backward = 0;
  EXPECT_OK(thalnet_batch_create(net, 2, 2, &options, &batch));
  EXPECT(thalnet_center_read_gradient(net, NULL, values, all), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_clear_gradients(net), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_clear_gradients(NULL), THALNET_ERROR_HANDLE);
  thalnet_batch_free(batch);
  batch = support_batch(net, 2, 2);
  EXPECT_OK(thalnet_center_read_gradient(net, NULL, values, all));
  for (size_t i = 0; i < all; i++) {
    ck_assert(values[i] == 0.0f);
  }
  support_fill(net, batch, 2, 2, 1);
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  float *once = support_gradients(net);
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  float *twice = support_gradients(net);
  double sum = 0;
  for (size_t i = 0; i < all; i++) {
    ck_assert(fabsf(twice[i] - 2.0f * once[i]) < 1e-5f);
    sum += fabs((double)once[i]);
  }
  ck_assert(sum > 0.01);
  EXPECT_OK(thalnet_center_clear_gradients(net));
  EXPECT_OK(thalnet_center_read_gradient(net, NULL, values, all));
  for (size_t i = 0; i < all; i++) {
    ck_assert(values[i] == 0.0f);
  }
  free(values);
  free(once);
  free(twice);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {tensors_have_names_and_shapes,
                                the_block_is_the_tensors_in_order,
                                read_and_write_refuse,
                                write_refuses_what_is_not_finite,
                                small_normed_matrices_are_read_right,
                                gradients_are_written_back,
                                every_way_of_writing_renews_what_is_derived,
                                a_lent_block_makes_busy,
                                a_lent_block_can_be_mended,
                                gradients_exist_for_training_only};
  return SUPPORT_RUN("parameters", tests);
}
