/* SPDX-License-Identifier: MIT */
/* Every allocation of every scenario fails, once and for good: ERROR_MEMORY, nothing is left, and handles can go on. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault_scenarios.h"

struct world {
  struct support_memory memory;
  thalnet_memory hooks;
  thalnet_center_options options;
};

static void begin(struct world *world, int32_t threads, int32_t in_order) {
  memset(world, 0, sizeof *world);
  world->hooks = support_memory_hooks(&world->memory);
  world->options = (thalnet_center_options)THALNET_CENTER_OPTIONS_INIT;
  world->options.learned_start = 1;
  world->options.in_order = in_order;
  world->options.memory = &world->hooks;
  world->options.threads = threads;
  world->options.chunk_sequences = 2;
}

/* Tells how many there are. */
static long fail_everywhere(const struct fault_scenario *scenario, int persistent) {
  long fail_at = 0, failures = 1;
  while (failures > 0) {
    struct world world;
    begin(&world, scenario->threads, scenario->in_order);
    world.memory.fail_at = ++fail_at;
    world.memory.persistent = persistent;
    const thalnet_status status = fault_play(scenario, &world.options);
    failures = atomic_load(&world.memory.failures);
    ck_assert_msg(atomic_load(&world.memory.live) == 0 && atomic_load(&world.memory.wrong) == 0,
                  "%s, allocation %ld: %ld blocks are left", scenario->name, fail_at, atomic_load(&world.memory.live));
    ck_assert_msg(status == (failures > 0 ? THALNET_ERROR_MEMORY : THALNET_OK), "%s, allocation %ld: %s (%s)",
                  scenario->name, fail_at, thalnet_status_name(status), thalnet_error_text());
    ck_assert(failures > 0 || fail_at > 1);
  }
  return fail_at - 1;
}

START_TEST(every_allocation_fails) {
  long faults = 0;
  for (size_t i = 0; i < fault_scenario_count; i++) {
    faults += fail_everywhere(&fault_scenarios[i], 0);
    faults += fail_everywhere(&fault_scenarios[i], 1);
  }
  printf("%zu scenarios, %ld faults\n", fault_scenario_count, faults);
}
END_TEST

/* Memory that is not aligned as asked for is given back at once, and counts as none. */
static void *misaligned(void *user, size_t size, size_t alignment) {
  int *left = user;
  if (*left == 0) {
    return NULL;
  }
  char *block = malloc(size + 2 * alignment);
  uintptr_t place = (uintptr_t)block + alignment - (uintptr_t)block % alignment + ((*left)-- == 1 ? 8 : 0);
  ((char **)place)[-1] = block;
  return (char *)place;
}

static void realigned(void *user, void *memory, size_t size, size_t alignment) {
  (void)user, (void)size, (void)alignment;
  free(((char **)memory)[-1]);
}

START_TEST(misaligned_memory_is_refused) {
  thalnet_status status = THALNET_ERROR_MEMORY;
  for (int good = 1; status != THALNET_OK; good++) {
    int left = good;
    thalnet_memory hooks = {sizeof hooks, &left, misaligned, realigned};
    thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
    thalnet_center *net = NULL;
    options.memory = &hooks;
    status = support_try_net(SUPPORT_SMALL, &options, &net);
    ck_assert(status == (left == 0 ? THALNET_ERROR_MEMORY : THALNET_OK));
    ck_assert((net == NULL) == (left == 0));
    thalnet_center_free(net);
  }
}
END_TEST

/* After a failure in the middle, the same handles go on as if nothing had been. */
START_TEST(handles_survive_a_failure) {
  float *reference = NULL;
  for (long fail_at = 0;; fail_at++) {
    struct world world;
    begin(&world, 1, 0);
    thalnet_center *net = support_net(SUPPORT_READERS, &world.options);
    thalnet_batch *batch = support_batch(net, 5, 3);
    thalnet_state *state = support_state(net, 5);
    thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.1);
    size_t count = thalnet_center_parameter_count(net);
    world.memory.fail_at = fail_at ? atomic_load(&world.memory.calls) + fail_at : 0;
    thalnet_status status = THALNET_OK;
    do {
      status = support_try_fill(net, batch, 5, 3, 1);
    } while (status == THALNET_ERROR_MEMORY);
    EXPECT_OK(status);
    do {
      status = thalnet_forward_backward(net, batch, state);
    } while (status == THALNET_ERROR_MEMORY);
    EXPECT_OK(status);
    do {
      status = thalnet_step(optimizer, net);
    } while (status == THALNET_ERROR_MEMORY);
    EXPECT_OK(status);
    float *parameters = support_parameters(net);
    if (!reference) {
      reference = support_parameters(net);
    }
    ck_assert_msg(support_same(reference, parameters, count), "allocation %ld", fail_at);
    free(parameters);
    thalnet_optimizer_free(optimizer);
    thalnet_state_free(state);
    thalnet_batch_free(batch);
    thalnet_center_free(net);
    ck_assert_int_eq(atomic_load(&world.memory.live), 0);
    if (fail_at > 0 && atomic_load(&world.memory.failures) == 0) {
      break;
    }
  }
  free(reference);
}
END_TEST

/* What thalnet_forward kept is gone once another call has begun to make room: thalnet_backward then says so. */
START_TEST(a_failure_leaves_nothing_for_backward) {
  const thalnet_dropout_options dropout = {sizeof dropout, 0.5f, 0.5f, 0.5f, 1}; /* which takes more memory */
  for (size_t sequences = 2; sequences <= 5; sequences += 3) {                   /* one chunk, or several */
    long failures = 1;
    for (long fail_at = 1; failures > 0; fail_at++) {
      struct world world;
      begin(&world, 1, 0);
      thalnet_center *net = support_net(SUPPORT_READERS, &world.options);
      thalnet_batch *batch = support_batch(net, sequences, 3);
      support_fill(net, batch, sequences, 3, 1);
      EXPECT_OK(thalnet_forward(net, batch, NULL));
      EXPECT_OK(thalnet_batch_set_dropout(batch, &dropout));
      world.memory.fail_at = atomic_load(&world.memory.calls) + fail_at;
      thalnet_status status = thalnet_forward_backward(net, batch, NULL);
      failures = atomic_load(&world.memory.failures);
      ck_assert_int_eq(status, failures > 0 ? THALNET_ERROR_MEMORY : THALNET_OK);
      ck_assert(failures > 0 || fail_at > 1);
      world.memory.fail_at = 0;
      EXPECT(thalnet_backward(net, batch), THALNET_ERROR_STATE);
      EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
      thalnet_batch_free(batch);
      thalnet_center_free(net);
    }
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {every_allocation_fails, misaligned_memory_is_refused, handles_survive_a_failure,
                                a_failure_leaves_nothing_for_backward};
  return SUPPORT_RUN("out_of_memory", tests);
}
