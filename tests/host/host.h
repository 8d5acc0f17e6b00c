/* SPDX-License-Identifier: MIT */
/* What a host program usually has of its own: a way to give up, and data. The programs beside this file are what real
 * hosts write; each returns 0 when everything it relies on is true. */
#ifndef TESTS_HOST_HOST_H
#define TESTS_HOST_HOST_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <thalnet/thalnet.h>

/* The call succeeds, or the program says why not and ends. */
#define DO(call) host_do((call), #call, __FILE__, __LINE__)
/* What the program relies on. */
#define CHECK(condition) host_check((condition), #condition, __FILE__, __LINE__)

static inline void host_do(thalnet_status status, const char *call, const char *file, int line) {
  if (status == THALNET_OK) {
    return;
  }
  fprintf(stderr, "%s:%d: %s: %s: %s\n", file, line, call, thalnet_status_name(status), thalnet_error_text());
  exit(EXIT_FAILURE);
}

static inline void host_check(int condition, const char *text, const char *file, int line) {
  if (condition) {
    return;
  }
  fprintf(stderr, "%s:%d: not true: %s (last error: %s)\n", file, line, text, thalnet_error_text());
  exit(EXIT_FAILURE);
}

/* A number in [-1, 1), and an integer below a limit. */
static inline uint32_t host_next(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}
static inline float host_random(uint32_t *state) { return (float)host_next(state) / 8388608.0f - 1.0f; }
static inline int32_t host_below(uint32_t *state, uint32_t limit) { return (int32_t)(host_next(state) % limit); }

/* Mean loss of an output in the last computed batch. */
static inline double host_loss(const thalnet_batch *batch, int32_t output) {
  thalnet_measure measure = THALNET_MEASURE_INIT;
  DO(thalnet_batch_measure(batch, output, &measure));
  return measure.weight_sum > 0 ? measure.loss_sum / measure.weight_sum : 0;
}

#endif
