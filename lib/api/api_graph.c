/* SPDX-License-Identifier: MIT */
/* thalnet/graph.h. */
#include <thalnet/graph.h>

#include <string.h>

#include "analysis/graph.h"
#include "analysis/similarity.h"
#include "api/handles.h"
#include "core/options.h"

/* --- making --- */

thalnet_status thalnet_graph_create(const thalnet_center *net, const real *values, size_t count,
                                    const thalnet_graph_options *given, thalnet_graph **graph_out) {
  const char *call = "thalnet_graph_create";
  thalnet_graph_options options = THALNET_GRAPH_OPTIONS_INIT;
  if (graph_out != NULL) *graph_out = NULL;
  THALNET__TRY(thalnet__check_built(net, call));
  THALNET__TRY(thalnet__check_pointer(values, call, "values"));
  THALNET__TRY(thalnet__check_pointer(graph_out, call, "graph_out"));
  THALNET__TRY(thalnet__check_count(count, thalnet__node_count(net) * thalnet__node_count(net), call));
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, "thalnet_graph_options"));
  const thalnet__floating mode = thalnet__floating_enter();
  thalnet_status status = THALNET_OK;
  if (!thalnet__is_finite(options.threshold) || options.threshold < 0)
    status = thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: threshold is negative or not finite", call);
  if (status == THALNET_OK) status = thalnet__graph_create(net, values, options.threshold, graph_out);
  thalnet__floating_leave(mode);
  return status;
}

void thalnet_graph_free(thalnet_graph *graph) {
  if (graph != NULL && graph->magic == THALNET__GRAPH_MAGIC) thalnet__graph_free(graph);
}

/* --- asking --- */

static int thalnet__is_graph(const thalnet_graph *graph) {
  return graph != NULL && graph->magic == THALNET__GRAPH_MAGIC;
}

static thalnet_status thalnet__check_graph(const thalnet_graph *graph, const char *call) {
  if (graph == NULL) return thalnet__fail(THALNET_ERROR_HANDLE, "%s: the graph is NULL", call);
  if (!thalnet__is_graph(graph))
    return thalnet__fail(THALNET_ERROR_HANDLE, "%s: that is not a graph, or not any more", call);
  return THALNET_OK;
}

static thalnet_status thalnet__check_number(size_t number, size_t count, const char *what, const char *call) {
  if (number >= count)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: there is no %s %zu, only %zu", call, what, number, count);
  return THALNET_OK;
}

static thalnet_status thalnet__check_node(const thalnet_graph *graph, int32_t node, const char *call) {
  if (node < 0 || (size_t)node >= graph->nodes)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: there is no node %d, only %zu", call, node, graph->nodes);
  return THALNET_OK;
}

/* A structure that the library fills. */
static thalnet_status thalnet__check_filled(const void *structure, size_t size, const char *call) {
  THALNET__TRY(thalnet__check_pointer(structure, call, "the structure to fill"));
  if (*(const size_t *)structure != size)
    return thalnet__fail(THALNET_ERROR_VERSION, "%s: struct_size is %zu, expected %zu", call,
                         *(const size_t *)structure, size);
  return THALNET_OK;
}

size_t thalnet_graph_node_count(const thalnet_graph *graph) { return thalnet__is_graph(graph) ? graph->nodes : 0; }

size_t thalnet_graph_edge_count(const thalnet_graph *graph) { return thalnet__is_graph(graph) ? graph->edge_count : 0; }

thalnet_status thalnet_graph_get_node(const thalnet_graph *graph, size_t number, thalnet_graph_node *node) {
  const char *call = "thalnet_graph_get_node";
  THALNET__TRY(thalnet__check_graph(graph, call));
  THALNET__TRY(thalnet__check_number(number, graph->nodes, "node", call));
  THALNET__TRY(thalnet__check_filled(node, sizeof *node, call));
  *node = thalnet__graph_node(graph, number);
  return THALNET_OK;
}

thalnet_status thalnet_graph_get_edge(const thalnet_graph *graph, size_t number, thalnet_graph_edge *edge) {
  const char *call = "thalnet_graph_get_edge";
  THALNET__TRY(thalnet__check_graph(graph, call));
  THALNET__TRY(thalnet__check_number(number, graph->edge_count, "edge", call));
  THALNET__TRY(thalnet__check_filled(edge, sizeof *edge, call));
  size_t at = 0;
  for (size_t before = number; graph->kinds[at] == THALNET__NO_EDGE || before-- > 0;) at++;
  *edge = thalnet__graph_edge(graph, at / graph->nodes, at % graph->nodes);
  return THALNET_OK;
}

thalnet_status thalnet_graph_summarize(const thalnet_graph *graph, thalnet_graph_summary *summary) {
  const char *call = "thalnet_graph_summarize";
  THALNET__TRY(thalnet__check_graph(graph, call));
  THALNET__TRY(thalnet__check_filled(summary, sizeof *summary, call));
  *summary = (thalnet_graph_summary)THALNET_GRAPH_SUMMARY_INIT;
  const thalnet__floating mode = thalnet__floating_enter();
  thalnet__graph_summary(graph, summary);
  thalnet__floating_leave(mode);
  return THALNET_OK;
}

thalnet_status thalnet_graph_find_path(const thalnet_graph *graph, int32_t from, int32_t to, int32_t *nodes,
                                       size_t capacity, size_t *length_out, double *share_out) {
  const char *call = "thalnet_graph_find_path";
  THALNET__TRY(thalnet__check_graph(graph, call));
  THALNET__TRY(thalnet__check_node(graph, from, call));
  THALNET__TRY(thalnet__check_node(graph, to, call));
  if (capacity > 0) THALNET__TRY(thalnet__check_pointer(nodes, call, "nodes"));
  THALNET__TRY(thalnet__check_pointer(length_out, call, "length_out"));
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status =
      thalnet__graph_path(graph, (size_t)from, (size_t)to, nodes, capacity, length_out, share_out);
  thalnet__floating_leave(mode);
  return status;
}

thalnet_status thalnet_graph_write(const thalnet_graph *graph, int32_t form, char *text, size_t size,
                                   size_t *length_out) {
  const char *call = "thalnet_graph_write";
  THALNET__TRY(thalnet__check_graph(graph, call));
  if (form < THALNET_GRAPH_DOT || form > THALNET_GRAPH_CSV)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: there is no form %d", call, form);
  if (size > 0) THALNET__TRY(thalnet__check_pointer(text, call, "text"));
  THALNET__TRY(thalnet__check_pointer(length_out, call, "length_out"));
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__graph_write(graph, form, text, size, length_out);
  thalnet__floating_leave(mode);
  return status;
}

/* --- two networks --- */

thalnet_status thalnet_center_similarity(const thalnet_center *a, const real *a_values, const thalnet_center *b,
                                         const real *b_values, size_t count, int32_t *order, size_t order_count,
                                         thalnet_similarity *result) {
  const char *call = "thalnet_center_similarity";
  THALNET__TRY(thalnet__check_built(a, call));
  THALNET__TRY(thalnet__check_built(b, call));
  THALNET__TRY(thalnet__check_pointer(a_values, call, "a_values"));
  THALNET__TRY(thalnet__check_pointer(b_values, call, "b_values"));
  if (a->module_count != b->module_count)
    return thalnet__fail(THALNET_ERROR_MISMATCH, "%s: a has %zu modules, b has %zu", call, a->module_count,
                         b->module_count);
  THALNET__TRY(thalnet__check_count(count, a->module_count * a->module_count, call));
  if (order != NULL) THALNET__TRY(thalnet__check_count(order_count, a->module_count, call));
  THALNET__TRY(thalnet__check_filled(result, sizeof *result, call));
  thalnet_similarity found = THALNET_SIMILARITY_INIT;
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__similarity(a, a_values, b, b_values, order, &found);
  thalnet__floating_leave(mode);
  if (status == THALNET_OK) *result = found;
  return status;
}
