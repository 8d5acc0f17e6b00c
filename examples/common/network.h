/* SPDX-License-Identifier: MIT */
/* The networks that the programs train: a ThalNet of equal modules, or, to compare it with, a plain stack of GRUs. */
#ifndef EXAMPLE_NETWORK_H
#define EXAMPLE_NETWORK_H

#include <stdint.h>

#include <thalnet/thalnet.h>

#include "error.h"
#include "options.h"

enum { EXAMPLE_MODULE_LIMIT = 256 };

/* What the task puts in and wants out. */
struct example_ports {
  const char *input, *output;               /* their names */
  size_t input_sizes[EXAMPLE_MODULE_LIMIT]; /* values of a frame, or kinds of tokens */
  size_t input_count;      /* 1: one input for all; more: one for each module in turn, and all for a plain GRU */
  const char *input_words; /* what one of several inputs has, such as "a slice of the row" */
  size_t output_size;      /* classes */
  int32_t tokens;          /* 1: the inputs are tokens */
  int32_t steps_per_frame; /* of inputs and outputs */
  int32_t inputs[EXAMPLE_MODULE_LIMIT];  /* their numbers in the built network */
  int32_t outputs[EXAMPLE_MODULE_LIMIT]; /* the same of the outputs */
  size_t output_count;
};

struct example_network {
  const char *model;   /* thalnet: modules around a center; gru: one module without reader, a plain stack */
  const char *connect; /* all: every module has input and output; ends: input at the first, output at the last */
  const char *output;  /* joint: one output, connected to the modules; each: one for each module, averaged */
  const char *stack;   /* the layers of a module: gru, dense-gru, gru-dense, dense-gru-dense, dense */
  const char *cell;    /* what recurrent layers are: gru, lstm */
  const char *reader;  /* linear, weight_norm, softmax, gaussian, gaussian_normalized, none */
  const char *own;     /* what readers do with their own module's features: read, skip */
  long modules;
  long features; /* units of the topmost layer; of a plain GRU, of all its recurrent layers */
  long units;    /* of recurrent layers below a dense one */
  long dense;    /* units of a dense layer below the recurrent ones; 0: none */
  long layers;   /* recurrent layers of a module */
  long context;  /* values that each module reads from the center */
  long budget;   /* parameters */
  int in_order;  /* modules take a step one after the other; else together, from the center of the step before */
  int learned_start, layer_norm;
  double zoneout, cell_zoneout, gate_bias;
  double reader_gain;                      /* of static readers; 0: 1 */
  const char *time_scale;                  /* a number for all modules, or one for each, with commas between them */
  float time_scales[EXAMPLE_MODULE_LIMIT]; /* the same; 0: none */
  int32_t features_given, units_given, dense_given, context_given, budget_given; /* by the user: never changed */
  struct example_ports ports;
};

/* Adds the options that the fields above come from. */
void example_network_add_options(struct example_network *network, struct example_program *program);

/* Nothing is chosen yet. */
void example_network_start(struct example_network *network);

/* Fills in what was not given from a network that has everything, and finds contradictions. */
int example_network_finish(struct example_network *network, const struct example_network *defaults,
                           struct example_error *error);

/* Networks are compared at equal size. With a budget that the user gave, sizes that the user did not give become the
 * largest that stay within it, in proportion; otherwise they shrink where the budget asks for it. Softmax readers need
 * this most: nearly all parameters are theirs. */
thalnet_status example_network_fit(struct example_network *network);

/* Creates and builds the network, and notes the numbers of its inputs and outputs. */
thalnet_status example_network_build(struct example_network *network, const thalnet_center_options *options,
                                     uint64_t seed, thalnet_center **net_out);

/* Adds one more module of its kind, with its reader, to a center under construction; `number` chooses its time scale. What it is
 * connected to is the caller's. */
thalnet_status example_network_add_module(const struct example_network *network, thalnet_center *net, long number,
                                          thalnet_module **module_out);

/* Loads a saved network in place of building one; it must have the ports' inputs and outputs. */
int example_network_load(struct example_network *network, const thalnet_center_options *options, const char *path,
                         thalnet_center **net_out, struct example_error *error);

/* Prints one line. */
void example_network_print(const struct example_network *network, const thalnet_center *net);

#endif
