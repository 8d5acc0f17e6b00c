/* SPDX-License-Identifier: MIT */
/* What a network's answers owe to its connections: they are cut, and the network measured without them (thalnet_center_ablate). */
#ifndef EXAMPLE_CAUSES_H
#define EXAMPLE_CAUSES_H

#include <thalnet/thalnet.h>

#include "error.h"

enum { EXAMPLE_RANDOM_SETS = 200, EXAMPLE_PATH_LIMIT = 64 };

/* Loss and share of hits, over all outputs of a batch. */
struct example_score {
  double loss, accuracy;
};

/* The readings on the strongest path from an input to an output, cut together, against as many readings drawn at random. */
struct example_path_test {
  int32_t nodes[EXAMPLE_PATH_LIMIT];
  size_t length, readings; /* of nodes; of connections between modules on it */
  struct example_score whole, cut;
  size_t sets, milder;    /* random sets; those without which more of the accuracy is left */
  double random_accuracy; /* mean without them */
};

/* The batch has contents with labels. status 0, or the library's. */
thalnet_status example_measure_cut(thalnet_center *net, thalnet_batch *batch, const unsigned char *cut,
                                   struct example_score *score);

/* Random sets are drawn, by the seed, from the graph's edges between modules, and are never the path's own; none where the path
 * has no reading or the graph no more of them than the path. */
thalnet_status example_test_path(thalnet_center *net, thalnet_batch *batch, const thalnet_graph *graph, int32_t from,
                                 int32_t to, uint64_t seed, struct example_path_test *test);

/* Writes FOLDER/causes.csv: every edge of the graph, and every module, with what the loss rises by and the accuracy changes by
 * without it. Returns 0, or -1 with the error's text. */
int example_save_causes(const char *folder, thalnet_center *net, thalnet_batch *batch, struct example_error *error);

#endif
