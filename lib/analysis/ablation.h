/* SPDX-License-Identifier: MIT */
/* A pass over a batch with connections cut. */
#ifndef THALNET_ANALYSIS_ABLATION_H
#define THALNET_ANALYSIS_ABLATION_H

#include "analysis/nodes.h"
#include "network/batch.h"

/* thalnet__forward without a state, and without what cut[to][from] says. The caller is the center's writer; parameters and what
 * is prepared of them are as before afterwards. */
thalnet_status thalnet__ablate(thalnet_center *net, thalnet_batch *batch, const unsigned char *cut);

#endif
