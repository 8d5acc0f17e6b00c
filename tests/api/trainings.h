/* SPDX-License-Identifier: MIT */
/* Networks of both engines, small ones (chunks of sequences for every thread) and large ones (threads share every
 * layer), and what training them leaves. */
#ifndef TESTS_API_TRAININGS_H
#define TESTS_API_TRAININGS_H

#include "support.h"

/* The last ones are layers of the host: as the first and third, with peepholes, leaky units. */
enum { CELL_GRU, CELL_GRU_BEFORE, CELL_LSTM, CELL_HOST_GRU, CELL_HOST_LSTM, CELL_HOST_PEEPS, CELL_HOST_LEAKY };

struct training {
  const char *name;
  int large;             /* which engine is meant; build asserts it by the number of parameters */
  size_t modules, input; /* the first input's size; with tokens, how many there are */
  int32_t tokens;
  size_t dense;        /* 0: none */
  int32_t cell, cells; /* which, and how many on top of each other */
  int32_t norm;        /* layer norm in all layers */
  size_t units, context;
  int32_t readers; /* 0: static ones; 1: dynamic ones among them */
  int32_t skip_own, learned_start, in_order;
  int32_t slow; /* steps_per_frame of a second, dense input; 0: there is none */
  int32_t settle;
  int final, lengths, resets, gradients; /* final labels; lengths and resets; gradients of inputs and state */
  float dropout;                         /* of the first input */
  int32_t drops;                         /* dropout of everything: 1: one mask for a sequence; 2: at every step */
  float zoneout;                         /* of hidden states and cells */
  double average;                        /* of the optimizer */
  size_t sequences, frames;
};

/* They are in trainings_table.c: the first ones small, the first of each engine plain. */
extern const struct training trainings[];
enum { SMALL_TRAININGS = 11, LARGE_TRAININGS = 18, TRAININGS = SMALL_TRAININGS + LARGE_TRAININGS };

thalnet_center *training_net(const struct training *training, const thalnet_center_options *options);
thalnet_batch *training_batch(const struct training *training, const thalnet_center *net);
/* Other contents for every step. */
void training_fill(const struct training *training, const thalnet_center *net, thalnet_batch *batch, uint64_t step);

/* What `steps` updates leave: all losses; gradients, parameters, memory, gradients of an input and the first memory,
 * averages of the parameters. */
enum { MOST_STEPS = 100, RECORD_ARRAYS = 6 };
struct record {
  double losses[MOST_STEPS];
  float *arrays[RECORD_ARRAYS];
  size_t counts[RECORD_ARRAYS];
};
struct record training_run(const struct training *training, const thalnet_center_options *options, int steps);
/* The same with thalnet_forward and thalnet_backward in place of thalnet_forward_backward; without dropout, that is, and they take the mean of zoneout. */
struct record training_run_in_two_calls(const struct training *training, const thalnet_center_options *options,
                                        int steps);
/* What differs, or NULL. */
const char *record_difference(const struct record *one, const struct record *other);
void record_free(struct record *record);

#endif
