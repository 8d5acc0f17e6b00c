/* SPDX-License-Identifier: MIT */
#ifndef THALNET_ANALYSIS_SIMILARITY_H
#define THALNET_ANALYSIS_SIMILARITY_H

#include <thalnet/graph.h>

#include "network/network.h"

/* thalnet_center_similarity; order NULL: not wanted. */
thalnet_status thalnet__similarity(const thalnet_center *a, const real *a_values, const thalnet_center *b,
                                   const real *b_values, int32_t *order, thalnet_similarity *result);

#endif
