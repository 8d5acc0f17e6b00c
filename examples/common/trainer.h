/* SPDX-License-Identifier: MIT */
/* The part of training that is the same in every program: epochs of steps, the validation after each of them, the test at
 * the end, Ctrl-C, the curve and the saved network. What differs between programs is a task: how a batch is filled, and how
 * the network is measured. */
#ifndef EXAMPLE_TRAINER_H
#define EXAMPLE_TRAINER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <thalnet/thalnet.h>

#include "development.h"
#include "progress.h"
#include "settings.h"

enum example_part { EXAMPLE_TRAIN, EXAMPLE_VALIDATION, EXAMPLE_TEST };

struct example_trainer;

/* A program's own part. `context` is handed to the calls. */
struct example_task {
  void *context;
  const struct example_scale *scale;              /* what is measured, and in which unit speed is */
  size_t sequences, frames;                       /* of a batch for training, at most */
  size_t evaluation_sequences, evaluation_frames; /* the same for evaluation */
  size_t steps;                                   /* an epoch has */
  int32_t carry;         /* 1: a batch goes on where the one before ended, but for its resets */
  int32_t measure_train; /* 1: the training part is measured as the others are; 0: it is what the last epoch gave */

  uint64_t fingerprint; /* of the training data: another one means other data */

  /* Fills the training batch of a step; epochs count from 1, steps from 0. */
  thalnet_status (*load)(void *context, thalnet_batch *batch, size_t epoch, size_t step);
  /* Counts labels and hits of the training batch that was just computed, where outputs vote; NULL: as the library counts
   * them for the one output. */
  thalnet_status (*count_hits)(void *context, thalnet_batch *batch, struct example_sums *sums);
  /* Measures the network as it is. */
  thalnet_status (*evaluate)(void *context, enum example_part part, double *value_out);
  /* Fills the evaluation batch with something to measure the routing on. */
  thalnet_status (*load_routing)(void *context, thalnet_batch *batch);
  /* What is left to do before the result is printed; returns the exit code. NULL: nothing. */
  int (*finish)(void *context);
};

struct example_trainer {
  const struct example_settings *settings;
  struct example_task task;
  struct example_network network; /* as it was fitted */
  thalnet_center *net;
  thalnet_batch *training, *evaluation;
  thalnet_state *state; /* of the training batch's sequences, where they are carried on */
  thalnet_optimizer *optimizer;
  thalnet_watch *watch;           /* NULL: nobody looks whether the training diverges */
  thalnet_watch_event event;      /* what it said last */
  double step_rate, step_loss;    /* of the last step */
  size_t saved_epoch, saved_step; /* of the last checkpoint; epoch 0: there is none */
  struct example_progress progress;
  double train, validation, test; /* measures */
  double started;                 /* the program */
  FILE *curve;
  struct example_development development; /* with --out */
  size_t epoch, step;                     /* done: this epoch up to this step */
  int time_is_up;
};

/* Says why a call of the library failed; its text names the call's offender. Returns the exit code. */
int example_library_failed(const char *program, thalnet_status status);

/* Fits and builds the network, or loads it, prints it, and makes batches and the optimizer. The task is set. */
int example_prepare(struct example_trainer *trainer);

/* Trains, tests, saves, and prints the result: all that follows. Returns the exit code; with a code other than success
 * nothing more should be done. */
int example_run(struct example_trainer *trainer);

void example_trainer_free(struct example_trainer *trainer);

/* --- for programs with a loop of their own, which builds `net` itself ----------------------------------------------------- */

/* Make the batches for training and evaluation, for all of the network's ports; and Adam or AdamW with a cosine over so many
 * steps, or, with 0, at a constant rate after the warm-up. */
thalnet_status example_create_batches(struct example_trainer *trainer);
thalnet_status example_create_optimizer(struct example_trainer *trainer, uint64_t total_steps);

/* One step. With a state every sequence goes on where it was; without, it starts from zero. */
thalnet_status example_train_step(struct example_trainer *trainer, size_t epoch, size_t step);

/* Whether training has taken as long as --max-seconds allows. */
int example_time_is_up(const struct example_trainer *trainer);

/* Averaged weights, where there are any, are what is evaluated and saved: the first call puts them in, the next one brings
 * the weights back that training goes on with. */
thalnet_status example_swap_averages(struct example_trainer *trainer);

void example_print_training(const struct example_settings *settings);

#endif
