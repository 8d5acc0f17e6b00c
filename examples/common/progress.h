/* SPDX-License-Identifier: MIT */
/* What training tells whoever watches: on a terminal a bar that is redrawn in place, in a pipe or a file plain lines; and
 * one line an epoch in both. */
#ifndef EXAMPLE_PROGRESS_H
#define EXAMPLE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

struct example_progress {
  size_t epochs, steps; /* in all, and in an epoch */
  int terminal;
  double drawn;       /* when something was last printed */
  double trained;     /* seconds spent training, over all epochs */
  uint64_t sequences; /* trained on, over all epochs */
  /* of the running epoch: */
  size_t epoch, step; /* epoch counts from 1 */
  double started, loss_sum, weight_sum;
  uint64_t correct, labels;
};

void example_progress_start(struct example_progress *progress, size_t epochs, size_t steps);

void example_progress_epoch(struct example_progress *progress, size_t epoch);

/* After each step: what its batch gave. */
void example_progress_step(struct example_progress *progress, double loss_sum, double weight_sum, uint64_t correct,
                           uint64_t labels);

/* The steps of the epoch are over: the time after this call is not training. */
void example_progress_pause(struct example_progress *progress);

/* Prints the epoch's line, with the share of validation sequences that are right. */
void example_progress_report(struct example_progress *progress, double validation);

/* Takes the bar away, if there is one, before other text is printed. */
void example_progress_clear(const struct example_progress *progress);

/* Sequences a second spent training, over all epochs so far. */
double example_progress_speed(const struct example_progress *progress);

#endif
