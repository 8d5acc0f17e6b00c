/* SPDX-License-Identifier: MIT */
/* center.h: creating, declaring, building and asking. Parameters are in test_parameters.c. */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static thalnet_center *empty(void) {
  thalnet_center *net = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  ck_assert_ptr_nonnull(net);
  return net;
}

static void refuses_options(const thalnet_center_options *options, thalnet_status one, thalnet_status other) {
  int storage = 0;
  thalnet_center *net = (thalnet_center *)(void *)&storage;
  EXPECT_EITHER(thalnet_center_create(options, &net), one, other);
  ck_assert_ptr_null(net);
}

START_TEST(create_refuses) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  EXPECT(thalnet_center_create(NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_create(&options, NULL), THALNET_ERROR_ARGUMENT);
#define REFUSES(field, value, one, other)                                                                              \
  options = (thalnet_center_options)THALNET_CENTER_OPTIONS_INIT;                                                       \
  options.field = (value);                                                                                             \
  refuses_options(&options, (one), (other))
  REFUSES(threads, 0, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  REFUSES(threads, -1, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  REFUSES(threads, INT32_MIN, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  REFUSES(threads, 1025, THALNET_ERROR_LIMIT, THALNET_ERROR_ARGUMENT);
  REFUSES(threads, INT32_MAX, THALNET_ERROR_LIMIT, THALNET_ERROR_ARGUMENT);
  REFUSES(device, 1, THALNET_ERROR_UNSUPPORTED, THALNET_ERROR_UNSUPPORTED);
  REFUSES(device, -1, THALNET_ERROR_UNSUPPORTED, THALNET_ERROR_UNSUPPORTED);
  REFUSES(device_index, 1, THALNET_ERROR_UNSUPPORTED, THALNET_ERROR_ARGUMENT);
  REFUSES(device_index, -1, THALNET_ERROR_UNSUPPORTED, THALNET_ERROR_ARGUMENT);
  REFUSES(chunk_sequences, -1, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  REFUSES(settle_steps, -1, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  REFUSES(settle_steps, THALNET_STEPS_LIMIT + 1, THALNET_ERROR_LIMIT, THALNET_ERROR_LIMIT);
  REFUSES(learned_start, 2, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  REFUSES(learned_start, -1, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  REFUSES(in_order, 2, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  REFUSES(in_order, -1, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  REFUSES(reserved, 1, THALNET_ERROR_VERSION, THALNET_ERROR_VERSION);
#undef REFUSES
}
END_TEST

static void *no_memory(void *user, size_t size, size_t alignment) {
  (void)user, (void)size, (void)alignment;
  return NULL;
}
static void no_release(void *user, void *memory, size_t size, size_t alignment) {
  (void)user, (void)memory, (void)size, (void)alignment;
}

START_TEST(create_refuses_hooks) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_memory memory = {sizeof memory, NULL, no_memory, no_release};
  thalnet_executor executor = {sizeof executor, NULL, NULL};
  options.memory = &memory;
  refuses_options(&options, THALNET_ERROR_MEMORY, THALNET_ERROR_MEMORY);
  memory.release = NULL;
  refuses_options(&options, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  memory.release = no_release;
  memory.allocate = NULL;
  refuses_options(&options, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  memory.struct_size = 0;
  refuses_options(&options, THALNET_ERROR_VERSION, THALNET_ERROR_VERSION);
  options.memory = NULL;
  options.executor = &executor;
  refuses_options(&options, THALNET_ERROR_ARGUMENT, THALNET_ERROR_ARGUMENT);
  executor.struct_size = 3;
  refuses_options(&options, THALNET_ERROR_VERSION, THALNET_ERROR_VERSION);
}
END_TEST

START_TEST(create_accepts_the_limits) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  options.threads = 1024;
  options.settle_steps = THALNET_STEPS_LIMIT;
  options.chunk_sequences = 1;
  EXPECT_OK(thalnet_center_create(&options, &net));
  ck_assert_int_eq(thalnet_center_settle_steps(net), THALNET_STEPS_LIMIT);
  thalnet_center_free(net);
}
END_TEST

/* Names that no call may take; each leaves the counts alone. */
START_TEST(names_are_checked) {
  static const char *const bad[] = {"",
                                    "A",
                                    "a-b",
                                    "a b",
                                    "a.b",
                                    "x:",
                                    "\xc3\xa4",
                                    "a\n",
                                    "a\"",
                                    "a\\b",
                                    "/etc",
                                    "../a",
                                    "a234567890123456789012345678901234567890123456789012345678901234"};
  char longest[THALNET_NAME_LIMIT + 1];
  memset(longest, 'z', sizeof longest);
  longest[THALNET_NAME_LIMIT] = 0;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    thalnet_center *net = empty();
    thalnet_module *module = (thalnet_module *)(void *)net;
    int32_t number = -7;
    EXPECT(thalnet_center_add_input(net, bad[i], 3, NULL, &number), THALNET_ERROR_DATA);
    EXPECT(thalnet_center_add_output(net, bad[i], 3, THALNET_HOST_LOSS, NULL, NULL), THALNET_ERROR_DATA);
    EXPECT(thalnet_center_add_module(net, bad[i], NULL, &module), THALNET_ERROR_DATA);
    ck_assert_ptr_null(module);
    ck_assert_int_eq(thalnet_center_input_count(net), 0);
    ck_assert_int_eq(thalnet_center_output_count(net), 0);
    ck_assert_int_eq(thalnet_center_module_count(net), 0);
    EXPECT(thalnet_center_build(net, 0), THALNET_ERROR_DATA);
    thalnet_center_free(net);
  }
  thalnet_center *net = empty();
  EXPECT_OK(thalnet_center_add_input(net, longest, 1, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, longest, 1, THALNET_HOST_LOSS, NULL, NULL));
  EXPECT_OK(thalnet_center_add_input(net, "_", 1, NULL, NULL));
  EXPECT_OK(thalnet_center_add_input(net, "0", 1, NULL, NULL));
  EXPECT(thalnet_center_add_input(net, longest, 1, NULL, NULL), THALNET_ERROR_DATA);
  EXPECT(thalnet_center_add_output(net, longest, 1, THALNET_HOST_LOSS, NULL, NULL), THALNET_ERROR_DATA);
  ck_assert_int_eq(thalnet_center_find_input(net, longest), 0);
  thalnet_center_free(net);
}
END_TEST

START_TEST(inputs_are_checked) {
  thalnet_center *net = empty();
  thalnet_input_options options = THALNET_INPUT_OPTIONS_INIT;
  EXPECT(thalnet_center_add_input(NULL, "x", 3, NULL, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_add_input(net, NULL, 3, NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_add_input(net, "x", 0, NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_add_input(net, "x", THALNET_SIZE_LIMIT + 1, NULL, NULL), THALNET_ERROR_LIMIT);
  EXPECT(thalnet_center_add_input(net, "x", SIZE_MAX, NULL, NULL), THALNET_ERROR_LIMIT);
  options.tokens = 2;
  EXPECT(thalnet_center_add_input(net, "x", 3, &options, NULL), THALNET_ERROR_ARGUMENT);
  options.tokens = -1;
  EXPECT(thalnet_center_add_input(net, "x", 3, &options, NULL), THALNET_ERROR_ARGUMENT);
  options.tokens = 0;
  options.steps_per_frame = 0;
  EXPECT(thalnet_center_add_input(net, "x", 3, &options, NULL), THALNET_ERROR_ARGUMENT);
  options.steps_per_frame = THALNET_STEPS_LIMIT + 1;
  EXPECT(thalnet_center_add_input(net, "x", 3, &options, NULL), THALNET_ERROR_LIMIT);
  ck_assert_int_eq(thalnet_center_input_count(net), 0);
  options.steps_per_frame = THALNET_STEPS_LIMIT;
  EXPECT_OK(thalnet_center_add_input(net, "x", THALNET_SIZE_LIMIT, &options, NULL));
  ck_assert_uint_eq(thalnet_center_input_size(net, 0), THALNET_SIZE_LIMIT);
  thalnet_center_free(net);
}
END_TEST

START_TEST(outputs_are_checked) {
  static const float weights[] = {-1.0f, -1e-30f, NAN, INFINITY, -INFINITY};
  thalnet_center *net = empty();
  thalnet_output_options options = THALNET_OUTPUT_OPTIONS_INIT;
  EXPECT(thalnet_center_add_output(NULL, "y", 3, THALNET_CROSS_ENTROPY, NULL, NULL), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_add_output(net, NULL, 3, THALNET_CROSS_ENTROPY, NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_add_output(net, "y", 0, THALNET_CROSS_ENTROPY, NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_add_output(net, "y", THALNET_SIZE_LIMIT + 1, THALNET_CROSS_ENTROPY, NULL, NULL),
         THALNET_ERROR_LIMIT);
  EXPECT(thalnet_center_add_output(net, "y", 3, THALNET_HOST_LOSS + 1, NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_center_add_output(net, "y", 3, -1, NULL, NULL), THALNET_ERROR_ARGUMENT);
  for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++) {
    options.weight = weights[i];
    EXPECT(thalnet_center_add_output(net, "y", 3, THALNET_CROSS_ENTROPY, &options, NULL), THALNET_ERROR_ARGUMENT);
  }
  options.weight = 0.0f;
  options.steps_per_frame = -5;
  EXPECT(thalnet_center_add_output(net, "y", 3, THALNET_CROSS_ENTROPY, &options, NULL), THALNET_ERROR_ARGUMENT);
  options.steps_per_frame = INT32_MAX;
  EXPECT(thalnet_center_add_output(net, "y", 3, THALNET_CROSS_ENTROPY, &options, NULL), THALNET_ERROR_LIMIT);
  ck_assert_int_eq(thalnet_center_output_count(net), 0);
  options.steps_per_frame = 1;
  EXPECT_OK(thalnet_center_add_output(net, "y", 3, THALNET_CROSS_ENTROPY, &options, NULL));
  thalnet_center_free(net);
}
END_TEST

START_TEST(modules_are_checked) {
  thalnet_center *net = empty();
  thalnet_module *module = NULL, *other = NULL;
  char name[40];
  EXPECT(thalnet_center_add_module(NULL, NULL, NULL, &module), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_add_module(net, NULL, NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT(thalnet_center_add_module(net, "module0", NULL, &other), THALNET_ERROR_DATA);
  ck_assert_ptr_null(other);
  EXPECT_OK(thalnet_center_add_module(net, "eye", NULL, &other));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &other));
  ck_assert_str_eq(thalnet_center_module_name(net, 0), "module0");
  ck_assert_str_eq(thalnet_center_module_name(net, 1), "eye");
  ck_assert_str_eq(thalnet_center_module_name(net, 2), "module2");
  for (int i = 3; i < THALNET_COUNT_LIMIT; i++) {
    snprintf(name, sizeof name, "m%d", i);
    EXPECT_OK(thalnet_center_add_module(net, name, NULL, &other));
  }
  EXPECT(thalnet_center_add_module(net, "one_too_many", NULL, &other), THALNET_ERROR_LIMIT);
  ck_assert_int_eq(thalnet_center_module_count(net), THALNET_COUNT_LIMIT);
  thalnet_center_free(net);
}
END_TEST

START_TEST(counts_are_limited) {
  thalnet_center *net = empty();
  char name[40];
  int32_t number = -1;
  for (int i = 0; i < THALNET_COUNT_LIMIT; i++) {
    snprintf(name, sizeof name, "n%d", i);
    EXPECT_OK(thalnet_center_add_input(net, name, 1, NULL, &number));
    ck_assert_int_eq(number, i);
    EXPECT_OK(thalnet_center_add_output(net, name, 1, THALNET_HOST_LOSS, NULL, &number));
    ck_assert_int_eq(number, i);
  }
  EXPECT(thalnet_center_add_input(net, "more", 1, NULL, NULL), THALNET_ERROR_LIMIT);
  EXPECT(thalnet_center_add_output(net, "more", 1, THALNET_HOST_LOSS, NULL, NULL), THALNET_ERROR_LIMIT);
  ck_assert_int_eq(thalnet_center_find_input(net, "n4095"), 4095);
  thalnet_center_free(net);
}
END_TEST

START_TEST(questions_are_answered) {
  thalnet_center *net = support_net(SUPPORT_RATES, NULL);
  ck_assert_int_eq(thalnet_center_is_built(net), 1);
  ck_assert_int_eq(thalnet_center_input_count(net), 2);
  ck_assert_int_eq(thalnet_center_output_count(net), 2);
  ck_assert_int_eq(thalnet_center_module_count(net), 2);
  ck_assert_int_eq(thalnet_center_find_input(net, "slow"), 1);
  ck_assert_int_eq(thalnet_center_find_output(net, "value"), 1);
  ck_assert_int_eq(thalnet_center_find_module(net, "module1"), 1);
  ck_assert_str_eq(thalnet_center_input_name(net, 0), "fast");
  ck_assert_str_eq(thalnet_center_output_name(net, 0), "class");
  ck_assert_uint_eq(thalnet_center_input_size(net, 1), 3);
  ck_assert_uint_eq(thalnet_center_output_size(net, 0), 4);
  ck_assert_int_eq(thalnet_center_input_is_tokens(net, 0), 0);
  ck_assert_int_eq(thalnet_center_input_steps_per_frame(net, 1), 2);
  ck_assert_int_eq(thalnet_center_output_steps_per_frame(net, 1), 1);
  ck_assert_int_eq(thalnet_center_output_loss(net, 0), THALNET_CROSS_ENTROPY);
  ck_assert_int_eq(thalnet_center_output_loss(net, 1), THALNET_MEAN_SQUARED_ERROR);
  ck_assert_int_eq(thalnet_center_steps_per_frame(net), 2);
  ck_assert_int_eq(thalnet_center_input_frames(net, 0), 2);
  ck_assert_int_eq(thalnet_center_input_frames(net, 1), 1);
  ck_assert_int_eq(thalnet_center_output_frames(net, 0), 1);
  ck_assert_int_eq(thalnet_center_output_frames(net, 1), 2);
  ck_assert_int_eq(thalnet_center_settle_steps(net), 0);
  ck_assert_uint_eq(thalnet_center_features(net), 9);
  ck_assert_uint_eq(thalnet_center_module_offset(net, 0), 0);
  ck_assert_uint_eq(thalnet_center_module_offset(net, 1), 5);
  ck_assert_uint_eq(thalnet_center_module_features(net, 1), 4);
  ck_assert_uint_eq(thalnet_center_module_context(net, 1), 4);
  thalnet_center_free(net);
  net = support_net(SUPPORT_TASKS, NULL);
  ck_assert_int_eq(thalnet_center_input_is_tokens(net, 1), 1);
  ck_assert_int_eq(thalnet_center_output_loss(net, 2), THALNET_HOST_LOSS);
  thalnet_center_free(net);
}
END_TEST

/* Foolish questions get -1, 0 or NULL, and leave the error text alone. */
static void foolish(const thalnet_center *net, int32_t number) {
  char before[1000];
  snprintf(before, sizeof before, "%s", thalnet_error_text());
  ck_assert_ptr_null(thalnet_center_input_name(net, number));
  ck_assert_ptr_null(thalnet_center_output_name(net, number));
  ck_assert_ptr_null(thalnet_center_module_name(net, number));
  ck_assert_uint_eq(thalnet_center_input_size(net, number), 0);
  ck_assert_uint_eq(thalnet_center_output_size(net, number), 0);
  ck_assert_int_le(thalnet_center_input_is_tokens(net, number), 0);
  ck_assert_int_le(thalnet_center_input_steps_per_frame(net, number), 0);
  ck_assert_int_le(thalnet_center_output_steps_per_frame(net, number), 0);
  ck_assert_int_eq(thalnet_center_output_loss(net, number), -1);
  ck_assert_int_le(thalnet_center_input_frames(net, number), 0);
  ck_assert_int_le(thalnet_center_output_frames(net, number), 0);
  ck_assert_uint_eq(thalnet_center_module_offset(net, number), 0);
  ck_assert_uint_eq(thalnet_center_module_features(net, number), 0);
  ck_assert_uint_eq(thalnet_center_module_context(net, number), 0);
  ck_assert_ptr_null(thalnet_center_module_reader(net, number));
  ck_assert_str_eq(thalnet_error_text(), before);
}

START_TEST(foolish_questions) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  static const int32_t numbers[] = {-1, 2, 4096, INT32_MAX, INT32_MIN};
  for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    foolish(net, numbers[i]);
  }
  foolish(NULL, 0);
  ck_assert_int_eq(thalnet_center_find_input(net, "nobody"), -1);
  ck_assert_int_eq(thalnet_center_find_output(net, ""), -1);
  ck_assert_int_eq(thalnet_center_find_module(net, NULL), -1);
  ck_assert_int_eq(thalnet_center_find_input(NULL, "x"), -1);
  ck_assert_int_le(thalnet_center_is_built(NULL), 0);
  ck_assert_int_le(thalnet_center_input_count(NULL), 0);
  ck_assert_int_le(thalnet_center_output_count(NULL), 0);
  ck_assert_int_le(thalnet_center_module_count(NULL), 0);
  ck_assert_int_le(thalnet_center_steps_per_frame(NULL), 0);
  ck_assert_int_le(thalnet_center_settle_steps(NULL), 0);
  ck_assert_uint_eq(thalnet_center_features(NULL), 0);
  ck_assert_uint_eq(thalnet_center_tensor_count(NULL), 0);
  ck_assert_uint_eq(thalnet_center_parameter_count(NULL), 0);
  ck_assert_ptr_null(thalnet_center_tensor_name(net, SIZE_MAX));
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
      create_refuses,      create_refuses_hooks, create_accepts_the_limits, names_are_checked,      inputs_are_checked,
      outputs_are_checked, modules_are_checked,  counts_are_limited,        questions_are_answered, foolish_questions};
  return SUPPORT_RUN("center", tests);
}
