/* SPDX-License-Identifier: MIT */
/* Cost against size: the network W2 with one of its sizes at a time made smaller and larger. The names of the measurements
 * are sweep-<size>-<value>-<train or infer>; their unit is one step of one sequence. */
#include <stdio.h>

#include "contender.h"
#include "session.h"

enum { OFFERS = 128, SMALL_MAX = 64 };

/* Calls of more operations take seconds, and are left out. */
#define CALL_FLOPS_MAX 150e9

static struct bench_offer offers[OFFERS];
static struct bench_session sessions[OFFERS];
static size_t count;

static void add(struct bench_workload w, const char *size, size_t value, int training) {
  double flops = bench_forward_flops(&w) * (training ? 3 : 1);
  if (flops * (double)w.sequences > CALL_FLOPS_MAX) return;
  struct bench_session *s = &sessions[count];
  struct bench_offer *offer = &offers[count++];
  *s = (struct bench_session){.workload = w, .reader = THALNET_WEIGHT_NORM, .threads = 1, .training = training};
  snprintf(offer->name, sizeof offer->name, "sweep-%s-%zu-%s", size, value, training ? "train" : "infer");
  offer->unit = "steps";
  offer->units = w.sequences * w.frames;
  offer->flops = flops / (double)w.frames;
  offer->context = s;
  offer->prepare = bench_open;
  offer->call = training ? bench_train : bench_evaluate;
  offer->release = bench_close; /* so many networks would not fit side by side */
}

static void sweep(const char *size, size_t *value_in_w, struct bench_workload *w, size_t first, size_t last) {
  size_t before = *value_in_w;
  for (size_t value = first; value <= last; value *= 2) {
    *value_in_w = value;
    for (int training = 0; training < 2; training++) add(*w, size, value, training);
  }
  *value_in_w = before;
}

/* Dense layer, GRU and context of a module grow together. */
static void sweep_features(struct bench_workload w, size_t last) {
  for (size_t value = 8; value <= last; value *= 2) {
    w.dense = w.units = w.context = value;
    for (int training = 0; training < 2; training++) add(w, "features", value, training);
  }
}

int main(int argc, char **argv) {
  struct bench_arguments arguments = bench_parse(argc, argv);
  struct bench_workload w = bench_workload("W2", 0);
  w.parameters = 0;
  int small = arguments.small;
  sweep("batch", &w.sequences, &w, 1, small ? SMALL_MAX : 512);
  sweep_features(w, small ? SMALL_MAX : 1024);
  sweep("frames", &w.frames, &w, 1, small ? SMALL_MAX : 1024);
  sweep("modules", &w.modules, &w, 1, small ? 4 : 32);
  return bench_serve(offers, count, &arguments);
}
