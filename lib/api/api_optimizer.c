/* SPDX-License-Identifier: MIT */
/* thalnet/optimizer.h. */
#include "api/handles.h"
#include "core/options.h"

thalnet_status thalnet_optimizer_create(const thalnet_center *net, int32_t kind, const thalnet_optimizer_options *given,
                                        thalnet_optimizer **optimizer_out) {
  const char *call = "thalnet_optimizer_create";
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  if (optimizer_out != NULL) *optimizer_out = NULL;
  THALNET__TRY(thalnet__check_built(net, call));
  THALNET__TRY(thalnet__check_pointer(optimizer_out, call, "optimizer_out"));
  THALNET__TRY(thalnet__read_options(&options, sizeof options, sizeof options, given, "thalnet_optimizer_options"));
  /* comparing a NaN could trap in the host's mode */
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__check_optimizer_options(kind, &options);
  thalnet__floating_leave(mode);
  if (status != THALNET_OK) return status;
  return thalnet__optimizer_create(net, kind, &options, optimizer_out);
}

void thalnet_optimizer_free(thalnet_optimizer *optimizer) {
  if (optimizer != NULL && optimizer->magic == THALNET__OPTIMIZER_MAGIC) thalnet__optimizer_free(optimizer);
}

/* An optimizer and the center that it belongs to. */
static thalnet_status thalnet__check_pair(const thalnet_optimizer *optimizer, const thalnet_center *net,
                                          const char *call) {
  THALNET__TRY(thalnet__check_optimizer(optimizer, call));
  THALNET__TRY(thalnet__check_built(net, call));
  if (optimizer->net != net)
    return thalnet__fail(THALNET_ERROR_MISMATCH, "%s: the optimizer belongs to another center", call);
  return THALNET_OK;
}

thalnet_status thalnet_step(thalnet_optimizer *optimizer, thalnet_center *net) {
  const char *call = "thalnet_step";
  THALNET__TRY(thalnet__check_pair(optimizer, net, call));
  THALNET__TRY(thalnet__enter(&optimizer->busy, call));
  thalnet_status status = thalnet__begin_writing(net);
  if (status == THALNET_OK) {
    const thalnet__floating mode = thalnet__floating_enter();
    status = thalnet__optimizer_step(optimizer, net);
    thalnet__floating_leave(mode);
    thalnet__end_writing(net);
  }
  thalnet__leave(&optimizer->busy);
  return status;
}

thalnet_status thalnet_optimizer_swap_averages(thalnet_optimizer *optimizer, thalnet_center *net) {
  const char *call = "thalnet_optimizer_swap_averages";
  THALNET__TRY(thalnet__check_pair(optimizer, net, call));
  THALNET__TRY(thalnet__enter(&optimizer->busy, call));
  thalnet_status status = thalnet__begin_writing(net);
  if (status == THALNET_OK) {
    const thalnet__floating mode = thalnet__floating_enter();
    status = thalnet__swap_averages(optimizer, net);
    thalnet__floating_leave(mode);
    thalnet__end_writing(net);
  }
  thalnet__leave(&optimizer->busy);
  return status;
}

static int thalnet__is_optimizer(const thalnet_optimizer *optimizer) {
  return optimizer != NULL && optimizer->magic == THALNET__OPTIMIZER_MAGIC;
}

double thalnet_optimizer_rate(const thalnet_optimizer *optimizer) {
  if (!thalnet__is_optimizer(optimizer)) return 0;
  const thalnet__floating mode = thalnet__floating_enter(); /* that of a step, so that it is the same rate */
  const double rate = thalnet__schedule_rate(&optimizer->options, optimizer->steps);
  thalnet__floating_leave(mode);
  return rate;
}

int32_t thalnet_optimizer_averages_swapped(const thalnet_optimizer *optimizer) {
  return thalnet__is_optimizer(optimizer) && optimizer->swapped;
}

uint64_t thalnet_optimizer_steps(const thalnet_optimizer *optimizer) {
  return thalnet__is_optimizer(optimizer) ? optimizer->steps : 0;
}

uint64_t thalnet_optimizer_skipped(const thalnet_optimizer *optimizer) {
  return thalnet__is_optimizer(optimizer) ? optimizer->skipped : 0;
}

double thalnet_optimizer_gradient_norm(const thalnet_optimizer *optimizer) {
  return thalnet__is_optimizer(optimizer) ? optimizer->gradient_norm : 0;
}
