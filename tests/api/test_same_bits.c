/* SPDX-License-Identifier: MIT */
/* Training leaves the same bits however many threads there are, whoever runs them and in whichever order, in a forked
 * child too. */
#include "trainings.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef STEPS
#define STEPS 100 /* of the plain networks; a tenth of the others */
#endif
enum { FEW = STEPS / 10 > 2 ? STEPS / 10 : 2 };

/* --- threads of the host ------------------------------------------------------------------------------------------ */

struct host {
  size_t threads; /* 0: the caller runs all tasks, the first first */
  atomic_int runs;
};

struct host_work {
  void (*task)(void *argument, size_t index);
  void *argument;
  atomic_size_t left;
};

static void *host_thread(void *argument) {
  struct host_work *work = argument;
  size_t left = atomic_load(&work->left);
  while (left > 0) {
    if (atomic_compare_exchange_weak(&work->left, &left, left - 1)) {
      work->task(work->argument, left - 1); /* the last one first */
      left = atomic_load(&work->left);
    }
  }
  return NULL;
}

static void host_run(void *user, void (*task)(void *argument, size_t index), void *argument, size_t count) {
  struct host *host = user;
  atomic_fetch_add(&host->runs, 1);
  for (size_t i = 0; host->threads == 0 && i < count; i++) {
    task(argument, i);
  }
  if (host->threads > 0) {
    struct host_work work = {.task = task, .argument = argument};
    pthread_t threads[8];
    atomic_init(&work.left, count);
    for (size_t i = 0; i < host->threads; i++) {
      ck_assert_int_eq(pthread_create(&threads[i], NULL, host_thread, &work), 0);
    }
    for (size_t i = 0; i < host->threads; i++) {
      pthread_join(threads[i], NULL);
    }
  }
}

/* --- the same bits ------------------------------------------------------------------------------------------------ */

static thalnet_center_options with(int32_t threads, const thalnet_executor *executor) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.threads = threads;
  options.executor = executor;
  return options;
}

static void expect_same(const struct training *training, const struct record *reference, int32_t threads,
                        const thalnet_executor *executor, int steps, const char *who) {
  const thalnet_center_options options = with(threads, executor);
  struct record other = training_run(training, &options, steps);
  const char *difference = record_difference(reference, &other);
  ck_assert_msg(difference == NULL, "%s, %d threads %s: %s", training->name, (int)threads, who, difference);
  record_free(&other);
}

static void all_ways(const struct training *training, int steps) {
  static const int32_t many[] = {2, 3, 4, 8};
  static const struct {
    size_t threads;
    const char *who;
  } hosts[] = {{0, "of the caller alone"}, {3, "of the host, the last task first"}};
  const thalnet_center_options alone = with(1, NULL);
  struct record reference = training_run(training, &alone, steps);
  for (size_t i = 0; i < sizeof many / sizeof many[0]; i++) {
    expect_same(training, &reference, many[i], NULL, steps, "built in");
  }
  for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
    struct host host = {.threads = hosts[i].threads};
    const thalnet_executor executor = {sizeof executor, &host, host_run};
    expect_same(training, &reference, 4, &executor, steps, hosts[i].who);
    ck_assert_int_gt(atomic_load(&host.runs), 0);
  }
  record_free(&reference);
}

START_TEST(small_networks) {
  all_ways(&trainings[0], STEPS);
  for (int i = 1; i < SMALL_TRAININGS; i++) {
    all_ways(&trainings[i], FEW);
  }
}
END_TEST

START_TEST(large_network) { all_ways(&trainings[SMALL_TRAININGS], STEPS); }
END_TEST

START_TEST(large_networks) {
  for (int i = SMALL_TRAININGS + 1; i < TRAININGS; i++) {
    all_ways(&trainings[i], FEW);
  }
}
END_TEST

/* The comparison would see it: other chunks add in another order. */
START_TEST(other_chunks_are_other_bits) {
  for (int i = 0; i < TRAININGS; i++) {
    thalnet_center_options options = with(2, NULL);
    struct record one = training_run(&trainings[i], &options, 3);
    options.chunk_sequences = 3;
    struct record other = training_run(&trainings[i], &options, 3);
    ck_assert_msg(record_difference(&one, &other) != NULL, "%s", trainings[i].name);
    ck_assert_msg(!support_same(one.arrays[0], other.arrays[0], one.counts[0]), "%s", trainings[i].name);
    record_free(&one);
    record_free(&other);
  }
}
END_TEST

START_TEST(two_calls_are_one) {
  for (int i = 0; i < TRAININGS; i++) {
    struct training plain = trainings[i];
    plain.dropout = 0;
    plain.drops = 0;
    plain.zoneout = 0;
    for (int32_t threads = 1; threads <= 3; threads += 2) {
      const thalnet_center_options options = with(threads, NULL);
      struct record one = training_run(&plain, &options, 4), two = training_run_in_two_calls(&plain, &options, 4);
      const char *difference = record_difference(&one, &two);
      ck_assert_msg(difference == NULL, "%s, %d threads: %s", plain.name, (int)threads, difference);
      record_free(&one);
      record_free(&two);
    }
  }
}
END_TEST

/* --- after fork --------------------------------------------------------------------------------------------------- */

enum { CHILD_IS_DONE = 42 };

static void go_on(const struct training *training, thalnet_center *net, thalnet_batch *batch,
                  thalnet_optimizer *optimizer, uint64_t from, uint64_t to) {
  for (uint64_t step = from; step < to; step++) {
    training_fill(training, net, batch, step);
    EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
    EXPECT_OK(thalnet_step(optimizer, net));
  }
}

static int put(FILE *file, const float *values, size_t count) {
  return fwrite(values, sizeof *values, count, file) == count && fflush(file) == 0;
}

/* The child goes on with the parent's network, and trains one of its own; its parameters come back in a file. */
static void train_in_child(const struct training *training) {
  const thalnet_center_options options = with(4, NULL);
  struct record reference = training_run(training, &options, FEW);
  thalnet_center *net = training_net(training, &options);
  thalnet_batch *batch = training_batch(training, net);
  thalnet_optimizer *optimizer = support_optimizer(net, THALNET_ADAM, 0.002);
  const size_t count = thalnet_center_parameter_count(net);
  FILE *file = tmpfile();
  ck_assert_ptr_nonnull(file);
  go_on(training, net, batch, optimizer, 0, 3);
  const pid_t child = fork();
  ck_assert_int_ge(child, 0);
  if (child == 0) { /* a failing check would go on as if this were the parent: hence the special status at the end */
    alarm(100);
    go_on(training, net, batch, optimizer, 3, 6);
    float *parameters = support_parameters(net);
    struct record own = training_run(training, &options, FEW);
    _exit(record_difference(&reference, &own) == NULL && put(file, parameters, count) ? CHILD_IS_DONE : 1);
  }
  go_on(training, net, batch, optimizer, 3, 6);
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == CHILD_IS_DONE, "%s: the child ends with %d", training->name,
                status);
  float *parameters = support_parameters(net), *childs = calloc(count, sizeof *childs);
  rewind(file);
  ck_assert_uint_eq(fread(childs, sizeof *childs, count, file), count);
  ck_assert_msg(support_same(parameters, childs, count), "%s: the child goes on with other bits", training->name);
  free(parameters);
  free(childs);
  fclose(file);
  record_free(&reference);
  thalnet_optimizer_free(optimizer);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
}

START_TEST(a_forked_child_trains_on) {
  train_in_child(&trainings[0]);
  train_in_child(&trainings[SMALL_TRAININGS]);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {small_networks,    large_network,           large_networks, other_chunks_are_other_bits,
                                two_calls_are_one, a_forked_child_trains_on};
  return SUPPORT_RUN("same_bits", tests);
}
