/* SPDX-License-Identifier: MIT */
/* What can be chosen in every program, besides the network: training, and what is written where. */
#ifndef EXAMPLE_SETTINGS_H
#define EXAMPLE_SETTINGS_H

#include "error.h"
#include "network.h"
#include "options.h"

struct example_settings {
  const char *program;                   /* its name */
  struct example_program command;        /* its options */
  const char *batch_option, *batch_help; /* how a program calls the number of sequences a step; NULL: batch */
  const char *epochs_help;               /* what its epochs are; NULL: passes over the training data */
  struct example_network network;

  const char *data; /* file or folder, or NULL: what the program makes itself */
  double train_share;

  long epochs, batch, seed, threads, warmup; /* -1: not given */
  double max_seconds;                        /* of training; 0: no limit */
  double rate, clip, weight_decay, smoothing;
  double average; /* of the weights that are evaluated and saved; 0: none */
  double input_dropout, variational_input_dropout, context_dropout, feature_dropout, module_dropout;

  const char *out, *load, *curve; /* a folder and two files, or NULL */
  long checkpoint_every;          /* epochs */
  long stop_after;                /* steps; -1: not given */
  int resume, no_test, curve_test, quiet;
};

/* What a program's settings are unless given. */
struct example_defaults {
  struct example_network network;
  long epochs, batch;
  double rate, input_dropout, weight_decay, average;
};

/* Nothing is chosen yet, and the command has no options. */
void example_settings_start(struct example_settings *settings, const char *program, const char *about);

/* Add options to the command. */
void example_settings_add_training(struct example_settings *settings);
void example_settings_add_output(struct example_settings *settings);
void example_settings_add_quiet(struct example_settings *settings); /* the last two of those for output alone */

/* Fills in what was not given. Returns -1 when the program should go on, otherwise its exit code after a complaint. */
int example_settings_finish(struct example_settings *settings, const struct example_defaults *defaults);

#endif
