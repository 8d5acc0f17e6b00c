/* SPDX-License-Identifier: MIT */
#ifndef THALNET_ANALYSIS_ROUTING_H
#define THALNET_ANALYSIS_ROUTING_H

#include "network/batch.h"

/* thalnet_center_routing, or with `whole` thalnet_center_wiring; batch NULL: what the parameters alone tell. */
thalnet_status thalnet__routing(const thalnet_center *net, thalnet_batch *batch, int32_t measure, int whole,
                                real *values);

/* thalnet_center_trace_routing and thalnet_center_trace_features. */
thalnet_status thalnet__trace_routing(const thalnet_center *net, thalnet_batch *batch, size_t sequence, int32_t measure,
                                      real *values);
thalnet_status thalnet__trace_features(const thalnet_center *net, thalnet_batch *batch, size_t sequence, real *values);

#endif
