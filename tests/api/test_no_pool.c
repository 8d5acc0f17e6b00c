/* SPDX-License-Identifier: MIT */
/* The pool of threads cannot be made, or is wanted by two threads at once: in a build, and in a child of the process that built,
 * which needs a pool of its own. Arranged by taking the place of pthreadpool_create and getpid: no process is forked here, the
 * library only believes that. A build without pthreadpool calls neither, and nothing happens. */
#include "support.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct pthreadpool;
struct pthreadpool *pthreadpool_create(size_t threads_count);

static atomic_int refuse, made, slow, generation;
static struct pthreadpool *last; /* that was made */

pid_t getpid(void) { return (pid_t)syscall(SYS_getpid) + atomic_load(&generation); }

struct pthreadpool *pthreadpool_create(size_t threads_count) {
  struct pthreadpool *(*create)(size_t) = NULL;
  void *found = dlsym(RTLD_NEXT, "pthreadpool_create");
  memcpy(&create, &found, sizeof create);
  if (atomic_load(&refuse)) {
    return NULL;
  }
  if (atomic_load(&slow)) {
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL); /* so that the other thread has to wait */
  }
  atomic_fetch_add(&made, 1);
  return last = create(threads_count);
}

/* What a child leaves to its parent. */
static void destroy(struct pthreadpool *pool) {
  void (*function)(struct pthreadpool *) = NULL;
  void *found = dlsym(RTLD_NEXT, "pthreadpool_destroy");
  memcpy(&function, &found, sizeof function);
  function(pool);
}

static int has_pools(void) {
  return strstr(thalnet_build_info(), "threads=pthreadpool") && dlsym(RTLD_NEXT, "pthreadpool_create");
}

static thalnet_center *threaded(int32_t kind) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.threads = 2;
  options.chunk_sequences = 1;
  return support_net(kind, &options);
}

START_TEST(a_build_without_pool) {
  if (!has_pools()) {
    return;
  }
  thalnet_center *net = threaded(SUPPORT_SMALL), *draft = NULL;
  EXPECT_OK(thalnet_center_edit(net, &draft));
  atomic_store(&refuse, 1);
  EXPECT(thalnet_center_build(draft, 1), THALNET_ERROR_MEMORY);
  ck_assert_str_eq(thalnet_error_text(), "no pool of 2 threads");
  ck_assert_int_eq(thalnet_center_is_built(draft), 0);
  atomic_store(&refuse, 0);
  EXPECT_OK(thalnet_center_build(draft, 1));
  float *a = support_parameters(net), *b = support_parameters(draft);
  ck_assert(support_same(a, b, thalnet_center_parameter_count(net)));
  free(a);
  free(b);
  thalnet_center_free(draft);
  thalnet_center_free(net);
}
END_TEST

/* Every computing call of a child says so, changes nothing, and works once there is a pool. */
START_TEST(a_child_without_pool) {
  if (!has_pools()) {
    return;
  }
  thalnet_center *net = threaded(SUPPORT_SMALL);
  struct pthreadpool *parents = last;
  thalnet_batch *batch = support_batch(net, 4, 3);
  thalnet_state *state = support_state(net, 4);
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  const unsigned char cut[16] = {0};
  float value;
  support_fill(net, batch, 4, 3, 1);
  float *rows = support_rows(state);
  atomic_fetch_add(&generation, 1);
  atomic_store(&refuse, 1);
  EXPECT(thalnet_forward(net, batch, state), THALNET_ERROR_MEMORY);
  EXPECT(thalnet_forward_backward(net, batch, state), THALNET_ERROR_MEMORY);
  EXPECT(thalnet_gradient_check(net, batch, NULL, NULL, NULL, 0, &result), THALNET_ERROR_MEMORY);
  EXPECT(thalnet_center_ablate(net, batch, cut, 16), THALNET_ERROR_MEMORY);
  float *after = support_rows(state);
  ck_assert(support_same(rows, after, 4 * thalnet_state_values(state)));
  EXPECT(thalnet_batch_read_output(batch, 0, &value, 1), THALNET_ERROR_STATE); /* nothing was computed */
  atomic_store(&refuse, 0);
  EXPECT_OK(thalnet_center_ablate(net, batch, cut, 16));
  EXPECT_OK(thalnet_forward_backward(net, batch, state));
  free(rows);
  free(after);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
  thalnet_center_free(net);
  destroy(parents);
}
END_TEST

struct evaluation {
  thalnet_center *net;
  thalnet_batch *batch;
  thalnet_status status;
};

static void *evaluate(void *argument) {
  struct evaluation *evaluation = argument;
  evaluation->status = thalnet_forward(evaluation->net, evaluation->batch, NULL);
  return NULL;
}

/* Two threads of a child whose first calls come together make one pool, and both compute. */
START_TEST(two_threads_make_one_pool) {
  if (!has_pools()) {
    return;
  }
  pthread_t threads[2];
  struct evaluation calls[2];
  thalnet_center *net = threaded(SUPPORT_READERS);
  struct pthreadpool *parents = last;
  for (size_t i = 0; i < 2; i++) {
    calls[i] = (struct evaluation){net, support_batch(net, 4, 3), THALNET_ERROR_STATE};
    support_fill(net, calls[i].batch, 4, 3, 1);
  }
  atomic_fetch_add(&generation, 1);
  atomic_store(&made, 0);
  atomic_store(&slow, 1);
  for (size_t i = 0; i < 2; i++) {
    ck_assert_int_eq(pthread_create(&threads[i], NULL, evaluate, &calls[i]), 0);
  }
  for (size_t i = 0; i < 2; i++) {
    ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    ck_assert_int_eq(calls[i].status, THALNET_OK);
  }
  atomic_store(&slow, 0);
  ck_assert_int_eq(atomic_load(&made), 1);
  float *a = support_output(net, calls[0].batch, 0, 4, 3), *b = support_output(net, calls[1].batch, 0, 4, 3);
  ck_assert(support_same(a, b, 48));
  free(a);
  free(b);
  for (size_t i = 0; i < 2; i++) {
    thalnet_batch_free(calls[i].batch);
  }
  thalnet_center_free(net);
  destroy(parents);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {a_build_without_pool, a_child_without_pool, two_threads_make_one_pool};
  return SUPPORT_RUN("no_pool", tests);
}
