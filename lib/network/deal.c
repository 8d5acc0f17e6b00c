/* SPDX-License-Identifier: MIT */
#include "network/deal.h"

#include <stdatomic.h>

#include "core/checked.h"

typedef struct thalnet__dealing {
  thalnet__deal_task *task;
  void *argument;
  size_t tasks;
  atomic_size_t next;
} thalnet__dealing;

static void thalnet__deal_worker(void *argument, size_t worker) {
  thalnet__dealing *dealing = argument;
  for (size_t index; (index = atomic_fetch_add_explicit(&dealing->next, 1, memory_order_relaxed)) < dealing->tasks;)
    dealing->task(dealing->argument, index, worker);
}

void thalnet__deal(const thalnet__work *work, thalnet__deal_task *task, void *argument, size_t tasks) {
  const size_t workers = thalnet__min(work->workers, tasks);
  if (workers <= 1) {
    for (size_t index = 0; index < tasks; index++) task(argument, index, 0);
    return;
  }
  thalnet__dealing dealing = {.task = task, .argument = argument, .tasks = tasks};
  atomic_init(&dealing.next, 0);
  thalnet__threads_run(&work->net->threads, thalnet__deal_worker, &dealing, workers);
}
