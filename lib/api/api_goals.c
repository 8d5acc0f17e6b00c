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
    thalnet__copy_in(batch, mine->labels, goals, count * sizeof(int32_t));
  else
    thalnet__copy_in(batch, mine->targets, goals, count * sizeof(real));
  mine->goals_set = 1;
  mine->final = final;
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_labels(thalnet_batch *batch, int32_t output, const int32_t *labels, size_t count) {
  const char *call = "thalnet_batch_set_labels";
  THALNET__HOLD(batch, call, thalnet__set_goals(batch, output, labels, count, 0, 1, call));
}

thalnet_status thalnet_batch_set_final_labels(thalnet_batch *batch, int32_t output, const int32_t *labels,
                                              size_t count) {
  const char *call = "thalnet_batch_set_final_labels";
  THALNET__HOLD(batch, call, thalnet__set_goals(batch, output, labels, count, 1, 1, call));
}

thalnet_status thalnet_batch_set_targets(thalnet_batch *batch, int32_t output, const real *targets, size_t count) {
  const char *call = "thalnet_batch_set_targets";
  THALNET__HOLD(batch, call, thalnet__set_goals(batch, output, targets, count, 0, 0, call));
}

thalnet_status thalnet_batch_set_final_targets(thalnet_batch *batch, int32_t output, const real *targets,
                                               size_t count) {
  const char *call = "thalnet_batch_set_final_targets";
  THALNET__HOLD(batch, call, thalnet__set_goals(batch, output, targets, count, 1, 0, call));
}

static thalnet_status thalnet__held_set_final(thalnet_batch *batch, int32_t output, const char *call) {
  THALNET__TRY(thalnet__check_begun(batch, call));
  THALNET__TRY(thalnet__check_output(batch, output, call));
  thalnet__copy_in(batch, NULL, NULL, 0);
  if (!batch->outputs[output].final) batch->outputs[output].goals_set = 0; /* goals at every frame have no place now */
  batch->outputs[output].final = 1;
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_final(thalnet_batch *batch, int32_t output) {
  const char *call = "thalnet_batch_set_final";
  THALNET__HOLD(batch, call, thalnet__held_set_final(batch, output, call));
}

static thalnet_status thalnet__held_set_weights(thalnet_batch *batch, int32_t output, const real *weights, size_t count,
                                                const char *call) {
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
    if (!thalnet__is_finite_real(weights[i]) || thalnet__rank(weights[i]) < 0)
      return thalnet__fail(THALNET_ERROR_DATA, "%s: weight %zu is negative or not finite", call, i);
  thalnet__copy_in(batch, batch->outputs[output].weights, weights, count * sizeof *weights);
  batch->outputs[output].weights_set = count;
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_weights(thalnet_batch *batch, int32_t output, const real *weights, size_t count) {
  const char *call = "thalnet_batch_set_weights";
  THALNET__HOLD(batch, call, thalnet__held_set_weights(batch, output, weights, count, call));
}

static thalnet_status thalnet__held_set_loss_weight(thalnet_batch *batch, int32_t output, real weight,
                                                    const char *call) {
  THALNET__TRY(thalnet__check_output(batch, output, call));
  if (!thalnet__is_finite_real(weight) || thalnet__rank(weight) < 0)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: weight is negative or not finite", call);
  batch->outputs[output].loss_weight = weight;
  return THALNET_OK;
}

static thalnet_status thalnet__held_set_label_smoothing(thalnet_batch *batch, int32_t output, real smoothing,
                                                        const char *call) {
  THALNET__TRY(thalnet__check_output(batch, output, call));
  const thalnet__output *declared = &batch->net->outputs[output];
  if (!declared->loss->labels)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: output '%s' has the loss %s", call, declared->name,
                         declared->loss->name);
  if (!thalnet__is_finite_real(smoothing))
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: output '%s': smoothing is not finite", call, declared->name);
  if (thalnet__rank(smoothing) < 0 || thalnet__rank(smoothing) >= thalnet__rank(1))
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: output '%s': smoothing %g is not in [0, 1)", call, declared->name,
                         (double)smoothing);
  batch->outputs[output].smoothing = smoothing;
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_label_smoothing(thalnet_batch *batch, int32_t output, real smoothing) {
  const char *call = "thalnet_batch_set_label_smoothing";
  THALNET__HOLD(batch, call, thalnet__held_set_label_smoothing(batch, output, smoothing, call));
}

thalnet_status thalnet_batch_set_loss_weight(thalnet_batch *batch, int32_t output, real weight) {
  const char *call = "thalnet_batch_set_loss_weight";
  THALNET__HOLD(batch, call, thalnet__held_set_loss_weight(batch, output, weight, call));
}
