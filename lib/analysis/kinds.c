/* SPDX-License-Identifier: MIT */
/* Kinds of edges. Those that go up make a graph without cycles; the ones of its transitive reduction are links of chains,
 * the others skip connections. */
#include <stdlib.h>
#include <string.h>

#include "analysis/graph.h"
#include "core/checked.h"

static const double thalnet__same_level = 0.25;

/* Whether the edge goes up. */
static int thalnet__rises(const thalnet_graph *graph, size_t to, size_t from) {
  return graph->kinds[thalnet__pair(graph, to, from)] != THALNET__NO_EDGE && to != from &&
         graph->levels[to] - graph->levels[from] >= thalnet__same_level;
}

/* Which nodes can be reached from which by going up, as sets of 64 nodes a word. */
typedef struct thalnet__reach {
  uint64_t *sets; /* [node][words] */
  size_t words;
} thalnet__reach;

static int thalnet__reaches(const thalnet__reach *reach, size_t from, size_t to) {
  return reach->sets[from * reach->words + to / 64] >> to % 64 & 1;
}

/* From a node one reaches what its edges lead to, and what is reached from there: sets of higher nodes are ready. */
static void thalnet__fill_reach(const thalnet_graph *graph, thalnet__reach *reach, size_t from) {
  uint64_t *set = reach->sets + from * reach->words;
  for (size_t to = 0; to < graph->nodes; to++) {
    if (!thalnet__rises(graph, to, from)) continue;
    set[to / 64] |= (uint64_t)1 << to % 64;
    for (size_t i = 0; i < reach->words; i++) set[i] |= reach->sets[to * reach->words + i];
  }
}

/* Whether there is a way of two steps or more beside the edge. */
static int thalnet__is_skip(const thalnet_graph *graph, const thalnet__reach *reach, size_t to, size_t from) {
  for (size_t next = 0; next < graph->nodes; next++)
    if (next != to && thalnet__rises(graph, next, from) && thalnet__reaches(reach, next, to)) return 1;
  return 0;
}

static int8_t thalnet__kind(const thalnet_graph *graph, const thalnet__reach *reach, size_t to, size_t from) {
  const double rise = graph->levels[to] - graph->levels[from];
  if (to == from) return THALNET_EDGE_SELF;
  if (rise <= -thalnet__same_level) return THALNET_EDGE_FEEDBACK;
  if (rise < thalnet__same_level) return THALNET_EDGE_LATERAL;
  return thalnet__is_skip(graph, reach, to, from) ? THALNET_EDGE_SKIP : THALNET_EDGE_CHAIN;
}

/* Nodes from the highest to the lowest, those of one level by number. */
static void thalnet__sort_down(const double *levels, size_t *order, size_t count) {
  for (size_t i = 0; i < count; i++) {
    size_t at = i;
    for (; at > 0 && levels[order[at - 1]] < levels[i]; at--) order[at] = order[at - 1];
    order[at] = i;
  }
}

thalnet_status thalnet__graph_classify(thalnet_graph *graph) {
  const size_t nodes = graph->nodes;
  thalnet__reach reach = {.words = nodes / 64 + 1};
  void *sets, *order;
  THALNET__TRY(thalnet__allocate(&graph->memory, nodes, sizeof(size_t), &order));
  const thalnet_status status = thalnet__allocate(&graph->memory, nodes * reach.words, sizeof(uint64_t), &sets);
  if (status == THALNET_OK) {
    reach.sets = sets;
    thalnet__sort_down(graph->levels, order, nodes);
    for (size_t i = 0; i < nodes; i++) thalnet__fill_reach(graph, &reach, ((size_t *)order)[i]);
    for (size_t to = 0; to < nodes; to++)
      for (size_t from = 0; from < nodes; from++) {
        int8_t *kind = &graph->kinds[thalnet__pair(graph, to, from)];
        if (*kind != THALNET__NO_EDGE) *kind = thalnet__kind(graph, &reach, to, from);
      }
    thalnet__release(&graph->memory, sets, nodes * reach.words, sizeof(uint64_t));
  }
  thalnet__release(&graph->memory, order, nodes, sizeof(size_t));
  return status;
}
