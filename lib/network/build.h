/* SPDX-License-Identifier: MIT */
/* From a description to a network: validation, layout, memory, initial values. */
#ifndef THALNET_NETWORK_BUILD_H
#define THALNET_NETWORK_BUILD_H

#include "network/network.h"

/* Checks that the network is complete and gives every tensor and every part of memory its place, in `net` itself; allocates
 * the table of tensors only. May be repeated on a draft. */
thalnet_status thalnet__layout(thalnet_center *net);

/* After thalnet__layout: sizes. */
void thalnet__measure(const thalnet_center *net, thalnet_center_size *size);

/* After thalnet__layout: allocates the parameters, all zero. The center is built afterwards, but nothing is prepared yet. */
thalnet_status thalnet__allocate_parameters(thalnet_center *net);

/* Initial values of all parameters. */
void thalnet__initialize(thalnet_center *net, uint64_t seed);

/* Back to a draft: for a build that fails after thalnet__allocate_parameters. */
void thalnet__unbuild(thalnet_center *net);

const thalnet__tensor *thalnet__find_tensor(const thalnet_center *net, const char *name);

#endif
