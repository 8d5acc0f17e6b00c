/* SPDX-License-Identifier: MIT */
/* reader.h: the four kinds, their options, what a loaded network tells about them. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct draft {
  thalnet_center *net;
  thalnet_module *module;
};

static struct draft start(void) {
  struct draft draft = {NULL, NULL};
  EXPECT_OK(thalnet_center_create(NULL, &draft.net));
  EXPECT_OK(thalnet_center_add_input(draft.net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(draft.net, "y", 2, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(draft.net, NULL, NULL, &draft.module));
  EXPECT_OK(thalnet_module_add_gru(draft.module, 4, NULL));
  EXPECT_OK(thalnet_module_connect_input(draft.module, 0));
  EXPECT_OK(thalnet_module_connect_output(draft.module, 0));
  return draft;
}

static void refuses(struct draft d, int32_t kind, size_t context, const thalnet_reader_options *options,
                    thalnet_status status) {
  thalnet_reader *reader = (thalnet_reader *)(void *)d.net;
  EXPECT(thalnet_module_add_reader(d.module, kind, context, options, &reader), status);
  ck_assert_ptr_null(reader);
  ck_assert_uint_eq(thalnet_center_module_context(d.net, 0), 0);
}

START_TEST(readers_are_checked) {
  struct draft d = start();
  thalnet_reader_options options = THALNET_READER_OPTIONS_INIT;
  static const int32_t unknown[] = {-1, 4, INT32_MAX, INT32_MIN};
  EXPECT(thalnet_module_add_reader(NULL, THALNET_LINEAR, 3, NULL, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_module_add_reader((thalnet_module *)(void *)d.net, THALNET_LINEAR, 3, NULL, NULL),
         THALNET_ERROR_HANDLE);
  for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
    refuses(d, unknown[i], 3, NULL, THALNET_ERROR_ARGUMENT);
  }
  for (int32_t kind = THALNET_LINEAR; kind <= THALNET_GAUSSIAN; kind++) {
    refuses(d, kind, 0, NULL, THALNET_ERROR_ARGUMENT);
    refuses(d, kind, THALNET_SIZE_LIMIT + 1, NULL, THALNET_ERROR_LIMIT);
    refuses(d, kind, SIZE_MAX, NULL, THALNET_ERROR_LIMIT);
    options.normalize = 1;
    if (kind != THALNET_GAUSSIAN) {
      refuses(d, kind, 3, &options, THALNET_ERROR_ARGUMENT);
    }
    options.normalize = 2;
    refuses(d, kind, 3, &options, THALNET_ERROR_ARGUMENT);
    options.normalize = -1;
    refuses(d, kind, 3, &options, THALNET_ERROR_ARGUMENT);
  }
  options.normalize = 0;
  for (int32_t kind = THALNET_LINEAR; kind <= THALNET_GAUSSIAN; kind++) {
    options.skip_own = 2;
    refuses(d, kind, 3, &options, THALNET_ERROR_ARGUMENT);
    options.skip_own = -1;
    refuses(d, kind, 3, &options, THALNET_ERROR_ARGUMENT);
  }
  options.skip_own = 0;
  for (int32_t kind = THALNET_LINEAR; kind <= THALNET_WEIGHT_NORM; kind++) {
    static const float gains[] = {-1.0f, 0.0009f, 1000.1f, NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof gains / sizeof gains[0]; i++) {
      options.gain = gains[i];
      refuses(d, kind, 3, &options, THALNET_ERROR_ARGUMENT);
    }
  }
  for (int i = 0; i < 2; i++) { /* the first and the last that are good */
    struct draft good = start();
    options.gain = i ? 1000.0f : 0.001f;
    EXPECT_OK(thalnet_module_add_reader(good.module, THALNET_LINEAR, 3, &options, NULL));
    thalnet_center_free(good.net);
  }
  options.gain = 0.5f; /* of static readers only */
  refuses(d, THALNET_SOFTMAX, 3, &options, THALNET_ERROR_ARGUMENT);
  refuses(d, THALNET_GAUSSIAN, 3, &options, THALNET_ERROR_ARGUMENT);
  options.gain = 0.0f;
  options.reserved = 1;
  refuses(d, THALNET_LINEAR, 3, &options, THALNET_ERROR_VERSION);
  options.reserved = 0;
  options.struct_size = 0;
  refuses(d, THALNET_LINEAR, 3, &options, THALNET_ERROR_VERSION);
  thalnet_center_free(d.net);
}
END_TEST

START_TEST(readers_answer) {
  for (int32_t kind = THALNET_LINEAR; kind <= THALNET_GAUSSIAN; kind++) {
    struct draft d = start();
    thalnet_reader *reader = NULL, *second = (thalnet_reader *)(void *)d.net;
    ck_assert_ptr_null(thalnet_center_module_reader(d.net, 0));
    EXPECT_OK(thalnet_module_add_reader(d.module, kind, 5, NULL, &reader));
    ck_assert_ptr_nonnull(reader);
    EXPECT(thalnet_module_add_reader(d.module, kind, 5, NULL, &second), THALNET_ERROR_STATE);
    ck_assert_ptr_null(second);
    ck_assert_int_eq(thalnet_reader_kind(reader), kind);
    ck_assert_uint_eq(thalnet_reader_context(reader), 5);
    ck_assert_ptr_eq(thalnet_center_module_reader(d.net, 0), reader);
    ck_assert_uint_eq(thalnet_center_module_context(d.net, 0), 5);
    EXPECT(thalnet_center_build(d.net, 1), THALNET_ERROR_STATE); /* the second add_reader, remembered */
    ck_assert_int_eq(thalnet_reader_kind((const thalnet_reader *)(const void *)d.net), -1);
    ck_assert_uint_eq(thalnet_reader_context((const thalnet_reader *)(const void *)d.net), 0);
    thalnet_center_free(d.net);
  }
  ck_assert_int_eq(thalnet_reader_kind(NULL), -1);
  ck_assert_uint_eq(thalnet_reader_context(NULL), 0);
}
END_TEST

/* A gain multiplies what a reader begins with, and nothing else of the network. */
static void begins_with(int32_t kind, float gain, float wanted) {
  thalnet_reader_options options = THALNET_READER_OPTIONS_INIT;
  const char *multiplied = kind == THALNET_LINEAR ? "modules.0.reader.weight" : "modules.0.reader.scale";
  struct draft d[2] = {start(), start()};
  options.gain = gain;
  EXPECT_OK(thalnet_module_add_reader(d[0].module, kind, 3, NULL, NULL));
  EXPECT_OK(thalnet_module_add_reader(d[1].module, kind, 3, &options, NULL));
  EXPECT_OK(thalnet_center_build(d[0].net, 7));
  EXPECT_OK(thalnet_center_build(d[1].net, 7));
  for (size_t t = 0; t < thalnet_center_tensor_count(d[0].net); t++) {
    const char *name = thalnet_center_tensor_name(d[0].net, t);
    const float factor = strcmp(name, multiplied) == 0 ? wanted : 1.0f;
    float one[256], two[256];
    size_t dimensions[3], count = 1;
    for (int k = 0, rank = thalnet_center_tensor_shape(d[0].net, name, dimensions); k < rank; k++) {
      count *= dimensions[k];
    }
    ck_assert_uint_le(count, 256);
    EXPECT_OK(thalnet_center_read(d[0].net, name, one, count));
    EXPECT_OK(thalnet_center_read(d[1].net, name, two, count));
    for (size_t i = 0; i < count; i++) {
      ck_assert_msg(two[i] == factor * one[i], "%s: %g is not %g times %g", name, (double)two[i], (double)factor,
                    (double)one[i]);
    }
  }
  thalnet_center_free(d[0].net);
  thalnet_center_free(d[1].net);
}

START_TEST(readers_begin_with_a_gain) {
  static const float gains[][2] = {{0.25f, 0.25f}, {0.0f, 1.0f}, {-0.0f, 1.0f}, {1.0f, 1.0f}, {512.0f, 512.0f}};
  for (int32_t kind = THALNET_LINEAR; kind <= THALNET_WEIGHT_NORM; kind++) {
    for (size_t i = 0; i < sizeof gains / sizeof gains[0]; i++) {
      begins_with(kind, gains[i][0], gains[i][1]);
    }
  }
}
END_TEST

/* Without its own module's features a reader has weights for the others only, and for nothing where there is one module. */
START_TEST(readers_skip_their_own) {
  static const size_t counts[] = {3 * 2, 3 * 2, 3 * 2 * 4, 3 * 4};
  thalnet_reader_options options = THALNET_READER_OPTIONS_INIT;
  options.skip_own = 1;
  for (int32_t kind = THALNET_LINEAR; kind <= THALNET_GAUSSIAN; kind++) {
    struct draft d = start();
    thalnet_reader *reader = NULL;
    thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
    size_t dimensions[3];
    EXPECT_OK(thalnet_module_add_reader(d.module, kind, 3, &options, &reader));
    ck_assert_int_eq(thalnet_reader_skips_own(reader), 1);
    EXPECT(thalnet_center_measure(d.net, &size), THALNET_ERROR_STATE);
    EXPECT(thalnet_center_build(d.net, 1), THALNET_ERROR_STATE);
    ck_assert_ptr_nonnull(strstr(thalnet_error_text(), "module0"));
    EXPECT_OK(thalnet_center_add_module(d.net, NULL, NULL, &d.module));
    EXPECT_OK(thalnet_module_add_gru(d.module, 2, NULL));
    EXPECT_OK(thalnet_module_connect_input(d.module, 0));
    EXPECT_OK(thalnet_center_build(d.net, 1));
    const char *name = kind == THALNET_GAUSSIAN ? "modules.0.reader.mean_weight" : "modules.0.reader.weight";
    ck_assert_int_eq(thalnet_center_tensor_shape(d.net, name, dimensions), kind == THALNET_SOFTMAX ? 3 : 2);
    ck_assert_uint_eq(dimensions[0] * dimensions[1] * dimensions[2], counts[kind]);
    ck_assert_int_eq(thalnet_reader_skips_own(thalnet_center_module_reader(d.net, 1)), 0);
    thalnet_center_free(d.net);
  }
  ck_assert_int_eq(thalnet_reader_skips_own(NULL), 0);
}
END_TEST

START_TEST(a_loaded_reader_answers) {
  thalnet_center *net = support_net(SUPPORT_READERS, NULL), *copy = NULL;
  size_t size = 0;
  EXPECT_OK(thalnet_center_save_memory(net, NULL, 0, &size));
  void *bytes = malloc(size);
  EXPECT_OK(thalnet_center_save_memory(net, bytes, size, &size));
  EXPECT_OK(thalnet_center_load_memory(bytes, size, NULL, &copy));
  for (int32_t i = 0; i < 5; i++) {
    const thalnet_reader *reader = thalnet_center_module_reader(copy, i);
    ck_assert_ptr_nonnull(reader);
    ck_assert_int_eq(thalnet_reader_kind(reader), i < 4 ? i : THALNET_GAUSSIAN);
    ck_assert_uint_eq(thalnet_reader_context(reader), 4);
  }
  ck_assert_ptr_null(thalnet_center_module_reader(copy, 5));
  free(bytes);
  thalnet_center_free(net);
  thalnet_center_free(copy);
}
END_TEST

/* Weight norm starts as the linear reader: scale is the norm of the matrix, so both give the same context. */
START_TEST(weight_norm_starts_as_linear) {
  struct draft d = start();
  float weight[5 * 4], scale = 0;
  double norm = 0;
  EXPECT_OK(thalnet_module_add_reader(d.module, THALNET_WEIGHT_NORM, 5, NULL, NULL));
  EXPECT_OK(thalnet_center_build(d.net, 1));
  EXPECT_OK(thalnet_center_read(d.net, "modules.0.reader.weight", weight, 20));
  EXPECT_OK(thalnet_center_read(d.net, "modules.0.reader.scale", &scale, 1));
  for (int i = 0; i < 20; i++) {
    norm += (double)weight[i] * (double)weight[i];
  }
  ck_assert_double_eq_tol(sqrt(norm), (double)scale, 1e-5 * sqrt(norm));
  thalnet_center_free(d.net);
}
END_TEST

/* Doubling the matrix changes nothing, doubling the scale doubles the context: seen in the routing weights. */
START_TEST(weight_norm_is_the_scale) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  float weight[6 * 9], scale, before[4], after[4];
  EXPECT_OK(thalnet_center_read(net, "modules.0.reader.weight", weight, 54));
  EXPECT_OK(thalnet_center_read(net, "modules.0.reader.scale", &scale, 1));
  EXPECT_OK(thalnet_center_routing(net, NULL, THALNET_ROUTING_WEIGHT, before, 4));
  for (int i = 0; i < 54; i++) {
    weight[i] *= 2.0f;
  }
  EXPECT_OK(thalnet_center_write(net, "modules.0.reader.weight", weight, 54));
  EXPECT_OK(thalnet_center_routing(net, NULL, THALNET_ROUTING_WEIGHT, after, 4));
  ck_assert(support_distance(before, after, 4) < 1e-6);
  scale *= 2.0f;
  EXPECT_OK(thalnet_center_write(net, "modules.0.reader.scale", &scale, 1));
  EXPECT_OK(thalnet_center_routing(net, NULL, THALNET_ROUTING_WEIGHT, after, 4));
  ck_assert(fabsf(after[0] - 2.0f * before[0]) < 1e-5f && fabsf(after[1] - 2.0f * before[1]) < 1e-5f);
  ck_assert(support_same(before + 2, after + 2, 2));
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {readers_are_checked,       readers_answer,          readers_skip_their_own,
                                readers_begin_with_a_gain, a_loaded_reader_answers, weight_norm_starts_as_linear,
                                weight_norm_is_the_scale};
  return SUPPORT_RUN("reader", tests);
}
