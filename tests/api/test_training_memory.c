/* SPDX-License-Identifier: MIT */
/* After the first batch of a shape nothing is allocated any more: in training, evaluation, updates and live steps. */
#include "trainings.h"

#include <stdlib.h>
#include <string.h>

struct world {
  struct support_memory memory;
  thalnet_memory hooks;
  thalnet_center *net;
  thalnet_batch *batch, *evaluation;
  thalnet_state *state, *live;
  thalnet_optimizer *optimizer;
};

static void begin(struct world *world, const struct training *training, int32_t threads) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_batch_options evaluation = THALNET_BATCH_OPTIONS_INIT;
  thalnet_optimizer_options optimizer = THALNET_OPTIMIZER_OPTIONS_INIT;
  memset(world, 0, sizeof *world);
  world->hooks = support_memory_hooks(&world->memory);
  options.memory = &world->hooks;
  options.threads = threads;
  evaluation.for_backward = 0;
  world->net = training_net(training, &options);
  world->batch = training_batch(training, world->net);
  EXPECT_OK(thalnet_batch_create(world->net, training->sequences, training->frames, &evaluation, &world->evaluation));
  world->state = support_state(world->net, training->sequences);
  world->live = support_state(world->net, 2);
  optimizer.rate = 0.002;
  optimizer.average = training->average;
  EXPECT_OK(thalnet_optimizer_create(world->net, THALNET_ADAM, &optimizer, &world->optimizer));
}

static void end(struct world *world) {
  thalnet_optimizer_free(world->optimizer);
  thalnet_state_free(world->live);
  thalnet_state_free(world->state);
  thalnet_batch_free(world->evaluation);
  thalnet_batch_free(world->batch);
  thalnet_center_free(world->net);
  ck_assert_int_eq(atomic_load(&world->memory.live), 0);
  ck_assert_int_eq(atomic_load(&world->memory.wrong), 0);
}

static void live_step(const struct world *world, const struct training *training) {
  enum { ROWS = 2 };
  const size_t frames = ROWS * (size_t)thalnet_center_input_frames(world->net, 0), count = frames * training->input;
  float x[500] = {0.25f}, y[ROWS * 2 * 10];
  const size_t answers = ROWS * (size_t)thalnet_center_output_frames(world->net, 0) * 10;
  const int32_t tokens[ROWS * 2] = {1, 2, 3};
  if (training->tokens || training->slow > 0) {
    EXPECT_OK(training->tokens ? thalnet_state_set_tokens(world->live, 0, tokens, frames)
                               : thalnet_state_set_input(world->live, 0, x, count));
    EXPECT_OK(thalnet_state_advance(world->net, world->live, ROWS));
    EXPECT_OK(thalnet_state_read_output(world->live, 0, y, answers));
  } else {
    EXPECT_OK(thalnet_state_step(world->net, world->live, x, count, y, answers));
  }
}

static void one_round(const struct world *world, const struct training *training, uint64_t step) {
  training_fill(training, world->net, world->batch, step);
  EXPECT_OK(thalnet_forward_backward(world->net, world->batch, world->state));
  EXPECT_OK(thalnet_step(world->optimizer, world->net));
  for (int i = 0; i < 2 && training->average > 0; i++) {
    EXPECT_OK(thalnet_optimizer_swap_averages(world->optimizer, world->net));
  }
  training_fill(training, world->net, world->evaluation, step);
  EXPECT_OK(thalnet_forward(world->net, world->evaluation, NULL));
  live_step(world, training);
}

START_TEST(nothing_is_allocated_after_the_first_batch) {
  for (int i = 0; i < TRAININGS; i++) {
    for (int32_t threads = 1; threads <= 4; threads += 3) {
      struct world world;
      begin(&world, &trainings[i], threads);
      one_round(&world, &trainings[i], 1);
      const long calls = atomic_load(&world.memory.calls), bytes = atomic_load(&world.memory.bytes);
      ck_assert_int_gt(calls, 0);
      for (int round = 0; round < 3; round++) {
        one_round(&world, &trainings[i], 1);
      }
      ck_assert_msg(atomic_load(&world.memory.calls) == calls, "%s, %d threads: %ld allocations", trainings[i].name,
                    (int)threads, atomic_load(&world.memory.calls) - calls);
      ck_assert_int_eq(atomic_load(&world.memory.bytes), bytes);
      end(&world);
    }
  }
}
END_TEST

/* The counter would see it: another way to compute keeps the activations of all chunks, and takes memory once. */
START_TEST(another_way_takes_memory_once) {
  const struct training *training = &trainings[0];
  struct world world;
  long calls[3];
  begin(&world, training, 1);
  one_round(&world, training, 1);
  for (int round = 0; round < 3; round++) {
    calls[round] = atomic_load(&world.memory.calls);
    training_fill(training, world.net, world.batch, 2);
    EXPECT_OK(thalnet_forward(world.net, world.batch, world.state));
    EXPECT_OK(thalnet_backward(world.net, world.batch));
  }
  ck_assert_int_gt(calls[1], calls[0]);
  ck_assert_int_eq(calls[2], calls[1]);
  end(&world);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {nothing_is_allocated_after_the_first_batch, another_way_takes_memory_once};
  return SUPPORT_RUN("training_memory", tests);
}
