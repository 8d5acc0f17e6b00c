/* SPDX-License-Identifier: MIT */
/* Threads that break the rules, and processes: a second caller is told busy, a child of the process trains on. */
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- busy --------------------------------------------------------------------------------------------------------- */

struct meddler {
  thalnet_center *net, *grown;
  thalnet_batch *batch, *other;
  thalnet_state *state, *own;
  thalnet_optimizer *optimizer;
  int32_t training;
  char wrong[2000];
};

static void wants(struct meddler *m, thalnet_status got, thalnet_status wanted, const char *call) {
  size_t used = strlen(m->wrong);
  if (got == wanted || used + 200 > sizeof m->wrong) {
    return;
  }
  snprintf(m->wrong + used, sizeof m->wrong - used, "%s is %s; ", call, thalnet_status_name(got));
}
#define BUSY(call) wants(m, (call), THALNET_ERROR_BUSY, #call)
#define FREE(call) wants(m, (call), THALNET_OK, #call)

/* These calls also ask how far the batch is, which may be found out first. */
#define BUSY_OR_STATE(call)                                                                                            \
  do {                                                                                                                 \
    thalnet_status status_ = (call);                                                                                   \
    wants(m, status_ == THALNET_ERROR_STATE ? THALNET_ERROR_BUSY : status_, THALNET_ERROR_BUSY, #call);                \
  } while (0)

static void meddle_with_batch(struct meddler *m) {
  static float v[100];
  static int32_t n[100];
  static const uint64_t ids[4] = {0};
  static const uint8_t r[100] = {0};
  thalnet_measure measure = THALNET_MEASURE_INIT;
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  double losses[4];
  BUSY(thalnet_batch_begin(m->batch, 4, 2));
  BUSY(thalnet_batch_set_inputs(m->batch, 0, v, 24));
  BUSY(thalnet_batch_set_lengths(m->batch, n, 4));
  BUSY(thalnet_batch_set_resets(m->batch, r, 8));
  BUSY(thalnet_batch_set_ids(m->batch, ids, 4));
  BUSY(thalnet_batch_set_labels(m->batch, 0, n, 8));
  BUSY(thalnet_batch_set_final_labels(m->batch, 0, n, 4));
  BUSY(thalnet_batch_set_weights(m->batch, 0, v, 8));
  BUSY(thalnet_batch_set_final(m->batch, 0));
  BUSY(thalnet_batch_set_epoch(m->batch, 1));
  BUSY(thalnet_batch_set_input_dropout(m->batch, 0, 0.1f));
  BUSY(thalnet_batch_set_variational_input_dropout(m->batch, 0, 0.1f));
  BUSY(thalnet_batch_set_dropout(m->batch, NULL));
  BUSY(thalnet_batch_set_loss_weight(m->batch, 0, 1.0f));
  BUSY(thalnet_batch_set_label_smoothing(m->batch, 0, 0.1f));
  BUSY(thalnet_batch_measure(m->batch, 0, &measure));
  BUSY(thalnet_batch_read_losses(m->batch, 0, losses, 4));
  BUSY(thalnet_batch_read_output(m->batch, 0, v, 32));
  BUSY(thalnet_forward(m->net, m->batch, NULL));
  BUSY(thalnet_forward_backward(m->net, m->batch, NULL));
  BUSY(thalnet_backward(m->net, m->batch));
  BUSY(thalnet_gradient_check(m->net, m->batch, NULL, NULL, NULL, 0, &result));
  BUSY(thalnet_batch_set_tokens(m->batch, 1, n, 8));
  BUSY(thalnet_batch_set_targets(m->batch, 1, v, 16));
  BUSY(thalnet_batch_set_final_targets(m->batch, 1, v, 8));
  static const unsigned char cut[49] = {0};
  BUSY(thalnet_center_routing(m->net, m->batch, THALNET_ROUTING_SHARE, v, 4));
  BUSY(thalnet_center_wiring(m->net, m->batch, THALNET_ROUTING_SHARE, v, 49));
  BUSY(thalnet_center_trace_routing(m->net, m->batch, 0, THALNET_ROUTING_SHARE, v, 8));
  BUSY(thalnet_center_trace_features(m->net, m->batch, 0, v, 18));
  BUSY(thalnet_center_ablate(m->net, m->batch, cut, 49));
}

/* Results of an earlier computation are looked at while the next one runs: nobody gets half of both. */
static void meddle_with_results(struct meddler *m) {
  static float v[100];
  BUSY(thalnet_batch_read_output(m->batch, 0, v, 32));
  BUSY(thalnet_batch_read_final_output(m->batch, 2, v, 12));
  BUSY_OR_STATE(thalnet_batch_write_output_gradient(m->batch, 0, v, 32));
  BUSY_OR_STATE(thalnet_batch_write_final_output_gradient(m->batch, 2, v, 12));
  BUSY_OR_STATE(thalnet_batch_read_input_gradient(m->batch, 0, v, 24));
  float *states = calloc(4, thalnet_state_values(m->state) * sizeof *states);
  BUSY_OR_STATE(thalnet_batch_read_state_gradient(m->batch, states, 4 * thalnet_state_values(m->state)));
  free(states);
}

static void meddle(void *argument) {
  struct meddler *m = argument;
  thalnet_batch *created = NULL;
  float v[100] = {0}, *values = NULL;
  int32_t tokens[1] = {0};
  size_t row = 0, count = 0, all = thalnet_center_parameter_count(m->net);
  meddle_with_batch(m);
  BUSY(thalnet_state_reset(m->state, NULL, 0));
  BUSY(thalnet_state_copy(m->state, &row, m->own, &row, 1));
  BUSY(thalnet_state_copy(m->own, &row, m->state, &row, 1));
  BUSY(thalnet_state_read(m->state, 0, v, thalnet_state_values(m->state)));
  BUSY(thalnet_state_write(m->state, 0, v, thalnet_state_values(m->state)));
  meddle_with_results(m);
  BUSY(thalnet_state_set_input(m->state, 0, v, 3));
  BUSY(thalnet_state_set_tokens(m->state, 1, tokens, 1));
  BUSY(thalnet_state_read_output(m->state, 0, v, 16));
  BUSY(thalnet_state_advance(m->net, m->state, 1));
  BUSY(thalnet_forward(m->net, m->other, m->state));
  thalnet_state *moved = NULL, *both[2] = {m->own, m->state};
  thalnet_checkpoint_contents states = THALNET_CHECKPOINT_CONTENTS_INIT;
  states.net = m->net;
  states.states = both;
  states.state_count = 2;
  BUSY(thalnet_state_move(m->state, m->grown, &moved));
  BUSY(thalnet_checkpoint_save_memory(&states, NULL, 0, &count));
  FREE(thalnet_state_reset(m->own, NULL, 0)); /* the other state of that call is free again */
  if (!m->training) {
    FREE(thalnet_forward(m->net, m->other, m->own));
    FREE(thalnet_state_advance(m->net, m->own, 1));
    return;
  }
  float *parameters = malloc(all * sizeof *parameters);
  memset(parameters, 0, all * sizeof *parameters);
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  BUSY(thalnet_forward_backward(m->net, m->other, NULL));
  BUSY(thalnet_gradient_check(m->net, m->other, NULL, NULL, NULL, 0, &result));
  BUSY(thalnet_center_write(m->net, NULL, parameters, all));
  BUSY(thalnet_center_begin_write(m->net, &values, &count));
  BUSY(thalnet_center_clear_gradients(m->net));
  BUSY(thalnet_step(m->optimizer, m->net));
  BUSY(thalnet_optimizer_swap_averages(m->optimizer, m->net));
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  contents.net = m->net;
  contents.optimizer = m->optimizer;
  BUSY(thalnet_checkpoint_save_memory(&contents, NULL, 0, &count));
  BUSY(thalnet_checkpoint_load_memory(parameters, all, &contents, NULL));
  FREE(thalnet_batch_create(m->net, 1, 1, NULL, &created)); /* making one neither computes nor writes */
  thalnet_batch_free(created);
  free(parameters);
}

START_TEST(a_second_caller_is_told_busy) {
  struct support_executor host = {.threads = 0};
  thalnet_executor hooks = support_executor_hooks(&host);
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.threads = 2;
  options.chunk_sequences = 1;
  options.executor = &hooks;
  struct meddler m = {.net = support_net(SUPPORT_TASKS, &options)};
  thalnet_batch_options all = THALNET_BATCH_OPTIONS_INIT;
  all.input_gradients = all.state_gradients = 1;
  EXPECT_OK(thalnet_batch_create(m.net, 4, 2, &all, &m.batch));
  m.other = support_batch(m.net, 1, 2);
  EXPECT_OK(thalnet_center_edit(m.net, &m.grown));
  EXPECT_OK(thalnet_center_build(m.grown, 1));
  m.state = support_state(m.net, 4);
  m.own = support_state(m.net, 1);
  m.optimizer = support_optimizer(m.net, THALNET_SGD, 0.1);
  support_fill(m.net, m.other, 1, 2, 1);
  support_fill(m.net, m.batch, 4, 2, 2);
  EXPECT_OK(thalnet_batch_set_final(m.batch, 2));
  EXPECT_OK(thalnet_state_advance(m.net, m.state, 4));
  EXPECT_OK(thalnet_state_reset(m.state, NULL, 0));
  EXPECT_OK(thalnet_forward_backward(m.net, m.batch, m.state));
  float *undisturbed = support_gradients(m.net), *disturbed;
  for (m.training = 0; m.training < 2; m.training++) {
    EXPECT_OK(thalnet_center_clear_gradients(m.net));
    EXPECT_OK(thalnet_state_reset(m.state, NULL, 0));
    host.meddle = meddle;
    host.argument = &m;
    EXPECT_OK(m.training ? thalnet_forward_backward(m.net, m.batch, m.state)
                         : thalnet_forward(m.net, m.batch, m.state));
    ck_assert(host.meddle == NULL);
    ck_assert_str_eq(m.wrong, "");
  }
  disturbed = support_gradients(m.net);
  ck_assert(support_same(undisturbed, disturbed, thalnet_center_parameter_count(m.net)));
  free(undisturbed);
  free(disturbed);
  thalnet_optimizer_free(m.optimizer);
  thalnet_state_free(m.state);
  thalnet_state_free(m.own);
  thalnet_batch_free(m.batch);
  thalnet_batch_free(m.other);
  thalnet_center_free(m.grown);
  thalnet_center_free(m.net);
}
END_TEST

/* Within a step the optimizer itself is taken. */
static void meddle_with_optimizer(void *argument) {
  struct meddler *m = argument;
  thalnet_optimizer *moved = NULL;
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  size_t size = 0;
  contents.net = m->net;
  contents.optimizer = m->optimizer;
  BUSY(thalnet_step(m->optimizer, m->net));
  BUSY(thalnet_optimizer_swap_averages(m->optimizer, m->net));
  BUSY(thalnet_optimizer_move(m->optimizer, m->grown, &moved));
  BUSY(thalnet_checkpoint_save("never", &contents, NULL));
  BUSY(thalnet_checkpoint_save_memory(&contents, NULL, 0, &size));
  BUSY(thalnet_checkpoint_load_memory("no", 2, &contents, NULL));
  contents.optimizer = NULL;
  BUSY(thalnet_checkpoint_load_memory("no", 2, &contents, NULL)); /* the center is */
  wants(m, moved == NULL && size == 0 ? THALNET_OK : THALNET_ERROR_STATE, THALNET_OK, "nothing handed out");
}

/* Large enough for the threads of a step. */
static thalnet_center *large_net(const thalnet_center_options *options) {
  thalnet_center *net = NULL;
  thalnet_module *module;
  EXPECT_OK(thalnet_center_create(options, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 4, THALNET_CROSS_ENTROPY, NULL, NULL));
  EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  EXPECT_OK(thalnet_module_add_gru(module, 420, NULL));
  EXPECT_OK(thalnet_module_connect_input(module, 0));
  EXPECT_OK(thalnet_module_connect_output(module, 0));
  EXPECT_OK(thalnet_center_build(net, 1));
  return net;
}

START_TEST(a_step_has_its_optimizer_for_itself) {
  struct support_executor host = {.threads = 0};
  thalnet_executor hooks = support_executor_hooks(&host);
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_optimizer_options averaging = THALNET_OPTIMIZER_OPTIONS_INIT;
  options.threads = 2;
  options.executor = &hooks;
  averaging.average = 0.9;
  struct meddler m = {.net = large_net(&options)};
  EXPECT_OK(thalnet_optimizer_create(m.net, THALNET_ADAM, &averaging, &m.optimizer));
  EXPECT_OK(thalnet_center_edit(m.net, &m.grown));
  EXPECT_OK(thalnet_center_build(m.grown, 1));
  m.batch = support_batch(m.net, 1, 1);
  support_fill(m.net, m.batch, 1, 1, 1);
  EXPECT_OK(thalnet_forward_backward(m.net, m.batch, NULL));
  host.meddle = meddle_with_optimizer;
  host.argument = &m;
  EXPECT_OK(thalnet_step(m.optimizer, m.net));
  ck_assert(host.meddle == NULL);
  ck_assert_str_eq(m.wrong, "");
  ck_assert_uint_eq(thalnet_optimizer_steps(m.optimizer), 1);
  ck_assert_int_eq(thalnet_optimizer_averages_swapped(m.optimizer), 0);
  thalnet_optimizer_free(m.optimizer);
  thalnet_batch_free(m.batch);
  thalnet_center_free(m.grown);
  thalnet_center_free(m.net);
}
END_TEST

/* So is a center whose parameters are lent. */
START_TEST(a_lent_center_is_busy) {
  struct meddler lent = {.net = support_net(SUPPORT_TASKS, NULL)}, *m = &lent;
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  float v[49] = {0}, zero[4] = {0}, *values;
  size_t count;
  lent.batch = support_batch(lent.net, 1, 2);
  support_fill(lent.net, lent.batch, 1, 2, 1);
  contents.net = lent.net;
  EXPECT_OK(thalnet_center_begin_write(lent.net, &values, &count));
  BUSY(thalnet_center_trace_routing(m->net, m->batch, 0, THALNET_ROUTING_SHARE, v, 8));
  BUSY(thalnet_center_trace_features(m->net, m->batch, 0, v, 18));
  BUSY(thalnet_center_wiring(m->net, m->batch, THALNET_ROUTING_SHARE, v, 49));
  BUSY(thalnet_center_write_gradient(m->net, "outputs.0.bias", zero, 4));
  BUSY(thalnet_center_clear_gradients(m->net));
  BUSY(thalnet_center_set_frozen(m->net, "", 1));
  BUSY(thalnet_checkpoint_save_memory(&contents, NULL, 0, &count));
  EXPECT_OK(thalnet_center_end_write(lent.net));
  ck_assert_str_eq(lent.wrong, "");
  EXPECT_OK(thalnet_center_trace_features(m->net, m->batch, 0, v, 18));
  thalnet_batch_free(lent.batch);
  thalnet_center_free(lent.net);
}
END_TEST

/* The short form sets, advances and reads, but is one call for others. */
struct stepper {
  thalnet_center *net;
  thalnet_state *state;
  float settled[4];
  atomic_int go, wrong, served, strange;
};

static const float steady[3] = {0.5f, 0.25f, -1.0f};

static void *step_along(void *argument) {
  struct stepper *stepper = argument;
  float y[4];
  while (!atomic_load(&stepper->go)) {}
  for (int i = 0; i < 20000; i++) {
    thalnet_status status = thalnet_state_step(stepper->net, stepper->state, steady, 3, y, 4);
    if (status != THALNET_OK && status != THALNET_ERROR_BUSY) {
      atomic_fetch_add(&stepper->wrong, 1);
    }
    if (status != THALNET_OK) {
      continue;
    }
    atomic_fetch_add(&stepper->served, 1);
    if (!(support_distance(y, stepper->settled, 4) < 1e-4)) {
      atomic_fetch_add(&stepper->strange, 1);
    }
  }
  return NULL;
}

/* Two threads that break the rule and share a state: each call is served whole or refused. The state has settled on a
 * steady input, so that a frame without it, which two interleaved calls could make, would show in the answers. */
START_TEST(two_threads_on_one_state) {
  struct stepper stepper = {.net = support_net(SUPPORT_SMALL, NULL)};
  pthread_t threads[2];
  stepper.state = support_state(stepper.net, 1);
  for (int i = 0; i < 500; i++) {
    EXPECT_OK(thalnet_state_step(stepper.net, stepper.state, steady, 3, stepper.settled, 4));
  }
  for (int i = 0; i < 2; i++) {
    ck_assert_int_eq(pthread_create(&threads[i], NULL, step_along, &stepper), 0);
  }
  atomic_store(&stepper.go, 1);
  for (int i = 0; i < 2; i++) {
    pthread_join(threads[i], NULL);
  }
  ck_assert_int_gt(atomic_load(&stepper.served), 0);
  ck_assert_int_eq(atomic_load(&stepper.wrong), 0);
  ck_assert_int_eq(atomic_load(&stepper.strange), 0);
  thalnet_state_free(stepper.state);
  thalnet_center_free(stepper.net);
}
END_TEST

/* Batches for training are made by many threads at once; the gradients of the center come with the first. */
static void *make_batches(void *argument) {
  thalnet_status status = THALNET_OK;
  for (int i = 0; i < 20 && !status; i++) {
    thalnet_batch *batch = NULL;
    status = thalnet_batch_create(argument, 2, 2, NULL, &batch);
    thalnet_batch_free(batch);
  }
  return status ? argument : NULL;
}

START_TEST(batches_are_made_by_many_threads) {
  for (int round = 0; round < 20; round++) {
    struct support_memory memory = {0};
    thalnet_memory hooks = support_memory_hooks(&memory);
    thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
    pthread_t threads[4];
    options.memory = &hooks;
    thalnet_center *net = support_net(SUPPORT_SMALL, &options);
    for (int i = 0; i < 4; i++) {
      ck_assert_int_eq(pthread_create(&threads[i], NULL, make_batches, net), 0);
    }
    for (int i = 0; i < 4; i++) {
      void *failed = net;
      pthread_join(threads[i], &failed);
      ck_assert_ptr_null(failed);
    }
    thalnet_center_free(net);
    ck_assert_int_eq(atomic_load(&memory.live), 0);
  }
}
END_TEST

/* --- fork --------------------------------------------------------------------------------------------------------- */

/* Trains and tells a sum of all gradients; 0 on failure. */
static float train_once(thalnet_center *net, thalnet_batch *batch) {
  float sum = 0, *gradients = malloc(thalnet_center_parameter_count(net) * sizeof *gradients);
  if (thalnet_forward_backward(net, batch, NULL)) {
    return 0;
  }
  if (thalnet_center_read_gradient(net, NULL, gradients, thalnet_center_parameter_count(net))) {
    return 0;
  }
  for (size_t i = 0; i < thalnet_center_parameter_count(net); i++) {
    sum += gradients[i] * (float)(i % 7);
  }
  free(gradients);
  return thalnet_center_clear_gradients(net) ? 0 : sum;
}

/* "After fork a child may train with a new pool": with the parent's center and batch, and the same bits. */
START_TEST(a_child_trains_on) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.threads = 3;
  options.chunk_sequences = 2;
  thalnet_center *net = support_net(SUPPORT_SMALL, &options);
  thalnet_batch *batch = support_batch(net, 9, 4);
  support_fill(net, batch, 9, 4, 1);
  float expected = train_once(net, batch);
  ck_assert(expected != 0.0f);
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(train_once(net, batch) == expected && train_once(net, batch) == expected ? 0 : 1);
  }
  int status = -1;
  ck_assert_int_gt(child, 0);
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child ends with %d", status);
  ck_assert(train_once(net, batch) == expected);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
      a_second_caller_is_told_busy, a_step_has_its_optimizer_for_itself, a_lent_center_is_busy,
      two_threads_on_one_state,     batches_are_made_by_many_threads,    a_child_trains_on};
  return SUPPORT_RUN("busy", tests);
}
