/* SPDX-License-Identifier: MIT */
#ifndef THALNET_ANALYSIS_ROUTING_H
#define THALNET_ANALYSIS_ROUTING_H

#include "network/batch.h"

/* thalnet_center_routing; batch NULL: static readers' weights only. */
thalnet_status thalnet__routing(const thalnet_center *net, thalnet_batch *batch, int32_t measure, real *values);

#endif
