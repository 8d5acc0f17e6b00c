/* SPDX-License-Identifier: MIT */
/* The parts of thalnet__layout (build.h). */
#ifndef THALNET_NETWORK_LAYOUT_H
#define THALNET_NETWORK_LAYOUT_H

#include "network/build.h"

/* The table of tensors while it is being filled: first counted, then written. */
typedef struct thalnet__table {
  thalnet_center *net;
  thalnet__tensor *tensors; /* NULL: only counting */
  size_t count, parameters;
  /* What the tensors being added belong to, and the beginning of their names. */
  size_t module, layer, part;
  int32_t output; /* -1: none */
  char prefix[THALNET__TENSOR_NAME_SIZE - 16];
} thalnet__table;

/* Gives every tensor its place, and fills the table in; sizes are those that layers and readers have. */
void thalnet__lay_out_tensors(thalnet__table *table);

/* Gives what is derived from the tensors its place. */
thalnet_status thalnet__lay_out_prepared(thalnet_center *net);

#endif
