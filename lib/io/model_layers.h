/* SPDX-License-Identifier: MIT */
/* Layers of the host in a model file: `host.<name>:units:gates:hidden_gates:vectors:cell`. Their functions come with
 * thalnet_load_options; the file's sizes must be theirs. */
#ifndef THALNET_IO_MODEL_LAYERS_H
#define THALNET_IO_MODEL_LAYERS_H

#include "io/words.h"
#include "module/host_layer.h"

#define THALNET__HOST_LAYER "host."

/* What the host gave. */
typedef struct thalnet__host_layers {
  const thalnet_layer *const *layers;
  size_t count;
} thalnet__host_layers;

/* All of them are layers, each with a name of its own. */
thalnet_status thalnet__check_host_layers(const thalnet__host_layers *given);

int thalnet__is_host_layer(const thalnet__word *word);
/* The layer that a word of the metadata speaks of; its kind is in *host. */
thalnet_status thalnet__read_host_layer(const thalnet__host_layers *given, const char *key, const thalnet__word *word,
                                        thalnet__host_layer *host, thalnet__layer *layer);
/* The word. */
void thalnet__describe_host_layer(thalnet__text *text, const thalnet__layer *layer);

#endif
