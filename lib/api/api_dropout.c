/* SPDX-License-Identifier: MIT */
/* thalnet/batch.h: dropout. */
#include "api/contents.h"
#include "api/handles.h"
#include "core/options.h"

static thalnet_status thalnet__check_rate(real rate, const char *call, const char *name) {
  if (thalnet__rank(rate) >= 0 && thalnet__rank(rate) < thalnet__rank(1)) return THALNET_OK;
  if (!thalnet__is_finite_real(rate)) return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: %s is not finite", call, name);
  return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: %s is %g, not in [0, 1)", call, name, (double)rate);
}

static thalnet_status thalnet__held_set_input_dropout(thalnet_batch *batch, int32_t input, real rate, int variational,
                                                      const char *call) {
  THALNET__TRY(thalnet__check_input(batch, input, call));
  THALNET__TRY(thalnet__check_rate(rate, call, "rate"));
  batch->inputs[input].dropout = rate;
  batch->inputs[input].variational = variational;
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_input_dropout(thalnet_batch *batch, int32_t input, real rate) {
  const char *call = "thalnet_batch_set_input_dropout";
  THALNET__HOLD(batch, call, thalnet__held_set_input_dropout(batch, input, rate, 0, call));
}

thalnet_status thalnet_batch_set_variational_input_dropout(thalnet_batch *batch, int32_t input, real rate) {
  const char *call = "thalnet_batch_set_variational_input_dropout";
  THALNET__HOLD(batch, call, thalnet__held_set_input_dropout(batch, input, rate, 1, call));
}

static thalnet_status thalnet__held_set_dropout(thalnet_batch *batch, const thalnet_dropout_options *given) {
  const char *name = "thalnet_dropout_options";
  thalnet_dropout_options options = THALNET_DROPOUT_OPTIONS_INIT;
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, name));
  THALNET__TRY(thalnet__check_rate(options.contexts, name, "contexts"));
  THALNET__TRY(thalnet__check_rate(options.features, name, "features"));
  THALNET__TRY(thalnet__check_rate(options.modules, name, "modules"));
  if (options.every_step != 0 && options.every_step != 1)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: every_step is %d, not 0 or 1", name, options.every_step);
  batch->dropout = options;
  return THALNET_OK;
}

thalnet_status thalnet_batch_set_dropout(thalnet_batch *batch, const thalnet_dropout_options *options) {
  const char *call = "thalnet_batch_set_dropout";
  THALNET__HOLD(batch, call, thalnet__held_set_dropout(batch, options));
}
