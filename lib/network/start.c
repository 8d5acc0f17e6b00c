/* SPDX-License-Identifier: MIT */
#include "network/start.h"

#include <string.h>

#include "core/fault.h"

void thalnet__start_row(const thalnet_center *net, thalnet__memory_rows memory, size_t r) {
  const size_t p = net->features, e = net->own_memory;
  const real *start = thalnet__start(net);
  if (start == NULL) {
    memset(memory.phi + r * p, 0, p * sizeof *start);
    if (memory.own != NULL) memset(memory.own + r * e, 0, e * sizeof *start);
    return;
  }
  memcpy(memory.phi + r * p, start, p * sizeof *start);
  if (memory.own != NULL) memcpy(memory.own + r * e, start + p, e * sizeof *start);
}

void thalnet__add_start_gradient(const thalnet_center *net, thalnet__memory_rows d, size_t r, real *gradients) {
  const size_t p = net->features, e = net->own_memory;
  if (!net->learned_start || THALNET__FAULT(START)) return;
  net->kernels->add(p, d.phi + r * p, gradients + net->start);
  if (d.own != NULL) net->kernels->add(e, d.own + r * e, gradients + net->start + p);
}

void thalnet__start_batch(thalnet_batch *batch, const thalnet_state *state) {
  const size_t values = thalnet__memory_values(batch->net);
  const real *start = thalnet__start(batch->net);
  if (start == NULL) {
    if (state == NULL)
      memset(batch->start, 0, batch->sequences * values * sizeof *start);
    else
      memcpy(batch->start, state->memory, batch->sequences * values * sizeof *start);
    return;
  }
  for (size_t r = 0; r < batch->sequences; r++) {
    batch->fresh[r] = state == NULL || thalnet__is_fresh(state, r);
    memcpy(batch->start + r * values, batch->fresh[r] ? start : state->memory + r * values, values * sizeof *start);
  }
}

int thalnet__any_start(const thalnet_batch *batch) {
  if (batch->fresh == NULL) return 0;
  const int final = thalnet__wants_final(batch);
  for (size_t r = 0; r < batch->sequences; r++) {
    if (batch->fresh[r] && (final || batch->lengths[r] > 0)) return 1;
    for (size_t frame = 0; batch->resets_set && frame < (size_t)batch->lengths[r]; frame++)
      if (batch->resets[r * batch->frames + frame]) return 1;
  }
  return 0;
}

void thalnet__reset_row(thalnet_state *state, size_t row) {
  const size_t values = thalnet__memory_values(state->net);
  memset(state->memory + row * values, 0, values * sizeof *state->memory);
  if (state->begun != NULL) state->begun[row] = 0;
}

const real *thalnet__state_row(const thalnet_state *state, size_t row) {
  return thalnet__is_fresh(state, row) ? thalnet__start(state->net)
                                       : state->memory + row * thalnet__memory_values(state->net);
}
