/* SPDX-License-Identifier: MIT */
/* Counts and scores of a graph. */
#include <math.h>

#include "analysis/graph.h"

/* Whether a module reads anything: its shares then add up to one. */
static int thalnet__is_reader(const thalnet_graph *graph, size_t to) {
  double sum = 0;
  for (size_t m = 0; m < graph->net->module_count; m++)
    sum += graph->shares[thalnet__pair(graph, to, thalnet__module_node(graph->net, m))];
  return sum > 0.5;
}

static double thalnet__information(double part) { return part > 0 ? -part * log2(part) : 0; }

/* 2^H / modules of the mean of the readers' shares. */
static double thalnet__evenness(const thalnet_graph *graph) {
  const thalnet_center *net = graph->net;
  double entropy = 0, readers = 0;
  for (size_t i = 0; i < net->module_count; i++) readers += thalnet__is_reader(graph, thalnet__module_node(net, i));
  if (readers == 0) return 0;
  for (size_t j = 0; j < net->module_count; j++) {
    double sum = 0;
    for (size_t i = 0; i < net->module_count; i++)
      sum += graph->shares[thalnet__pair(graph, thalnet__module_node(net, i), thalnet__module_node(net, j))];
    entropy += thalnet__information(sum / readers);
  }
  return exp2(entropy) / (double)net->module_count;
}

/* Jensen-Shannon divergence of two modules' shares, in bits: H(mean) - mean of H. */
static double thalnet__divergence(const thalnet_graph *graph, size_t a, size_t b) {
  const thalnet_center *net = graph->net;
  double sum = 0;
  for (size_t j = 0; j < net->module_count; j++) {
    const double one = graph->shares[thalnet__pair(graph, a, thalnet__module_node(net, j))];
    const double other = graph->shares[thalnet__pair(graph, b, thalnet__module_node(net, j))];
    sum += thalnet__information((one + other) / 2) - (thalnet__information(one) + thalnet__information(other)) / 2;
  }
  return fmax(sum, 0);
}

static double thalnet__specialisation(const thalnet_graph *graph) {
  const thalnet_center *net = graph->net;
  double sum = 0, pairs = 0;
  for (size_t i = 0; i < net->module_count; i++) {
    const size_t a = thalnet__module_node(net, i);
    for (size_t j = 0; j < i && thalnet__is_reader(graph, a); j++) {
      const size_t b = thalnet__module_node(net, j);
      if (!thalnet__is_reader(graph, b)) continue;
      sum += thalnet__divergence(graph, a, b);
      pairs++;
    }
  }
  return pairs > 0 ? sum / pairs : 0;
}

void thalnet__graph_summary(const thalnet_graph *graph, thalnet_graph_summary *summary) {
  uint64_t *counts[] = {&summary->chains, &summary->skips, &summary->laterals, &summary->feedbacks, &summary->selves};
  for (size_t i = 0; i < graph->nodes * graph->nodes; i++)
    if (graph->kinds[i] != THALNET__NO_EDGE) ++*counts[graph->kinds[i]];
  for (size_t v = 0; v < graph->nodes; v++) {
    const thalnet_graph_node node = thalnet__graph_node(graph, v);
    if (node.kind == THALNET_NODE_MODULE) summary->unread += (uint64_t)node.unread;
    if (node.kind == THALNET_NODE_OUTPUT) summary->depth = fmax(summary->depth, node.level);
  }
  summary->evenness = thalnet__evenness(graph);
  summary->specialisation = thalnet__specialisation(graph);
}
