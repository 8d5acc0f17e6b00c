/* SPDX-License-Identifier: MIT */
/* Who runs the tasks of a computing call: the caller alone, the built-in pool (pthreadpool) or the host's executor. */
#ifndef THALNET_CORE_THREADS_H
#define THALNET_CORE_THREADS_H

#include <stdatomic.h>
#include <stddef.h>

#include <thalnet/host.h>

typedef struct thalnet__threads {
  thalnet_executor executor; /* run NULL: the built-in pool */
  size_t count;              /* how many tasks at once */
  void *pool;                /* of pthreadpool; made by thalnet__threads_start */
  long process;              /* that made it: a forked child has none of its threads and makes its own */
  atomic_flag starting;
} thalnet__threads;

/* Makes the pool where one is needed and is not there, or belongs to the parent process. */
thalnet_status thalnet__threads_start(thalnet__threads *threads);

/* Calls task(argument, i) for i in 0..tasks-1, each with our floating-point mode, and returns when all are done. */
void thalnet__threads_run(const thalnet__threads *threads, void (*task)(void *argument, size_t index), void *argument,
                          size_t tasks);

void thalnet__threads_stop(thalnet__threads *threads);

#endif
