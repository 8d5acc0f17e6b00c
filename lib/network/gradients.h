/* SPDX-License-Identifier: MIT */
/* Adding up the gradients of chunks in a fixed binary tree over chunk numbers: (0 + 1) + (2 + 3) and so on. Whoever finishes
 * second of two neighbours adds the right one to the left one, so that the sum has the same bits for every number of threads,
 * and waiting sums are few: at most (log2 chunks + 1) a thread. */
#ifndef THALNET_NETWORK_GRADIENTS_H
#define THALNET_NETWORK_GRADIENTS_H

#include <stdatomic.h>

#include "network/network.h"

typedef struct thalnet__gradient_tree {
  const thalnet_center *net;
  size_t chunks;
  atomic_flag busy; /* held for a few instructions: taking and returning buffers */
  real *first;      /* where chunk 0 goes, and with it the sum; NULL: a buffer */
  real *root;       /* the sum, when all chunks are in */
  real **waiting;   /* [node]: finished, its neighbour is not */
  real **spare;     /* free buffers */
  size_t spare_count;
  real *buffers;
  size_t buffer_count, node_count;
  void *block; /* of the tables and buffers */
  size_t block_size;
} thalnet__gradient_tree;

/* Bytes, SIZE_MAX where they do not fit. adding: the center has gradients already, and the batch's are added to them. */
size_t thalnet__tree_measure(const thalnet_center *net, size_t chunks, size_t workers, int adding);
thalnet_status thalnet__tree_reserve(const thalnet_center *net, thalnet__gradient_tree *tree, size_t chunks,
                                     size_t workers, int adding);
void thalnet__tree_begin(thalnet__gradient_tree *tree, size_t chunks, real *first);
/* A zeroed buffer for a chunk's gradient, and back with it. */
real *thalnet__tree_take(thalnet__gradient_tree *tree, size_t chunk);
void thalnet__tree_give(thalnet__gradient_tree *tree, size_t chunk, real *buffer);
void thalnet__tree_free(const thalnet_center *net, thalnet__gradient_tree *tree);

/* The center's own gradients: made when training is first wanted. They are no part of what const protects: threads that run
 * the network never look at them. */
thalnet_status thalnet__make_gradients(const thalnet_center *net);
void thalnet__clear_gradients(thalnet_center *net);
/* The same where they are zeros already. */
void thalnet__forget_gradients(thalnet_center *net);
/* Takes a batch's sum into the center's gradients; with_gradient: [output] that had one; started: the learned start had. */
void thalnet__accept_gradients(thalnet_center *net, real *sum, const unsigned char *with_gradient, int started);

#endif
