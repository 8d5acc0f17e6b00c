/* SPDX-License-Identifier: MIT */
#include "analysis/graph.h"

#include <math.h>

#include "core/arena.h"
#include "core/checked.h"

/* --- what is connected --- */

int thalnet__module_reads(const thalnet_center *net, size_t to, size_t from) {
  return thalnet__has_reader(net->modules[to]) && thalnet__reads(&net->modules[to]->reader.reading, net->modules[from]);
}

static int thalnet__connected(const thalnet_center *net, size_t to, size_t from) {
  const int32_t kind = thalnet__node_kind(net, to), source = thalnet__node_kind(net, from);
  if (kind == THALNET_NODE_OUTPUT && source == THALNET_NODE_MODULE) {
    const thalnet_module *module = net->modules[from - net->input_count];
    return thalnet__find_connection(module->outputs, module->output_count, to - net->input_count - net->module_count) !=
           NULL;
  }
  if (kind != THALNET_NODE_MODULE || source == THALNET_NODE_OUTPUT) return 0;
  const thalnet_module *module = net->modules[to - net->input_count];
  if (source == THALNET_NODE_INPUT) return thalnet__find_connection(module->inputs, module->input_count, from) != NULL;
  return thalnet__module_reads(net, to - net->input_count, from - net->input_count);
}

/* How many nodes of a kind lead to a node, whether anything comes from them or not. */
static size_t thalnet__fan_in(const thalnet_center *net, size_t to) {
  size_t count = 0;
  for (size_t m = 0; m < net->module_count; m++)
    count += (size_t)thalnet__connected(net, to, thalnet__module_node(net, m));
  return count;
}

thalnet_status thalnet__check_strengths(const real *values, size_t nodes,
                                        int (*connected)(const thalnet_center *net, size_t to, size_t from),
                                        const thalnet_center *net, const char *what) {
  for (size_t to = 0; to < nodes; to++)
    for (size_t from = 0; from < nodes; from++) {
      const real value = values[to * nodes + from];
      if (!thalnet__is_finite_real(value))
        return thalnet__fail(THALNET_ERROR_NONFINITE, "%s: the value to %zu from %zu is not finite", what, to, from);
      if (thalnet__rank(value) < 0)
        return thalnet__fail(THALNET_ERROR_DATA, "%s: the value to %zu from %zu is negative", what, to, from);
      if (thalnet__rank(value) != 0 && !connected(net, to, from))
        return thalnet__fail(THALNET_ERROR_DATA, "%s: the value to %zu from %zu is not 0, but they are not connected",
                             what, to, from);
    }
  return THALNET_OK;
}

/* --- shares and edges --- */

void thalnet__share_out(const double *strengths, size_t count, double *shares) {
  double largest = 0, sum = 0; /* by the largest, so that no square is too large or too small */
  for (size_t i = 0; i < count; i++) largest = fmax(largest, strengths[i]);
  for (size_t i = 0; i < count && largest > 0; i++) sum += strengths[i] / largest * (strengths[i] / largest);
  for (size_t i = 0; i < count; i++)
    shares[i] = largest > 0 ? strengths[i] / largest * (strengths[i] / largest) / sum : 0;
}

static void thalnet__graph_shares(thalnet_graph *graph) {
  const thalnet_center *net = graph->net;
  for (size_t to = 0; to < graph->nodes; to++) {
    const size_t inputs = thalnet__pair(graph, to, 0), modules = inputs + net->input_count;
    thalnet__share_out(graph->strengths + inputs, net->input_count, graph->shares + inputs);
    thalnet__share_out(graph->strengths + modules, net->module_count, graph->shares + modules);
  }
}

/* A share that is even but for rounding is not below the threshold. */
static const double thalnet__almost = 1 - 1e-9;

static void thalnet__graph_edges(thalnet_graph *graph) {
  for (size_t to = 0; to < graph->nodes; to++) {
    const double least = graph->threshold / (double)thalnet__max(1, thalnet__fan_in(graph->net, to));
    for (size_t from = 0; from < graph->nodes; from++) {
      const size_t at = thalnet__pair(graph, to, from);
      const int input = thalnet__node_kind(graph->net, from) == THALNET_NODE_INPUT;
      const int edge = graph->shares[at] > 0 && (input || graph->shares[at] >= least * thalnet__almost);
      graph->kinds[at] = edge ? 0 : THALNET__NO_EDGE;
      graph->edge_count += (size_t)edge;
    }
  }
}

/* --- making --- */

static thalnet_status thalnet__graph_allocate(thalnet_graph *graph) {
  const size_t nodes = graph->nodes, pairs = nodes * nodes;
  graph->row_size = 2 * nodes * sizeof(double) + sizeof(double) + nodes;
  THALNET__TRY(thalnet__allocate(&graph->memory, nodes, graph->row_size, &graph->block));
  graph->strengths = graph->block;
  graph->shares = graph->strengths + pairs;
  graph->levels = graph->shares + pairs;
  graph->kinds = (int8_t *)(graph->levels + nodes);
  return THALNET_OK;
}

thalnet_status thalnet__graph_create(const thalnet_center *net, const real *values, double threshold,
                                     thalnet_graph **graph_out) {
  const size_t nodes = thalnet__node_count(net);
  void *block;
  THALNET__TRY(thalnet__check_strengths(values, nodes, thalnet__connected, net, "thalnet_graph_create"));
  THALNET__TRY(thalnet__allocate(&net->memory, 1, sizeof(thalnet_graph), &block));
  thalnet_graph *graph = block;
  *graph = (thalnet_graph){.magic = THALNET__GRAPH_MAGIC, .net = net, .memory = net->memory, .nodes = nodes};
  graph->threshold = threshold;
  thalnet__center_keep(net);
  thalnet_status status = thalnet__graph_allocate(graph);
  for (size_t i = 0; i < nodes * nodes && status == THALNET_OK; i++) graph->strengths[i] = (double)values[i];
  if (status == THALNET_OK) {
    thalnet__graph_shares(graph);
    thalnet__graph_edges(graph);
    status = thalnet__graph_levels(net, graph->shares, graph->levels);
  }
  if (status == THALNET_OK) status = thalnet__graph_classify(graph);
  if (status != THALNET_OK)
    thalnet__graph_free(graph);
  else
    *graph_out = graph;
  return status;
}

void thalnet__graph_free(thalnet_graph *graph) {
  const thalnet_center *net = graph->net;
  const thalnet_memory memory = graph->memory;
  thalnet__release(&memory, graph->block, graph->nodes, graph->row_size);
  graph->magic = 0;
  thalnet__release(&memory, graph, 1, sizeof *graph);
  thalnet__center_drop(net);
}

/* --- asking --- */

static int32_t thalnet__is_unread(const thalnet_graph *graph, size_t node) {
  for (size_t to = 0; to < graph->nodes; to++)
    if (to != node && graph->kinds[thalnet__pair(graph, to, node)] != THALNET__NO_EDGE) return 0;
  return thalnet__node_kind(graph->net, node) != THALNET_NODE_OUTPUT;
}

thalnet_graph_node thalnet__graph_node(const thalnet_graph *graph, size_t number) {
  const thalnet_center *net = graph->net;
  thalnet_graph_node node = THALNET_GRAPH_NODE_INIT;
  const size_t module = number - net->input_count, output = module - net->module_count;
  node.kind = thalnet__node_kind(net, number);
  node.name = node.kind == THALNET_NODE_INPUT    ? net->inputs[number].name
              : node.kind == THALNET_NODE_MODULE ? net->modules[module]->name
                                                 : net->outputs[output].name;
  node.number = (int32_t)(node.kind == THALNET_NODE_INPUT    ? number
                          : node.kind == THALNET_NODE_MODULE ? module
                                                             : output);
  node.unread = thalnet__is_unread(graph, number);
  node.level = graph->levels[number];
  return node;
}

thalnet_graph_edge thalnet__graph_edge(const thalnet_graph *graph, size_t to, size_t from) {
  const size_t at = thalnet__pair(graph, to, from);
  thalnet_graph_edge edge = THALNET_GRAPH_EDGE_INIT;
  edge.from = (int32_t)from;
  edge.to = (int32_t)to;
  edge.kind = graph->kinds[at];
  edge.strength = graph->strengths[at];
  edge.share = graph->shares[at];
  return edge;
}
