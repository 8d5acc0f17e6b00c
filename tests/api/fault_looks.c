/* SPDX-License-Identifier: MIT */
/* What is asked of networks that learn nothing. */
#include "fault_scenarios.h"

enum { MODULES = 5, NODES = MODULES + 2 };

void fault_evaluate(struct fault *fault, int32_t which) {
  thalnet_batch_options inference = THALNET_BATCH_OPTIONS_INIT;
  float routing[MODULES * MODULES];
  static const uint8_t resets[5 * 3] = {0, 1, 0, 0, 0, 1};
  (void)which;
  inference.for_backward = 0;
  inference.input_gradients = 0;
  fault_net(fault, SUPPORT_READERS);
  FAULT_TRY(fault, thalnet_batch_create(fault->net, 5, 3, &inference, &fault->batch));
  FAULT_TRY(fault, support_try_fill(fault->net, fault->batch, 5, 3, 1));
  FAULT_TRY(fault, thalnet_batch_set_resets(fault->batch, resets, 15));
  FAULT_TRY(fault, thalnet_forward(fault->net, fault->batch, NULL));
  FAULT_TRY(fault, thalnet_center_routing(fault->net, fault->batch, THALNET_ROUTING_SHARE, routing, MODULES * MODULES));
}

void fault_trace(struct fault *fault, int32_t which) {
  float values[3 * 100];
  (void)which;
  fault_net(fault, SUPPORT_READERS);
  fault_fill(fault, fault->net, 2, 3);
  for (int32_t measure = THALNET_ROUTING_WEIGHT; measure <= THALNET_ROUTING_SHARE; measure++) {
    FAULT_TRY(fault, thalnet_center_trace_routing(fault->net, fault->batch, 1, measure, values, 3 * MODULES * MODULES));
  }
  if (fault->status == THALNET_OK) {
    const size_t count = 3 * thalnet_center_features(fault->net);
    ck_assert_uint_le(count, 3 * 100);
    FAULT_TRY(fault, thalnet_center_trace_features(fault->net, fault->batch, 1, values, count));
  }
}

void fault_graph(struct fault *fault, int32_t which) {
  float values[NODES * NODES];
  int32_t path[NODES];
  char text[20000];
  size_t length = 0;
  thalnet_graph_summary summary = THALNET_GRAPH_SUMMARY_INIT;
  (void)which;
  fault_net(fault, SUPPORT_READERS);
  fault_fill(fault, fault->net, 2, 3);
  FAULT_TRY(fault, thalnet_center_wiring(fault->net, fault->batch, THALNET_ROUTING_SHARE, values, NODES * NODES));
  FAULT_TRY(fault, thalnet_graph_create(fault->net, values, NODES * NODES, NULL, &fault->graph));
  FAULT_TRY(fault, thalnet_graph_summarize(fault->graph, &summary));
  FAULT_TRY(fault, thalnet_graph_find_path(fault->graph, 0, NODES - 1, path, NODES, &length, NULL));
  for (int32_t form = THALNET_GRAPH_DOT; form <= THALNET_GRAPH_CSV; form++) {
    FAULT_TRY(fault, thalnet_graph_write(fault->graph, form, NULL, 0, &length));
    FAULT_TRY(fault, thalnet_graph_write(fault->graph, form, text, sizeof text, &length));
  }
}

/* Of two networks; few modules are compared exactly. */
void fault_similarity(struct fault *fault, int32_t which) {
  float values[MODULES * MODULES] = {0}, others[MODULES * MODULES] = {0};
  int32_t order[MODULES];
  thalnet_similarity similarity = THALNET_SIMILARITY_INIT;
  (void)which;
  fault_net(fault, SUPPORT_READERS);
  FAULT_TRY(fault, support_try_net(SUPPORT_READERS, fault->options, &fault->copy));
  fault_fill(fault, fault->net, 2, 3);
  FAULT_TRY(fault, thalnet_center_routing(fault->net, fault->batch, THALNET_ROUTING_SHARE, values, MODULES * MODULES));
  FAULT_TRY(fault, thalnet_center_routing(fault->net, fault->batch, THALNET_ROUTING_WEIGHT, others, MODULES * MODULES));
  FAULT_TRY(fault, thalnet_center_similarity(fault->net, values, fault->copy, others, MODULES * MODULES, order, MODULES,
                                             &similarity));
}

void fault_ablate(struct fault *fault, int32_t which) {
  unsigned char cut[NODES * NODES] = {0};
  (void)which;
  fault_net(fault, SUPPORT_READERS);
  fault_fill(fault, fault->net, 5, 3);
  for (size_t k = 0; k < 2; k++) {
    cut[(k + 1) * NODES + 2] = 1;
    FAULT_TRY(fault, thalnet_center_ablate(fault->net, fault->batch, cut, NODES * NODES));
  }
  FAULT_TRY(fault, thalnet_forward_backward(fault->net, fault->batch, NULL));
}

void fault_watch(struct fault *fault, int32_t which) {
  thalnet_watch_options options = THALNET_WATCH_OPTIONS_INIT;
  thalnet_watch_event event = THALNET_WATCH_EVENT_INIT;
  (void)which;
  options.memory = fault->options->memory;
  FAULT_TRY(fault, thalnet_watch_create(&options, &fault->watch));
  ck_assert((fault->watch == NULL) == (fault->status != THALNET_OK));
  for (int step = 0; step < 600; step++) {
    FAULT_TRY(fault, thalnet_watch_step(fault->watch, 1.0 + step, 2.0, &event));
  }
}
