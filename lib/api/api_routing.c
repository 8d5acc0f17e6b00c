/* SPDX-License-Identifier: MIT */
/* thalnet/routing.h. */
#include <thalnet/routing.h>

#include "analysis/routing.h"
#include "api/contents.h"
#include "api/handles.h"

static thalnet_status thalnet__run_routing(const thalnet_center *net, thalnet_batch *batch, int32_t measure,
                                           real *values, const char *call) {
  if (batch != NULL) THALNET__TRY(thalnet__check_begun(batch, call));
  if (batch != NULL && batch->net != net)
    return thalnet__fail(THALNET_ERROR_MISMATCH, "%s: the batch belongs to another center", call);
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__routing(net, batch, measure, values);
  thalnet__floating_leave(mode);
  return status;
}

thalnet_status thalnet_center_routing(const thalnet_center *net, thalnet_batch *batch, int32_t measure, real *values,
                                      size_t count) {
  const char *call = "thalnet_center_routing";
  THALNET__TRY(thalnet__check_built(net, call));
  if (measure != THALNET_ROUTING_WEIGHT && measure != THALNET_ROUTING_SHARE)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: there is no measure %d", call, measure);
  THALNET__TRY(thalnet__check_pointer(values, call, "values"));
  THALNET__TRY(thalnet__check_count(count, net->module_count * net->module_count, call));
  THALNET__TRY(thalnet__check_readable(net));
  if (batch == NULL) return thalnet__run_routing(net, NULL, measure, values, call);
  THALNET__HOLD(batch, call, thalnet__run_routing(net, batch, measure, values, call));
}
