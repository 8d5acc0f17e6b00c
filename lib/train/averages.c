/* SPDX-License-Identifier: MIT */
/* Weights and their averages change places. The averages themselves are made by the update (math/kernels_optimizer.h). */
#include "network/prepare.h"
#include "train/optimizer.h"

static thalnet_status thalnet__check_swap(const thalnet_optimizer *optimizer, const thalnet_center *net) {
  if (optimizer->averages == NULL)
    return thalnet__fail(THALNET_ERROR_STATE,
                         "the optimizer keeps no averages: its thalnet_optimizer_options.average is 0");
  if (!optimizer->swapped && atomic_load(&net->averaged))
    return thalnet__fail(THALNET_ERROR_STATE, "the averages of another optimizer are in the center");
  if (net->has_gradient)
    return thalnet__fail(
        THALNET_ERROR_STATE,
        "a gradient waits for thalnet_step: step or clear it before weights and averages change places");
  for (size_t t = 0; t < net->tensor_count; t++) {
    const thalnet__tensor *tensor = &net->tensors[t];
    if (optimizer->tensor_steps[t] > 0)
      THALNET__TRY(thalnet__check_parameters(net, tensor->place, tensor->count, optimizer->averages + tensor->place));
  }
  return THALNET_OK;
}

thalnet_status thalnet__swap_averages(thalnet_optimizer *optimizer, thalnet_center *net) {
  THALNET__TRY(thalnet__check_swap(optimizer, net));
  for (size_t t = 0; t < net->tensor_count; t++) {
    const thalnet__tensor *tensor = &net->tensors[t];
    real *weights = net->parameters + tensor->place, *averages = optimizer->averages + tensor->place;
    if (optimizer->tensor_steps[t] == 0) continue; /* it is its own average */
    for (size_t i = 0; i < tensor->count; i++) {
      const real weight = weights[i];
      weights[i] = averages[i];
      averages[i] = weight;
    }
  }
  optimizer->swapped = !optimizer->swapped;
  atomic_store(&net->averaged, optimizer->swapped);
  return thalnet__prepare(net); /* cannot fail: the values were checked */
}
