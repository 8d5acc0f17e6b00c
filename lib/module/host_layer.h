/* SPDX-License-Identifier: MIT */
/* Layers that the host computes (thalnet/layer.h): products and weight gradients are ours, what happens element by element
 * is done by two functions of the host.
 *
 * Blocks of a step: the input's products and those of the hidden state, each with its biases, which forward may overwrite
 * and backward turns into gradients; the vectors' gradients, row by row, so that they are added up as biases are, whoever
 * computes a row; what the host keeps. Prepared: bias_ih, bias_hh, vectors. */
#ifndef THALNET_MODULE_HOST_LAYER_H
#define THALNET_MODULE_HOST_LAYER_H

#include <thalnet/layer.h>

#include "core/memory.h"
#include "core/status.h"
#include "module/layer.h"

typedef struct thalnet__host_layer {
  thalnet__layer_kind kind; /* whose name and host are this structure's own */
  char name[THALNET_NAME_LIMIT + 1];
  void *user;
  thalnet_layer_function *forward, *backward;
  size_t vectors;
  real bias_starts[THALNET_LAYER_BLOCK_LIMIT];
  real vector_starts[THALNET_LAYER_BLOCK_LIMIT], vector_bounds[THALNET_LAYER_BLOCK_LIMIT];
} thalnet__host_layer;

/* Checks what the host gives and makes a kind of it, in place. */
thalnet_status thalnet__host_layer_read(const thalnet_layer *given, thalnet__host_layer *made);
/* A layer's own copy, for as long as it lives. */
thalnet_status thalnet__host_layer_keep(const thalnet_memory *memory, const thalnet__host_layer *host,
                                        const thalnet__layer_kind **kind_out);
/* Of any kind: those of ours are not kept. */
void thalnet__host_layer_drop(const thalnet_memory *memory, const thalnet__layer_kind *kind);

/* Whether two layers of the host have the same name, tensors and memory; of kinds of ours, whether they are one. */
int thalnet__same_kind(const thalnet__layer_kind *one, const thalnet__layer_kind *other);

/* Whether two of one name are the same in all but where they start. */
int thalnet__same_host_layer(const thalnet__host_layer *one, const thalnet__host_layer *other);

/* The host's numbers over the uniform ones. */
void thalnet__host_layer_initialize(const thalnet__layer *layer, real *parameters);
void thalnet__host_layer_prepare(const thalnet__layer *layer, const real *parameters, real *prepared);
/* Adds to the gradients of biases and vectors. */
void thalnet__host_layer_sums(const thalnet__layer *layer, const thalnet__layer_sum *sum);

#endif
