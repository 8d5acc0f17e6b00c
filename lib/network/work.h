/* SPDX-License-Identifier: MIT */
/* A workplace: everything that one thread needs to compute one chunk of sequences, forward and back. All arrays are time-major,
 * [step or frame][row][value], dense in the chunk's rows.
 *
 * Slots. The memory of the rows is kept at every step: slot t is the memory before step t, and the memory after step t is slot
 * t + 1. Where a sequence is reset before step t + 1, slot t + 1 holds the memory with the row zeroed, and what step t left
 * goes to a slot of its own behind them; after[t] tells which. So the memory before all steps lies in one piece, which makes
 * weight gradients one product, and nothing is ever overwritten that backward needs.
 *
 * Blocks. Backward goes through the steps in blocks from the last to the first, and adds a block's weight gradients when it is
 * through: what only backward makes is kept for one block, and is still in the cache when it is read. */
#ifndef THALNET_NETWORK_WORK_H
#define THALNET_NETWORK_WORK_H

#include "core/arena.h"
#include "network/network.h"

typedef struct thalnet__layer_work {
  real *output;   /* [step][row][n]: outputs of dense layers below the last */
  real *gates;    /* recurrent layers: [step][row][blocks n]; dense ones, backward only: [step of the block][row][n] */
  real *hidden;   /* recurrent layers: [row][hidden width]: products of the hidden state */
  real *d_output; /* [row][n]: of layers below the last, from the layer above */
  real *d_reset;  /* [row][n]: GRU with reset before the product */
  real *normed;   /* layer norm, backward only, see module/norm.h: [step][row][norm blocks n] */
  real *inverse;  /* [step][row][norm blocks] */
  real *d_normed; /* [step of the block][row][norm blocks n] */
  real *zoned;    /* [row][zoned blocks n]: layers with zoneout */
  thalnet__layer_step step; /* described for the step at hand */
  thalnet__layer_gradient gradient;
} thalnet__layer_work;

typedef struct thalnet__module_work {
  real *base;        /* [step / base_steps][row][gates n]: projected task inputs and, without layer norm, bias */
  size_t base_steps; /* how many steps a base lasts */
  int has_base;      /* 0: no input is fed, the bias alone */
  thalnet__layer_work *layers;
} thalnet__module_work;

/* Consecutive steps of all modules. */
typedef struct thalnet__segment {
  size_t steps, rows;
  real *phi;        /* [slot][row][P] */
  real *own;        /* [slot][row][E] */
  size_t *after;    /* [step]: slot of the memory after it */
  size_t block;     /* steps of a block of backward */
  real *contexts;   /* [step][row][contexts] */
  real *d_contexts; /* [step of the block][row][contexts] */
  thalnet__module_work *modules;
  /* With dropout, else NULL (network/masks.h): factors of every step, or one set for all of them. */
  real *context_masks; /* [step][row][contexts] */
  real *center_masks;  /* [step, and one more][row][P] */
  real *shown;         /* [slot][row][P]: the center as readers and outputs see it */
} thalnet__segment;

/* Dropout of a computation, of the rows at hand. */
typedef struct thalnet__dropping {
  real contexts, features, modules; /* rates */
  int every_step;
} thalnet__dropping;

typedef struct thalnet__memory_rows {
  real *phi; /* [row][P] */
  real *own; /* [row][E] */
} thalnet__memory_rows;

/* What the random numbers of a computation follow from; ids NULL: nothing is drawn. */
typedef struct thalnet__lot {
  uint64_t seed, epoch;
  const uint64_t *ids;    /* [row]: of the sequences */
  const int32_t *lengths; /* [row]: in frames */
} thalnet__lot;

typedef struct thalnet__work {
  const thalnet_center *net;
  thalnet__lot lot;
  size_t first, rows; /* sequences of the batch */
  size_t frame;       /* first frame of this block of frames */
  size_t frames;      /* of the block */
  thalnet__segment main, settle;
  thalnet__memory_rows final; /* memory after each row's last frame */
  thalnet__memory_rows d_after, d_before, d_final;
  thalnet__dropping dropping;
  /* [row][P]: gradients of what is seen, on their way through the masks; else zeros. NULL: nothing is masked */
  real *d_shown;
  real *d_newer;                           /* likewise of what modules in order see of the same step */
  unsigned char *fed;                      /* [input]: present in this computation */
  real **inputs;                           /* [input]: [frame][row][size] */
  int32_t **tokens;                        /* [input]: [frame][row], -1: none */
  real **factors;                          /* [input]: [frame][row]: what dropout does to the token's columns */
  real **outputs, **d_outputs;             /* [output]: [frame][row][size] */
  real **final_outputs, **d_final_outputs; /* [output]: [row][size] */
  real *projection;                        /* scratch: [frame][row][gates n] */
  real *d_framed;                          /* scratch: gradients of a frame's steps added up */
  real *d_input;                           /* scratch: [frame of the block][row][size] */
  real *reader_scratch;
  real *partly_seen;     /* scratch, where there are dynamic readers: [row][P], in order twice: see reading.c */
  real *token_sums;      /* [token][gates], in parts: gradients of the widest token input's weights */
  real *product_scratch; /* [worker][THALNET__PRODUCT_SCRATCH] */
  size_t workers;        /* threads that share this work; 1: its own alone */
  thalnet__trouble *trouble;
} thalnet__work;

/* What a workplace must hold. */
typedef struct thalnet__work_shape {
  size_t rows, frames, extra_slots;
  size_t settle_steps; /* 0 where they never run */
  size_t workers;
  int backward, input_gradients;
  int drops_contexts, drops_center, drops_every_step; /* dropout */
} thalnet__work_shape;

typedef struct thalnet__workplaces {
  thalnet__work *works; /* at the start of the block */
  size_t count;
  thalnet__work_shape shape;
  char *block;
  size_t size;
} thalnet__workplaces;

/* Lays a workplace out in the arena (base NULL: measures). */
void thalnet__work_layout(const thalnet_center *net, const thalnet__work_shape *shape, thalnet__arena *arena,
                          thalnet__work *work);

/* Bytes of `count` workplaces. */
thalnet_status thalnet__workplaces_measure(const thalnet_center *net, const thalnet__work_shape *shape, size_t count,
                                           size_t *bytes);
/* Makes them; keeps what is there where it fits. */
thalnet_status thalnet__workplaces_reserve(const thalnet_center *net, thalnet__workplaces *works,
                                           const thalnet__work_shape *shape, size_t count);
void thalnet__workplaces_free(const thalnet_center *net, thalnet__workplaces *works);

/* THALNET_ERROR_HOST where a layer of the host has told that it failed. */
thalnet_status thalnet__trouble_status(const thalnet_center *net, const thalnet__trouble *trouble);

/* A part of the rows' memory at a slot: in the center, or in the layers' own. */
static inline thalnet__rows thalnet__memory_at(const thalnet_center *net, thalnet__memory_rows memory, size_t place) {
  if (place < net->features) return (thalnet__rows){memory.phi + place, net->features};
  return (thalnet__rows){memory.own == NULL ? NULL : memory.own + (place - net->features), net->own_memory};
}
static inline thalnet__memory_rows thalnet__slot(const thalnet_center *net, const thalnet__segment *segment,
                                                 size_t slot) {
  const size_t row = slot * segment->rows;
  return (thalnet__memory_rows){segment->phi + row * net->features,
                                segment->own == NULL ? NULL : segment->own + row * net->own_memory};
}
/* The center at a slot as readers and outputs see it. */
static inline const real *thalnet__shown_at(const thalnet_center *net, const thalnet__segment *segment, size_t slot) {
  const real *shown = segment->shown == NULL ? segment->phi : segment->shown;
  return shown + slot * segment->rows * net->features;
}
#endif
