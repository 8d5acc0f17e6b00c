/* SPDX-License-Identifier: MIT */
/* Where sequences start: at zero, or at a row of memory that is learned (center.start and center.own_start).
 *
 * A row of a state that is new, or was reset, is fresh until something goes through it or is written to it: it has no
 * values of its own but begins at the center's start as it is then. So a batch on a fresh row may pass its gradient to the
 * start, at the very values it was computed with, however long ago the row was reset. */
#ifndef THALNET_NETWORK_START_H
#define THALNET_NETWORK_START_H

#include "network/batch.h"
#include "network/state.h"

/* A row of memory that a sequence starts with: [P + E]; NULL: zeros. */
static inline const real *thalnet__start(const thalnet_center *net) {
  return net->learned_start ? net->parameters + net->start : NULL;
}

/* Row r of the engine's memory at the start. */
void thalnet__start_row(const thalnet_center *net, thalnet__memory_rows memory, size_t r);
/* Adds a row's gradient to that of the learned start, among the gradients [parameters]. */
void thalnet__add_start_gradient(const thalnet_center *net, thalnet__memory_rows d, size_t r, real *gradients);

/* The memories at the start of a batch's sequences, out of a state's rows; state NULL: all start anew. */
void thalnet__start_batch(thalnet_batch *batch, const thalnet_state *state);
/* Whether any sequence of the batch started, and so had a gradient for the start: an empty one does where a final output is taken
 * of it. */
int thalnet__any_start(const thalnet_batch *batch);

/* Resets a state's row. */
void thalnet__reset_row(thalnet_state *state, size_t row);
static inline int thalnet__is_fresh(const thalnet_state *state, size_t row) {
  return state->begun != NULL && !state->begun[row];
}
/* A row's memory as it is to be read: its own, or the start where it is fresh. */
const real *thalnet__state_row(const thalnet_state *state, size_t row);
/* From now on the row has values of its own; what they are is the caller's. */
static inline void thalnet__begin_row(thalnet_state *state, size_t row) {
  if (state->begun != NULL) state->begun[row] = 1;
}

#endif
