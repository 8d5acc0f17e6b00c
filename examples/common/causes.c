/* SPDX-License-Identifier: MIT */
#include "causes.h"

#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "system.h"
#include "wiring.h"
#include "words.h"

/* --- one cut ------------------------------------------------------------------------------------------------------- */

thalnet_status example_measure_cut(thalnet_center *net, thalnet_batch *batch, const unsigned char *cut,
                                   struct example_score *score) {
  const size_t nodes = example_node_count(net);
  double loss = 0, weight = 0, hits = 0, labels = 0;
  thalnet_status status = thalnet_center_ablate(net, batch, cut, nodes * nodes);
  for (int32_t o = 0; o < thalnet_center_output_count(net) && !status; o++) {
    thalnet_measure measure = THALNET_MEASURE_INIT;
    status = thalnet_batch_measure(batch, o, &measure);
    loss += measure.loss_sum;
    weight += measure.weight_sum;
    hits += (double)measure.correct;
    labels += (double)measure.labels;
  }
  *score = (struct example_score){weight > 0 ? loss / weight : 0, labels > 0 ? hits / labels : 0};
  return status;
}

/* --- a path -------------------------------------------------------------------------------------------------------- */

struct edge {
  int32_t from, to;
};

/* The graph's edges between modules; free them. */
static struct edge *list_readings(const thalnet_graph *graph, size_t *count_out) {
  struct edge *edges = NULL;
  *count_out = 0;
  for (size_t i = 0; i < thalnet_graph_edge_count(graph); i++) {
    thalnet_graph_edge edge = THALNET_GRAPH_EDGE_INIT;
    thalnet_graph_node from = THALNET_GRAPH_NODE_INIT, to = THALNET_GRAPH_NODE_INIT;
    if (thalnet_graph_get_edge(graph, i, &edge) || thalnet_graph_get_node(graph, (size_t)edge.from, &from) ||
        thalnet_graph_get_node(graph, (size_t)edge.to, &to) || from.kind != THALNET_NODE_MODULE ||
        to.kind != THALNET_NODE_MODULE)
      continue;
    edges = array_grow(edges, *count_out, sizeof *edges);
    edges[(*count_out)++] = (struct edge){edge.from, edge.to};
  }
  return edges;
}

static thalnet_status cut_edges(thalnet_center *net, thalnet_batch *batch, const struct edge *edges, size_t count,
                                struct example_score *score) {
  const size_t nodes = example_node_count(net);
  unsigned char *cut = array_grow(NULL, 0, nodes * nodes);
  for (size_t i = 0; i < count; i++) cut[(size_t)edges[i].to * nodes + (size_t)edges[i].from] = 1;
  const thalnet_status status = example_measure_cut(net, batch, cut, score);
  free(cut);
  return status;
}

static int is_on_path(const struct example_path_test *test, struct edge edge) {
  for (size_t i = 1; i <= test->readings; i++)
    if (test->nodes[i] == edge.from && test->nodes[i + 1] == edge.to) return 1;
  return 0;
}

static thalnet_status try_random_sets(thalnet_center *net, thalnet_batch *batch, struct edge *edges, size_t count,
                                      uint64_t seed, struct example_path_test *test) {
  struct example_random random = example_random_start(seed, 0);
  thalnet_status status = THALNET_OK;
  while (test->sets < EXAMPLE_RANDOM_SETS && !status) {
    struct example_score score;
    size_t on_path = 0;
    for (size_t i = 0; i < test->readings; i++) { /* the first ones of a shuffled list */
      const size_t other = i + example_random_below(&random, (uint32_t)(count - i));
      const struct edge edge = edges[i];
      edges[i] = edges[other];
      edges[other] = edge;
      on_path += is_on_path(test, edges[i]);
    }
    if (on_path == test->readings) continue; /* the path itself is no random set */
    status = cut_edges(net, batch, edges, test->readings, &score);
    test->sets++;
    test->milder += score.accuracy > test->cut.accuracy;
    test->random_accuracy += score.accuracy / EXAMPLE_RANDOM_SETS;
  }
  return status;
}

thalnet_status example_test_path(thalnet_center *net, thalnet_batch *batch, const thalnet_graph *graph, int32_t from,
                                 int32_t to, uint64_t seed, struct example_path_test *test) {
  struct edge path[EXAMPLE_PATH_LIMIT];
  size_t count;
  memset(test, 0, sizeof *test);
  thalnet_status status =
      thalnet_graph_find_path(graph, from, to, test->nodes, EXAMPLE_PATH_LIMIT, &test->length, NULL);
  for (size_t i = 1; i + 2 < test->length && i + 2 < EXAMPLE_PATH_LIMIT; i++)
    path[test->readings++] = (struct edge){test->nodes[i], test->nodes[i + 1]};
  if (!status) status = cut_edges(net, batch, path, 0, &test->whole);
  if (!status) status = cut_edges(net, batch, path, test->readings, &test->cut);
  struct edge *edges = list_readings(graph, &count);
  if (!status && test->readings > 0 && count > test->readings)
    status = try_random_sets(net, batch, edges, count, seed, test);
  free(edges);
  return status;
}

/* --- everything ---------------------------------------------------------------------------------------------------- */

static void add_line(struct words *words, const char *from, const char *to, const char *kind, double share,
                     const struct example_score *whole, const struct example_score *cut) {
  words_add(words, "%s,%s,%s,%.6f,%+.6f,%+.6f\n", from, to, kind, share, cut->loss - whole->loss,
            cut->accuracy - whole->accuracy);
}

static thalnet_status add_edges(struct words *words, thalnet_center *net, thalnet_batch *batch,
                                const thalnet_graph *graph, const struct example_score *whole) {
  thalnet_status status = THALNET_OK;
  for (size_t i = 0; i < thalnet_graph_edge_count(graph) && !status; i++) {
    thalnet_graph_edge edge = THALNET_GRAPH_EDGE_INIT;
    struct example_score score;
    status = thalnet_graph_get_edge(graph, i, &edge);
    const struct edge one = {edge.from, edge.to};
    if (!status) status = cut_edges(net, batch, &one, 1, &score);
    if (!status)
      add_line(words, example_node_name(graph, edge.from), example_node_name(graph, edge.to),
               example_edge_kinds[edge.kind], edge.share, whole, &score);
  }
  return status;
}

/* Nobody hears the module, its outputs neither. */
static thalnet_status add_modules(struct words *words, thalnet_center *net, thalnet_batch *batch,
                                  const struct example_score *whole) {
  const size_t nodes = example_node_count(net), inputs = (size_t)thalnet_center_input_count(net);
  thalnet_status status = THALNET_OK;
  for (int32_t m = 0; m < thalnet_center_module_count(net) && !status; m++) {
    unsigned char *cut = array_grow(NULL, 0, nodes * nodes);
    struct example_score score;
    for (size_t to = 0; to < nodes; to++) cut[to * nodes + inputs + (size_t)m] = 1;
    status = example_measure_cut(net, batch, cut, &score);
    if (!status) add_line(words, thalnet_center_module_name(net, m), "*", "module", 1.0, whole, &score);
    free(cut);
  }
  return status;
}

int example_save_causes(const char *folder, thalnet_center *net, thalnet_batch *batch, struct example_error *error) {
  const struct example_wired wired = {NULL, net, batch};
  thalnet_graph *graph = example_make_graph(&wired, THALNET_ROUTING_SHARE, 1.0, error);
  struct words words = {NULL, 0, 0};
  struct example_score whole;
  if (!graph) return -1;
  char *path = example_join(folder, "causes.csv");
  words_add(&words, "from,to,kind,share,loss,accuracy\n");
  thalnet_status status = cut_edges(net, batch, NULL, 0, &whole);
  if (!status) status = add_edges(&words, net, batch, graph, &whole);
  if (!status) status = add_modules(&words, net, batch, &whole);
  int failed = status ? example_fail(error, "%s", thalnet_error_text()) : 0;
  if (!failed) failed = path ? words_write_file(path, &words, error) : example_fail(error, "no memory");
  thalnet_graph_free(graph);
  words_free(&words);
  free(path);
  return failed;
}
