/* SPDX-License-Identifier: MIT */
/* thalnet/state.h. */
#include <string.h>

#include "api/handles.h"
#include "core/options.h"
#include "network/start.h"

/* --- life --- */

static thalnet_status thalnet__read_state_options(const thalnet_center *net, size_t rows,
                                                  const thalnet_state_options *given, thalnet_state_options *options,
                                                  const char *call) {
  THALNET__TRY(thalnet__check_built(net, call));
  if (rows == 0) return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: rows is 0", call);
  THALNET__TRY(thalnet__read_options(options, sizeof *options, sizeof *options, given, "thalnet_state_options"));
  if ((options->live != 0 && options->live != 1) || (options->check_inputs != 0 && options->check_inputs != 1))
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_state_options: live and check_inputs are 0 or 1");
  return THALNET_OK;
}

thalnet_status thalnet_state_create(const thalnet_center *net, size_t rows, const thalnet_state_options *given,
                                    thalnet_state **state_out) {
  thalnet_state_options options = THALNET_STATE_OPTIONS_INIT;
  if (state_out != NULL) *state_out = NULL;
  THALNET__TRY(thalnet__read_state_options(net, rows, given, &options, "thalnet_state_create"));
  THALNET__TRY(thalnet__check_pointer(state_out, "thalnet_state_create", "state_out"));
  return thalnet__state_create(net, rows, &options, NULL, state_out);
}

thalnet_status thalnet_state_measure_memory(const thalnet_center *net, size_t rows, const thalnet_state_options *given,
                                            uint64_t *bytes_out) {
  thalnet_state_options options = THALNET_STATE_OPTIONS_INIT;
  size_t bytes = 0;
  if (bytes_out != NULL) *bytes_out = 0;
  THALNET__TRY(thalnet__read_state_options(net, rows, given, &options, "thalnet_state_measure_memory"));
  THALNET__TRY(thalnet__check_pointer(bytes_out, "thalnet_state_measure_memory", "bytes_out"));
  THALNET__TRY(thalnet__state_measure(net, rows, &options, &bytes));
  *bytes_out = bytes;
  return THALNET_OK;
}

thalnet_status thalnet_state_create_in(const thalnet_center *net, size_t rows, const thalnet_state_options *given,
                                       void *memory, size_t size, thalnet_state **state_out) {
  const char *call = "thalnet_state_create_in";
  thalnet_state_options options = THALNET_STATE_OPTIONS_INIT;
  size_t bytes = 0;
  if (state_out != NULL) *state_out = NULL;
  THALNET__TRY(thalnet__read_state_options(net, rows, given, &options, call));
  THALNET__TRY(thalnet__check_pointer(state_out, call, "state_out"));
  THALNET__TRY(thalnet__check_pointer(memory, call, "memory"));
  if ((uintptr_t)memory % THALNET__ALIGNMENT != 0)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: memory is not aligned to %d bytes", call, THALNET__ALIGNMENT);
  THALNET__TRY(thalnet__state_measure(net, rows, &options, &bytes));
  if (size < bytes) return thalnet__fail(THALNET_ERROR_SIZE, "%s: %zu bytes given, %zu needed", call, size, bytes);
  return thalnet__state_create(net, rows, &options, memory, state_out);
}

void thalnet_state_free(thalnet_state *state) {
  if (state != NULL && state->magic == THALNET__STATE_MAGIC) thalnet__state_free(state);
}

size_t thalnet_state_rows(const thalnet_state *state) {
  return state != NULL && state->magic == THALNET__STATE_MAGIC ? state->rows : 0;
}

size_t thalnet_state_values(const thalnet_state *state) {
  return state != NULL && state->magic == THALNET__STATE_MAGIC ? thalnet__memory_values(state->net) : 0;
}

/* --- rows --- */

static thalnet_status thalnet__check_rows(const thalnet_state *state, const size_t *rows, size_t count,
                                          const char *call) {
  if (count > 0) THALNET__TRY(thalnet__check_pointer(rows, call, "rows"));
  for (size_t i = 0; i < count; i++)
    if (rows[i] >= state->rows)
      return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: there is no row %zu, only %zu", call, rows[i], state->rows);
  return THALNET_OK;
}

thalnet_status thalnet_state_reset(thalnet_state *state, const size_t *rows, size_t count) {
  const char *call = "thalnet_state_reset";
  THALNET__TRY(thalnet__check_state(state, call));
  THALNET__TRY(thalnet__check_rows(state, rows, count, call));
  THALNET__TRY(thalnet__enter(&state->busy, call));
  for (size_t i = 0; i < state->rows && rows == NULL; i++) thalnet__reset_row(state, i);
  for (size_t i = 0; i < count; i++) thalnet__reset_row(state, rows[i]);
  thalnet__leave(&state->busy);
  return THALNET_OK;
}

/* Within one state a row that is both read and written would make the order of copying matter. */
static thalnet_status thalnet__check_overlap(const size_t *to_rows, const size_t *from_rows, size_t count,
                                             const char *call) {
  for (size_t i = 0; i < count; i++)
    for (size_t j = 0; j < count; j++)
      if (to_rows[i] == from_rows[j])
        return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: row %zu of the state is both source and target", call,
                             to_rows[i]);
  return THALNET_OK;
}

static void thalnet__copy_rows(thalnet_state *to, const size_t *to_rows, const thalnet_state *from,
                               const size_t *from_rows, size_t count) {
  const size_t values = thalnet__memory_values(to->net);
  for (size_t i = 0; i < count; i++) {
    memcpy(to->memory + to_rows[i] * values, from->memory + from_rows[i] * values, values * sizeof(real));
    if (to->begun != NULL) to->begun[to_rows[i]] = from->begun[from_rows[i]]; /* of a fresh row it is another one */
  }
}

thalnet_status thalnet_state_copy(thalnet_state *to, const size_t *to_rows, const thalnet_state *from,
                                  const size_t *from_rows, size_t count) {
  const char *call = "thalnet_state_copy";
  THALNET__TRY(thalnet__check_state(to, call));
  THALNET__TRY(thalnet__check_state(from, call));
  if (to->net != from->net) return thalnet__fail(THALNET_ERROR_MISMATCH, "%s: the states belong to two centers", call);
  THALNET__TRY(thalnet__check_rows(to, to_rows, count, call));
  THALNET__TRY(thalnet__check_rows(from, from_rows, count, call));
  if (to == from) THALNET__TRY(thalnet__check_overlap(to_rows, from_rows, count, call));
  THALNET__TRY(thalnet__enter(&to->busy, call));
  if (to != from) {
    const thalnet_status status = thalnet__enter(&from->busy, call);
    if (status != THALNET_OK) {
      thalnet__leave(&to->busy);
      return status;
    }
  }
  thalnet__copy_rows(to, to_rows, from, from_rows, count);
  if (to != from) thalnet__leave(&from->busy);
  thalnet__leave(&to->busy);
  return THALNET_OK;
}

static thalnet_status thalnet__check_finite(const real *values, size_t count, const char *call) {
  for (size_t i = 0; i < count; i++)
    if (!thalnet__is_finite_real(values[i]))
      return thalnet__fail(THALNET_ERROR_NONFINITE, "%s: value %zu is not finite", call, i);
  return THALNET_OK;
}

/* A fresh row is the center's start, which nobody may be writing. */
static thalnet_status thalnet__read_row(const thalnet_state *state, size_t row, real *values, size_t count) {
  if (thalnet__is_fresh(state, row)) THALNET__TRY(thalnet__check_readable(state->net));
  memcpy(values, thalnet__state_row(state, row), count * sizeof *values);
  return THALNET_OK;
}

thalnet_status thalnet_state_read(const thalnet_state *state, size_t row, real *values, size_t count) {
  const char *call = "thalnet_state_read";
  THALNET__TRY(thalnet__check_state(state, call));
  THALNET__TRY(thalnet__check_pointer(values, call, "values"));
  THALNET__TRY(thalnet__check_rows(state, &row, 1, call));
  THALNET__TRY(thalnet__check_count(count, thalnet__memory_values(state->net), call));
  THALNET__TRY(thalnet__enter(&state->busy, call));
  const thalnet_status status = thalnet__read_row(state, row, values, count);
  thalnet__leave(&state->busy);
  return status;
}

thalnet_status thalnet_state_write(thalnet_state *state, size_t row, const real *values, size_t count) {
  const char *call = "thalnet_state_write";
  THALNET__TRY(thalnet__check_state(state, call));
  THALNET__TRY(thalnet__check_pointer(values, call, "values"));
  THALNET__TRY(thalnet__check_rows(state, &row, 1, call));
  THALNET__TRY(thalnet__check_count(count, thalnet__memory_values(state->net), call));
  THALNET__TRY(thalnet__check_finite(values, count, call));
  THALNET__TRY(thalnet__enter(&state->busy, call));
  memcpy(state->memory + row * count, values, count * sizeof *values);
  thalnet__begin_row(state, row);
  thalnet__leave(&state->busy);
  return THALNET_OK;
}

/* --- the live step: each call takes the state once, and checks and copies inside --- */

static thalnet_status thalnet__enter_live(const thalnet_state *state, const char *call) {
  THALNET__TRY(thalnet__check_state(state, call));
  if (!state->options.live) return thalnet__fail(THALNET_ERROR_STATE, "%s: the state was created with live 0", call);
  return thalnet__enter(&state->busy, call);
}

static thalnet_status thalnet__check_set(const thalnet_state *state, int32_t input, int tokens, const void *values,
                                         size_t count, const char *call) {
  if (input < 0 || (size_t)input >= state->net->input_count)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: there is no input %d, only %zu", call, input,
                         state->net->input_count);
  const thalnet__input *declared = &state->net->inputs[input];
  if (declared->tokens != tokens)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: input '%s' takes %s", call, declared->name,
                         tokens ? "values" : "tokens");
  const size_t row = declared->frames * (tokens ? 1 : declared->size);
  if (count == 0 || count % row != 0 || count / row > state->rows)
    return thalnet__fail(THALNET_ERROR_SIZE, "%s: input '%s': count %zu is not %zu times 1..%zu rows", call,
                         declared->name, count, row, state->rows);
  return thalnet__check_pointer(values, call, tokens ? "tokens" : "values");
}

static thalnet_status thalnet__set_input(thalnet_state *state, int32_t input, const real *values, size_t count,
                                         const char *call) {
  THALNET__TRY(thalnet__check_set(state, input, 0, values, count, call));
  if (state->options.check_inputs) THALNET__TRY(thalnet__check_finite(values, count, call));
  const thalnet__input *declared = &state->net->inputs[input];
  memcpy(state->values[input], values, count * sizeof *values);
  state->given[input] = count / (declared->frames * declared->size);
  return THALNET_OK;
}

thalnet_status thalnet_state_set_input(thalnet_state *state, int32_t input, const real *values, size_t count) {
  const char *call = "thalnet_state_set_input";
  THALNET__TRY(thalnet__enter_live(state, call));
  const thalnet_status status = thalnet__set_input(state, input, values, count, call);
  thalnet__leave(&state->busy);
  return status;
}

static thalnet_status thalnet__set_tokens(thalnet_state *state, int32_t input, const int32_t *tokens, size_t count,
                                          const char *call) {
  THALNET__TRY(thalnet__check_set(state, input, 1, tokens, count, call));
  const thalnet__input *declared = &state->net->inputs[input];
  for (size_t i = 0; i < count; i++)
    if (tokens[i] < -1 || tokens[i] >= (int32_t)declared->size)
      return thalnet__fail(THALNET_ERROR_DATA, "%s: input '%s': token %d at %zu is not in -1..%zu", call,
                           declared->name, tokens[i], i, declared->size - 1);
  memcpy(state->tokens[input], tokens, count * sizeof *tokens);
  state->given[input] = count / declared->frames;
  return THALNET_OK;
}

thalnet_status thalnet_state_set_tokens(thalnet_state *state, int32_t input, const int32_t *tokens, size_t count) {
  const char *call = "thalnet_state_set_tokens";
  THALNET__TRY(thalnet__enter_live(state, call));
  const thalnet_status status = thalnet__set_tokens(state, input, tokens, count, call);
  thalnet__leave(&state->busy);
  return status;
}

static thalnet_status thalnet__advance(const thalnet_center *net, thalnet_state *state, size_t rows, const char *call) {
  if (state->net != net) return thalnet__fail(THALNET_ERROR_MISMATCH, "%s: the state belongs to another center", call);
  if (rows > state->rows)
    return thalnet__fail(THALNET_ERROR_SIZE, "%s: %zu rows, the state has %zu", call, rows, state->rows);
  for (size_t i = 0; i < net->input_count; i++)
    if (state->given[i] > 0 && state->given[i] < rows)
      return thalnet__fail(THALNET_ERROR_SIZE, "%s: %zu rows, but input '%s' was set for %zu", call, rows,
                           net->inputs[i].name, state->given[i]);
  THALNET__TRY(thalnet__check_readable(net));
  if (rows == 0) return THALNET_OK;
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__state_advance(state, rows);
  thalnet__floating_leave(mode);
  return status;
}

thalnet_status thalnet_state_advance(const thalnet_center *net, thalnet_state *state, size_t rows) {
  const char *call = "thalnet_state_advance";
  THALNET__TRY(thalnet__check_built(net, call));
  THALNET__TRY(thalnet__enter_live(state, call));
  const thalnet_status status = thalnet__advance(net, state, rows, call);
  thalnet__leave(&state->busy);
  return status;
}

static thalnet_status thalnet__read_output(const thalnet_state *state, int32_t output, real *values, size_t count,
                                           const char *call) {
  if (output < 0 || (size_t)output >= state->net->output_count)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: there is no output %d, only %zu", call, output,
                         state->net->output_count);
  if (state->advanced == 0) return thalnet__fail(THALNET_ERROR_STATE, "%s: the state has not been advanced", call);
  THALNET__TRY(thalnet__check_pointer(values, call, "values"));
  const thalnet__output *declared = &state->net->outputs[output];
  const size_t rows = state->advanced, frames = declared->frames, size = declared->size;
  THALNET__TRY(thalnet__check_count(count, rows * frames * size, call));
  for (size_t r = 0; r < rows; r++)
    for (size_t k = 0; k < frames; k++)
      memcpy(values + (r * frames + k) * size, state->work.outputs[output] + (k * rows + r) * size,
             size * sizeof *values);
  return THALNET_OK;
}

thalnet_status thalnet_state_read_output(const thalnet_state *state, int32_t output, real *values, size_t count) {
  const char *call = "thalnet_state_read_output";
  THALNET__TRY(thalnet__enter_live(state, call));
  const thalnet_status status = thalnet__read_output(state, output, values, count, call);
  thalnet__leave(&state->busy);
  return status;
}

static thalnet_status thalnet__step_state(const thalnet_center *net, thalnet_state *state, const real *frame,
                                          size_t frame_count, real *answer, size_t answer_count, const char *call) {
  if (net->input_count != 1 || net->inputs[0].tokens || net->output_count != 1)
    return thalnet__fail(THALNET_ERROR_UNSUPPORTED, "%s: needs one dense input and one output, there are %zu and %zu",
                         call, net->input_count, net->output_count);
  if (state->net != net) return thalnet__fail(THALNET_ERROR_MISMATCH, "%s: the state belongs to another center", call);
  THALNET__TRY(thalnet__check_pointer(answer, call, "answer"));
  THALNET__TRY(thalnet__check_count(frame_count, state->rows * net->inputs[0].frames * net->inputs[0].size, call));
  THALNET__TRY(thalnet__check_count(answer_count, state->rows * net->outputs[0].frames * net->outputs[0].size, call));
  THALNET__TRY(thalnet__check_readable(net));
  THALNET__TRY(thalnet__set_input(state, 0, frame, frame_count, call));
  THALNET__TRY(thalnet__advance(net, state, state->rows, call));
  return thalnet__read_output(state, 0, answer, answer_count, call);
}

thalnet_status thalnet_state_step(const thalnet_center *net, thalnet_state *state, const real *frame,
                                  size_t frame_count, real *answer, size_t answer_count) {
  const char *call = "thalnet_state_step";
  THALNET__TRY(thalnet__check_built(net, call));
  THALNET__TRY(thalnet__enter_live(state, call));
  const thalnet_status status = thalnet__step_state(net, state, frame, frame_count, answer, answer_count, call);
  thalnet__leave(&state->busy);
  return status;
}
