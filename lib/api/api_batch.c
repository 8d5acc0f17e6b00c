/* SPDX-License-Identifier: MIT */
/* thalnet/batch.h: making batches and filling them. */
#include "api/contents.h"
#include "api/handles.h"
#include "core/options.h"
#include "network/gradients.h"

static thalnet_status thalnet__check_flag(int32_t value, const char *name) {
  if (value == 0 || value == 1) return THALNET_OK;
  return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_batch_options: %s is %d, not 0 or 1", name, value);
}

static thalnet_status thalnet__read_batch_options(thalnet_batch_options *options, const thalnet_batch_options *given) {
  THALNET__TRY(thalnet__read_options(options, sizeof *options, sizeof *options, given, "thalnet_batch_options"));
  THALNET__TRY(thalnet__check_flag(options->for_backward, "for_backward"));
  THALNET__TRY(thalnet__check_flag(options->input_gradients, "input_gradients"));
  THALNET__TRY(thalnet__check_flag(options->state_gradients, "state_gradients"));
  if (options->reserved != 0) return thalnet__fail(THALNET_ERROR_VERSION, "thalnet_batch_options: reserved is not 0");
  return THALNET_OK;
}

static thalnet_status thalnet__check_shape(const thalnet_center *net, size_t sequences_max, size_t frames_max,
                                           const char *call) {
  THALNET__TRY(thalnet__check_built(net, call));
  if (sequences_max == 0) return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: sequences_max is 0", call);
  if (frames_max == 0) return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: frames_max is 0", call);
  return THALNET_OK;
}

thalnet_status thalnet_batch_create(const thalnet_center *net, size_t sequences_max, size_t frames_max,
                                    const thalnet_batch_options *given, thalnet_batch **batch_out) {
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  if (batch_out != NULL) *batch_out = NULL;
  THALNET__TRY(thalnet__check_shape(net, sequences_max, frames_max, "thalnet_batch_create"));
  THALNET__TRY(thalnet__check_pointer(batch_out, "thalnet_batch_create", "batch_out"));
  THALNET__TRY(thalnet__read_batch_options(&options, given));
  THALNET__TRY(thalnet__batch_create(net, sequences_max, frames_max, &options, batch_out));
  if (!options.for_backward) return THALNET_OK;
  const thalnet_status status = thalnet__make_gradients(net);
  if (status == THALNET_OK) return THALNET_OK;
  thalnet__batch_free(*batch_out);
  *batch_out = NULL;
  return status;
}

thalnet_status thalnet_batch_measure_memory(const thalnet_center *net, size_t sequences_max, size_t frames_max,
                                            const thalnet_batch_options *given, size_t reset_frames,
                                            thalnet_batch_size *size) {
  const char *call = "thalnet_batch_measure_memory";
  thalnet_batch_options options = THALNET_BATCH_OPTIONS_INIT;
  THALNET__TRY(thalnet__check_shape(net, sequences_max, frames_max, call));
  THALNET__TRY(thalnet__check_pointer(size, call, "size"));
  if (size->struct_size != sizeof *size)
    return thalnet__fail(THALNET_ERROR_VERSION, "%s: struct_size %zu is not %zu", call, size->struct_size,
                         sizeof *size);
  THALNET__TRY(thalnet__read_batch_options(&options, given));
  return thalnet__batch_measure(net, sequences_max, frames_max, &options, reset_frames, size);
}

void thalnet_batch_free(thalnet_batch *batch) {
  if (batch != NULL && batch->magic == THALNET__BATCH_MAGIC) thalnet__batch_free(batch);
}

static thalnet_status thalnet__held_begin(thalnet_batch *batch, size_t sequences, size_t frames, const char *call) {
  if (sequences > batch->sequences_max)
    return thalnet__fail(THALNET_ERROR_SIZE, "%s: %zu sequences, the batch was created for %zu", call, sequences,
                         batch->sequences_max);
  if (frames > batch->frames_max)
    return thalnet__fail(THALNET_ERROR_SIZE, "%s: %zu frames, the batch was created for %zu", call, frames,
                         batch->frames_max);
  thalnet__batch_begin(batch, sequences, frames);
  return THALNET_OK;
}

thalnet_status thalnet_batch_begin(thalnet_batch *batch, size_t sequences, size_t frames) {
  const char *call = "thalnet_batch_begin";
  THALNET__HOLD(batch, call, thalnet__held_begin(batch, sequences, frames, call));
}

static int thalnet__has_shape(const thalnet_batch *batch) {
  return batch != NULL && batch->magic == THALNET__BATCH_MAGIC && batch->stage != THALNET__BATCH_EMPTY;
}

size_t thalnet_batch_sequences(const thalnet_batch *batch) { return thalnet__has_shape(batch) ? batch->sequences : 0; }

size_t thalnet_batch_frames(const thalnet_batch *batch) { return thalnet__has_shape(batch) ? batch->frames : 0; }

/* --- contents --- */

static thalnet_status thalnet__held_set_inputs(thalnet_batch *batch, int32_t input, const real *values, size_t count,
                                               const char *call) {
  THALNET__TRY(thalnet__check_begun(batch, call));
  THALNET__TRY(thalnet__check_input(batch, input, call));
  const thalnet__input *declared = &batch->net->inputs[input];
  if (declared->tokens)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: input '%s' takes tokens", call, declared->name);
  const size_t expected = batch->sequences * thalnet__input_frames(batch, (size_t)input) * declared->size;
  THALNET__TRY(thalnet__check_values(values, count, expected, call));
  thalnet__copy_in(batch, batch->inputs[input].values, values, count * sizeof *values);
  batch->inputs[input].set = 1;
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_inputs(thalnet_batch *batch, int32_t input, const real *values, size_t count) {
  const char *call = "thalnet_batch_set_inputs";
  THALNET__HOLD(batch, call, thalnet__held_set_inputs(batch, input, values, count, call));
}

static thalnet_status thalnet__held_set_tokens(thalnet_batch *batch, int32_t input, const int32_t *tokens, size_t count,
                                               const char *call) {
  THALNET__TRY(thalnet__check_begun(batch, call));
  THALNET__TRY(thalnet__check_input(batch, input, call));
  const thalnet__input *declared = &batch->net->inputs[input];
  if (!declared->tokens)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: input '%s' takes values", call, declared->name);
  THALNET__TRY(
      thalnet__check_values(tokens, count, batch->sequences * thalnet__input_frames(batch, (size_t)input), call));
  for (size_t i = 0; i < count; i++)
    if (tokens[i] < -1 || tokens[i] >= (int32_t)declared->size)
      return thalnet__fail(THALNET_ERROR_DATA, "%s: input '%s': token %d at %zu is not in -1..%zu", call,
                           declared->name, tokens[i], i, declared->size - 1);
  thalnet__copy_in(batch, batch->inputs[input].tokens, tokens, count * sizeof *tokens);
  batch->inputs[input].set = 1;
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_tokens(thalnet_batch *batch, int32_t input, const int32_t *tokens, size_t count) {
  const char *call = "thalnet_batch_set_tokens";
  THALNET__HOLD(batch, call, thalnet__held_set_tokens(batch, input, tokens, count, call));
}

static thalnet_status thalnet__held_set_lengths(thalnet_batch *batch, const int32_t *lengths, size_t count,
                                                const char *call) {
  THALNET__TRY(thalnet__check_begun(batch, call));
  THALNET__TRY(thalnet__check_values(lengths, count, batch->sequences, call));
  for (size_t i = 0; i < count; i++)
    if (lengths[i] < 0 || (size_t)lengths[i] > batch->frames)
      return thalnet__fail(THALNET_ERROR_DATA, "%s: length %d of sequence %zu is not in 0..%zu", call, lengths[i], i,
                           batch->frames);
  thalnet__copy_in(batch, batch->lengths, lengths, count * sizeof *lengths);
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_lengths(thalnet_batch *batch, const int32_t *lengths, size_t count) {
  const char *call = "thalnet_batch_set_lengths";
  THALNET__HOLD(batch, call, thalnet__held_set_lengths(batch, lengths, count, call));
}

static thalnet_status thalnet__held_set_resets(thalnet_batch *batch, const uint8_t *resets, size_t count,
                                               const char *call) {
  THALNET__TRY(thalnet__check_begun(batch, call));
  THALNET__TRY(thalnet__check_values(resets, count, batch->sequences * batch->frames, call));
  for (size_t i = 0; i < count; i++)
    if (resets[i] > 1) return thalnet__fail(THALNET_ERROR_DATA, "%s: %d at %zu is neither 0 nor 1", call, resets[i], i);
  thalnet__copy_in(batch, batch->resets, resets, count);
  batch->resets_set = 1;
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_resets(thalnet_batch *batch, const uint8_t *resets, size_t count) {
  const char *call = "thalnet_batch_set_resets";
  THALNET__HOLD(batch, call, thalnet__held_set_resets(batch, resets, count, call));
}

static thalnet_status thalnet__held_set_ids(thalnet_batch *batch, const uint64_t *ids, size_t count, const char *call) {
  THALNET__TRY(thalnet__check_begun(batch, call));
  THALNET__TRY(thalnet__check_values(ids, count, batch->sequences, call));
  thalnet__copy_in(batch, batch->ids, ids, count * sizeof *ids);
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_ids(thalnet_batch *batch, const uint64_t *ids, size_t count) {
  const char *call = "thalnet_batch_set_ids";
  THALNET__HOLD(batch, call, thalnet__held_set_ids(batch, ids, count, call));
}

static thalnet_status thalnet__held_set_epoch(thalnet_batch *batch, uint64_t epoch) {
  batch->epoch = epoch;
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_epoch(thalnet_batch *batch, uint64_t epoch) {
  const char *call = "thalnet_batch_set_epoch";
  THALNET__HOLD(batch, call, thalnet__held_set_epoch(batch, epoch));
}
