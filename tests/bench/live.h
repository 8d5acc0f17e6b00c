/* SPDX-License-Identifier: MIT */
/* The live step: one sequence, one frame at a time, every step timed by itself. */
#ifndef BENCH_LIVE_H
#define BENCH_LIVE_H

#include <stddef.h>

#include "session.h"

struct bench_live {
  struct bench_session session; /* its workload, frames of dense values, and its reader say what to run */
  thalnet_state *state;
  size_t allocations; /* calls of the network's allocator so far */
  double *times;      /* seconds of every step of a measurement */
};

/* These take a struct bench_live, as offers of a contender do. The answer is the median and the 99th percentile of a step in
 * microseconds, and the number of allocations, which must be 0: otherwise the measurement fails. */
int bench_live_open(void *live);
int bench_live_measure(void *live, double seconds);

#endif
