/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "train/optimizer.h"

static double thalnet__cosine(const thalnet_optimizer_options *options, uint64_t steps) {
  if (steps <= options->warmup_steps) return 1;
  if (steps >= options->total_steps) return options->final_fraction;
  const double pi = 3.14159265358979323846;
  const double part = (double)(steps - options->warmup_steps) / (double)(options->total_steps - options->warmup_steps);
  return options->final_fraction + (1 - options->final_fraction) * 0.5 * (1 + cos(pi * part));
}

double thalnet__schedule_rate(const thalnet_optimizer_options *options, uint64_t steps) {
  double rate = options->rate;
  if (options->schedule == THALNET_SCHEDULE_STEP)
    rate *= pow(options->decay_factor, (double)(steps / options->decay_steps));
  if (options->schedule == THALNET_SCHEDULE_COSINE) rate *= thalnet__cosine(options, steps);
  if (steps < options->warmup_steps) rate *= (double)(steps + 1) / (double)options->warmup_steps;
  return rate;
}
