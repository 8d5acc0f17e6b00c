/* SPDX-License-Identifier: MIT */
#include "core/threads.h"

#include "core/floating.h"
#include "core/status.h"

struct thalnet__task {
  void (*task)(void *argument, size_t index);
  void *argument;
};

/* The mode is the thread's own: set it in the thread that computes. */
static void thalnet__run_task(void *argument, size_t index) {
  const struct thalnet__task *call = argument;
  thalnet__floating mode = thalnet__floating_enter();
  call->task(call->argument, index);
  thalnet__floating_leave(mode);
}

#ifdef THALNET_HAVE_PTHREADPOOL

#include <errno.h>
#include <pthreadpool.h>
#include <unistd.h>

enum { THALNET__POOL_NEEDED = 1 };

static long thalnet__process(void) { return (long)getpid(); }

/* Waiting for threads sets errno. */
static void *thalnet__pool_create(size_t count) {
  const int before = errno;
  void *pool = pthreadpool_create(count);
  errno = before;
  return pool;
}

static void thalnet__pool_run(void *pool, struct thalnet__task *call, size_t tasks) {
  /* Idle workers sleep instead of spinning, even between the many short calls of a large network: the cores are the host's,
   * and where they are fewer than the threads, those that spin keep those that work from running. */
  pthreadpool_parallelize_1d(pool, thalnet__run_task, call, tasks, PTHREADPOOL_FLAG_YIELD_WORKERS);
}

static void thalnet__pool_destroy(void *pool) {
  const int before = errno;
  pthreadpool_destroy(pool);
  errno = before;
}

#else

enum { THALNET__POOL_NEEDED = 0 };

static long thalnet__process(void) { return 0; }

static void *thalnet__pool_create(size_t count) {
  (void)count;
  return NULL;
}

static void thalnet__pool_run(void *pool, struct thalnet__task *call, size_t tasks) {
  (void)pool;
  for (size_t i = 0; i < tasks; i++) thalnet__run_task(call, i);
}

static void thalnet__pool_destroy(void *pool) { (void)pool; }

#endif

static int thalnet__has_pool(const thalnet__threads *threads) {
  return threads->pool != NULL && threads->process == thalnet__process();
}

thalnet_status thalnet__threads_start(thalnet__threads *threads) {
  if (threads->executor.run != NULL || threads->count <= 1) return THALNET_OK;
  while (atomic_flag_test_and_set_explicit(&threads->starting, memory_order_acquire)) {}
  if (!thalnet__has_pool(threads)) {
    /* a pool of the parent process is only a shell here; destroying it would wait for threads that do not exist */
    threads->pool = thalnet__pool_create(threads->count);
    threads->process = thalnet__process();
  }
  const int missing = THALNET__POOL_NEEDED && threads->pool == NULL;
  atomic_flag_clear_explicit(&threads->starting, memory_order_release);
  return missing ? thalnet__fail(THALNET_ERROR_MEMORY, "no pool of %zu threads", threads->count) : THALNET_OK;
}

void thalnet__threads_run(const thalnet__threads *threads, void (*task)(void *argument, size_t index), void *argument,
                          size_t tasks) {
  struct thalnet__task call = {task, argument};
  if (tasks > 1 && threads->executor.run != NULL)
    threads->executor.run(threads->executor.user, thalnet__run_task, &call, tasks);
  else if (tasks > 1 && thalnet__has_pool(threads))
    thalnet__pool_run(threads->pool, &call, tasks);
  else
    for (size_t i = 0; i < tasks; i++) thalnet__run_task(&call, i);
}

void thalnet__threads_stop(thalnet__threads *threads) {
  if (thalnet__has_pool(threads)) thalnet__pool_destroy(threads->pool);
  threads->pool = NULL;
}
