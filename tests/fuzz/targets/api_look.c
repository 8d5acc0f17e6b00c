/* SPDX-License-Identifier: MIT */
/* Calls that look at networks: routing, graphs, what connections are worth, gradients. */
#include "api.h"

#define IN (&api->input)

static size_t module_count(const thalnet_center *net) {
  const int32_t count = thalnet_center_module_count(net);
  return count > 0 ? (size_t)count : 0;
}
static size_t node_count(const thalnet_center *net) {
  const int32_t inputs = thalnet_center_input_count(net), outputs = thalnet_center_output_count(net);
  return module_count(net) + (size_t)(inputs > 0 ? inputs : 0) + (size_t)(outputs > 0 ? outputs : 0);
}

static void routing(struct api *api) {
  const thalnet_center *net = api_take(api, CENTER);
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t measure = (int32_t)fuzz_below(IN, 3);
  const size_t count = api_count(api, module_count(net) * module_count(net));
  if (api_can_compute_batch(api, net, batch, 2))
    FUZZ_CALL(thalnet_center_routing(net, batch, measure, api->values, count));
}
static void wiring(struct api *api) {
  const thalnet_center *net = api_take(api, CENTER);
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t measure = (int32_t)fuzz_below(IN, 3);
  const size_t count = api_count(api, node_count(net) * node_count(net));
  if (api_can_compute_batch(api, net, batch, 2))
    FUZZ_CALL(thalnet_center_wiring(net, batch, measure, api->values, count));
}

static void trace(struct api *api) {
  const thalnet_center *net = api_take(api, CENTER);
  thalnet_batch *batch = api_take(api, BATCH);
  const size_t sequence = fuzz_below(IN, 4);
  const unsigned choice = fuzz_below(IN, 3);
  const int32_t pace = thalnet_center_steps_per_frame(net);
  const size_t steps = thalnet_batch_frames(batch) * (size_t)(pace > 0 ? pace : 0),
               values = choice == 2 ? thalnet_center_features(net) : module_count(net) * module_count(net),
               count = api_count(api, steps * values);
  if (!api_can_compute_batch(api, net, batch, 2)) return;
  if (choice == 2)
    FUZZ_CALL(thalnet_center_trace_features(net, batch, sequence, api->values, count));
  else
    FUZZ_CALL(thalnet_center_trace_routing(net, batch, sequence, (int32_t)choice, api->values, count));
}

static void ablate(struct api *api) {
  thalnet_center *net = api_take(api, CENTER);
  thalnet_batch *batch = api_take(api, BATCH);
  const size_t count = api_count(api, node_count(net) * node_count(net));
  if (api_can_compute_batch(api, net, batch, 2))
    FUZZ_CALL(thalnet_center_ablate(net, batch, api_maybe(api, api->flags), count));
}

static void gradient_check(struct api *api) {
  thalnet_gradient_check_options options = THALNET_GRADIENT_CHECK_OPTIONS_INIT;
  thalnet_gradient_check_result result = THALNET_GRADIENT_CHECK_RESULT_INIT;
  thalnet_center *net = api_take(api, CENTER);
  thalnet_batch *batch = api_take(api, BATCH);
  const thalnet_state *state = fuzz_below(IN, 2) ? api_take(api, STATE) : NULL;
  const size_t tensors = thalnet_center_tensor_count(net), count = api_count(api, tensors);
  options.directions = 1 + (int32_t)fuzz_below(IN, 2);
  if (!api_can_compute_batch(api, net, batch, 12 * (size_t)options.directions * (tensors + 1))) return;
  FUZZ_CALL(thalnet_gradient_check(net, batch, state, &options, api->doubles, count, &result));
}

/* --- graphs ------------------------------------------------------------------------------------------------------------- */

/* Of the weights of a network with static readers, or of whatever the values are. */
static void create_graph(struct api *api) {
  thalnet_graph_options options = THALNET_GRAPH_OPTIONS_INIT;
  thalnet_graph *graph = (thalnet_graph *)(void *)api;
  thalnet_center *net = api_take(api, CENTER);
  const size_t count = api_count(api, node_count(net) * node_count(net));
  options.threshold = (double)api_rate(api);
  if (fuzz_below(IN, 2) == 0) FUZZ_CALL(thalnet_center_wiring(net, NULL, THALNET_ROUTING_WEIGHT, api->values, count));
  const thalnet_status status = FUZZ_CALL(thalnet_graph_create(net, api->values, count, &options, &graph));
  api_keep(api, GRAPH, status, graph, net);
}
static void get_node(struct api *api) {
  thalnet_graph_node node = THALNET_GRAPH_NODE_INIT;
  const thalnet_graph *graph = api_take(api, GRAPH);
  FUZZ_CALL(thalnet_graph_get_node(graph, fuzz_byte(IN), &node));
}
static void get_edge(struct api *api) {
  thalnet_graph_edge edge = THALNET_GRAPH_EDGE_INIT;
  const thalnet_graph *graph = api_take(api, GRAPH);
  FUZZ_CALL(thalnet_graph_get_edge(graph, fuzz_byte(IN), &edge));
}
static void summarize(struct api *api) {
  thalnet_graph_summary summary = THALNET_GRAPH_SUMMARY_INIT;
  FUZZ_CALL(thalnet_graph_summarize(api_take(api, GRAPH), &summary));
}
static void find_path(struct api *api) {
  const thalnet_graph *graph = api_take(api, GRAPH);
  const int32_t from = api_index(api), to = (int32_t)fuzz_below(IN, 16);
  size_t length = 0;
  double share = 0.0;
  const size_t capacity = fuzz_below(IN, 16);
  FUZZ_CALL(thalnet_graph_find_path(graph, from, to, api->integers, capacity, &length, &share));
}
static void write_graph(struct api *api) {
  const thalnet_graph *graph = api_take(api, GRAPH);
  const int32_t form = (int32_t)fuzz_below(IN, 4);
  size_t length = 0;
  FUZZ_CALL(thalnet_graph_write(graph, form, (char *)api->flags, 8u * fuzz_byte(IN), &length));
}

static void similarity(struct api *api) {
  thalnet_similarity result = THALNET_SIMILARITY_INIT;
  const thalnet_center *a = api_take(api, CENTER);
  const thalnet_center *b = api_take(api, CENTER);
  const size_t modules = module_count(a), count = api_count(api, modules * modules);
  const float *other = api->values + fuzz_below(IN, 3);
  if (count + 3 > VALUES) return;
  FUZZ_CALL(thalnet_center_similarity(a, api->values, b, other, count, api->integers, modules, &result));
}

static api_call *const calls[] = {routing,  wiring,   trace,     ablate,    gradient_check, create_graph,
                                  get_node, get_edge, summarize, find_path, write_graph,    similarity};
const struct api_calls api_look_calls = {calls, sizeof calls / sizeof calls[0]};
