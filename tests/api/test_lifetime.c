/* SPDX-License-Identifier: MIT */
/* Lifetimes: every order of freeing, and what stays usable when the host has let go of the center. Meant for a build
 * with a sanitizer; the replaceable allocator tells even without one. */
#include "support.h"

#include <stdlib.h>
#include <string.h>

START_TEST(nothing_is_freed_happily) {
  thalnet_center_free(NULL);
  thalnet_batch_free(NULL);
  thalnet_state_free(NULL);
  thalnet_optimizer_free(NULL);
}
END_TEST

enum { CENTER, BATCH, TRAINING_BATCH, STATE, OPTIMIZER, OBJECTS };

struct objects {
  struct support_memory memory;
  thalnet_memory hooks;
  thalnet_center *net;
  thalnet_batch *batch, *training;
  thalnet_state *state;
  thalnet_optimizer *optimizer;
};

/* used: 0 only created, 1 computed, 2 with a block that is still lent; threads of the library now and then only,
 * because starting them takes time */
static void make(struct objects *o, int used, int own_threads) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_batch_options inference = THALNET_BATCH_OPTIONS_INIT;
  memset(o, 0, sizeof *o);
  o->hooks = support_memory_hooks(&o->memory);
  options.memory = &o->hooks;
  options.threads = own_threads ? 2 : 1;
  options.chunk_sequences = 1;
  inference.for_backward = 0;
  o->net = support_net(SUPPORT_SMALL, &options);
  EXPECT_OK(thalnet_batch_create(o->net, 3, 2, &inference, &o->batch));
  o->training = support_batch(o->net, 3, 2);
  o->state = support_state(o->net, 3);
  o->optimizer = support_optimizer(o->net, THALNET_ADAM, 0.1);
  if (used == 0) {
    return;
  }
  support_fill(o->net, o->batch, 3, 2, 1);
  support_fill(o->net, o->training, 3, 2, 1);
  EXPECT_OK(thalnet_forward(o->net, o->batch, o->state));
  EXPECT_OK(thalnet_forward_backward(o->net, o->training, o->state));
  EXPECT_OK(thalnet_step(o->optimizer, o->net));
  EXPECT_OK(thalnet_forward(o->net, o->training, NULL));
  if (used == 2) {
    float *values = NULL;
    size_t count = 0;
    EXPECT_OK(thalnet_center_begin_write(o->net, &values, &count));
    values[0] = values[count - 1];
  }
}

static void let_go(struct objects *o, int which) {
  switch (which) {
  case CENTER: thalnet_center_free(o->net); break;
  case BATCH: thalnet_batch_free(o->batch); break;
  case TRAINING_BATCH: thalnet_batch_free(o->training); break;
  case STATE: thalnet_state_free(o->state); break;
  default: thalnet_optimizer_free(o->optimizer); break;
  }
}

/* All 120 orders of five objects. */
static void every_order(int used) {
  for (int order = 0; order < 120; order++) {
    struct objects o;
    int left[OBJECTS] = {CENTER, BATCH, TRAINING_BATCH, STATE, OPTIMIZER}, rest = order;
    make(&o, used, order % 20 == 7);
    for (int count = OBJECTS; count > 0; count--) {
      int pick = rest % count;
      rest /= count;
      let_go(&o, left[pick]);
      memmove(left + pick, left + pick + 1, (size_t)(count - pick - 1) * sizeof left[0]);
      if (count > 1) {
        ck_assert_int_gt(atomic_load(&o.memory.live), 0);
      }
    }
    ck_assert_msg(atomic_load(&o.memory.live) == 0 && atomic_load(&o.memory.wrong) == 0, "order %d", order);
  }
}

START_TEST(every_order_of_freeing) {
  every_order(0);
  every_order(1);
  every_order(2);
}
END_TEST

/* A batch, a state or an optimizer keeps what it needs of the center: with the host's own reference gone their
 * contents are still there. The center itself is gone for the host, and a call with it says so. */
START_TEST(children_keep_the_center) {
  struct objects o;
  float x[9] = {0.25f}, y[12], output[24], row[100];
  make(&o, 1, 1);
  thalnet_center_free(o.net);
  EXPECT_OK(thalnet_batch_read_output(o.training, 0, output, 24));
  EXPECT_OK(thalnet_batch_begin(o.batch, 3, 2));
  EXPECT_OK(thalnet_state_reset(o.state, NULL, 0));
  ck_assert_uint_eq(thalnet_state_rows(o.state), 3);
  thalnet_batch_free(o.batch);
  thalnet_optimizer_free(o.optimizer);
  thalnet_batch_free(o.training);
  EXPECT(thalnet_state_step(o.net, o.state, x, 9, y, 12), THALNET_ERROR_HANDLE);
  EXPECT_OK(thalnet_state_read(o.state, 2, row, thalnet_state_values(o.state)));
  thalnet_state_free(o.state);
  ck_assert_int_eq(atomic_load(&o.memory.live), 0);
}
END_TEST

START_TEST(drafts_are_freed_at_any_point) {
  for (int stage = 0; stage < 7; stage++) {
    struct support_memory memory = {0};
    thalnet_memory hooks = support_memory_hooks(&memory);
    thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
    thalnet_center *net = NULL;
    thalnet_module *module = NULL;
    options.memory = &hooks;
    EXPECT_OK(thalnet_center_create(&options, &net));
    if (stage > 0) {
      EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
    }
    if (stage > 1) {
      EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    }
    if (stage > 2) {
      EXPECT_OK(thalnet_module_add_gru(module, 4, NULL));
    }
    if (stage > 3) {
      EXPECT_OK(thalnet_module_add_reader(module, THALNET_SOFTMAX, 4, NULL, NULL));
    }
    if (stage > 4) {
      EXPECT_OK(thalnet_module_connect_input(module, 0));
    }
    if (stage > 5) {
      EXPECT(thalnet_module_connect_input(module, 0), THALNET_ERROR_ARGUMENT);
    }
    thalnet_center_free(net);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
    ck_assert_int_eq(atomic_load(&memory.wrong), 0);
  }
}
END_TEST

/* Hooks are copied: the structures may go away once the call that took them has returned. */
START_TEST(hooks_are_copied) {
  struct support_memory memory = {0};
  struct support_executor executor = {.threads = 0};
  thalnet_memory *memory_hooks = malloc(sizeof *memory_hooks);
  thalnet_executor *executor_hooks = malloc(sizeof *executor_hooks);
  thalnet_center_options *options = malloc(sizeof *options);
  *memory_hooks = support_memory_hooks(&memory);
  *executor_hooks = support_executor_hooks(&executor);
  *options = (thalnet_center_options)THALNET_CENTER_OPTIONS_INIT;
  options->memory = memory_hooks;
  options->executor = executor_hooks;
  options->threads = 2;
  options->chunk_sequences = 1;
  thalnet_center *net = support_net(SUPPORT_SMALL, options);
  memset(memory_hooks, 0xa5, sizeof *memory_hooks);
  memset(executor_hooks, 0xa5, sizeof *executor_hooks);
  memset(options, 0xa5, sizeof *options);
  free(memory_hooks);
  free(executor_hooks);
  free(options);
  thalnet_batch *batch = support_batch(net, 4, 2);
  support_fill(net, batch, 4, 2, 1);
  EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
  ck_assert_int_gt(atomic_load(&executor.tasks), 0);
  thalnet_center_free(net);
  thalnet_batch_free(batch);
  ck_assert_int_eq(atomic_load(&memory.live), 0);
}
END_TEST

/* Names and arrays are copied too. */
START_TEST(arguments_are_copied) {
  thalnet_center *net = NULL;
  thalnet_module *module = NULL;
  char *name = malloc(8);
  strcpy(name, "moment");
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, name, 2, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, name, 2, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, name, NULL, &module));
  memset(name, 'x', 7);
  free(name);
  EXPECT_OK(thalnet_module_add_gru(module, 3, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_center_build(net, 1));
  ck_assert_int_eq(thalnet_center_find_input(net, "moment"), 0);
  ck_assert_int_eq(thalnet_center_find_output(net, "moment"), 0);
  ck_assert_int_eq(thalnet_center_find_module(net, "moment"), 0);
  thalnet_batch *batch = support_batch(net, 1, 2);
  float *x = malloc(4 * sizeof *x), first[4], second[4];
  int32_t *labels = calloc(2, sizeof *labels);
  support_randoms(x, 4, 1);
  EXPECT_OK(thalnet_batch_begin(batch, 1, 2));
  EXPECT_OK(thalnet_batch_set_inputs(batch, 0, x, 4));
  EXPECT_OK(thalnet_batch_set_labels(batch, 0, labels, 2));
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_read_output(batch, 0, first, 4));
  memset(x, 0xff, 4 * sizeof *x);
  memset(labels, 0x7f, 2 * sizeof *labels);
  free(x);
  free(labels);
  EXPECT_OK(thalnet_forward(net, batch, NULL));
  EXPECT_OK(thalnet_batch_read_output(batch, 0, second, 4));
  ck_assert(support_same(first, second, 4));
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {nothing_is_freed_happily,      every_order_of_freeing, children_keep_the_center,
                                drafts_are_freed_at_any_point, hooks_are_copied,       arguments_are_copied};
  return SUPPORT_RUN("lifetime", tests);
}
