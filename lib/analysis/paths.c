/* SPDX-License-Identifier: MIT */
/* Paths whose shares have the largest product: Dijkstra's algorithm, with products of shares, which never grow along a path, in
 * place of sums. */
#include "analysis/graph.h"

typedef struct thalnet__search {
  double *products; /* [node]: of the best path found so far; 0: none */
  size_t *before;   /* [node]: the node before it there */
  uint8_t *done;    /* [node] */
} thalnet__search;

/* The best node that is not done, or `nodes`. */
static size_t thalnet__best(const thalnet_graph *graph, const thalnet__search *search) {
  size_t best = graph->nodes;
  for (size_t v = 0; v < graph->nodes; v++)
    if (!search->done[v] && search->products[v] > 0 &&
        (best == graph->nodes || search->products[v] > search->products[best]))
      best = v;
  return best;
}

static void thalnet__search_from(const thalnet_graph *graph, thalnet__search *search, size_t from) {
  search->products[from] = 1;
  search->before[from] = from;
  for (size_t v; (v = thalnet__best(graph, search)) < graph->nodes;) {
    search->done[v] = 1;
    for (size_t to = 0; to < graph->nodes; to++) {
      const double product = search->products[v] * graph->shares[thalnet__pair(graph, to, v)];
      if (search->done[to] || !(product > search->products[to])) continue;
      search->products[to] = product;
      search->before[to] = v;
    }
  }
}

static size_t thalnet__path_length(const thalnet__search *search, size_t from, size_t to) {
  size_t length = 1;
  if (!search->done[to]) return 0;
  for (size_t v = to; v != from; v = search->before[v]) length++;
  return length;
}

thalnet_status thalnet__graph_path(const thalnet_graph *graph, size_t from, size_t to, int32_t *nodes, size_t capacity,
                                   size_t *length, double *share) {
  const size_t size = graph->nodes * (sizeof(double) + sizeof(size_t) + 1);
  void *block;
  THALNET__TRY(thalnet__allocate(&graph->memory, size, 1, &block));
  thalnet__search search = {.products = block};
  search.before = (size_t *)(search.products + graph->nodes);
  search.done = (uint8_t *)(search.before + graph->nodes);
  thalnet__search_from(graph, &search, from);
  *length = thalnet__path_length(&search, from, to);
  if (share != NULL) *share = search.products[to];
  for (size_t at = *length, v = to; at-- > 0; v = search.before[v])
    if (at < capacity) nodes[at] = (int32_t)v;
  thalnet__release(&graph->memory, block, size, 1);
  return THALNET_OK;
}
