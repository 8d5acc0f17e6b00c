/* SPDX-License-Identifier: MIT */
/* thalnet_center_build and _measure: what is incomplete, what is remembered, what is too large. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which part of a small network is left out. */
enum { NOTHING, MODULES, LAYERS, CONTEXT, INPUT_CONNECTION, OUTPUT_CONNECTION, INPUTS, OUTPUTS, PARTS };

static thalnet_center *without(int32_t part) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  if (part != INPUTS) {
    EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  }
  if (part != OUTPUTS) {
    EXPECT_OK(thalnet_center_add_output(net, "y", 2, THALNET_CROSS_ENTROPY, NULL, NULL));
  }
  if (part == MODULES) {
    return net;
  }
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  if (part != LAYERS) {
    EXPECT_OK(thalnet_module_add_gru(module, 4, NULL));
  }
  if (part != CONTEXT) {
    EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 2, NULL, NULL));
  }
  if (part != INPUTS && part != INPUT_CONNECTION && part != CONTEXT) {
    EXPECT_OK(thalnet_module_connect_input(module, 0));
  }
  if (part != OUTPUTS && part != OUTPUT_CONNECTION) {
    EXPECT_OK(thalnet_module_connect_output(module, 0));
  }
  return net;
}

START_TEST(incomplete_networks_are_refused) {
  static const int32_t parts[] = {MODULES, LAYERS, CONTEXT, INPUT_CONNECTION, OUTPUT_CONNECTION};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    thalnet_center_size size = {.struct_size = sizeof size};
    thalnet_center *net = without(parts[i]);
    EXPECT(thalnet_center_measure(net, &size), THALNET_ERROR_STATE);
    EXPECT(thalnet_center_build(net, 1), THALNET_ERROR_STATE);
    ck_assert_int_eq(thalnet_center_is_built(net), 0);
    EXPECT(thalnet_center_build(net, 1), THALNET_ERROR_STATE);
    thalnet_center_free(net);
  }
}
END_TEST

/* The same where nothing else is wrong. */
START_TEST(nothing_but_one_thing_is_missing) {
  thalnet_center_size size = {.struct_size = sizeof size};
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT(thalnet_center_measure(net, &size), THALNET_ERROR_STATE); /* no module */
  EXPECT(thalnet_center_build(net, 1), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 4, NULL));
  EXPECT(thalnet_center_measure(net, &size), THALNET_ERROR_STATE); /* neither input nor reader */
  EXPECT(thalnet_center_build(net, 1), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 2, NULL, NULL));
  EXPECT_OK(thalnet_center_build(net, 1));
  thalnet_center_free(net);
}
END_TEST

/* A network without inputs runs on its own; one without outputs can still be stepped. Neither is listed as
 * incomplete. */
START_TEST(networks_without_inputs_or_outputs) {
  thalnet_center *net = without(INPUTS);
  EXPECT_OK(thalnet_center_build(net, 1));
  thalnet_center_free(net);
  net = without(OUTPUTS);
  EXPECT_OK(thalnet_center_build(net, 1));
  thalnet_center_free(net);
}
END_TEST

/* build only tells; what is missing can be added. */
START_TEST(a_refused_network_can_be_completed) {
  thalnet_center *net = without(MODULES);
  thalnet_module *module = NULL;
  EXPECT(thalnet_center_build(net, 1), THALNET_ERROR_STATE);
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 4, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_center_build(net, 1));
  thalnet_center_free(net);
}
END_TEST

START_TEST(the_first_failure_is_remembered) {
  thalnet_center *net = without(NOTHING);
  char text[500];
  EXPECT(thalnet_center_add_input(net, "Bad Name", 3, NULL, NULL), THALNET_ERROR_DATA);
  snprintf(text, sizeof text, "%s", thalnet_error_text());
  EXPECT(thalnet_center_add_output(net, "z", 3, 99, NULL, NULL), THALNET_ERROR_ARGUMENT);
  for (int i = 0; i < 2; i++) {
    EXPECT(thalnet_center_build(net, 1), THALNET_ERROR_DATA);
    ck_assert_str_eq(thalnet_error_text(), text);
  }
  thalnet_center_free(net);
}
END_TEST

static thalnet_status spoil(thalnet_center *net, int way) {
  thalnet_module *module = NULL;
  if (way == 0) {
    return thalnet_center_add_output(net, "y", 3, THALNET_CROSS_ENTROPY, NULL, NULL);
  }
  if (way == 1) {
    return thalnet_center_add_module(net, NULL, NULL, NULL);
  }
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  switch (way) {
  case 2: return thalnet_module_add_dense(module, 0, THALNET_RELU, NULL);
  case 3: return thalnet_module_add_gru(module, THALNET_SIZE_LIMIT + 1, NULL);
  case 4: return thalnet_module_add_lstm(module, 0, NULL);
  case 5: return thalnet_module_connect_input(module, 5);
  case 6: return thalnet_module_connect_output(module, -1);
  case 7: return thalnet_module_add_reader(module, 77, 3, NULL, NULL);
  default: return THALNET_OK;
  }
}

START_TEST(every_builder_call_is_remembered) {
  for (int way = 0; way < 8; way++) {
    thalnet_center *net = without(NOTHING);
    thalnet_status status = spoil(net, way);
    ck_assert_int_ne(status, THALNET_OK);
    thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
    EXPECT(thalnet_center_measure(net, &size), status);
    ck_assert_uint_eq(size.parameters, 0);
    EXPECT(thalnet_center_build(net, 1), status);
    thalnet_center_free(net);
  }
}
END_TEST

START_TEST(a_built_center_is_closed) {
  thalnet_center *net = without(NOTHING);
  thalnet_module *module = NULL;
  float *before, *after;
  EXPECT_OK(thalnet_center_build(net, 1));
  before = support_parameters(net);
  EXPECT(thalnet_center_build(net, 2), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_add_input(net, "late", 3, NULL, NULL), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_add_output(net, "late", 3, THALNET_CROSS_ENTROPY, NULL, NULL), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_add_module(net, "late", NULL, &module), THALNET_ERROR_STATE);
  ck_assert_ptr_null(module);
  after = support_parameters(net);
  ck_assert(support_same(before, after, thalnet_center_parameter_count(net)));
  free(before);
  free(after);
  thalnet_center_free(net);
}
END_TEST

START_TEST(an_unbuilt_center_computes_nothing) {
  thalnet_center *net = without(NOTHING);
  int storage = 0;
  thalnet_batch *batch = (thalnet_batch *)(void *)&storage;
  thalnet_state *state = (thalnet_state *)(void *)&storage;
  thalnet_optimizer *optimizer = (thalnet_optimizer *)(void *)&storage;
  float value = 0, *values = NULL;
  size_t count = 0;
  uint64_t bytes = 0;
  thalnet_batch_size size = THALNET_BATCH_SIZE_INIT;
  EXPECT(thalnet_batch_create(net, 1, 1, NULL, &batch), THALNET_ERROR_STATE);
  EXPECT(thalnet_batch_measure_memory(net, 1, 1, NULL, 0, &size), THALNET_ERROR_STATE);
  EXPECT(thalnet_state_create(net, 1, NULL, &state), THALNET_ERROR_STATE);
  EXPECT(thalnet_state_measure_memory(net, 1, NULL, &bytes), THALNET_ERROR_STATE);
  EXPECT(thalnet_state_create_in(net, 1, NULL, net, 1 << 20, &state), THALNET_ERROR_STATE);
  EXPECT(thalnet_optimizer_create(net, THALNET_SGD, NULL, &optimizer), THALNET_ERROR_STATE);
  ck_assert(!batch && !state && !optimizer);
  EXPECT(thalnet_center_read(net, NULL, &value, 1), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_write(net, NULL, &value, 1), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_read_gradient(net, NULL, &value, 1), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_clear_gradients(net), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_begin_write(net, &values, &count), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_end_write(net), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_save(net, "never_written.safetensors", NULL), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_save_memory(net, NULL, 0, &count), THALNET_ERROR_STATE);
  EXPECT(thalnet_center_routing(net, NULL, THALNET_ROUTING_WEIGHT, &value, 1), THALNET_ERROR_STATE);
  ck_assert_uint_eq(thalnet_center_tensor_count(net), 0);
  ck_assert_uint_eq(thalnet_center_parameter_count(net), 0);
  ck_assert_ptr_null(thalnet_center_tensor_name(net, 0));
  ck_assert_int_le(thalnet_center_steps_per_frame(net), 0);
  ck_assert_int_le(thalnet_center_input_frames(net, 0), 0);
  thalnet_center_free(net);
}
END_TEST

/* Two rates whose least common multiple is at the limit of steps, or one above it. */
static thalnet_status build_rates(int32_t input_steps, int32_t output_steps) {
  thalnet_input_options input = THALNET_INPUT_OPTIONS_INIT;
  thalnet_output_options output = THALNET_OUTPUT_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  input.steps_per_frame = input_steps;
  output.steps_per_frame = output_steps;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, &input, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 2, THALNET_CROSS_ENTROPY, &output, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 4, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  thalnet_status status = thalnet_center_build(net, 1);
  thalnet_center_free(net);
  return status;
}

START_TEST(rates_need_a_common_multiple) {
  EXPECT_OK(build_rates(1024, 512));
  EXPECT_OK(build_rates(31, 33));
  EXPECT(build_rates(32, 33), THALNET_ERROR_LIMIT);
  EXPECT(build_rates(1024, 1023), THALNET_ERROR_LIMIT);
}
END_TEST

START_TEST(measure_counts) {
  thalnet_center_size draft = {.struct_size = sizeof draft}, built = {.struct_size = sizeof built};
  thalnet_center *net = without(NOTHING);
  EXPECT(thalnet_center_measure(NULL, &draft), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_center_measure(net, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT_OK(thalnet_center_measure(net, &draft));
  EXPECT_OK(thalnet_center_build(net, 1));
  EXPECT_OK(thalnet_center_measure(net, &built));
  ck_assert_mem_eq(&draft, &built, sizeof draft);
  /* gru of 4 on 3 + 2 values, reader [2, 4], head [2, 4], bias [2] */
  ck_assert_uint_eq(built.parameters, 12 * 5 + 12 * 4 + 12 + 12 + 8 + 8 + 2);
  ck_assert_uint_eq(built.parameters, thalnet_center_parameter_count(net));
  ck_assert_uint_ge(built.parameter_bytes, built.parameters * sizeof(float));
  ck_assert_uint_ge(built.gradient_bytes, built.parameters * sizeof(float));
  ck_assert_uint_ge(built.state_values, 4);
  ck_assert_uint_ge(built.step_operations, 2 * (60 + 48 + 8));
  thalnet_center_free(net);
}
END_TEST

/* In order, readers without their own features are products without zeros. */
START_TEST(order_counts_what_is_read) {
  uint64_t operations[2];
  for (int32_t in_order = 0; in_order < 2; in_order++) {
    thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
    thalnet_reader_options reader = THALNET_READER_OPTIONS_INIT;
    thalnet_center_size size = {.struct_size = sizeof size};
    thalnet_center *net = NULL;
    options.in_order = in_order;
    reader.skip_own = 1;
    EXPECT_OK(thalnet_center_create(&options, &net));
    for (size_t i = 0; i < 3; i++) {
      thalnet_module *module = NULL;
      EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
      EXPECT_OK(thalnet_module_add_gru(module, 4 + i, NULL));
      EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 7, &reader, NULL));
    }
    EXPECT_OK(thalnet_center_build(net, 1));
    EXPECT_OK(thalnet_center_measure(net, &size));
    operations[in_order] = size.step_operations;
    thalnet_center_free(net);
  }
  ck_assert_uint_eq(operations[0] - operations[1], 2 * 7 * (4 + 5 + 6));
}
END_TEST

/* 2^62 parameters: their number can be told, their bytes do not fit; nobody tries to allocate them. */
START_TEST(absurd_sizes_overflow) {
  struct support_memory memory = {.largest = 1 << 21}; /* a module may have many layers */
  thalnet_memory hooks = support_memory_hooks(&memory);
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center_size size = {.struct_size = sizeof size};
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  options.memory = &hooks;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 1, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  for (int i = 0; i < THALNET_COUNT_LIMIT; i++) {
    EXPECT_OK(thalnet_module_add_gru(module, THALNET_SIZE_LIMIT, NULL));
    if (i == 0) {
      EXPECT_OK(thalnet_center_measure(net, &size));
    }
  }
  EXPECT(thalnet_center_measure(net, &size), THALNET_ERROR_OVERFLOW);
  EXPECT(thalnet_center_build(net, 1), THALNET_ERROR_OVERFLOW);
  ck_assert_int_eq(atomic_load(&memory.failures), 0);
  thalnet_center_free(net);
  ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

/* Every size is within its limit, but their sum over the modules is not: the center, or all contexts. */
START_TEST(wide_centers_are_limited) {
  for (int contexts = 0; contexts < 2; contexts++) {
    thalnet_center_size size = {.struct_size = sizeof size};
    thalnet_center *net = NULL;
    thalnet_module *module = NULL;
    EXPECT_OK(thalnet_center_create(NULL, &net));
    for (int i = 0; i < 2; i++) {
      EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
      EXPECT_OK(thalnet_module_add_dense(module, contexts ? 1 : THALNET_SIZE_LIMIT, THALNET_RELU, NULL));
      EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, contexts ? THALNET_SIZE_LIMIT : 1, NULL, NULL));
    }
    EXPECT(thalnet_center_measure(net, &size), THALNET_ERROR_LIMIT);
    EXPECT(thalnet_center_build(net, 1), THALNET_ERROR_LIMIT);
    thalnet_center_free(net);
  }
}
END_TEST

/* Every size is within its limit, but all that enters a module together is not. */
START_TEST(wide_modules_are_limited) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  thalnet_center_size size = {.struct_size = sizeof size};
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "a", THALNET_SIZE_LIMIT, NULL, NULL));
  EXPECT_OK(thalnet_center_add_input(net, "b", THALNET_SIZE_LIMIT, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_input(module, 1));
  EXPECT_OK(thalnet_module_add_dense(module, 1, THALNET_RELU, NULL));
  EXPECT_EITHER(thalnet_center_measure(net, &size), THALNET_ERROR_LIMIT, THALNET_ERROR_OVERFLOW);
  EXPECT_EITHER(thalnet_center_build(net, 1), THALNET_ERROR_LIMIT, THALNET_ERROR_OVERFLOW);
  thalnet_center_free(net);
}
END_TEST

/* What fits size_t but not the machine is refused by the allocator alone. */
START_TEST(large_sizes_are_out_of_memory) {
  struct support_memory memory = {.largest = 1 << 21}; /* a module may have many layers */
  thalnet_memory hooks = support_memory_hooks(&memory);
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  options.memory = &hooks;
  EXPECT_OK(thalnet_center_create(&options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 1, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_add_gru(module, 1024, NULL));
  EXPECT(thalnet_center_build(net, 1), THALNET_ERROR_MEMORY);
  ck_assert_int_eq(thalnet_center_is_built(net), 0);
  memory.largest = 0;
  EXPECT_OK(thalnet_center_build(net, 1));
  thalnet_center_free(net);
  ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

/* Few parameters, but what is prepared of them does not fit: outputs that listen to the first and the last feature of a large
 * center are computed with zeros for those between. */
START_TEST(zeros_between_overflow) {
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  thalnet_center *net = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 1, NULL, NULL));
  for (int m = 0; m < 3; m++) {
    thalnet_module *module;
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_dense(module, m == 1 ? THALNET_SIZE_LIMIT - 2 : 1, THALNET_RELU, NULL));
    EXPECT_OK(thalnet_module_connect_input(module, 0));
  }
  for (int32_t o = 0; o < THALNET_COUNT_LIMIT; o++) {
    char name[20];
    snprintf(name, sizeof name, "y%d", (int)o);
    EXPECT_OK(thalnet_center_add_output(net, name, THALNET_SIZE_LIMIT, THALNET_HOST_LOSS, NULL, NULL));
    EXPECT_OK(thalnet_module_connect_output(thalnet_center_get_module(net, 0), o));
    EXPECT_OK(thalnet_module_connect_output(thalnet_center_get_module(net, 2), o));
    if (o == 0) {
      EXPECT_OK(thalnet_center_measure(net, &size));
    }
  }
  EXPECT(thalnet_center_measure(net, &size), THALNET_ERROR_OVERFLOW);
  EXPECT(thalnet_center_build(net, 1), THALNET_ERROR_OVERFLOW);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {incomplete_networks_are_refused,    nothing_but_one_thing_is_missing,
                                networks_without_inputs_or_outputs, a_refused_network_can_be_completed,
                                the_first_failure_is_remembered,    every_builder_call_is_remembered,
                                a_built_center_is_closed,           an_unbuilt_center_computes_nothing,
                                rates_need_a_common_multiple,       measure_counts,
                                order_counts_what_is_read,          absurd_sizes_overflow,
                                wide_modules_are_limited,           wide_centers_are_limited,
                                large_sizes_are_out_of_memory,      zeros_between_overflow};
  return SUPPORT_RUN("build", tests);
}
