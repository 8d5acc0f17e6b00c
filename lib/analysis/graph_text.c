/* SPDX-License-Identifier: MIT */
/* A graph as text. Names are made of a-z, 0-9 and _, so nothing has to be escaped. */
#include "analysis/graph.h"
#include "core/text.h"

static const char *const thalnet__kind_names[] = {"chain", "skip", "lateral", "feedback", "self"};
static const char *const thalnet__node_names[] = {"input", "module", "output"};

static void thalnet__add_pair(thalnet__text *text, const char *before, double number) {
  thalnet__text_add(text, before);
  thalnet__text_real(text, number);
}

/* Calls `tell` for every edge, in their order, with its number. */
static void thalnet__each_edge(const thalnet_graph *graph, thalnet__text *text,
                               void (*tell)(const thalnet_graph *, thalnet__text *, const thalnet_graph_edge *,
                                            size_t number)) {
  size_t number = 0;
  for (size_t to = 0; to < graph->nodes; to++)
    for (size_t from = 0; from < graph->nodes; from++) {
      if (graph->kinds[thalnet__pair(graph, to, from)] == THALNET__NO_EDGE) continue;
      const thalnet_graph_edge edge = thalnet__graph_edge(graph, to, from);
      tell(graph, text, &edge, number++);
    }
}

static const char *thalnet__node_name(const thalnet_graph *graph, int32_t node) {
  return thalnet__graph_node(graph, (size_t)node).name;
}

/* --- CSV --- */

static void thalnet__csv_edge(const thalnet_graph *graph, thalnet__text *text, const thalnet_graph_edge *edge,
                              size_t number) {
  (void)number;
  thalnet__text_add(text, thalnet__node_name(graph, edge->from));
  thalnet__text_add(text, ",");
  thalnet__text_add(text, thalnet__node_name(graph, edge->to));
  thalnet__text_add(text, ",");
  thalnet__text_add(text, thalnet__kind_names[edge->kind]);
  thalnet__add_pair(text, ",", edge->strength);
  thalnet__add_pair(text, ",", edge->share);
  thalnet__text_add(text, "\n");
}

static void thalnet__write_csv(const thalnet_graph *graph, thalnet__text *text) {
  thalnet__text_add(text, "from,to,kind,strength,share\n");
  thalnet__each_edge(graph, text, thalnet__csv_edge);
}

/* --- DOT --- */

/* Colours of Okabe and Ito, which colour-blind people tell apart, and a line style for those who see none. */
static const char *const thalnet__kind_colours[] = {"#0072b2", "#e69f00", "#999999", "#d55e00", "#009e73"};
static const char *const thalnet__kind_lines[] = {"solid", "dashed", "solid", "dotted", "dashed"};
static const char *const thalnet__kind_marks[] = {"&#8212;", "- -", "&#8212;", "&#183;&#183;&#183;", "- -"};
static const char *const thalnet__node_shapes[] = {"shape=plaintext", "shape=box style=rounded", "shape=plaintext"};

/* Inputs, modules and outputs may have the same name, and so are told apart by number. */
static void thalnet__dot_node(thalnet__text *text, size_t node) {
  thalnet__text_add(text, "n");
  thalnet__text_number(text, node);
}

/* A line of its colour and style, and its name. */
static void thalnet__legend(thalnet__text *text, size_t kind) {
  thalnet__text_add(text, "<font color=\"");
  thalnet__text_add(text, thalnet__kind_colours[kind]);
  thalnet__text_add(text, "\">");
  thalnet__text_add(text, thalnet__kind_marks[kind]);
  thalnet__text_add(text, "</font> ");
  thalnet__text_add(text, thalnet__kind_names[kind]);
  thalnet__text_add(text, " &#160; ");
}

static void thalnet__dot_edge(const thalnet_graph *graph, thalnet__text *text, const thalnet_graph_edge *edge,
                              size_t number) {
  (void)graph;
  (void)number;
  thalnet__text_add(text, "  ");
  thalnet__dot_node(text, (size_t)edge->from);
  thalnet__text_add(text, " -> ");
  thalnet__dot_node(text, (size_t)edge->to);
  thalnet__text_add(text, " [color=\"");
  thalnet__text_add(text, thalnet__kind_colours[edge->kind]);
  thalnet__text_add(text, "\" style=");
  thalnet__text_add(text, thalnet__kind_lines[edge->kind]);
  thalnet__add_pair(text, " penwidth=", 0.5 + 4 * edge->share);
  if (edge->kind != THALNET_EDGE_CHAIN && edge->kind != THALNET_EDGE_SKIP) thalnet__text_add(text, " constraint=false");
  thalnet__text_add(text, " tooltip=\"");
  thalnet__text_add(text, thalnet__kind_names[edge->kind]);
  thalnet__add_pair(text, ", share ", edge->share);
  thalnet__text_add(text, "\"]\n");
}

static void thalnet__write_dot(const thalnet_graph *graph, thalnet__text *text) {
  thalnet__text_add(text, "digraph thalnet {\n  rankdir=LR\n  node [fontname=\"sans-serif\"]\n");
  thalnet__text_add(text, "  fontname=\"sans-serif\"\n  fontsize=11\n  label=<");
  for (size_t kind = 0; kind < sizeof thalnet__kind_names / sizeof thalnet__kind_names[0]; kind++)
    thalnet__legend(text, kind);
  thalnet__text_add(text, ">\n");
  for (size_t v = 0; v < graph->nodes; v++) {
    const thalnet_graph_node node = thalnet__graph_node(graph, v);
    thalnet__text_add(text, "  ");
    thalnet__dot_node(text, v);
    thalnet__text_add(text, " [label=\"");
    thalnet__text_add(text, node.name);
    thalnet__text_add(text, "\" ");
    thalnet__text_add(text, thalnet__node_shapes[node.kind]);
    thalnet__text_add(text, node.unread ? " color=\"#999999\" fontcolor=\"#999999\"]\n" : "]\n");
  }
  thalnet__each_edge(graph, text, thalnet__dot_edge);
  thalnet__text_add(text, "}\n");
}

/* --- JSON --- */

static void thalnet__json_nodes(const thalnet_graph *graph, thalnet__text *text) {
  for (size_t v = 0; v < graph->nodes; v++) {
    const thalnet_graph_node node = thalnet__graph_node(graph, v);
    thalnet__text_add(text, v == 0 ? "\n    {\"name\": \"" : ",\n    {\"name\": \"");
    thalnet__text_add(text, node.name);
    thalnet__text_add(text, "\", \"kind\": \"");
    thalnet__text_add(text, thalnet__node_names[node.kind]);
    thalnet__add_pair(text, "\", \"level\": ", node.level);
    thalnet__text_add(text, node.unread ? ", \"unread\": true}" : ", \"unread\": false}");
  }
}

static void thalnet__json_edge(const thalnet_graph *graph, thalnet__text *text, const thalnet_graph_edge *edge,
                               size_t number) {
  (void)graph;
  thalnet__text_add(text, number == 0 ? "\n    {\"from\": " : ",\n    {\"from\": ");
  thalnet__text_number(text, (uint64_t)edge->from);
  thalnet__text_add(text, ", \"to\": ");
  thalnet__text_number(text, (uint64_t)edge->to);
  thalnet__text_add(text, ", \"kind\": \"");
  thalnet__text_add(text, thalnet__kind_names[edge->kind]);
  thalnet__add_pair(text, "\", \"strength\": ", edge->strength);
  thalnet__add_pair(text, ", \"share\": ", edge->share);
  thalnet__text_add(text, "}");
}

static void thalnet__json_path(thalnet__text *text, const int32_t *nodes, size_t length, double share) {
  thalnet__text_add(text, "{\"nodes\": [");
  for (size_t i = 0; i < length; i++) {
    if (i > 0) thalnet__text_add(text, ", ");
    thalnet__text_number(text, (uint64_t)nodes[i]);
  }
  thalnet__add_pair(text, "], \"share\": ", share);
  thalnet__text_add(text, "}");
}

/* The strongest path from every input to every output; nodes: room for one path. */
static thalnet_status thalnet__json_paths(const thalnet_graph *graph, thalnet__text *text, int32_t *nodes) {
  const thalnet_center *net = graph->net;
  size_t length, count = 0;
  double share;
  for (size_t i = 0; i < net->input_count; i++)
    for (size_t o = 0; o < net->output_count; o++) {
      THALNET__TRY(thalnet__graph_path(graph, i, thalnet__output_node(net, o), nodes, graph->nodes, &length, &share));
      if (length == 0) continue;
      thalnet__text_add(text, count++ == 0 ? "\n    " : ",\n    ");
      thalnet__json_path(text, nodes, length, share);
    }
  return THALNET_OK;
}

static void thalnet__json_summary(const thalnet_graph *graph, thalnet__text *text) {
  thalnet_graph_summary summary = THALNET_GRAPH_SUMMARY_INIT;
  thalnet__graph_summary(graph, &summary);
  const struct {
    const char *name;
    uint64_t number;
  } counts[] = {{"chains", summary.chains},       {"skips", summary.skips},   {"laterals", summary.laterals},
                {"feedbacks", summary.feedbacks}, {"selves", summary.selves}, {"unread", summary.unread}};
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    thalnet__text_add(text, i == 0 ? "\"" : ", \"");
    thalnet__text_add(text, counts[i].name);
    thalnet__text_add(text, "\": ");
    thalnet__text_number(text, counts[i].number);
  }
  thalnet__add_pair(text, ", \"depth\": ", summary.depth);
  thalnet__add_pair(text, ", \"evenness\": ", summary.evenness);
  thalnet__add_pair(text, ", \"specialisation\": ", summary.specialisation);
}

static thalnet_status thalnet__write_json(const thalnet_graph *graph, thalnet__text *text) {
  void *nodes;
  thalnet__add_pair(text, "{\n  \"threshold\": ", graph->threshold);
  thalnet__text_add(text, ",\n  \"nodes\": [");
  thalnet__json_nodes(graph, text);
  thalnet__text_add(text, "\n  ],\n  \"edges\": [");
  thalnet__each_edge(graph, text, thalnet__json_edge);
  thalnet__text_add(text, "\n  ],\n  \"paths\": [");
  THALNET__TRY(thalnet__allocate(&graph->memory, graph->nodes, sizeof(int32_t), &nodes));
  const thalnet_status status = thalnet__json_paths(graph, text, nodes);
  thalnet__release(&graph->memory, nodes, graph->nodes, sizeof(int32_t));
  thalnet__text_add(text, "\n  ],\n  \"summary\": {");
  thalnet__json_summary(graph, text);
  thalnet__text_add(text, "}\n}\n");
  return status;
}

thalnet_status thalnet__graph_write(const thalnet_graph *graph, int32_t form, char *text, size_t size, size_t *length) {
  thalnet__text words = {.bytes = text, .capacity = size};
  thalnet_status status = THALNET_OK;
  if (form == THALNET_GRAPH_DOT)
    thalnet__write_dot(graph, &words);
  else if (form == THALNET_GRAPH_JSON)
    status = thalnet__write_json(graph, &words);
  else
    thalnet__write_csv(graph, &words);
  if (size > 0) thalnet__text_end(&words);
  *length = words.used;
  return status;
}
