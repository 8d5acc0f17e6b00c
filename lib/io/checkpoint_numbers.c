/* SPDX-License-Identifier: MIT */
/* Numbers with which a training can go on: what is saved passes here as well as what is restored, so that no file is written that
 * nobody could read. */
#include <math.h>

#include "core/floating.h"
#include "io/checkpoint.h"
#include "network/prepare.h"

static const real thalnet__any = (real)-INFINITY;

static thalnet_status thalnet__check_finite(const thalnet__block *block, const char *name, size_t count,
                                            const real *values, real least) {
  for (size_t i = 0; i < count; i++)
    if (!thalnet__is_finite_real(values[i]) || values[i] < least)
      return thalnet__fail(THALNET_ERROR_NONFINITE, "%s%s: value %zu is %s", block->prefix, name, i,
                           thalnet__is_finite_real(values[i]) ? "negative" : "not finite");
  return THALNET_OK;
}

static thalnet_status thalnet__check_memory(const thalnet__block *block, const real *values) {
  char digits[24];
  thalnet__text name = {digits, sizeof digits, 0};
  thalnet__text_number(&name, block->number);
  return thalnet__check_finite(block, thalnet__text_end(&name), block->count, values, thalnet__any);
}

/* Weights, also those that wait in the place of averages, must be such that they can be written; squares are not negative. */
thalnet_status thalnet__check_block(const thalnet__training *training, const thalnet__block *block, const real *values,
                                    int swapped, const uint64_t *updates) {
  const thalnet_center *net = training->net;
  const thalnet_optimizer *optimizer = training->optimizer;
  const int weights = block->values == net->parameters;
  const int waiting = optimizer != NULL && swapped && block->values == optimizer->averages;
  const int squares = optimizer != NULL && block->values == optimizer->second;
  if (block->state != NULL) return thalnet__check_memory(block, values);
  for (size_t t = 0; t < net->tensor_count; t++) {
    const thalnet__tensor *tensor = &net->tensors[t];
    const real *own = values + tensor->place;
    THALNET__TRY(thalnet__check_finite(block, tensor->name, tensor->count, own, squares ? 0 : thalnet__any));
    if (weights || (waiting && updates[t] > 0))
      THALNET__TRY(thalnet__check_parameters(net, tensor->place, tensor->count, own));
  }
  return THALNET_OK;
}

static thalnet_status thalnet__check_blocks(const thalnet__training *training) {
  const thalnet_optimizer *optimizer = training->optimizer;
  thalnet__block block;
  if (optimizer != NULL && !thalnet__is_finite(optimizer->gradient_norm))
    return thalnet__fail(THALNET_ERROR_NONFINITE, "the norm of the last gradient is not finite");
  for (size_t i = 0; thalnet__training_block(training, i, &block); i++)
    THALNET__TRY(thalnet__check_block(training, &block, block.values, optimizer != NULL && optimizer->swapped,
                                      optimizer == NULL ? NULL : optimizer->tensor_steps));
  return THALNET_OK;
}

thalnet_status thalnet__check_training(const thalnet__training *training) {
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__check_blocks(training);
  thalnet__floating_leave(mode);
  return status;
}
