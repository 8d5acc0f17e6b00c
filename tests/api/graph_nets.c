/* SPDX-License-Identifier: MIT */
#include "graph_nets.h"

thalnet_center *graph_net(size_t modules) {
  thalnet_center *net = NULL;
  EXPECT_OK(thalnet_center_create(NULL, &net));
  EXPECT_OK(thalnet_center_add_input(net, "x", 3, NULL, NULL));
  EXPECT_OK(thalnet_center_add_output(net, "y", 2, THALNET_CROSS_ENTROPY, NULL, NULL));
  for (size_t i = 0; i < modules; i++) {
    thalnet_module *module = NULL;
    EXPECT_OK(thalnet_center_add_module(net, NULL, NULL, &module));
    EXPECT_OK(thalnet_module_add_gru(module, 2, NULL));
    EXPECT_OK(thalnet_module_add_reader(module, THALNET_LINEAR, 3, NULL, NULL));
    if (i == 0) {
      EXPECT_OK(thalnet_module_connect_input(module, 0));
    }
    if (i + 1 == modules) {
      EXPECT_OK(thalnet_module_connect_output(module, 0));
    }
  }
  EXPECT_OK(thalnet_center_build(net, 1));
  return net;
}

struct wiring graph_wiring(size_t modules) {
  struct wiring wiring = {.modules = modules, .nodes = modules + 2};
  ck_assert_uint_le(wiring.nodes, GRAPH_NODES_MAX);
  wiring.values[1 * wiring.nodes + 0] = 1.0f;
  wiring.values[(modules + 1) * wiring.nodes + modules] = 1.0f;
  return wiring;
}

void graph_read(struct wiring *wiring, size_t to, size_t from, float strength) {
  wiring->values[(to + 1) * wiring->nodes + from + 1] = strength;
}
