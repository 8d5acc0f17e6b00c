/* SPDX-License-Identifier: MIT */
/* Tensors that training leaves alone: they have no gradient, and the products that would make it are left out where all
 * tensors of a layer or reader are frozen. */
#ifndef THALNET_NETWORK_FREEZE_H
#define THALNET_NETWORK_FREEZE_H

#include "network/network.h"

/* All tensors whose names begin with the prefix; THALNET_ERROR_DATA where there are none. */
thalnet_status thalnet__set_frozen(thalnet_center *net, const char *prefix, int frozen);

/* After tensors' flags were changed: what follows of them. */
void thalnet__apply_frozen(thalnet_center *net);

#endif
