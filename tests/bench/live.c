/* SPDX-License-Identifier: MIT */
#include "live.h"

#include <stdio.h>
#include <stdlib.h>

#include "contender.h"

enum { STEPS_MIN = 20000, STEPS_MAX = 2000000, FRAMES = 64 };

static void *allocate(void *user, size_t size, size_t alignment) {
  struct bench_live *live = user;
  void *memory = NULL;
  live->allocations++;
  if (alignment < sizeof(void *)) alignment = sizeof(void *);
  return posix_memalign(&memory, alignment, size) ? NULL : memory;
}

static void release(void *user, void *memory, size_t size, size_t alignment) {
  (void)user, (void)size, (void)alignment;
  free(memory);
}

int bench_live_open(void *context) {
  struct bench_live *live = context;
  struct bench_session *s = &live->session;
  thalnet_memory memory = {sizeof memory, live, allocate, release};
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  options.memory = &memory;
  if (bench_declare(s, &options)) return 1;
  thalnet_status status = thalnet_center_build(s->net, 1);
  if (!status) status = thalnet_state_create(s->net, 1, NULL, &live->state);
  s->values = bench_allocate(FRAMES * s->workload.input, sizeof *s->values);
  s->answers = bench_allocate(s->workload.classes, sizeof *s->answers);
  bench_fill(s->values, FRAMES * s->workload.input, 0, 1);
  live->times = bench_allocate(STEPS_MAX, sizeof *live->times);
  return bench_failed(status, s->workload.name);
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The end of a step is the start of the next: one look at the clock a step, some 20 ns, is part of the figure. */
int bench_live_measure(void *context, double seconds) {
  struct bench_live *live = context;
  struct bench_session *s = &live->session;
  const struct bench_workload *w = &s->workload;
  double start = bench_seconds(), before = start, now = start;
  size_t steps = 0, allocations = live->allocations;
  while (steps < STEPS_MAX && (steps < STEPS_MIN || now - start < seconds)) {
    const float *frame = s->values + steps % FRAMES * w->input;
    thalnet_status status = thalnet_state_step(s->net, live->state, frame, w->input, s->answers, w->classes);
    now = bench_seconds();
    if (bench_failed(status, w->name)) return 1;
    live->times[steps++] = now - before;
    before = now;
  }
  allocations = live->allocations - allocations;
  qsort(live->times, steps, sizeof *live->times, compare);
  printf("%.4g %.4g %zu\n", 1e6 * live->times[steps / 2], 1e6 * live->times[steps / 100 * 99], allocations);
  if (allocations) fprintf(stderr, "%s: %zu allocations in %zu steps\n", w->name, allocations, steps);
  return allocations != 0;
}
