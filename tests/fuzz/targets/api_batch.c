/* SPDX-License-Identifier: MIT */
/* Calls that make batches and say what is in them. */
#include "api.h"

#include <math.h>

#define IN (&api->input)

static void create(struct api *api) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  thalnet_batch *batch = (thalnet_batch *)(void *)api;
  thalnet_center *net = api_take(api, CENTER);
  const size_t sequences = api_size(api), frames = api_size(api);
  const unsigned choices = fuzz_byte(IN);
  options.for_backward = !(choices & 1);
  options.input_gradients = options.for_backward && choices & 2;
  options.state_gradients = options.for_backward && choices & 4;
  options.seed = choices;
  const thalnet_status status = FUZZ_CALL(thalnet_batch_create(net, sequences, frames, &options, &batch));
  api_keep(api, BATCH, status, batch, net);
}

static void measure_memory(struct api *api) {
  thalnet_batch_size size = THALNET_BATCH_SIZE_INIT;
  const thalnet_center *net = api_take(api, CENTER);
  const size_t sequences = api_size(api), frames = api_size(api), resets = api_size(api);
  FUZZ_CALL(thalnet_batch_measure_memory(net, sequences, frames, NULL, resets, &size));
}

static void begin(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const size_t sequences = api_size(api), frames = api_size(api);
  FUZZ_CALL(thalnet_batch_begin(batch, sequences, frames));
}

/* All that tests set elsewhere, of a shape of up to three by three. */
static void fill(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const thalnet_center *net = api->home;
  const unsigned shape = fuzz_byte(IN);
  if (net != NULL) FUZZ_CALL(support_try_fill(net, batch, 1 + shape % 3, 1 + shape / 3 % 3, shape));
}

/* What the arrays hold that the other calls hand over. */
static void draw_values(struct api *api) {
  static const float odd[] = {NAN, INFINITY, -INFINITY, 3e38f, 1e-38f, -0.0f, 1e20f, -1e20f};
  const uint8_t seed = fuzz_byte(IN), choice = fuzz_byte(IN);
  support_randoms(api->values, VALUES, seed);
  if (choice >= 240) api->values[seed] = odd[choice % 8];
  for (size_t i = 0; i < VALUES && choice >= 128; i++) api->values[i] = fabsf(api->values[i]);
}

static void draw_integers(struct api *api) {
  const uint8_t start = fuzz_byte(IN), stride = fuzz_byte(IN), bound = 1 + fuzz_byte(IN) % 6, low = fuzz_byte(IN);
  for (size_t i = 0; i < VALUES; i++) {
    const unsigned number = (unsigned)(start + i * stride) % bound;
    api->integers[i] = (int32_t)number - (low % 16 == 1);
    api->flags[i] = (uint8_t)(number == 0);
    api->ids[i] = number;
    api->numbers[i] = number;
  }
  if (low >= 250) api->integers[start] = INT32_MIN + low;
}

/* How many frames of its own a port has in the batch, all sequences together. */
static size_t input_frames(const struct api *api, const thalnet_batch *batch, int32_t input) {
  const int32_t frames = thalnet_center_input_frames(api->home, input);
  return thalnet_batch_sequences(batch) * thalnet_batch_frames(batch) * (size_t)(frames > 0 ? frames : 0);
}
static size_t output_frames(const struct api *api, const thalnet_batch *batch, int32_t output) {
  const int32_t frames = thalnet_center_output_frames(api->home, output);
  return thalnet_batch_sequences(batch) * thalnet_batch_frames(batch) * (size_t)(frames > 0 ? frames : 0);
}

static void set_inputs(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t input = api_index(api);
  const size_t count = api_count(api, input_frames(api, batch, input) * thalnet_center_input_size(api->home, input));
  FUZZ_CALL(thalnet_batch_set_inputs(batch, input, api_maybe(api, api->values), count));
}
static void set_tokens(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t input = api_index(api);
  const size_t count = api_count(api, input_frames(api, batch, input));
  FUZZ_CALL(thalnet_batch_set_tokens(batch, input, api_maybe(api, api->integers), count));
}
static void set_lengths(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const size_t count = api_count(api, thalnet_batch_sequences(batch));
  FUZZ_CALL(thalnet_batch_set_lengths(batch, api_maybe(api, api->integers), count));
}
static void set_resets(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const size_t count = api_count(api, thalnet_batch_sequences(batch) * thalnet_batch_frames(batch));
  FUZZ_CALL(thalnet_batch_set_resets(batch, api_maybe(api, api->flags), count));
}
static void set_ids(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const size_t count = api_count(api, thalnet_batch_sequences(batch));
  FUZZ_CALL(thalnet_batch_set_ids(batch, api_maybe(api, api->ids), count));
}
static void set_epoch(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  FUZZ_CALL(thalnet_batch_set_epoch(batch, fuzz_byte(IN)));
}

static void set_labels(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t output = api_index(api);
  const size_t count = api_count(api, output_frames(api, batch, output));
  FUZZ_CALL(thalnet_batch_set_labels(batch, output, api_maybe(api, api->integers), count));
}
static void set_final_labels(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t output = api_index(api);
  const size_t count = api_count(api, thalnet_batch_sequences(batch));
  FUZZ_CALL(thalnet_batch_set_final_labels(batch, output, api_maybe(api, api->integers), count));
}
static void set_targets(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t output = api_index(api);
  const size_t count =
      api_count(api, output_frames(api, batch, output) * thalnet_center_output_size(api->home, output));
  FUZZ_CALL(thalnet_batch_set_targets(batch, output, api_maybe(api, api->values), count));
}
static void set_final_targets(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t output = api_index(api);
  const size_t count = api_count(api, thalnet_batch_sequences(batch) * thalnet_center_output_size(api->home, output));
  FUZZ_CALL(thalnet_batch_set_final_targets(batch, output, api_maybe(api, api->values), count));
}
static void set_final(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  FUZZ_CALL(thalnet_batch_set_final(batch, api_index(api)));
}
static void set_weights(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t output = api_index(api);
  const size_t right = fuzz_below(IN, 2) ? thalnet_batch_sequences(batch) : output_frames(api, batch, output);
  const size_t count = api_count(api, right);
  FUZZ_CALL(thalnet_batch_set_weights(batch, output, api_maybe(api, api->values), count));
}
static void set_loss_weight(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t output = api_index(api);
  FUZZ_CALL(thalnet_batch_set_loss_weight(batch, output, api_rate(api)));
}
static void set_label_smoothing(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t output = api_index(api);
  FUZZ_CALL(thalnet_batch_set_label_smoothing(batch, output, api_rate(api)));
}

static void set_input_dropout(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t input = api_index(api);
  FUZZ_CALL(thalnet_batch_set_input_dropout(batch, input, api_rate(api)));
}
static void set_variational_input_dropout(struct api *api) {
  thalnet_batch *batch = api_take(api, BATCH);
  const int32_t input = api_index(api);
  FUZZ_CALL(thalnet_batch_set_variational_input_dropout(batch, input, api_rate(api)));
}
static void set_dropout(struct api *api) {
  thalnet_dropout_options options = THALNET_DROPOUT_OPTIONS_INIT;
  thalnet_batch *batch = api_take(api, BATCH);
  options.contexts = api_rate(api);
  options.features = api_rate(api);
  options.modules = api_rate(api);
  options.every_step = (int32_t)fuzz_below(IN, 2);
  FUZZ_CALL(thalnet_batch_set_dropout(batch, &options));
}

static api_call *const calls[] = {create,
                                  measure_memory,
                                  begin,
                                  fill,
                                  draw_values,
                                  draw_integers,
                                  set_inputs,
                                  set_tokens,
                                  set_lengths,
                                  set_resets,
                                  set_ids,
                                  set_epoch,
                                  set_labels,
                                  set_final_labels,
                                  set_targets,
                                  set_final_targets,
                                  set_final,
                                  set_weights,
                                  set_loss_weight,
                                  set_label_smoothing,
                                  set_input_dropout,
                                  set_variational_input_dropout,
                                  set_dropout};
const struct api_calls api_batch_calls = {calls, sizeof calls / sizeof calls[0]};
