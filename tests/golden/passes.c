/* SPDX-License-Identifier: MIT */
#include "golden/passes.h"

#include <stdlib.h>
#include <string.h>

#include <check.h>

void pass_forward(comparison *with) {
  if (network_has_dropout(with->golden)) return;
  with->stage = "forward";
  thalnet_batch *batch = network_batch(with->net, with->golden, false);
  thalnet_state *state = network_state(with->net, with->golden, false);
  SUCCEED(thalnet_forward(with->net, batch, state));
  compare_forward(with, batch);
  compare_state(with, state);
  thalnet_state_free(state);
  thalnet_batch_free(batch);
}

void pass_forward_backward(comparison *with, thalnet_center *net) {
  if (network_has_output_gradients(with->golden)) return; /* the host has no say in this call */
  if (network_is_zoned(with->golden) && !network_has_dropout(with->golden)) return; /* it would draw */
  with->stage = "forward_backward";
  thalnet_batch *batch = network_batch(net, with->golden, true);
  thalnet_state *state = fixture_find(with->golden, "start") ? network_state(net, with->golden, false) : NULL;
  SUCCEED(thalnet_forward_backward(net, batch, state));
  compare_forward(with, batch);
  compare_gradients(with, batch, 1);
  if (state) compare_state(with, state);
  thalnet_state_free(state);
  state = fixture_find(with->golden, "start") ? network_state(net, with->golden, false) : NULL;
  SUCCEED(thalnet_forward_backward(net, batch, state));
  compare_gradients(with, batch, 2);
  SUCCEED(thalnet_center_clear_gradients(net));
  thalnet_state_free(state);
  thalnet_batch_free(batch);
}

void pass_forward_and_backward(comparison *with, thalnet_center *net) {
  if (network_has_dropout(with->golden)) {
    pass_forward_backward(with, net);
    return;
  }
  with->stage = "forward and backward";
  thalnet_batch *batch = network_batch(net, with->golden, true);
  thalnet_state *state = network_state(net, with->golden, false);
  SUCCEED(thalnet_forward(net, batch, state));
  compare_forward(with, batch);
  network_write_output_gradients(batch, with->golden);
  SUCCEED(thalnet_backward(net, batch));
  compare_gradients(with, batch, 1);
  compare_state(with, state);
  SUCCEED(thalnet_center_clear_gradients(net));
  thalnet_state_free(state);
  thalnet_batch_free(batch);
}

/* One input of one frame of all rows, from [sequence][frame] to [row]. */
static void live_input(comparison *with, thalnet_state *state, int32_t k, size_t frame) {
  const size_t rows = with->golden->sequences;
  fixture_array *array = fixture_find(with->golden, "input/%d", k),
                *tokens = fixture_find(with->golden, "tokens/%d", k);
  const size_t row = (array ? array->count : tokens ? tokens->count : 0) / rows, count = row / with->golden->frames;
  if (array) {
    real *values = network_reals(array);
    for (size_t s = 0; s < rows; s++)
      memmove(values + s * count, values + s * row + frame * count, count * sizeof *values);
    SUCCEED(thalnet_state_set_input(state, k, values, rows * count));
    free(values);
  }
  if (tokens) {
    int32_t values[256];
    ck_assert_uint_le(rows * count, sizeof values / sizeof values[0]);
    for (size_t s = 0; s < rows; s++)
      memcpy(values + s * count, tokens->integers + s * row + frame * count, count * sizeof *values);
    SUCCEED(thalnet_state_set_tokens(state, k, values, rows * count));
  }
}

/* The outputs of one frame of those rows that still run. */
static void live_outputs(comparison *with, const thalnet_state *state, size_t frame) {
  const size_t rows = with->golden->sequences;
  for (int32_t o = 0; o < (int32_t)with->golden->output_count; o++) {
    fixture_array *array = fixture_find(with->golden, "output/%d", o);
    if (!array) continue;
    const size_t row = array->count / rows, count = row / with->golden->frames;
    real *values = malloc(rows * count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    SUCCEED(thalnet_state_read_output(state, o, values, rows * count));
    for (size_t s = 0; s < rows; s++)
      if (frame < network_length(with->golden, s))
        compare_reals(with, array, s * row + frame * count, values + s * count, count, false);
    free(values);
  }
}

void pass_live_frames(comparison *with) {
  if (network_has_dropout(with->golden)) return;
  with->stage = "live";
  const size_t rows = with->golden->sequences;
  thalnet_state *state = network_state(with->net, with->golden, true);
  const size_t size = thalnet_state_values(state);
  fixture_array *resets = fixture_find(with->golden, "resets"), *last = fixture_find(with->golden, "state");
  real *values = malloc(size * sizeof *values);
  ck_assert_ptr_nonnull(values);
  for (size_t frame = 0; frame < with->golden->frames; frame++) {
    for (size_t s = 0; resets && s < rows; s++)
      if (resets->integers[s * with->golden->frames + frame]) SUCCEED(thalnet_state_reset(state, &s, 1));
    for (int32_t k = 0; k < (int32_t)with->golden->input_count; k++) live_input(with, state, k, frame);
    SUCCEED(thalnet_state_advance(with->net, state, rows));
    live_outputs(with, state, frame);
    for (size_t s = 0; s < rows; s++) {
      if (network_length(with->golden, s) != frame + 1) continue;
      SUCCEED(thalnet_state_read(state, s, values, size));
      compare_reals(with, last, s * size, values, size, false);
    }
  }
  free(values);
  thalnet_state_free(state);
}
