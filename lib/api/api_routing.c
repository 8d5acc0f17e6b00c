/* SPDX-License-Identifier: MIT */
/* thalnet/routing.h. */
#include <thalnet/routing.h>

#include "analysis/ablation.h"
#include "analysis/nodes.h"
#include "analysis/routing.h"
#include "api/contents.h"
#include "api/handles.h"
#include "core/checked.h"

/* A batch of this center with contents; NULL is fine. */
static thalnet_status thalnet__check_subject(const thalnet_center *net, const thalnet_batch *batch, const char *call) {
  if (batch == NULL) return THALNET_OK;
  THALNET__TRY(thalnet__check_begun(batch, call));
  if (batch->net != net) return thalnet__fail(THALNET_ERROR_MISMATCH, "%s: the batch belongs to another center", call);
  return THALNET_OK;
}

static thalnet_status thalnet__check_measure(const thalnet_center *net, int32_t measure, const char *call) {
  THALNET__TRY(thalnet__check_built(net, call));
  if (measure != THALNET_ROUTING_WEIGHT && measure != THALNET_ROUTING_SHARE)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: there is no measure %d", call, measure);
  return THALNET_OK;
}

/* --- of a whole batch --- */

static thalnet_status thalnet__run_routing(const thalnet_center *net, thalnet_batch *batch, int32_t measure, int whole,
                                           real *values, const char *call) {
  THALNET__TRY(thalnet__check_subject(net, batch, call));
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__routing(net, batch, measure, whole, values);
  thalnet__floating_leave(mode);
  return status;
}

static thalnet_status thalnet__begin_routing(const thalnet_center *net, thalnet_batch *batch, int32_t measure,
                                             int whole, real *values, size_t count, const char *call) {
  THALNET__TRY(thalnet__check_measure(net, measure, call));
  const size_t nodes = whole ? thalnet__node_count(net) : net->module_count;
  THALNET__TRY(thalnet__check_pointer(values, call, "values"));
  THALNET__TRY(thalnet__check_count(count, nodes * nodes, call));
  THALNET__TRY(thalnet__check_readable(net));
  if (batch == NULL) return thalnet__run_routing(net, NULL, measure, whole, values, call);
  THALNET__HOLD(batch, call, thalnet__run_routing(net, batch, measure, whole, values, call));
}

thalnet_status thalnet_center_routing(const thalnet_center *net, thalnet_batch *batch, int32_t measure, real *values,
                                      size_t count) {
  return thalnet__begin_routing(net, batch, measure, 0, values, count, "thalnet_center_routing");
}

thalnet_status thalnet_center_wiring(const thalnet_center *net, thalnet_batch *batch, int32_t measure, real *values,
                                     size_t count) {
  return thalnet__begin_routing(net, batch, measure, 1, values, count, "thalnet_center_wiring");
}

/* --- step by step --- */

/* width: numbers of a step; measure -1: features. */
static thalnet_status thalnet__run_trace(const thalnet_center *net, thalnet_batch *batch, size_t sequence,
                                         int32_t measure, size_t width, real *values, size_t count, const char *call) {
  THALNET__TRY(thalnet__check_subject(net, batch, call));
  if (sequence >= batch->sequences)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: there is no sequence %zu, only %zu", call, sequence,
                         batch->sequences);
  const size_t expected = thalnet__times_or_most(batch->frames * net->steps_per_frame, width);
  THALNET__TRY(thalnet__check_values(values, count, expected, call));
  if (count == 0) return THALNET_OK;
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = measure < 0 ? thalnet__trace_features(net, batch, sequence, values)
                                            : thalnet__trace_routing(net, batch, sequence, measure, values);
  thalnet__floating_leave(mode);
  return status;
}

thalnet_status thalnet_center_trace_routing(const thalnet_center *net, thalnet_batch *batch, size_t sequence,
                                            int32_t measure, real *values, size_t count) {
  const char *call = "thalnet_center_trace_routing";
  THALNET__TRY(thalnet__check_measure(net, measure, call));
  THALNET__TRY(thalnet__check_readable(net));
  const size_t width = net->module_count * net->module_count;
  THALNET__HOLD(batch, call, thalnet__run_trace(net, batch, sequence, measure, width, values, count, call));
}

thalnet_status thalnet_center_trace_features(const thalnet_center *net, thalnet_batch *batch, size_t sequence,
                                             real *values, size_t count) {
  const char *call = "thalnet_center_trace_features";
  THALNET__TRY(thalnet__check_built(net, call));
  THALNET__TRY(thalnet__check_readable(net));
  THALNET__HOLD(batch, call, thalnet__run_trace(net, batch, sequence, -1, net->features, values, count, call));
}

/* --- with connections cut --- */

static thalnet_status thalnet__check_cut(const thalnet_center *net, const unsigned char *cut, const char *call) {
  const size_t nodes = thalnet__node_count(net);
  for (size_t i = 0; i < nodes * nodes; i++)
    if (cut[i] > 1) return thalnet__fail(THALNET_ERROR_DATA, "%s: cut[%zu] is %d, not 0 or 1", call, i, (int)cut[i]);
  return THALNET_OK;
}

static thalnet_status thalnet__run_ablation(thalnet_center *net, thalnet_batch *batch, const unsigned char *cut,
                                            const char *call) {
  THALNET__TRY(thalnet__check_subject(net, batch, call));
  THALNET__TRY(thalnet__begin_writing(net));
  thalnet_status status = thalnet__threads_start(&net->threads); /* another process may have made the center */
  if (status == THALNET_OK) {
    const thalnet__floating mode = thalnet__floating_enter();
    status = thalnet__ablate(net, batch, cut);
    thalnet__floating_leave(mode);
  }
  thalnet__end_writing(net);
  return status;
}

thalnet_status thalnet_center_ablate(thalnet_center *net, thalnet_batch *batch, const unsigned char *cut,
                                     size_t count) {
  const char *call = "thalnet_center_ablate";
  THALNET__TRY(thalnet__check_built(net, call));
  THALNET__TRY(thalnet__check_pointer(cut, call, "cut"));
  THALNET__TRY(thalnet__check_count(count, thalnet__node_count(net) * thalnet__node_count(net), call));
  THALNET__TRY(thalnet__check_cut(net, cut, call));
  THALNET__HOLD(batch, call, thalnet__run_ablation(net, batch, cut, call));
}
