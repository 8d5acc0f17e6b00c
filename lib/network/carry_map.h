/* SPDX-License-Identifier: MIT */
/* For network/carry.c: which index was which. */
#ifndef THALNET_NETWORK_CARRY_MAP_H
#define THALNET_NETWORK_CARRY_MAP_H

#include "network/carry.h"

/* A tensor on both sides, and what its dimensions correspond to. */
typedef struct thalnet__carry_call {
  const thalnet_center *net, *old;
  const thalnet__tensor *tensor, *source;
  enum thalnet__carry what;
  size_t *maps[3]; /* [index]: the old one, or THALNET__NONE */
  real *parts;     /* [index of the dimension that counts features]: shares of a split; else NULL */
  int parted;      /* that dimension; -1: none */
} thalnet__carry_call;

/* The module of `old` that module number `module` comes from, or NULL. */
const thalnet_module *thalnet__old_module(const thalnet_center *net, const thalnet_center *old, size_t module);

/* Fills call->maps[dimension]. */
void thalnet__map_dimension(const thalnet__carry_call *call, int dimension);

#endif
