/* SPDX-License-Identifier: MIT */
/* routing.h: who reads whom. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

START_TEST(arguments_are_checked) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL), *other = support_net(SUPPORT_SMALL, NULL);
  thalnet_center *dynamic = support_net(SUPPORT_READERS, NULL);
  thalnet_batch *batch = support_batch(net, 2, 3), *foreign = support_batch(other, 2, 3);
  float values[25];
  static const size_t wrong[] = {0, 3, 5, 2, SIZE_MAX};
  EXPECT(thalnet_center_routing(NULL, NULL, THALNET_ROUTING_WEIGHT, values, 4), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_routing((const thalnet_center *)(void *)batch, NULL, THALNET_ROUTING_WEIGHT, values, 4),
         THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_routing(net, (thalnet_batch *)(void *)net, THALNET_ROUTING_WEIGHT, values, 4),
         THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_routing(net, NULL, 2, values, 4), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_routing(net, NULL, -1, values, 4), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_routing(net, NULL, THALNET_ROUTING_WEIGHT, NULL, 4), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_routing(net, NULL, THALNET_ROUTING_SHARE, values, 4), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_routing(dynamic, NULL, THALNET_ROUTING_WEIGHT, values, 25), THALNET_ERROR_ARGUMENT);
  support_fill(other, foreign, 2, 3, 1);
  EXPECT(thalnet_center_routing(net, foreign, THALNET_ROUTING_SHARE, values, 4), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_center_routing(net, batch, THALNET_ROUTING_SHARE, values, 4), THALNET_ERROR_STATE);
  for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
    EXPECT(thalnet_center_routing(net, NULL, THALNET_ROUTING_WEIGHT, values, wrong[i]), THALNET_ERROR_SIZE);
  }
  thalnet_batch_free(batch);
  thalnet_batch_free(foreign);
  thalnet_center_free(net);
  thalnet_center_free(other);
  thalnet_center_free(dynamic);
}
END_TEST

static double slice(const float *weight, size_t rows, size_t columns, size_t from, size_t to, double scale) {
  double sum = 0;
  for (size_t i = 0; i < rows; i++) {
    for (size_t k = from; k < to; k++) {
      sum += pow((double)weight[i * columns + k], 2);
    }
  }
  return scale * sqrt(sum);
}

/* The weight of static readers by its definition; P = 9, slices 0..4 and 5..8. */
START_TEST(weights_of_static_readers) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  float values[4], first[6 * 9], second[3 * 9], scale = 3.0f;
  EXPECT_OK(thalnet_center_write(net, "modules.0.reader.scale", &scale, 1));
  EXPECT_OK(thalnet_center_read(net, "modules.0.reader.weight", first, 54));
  EXPECT_OK(thalnet_center_read(net, "modules.1.reader.weight", second, 27));
  EXPECT_OK(thalnet_center_routing(net, NULL, THALNET_ROUTING_WEIGHT, values, 4));
  double factor = 3.0 / slice(first, 6, 9, 0, 9, 1.0);
  double expected[4] = {slice(first, 6, 9, 0, 5, factor), slice(first, 6, 9, 5, 9, factor),
                        slice(second, 3, 9, 0, 5, 1.0), slice(second, 3, 9, 5, 9, 1.0)};
  for (int i = 0; i < 4; i++) {
    ck_assert_double_eq_tol((double)values[i], expected[i], 1e-5);
  }
  thalnet_center_free(net);
}
END_TEST

START_TEST(shares_and_dynamic_weights) {
  thalnet_center *net = support_net(SUPPORT_READERS, NULL);
  thalnet_batch *batch = support_batch(net, 4, 6);
  float weight[25], share[25], again[25];
  support_fill(net, batch, 4, 6, 2);
  float *parameters = support_parameters(net);
  EXPECT_OK(thalnet_center_routing(net, batch, THALNET_ROUTING_WEIGHT, weight, 25));
  EXPECT_OK(thalnet_center_routing(net, batch, THALNET_ROUTING_SHARE, share, 25));
  for (int i = 0; i < 25; i++) {
    ck_assert(isfinite(weight[i]) && weight[i] > 0.0f);
    ck_assert(isfinite(share[i]) && share[i] > 0.0f);
  }
  /* It can be asked again after computing, and gives the same. */
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_center_routing(net, batch, THALNET_ROUTING_SHARE, again, 25));
  ck_assert(support_same(share, again, 25));
  float *after = support_parameters(net);
  ck_assert(support_same(parameters, after, thalnet_center_parameter_count(net)));
  free(parameters);
  free(after);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* Modules that do not read have a row of zeros; a reader whose columns are zero does not read that module. */
START_TEST(silence_is_zero) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  thalnet_batch *batch;
  float values[4], weight[3 * 7], x[2 * 3 * 3];
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 4, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 3, NULL));
  EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 3, NULL, NULL));
  EXPECT_OK(thalnet_center_build(net, 1));
  EXPECT_OK(thalnet_center_read(net, "modules.1.reader.weight", weight, 21));
  for (int i = 0; i < 3; i++) {
    for (int k = 4; k < 7; k++) {
      weight[i * 7 + k] = 0.0f;
    }
  }
  EXPECT_OK(thalnet_center_write(net, "modules.1.reader.weight", weight, 21));
  batch = support_batch(net, 2, 3);
  support_randoms(x, 18, 1);
  EXPECT_OK(thalnet_batch_begin(batch, 2, 3));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, 18));
  for (int32_t measure = THALNET_ROUTING_WEIGHT; measure <= THALNET_ROUTING_SHARE; measure++) {
    EXPECT_OK(thalnet_center_routing(net, batch, measure, values, 4));
    ck_assert(values[0] == 0.0f && values[1] == 0.0f && values[3] == 0.0f && values[2] > 0.0f);
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* Readers without their own module's slice: nothing of it, and of the others what their columns say. */
START_TEST(own_slices_are_not_read) {
  static const size_t sizes[3] = {4, 3, 2};
  thalnet_reader_options options = THALNET_READER_OPTIONS_INIT;
  options.skip_own = 1;
  for (int32_t kind = THALNET_LINEAR; kind <= THALNET_GAUSSIAN; kind++) {
    thalnet_center *net = NULL;
    float values[9], weight[3 * 6], x[2 * 3 * 3];
    EXPECT_OK(thalnet_center_create(NULL, &net));
    EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
    for (int i = 0; i < 3; i++) {
      thalnet_module *module = NULL;
      EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
      EXPECT_OK(thalnet_module_add_gru(module, sizes[i], NULL));
      EXPECT_OK(thalnet_module_add_reader(module, kind, 3, &options, NULL));
      EXPECT_OK(thalnet_module_connect_input(module, 0));
    }
    EXPECT_OK(thalnet_center_build(net, 1));
    thalnet_batch *batch = support_batch(net, 2, 3);
    support_randoms(x, 18, 1);
    EXPECT_OK(thalnet_batch_begin(batch, 2, 3));
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, 18));
    for (int32_t measure = THALNET_ROUTING_SHARE; measure >= THALNET_ROUTING_WEIGHT; measure--) {
      EXPECT_OK(thalnet_center_routing(net, batch, measure, values, 9));
      for (int i = 0; i < 9; i++) {
        ck_assert_msg((values[i] == 0.0f) == (i % 4 == 0), "kind %d, measure %d: %g at %d", (int)kind, (int)measure,
                      (double)values[i], i);
      }
    }
    if (kind == THALNET_LINEAR) { /* module 1 reads columns 0..3 of module 0 and 4, 5 of module 2 */
      EXPECT_OK(thalnet_center_read(net, "modules.1.reader.weight", weight, 18));
      ck_assert_double_eq_tol((double)values[3], slice(weight, 3, 6, 0, 4, 1), 1e-5);
      ck_assert_double_eq_tol((double)values[5], slice(weight, 3, 6, 4, 6, 1), 1e-5);
    }
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

/* In order, one frame from zero shows who reads what is new: every module those before it, and nobody else. */
static void routing_of_one_frame(const thalnet_center_options *options, int32_t kind, int ordered) {
  thalnet_center *net = NULL;
  float values[9], x[2 * 3];
  EXPECT_OK(thalnet_center_create(options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  for (size_t i = 0; i < 3; i++) {
    thalnet_module *module = NULL;
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 2 + i, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, kind, 3, NULL, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
  }
  EXPECT_OK(thalnet_center_build(net, 1));
  ck_assert_int_eq(thalnet_center_in_order(net), ordered);
  thalnet_batch *batch = support_batch(net, 2, 1);
  support_randoms(x, 6, 1);
  EXPECT_OK(thalnet_batch_begin(batch, 2, 1));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, 6));
  EXPECT_OK(thalnet_center_routing(net, batch, THALNET_ROUTING_SHARE, values, 9));
  for (int i = 0; i < 9; i++) {
    ck_assert_msg((values[i] > 0.0f) == (ordered && i % 3 < i / 3), "kind %d: %g at %d", (int)kind, (double)values[i],
                  i);
  }
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}

START_TEST(new_slices_are_read_in_order) {
  thalnet_center_options in_order = THALNET_CENTER_OPTIONS_INIT;
  in_order.in_order = 1;
  for (int32_t kind = THALNET_LINEAR; kind <= THALNET_GAUSSIAN; kind++) {
    routing_of_one_frame(NULL, kind, 0);
    routing_of_one_frame(&in_order, kind, 1);
  }
  ck_assert_int_eq(thalnet_center_in_order(NULL), 0);
}
END_TEST

/* The sum of squares of what columns [from, to) of the second module's reading weights make of a row of memory. */
static double contribution(const float *weight, const float *memory, size_t from, size_t to) {
  double sum = 0;
  for (size_t i = 0; i < 3; i++) {
    double read = 0;
    for (size_t k = from; k < to; k++) {
      read += (double)weight[i * 9 + k] * (double)memory[k];
    }
    sum += read * read;
  }
  return sum;
}

/* The share by its definition, for a network whose center can be read off its memory: of two frames the first one reads
 * zeros, the second one what the first has left; but in order the second module has read the new features of the first. */
START_TEST(share_is_the_root_mean_square) {
  for (int32_t in_order = 0; in_order < 2; in_order++) {
    thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
    options.in_order = in_order;
    thalnet_center *net = support_net(SUPPORT_SMALL, &options);
    thalnet_batch *batch = support_batch(net, 1, 2);
    thalnet_state *state = support_state(net, 1);
    float values[4], weight[27], x[6] = {0.5f, -1.0f, 0.25f, 0.0f, 1.0f, 2.0f}, memory[2][64];
    const size_t size = thalnet_state_values(state);
    ck_assert_uint_le(size, 64);
    EXPECT_OK(thalnet_center_read(net, "modules.1.reader.weight", weight, 27));
    for (size_t frame = 0; frame < 2; frame++) {
      EXPECT_OK(thalnet_batch_begin(batch, 1, 1));
      EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x + 3 * frame, 3));
      EXPECT_OK(thalnet_forward(net, batch, state));
      EXPECT_OK(thalnet_state_read(state, 0, memory[frame], size));
    }
    EXPECT_OK(thalnet_batch_begin(batch, 1, 1));
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, 3));
    EXPECT_OK(thalnet_center_routing(net, batch, THALNET_ROUTING_SHARE, values, 4));
    ck_assert(values[0] == 0.0f && values[1] == 0.0f && values[3] == 0.0f && (values[2] > 0.0f) == in_order);
    EXPECT_OK(thalnet_batch_begin(batch, 1, 2));
    EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, 6));
    EXPECT_OK(thalnet_center_routing(net, batch, THALNET_ROUTING_SHARE, values, 4));
    const double first = contribution(weight, memory[0], 0, 5) + in_order * contribution(weight, memory[1], 0, 5);
    ck_assert_double_eq_tol((double)values[2], sqrt(first / (2 * 3)), 1e-6); /* two steps of three values */
    ck_assert_double_eq_tol((double)values[3], sqrt(contribution(weight, memory[0], 5, 9) / (2 * 3)), 1e-6);
    thalnet_state_free(state);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
      arguments_are_checked,   weights_of_static_readers,    shares_and_dynamic_weights,   silence_is_zero,
      own_slices_are_not_read, new_slices_are_read_in_order, share_is_the_root_mean_square};
  return SUPPORT_RUN("routing", tests);
}
