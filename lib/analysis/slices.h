/* SPDX-License-Identifier: MIT */
/* A module's slice of the center as a reader's weights have it. */
#ifndef THALNET_ANALYSIS_SLICES_H
#define THALNET_ANALYSIS_SLICES_H

#include "network/network.h"

/* Whether the reader reads that slice at all, and in which column of its weights the slice begins. */
static inline int thalnet__reads(const thalnet__reader *reader, const thalnet_module *slice) {
  return !reader->skip_own || slice->offset != reader->offset;
}
static inline size_t thalnet__slice_column(const thalnet__reader *reader, const thalnet_module *slice) {
  return slice->offset - (reader->skip_own && slice->offset > reader->offset ? reader->features : 0);
}

/* Nodes of the graph: inputs, modules, outputs. */
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
