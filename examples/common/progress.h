/* SPDX-License-Identifier: MIT */
/* What training tells whoever watches: on a terminal a bar that is redrawn in place, in a pipe or a file plain lines; and
 * one line an epoch in both. */
#ifndef EXAMPLE_PROGRESS_H
#define EXAMPLE_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

/* What is measured. */
struct example_scale {
  const char *measure; /* "accuracy", "bpc" */
  const char *unit;    /* of speed: "sequences", "characters" */
  int bits;            /* 1: the loss in bits, small is good; 0: the share of hits */
};

/* Sums over the labels seen so far. */
struct example_sums {
  double loss, weight; /* the mean loss is loss / weight, in nats */
  uint64_t hits, labels;
};

/* What these sums say on the scale. */
double example_measure(const struct example_scale *scale, const struct example_sums *sums);

struct example_progress {
  const struct example_scale *scale;
  size_t epochs, steps; /* in all, and in an epoch */
  int terminal, quiet;
  double drawn;           /* when something was last printed */
  double trained;         /* seconds spent training, over all epochs that are over */
  uint64_t labels;        /* trained on, over all epochs */
  uint64_t labels_before; /* of the epoch, before it was gone on with */
  /* of the running epoch: */
  size_t epoch, step; /* epoch counts from 1 */
  double started;
  struct example_sums sums;
};

void example_progress_start(struct example_progress *progress, const struct example_scale *scale, size_t epochs,
                            size_t steps, int quiet);

/* An epoch begins, or goes on after some steps with the sums as they are. */
void example_progress_epoch(struct example_progress *progress, size_t epoch, size_t step);

/* After each step: what its batch gave. */
void example_progress_step(struct example_progress *progress, const struct example_sums *step);

/* The steps of the epoch are over: the time after this call is not training. */
void example_progress_pause(struct example_progress *progress);

/* Seconds spent training so far, while an epoch runs. */
double example_progress_seconds(const struct example_progress *progress);

/* Prints the epoch's line, with what the validation gave. */
void example_progress_report(struct example_progress *progress, double validation);

/* Takes the bar away, if there is one, before other text is printed. */
void example_progress_clear(const struct example_progress *progress);

/* Sequences or characters a second spent training, over all epochs so far. */
double example_progress_speed(const struct example_progress *progress);

#endif
