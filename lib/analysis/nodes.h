/* SPDX-License-Identifier: MIT */
/* Nodes of the graph: inputs, modules, outputs. */
#ifndef THALNET_ANALYSIS_NODES_H
#define THALNET_ANALYSIS_NODES_H

#include "network/network.h"

static inline size_t thalnet__node_count(const thalnet_center *net) {
  return net->input_count + net->module_count + net->output_count;
}
static inline size_t thalnet__module_node(const thalnet_center *net, size_t module) {
  return net->input_count + module;
}
static inline size_t thalnet__output_node(const thalnet_center *net, size_t output) {
  return net->input_count + net->module_count + output;
}

#endif
