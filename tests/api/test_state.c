/* SPDX-License-Identifier: MIT */
/* state.h: every call with every status, and what rows are. */
#include "support.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

START_TEST(create_refuses) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_batch *batch = support_batch(net, 1, 1);
  thalnet_state_options options = THALNET_STATE_OPTIONS_INIT;
  thalnet_state *state = (thalnet_state *)(void *)net;
  uint64_t bytes = 0;
  static const size_t many[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 32};
  EXPECT(thalnet_state_create(NULL, 1, NULL, &state), THALNET_ERROR_HANDLE);
  ck_assert_ptr_null(state);
  EXPECT(thalnet_state_create((const thalnet_center *)(void *)batch, 1, NULL, &state), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_create(net, 1, NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_create(net, 0, NULL, &state), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_measure_memory(net, 0, NULL, &bytes), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_measure_memory(net, 1, NULL, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_measure_memory(NULL, 1, NULL, &bytes), THALNET_ERROR_HANDLE);
  for (size_t i = 0; i < sizeof many / sizeof many[0]; i++) {
    EXPECT(thalnet_state_create(net, many[i], NULL, &state), THALNET_ERROR_OVERFLOW);
    EXPECT(thalnet_state_measure_memory(net, many[i], NULL, &bytes), THALNET_ERROR_OVERFLOW);
  }
  options.live = 2;
  EXPECT(thalnet_state_create(net, 1, &options, &state), THALNET_ERROR_ARGUMENT);
  options.live = 1;
  options.check_inputs = -1;
  EXPECT(thalnet_state_create(net, 1, &options, &state), THALNET_ERROR_ARGUMENT);
  options.struct_size = 4;
  EXPECT(thalnet_state_create(net, 1, &options, &state), THALNET_ERROR_VERSION);
  EXPECT(thalnet_state_measure_memory(net, 1, &options, &bytes), THALNET_ERROR_VERSION);
  ck_assert_ptr_null(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

/* The measured bytes are exactly what create allocates and create_in needs. */
START_TEST(measure_is_exact) {
  struct support_memory memory = {0};
  thalnet_memory hooks = support_memory_hooks(&memory);
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  thalnet_state_options options = THALNET_STATE_OPTIONS_INIT;
  uint64_t parked = 0, live = 0;
  center.memory = &hooks;
  thalnet_center *net = support_net(SUPPORT_READERS, &center);
  for (options.live = 0; options.live < 2; options.live++) {
    uint64_t bytes = 0;
    thalnet_state *state = NULL;
    EXPECT_OK(thalnet_state_measure_memory(net, 5, &options, &bytes));
    long before = atomic_load(&memory.bytes);
    EXPECT_OK(thalnet_state_create(net, 5, &options, &state));
    ck_assert_uint_eq((uint64_t)(atomic_load(&memory.bytes) - before), bytes);
    thalnet_state_free(state);
    ck_assert_int_eq(atomic_load(&memory.bytes), before);
    *(options.live ? &live : &parked) = bytes;
  }
  ck_assert_uint_lt(parked, live);
  thalnet_center_free(net);
  ck_assert_int_eq(atomic_load(&memory.live) + atomic_load(&memory.wrong), 0);
}
END_TEST

START_TEST(a_state_in_memory_of_the_host) {
  struct support_memory memory = {0};
  thalnet_memory hooks = support_memory_hooks(&memory);
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  uint64_t bytes = 0;
  void *room = NULL;
  thalnet_state *state = NULL, *usual;
  float frame[2 * 3] = {0.5f, 1.0f, -1.0f, 0.25f, 0.0f, 0.125f}, answer[8], same[8];
  center.memory = &hooks;
  thalnet_center *net = support_net(SUPPORT_SMALL, &center);
  EXPECT_OK(thalnet_state_measure_memory(net, 2, NULL, &bytes));
  ck_assert_int_eq(posix_memalign(&room, 64, (size_t)bytes + 64), 0);
  memset(room, 0xa5, (size_t)bytes + 64);
  EXPECT(thalnet_state_create_in(net, 2, NULL, NULL, (size_t)bytes, &state), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_create_in(net, 2, NULL, (char *)room + 32, (size_t)bytes, &state), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_create_in(net, 2, NULL, (char *)room + 1, (size_t)bytes, &state), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_create_in(net, 2, NULL, room, (size_t)bytes - 1, &state), THALNET_ERROR_SIZE);
  EXPECT(thalnet_state_create_in(net, 2, NULL, room, 0, &state), THALNET_ERROR_SIZE);
  EXPECT(thalnet_state_create_in(net, 0, NULL, room, (size_t)bytes, &state), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_create_in(net, 2, NULL, room, (size_t)bytes, NULL), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_create_in(NULL, 2, NULL, room, (size_t)bytes, &state), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_create_in(net, SIZE_MAX / 32, NULL, room, (size_t)bytes, &state), THALNET_ERROR_OVERFLOW);
  thalnet_state_options options = THALNET_STATE_OPTIONS_INIT;
  options.struct_size = 9;
  EXPECT(thalnet_state_create_in(net, 2, &options, room, (size_t)bytes, &state), THALNET_ERROR_VERSION);
  ck_assert_ptr_null(state);
  long calls = atomic_load(&memory.calls);
  EXPECT_OK(thalnet_state_create_in(net, 2, NULL, room, (size_t)bytes, &state));
  usual = support_state(net, 2);
  for (int i = 0; i < 5; i++) {
    EXPECT_OK(thalnet_state_step(net, state, frame, 6, answer, 8));
    EXPECT_OK(thalnet_state_step(net, usual, frame, 6, same, 8));
    ck_assert(support_same(answer, same, 8));
  }
  thalnet_state_free(state);
  ck_assert_int_le(atomic_load(&memory.calls), calls + 1);
  for (size_t i = 0; i < 64; i++) {
    ck_assert_int_eq(((unsigned char *)room)[bytes + i], 0xa5);
  }
  free(room);
  thalnet_state_free(usual);
  thalnet_center_free(net);
  ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

START_TEST(rows_are_reset_and_copied) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL), *other = support_net(SUPPORT_SMALL, NULL);
  thalnet_state *a = support_state(net, 4), *b = support_state(net, 2), *foreign = support_state(other, 4);
  size_t size = thalnet_state_values(a);
  float frame[12], answer[16];
  support_randoms(frame, 12, 3);
  EXPECT_OK(thalnet_state_step(net, a, frame, 12, answer, 16));
  float *start = support_rows(a);
  size_t one = 1, bad[] = {0, 4}, to[] = {1, 0}, from[] = {3, 2}, twice[] = {1, 1};
  EXPECT(thalnet_state_reset(NULL, NULL, 0), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_reset(a, bad, 2), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_reset(a, NULL, 2), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_copy(NULL, to, a, from, 2), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_copy(b, to, NULL, from, 2), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_copy(b, NULL, a, from, 2), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_copy(b, to, a, NULL, 2), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_copy(b, from, a, to, 2), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_copy(b, to, a, bad, 2), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_copy(b, to, foreign, from, 2), THALNET_ERROR_MISMATCH);
  EXPECT_EITHER(thalnet_state_copy(a, to, a, to, 1), THALNET_OK, THALNET_ERROR_ARGUMENT); /* onto itself */
  EXPECT(thalnet_state_copy(a, (size_t[]){1, 2}, a, (size_t[]){0, 1}, 2), THALNET_ERROR_ARGUMENT);
  float *same = support_rows(a);
  ck_assert(support_same(start, same, 4 * size));
  EXPECT_OK(thalnet_state_copy(b, to, a, from, 2));
  EXPECT_OK(thalnet_state_copy(a, NULL, b, NULL, 0));
  float *copied = support_rows(b);
  ck_assert(support_same(copied, start + 2 * size, size));
  ck_assert(support_same(copied + size, start + 3 * size, size));
  EXPECT_OK(thalnet_state_reset(a, &one, 1));
  EXPECT_OK(thalnet_state_reset(a, twice, 2));
  EXPECT_OK(thalnet_state_reset(a, &one, 0));
  float *after = support_rows(a);
  ck_assert(support_same(after, start, size));
  ck_assert(support_same(after + 2 * size, start + 2 * size, 2 * size));
  for (size_t i = 0; i < size; i++) {
    ck_assert(after[size + i] == 0.0f);
  }
  EXPECT_OK(thalnet_state_reset(a, NULL, 0));
  free(after);
  after = support_rows(a);
  for (size_t i = 0; i < 4 * size; i++) {
    ck_assert(after[i] == 0.0f);
  }
  free(start);
  free(same);
  free(copied);
  free(after);
  thalnet_state_free(a);
  thalnet_state_free(b);
  thalnet_state_free(foreign);
  thalnet_center_free(net);
  thalnet_center_free(other);
}
END_TEST

START_TEST(rows_are_read_and_written) {
  thalnet_center *net = support_net(SUPPORT_READERS, NULL);
  thalnet_state *state = support_state(net, 3);
  size_t size = thalnet_state_values(state);
  float *values = malloc(size * sizeof *values), *back = malloc(size * sizeof *back);
  thalnet_center_size measured = {.struct_size = sizeof measured};
  EXPECT_OK(thalnet_center_measure(net, &measured));
  ck_assert_uint_eq(size, measured.state_values);
  ck_assert_uint_eq(thalnet_state_rows(state), 3);
  ck_assert_uint_eq(thalnet_state_rows(NULL), 0);
  ck_assert_uint_eq(thalnet_state_values(NULL), 0);
  ck_assert_uint_eq(thalnet_state_rows((const thalnet_state *)(const void *)net), 0);
  support_randoms(values, size, 8);
  EXPECT_OK(thalnet_state_write(state, 1, values, size));
  EXPECT_OK(thalnet_state_read(state, 1, back, size));
  ck_assert(support_same(values, back, size));
  EXPECT(thalnet_state_read(NULL, 0, back, size), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_read(state, 3, back, size), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_read(state, SIZE_MAX, back, size), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_read(state, 0, NULL, size), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_read(state, 0, back, size - 1), THALNET_ERROR_SIZE);
  EXPECT(thalnet_state_write(NULL, 0, values, size), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_write(state, 3, values, size), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_write(state, 0, NULL, size), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_write(state, 0, values, size + 1), THALNET_ERROR_SIZE);
  EXPECT(thalnet_state_write(state, 0, values, 0), THALNET_ERROR_SIZE);
  values[size - 1] = NAN;
  EXPECT(thalnet_state_write(state, 1, values, size), THALNET_ERROR_NONFINITE);
  values[size - 1] = -INFINITY;
  EXPECT(thalnet_state_write(state, 1, values, size), THALNET_ERROR_NONFINITE);
  float *after = support_rows(state);
  ck_assert(support_same(after + size, back, size));
  for (size_t i = 0; i < size; i++) {
    ck_assert(after[i] == 0.0f && after[2 * size + i] == 0.0f);
  }
  free(values);
  free(back);
  free(after);
  thalnet_state_free(state);
  thalnet_center_free(net);
}
END_TEST

START_TEST(live_calls_are_checked) {
  thalnet_center *net = support_net(SUPPORT_TASKS, NULL), *other = support_net(SUPPORT_TASKS, NULL);
  thalnet_state *state = support_state(net, 3);
  float x[9] = {0}, y[12];
  int32_t t[3] = {0, 4, -1}, bad[] = {5, -2, INT32_MAX, INT32_MIN};
  EXPECT(thalnet_state_read_output(state, 0, y, 12), THALNET_ERROR_STATE);
  EXPECT(thalnet_state_set_input(NULL, 0, x, 9), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_set_input(state, 0, NULL, 9), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_set_input(state, 1, x, 3), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_set_input(state, -1, x, 9), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_set_input(state, 2, x, 9), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_set_input(state, 0, x, 8), THALNET_ERROR_SIZE);
  EXPECT(thalnet_state_set_input(state, 0, x, 0), THALNET_ERROR_SIZE);
  EXPECT(thalnet_state_set_input(state, 0, x, 12), THALNET_ERROR_SIZE);
  EXPECT(thalnet_state_set_input(state, 0, x, SIZE_MAX), THALNET_ERROR_SIZE);
  EXPECT(thalnet_state_set_tokens(NULL, 1, t, 3), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_set_tokens(state, 1, NULL, 3), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_set_tokens(state, 0, t, 3), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_set_tokens(state, 7, t, 3), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_set_tokens(state, 1, t, 4), THALNET_ERROR_SIZE);
  for (size_t i = 0; i < 4; i++) {
    EXPECT(thalnet_state_set_tokens(state, 1, &bad[i], 1), THALNET_ERROR_DATA);
  }
  x[4] = NAN;
  EXPECT(thalnet_state_set_input(state, 0, x, 9), THALNET_ERROR_NONFINITE);
  x[4] = INFINITY;
  EXPECT(thalnet_state_set_input(state, 0, x, 9), THALNET_ERROR_NONFINITE);
  x[4] = 1.0f;
  EXPECT_OK(thalnet_state_set_input(state, 0, x, 6));
  EXPECT_OK(thalnet_state_set_tokens(state, 1, t, 3));
  EXPECT(thalnet_state_advance(NULL, state, 1), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_advance(net, NULL, 1), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_advance(other, state, 1), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_state_advance(net, state, 4), THALNET_ERROR_SIZE);
  EXPECT(thalnet_state_advance(net, state, 3), THALNET_ERROR_SIZE); /* input 0 was set for two rows */
  EXPECT_OK(thalnet_state_advance(net, state, 2));
  EXPECT(thalnet_state_read_output(NULL, 0, y, 8), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_read_output(state, 3, y, 8), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_read_output(state, -1, y, 8), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_read_output(state, 0, NULL, 8), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_read_output(state, 0, y, 12), THALNET_ERROR_SIZE);
  EXPECT_OK(thalnet_state_read_output(state, 0, y, 8));
  EXPECT_OK(thalnet_state_advance(net, state, 3)); /* the inputs are forgotten */
  EXPECT_OK(thalnet_state_read_output(state, 0, y, 12));
  EXPECT(thalnet_state_step(net, state, x, 9, y, 12), THALNET_ERROR_UNSUPPORTED);
  thalnet_state_free(state);
  thalnet_center_free(net);
  thalnet_center_free(other);
}
END_TEST

START_TEST(the_short_form_is_checked) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL), *other = support_net(SUPPORT_SMALL, NULL);
  thalnet_state *state = support_state(net, 2);
  float x[6] = {0.5f}, y[8];
  EXPECT(thalnet_state_step(NULL, state, x, 6, y, 8), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_step(net, NULL, x, 6, y, 8), THALNET_ERROR_HANDLE);
  EXPECT(thalnet_state_step(other, state, x, 6, y, 8), THALNET_ERROR_MISMATCH);
  EXPECT(thalnet_state_step(net, state, NULL, 6, y, 8), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_step(net, state, x, 6, NULL, 8), THALNET_ERROR_ARGUMENT);
  EXPECT(thalnet_state_step(net, state, x, 3, y, 4), THALNET_ERROR_SIZE);
  EXPECT(thalnet_state_step(net, state, x, 6, y, 7), THALNET_ERROR_SIZE);
  EXPECT(thalnet_state_step(net, state, x, 5, y, 8), THALNET_ERROR_SIZE);
  x[5] = NAN;
  EXPECT(thalnet_state_step(net, state, x, 6, y, 8), THALNET_ERROR_NONFINITE);
  float *rows = support_rows(state);
  for (size_t i = 0; i < 2 * thalnet_state_values(state); i++) {
    ck_assert(rows[i] == 0.0f);
  }
  free(rows);
  thalnet_state_free(state);
  thalnet_center_free(net);
  thalnet_center_free(other);
}
END_TEST

/* A failing short form must not leave its input behind for the next frame. */
START_TEST(a_refused_frame_leaves_nothing_behind) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_state *a = support_state(net, 1), *b = support_state(net, 1);
  float x[3] = {5.0f, -5.0f, 5.0f}, first[4], second[4];
  EXPECT(thalnet_state_step(net, a, x, 3, first, 3), THALNET_ERROR_SIZE);
  EXPECT(thalnet_state_step(net, a, x, 3, NULL, 4), THALNET_ERROR_ARGUMENT);
  EXPECT_OK(thalnet_state_advance(net, a, 1));
  EXPECT_OK(thalnet_state_advance(net, b, 1));
  EXPECT_OK(thalnet_state_read_output(a, 0, first, 4));
  EXPECT_OK(thalnet_state_read_output(b, 0, second, 4));
  ck_assert(support_same(first, second, 4));
  thalnet_state_free(a);
  thalnet_state_free(b);
  thalnet_center_free(net);
}
END_TEST

START_TEST(a_parked_state_is_not_live) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_state_options options = THALNET_STATE_OPTIONS_INIT;
  thalnet_state *parked = NULL, *live = support_state(net, 2);
  thalnet_batch *batch = support_batch(net, 2, 3);
  float x[6] = {0.25f}, y[8];
  size_t rows[] = {0, 1}, turned[] = {1, 0};
  options.live = 0;
  EXPECT_OK(thalnet_state_create(net, 2, &options, &parked));
  EXPECT(thalnet_state_set_input(parked, 0, x, 6), THALNET_ERROR_STATE);
  EXPECT(thalnet_state_advance(net, parked, 1), THALNET_ERROR_STATE);
  EXPECT(thalnet_state_read_output(parked, 0, y, 8), THALNET_ERROR_STATE);
  EXPECT(thalnet_state_step(net, parked, x, 6, y, 8), THALNET_ERROR_STATE);
  support_fill(net, batch, 2, 3, 1);
  EXPECT_OK(thalnet_forward(net, batch, parked));
  EXPECT_OK(thalnet_state_copy(live, turned, parked, rows, 2));
  EXPECT_OK(thalnet_state_step(net, live, x, 6, y, 8));
  EXPECT_OK(thalnet_state_copy(parked, rows, live, rows, 2));
  EXPECT_OK(thalnet_state_reset(parked, NULL, 0));
  thalnet_batch_free(batch);
  thalnet_state_free(parked);
  thalnet_state_free(live);
  thalnet_center_free(net);
}
END_TEST

START_TEST(unchecked_inputs_are_the_hosts_affair) {
  thalnet_center *net = support_net(SUPPORT_SMALL, NULL);
  thalnet_state_options options = THALNET_STATE_OPTIONS_INIT;
  thalnet_state *state = NULL;
  float x[3] = {NAN, 0.0f, 0.0f}, y[4];
  options.check_inputs = 0;
  EXPECT_OK(thalnet_state_create(net, 1, &options, &state));
  EXPECT_OK(thalnet_state_step(net, state, x, 3, y, 4));
  ck_assert(isnan(y[0]));
  EXPECT_OK(thalnet_state_reset(state, NULL, 0));
  x[0] = 0.0f;
  EXPECT_OK(thalnet_state_step(net, state, x, 3, y, 4));
  ck_assert(isfinite(y[0]));
  thalnet_state_free(state);
  thalnet_center_free(net);
}
END_TEST

/* One dense input and one output it is for. */
START_TEST(the_short_form_is_for_simple_networks) {
  float x[2] = {1.0f, 0.0f}, y[2] = {5.0f, 6.0f};
  for (int which = 0; which < 3; which++) {
    const thalnet_input_options tokens = {sizeof tokens, which == 0, 1};
    thalnet_center *net = NULL;
    thalnet_module *module;
    EXPECT_OK(thalnet_center_create(NULL, &net));
    for (int32_t i = 0; i < (which == 1 ? 2 : 1); i++) {
      EXPECT_OK(thalnet_center_add_input(net, i ? "b" : "a", 2, &tokens, NULL));
    }
    for (int32_t i = 0; i < (which == 2 ? 2 : 1); i++) {
      EXPECT_OK(thalnet_center_add_output(net, i ? "b" : "a", 2, THALNET_HOST_LOSS, NULL, NULL));
    }
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 3, NULL));
    for (int32_t i = 0; i < (which == 1 ? 2 : 1); i++) {
      EXPECT_OK(thalnet_module_connect_input(module, i));
    }
    for (int32_t i = 0; i < (which == 2 ? 2 : 1); i++) {
      EXPECT_OK(thalnet_module_connect_output(module, i));
    }
    EXPECT_OK(thalnet_center_build(net, 1));
    thalnet_state *state = support_state(net, 1);
    float *before = support_rows(state);
    EXPECT(thalnet_state_step(net, state, x, 2, y, 2), THALNET_ERROR_UNSUPPORTED);
    float *after = support_rows(state);
    ck_assert(support_same(before, after, thalnet_state_values(state)) && y[0] == 5.0f && y[1] == 6.0f);
    free(before);
    free(after);
    thalnet_state_free(state);
    thalnet_center_free(net);
  }
}
END_TEST

/* Rows are measured until they do not fit, and never again. */
START_TEST(rows_are_measured_until_they_do_not_fit) {
  for (int32_t kind = 0; kind < SUPPORT_KINDS; kind++) {
    thalnet_center *net = support_net(kind, NULL);
    for (int32_t live = 0; live < 2; live++) {
      const thalnet_state_options options = {sizeof options, live, 1};
      uint64_t before = 0, bytes = 0;
      int full = 0;
      for (double rows = 1; rows < 1.8e19; rows = rows * 1.1 + 1) {
        const size_t count = rows < (double)SIZE_MAX ? (size_t)rows : SIZE_MAX;
        const thalnet_status status = thalnet_state_measure_memory(net, count, &options, &bytes);
        ck_assert(status == THALNET_ERROR_OVERFLOW || (status == THALNET_OK && !full));
        full |= status != THALNET_OK;
        ck_assert(full || (bytes >= before && bytes >= count * sizeof(float)));
        before = bytes;
      }
      ck_assert(full);
    }
    thalnet_center_free(net);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {create_refuses,
                                measure_is_exact,
                                a_state_in_memory_of_the_host,
                                rows_are_reset_and_copied,
                                rows_are_read_and_written,
                                live_calls_are_checked,
                                the_short_form_is_checked,
                                the_short_form_is_for_simple_networks,
                                a_refused_frame_leaves_nothing_behind,
                                a_parked_state_is_not_live,
                                unchecked_inputs_are_the_hosts_affair,
                                rows_are_measured_until_they_do_not_fit};
  return SUPPORT_RUN("state", tests);
}
