/* SPDX-License-Identifier: MIT */
/* graph.h: graphs of wirings that are written by hand, so that everything about them is known. */
#include "graph_nets.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static thalnet_graph *graph_of(const thalnet_center *net, const struct wiring *wiring, double threshold) {
  thalnet_graph_options options = THALNET_GRAPH_OPTIONS_INIT;
  thalnet_graph *graph = NULL;
  options.threshold = threshold;
  EXPECT_OK(thalnet_graph_create(net, wiring->values, wiring->nodes * wiring->nodes, &options, &graph));
  return graph;
}

static thalnet_graph_node node_of(const thalnet_graph *graph, size_t number) {
  thalnet_graph_node node = THALNET_GRAPH_NODE_INIT;
  EXPECT_OK(thalnet_graph_get_node(graph, number, &node));
  return node;
}

/* The kind of an edge between two nodes, or -1. */
static int32_t kind_of(const thalnet_graph *graph, int32_t from, int32_t to) {
  for (size_t i = 0; i < thalnet_graph_edge_count(graph); i++) {
    thalnet_graph_edge edge = THALNET_GRAPH_EDGE_INIT;
    EXPECT_OK(thalnet_graph_get_edge(graph, i, &edge));
    if (edge.from == from && edge.to == to) {
      return edge.kind;
    }
  }
  return -1;
}

static thalnet_graph_summary summary_of(const thalnet_graph *graph) {
  thalnet_graph_summary summary = THALNET_GRAPH_SUMMARY_INIT;
  EXPECT_OK(thalnet_graph_summarize(graph, &summary));
  return summary;
}

/* x -> 0 -> 1 -> 2 -> y, and nothing else. */
static struct wiring chain_of_three(void) {
  struct wiring wiring = graph_wiring(3);
  graph_read(&wiring, 1, 0, 0.5f);
  graph_read(&wiring, 2, 1, 7.0f);
  return wiring;
}

START_TEST(a_chain_has_whole_levels) {
  thalnet_center *net = graph_net(3);
  const struct wiring wiring = chain_of_three();
  thalnet_graph *graph = graph_of(net, &wiring, 1.0);
  static const char *const names[] = {"x", "module0", "module1", "module2", "y"};
  static const int32_t kinds[] = {THALNET_NODE_INPUT, THALNET_NODE_MODULE, THALNET_NODE_MODULE, THALNET_NODE_MODULE,
                                  THALNET_NODE_OUTPUT};
  ck_assert_uint_eq(thalnet_graph_node_count(graph), 5);
  ck_assert_uint_eq(thalnet_graph_edge_count(graph), 4);
  for (int32_t i = 0; i < 5; i++) {
    const thalnet_graph_node node = node_of(graph, (size_t)i);
    ck_assert_str_eq(node.name, names[i]);
    ck_assert_int_eq(node.kind, kinds[i]);
    ck_assert_int_eq(node.number, kinds[i] == THALNET_NODE_MODULE ? i - 1 : 0);
    ck_assert_int_eq(node.unread, 0);
    ck_assert_double_eq_tol(node.level, (double)i, 1e-6);
    ck_assert_int_eq(kind_of(graph, i, i + 1), i < 4 ? THALNET_EDGE_CHAIN : -1);
  }
  const thalnet_graph_summary summary = summary_of(graph);
  ck_assert_uint_eq(summary.chains, 4);
  ck_assert_uint_eq(summary.skips + summary.laterals + summary.feedbacks + summary.selves + summary.unread, 0);
  ck_assert_double_eq_tol(summary.depth, 4.0, 1e-6);
  thalnet_center_free(net); /* the graph keeps it */
  ck_assert_str_eq(node_of(graph, 1).name, "module0");
  thalnet_graph_free(graph);
}
END_TEST

START_TEST(every_kind_of_edge) {
  thalnet_center *net = graph_net(4);
  struct wiring wiring = graph_wiring(4);
  graph_read(&wiring, 1, 0, 1.0f); /* x -> 0 -> 1 -> 3 -> y */
  graph_read(&wiring, 2, 0, 1.0f); /* 2 is beside 1 */
  graph_read(&wiring, 1, 2, 1.0f);
  graph_read(&wiring, 2, 1, 1.0f);
  graph_read(&wiring, 3, 1, 2.2f);
  graph_read(&wiring, 3, 0, 1.6f); /* past 1 */
  graph_read(&wiring, 3, 3, 1.6f);
  graph_read(&wiring, 0, 3, 1.0f);
  thalnet_graph *graph = graph_of(net, &wiring, 1.0);
  ck_assert_int_eq(kind_of(graph, 0, 1), THALNET_EDGE_CHAIN);
  ck_assert_int_eq(kind_of(graph, 1, 2), THALNET_EDGE_CHAIN);
  ck_assert_int_eq(kind_of(graph, 1, 3), THALNET_EDGE_CHAIN);
  ck_assert_int_eq(kind_of(graph, 2, 3), THALNET_EDGE_LATERAL);
  ck_assert_int_eq(kind_of(graph, 3, 2), THALNET_EDGE_LATERAL);
  ck_assert_int_eq(kind_of(graph, 2, 4), THALNET_EDGE_CHAIN);
  ck_assert_int_eq(kind_of(graph, 1, 4), THALNET_EDGE_SKIP);
  ck_assert_int_eq(kind_of(graph, 4, 4), THALNET_EDGE_SELF);
  ck_assert_int_eq(kind_of(graph, 4, 1), THALNET_EDGE_FEEDBACK);
  ck_assert_int_eq(kind_of(graph, 4, 5), THALNET_EDGE_CHAIN);
  ck_assert_int_eq(kind_of(graph, 3, 4), -1);
  ck_assert_int_eq(node_of(graph, 3).unread, 0);
  const thalnet_graph_summary summary = summary_of(graph);
  ck_assert_uint_eq(summary.chains, 5);
  ck_assert_uint_eq(summary.skips, 1);
  ck_assert_uint_eq(summary.laterals, 2);
  ck_assert_uint_eq(summary.feedbacks, 1);
  ck_assert_uint_eq(summary.selves, 1);
  thalnet_graph_free(graph);
  thalnet_center_free(net);
}
END_TEST

/* Of strengths 2 and 1, of four modules: shares of 4 / 5 and 1 / 5 are 3.2 and 0.8 times an even one. */
START_TEST(the_threshold_decides) {
  thalnet_center *net = graph_net(4);
  struct wiring wiring = graph_wiring(4);
  graph_read(&wiring, 1, 0, 2.0f);
  graph_read(&wiring, 1, 2, 1.0f);
  for (size_t from = 0; from < 4; from++) {
    graph_read(&wiring, 3, from, 0.3f); /* even, and so at the threshold of 1 */
  }
  thalnet_graph *graph = graph_of(net, &wiring, 1.0);
  ck_assert_int_ge(kind_of(graph, 1, 2), 0);
  ck_assert_int_eq(kind_of(graph, 3, 2), -1);
  for (int32_t from = 1; from <= 4; from++) {
    ck_assert_int_ge(kind_of(graph, from, 4), 0);
  }
  thalnet_graph_free(graph);
  graph = graph_of(net, &wiring, 0.7);
  ck_assert_int_ge(kind_of(graph, 3, 2), 0);
  thalnet_graph_free(graph);
  graph = graph_of(net, &wiring, 0.9);
  ck_assert_int_eq(kind_of(graph, 3, 2), -1);
  thalnet_graph_free(graph);
  graph = graph_of(net, &wiring, 3.3);
  ck_assert_int_eq(kind_of(graph, 1, 2), -1);
  ck_assert_int_ge(kind_of(graph, 0, 1), 0); /* inputs are not measured by it */
  ck_assert_int_eq(node_of(graph, 1).unread, 1);
  thalnet_graph_free(graph);
  graph = graph_of(net, &wiring, 0.0);
  ck_assert_int_eq(kind_of(graph, 2, 2), -1); /* a share of 0 is no edge */
  thalnet_graph_free(graph);
  thalnet_center_free(net);
}
END_TEST

/* 1 and the mean level of what a node gets: of modules by the squares of strengths, and of x, which is 0. */
static double level_by_definition(const struct wiring *wiring, const double *level, size_t to) {
  const size_t n = wiring->nodes;
  double power = 0, sum = 0;
  for (size_t from = 1; from + 1 < n; from++) {
    const double square = pow((double)wiring->values[to * n + from], 2);
    power += from == to ? 0 : square;
    sum += from == to ? 0 : square * level[from];
  }
  return 1 + (power > 0 ? sum / power : 0) * (wiring->values[to * n] > 0.0f ? 0.5 : 1.0);
}

START_TEST(levels_by_their_definition) {
  for (uint64_t seed = 1; seed <= 20; seed++) {
    const size_t modules = 2 + (size_t)seed % 9;
    thalnet_center *net = graph_net(modules);
    struct wiring wiring = graph_wiring(modules);
    double level[GRAPH_NODES_MAX];
    uint64_t random = seed;
    for (size_t to = 0; to < modules; to++) {
      for (size_t from = 0; from < modules; from++) {
        graph_read(&wiring, to, from, fabsf(support_random(&random)));
      }
    }
    thalnet_graph *graph = graph_of(net, &wiring, 1.0);
    for (size_t i = 0; i < wiring.nodes; i++) {
      level[i] = node_of(graph, i).level;
    }
    ck_assert(level[0] == 0.0);
    for (size_t i = 1; i < wiring.nodes; i++) {
      ck_assert_double_eq_tol(level[i], level_by_definition(&wiring, level, i), 1e-9);
    }
    thalnet_graph_free(graph);
    thalnet_center_free(net);
  }
}
END_TEST

/* Two modules that read each other and that no input reaches are sources; so is who reads nothing else. */
START_TEST(islands_are_sources) {
  thalnet_center *net = graph_net(4);
  struct wiring wiring = graph_wiring(4);
  graph_read(&wiring, 1, 2, 1.0f);
  graph_read(&wiring, 2, 1, 1.0f);
  graph_read(&wiring, 3, 2, 1.0f);
  thalnet_graph *graph = graph_of(net, &wiring, 1.0);
  static const double levels[] = {0, 1, 0, 0, 0, 0}; /* module 3 and y belong to the island */
  for (size_t i = 0; i < 6; i++) {
    ck_assert_double_eq_tol(node_of(graph, i).level, levels[i], 1e-12);
  }
  thalnet_graph_free(graph);
  graph_read(&wiring, 3, 0, 1.0f);
  graph = graph_of(net, &wiring, 1.0);
  ck_assert_double_eq_tol(node_of(graph, 4).level, 1.5, 1e-12); /* half from module 0, at 1, half from the island */
  ck_assert_double_eq_tol(node_of(graph, 5).level, 2.5, 1e-12);
  thalnet_graph_free(graph);
  thalnet_center_free(net);
}
END_TEST

/* Modules that read hardly anything but each other: far away, but finite. */
START_TEST(near_islands_are_far) {
  static const float leaks[] = {1e-3f, 1e-9f, 1e-19f, 1e-30f};
  for (int i = 0; i < 4; i++) {
    thalnet_center *net = graph_net(3);
    struct wiring wiring = graph_wiring(3);
    graph_read(&wiring, 1, 2, 1.0f);
    graph_read(&wiring, 1, 0, leaks[i]);
    graph_read(&wiring, 2, 1, 1.0f);
    thalnet_graph *graph = graph_of(net, &wiring, 1.0);
    const double leak = (double)leaks[i] * (double)leaks[i] / (1 + (double)leaks[i] * (double)leaks[i]);
    const double level = node_of(graph, 2).level; /* h = 1 + (1 - leak) (1 + h) + leak, so h = 2 / leak */
    ck_assert_double_eq_tol(level * leak, 2.0, 1e-9);
    ck_assert_double_ge(node_of(graph, 3).level, level);
    char text[4000];
    size_t length;
    EXPECT_OK(thalnet_graph_write(graph, THALNET_GRAPH_JSON, text, sizeof text, &length));
    ck_assert_uint_lt(length, sizeof text);
    ck_assert_ptr_null(strstr(text, "nan"));
    ck_assert_ptr_null(strstr(text, "inf"));
    thalnet_graph_free(graph);
    thalnet_center_free(net);
  }
}
END_TEST

/* Kinds again, by their definition: an edge up is a skip connection if there is another way up. */
static int another_way(const thalnet_graph *graph, int32_t from, int32_t to, int steps) {
  for (size_t i = 0; i < thalnet_graph_edge_count(graph); i++) {
    thalnet_graph_edge edge = THALNET_GRAPH_EDGE_INIT;
    EXPECT_OK(thalnet_graph_get_edge(graph, i, &edge));
    if (edge.from != from || (edge.kind != THALNET_EDGE_CHAIN && edge.kind != THALNET_EDGE_SKIP)) {
      continue;
    }
    if ((edge.to == to && steps > 0) || (edge.to != to && another_way(graph, edge.to, to, steps + 1))) {
      return 1;
    }
  }
  return 0;
}

START_TEST(kinds_by_their_definition) {
  size_t seen[5] = {0};
  for (uint64_t seed = 1; seed <= 40; seed++) {
    thalnet_center *net = graph_net(6);
    struct wiring wiring = graph_wiring(6);
    uint64_t random = seed;
    for (size_t to = 0; to < 6; to++) {
      for (size_t from = 0; from < 6; from++) {
        const float strength = support_random(&random);
        graph_read(&wiring, to, from, strength > 0.0f ? strength * strength : 0.0f);
      }
    }
    thalnet_graph *graph = graph_of(net, &wiring, 1.0);
    for (size_t i = 0; i < thalnet_graph_edge_count(graph); i++) {
      thalnet_graph_edge edge = THALNET_GRAPH_EDGE_INIT;
      EXPECT_OK(thalnet_graph_get_edge(graph, i, &edge));
      const double rise = node_of(graph, (size_t)edge.to).level - node_of(graph, (size_t)edge.from).level;
      const int32_t kind = edge.from == edge.to                             ? THALNET_EDGE_SELF
                           : rise <= -0.25                                  ? THALNET_EDGE_FEEDBACK
                           : rise < 0.25                                    ? THALNET_EDGE_LATERAL
                           : another_way(graph, edge.from, edge.to, 0) != 0 ? THALNET_EDGE_SKIP
                                                                            : THALNET_EDGE_CHAIN;
      ck_assert_int_eq(edge.kind, kind);
      seen[kind]++;
    }
    thalnet_graph_free(graph);
    thalnet_center_free(net);
  }
  for (int kind = 0; kind < 5; kind++) {
    ck_assert_uint_ge(seen[kind], 10);
  }
}
END_TEST

/* Of two ways from x to y the one with the larger product of shares. */
START_TEST(the_strongest_path) {
  thalnet_center *net = graph_net(4);
  struct wiring wiring = graph_wiring(4);
  int32_t nodes[6] = {-1, -1, -1, -1, -1, -1};
  size_t length = 99;
  double share = -1;
  graph_read(&wiring, 1, 0, 3.0f);
  graph_read(&wiring, 1, 1, 1.0f); /* shares 0.9 and 0.1 */
  graph_read(&wiring, 3, 1, 2.0f);
  graph_read(&wiring, 3, 0, 1.0f); /* 0.8 and 0.2: 0 -> 1 -> 3 is 0.72, 0 -> 3 is 0.2 */
  thalnet_graph *graph = graph_of(net, &wiring, 1.0);
  EXPECT_OK(thalnet_graph_find_path(graph, 0, 5, nodes, 6, &length, &share));
  ck_assert_uint_eq(length, 5);
  ck_assert_double_eq_tol(share, 0.72, 1e-6);
  static const int32_t expected[] = {0, 1, 2, 4, 5};
  ck_assert_mem_eq(nodes, expected, sizeof expected);
  int32_t few[3] = {-1, -1, -1};
  EXPECT_OK(thalnet_graph_find_path(graph, 0, 5, few, 2, &length, NULL));
  ck_assert(length == 5 && few[0] == 0 && few[1] == 1 && few[2] == -1);
  EXPECT_OK(thalnet_graph_find_path(graph, 3, 5, nodes, 6, &length, &share)); /* nobody reads module 2 */
  ck_assert(length == 0 && share == 0.0);
  EXPECT_OK(thalnet_graph_find_path(graph, 4, 4, nodes, 6, &length, &share));
  ck_assert(length == 1 && nodes[0] == 4 && share == 1.0);
  EXPECT_OK(thalnet_graph_find_path(graph, 0, 5, NULL, 0, &length, NULL));
  ck_assert_uint_eq(length, 5);
  thalnet_graph_free(graph);
  thalnet_center_free(net);
}
END_TEST

START_TEST(scores_of_collapse_and_of_taste) {
  thalnet_center *net = graph_net(4);
  struct wiring all = graph_wiring(4), one = graph_wiring(4), each = graph_wiring(4);
  for (size_t to = 0; to < 4; to++) {
    graph_read(&one, to, 2, 1.0f + (float)to);
    graph_read(&each, to, (to + 1) % 4, 0.1f);
    for (size_t from = 0; from < 4; from++) {
      graph_read(&all, to, from, 0.5f);
    }
  }
  thalnet_graph *graph = graph_of(net, &all, 1.0);
  ck_assert_double_eq_tol(summary_of(graph).evenness, 1.0, 1e-12);
  ck_assert_double_eq_tol(summary_of(graph).specialisation, 0.0, 1e-12);
  thalnet_graph_free(graph);
  graph = graph_of(net, &one, 1.0);
  ck_assert_double_eq_tol(summary_of(graph).evenness, 0.25, 1e-12);
  ck_assert_double_eq_tol(summary_of(graph).specialisation, 0.0, 1e-12);
  ck_assert_uint_eq(summary_of(graph).unread, 2); /* 0 and 1; 3 goes to y */
  thalnet_graph_free(graph);
  graph = graph_of(net, &each, 1.0);
  ck_assert_double_eq_tol(summary_of(graph).evenness, 1.0, 1e-12);
  ck_assert_double_eq_tol(summary_of(graph).specialisation, 1.0, 1e-12);
  thalnet_graph_free(graph);
  const struct wiring silent = graph_wiring(4);
  graph = graph_of(net, &silent, 1.0);
  ck_assert(summary_of(graph).evenness == 0.0 && summary_of(graph).specialisation == 0.0);
  thalnet_graph_free(graph);
  thalnet_center_free(net);
}
END_TEST

static char *text_of(const thalnet_graph *graph, int32_t form) {
  size_t length = 0, again = 0;
  EXPECT_OK(thalnet_graph_write(graph, form, NULL, 0, &length));
  char *text = malloc(length + 1);
  EXPECT_OK(thalnet_graph_write(graph, form, text, length + 1, &again));
  ck_assert_uint_eq(length, again);
  ck_assert_uint_eq(strlen(text), length);
  return text;
}

START_TEST(text_for_other_programs) {
  thalnet_center *net = graph_net(3);
  const struct wiring wiring = chain_of_three();
  thalnet_graph *graph = graph_of(net, &wiring, 1.0);
  char *csv = text_of(graph, THALNET_GRAPH_CSV), *dot = text_of(graph, THALNET_GRAPH_DOT);
  ck_assert_str_eq(csv, "from,to,kind,strength,share\n"
                        "x,module0,chain,1,1\n"
                        "module0,module1,chain,0.5,1\n"
                        "module1,module2,chain,7,1\n"
                        "module2,y,chain,1,1\n");
  ck_assert(strncmp(dot, "digraph thalnet {", 17) == 0 && strcmp(dot + strlen(dot) - 2, "}\n") == 0);
  ck_assert_ptr_nonnull(strstr(dot, "n2 [label=\"module1\""));
  ck_assert_ptr_nonnull(strstr(dot, "n1 -> n2 ["));
  ck_assert_ptr_null(strstr(dot, "n2 -> n1 ["));
  char cut[11];
  size_t length;
  EXPECT_OK(thalnet_graph_write(graph, THALNET_GRAPH_CSV, cut, sizeof cut, &length));
  ck_assert_str_eq(cut, "from,to,ki");
  ck_assert_uint_eq(length, strlen(csv));
  free(csv);
  free(dot);
  thalnet_graph_free(graph);
  thalnet_center_free(net);
}
END_TEST

START_TEST(json_is_json) {
  thalnet_center *net = graph_net(3);
  struct wiring wiring = chain_of_three();
  graph_read(&wiring, 0, 2, 1e-7f);
  thalnet_graph *graph = graph_of(net, &wiring, 0.5);
  char *text = text_of(graph, THALNET_GRAPH_JSON);
  json_error_t error;
  json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &error);
  ck_assert_msg(json != NULL, "line %d: %s", error.line, error.text);
  ck_assert_double_eq(json_real_value(json_object_get(json, "threshold")), 0.5);
  json_t *nodes = json_object_get(json, "nodes"), *edges = json_object_get(json, "edges");
  ck_assert_uint_eq(json_array_size(nodes), 5);
  ck_assert_uint_eq(json_array_size(edges), 5);
  ck_assert_str_eq(json_string_value(json_object_get(json_array_get(nodes, 4), "name")), "y");
  ck_assert_str_eq(json_string_value(json_object_get(json_array_get(nodes, 4), "kind")), "output");
  json_t *weak = json_array_get(edges, 1);
  ck_assert_double_eq_tol(json_number_value(json_object_get(weak, "strength")), 1e-7, 1e-12);
  ck_assert_str_eq(json_string_value(json_object_get(weak, "kind")), "feedback");
  json_t *path = json_object_get(json_array_get(json_object_get(json, "paths"), 0), "nodes");
  ck_assert_uint_eq(json_array_size(path), 5);
  ck_assert_int_eq(json_integer_value(json_array_get(path, 2)), 2);
  ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(json, "summary"), "feedbacks")), 1);
  json_decref(json);
  free(text);
  thalnet_graph_free(graph);
  thalnet_center_free(net);
}
END_TEST

START_TEST(bad_wirings_are_refused) {
  thalnet_center *net = graph_net(3);
  struct wiring wiring = chain_of_three();
  thalnet_graph *graph = (thalnet_graph *)&wiring;
  const size_t n = wiring.nodes * wiring.nodes;
  wiring.values[1] = 1.0f; /* x from module 0 */
  EXPECT(thalnet_graph_create(net, wiring.values, n, NULL, &graph), THALNET_ERROR_DATA);
  ck_assert_ptr_null(graph);
  wiring.values[1] = 0.0f;
  graph_read(&wiring, 1, 1, -0.1f);
  EXPECT(thalnet_graph_create(net, wiring.values, n, NULL, &graph), THALNET_ERROR_DATA);
  graph_read(&wiring, 1, 1, NAN);
  EXPECT(thalnet_graph_create(net, wiring.values, n, NULL, &graph), THALNET_ERROR_NONFINITE);
  graph_read(&wiring, 1, 1, 0.0f);
  thalnet_graph_options options = THALNET_GRAPH_OPTIONS_INIT;
  static const double thresholds[] = {-0.1, (double)NAN, (double)INFINITY};
  for (int i = 0; i < 3; i++) {
    options.threshold = thresholds[i];
    EXPECT(thalnet_graph_create(net, wiring.values, n, &options, &graph), THALNET_ERROR_ARGUMENT);
  }
  EXPECT_OK(thalnet_graph_create(net, wiring.values, n, NULL, &graph));
  thalnet_graph_edge edge = THALNET_GRAPH_EDGE_INIT;
  EXPECT(thalnet_graph_get_edge(graph, 4, &edge), THALNET_ERROR_ARGUMENT);
  edge.struct_size--;
  EXPECT(thalnet_graph_get_edge(graph, 0, &edge), THALNET_ERROR_VERSION);
  thalnet_graph_free(graph);
  thalnet_graph_free(NULL);
  thalnet_center_free(net);
}
END_TEST

/* Every kind of edge and node has its own looks, and a graph without a way through has no path. */
START_TEST(text_of_all_kinds) {
  thalnet_center *net = graph_net(4);
  struct wiring wiring = graph_wiring(4);
  graph_read(&wiring, 0, 2, 1.0f); /* feedback */
  graph_read(&wiring, 1, 0, 1.0f);
  graph_read(&wiring, 1, 1, 1.0f); /* self */
  graph_read(&wiring, 2, 0, 1.0f); /* 1 and 2 are of one level */
  graph_read(&wiring, 2, 1, 0.9f);
  thalnet_graph *graph = graph_of(net, &wiring, 0.1);
  char *dot = text_of(graph, THALNET_GRAPH_DOT), *json = text_of(graph, THALNET_GRAPH_JSON);
  size_t gray = 0, bent = 0, edges = 0, straight = 0;
  for (const char *at = dot; (at = strstr(at, "fontcolor=")) != NULL; at++) {
    gray++;
  }
  for (const char *at = dot; (at = strstr(at, "constraint=false")) != NULL; at++) {
    bent++;
  }
  for (size_t i = 0; i < thalnet_graph_edge_count(graph); i++) {
    thalnet_graph_edge edge = THALNET_GRAPH_EDGE_INIT;
    EXPECT_OK(thalnet_graph_get_edge(graph, i, &edge));
    straight += edge.kind == THALNET_EDGE_CHAIN || edge.kind == THALNET_EDGE_SKIP;
    edges++;
  }
  size_t unread = 0;
  for (size_t i = 0; i < thalnet_graph_node_count(graph); i++) {
    thalnet_graph_node node = THALNET_GRAPH_NODE_INIT;
    EXPECT_OK(thalnet_graph_get_node(graph, i, &node));
    unread += (size_t)node.unread;
  }
  ck_assert_uint_eq(bent, edges - straight);
  ck_assert_uint_ge(bent, 2);
  ck_assert_uint_eq(gray, unread);
  const char *paths = strstr(json, "\"paths\": [");
  ck_assert_ptr_nonnull(paths);
  ck_assert_int_eq(paths[10 + strspn(paths + 10, " \n")], ']'); /* module 3 reads nobody */
  free(dot);
  free(json);
  thalnet_graph_free(graph);
  thalnet_center_free(net);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {a_chain_has_whole_levels,   every_kind_of_edge,  the_threshold_decides,
                                levels_by_their_definition, islands_are_sources, near_islands_are_far,
                                kinds_by_their_definition,  the_strongest_path,  scores_of_collapse_and_of_taste,
                                text_for_other_programs,    json_is_json,        bad_wirings_are_refused,
                                text_of_all_kinds};
  return SUPPORT_RUN("graph", tests);
}
