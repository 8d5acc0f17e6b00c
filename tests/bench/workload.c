/* SPDX-License-Identifier: MIT */
#include "workload.h"

#include <string.h>

static const struct bench_workload workloads[] = {
    /* name, modules, dense, layers, units, context, input, tokens, classes, every frame, sequences, frames, parameters */
    {"W1", 1, 0, 4, 45, 0, 28, 0, 10, 0, 50, 28, 47845},
    {"W2", 4, 32, 1, 32, 32, 28, 0, 10, 0, 50, 28, 47182},
    {"W3", 1, 0, 1, 2000, 0, 256, 1, 256, 1, 100, 50, 14060256},
    {"W4", 4, 400, 1, 600, 400, 256, 1, 256, 1, 100, 50, 11952260},
    {"GRU110", 1, 0, 1, 110, 0, 28, 0, 10, 0, 50, 28, 47310},
};

struct bench_workload bench_workload(const char *name, int small) {
  struct bench_workload w = {.name = NULL};
  for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++) {
    if (!strcmp(workloads[i].name, name)) w = workloads[i];
  }
  if (small && w.every_frame) {
    w.dense /= 10, w.units /= 10, w.context /= 10, w.sequences /= 10, w.frames /= 5;
    w.parameters = 0;
  }
  return w;
}

/* Of one step of one sequence, without the output. */
static double step_products(const struct bench_workload *w) {
  double sum = 0;
  for (size_t i = 0; i < w->modules; i++) {
    size_t width = w->context + (i == 0 && !w->tokens ? w->input : 0);
    sum += (double)w->context * (double)(w->modules * w->units);
    if (w->dense) {
      sum += (double)width * (double)w->dense;
      width = w->dense;
    }
    for (size_t layer = 0; layer < w->layers; layer++) {
      sum += 3.0 * (double)w->units * (double)(width + w->units);
      width = w->units;
    }
  }
  return sum;
}

double bench_forward_flops(const struct bench_workload *w) {
  double outputs = (double)(w->every_frame ? w->frames : 1);
  return 2 * ((double)w->frames * step_products(w) + outputs * (double)w->units * (double)w->classes);
}

const char *bench_unit(const struct bench_workload *w) { return w->every_frame ? "characters" : "sequences"; }

size_t bench_units(const struct bench_workload *w) { return w->sequences * (w->every_frame ? w->frames : 1); }

double bench_training_flops(const struct bench_workload *w) {
  return 3 * bench_forward_flops(w) * (double)w->sequences / (double)bench_units(w);
}
