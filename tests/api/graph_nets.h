/* SPDX-License-Identifier: MIT */
/* Networks and wirings of the tests of graph.h and thalnet_center_similarity. */
#ifndef TESTS_API_GRAPH_NETS_H
#define TESTS_API_GRAPH_NETS_H

#include "support.h"

/* Modules of two units with linear readers around a center; input "x" at the first and output "y" at the last of them. */
thalnet_center *graph_net(size_t modules);

/* A wiring of such a network: nodes are x, the modules and y. */
enum { GRAPH_NODES_MAX = 16 };
struct wiring {
  size_t modules, nodes;
  float values[GRAPH_NODES_MAX * GRAPH_NODES_MAX];
};
/* Both ends connected with strength 1, nothing read. */
struct wiring graph_wiring(size_t modules);
/* Module `to` reads module `from`. */
void graph_read(struct wiring *wiring, size_t to, size_t from, float strength);

#endif
