/* SPDX-License-Identifier: MIT */
/* The replaceable allocator: it gets everything back, and is left alone at run time. That it may fail at any call is in
 * test_out_of_memory.c. */
#include "support.h"

#include <string.h>

struct world {
  struct support_memory memory;
  thalnet_memory hooks;
  thalnet_center_options options;
};

static void begin_as(struct world *world, int32_t threads, int32_t learned_start, int32_t in_order) {
  memset(world, 0, sizeof *world);
  world->hooks = support_memory_hooks(&world->memory);
  world->options = (thalnet_center_options)THALNET_CENTER_OPTIONS_INIT;
  world->options.memory = &world->hooks;
  world->options.threads = threads;
  world->options.chunk_sequences = 2;
  world->options.learned_start = learned_start;
  world->options.in_order = in_order;
}

static void begin(struct world *world, int32_t threads) { begin_as(world, threads, threads == 2, 0); }

START_TEST(everything_is_given_back) {
  for (int32_t i = 0; i < 4 * SUPPORT_KINDS; i++) {
    const int32_t kind = i / 4;
    struct world world;
    begin_as(&world, 2, i % 2, i / 2 % 2);
    thalnet_center *net = support_net(kind, &world.options);
    ck_assert_int_gt(atomic_load(&world.memory.live), 0);
    thalnet_batch *batch = support_batch(net, 5, 4);
    thalnet_state *state = support_state(net, 5);
    thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.01);
    support_fill(net, batch, 5, 4, 1);
    EXPECT_OK(thalnet_forward_backward(net, batch, state));
    EXPECT_OK(thalnet_step(optimizer, net));
    thalnet_optimizer_free(optimizer);
    thalnet_state_free(state);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
    ck_assert_int_eq(atomic_load(&world.memory.live), 0);
    ck_assert_int_eq(atomic_load(&world.memory.bytes), 0);
    ck_assert_int_eq(atomic_load(&world.memory.wrong), 0);
  }
}
END_TEST

static void one_round(thalnet_center *net, thalnet_batch *batch, thalnet_state *state, thalnet_optimizer *optimizer,
                      size_t sequences, size_t frames) {
  size_t row = 0, other = 1;
  uint8_t resets[5 * 6] = {0};
  int32_t lengths[5] = {6, 3, 0, 2, 1};
  for (size_t i = 0; i < sequences; i++) {
    lengths[i] = lengths[i] < (int32_t)frames ? lengths[i] : (int32_t)frames;
  }
  resets[1] = resets[frames] = 1;
  support_fill(net, batch, sequences, frames, 3);
  EXPECT_OK(thalnet_forward(net, batch, state));
  EXPECT_OK(thalnet_backward(net, batch));
  EXPECT_OK(thalnet_batch_set_resets(batch, resets, sequences * frames));
  EXPECT_OK(thalnet_forward_backward(net, batch, state));
  EXPECT_OK(thalnet_step(optimizer, net));
  EXPECT_OK(thalnet_batch_begin(batch, sequences, frames));
  EXPECT_OK(thalnet_batch_set_lengths(batch, lengths, sequences));
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_state_reset(state, &row, 1));
  EXPECT_OK(thalnet_state_copy(state, &row, state, &other, 1));
  EXPECT_OK(thalnet_state_advance(net, state, 3));
}

START_TEST(nothing_is_allocated_at_run_time) {
  for (int32_t kind = 0; kind < SUPPORT_KINDS; kind++) {
    for (int32_t threads = 1; threads <= 2; threads++) {
      struct world world;
      begin(&world, threads);
      thalnet_center *net = support_net(kind, &world.options);
      thalnet_batch *batch = support_batch(net, 5, 6);
      thalnet_state *state = support_state(net, 5);
      thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.01);
      one_round(net, batch, state, optimizer, 5, 6);
      one_round(net, batch, state, optimizer, 3, 4);
      long calls = atomic_load(&world.memory.calls), bytes = atomic_load(&world.memory.bytes);
      for (int i = 0; i < 3; i++) {
        one_round(net, batch, state, optimizer, 5, 6);
        one_round(net, batch, state, optimizer, 3, 4);
      }
      ck_assert_msg(atomic_load(&world.memory.calls) == calls, "kind %d, %d threads: %ld allocations", (int)kind,
                    (int)threads, atomic_load(&world.memory.calls) - calls);
      ck_assert_int_eq(atomic_load(&world.memory.bytes), bytes);
      thalnet_optimizer_free(optimizer);
      thalnet_state_free(state);
      thalnet_batch_free(batch);
      thalnet_center_free(net);
      ck_assert_int_eq(atomic_load(&world.memory.live), 0);
    }
  }
}
END_TEST

START_TEST(live_steps_never_allocate) {
  struct world world;
  begin(&world, 1);
  thalnet_center *net = support_net(SUPPORT_READERS, &world.options);
  thalnet_state *state = support_state(net, 2);
  float x[6] = {0.5f}, y[8], row[100];
  size_t zero = 0, one = 1;
  long calls = atomic_load(&world.memory.calls);
  for (int i = 0; i < 10; i++) {
    EXPECT_OK(thalnet_state_step(net, state, x, 6, y, 8));
    EXPECT_OK(thalnet_state_set_input(state, 0, x, 3));
    EXPECT_OK(thalnet_state_advance(net, state, 1));
    EXPECT_OK(thalnet_state_read_output(state, 0, y, 4));
    EXPECT_OK(thalnet_state_copy(state, &one, state, &zero, 1));
    EXPECT_OK(thalnet_state_reset(state, &one, 1));
    EXPECT_OK(thalnet_state_read(state, 0, row, thalnet_state_values(state)));
    EXPECT(thalnet_state_step(net, state, x, 5, y, 8), THALNET_ERROR_SIZE); /* failing takes nothing either */
  }
  ck_assert_int_eq(atomic_load(&world.memory.calls), calls);
  thalnet_state_free(state);
  thalnet_center_free(net);
}
END_TEST

/* A network for inference has no gradients. */
START_TEST(inference_takes_no_gradients) {
  struct world world;
  begin(&world, 1);
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_center *net = support_net(SUPPORT_READERS, &world.options);
  thalnet_center_size size = {.struct_size = sizeof size};
  thalnet_batch *batch = NULL;
  EXPECT_OK(thalnet_center_measure(net, &size));
  long before = atomic_load(&world.memory.bytes);
  options.for_backward = 0;
  EXPECT_OK(thalnet_batch_create(net, 1, 1, &options, &batch));
  thalnet_batch_free(batch);
  ck_assert_int_eq(atomic_load(&world.memory.bytes), before);
  batch = support_batch(net, 1, 1);
  thalnet_batch_free(batch);
  ck_assert_int_ge(atomic_load(&world.memory.bytes), before + (long)(size.parameters * sizeof(float)));
  ck_assert_int_le(atomic_load(&world.memory.bytes), before + (long)size.gradient_bytes + 4096);
  thalnet_center_free(net);
  ck_assert_int_eq(atomic_load(&world.memory.live), 0);
}
END_TEST

/* A host that gives a batch what it is told to take, and no more: it is enough on the way there too. */
START_TEST(measured_memory_is_enough) {
  for (int32_t kind = 0; kind < SUPPORT_KINDS; kind++) {
    struct world world;
    begin(&world, 1);
    thalnet_center *net = support_net(kind, &world.options);
    thalnet_batch_size size = THALNET_BATCH_SIZE_INIT;
    thalnet_batch *batch = support_batch(net, 1, 1); /* brings the gradients, which are the center's */
    thalnet_batch_free(batch);
    EXPECT_OK(thalnet_batch_measure_memory(net, 20, 10, NULL, 0, &size));
    world.memory.most = (size_t)atomic_load(&world.memory.bytes) + (size_t)size.bytes;
    batch = support_batch(net, 20, 10);
    for (size_t frames = 1; frames <= 10; frames++) {
      support_fill(net, batch, 2 * frames, frames, 1);
      EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
    }
    thalnet_batch_free(batch);
    thalnet_center_free(net);
    ck_assert_int_eq(atomic_load(&world.memory.live), 0);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {everything_is_given_back, nothing_is_allocated_at_run_time, live_steps_never_allocate,
                                inference_takes_no_gradients, measured_memory_is_enough};
  return SUPPORT_RUN("memory", tests);
}
