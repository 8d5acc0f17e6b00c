/* SPDX-License-Identifier: MIT */
/* One configuration made real: the network, numbers for everything, and the loss as a function of one vector of
 * variables (parameters, dense inputs, memory at the start). */
#ifndef GRADIENT_PROBLEM_H
#define GRADIENT_PROBLEM_H

#include <thalnet/thalnet.h>

#include "gradient/config.h"

enum { ARRAYS_MAX = 400 };
enum { SECTION_PARAMETERS = 1, SECTION_INPUTS = 2, SECTION_START = 4, SECTION_ALL = 7 };

/* A part of the variables whose gradient is compared as one array: a tensor, but the rows of each gate of a GRU or
 * LSTM by themselves; an input; the center and the layers' memory at the start of one sequence. */
typedef struct array {
  char name[96];
  int section;
  size_t place, count;
} array;

/* What belongs to an output; an array that the output does not want is NULL. */
typedef struct output_data {
  size_t frames, items; /* output frames a sequence; labels or targets in all */
  int32_t *labels;
  double *targets;
  double *weights;
  double *coefficients; /* [item][value] of the test's own loss, see problem_loss */
} output_data;

typedef struct problem {
  config spec;
  thalnet_center *net;
  thalnet_batch *training, *evaluation; /* the second is not for backward */
  thalnet_state *state;
  size_t parameters, state_values, total;
  size_t input_place[INPUTS_MAX], input_count[INPUTS_MAX], input_frames[INPUTS_MAX]; /* count 0: tokens, or not set */
  size_t start_place;
  double *values; /* [total]: parameters | inputs | start */
  int32_t *tokens[INPUTS_MAX];
  int32_t *lengths; /* in frames of the batch; always filled in */
  uint8_t *resets;  /* likewise */
  output_data output[OUTPUTS_MAX];
  array array[ARRAYS_MAX];
  size_t arrays;
} problem;

/* Builds the network, allocates; problem_free takes everything back. */
void problem_create(problem *p, const config *spec);
void problem_free(problem *p);

/* Draws all numbers of the problem; each attempt gives others. */
void problem_draw(problem *p, size_t attempt);

/* Lists the arrays; part of problem_create. */
void problem_list_arrays(problem *p);

/* The place of a tensor in the values; the test fails when there is none. */
size_t problem_tensor(const problem *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Hands the sections' values to the library. */
void problem_set(const problem *p, int sections);

/* The state with the values at the start of all sequences; NULL where they start without one. */
thalnet_state *problem_begin(const problem *p);

/* The loss through thalnet_forward (where numbers are drawn, thalnet_forward_backward) at the values handed over last: over the
 * outputs loss weight * loss_sum / weight_sum, plus for outputs with host set the sum of c (y + y^2 / 2). */
double problem_loss(const problem *p);

/* The gradient of that by the library, [total]; returns the loss seen on the way. */
double problem_gradient(const problem *p, double *gradient);

/* True where an output item counts: inside the sequence, with a label and a weight above 0. */
int problem_counts(const problem *p, size_t output, size_t item);

#endif
