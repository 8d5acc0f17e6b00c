/* SPDX-License-Identifier: MIT */
/* A network's graph. Matrices are [to][from] over all nodes. thalnet/graph.h defines shares, edges, levels and kinds. */
#ifndef THALNET_ANALYSIS_GRAPH_H
#define THALNET_ANALYSIS_GRAPH_H

#include <thalnet/graph.h>

#include "analysis/nodes.h"

enum { THALNET__NO_EDGE = -1 };

struct thalnet_graph {
  uint32_t magic;
  const thalnet_center *net;
  thalnet_memory memory;
  size_t nodes, edge_count;
  double threshold;
  double *strengths; /* [node][node] */
  double *shares;    /* [node][node] */
  double *levels;    /* [node] */
  int8_t *kinds;     /* [node][node]: of edges, or THALNET__NO_EDGE */
  void *block;       /* all of the above */
  size_t row_size;   /* bytes of the block for a node */
};

thalnet_status thalnet__graph_create(const thalnet_center *net, const real *values, double threshold,
                                     thalnet_graph **graph_out);
void thalnet__graph_free(thalnet_graph *graph);

thalnet_graph_node thalnet__graph_node(const thalnet_graph *graph, size_t number);
thalnet_graph_edge thalnet__graph_edge(const thalnet_graph *graph, size_t to, size_t from);
void thalnet__graph_summary(const thalnet_graph *graph, thalnet_graph_summary *summary);

/* thalnet_graph_find_path. */
thalnet_status thalnet__graph_path(const thalnet_graph *graph, size_t from, size_t to, int32_t *nodes, size_t capacity,
                                   size_t *length, double *share);

/* thalnet_graph_write. */
thalnet_status thalnet__graph_write(const thalnet_graph *graph, int32_t form, char *text, size_t size, size_t *length);

/* --- its parts --- */

/* The shares of the numbers in a row: square / sum of squares. */
void thalnet__share_out(const double *strengths, size_t count, double *shares);
/* levels [node] of the shares; THALNET_ERROR_MEMORY. */
thalnet_status thalnet__graph_levels(const thalnet_center *net, const double *shares, double *levels);
/* kinds of all edges, which come in as any number but THALNET__NO_EDGE; THALNET_ERROR_MEMORY. */
thalnet_status thalnet__graph_classify(thalnet_graph *graph);

static inline size_t thalnet__pair(const thalnet_graph *graph, size_t to, size_t from) {
  return to * graph->nodes + from;
}

/* Kind of a node (THALNET_NODE_INPUT and so on). */
static inline int32_t thalnet__node_kind(const thalnet_center *net, size_t node) {
  if (node < net->input_count) return THALNET_NODE_INPUT;
  return node < net->input_count + net->module_count ? THALNET_NODE_MODULE : THALNET_NODE_OUTPUT;
}

/* Whether module `to` can read module `from`. */
int thalnet__module_reads(const thalnet_center *net, size_t to, size_t from);

/* Values of a matrix [to][from] of so many nodes: finite, not negative, 0 where nothing is connected. */
thalnet_status thalnet__check_strengths(const real *values, size_t nodes,
                                        int (*connected)(const thalnet_center *net, size_t to, size_t from),
                                        const thalnet_center *net, const char *what);

#endif
