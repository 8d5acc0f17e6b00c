/* SPDX-License-Identifier: MIT */
/* thalnet/batch.h: labels, targets and weights. */
#include "api/contents.h"
#include "api/handles.h"

/* Labels and targets share everything but their type. */
static thalnet_status thalnet__set_goals(thalnet_batch *batch, int32_t output, const void *goals, size_t count,
                                         int final, int labels, const char *call) {
  THALNET__TRY(thalnet__check_begun(batch, call));
  THALNET__TRY(thalnet__check_output(batch, output, call));
  const thalnet__output *declared = &batch->net->outputs[output];
  thalnet__batch_output *mine = &batch->outputs[output];
  if (labels ? !declared->loss->labels : !declared->loss->targets)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: output '%s' has the loss %s", call, declared->name,
                         declared->loss->name);
  const size_t rows = batch->sequences * (final ? 1 : thalnet__output_frames(batch, (size_t)output));
  THALNET__TRY(thalnet__check_values(goals, count, labels ? rows : rows * declared->size, call));
  for (size_t i = 0; labels && i < count; i++) {
    const int32_t label = ((const int32_t *)goals)[i];
    if (label < -1 || label >= (int32_t)declared->size)
      return thalnet__fail(THALNET_ERROR_DATA, "%s: output '%s': label %d at %zu is not in -1..%zu", call,
                           declared->name, label, i, declared->size - 1);
  }
  if (labels)
    THALNET__TRY(thalnet__enter_copy(batch, mine->labels, goals, count * sizeof(int32_t), call));
  else
    THALNET__TRY(thalnet__enter_copy(batch, mine->targets, goals, count * sizeof(real), call));
  mine->goals_set = 1;
  mine->final = final;
  thalnet__leave(&batch->busy);
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_labels(thalnet_batch *batch, int32_t output, const int32_t *labels, size_t count) {
  return thalnet__set_goals(batch, output, labels, count, 0, 1, "thalnet_batch_set_labels");
}

thalnet_status thalnet_batch_set_final_labels(thalnet_batch *batch, int32_t output, const int32_t *labels,
                                              size_t count) {
  return thalnet__set_goals(batch, output, labels, count, 1, 1, "thalnet_batch_set_final_labels");
}

thalnet_status thalnet_batch_set_targets(thalnet_batch *batch, int32_t output, const real *targets, size_t count) {
  return thalnet__set_goals(batch, output, targets, count, 0, 0, "thalnet_batch_set_targets");
}

thalnet_status thalnet_batch_set_final_targets(thalnet_batch *batch, int32_t output, const real *targets,
                                               size_t count) {
  return thalnet__set_goals(batch, output, targets, count, 1, 0, "thalnet_batch_set_final_targets");
}

thalnet_status thalnet_batch_set_final(thalnet_batch *batch, int32_t output) {
  const char *call = "thalnet_batch_set_final";
  THALNET__TRY(thalnet__check_begun(batch, call));
  THALNET__TRY(thalnet__check_output(batch, output, call));
  THALNET__TRY(thalnet__enter_copy(batch, NULL, NULL, 0, call));
  if (!batch->outputs[output].final) batch->outputs[output].goals_set = 0; /* goals at every frame have no place now */
  batch->outputs[output].final = 1;
  thalnet__leave(&batch->busy);
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_weights(thalnet_batch *batch, int32_t output, const real *weights, size_t count) {
  const char *call = "thalnet_batch_set_weights";
  THALNET__TRY(thalnet__check_begun(batch, call));
  THALNET__TRY(thalnet__check_output(batch, output, call));
  const thalnet__output *declared = &batch->net->outputs[output];
  if (!declared->loss->labels && !declared->loss->targets)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: output '%s' has the loss %s", call, declared->name,
                         declared->loss->name);
  const size_t frames = thalnet__output_frames(batch, (size_t)output);
  if (count != batch->sequences) THALNET__TRY(thalnet__check_count(count, batch->sequences * frames, call));
  THALNET__TRY(thalnet__check_values(weights, count, count, call));
  for (size_t i = 0; i < count; i++)
    if (!thalnet__is_finite_real(weights[i]) || weights[i] < 0)
      return thalnet__fail(THALNET_ERROR_DATA, "%s: weight %zu is negative or not finite", call, i);
  THALNET__TRY(thalnet__enter_copy(batch, batch->outputs[output].weights, weights, count * sizeof *weights, call));
  batch->outputs[output].weights_set = count;
  thalnet__leave(&batch->busy);
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_loss_weight(thalnet_batch *batch, int32_t output, real weight) {
  const char *call = "thalnet_batch_set_loss_weight";
  THALNET__TRY(thalnet__check_batch(batch, call));
  THALNET__TRY(thalnet__check_output(batch, output, call));
  if (!thalnet__is_finite_real(weight) || weight < 0)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: weight is negative or not finite", call);
  THALNET__TRY(thalnet__enter(&batch->busy, call));
  batch->outputs[output].loss_weight = weight;
  thalnet__leave(&batch->busy);
  return THALNET_OK;
}
