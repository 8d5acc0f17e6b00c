/* SPDX-License-Identifier: MIT */
#include "network/state.h"

#include <string.h>

#include "core/checked.h"
#include "network/inputs.h"
#include "network/outputs.h"
#include "network/start.h"
#include "network/unroll.h"

/* The state itself, its memory and its workplace lie in one block. */
static void thalnet__state_layout(const thalnet_center *net, size_t rows, const thalnet_state_options *options,
                                  thalnet__arena *arena, thalnet_state **state_out) {
  thalnet_state *state = thalnet__take(arena, 1, sizeof *state), measured;
  thalnet_state *made = state == NULL ? &measured : state;
  memset(made, 0, sizeof *made);
  made->memory = thalnet__take2(arena, rows, thalnet__memory_values(net), sizeof(real));
  if (net->learned_start) made->begun = thalnet__take(arena, rows, sizeof *made->begun);
  *state_out = state;
  if (!options->live) return;
  const thalnet__work_shape shape = {.rows = rows, .frames = 1, .workers = 1};
  thalnet__work_layout(net, &shape, arena, &made->work);
  made->given = thalnet__take(arena, net->input_count, sizeof *made->given);
  made->values = thalnet__take(arena, net->input_count, sizeof *made->values);
  made->tokens = thalnet__take(arena, net->input_count, sizeof *made->tokens);
  for (size_t i = 0; i < net->input_count; i++) {
    const thalnet__input *input = &net->inputs[i];
    const size_t frames = thalnet__times_or_most(rows, input->frames);
    real *values = input->tokens ? NULL : thalnet__take2(arena, frames, input->size, sizeof *values);
    int32_t *tokens = input->tokens ? thalnet__take(arena, frames, sizeof *tokens) : NULL;
    if (state == NULL) continue;
    state->values[i] = values;
    state->tokens[i] = tokens;
  }
}

thalnet_status thalnet__state_measure(const thalnet_center *net, size_t rows, const thalnet_state_options *options,
                                      size_t *bytes) {
  thalnet__arena arena = {0};
  thalnet_state *state;
  thalnet__state_layout(net, rows, options, &arena, &state);
  if (arena.used == SIZE_MAX || thalnet__times_or_most(rows, net->steps_per_frame) > INT32_MAX)
    return thalnet__fail(THALNET_ERROR_OVERFLOW, "a state of %zu rows does not fit in memory", rows);
  *bytes = arena.used;
  return THALNET_OK;
}

thalnet_status thalnet__state_create(const thalnet_center *net, size_t rows, const thalnet_state_options *options,
                                     void *memory, thalnet_state **state_out) {
  size_t bytes = 0;
  void *block = memory;
  *state_out = NULL;
  THALNET__TRY(thalnet__state_measure(net, rows, options, &bytes));
  if (memory != NULL)
    memset(memory, 0, bytes);
  else
    THALNET__TRY(thalnet__allocate(&net->memory, bytes, 1, &block));
  thalnet__arena arena = {.base = block};
  thalnet_state *state;
  thalnet__state_layout(net, rows, options, &arena, &state);
  atomic_init(&state->busy, 0);
  state->net = net;
  state->options = *options;
  state->rows = rows;
  state->in_host_memory = memory != NULL;
  state->bytes = bytes;
  thalnet__center_keep(net);
  state->magic = THALNET__STATE_MAGIC;
  *state_out = state;
  return THALNET_OK;
}

void thalnet__state_free(thalnet_state *state) {
  const thalnet_center *net = state->net;
  state->magic = 0;
  if (!state->in_host_memory) thalnet__release(&net->memory, state, state->bytes, 1);
  thalnet__center_drop(net);
}

/* --- the live step --- */

static void thalnet__arrange_inputs(thalnet_state *state, size_t rows) {
  const thalnet_center *net = state->net;
  thalnet__work *work = &state->work;
  for (size_t i = 0; i < net->input_count; i++) {
    const size_t frames = net->inputs[i].frames, size = net->inputs[i].size;
    work->fed[i] = state->given[i] > 0;
    for (size_t r = 0; r < rows && work->fed[i]; r++)
      for (size_t k = 0; k < frames; k++) {
        const size_t from = r * frames + k, to = k * rows + r;
        if (net->inputs[i].tokens) {
          work->tokens[i][to] = state->tokens[i][from];
          work->factors[i][to] = 1;
        } else {
          memcpy(work->inputs[i] + to * size, state->values[i] + from * size, size * sizeof(real));
        }
      }
  }
}

/* Between rows [row][P + E] and the engine's two arrays. */
static void thalnet__exchange_memory(thalnet_state *state, size_t rows, thalnet__memory_rows engine, int load) {
  const size_t p = state->net->features, e = state->net->own_memory;
  for (size_t r = 0; r < rows; r++) {
    real *row = state->memory + r * (p + e);
    const real *from = thalnet__state_row(state, r);
    if (load)
      memcpy(engine.phi + r * p, from, p * sizeof *row);
    else
      memcpy(row, engine.phi + r * p, p * sizeof *row);
    if (!load) thalnet__begin_row(state, r);
    if (e == 0) continue;
    if (load)
      memcpy(engine.own + r * e, from + p, e * sizeof *row);
    else
      memcpy(row + p, engine.own + r * e, e * sizeof *row);
  }
}

thalnet_status thalnet__state_advance(thalnet_state *state, size_t rows) {
  const thalnet_center *net = state->net;
  thalnet__work *work = &state->work;
  work->rows = work->main.rows = rows;
  work->frames = 1;
  work->main.steps = net->steps_per_frame;
  atomic_store(&work->trouble->told, 0);
  thalnet__exchange_memory(state, rows, thalnet__slot(net, &work->main, 0), 1);
  thalnet__arrange_inputs(state, rows);
  thalnet__inputs_project(work);
  for (size_t step = 0; step < work->main.steps; step++) {
    work->main.after[step] = step + 1;
    thalnet__segment_step(work, &work->main, step);
  }
  THALNET__TRY(thalnet__trouble_status(net, work->trouble));
  for (size_t o = 0; o < net->output_count; o++) thalnet__output_forward(work, o);
  thalnet__exchange_memory(state, rows, thalnet__slot(net, &work->main, work->main.steps), 0);
  for (size_t i = 0; i < net->input_count; i++) state->given[i] = 0;
  state->advanced = rows;
  return THALNET_OK;
}
