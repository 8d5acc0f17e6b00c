/* SPDX-License-Identifier: MIT */
/* Calls that compute: batches, states, optimizers, parameters. */
#include "api.h"

#define IN (&api->input)

/* --- batches ------------------------------------------------------------------------------------------------------------ */

static void forward(struct api *api) {
  const thalnet_center *net = api_take(api, CENTER);
  thalnet_batch *batch = api_take(api, BATCH);
  thalnet_state *state = fuzz_below(IN, 2) ? api_take(api, STATE) : NULL;
  if (api_can_compute_batch(api, net, batch, 1)) FUZZ_CALL(thalnet_forward(net, batch, state));
}
static void backward(struct api *api) {
  thalnet_center *net = api_take(api, CENTER);
  thalnet_batch *batch = api_take(api, BATCH);
  if (api_can_compute_batch(api, net, batch, 3)) FUZZ_CALL(thalnet_backward(net, batch));
}
static void forward_backward(struct api *api) {
  thalnet_center *net = api_take(api, CENTER);
  thalnet_batch *batch = api_take(api, BATCH);
  thalnet_state *state = fuzz_below(IN, 2) ? api_take(api, STATE) : NULL;
  if (api_can_compute_batch(api, net, batch, 4)) FUZZ_CALL(thalnet_forward_backward(net, batch, state));
}

static size_t port_values(const struct api *api, const thalnet_batch *batch, int32_t output, int final) {
  const int32_t frames = thalnet_center_output_frames(api->home, output);
  const size_t rows = thalnet_batch_sequences(batch) * (final ? 1 : thalnet_batch_frames(batch));
  return rows * (size_t)(final || frames < 0 ? 1 : frames) * thalnet_center_output_size(api->home, output);
}

static void measure(struct api *api) {
  thalnet_measure result = THALNET_MEASURE_INIT;
  const thalnet_batch *batch = api_take(api, BATCH);
  FUZZ_CALL(thalnet_batch_measure(batch, api_index(api), &result));
}
static void read_losses(struct api *api) {
  const thalnet_batch *batch = api_take(api, BATCH);
  const int32_t output = api_index(api);
  FUZZ_CALL(thalnet_batch_read_losses(batch, output, api->doubles, api_count(api, thalnet_batch_sequences(batch))));
}
static void read_output(struct api *api) {
  const thalnet_batch *batch = api_take(api, BATCH);
  const int32_t output = api_index(api);
  const int final = (int)fuzz_below(IN, 2);
  const size_t count = api_count(api, port_values(api, batch, output, final));
  if (final)
    FUZZ_CALL(thalnet_batch_read_final_output(batch, output, api->values, count));
  else
    FUZZ_CALL(thalnet_batch_read_output(batch, output, api->values, count));
}
static void write_output_gradient(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t output = api_index(api);
  const int final = (int)fuzz_below(IN, 2);
  const size_t count = api_count(api, port_values(api, batch, output, final));
  if (final)
    FUZZ_CALL(thalnet_batch_write_final_output_gradient(batch, output, api_maybe(api, api->values), count));
  else
    FUZZ_CALL(thalnet_batch_write_output_gradient(batch, output, api_maybe(api, api->values), count));
}
static void read_input_gradient(struct api *api) {
  const thalnet_batch *batch = api_take(api, BATCH);
  const int32_t input = api_index(api), frames = thalnet_center_input_frames(api->home, input);
  const size_t right = thalnet_batch_sequences(batch) * thalnet_batch_frames(batch) *
                       (size_t)(frames > 0 ? frames : 0) * thalnet_center_input_size(api->home, input);
  FUZZ_CALL(thalnet_batch_read_input_gradient(batch, input, api->values, api_count(api, right)));
}
static void read_state_gradient(struct api *api) {
  thalnet_center_size size = THALNET_CENTER_SIZE_INIT;
  const thalnet_batch *batch = api_take(api, BATCH);
  if (api->home == NULL || thalnet_center_measure(api->home, &size) != THALNET_OK) return;
  const size_t right = thalnet_batch_sequences(batch) * (size_t)size.state_values;
  FUZZ_CALL(thalnet_batch_read_state_gradient(batch, api->values, api_count(api, right)));
}

/* --- states ------------------------------------------------------------------------------------------------------------- */

static void create_state(struct api *api) {
  static _Alignas(64) unsigned char room[STATE_ROOM];
  thalnet_state_options options = THALNET_STATE_OPTIONS_INIT;
  thalnet_state *state = (thalnet_state *)(void *)api;
  thalnet_center *net = api_take(api, CENTER);
  const size_t rows = api_size(api);
  const unsigned choices = fuzz_byte(IN);
  uint64_t bytes = 0;
  options.live = !(choices & 1);
  options.check_inputs = !(choices & 2);
  const int borrow = choices & 4 && api->borrower == NULL;
  FUZZ_CALL(thalnet_state_measure_memory(net, rows, &options, &bytes));
  const thalnet_status status = borrow
                                    ? FUZZ_CALL(thalnet_state_create_in(net, rows, &options, room, sizeof room, &state))
                                    : FUZZ_CALL(thalnet_state_create(net, rows, &options, &state));
  if (borrow && status == THALNET_OK) api->borrower = state;
  if (borrow && status == THALNET_OK && bytes > sizeof room) fuzz_fail("a state of %u bytes", (unsigned)bytes);
  api_keep(api, STATE, status, state, net);
}
static void reset_state(struct api *api) {
  thalnet_state *state = api_take(api, STATE);
  const size_t count = fuzz_below(IN, 4);
  FUZZ_CALL(thalnet_state_reset(state, count > 0 ? api->numbers : NULL, count));
}
static void copy_state(struct api *api) {
  thalnet_state *to = api_take(api, STATE);
  const thalnet_state *from = api_take(api, STATE);
  const size_t place = fuzz_byte(IN), count = fuzz_below(IN, 4);
  FUZZ_CALL(thalnet_state_copy(to, api->numbers, from, api->numbers + place, count));
}
static void read_state(struct api *api) {
  const thalnet_state *state = api_take(api, STATE);
  const size_t row = fuzz_below(IN, 4), count = api_count(api, thalnet_state_values(state));
  FUZZ_CALL(thalnet_state_read(state, row, api->values, count));
}
static void write_state(struct api *api) {
  thalnet_state *state = api_take(api, STATE);
  const size_t row = fuzz_below(IN, 4), count = api_count(api, thalnet_state_values(state));
  FUZZ_CALL(thalnet_state_write(state, row, api_maybe(api, api->values), count));
}
static void feed_state(struct api *api) {
  thalnet_state *state = api_take(api, STATE);
  const int32_t input = api_index(api), frames = thalnet_center_input_frames(api->home, input);
  const size_t right = thalnet_state_rows(state) * (size_t)(frames > 0 ? frames : 0);
  if (thalnet_center_input_is_tokens(api->home, input))
    FUZZ_CALL(thalnet_state_set_tokens(state, input, api->integers, api_count(api, right)));
  else
    FUZZ_CALL(thalnet_state_set_input(state, input, api->values,
                                      api_count(api, right * thalnet_center_input_size(api->home, input))));
}
static void advance_state(struct api *api) {
  const thalnet_center *net = api_take(api, CENTER);
  thalnet_state *state = api_take(api, STATE);
  const size_t rows = api_count(api, thalnet_state_rows(state));
  if (api_can_compute(api, net, rows, 1, 1)) FUZZ_CALL(thalnet_state_advance(net, state, rows));
}
static void read_state_output(struct api *api) {
  const thalnet_state *state = api_take(api, STATE);
  const int32_t output = api_index(api), frames = thalnet_center_output_frames(api->home, output);
  const size_t right =
      thalnet_state_rows(state) * (size_t)(frames > 0 ? frames : 0) * thalnet_center_output_size(api->home, output);
  FUZZ_CALL(thalnet_state_read_output(state, output, api->values, api_count(api, right)));
}
static void step_state(struct api *api) {
  const thalnet_center *net = api_take(api, CENTER);
  thalnet_state *state = api_take(api, STATE);
  const size_t rows = thalnet_state_rows(state), in = api_count(api, rows * thalnet_center_input_size(net, 0)),
               out = api_count(api, rows * thalnet_center_output_size(net, 0));
  static float answer[VALUES];
  if (api_can_compute(api, net, rows, 1, 1)) FUZZ_CALL(thalnet_state_step(net, state, api->values, in, answer, out));
}
static void move_state(struct api *api) {
  thalnet_state *moved = (thalnet_state *)(void *)api;
  const thalnet_state *state = api_take(api, STATE);
  thalnet_center *to = api_take(api, CENTER);
  const thalnet_status status = FUZZ_CALL(thalnet_state_move(state, to, &moved));
  api_keep(api, STATE, status, moved, to);
}

/* --- optimizers --------------------------------------------------------------------------------------------------------- */

static void create_optimizer(struct api *api) {
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_optimizer *optimizer = (thalnet_optimizer *)(void *)api;
  thalnet_center *net = api_take(api, CENTER);
  const int32_t kind = (int32_t)fuzz_below(IN, 5);
  options.rate = (double)api_rate(api);
  options.momentum = (double)api_rate(api);
  options.weight_decay = (double)api_rate(api);
  options.average = (double)api_rate(api);
  options.schedule = (int32_t)fuzz_below(IN, 4);
  options.warmup_steps = fuzz_below(IN, 4);
  const thalnet_status status = FUZZ_CALL(thalnet_optimizer_create(net, kind, &options, &optimizer));
  api_keep(api, OPTIMIZER, status, optimizer, net);
}
static void step(struct api *api) {
  thalnet_optimizer *optimizer = api_take(api, OPTIMIZER);
  thalnet_center *net = api_take(api, CENTER);
  FUZZ_CALL(thalnet_step(optimizer, net));
  thalnet_optimizer_rate(optimizer);
  thalnet_optimizer_steps(optimizer);
  thalnet_optimizer_gradient_norm(optimizer);
}
static void swap_averages(struct api *api) {
  thalnet_optimizer *optimizer = api_take(api, OPTIMIZER);
  thalnet_center *net = api_take(api, CENTER);
  FUZZ_CALL(thalnet_optimizer_swap_averages(optimizer, net));
  thalnet_optimizer_averages_swapped(optimizer);
}
static void move_optimizer(struct api *api) {
  thalnet_optimizer *moved = (thalnet_optimizer *)(void *)api;
  const thalnet_optimizer *optimizer = api_take(api, OPTIMIZER);
  thalnet_center *to = api_take(api, CENTER);
  const thalnet_status status = FUZZ_CALL(thalnet_optimizer_move(optimizer, to, &moved));
  api_keep(api, OPTIMIZER, status, moved, to);
}

/* --- parameters --------------------------------------------------------------------------------------------------------- */

/* Of a tensor, or of all. */
static size_t tensor_values(const thalnet_center *net, const char *tensor) {
  size_t dimensions[3] = {0, 0, 0};
  if (tensor == NULL) return thalnet_center_parameter_count(net);
  if (thalnet_center_tensor_shape(net, tensor, dimensions) == 0) return 0;
  return dimensions[0] * dimensions[1] * dimensions[2];
}

static void copy_parameters(struct api *api) {
  thalnet_center *net = api_take(api, CENTER);
  const char *tensor = api_tensor(api, net);
  const size_t count = api_count(api, tensor_values(net, tensor));
  switch (fuzz_below(IN, 4)) {
  case 0: FUZZ_CALL(thalnet_center_read(net, tensor, api->values, count)); break;
  case 1: FUZZ_CALL(thalnet_center_write(net, tensor, api_maybe(api, api->values), count)); break;
  case 2: FUZZ_CALL(thalnet_center_read_gradient(net, tensor, api->values, count)); break;
  default: FUZZ_CALL(thalnet_center_write_gradient(net, tensor, api_maybe(api, api->values), count));
  }
}
static void clear_gradients(struct api *api) { FUZZ_CALL(thalnet_center_clear_gradients(api_take(api, CENTER))); }
static void begin_write(struct api *api) {
  float *values = api->values;
  size_t count = 0;
  const thalnet_status status = FUZZ_CALL(thalnet_center_begin_write(api_take(api, CENTER), &values, &count));
  if ((status == THALNET_OK) != (values != NULL)) fuzz_fail("a block with %s", thalnet_status_name(status));
  for (size_t i = 0; status == THALNET_OK && i < count && i < VALUES; i++) values[i] = api->values[i];
}
static void end_write(struct api *api) { FUZZ_CALL(thalnet_center_end_write(api_take(api, CENTER))); }

static api_call *const calls[] = {forward,
                                  backward,
                                  forward_backward,
                                  measure,
                                  read_losses,
                                  read_output,
                                  write_output_gradient,
                                  read_input_gradient,
                                  read_state_gradient,
                                  create_state,
                                  reset_state,
                                  copy_state,
                                  read_state,
                                  write_state,
                                  feed_state,
                                  advance_state,
                                  read_state_output,
                                  step_state,
                                  move_state,
                                  create_optimizer,
                                  step,
                                  swap_averages,
                                  move_optimizer,
                                  copy_parameters,
                                  clear_gradients,
                                  begin_write,
                                  end_write};
const struct api_calls api_compute_calls = {calls, sizeof calls / sizeof calls[0]};
