/* SPDX-License-Identifier: MIT */
/* Numbers that go over from a network to one that was made from it by editing (network/edit.h): parameters, moments, memory. Every
 * dimension of a tensor has a map from the new indices to the old ones; core/axis.h says what it counts. */
#ifndef THALNET_NETWORK_CARRY_H
#define THALNET_NETWORK_CARRY_H

#include "network/network.h"

/* What becomes of numbers that have no old ones, and of those that a split shares out. */
enum thalnet__carry {
  THALNET__CARRY_WEIGHTS, /* new columns of old rows are 0, the rest stays as it is; modules that were split share */
  THALNET__CARRY_MOMENTS  /* new numbers stay as they are; modules that were split have the old ones each */
};

/* From a block of parameters of `old` to one of `net`, in which the new numbers are. THALNET_ERROR_MEMORY. */
thalnet_status thalnet__carry_block(const thalnet_center *net, const thalnet_center *old, enum thalnet__carry what,
                                    const real *from, real *to);

/* The tensor of `old` that a tensor of `net` comes from, or NULL. */
const thalnet__tensor *thalnet__carry_source(const thalnet_center *net, const thalnet_center *old,
                                             const thalnet__tensor *tensor);

/* Of a row of memory [P + E] of `net`: the old places, or THALNET__NONE. */
void thalnet__carry_map_memory(const thalnet_center *net, const thalnet_center *from, size_t *map);

#endif
