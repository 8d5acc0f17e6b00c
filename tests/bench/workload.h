/* SPDX-License-Identifier: MIT */
/* The networks that are measured. Every contender computes the same ones. */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stddef.h>

enum { BENCH_NAME = 64 };

/* All modules are alike: an optional dense layer (relu), then GRU layers. Module 0 has the input, the last one the output. */
struct bench_workload {
  const char *name;
  size_t modules;
  size_t dense;   /* units, 0: no dense layer */
  size_t layers;  /* GRU layers of a module */
  size_t units;   /* of each GRU layer */
  size_t context; /* 0: no reader */
  size_t input;   /* values a frame, or different tokens */
  int tokens;     /* 1: every frame is one token, whose product is a gather and counts nothing */
  size_t classes;
  int every_frame; /* 1: a label at every frame, 0: one at the end */
  size_t sequences, frames;
  size_t parameters; /* trainable numbers that the network must have; 0: not checked */
};

/* The workload of that name; small: large ones with a tenth of the units, so that a batch takes no time. Where there is none
 * its name is NULL. */
struct bench_workload bench_workload(const char *name, int small);

/* Multiplications and additions of one forward pass over one sequence. */
double bench_forward_flops(const struct bench_workload *w);

/* What a speed of this workload counts: sequences, or with a label at every frame the frames. */
const char *bench_unit(const struct bench_workload *w);
size_t bench_units(const struct bench_workload *w);

/* Multiplications and additions of training a unit: forward, and twice as many backward. */
double bench_training_flops(const struct bench_workload *w);

#endif
