/* SPDX-License-Identifier: MIT */
/* The memory of running sequences, and the live step. */
#ifndef THALNET_NETWORK_STATE_H
#define THALNET_NETWORK_STATE_H

#include <stdatomic.h>

#include <thalnet/state.h>

#include "network/network.h"
#include "network/work.h"

struct thalnet_state {
  uint32_t magic;
  atomic_int busy;
  const thalnet_center *net;
  thalnet_state_options options;
  size_t rows;
  real *memory;       /* [row][M] */
  uint8_t *begun;     /* [row]: has values of its own, see start.h; NULL: the start is not learned */
  thalnet__work work; /* live states: of one frame; inputs [input frame][row][size], filled by set_input */
  size_t *given;      /* [input]: rows that were set, 0: absent */
  real **values;      /* [input]: what the host set, [row][input frame][size] */
  int32_t **tokens;   /* [input]: [row][input frame] */
  size_t advanced;    /* rows of the last advance, 0: none yet */
  int in_host_memory;
  size_t bytes;
};

thalnet_status thalnet__state_measure(const thalnet_center *net, size_t rows, const thalnet_state_options *options,
                                      size_t *bytes);
/* memory NULL: from the center's allocator; else that of the host, of at least so many bytes. */
thalnet_status thalnet__state_create(const thalnet_center *net, size_t rows, const thalnet_state_options *options,
                                     void *memory, thalnet_state **state_out);
void thalnet__state_free(thalnet_state *state);
/* One frame of the first rows; inputs and sizes have been checked. It fails, and all is as before, where a layer of the host does. */
thalnet_status thalnet__state_advance(thalnet_state *state, size_t rows);

#endif
