/* SPDX-License-Identifier: MIT */
#include "train/move.h"

#include <string.h>

#include "network/carry.h"

/* --- optimizers --- */

/* The mean of the old numbers, where a tensor had any. */
static double thalnet__mean(const thalnet__tensor *source, const real *block) {
  double sum = 0;
  for (size_t i = 0; i < source->count; i++) sum += (double)block[source->place + i];
  return sum / (double)source->count;
}

/* New numbers of an old tensor start with its mean second moment: at 0, after thousands of steps, their first update would be
 * several times the rate. */
static void thalnet__expect_squares(const thalnet_optimizer *optimizer, const thalnet_center *to, real *second) {
  for (size_t t = 0; t < to->tensor_count; t++) {
    const thalnet__tensor *tensor = &to->tensors[t], *source = thalnet__carry_source(to, optimizer->net, tensor);
    if (source == NULL) continue;
    const real mean = (real)thalnet__mean(source, optimizer->second);
    for (size_t i = 0; i < tensor->count; i++) second[tensor->place + i] = mean;
  }
}

static void thalnet__move_counts(const thalnet_optimizer *optimizer, const thalnet_center *to,
                                 thalnet_optimizer *moved) {
  const thalnet_center *old = optimizer->net;
  moved->steps = optimizer->steps;
  moved->skipped = optimizer->skipped;
  moved->skipped_in_a_row = optimizer->skipped_in_a_row;
  moved->gradient_norm = optimizer->gradient_norm;
  for (size_t t = 0; t < to->tensor_count; t++) {
    const thalnet__tensor *source = thalnet__carry_source(to, old, &to->tensors[t]);
    if (source != NULL) moved->tensor_steps[t] = optimizer->tensor_steps[source - old->tensors];
  }
}

/* Averages of tensors without an update are not there yet: the weights are their own. */
static thalnet_status thalnet__move_averages(const thalnet_optimizer *optimizer, const thalnet_center *to,
                                             thalnet_optimizer *moved) {
  const thalnet_center *old = optimizer->net;
  void *block;
  THALNET__TRY(thalnet__allocate(&to->memory, old->parameter_count, sizeof(real), &block));
  real *averages = block;
  for (size_t t = 0; t < old->tensor_count; t++) {
    const thalnet__tensor *tensor = &old->tensors[t];
    const real *from = optimizer->tensor_steps[t] > 0 ? optimizer->averages : old->parameters;
    memcpy(averages + tensor->place, from + tensor->place, tensor->count * sizeof *averages);
  }
  memcpy(moved->averages, to->parameters, to->parameter_count * sizeof *moved->averages);
  const thalnet_status status = thalnet__carry_block(to, old, THALNET__CARRY_WEIGHTS, averages, moved->averages);
  thalnet__release(&to->memory, block, old->parameter_count, sizeof(real));
  return status;
}

static thalnet_status thalnet__move_numbers(const thalnet_optimizer *optimizer, const thalnet_center *to,
                                            thalnet_optimizer *moved) {
  const thalnet_center *old = optimizer->net;
  THALNET__TRY(thalnet__carry_block(to, old, THALNET__CARRY_MOMENTS, optimizer->first, moved->first));
  if (optimizer->second != NULL) {
    thalnet__expect_squares(optimizer, to, moved->second);
    THALNET__TRY(thalnet__carry_block(to, old, THALNET__CARRY_MOMENTS, optimizer->second, moved->second));
  }
  return optimizer->averages == NULL ? THALNET_OK : thalnet__move_averages(optimizer, to, moved);
}

thalnet_status thalnet__optimizer_move(const thalnet_optimizer *optimizer, const thalnet_center *to,
                                       thalnet_optimizer **moved_out) {
  thalnet_optimizer *moved;
  if (optimizer->swapped)
    return thalnet__fail(THALNET_ERROR_STATE, "averages are in the place of the weights: call "
                                              "thalnet_optimizer_swap_averages before moving the optimizer");
  THALNET__TRY(thalnet__optimizer_create(to, optimizer->kind, &optimizer->options, &moved));
  thalnet__move_counts(optimizer, to, moved);
  const thalnet_status status = thalnet__move_numbers(optimizer, to, moved);
  if (status != THALNET_OK)
    thalnet__optimizer_free(moved);
  else
    *moved_out = moved;
  return status;
}

/* --- states --- */

thalnet_status thalnet__state_move(const thalnet_state *state, const thalnet_center *to, thalnet_state **moved_out) {
  const size_t values = thalnet__memory_values(to), old_values = thalnet__memory_values(state->net);
  thalnet_state *moved;
  void *map;
  THALNET__TRY(thalnet__allocate(&to->memory, values, sizeof(size_t), &map));
  const thalnet_status status = thalnet__state_create(to, state->rows, &state->options, NULL, &moved);
  if (status == THALNET_OK) {
    const size_t *places = map;
    thalnet__carry_map_memory(to, state->net, map);
    for (size_t r = 0; r < state->rows; r++)
      for (size_t i = 0; i < values; i++)
        if (places[i] != THALNET__NONE) moved->memory[r * values + i] = state->memory[r * old_values + places[i]];
    if (moved->begun != NULL) memcpy(moved->begun, state->begun, state->rows);
    *moved_out = moved;
  }
  thalnet__release(&to->memory, map, values, sizeof(size_t));
  return status;
}
