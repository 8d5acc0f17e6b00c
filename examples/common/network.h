/* SPDX-License-Identifier: MIT */
/* The networks that the programs train: a ThalNet of equal modules, or, to compare it with, a plain GRU. */
#ifndef EXAMPLE_NETWORK_H
#define EXAMPLE_NETWORK_H

#include <stdint.h>

#include <thalnet/thalnet.h>

enum { EXAMPLE_PARAMETER_BUDGET = 50000 };

struct example_network {
  int32_t gru;        /* 1: one module without reader, a plain GRU; 0: a ThalNet */
  int32_t ends;       /* 1: input at the first, output at the last module; 0: every module has both */
  const char *reader; /* linear, weight_norm, softmax, gaussian, gaussian_normalized */
  long modules;
  long dense;                            /* units of a dense layer at the bottom of each module; 0: none */
  long layers;                           /* GRU layers above it */
  long features;                         /* units of each GRU layer */
  long context;                          /* values that each module reads from the center */
  int32_t features_given, context_given; /* chosen by the user, not by a preset: never changed */
};

/* The words for --reader, as options.h takes them. */
#define EXAMPLE_READERS "linear|weight_norm|softmax|gaussian|gaussian_normalized"

/* Networks are compared at equal size: a network with an input and an output of these sizes shrinks until it has no more
 * than `budget` parameters, unless its features were given. Softmax readers need this most: nearly all parameters are
 * theirs. */
thalnet_status example_network_fit(struct example_network *network, size_t input_size, size_t output_size,
                                   uint64_t budget);

/* Adds the modules to a center under construction, which remembers the first call that fails for thalnet_center_build. */
void example_network_add_modules(const struct example_network *network, thalnet_center *net, int32_t input,
                                 int32_t output);

/* Prints one line. */
void example_network_print(const struct example_network *network, const thalnet_center *net);

#endif
