/* SPDX-License-Identifier: MIT */
/* The configurations of the gradient check: every stack of layers times every reader times every number of frames, the
 * other properties drawn for each from its number. */
#ifndef GRADIENT_CONFIG_H
#define GRADIENT_CONFIG_H

#include <stddef.h>
#include <stdint.h>

enum { MODULES_MAX = 4, LAYERS_MAX = 3, INPUTS_MAX = 2, OUTPUTS_MAX = 3, CONFIGS = 360, GENERATIONS = 3 };

enum { LAYER_DENSE, LAYER_GRU, LAYER_LSTM };
enum {
  READER_NONE,
  READER_LINEAR,
  READER_WEIGHT_NORM,
  READER_SOFTMAX,
  READER_GAUSSIAN,
  READER_GAUSSIAN_NORMALIZED,
  READERS
};

typedef struct layer_spec {
  int kind;
  int option; /* of a dense layer its activation, of a GRU where the reset gate is applied */
  size_t units;
  int norm; /* layer norm */
} layer_spec;

typedef struct module_spec {
  size_t layers;
  layer_spec layer[LAYERS_MAX];
  int reader;
  size_t context;
  int skip_own;             /* the reader leaves the module's own features out */
  unsigned inputs, outputs; /* bit i: connected to input, output i */
  double zoneout[LAYERS_MAX], cell_zoneout[LAYERS_MAX];
  /* The network is edited: the module is there from one generation on, with `young` features until another one (0: with all). */
  int born, grown;
  size_t young;
} module_spec;

typedef struct input_spec {
  size_t size;
  int steps; /* per frame */
  int tokens;
  int absent; /* never set */
} input_spec;

typedef struct output_spec {
  size_t size;
  int loss;
  int steps;    /* per frame; 0: as the first input */
  int final;    /* only the values after the last frame and the settle steps */
  int weighted; /* labels or targets have weights, some of them 0 */
  int host;     /* the test adds a loss of its own and writes its gradient */
  int empty;    /* all labels are -1 */
  double weight;
} output_spec;

typedef struct drop_spec { /* rates; every_step: drawn again at every step */
  double contexts, features, modules;
  int every_step;
} drop_spec;

typedef struct config {
  size_t number;
  uint64_t seed;
  size_t modules, inputs, outputs;
  module_spec module[MODULES_MAX];
  input_spec input[INPUTS_MAX];
  output_spec output[OUTPUTS_MAX];
  size_t stack, input_scheme, output_scheme, connections; /* numbers, for the coverage table */
  size_t frames, sequences, steps;                        /* steps: in one frame of the batch */
  int settle, lengths, resets, threads, chunk;
  int separate;    /* forward, then backward; else the two in one call */
  double dropout;  /* of the inputs */
  int variational; /* the same for all frames */
  drop_spec drop;
  double smoothing[OUTPUTS_MAX]; /* of an output's labels */
  int learned_start;
  int in_order; /* modules take a step one after the other */
  int begin; /* 0: every sequence has a memory of its own at the start; 1: `fresh` ones start anew; 2: all, without a state */
  unsigned fresh; /* bit s: sequence s starts anew */
} config;

/* True where sequence s starts anew. */
static inline int config_is_fresh(const config *spec, size_t s) { return (int)(spec->fresh >> s & 1); }

/* Fills in configuration `number`, 0..CONFIGS-1. */
void config_make(config *spec, size_t number);

/* The generation since which a module has its feature k. */
int config_since(const config *spec, size_t module, size_t k);

/* True when a generation changes the network. */
int config_edits(const config *spec, int generation);

/* The number of the reader's part that sees a feature: one for every generation since the reader's own in which there is something
 * new to see. */
size_t config_part(const config *spec, size_t reader, size_t module, size_t k);

/* How many parts module i's reader has. */
size_t config_parts(const config *spec, size_t i);

/* True when a dense layer of it has relu. */
int config_has_relu(const config *spec);

/* True when a layer of it has layer norm. */
int config_has_norm(const config *spec);

/* True when it has any dropout. */
int config_has_dropout(const config *spec);

/* True when a layer of it has zoneout. */
int config_has_zoneout(const config *spec);

/* True when the loss and its gradient are those of thalnet_forward_backward with random numbers, else of thalnet_forward. */
int config_draws(const config *spec);

/* True when the test writes gradients of its own. */
int config_has_host(const config *spec);

/* One line that tells the configuration. */
void config_text(const config *spec, char *text, size_t size);

/* Counts what a configuration contains; the second prints the table and returns the number of properties that no
 * counted configuration had. */
void coverage_add(const config *spec);
size_t coverage_print(void);

#endif
