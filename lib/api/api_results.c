/* SPDX-License-Identifier: MIT */
/* thalnet/batch.h: what a computation left, and the host's own gradients. */
#include <string.h>

#include "api/contents.h"
#include "api/handles.h"

static thalnet_status thalnet__check_computed(const thalnet_batch *batch, const char *call) {
  if (batch->stage != THALNET__BATCH_COMPUTED)
    return thalnet__fail(THALNET_ERROR_STATE, "%s: nothing has been computed with these contents", call);
  return THALNET_OK;
}

static thalnet_status thalnet__copy_out(void *to, const void *from, size_t bytes) {
  if (bytes > 0) memcpy(to, from, bytes);
  return THALNET_OK;
}

static thalnet_status thalnet__held_measure(const thalnet_batch *batch, int32_t output, thalnet_measure *measure,
                                            const char *call) {
  THALNET__TRY(thalnet__check_computed(batch, call));
  THALNET__TRY(thalnet__check_output(batch, output, call));
  THALNET__TRY(thalnet__check_pointer(measure, call, "measure"));
  if (measure->struct_size != sizeof *measure)
    return thalnet__fail(THALNET_ERROR_VERSION, "%s: struct_size %zu is not %zu", call, measure->struct_size,
                         sizeof *measure);
  const thalnet__batch_output *mine = &batch->outputs[output];
  const thalnet_measure told = {sizeof told, mine->loss_sum, mine->weight_sum, mine->labels_seen, mine->labels_correct};
  return thalnet__copy_out(measure, &told, sizeof told);
}

thalnet_status thalnet_batch_measure(const thalnet_batch *batch, int32_t output, thalnet_measure *measure) {
  const char *call = "thalnet_batch_measure";
  THALNET__HOLD(batch, call, thalnet__held_measure(batch, output, measure, call));
}

static thalnet_status thalnet__held_read_losses(const thalnet_batch *batch, int32_t output, double *losses,
                                                size_t count, const char *call) {
  THALNET__TRY(thalnet__check_computed(batch, call));
  THALNET__TRY(thalnet__check_output(batch, output, call));
  THALNET__TRY(thalnet__check_values(losses, count, batch->sequences, call));
  return thalnet__copy_out(losses, batch->outputs[output].losses, count * sizeof *losses);
}

thalnet_status thalnet_batch_read_losses(const thalnet_batch *batch, int32_t output, double *losses, size_t count) {
  const char *call = "thalnet_batch_read_losses";
  THALNET__HOLD(batch, call, thalnet__held_read_losses(batch, output, losses, count, call));
}

/* Numbers of an output: of all frames, or of the final ones. */
static size_t thalnet__output_count(const thalnet_batch *batch, int32_t output, int final) {
  const size_t o = (size_t)output;
  return batch->sequences * (final ? 1 : thalnet__output_frames(batch, o)) * batch->net->outputs[o].size;
}

static thalnet_status thalnet__check_kind(const thalnet_batch *batch, int32_t output, int final, const char *call) {
  THALNET__TRY(thalnet__check_output(batch, output, call));
  if (batch->outputs[output].final == final) return THALNET_OK;
  return thalnet__fail(THALNET_ERROR_STATE,
                       final ? "%s: output '%s': final values were not wanted (thalnet_batch_set_final)"
                             : "%s: output '%s': only final values were wanted",
                       call, batch->net->outputs[output].name);
}

static thalnet_status thalnet__held_read_output(const thalnet_batch *batch, int32_t output, real *values, size_t count,
                                                const char *call) {
  THALNET__TRY(thalnet__check_computed(batch, call));
  THALNET__TRY(thalnet__check_kind(batch, output, 0, call));
  THALNET__TRY(thalnet__check_values(values, count, thalnet__output_count(batch, output, 0), call));
  return thalnet__copy_out(values, batch->outputs[output].values, count * sizeof *values);
}

thalnet_status thalnet_batch_read_output(const thalnet_batch *batch, int32_t output, real *values, size_t count) {
  const char *call = "thalnet_batch_read_output";
  THALNET__HOLD(batch, call, thalnet__held_read_output(batch, output, values, count, call));
}

static thalnet_status thalnet__held_read_final_output(const thalnet_batch *batch, int32_t output, real *values,
                                                      size_t count, const char *call) {
  THALNET__TRY(thalnet__check_computed(batch, call));
  THALNET__TRY(thalnet__check_kind(batch, output, 1, call));
  THALNET__TRY(thalnet__check_values(values, count, thalnet__output_count(batch, output, 1), call));
  return thalnet__copy_out(values, batch->outputs[output].final_values, count * sizeof *values);
}

thalnet_status thalnet_batch_read_final_output(const thalnet_batch *batch, int32_t output, real *values, size_t count) {
  const char *call = "thalnet_batch_read_final_output";
  THALNET__HOLD(batch, call, thalnet__held_read_final_output(batch, output, values, count, call));
}

/* --- the host's gradients --- */

static thalnet_status thalnet__check_padding(const thalnet_batch *batch, int32_t output, const real *values,
                                             const char *call) {
  const size_t frames = thalnet__output_frames(batch, (size_t)output);
  const thalnet__output *declared = &batch->net->outputs[output];
  for (size_t r = 0; r < batch->sequences; r++)
    for (size_t k = (size_t)batch->lengths[r] * declared->frames; k < frames; k++)
      for (size_t i = 0; i < declared->size; i++)
        if (values[(r * frames + k) * declared->size + i] != 0)
          return thalnet__fail(THALNET_ERROR_DATA,
                               "%s: output '%s': sequence %zu has no frame %zu but a gradient there", call,
                               declared->name, r, k);
  return THALNET_OK;
}

static thalnet_status thalnet__write_gradient(thalnet_batch *batch, int32_t output, const real *values, size_t count,
                                              int final, const char *call) {
  THALNET__TRY(thalnet__check_computed(batch, call));
  THALNET__TRY(thalnet__check_kind(batch, output, final, call));
  if (batch->sequences > 0 && (!batch->kept || batch->backward_done))
    return thalnet__fail(THALNET_ERROR_STATE, "%s: only between thalnet_forward and thalnet_backward", call);
  THALNET__TRY(thalnet__check_values(values, count, thalnet__output_count(batch, output, final), call));
  if (!final) THALNET__TRY(thalnet__check_padding(batch, output, values, call));
  const thalnet__output *declared = &batch->net->outputs[output];
  thalnet__batch_output *mine = &batch->outputs[output];
  void *block = final ? mine->final_gradient : mine->gradient;
  thalnet_status status = THALNET_OK;
  if (block == NULL)
    status = thalnet__allocate(&batch->net->memory,
                               batch->sequences_max * (final ? 1 : batch->frames_max * declared->frames),
                               declared->size * sizeof(real), &block);
  if (status == THALNET_OK) {
    if (final)
      mine->final_gradient = block, mine->final_gradient_set = 1;
    else
      mine->gradient = block, mine->gradient_set = 1;
    if (count > 0) memcpy(block, values, count * sizeof *values);
  }
  return status;
}

thalnet_status thalnet_batch_write_output_gradient(thalnet_batch *batch, int32_t output, const real *values,
                                                   size_t count) {
  const char *call = "thalnet_batch_write_output_gradient";
  THALNET__HOLD(batch, call, thalnet__write_gradient(batch, output, values, count, 0, call));
}

thalnet_status thalnet_batch_write_final_output_gradient(thalnet_batch *batch, int32_t output, const real *values,
                                                         size_t count) {
  const char *call = "thalnet_batch_write_final_output_gradient";
  THALNET__HOLD(batch, call, thalnet__write_gradient(batch, output, values, count, 1, call));
}

/* --- gradients to read --- */

static thalnet_status thalnet__check_backward(const thalnet_batch *batch, const void *gradient, const char *call) {
  THALNET__TRY(thalnet__check_computed(batch, call));
  if (gradient == NULL)
    return thalnet__fail(THALNET_ERROR_STATE, "%s: the batch was created without that gradient", call);
  if (batch->sequences > 0 && !batch->backward_done)
    return thalnet__fail(THALNET_ERROR_STATE, "%s: no backward yet", call);
  return THALNET_OK;
}

static thalnet_status thalnet__held_read_input_gradient(const thalnet_batch *batch, int32_t input, real *values,
                                                        size_t count, const char *call) {
  THALNET__TRY(thalnet__check_input(batch, input, call));
  const thalnet__input *declared = &batch->net->inputs[input];
  if (declared->tokens)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: input '%s' takes tokens, which have no gradient", call,
                         declared->name);
  THALNET__TRY(thalnet__check_backward(batch, batch->inputs[input].gradient, call));
  if (!batch->inputs[input].set)
    return thalnet__fail(THALNET_ERROR_STATE, "%s: input '%s' was not set", call, declared->name);
  THALNET__TRY(thalnet__check_values(
      values, count, batch->sequences * thalnet__input_frames(batch, (size_t)input) * declared->size, call));
  return thalnet__copy_out(values, batch->inputs[input].gradient, count * sizeof *values);
}

thalnet_status thalnet_batch_read_input_gradient(const thalnet_batch *batch, int32_t input, real *values,
                                                 size_t count) {
  const char *call = "thalnet_batch_read_input_gradient";
  THALNET__HOLD(batch, call, thalnet__held_read_input_gradient(batch, input, values, count, call));
}

static thalnet_status thalnet__held_read_state_gradient(const thalnet_batch *batch, real *values, size_t count,
                                                        const char *call) {
  THALNET__TRY(thalnet__check_backward(batch, batch->start_gradient, call));
  THALNET__TRY(thalnet__check_values(values, count, batch->sequences * thalnet__memory_values(batch->net), call));
  return thalnet__copy_out(values, batch->start_gradient, count * sizeof *values);
}

thalnet_status thalnet_batch_read_state_gradient(const thalnet_batch *batch, real *values, size_t count) {
  const char *call = "thalnet_batch_read_state_gradient";
  THALNET__HOLD(batch, call, thalnet__held_read_state_gradient(batch, values, count, call));
}

thalnet_status thalnet_softmax(real *values, size_t count) {
  THALNET__TRY(thalnet__check_pointer(values, "thalnet_softmax", "values"));
  if (count == 0) return thalnet__fail(THALNET_ERROR_ARGUMENT, "thalnet_softmax: count is 0");
  const thalnet__floating mode = thalnet__floating_enter();
  thalnet__kernels_get()->softmax(count, values, values);
  thalnet__floating_leave(mode);
  return THALNET_OK;
}
