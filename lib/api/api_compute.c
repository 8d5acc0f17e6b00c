/* SPDX-License-Identifier: MIT */
/* thalnet/batch.h: the computing calls. */
#include "api/contents.h"
#include "api/handles.h"

/* Takes batch and state, or neither. */
static thalnet_status thalnet__enter_run(const thalnet_center *net, thalnet_batch *batch, thalnet_state *state,
                                         const char *call) {
  THALNET__TRY(thalnet__check_built(net, call));
  THALNET__TRY(thalnet__check_batch(batch, call));
  if (state != NULL) THALNET__TRY(thalnet__check_state(state, call));
  THALNET__TRY(thalnet__enter(&batch->busy, call));
  if (state == NULL) return THALNET_OK;
  const thalnet_status status = thalnet__enter(&state->busy, call);
  if (status != THALNET_OK) thalnet__leave(&batch->busy);
  return status;
}

static void thalnet__leave_run(thalnet_batch *batch, thalnet_state *state) {
  if (state != NULL) thalnet__leave(&state->busy);
  thalnet__leave(&batch->busy);
}

static thalnet_status thalnet__check_run(const thalnet_center *net, const thalnet_batch *batch,
                                         const thalnet_state *state, const char *call) {
  THALNET__TRY(thalnet__check_begun(batch, call));
  if (batch->net != net) return thalnet__fail(THALNET_ERROR_MISMATCH, "%s: the batch belongs to another center", call);
  if (state == NULL) return THALNET_OK;
  if (state->net != net) return thalnet__fail(THALNET_ERROR_MISMATCH, "%s: the state belongs to another center", call);
  if (state->rows < batch->sequences)
    return thalnet__fail(THALNET_ERROR_SIZE, "%s: the state has %zu rows, the batch %zu sequences", call, state->rows,
                         batch->sequences);
  return THALNET_OK;
}

/* Runs of a center that another process made need this process' own threads. */
static thalnet_status thalnet__start_threads(const thalnet_center *net) {
  return thalnet__threads_start((thalnet__threads *)(uintptr_t)&net->threads);
}

static thalnet_status thalnet__run_forward(const thalnet_center *net, thalnet_batch *batch, thalnet_state *state,
                                           const char *call) {
  THALNET__TRY(thalnet__check_run(net, batch, state, call));
  THALNET__TRY(thalnet__check_readable(net));
  THALNET__TRY(thalnet__start_threads(net));
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__forward(net, batch, state);
  thalnet__floating_leave(mode);
  return status;
}

thalnet_status thalnet_forward(const thalnet_center *net, thalnet_batch *batch, thalnet_state *state) {
  const char *call = "thalnet_forward";
  THALNET__TRY(thalnet__enter_run(net, batch, state, call));
  const thalnet_status status = thalnet__run_forward(net, batch, state, call);
  thalnet__leave_run(batch, state);
  return status;
}

/* Both backward calls write the center's gradients. */
static thalnet_status thalnet__run_backward(thalnet_center *net, thalnet_batch *batch, thalnet_state *state,
                                            int forward, const char *call) {
  THALNET__TRY(thalnet__check_run(net, batch, state, call));
  THALNET__TRY(thalnet__begin_writing(net));
  thalnet_status status = thalnet__start_threads(net);
  if (status == THALNET_OK) {
    const thalnet__floating mode = thalnet__floating_enter();
    status = forward ? thalnet__forward_backward(net, batch, state) : thalnet__backward(net, batch);
    thalnet__floating_leave(mode);
  }
  thalnet__end_writing(net);
  return status;
}

thalnet_status thalnet_backward(thalnet_center *net, thalnet_batch *batch) {
  const char *call = "thalnet_backward";
  THALNET__TRY(thalnet__enter_run(net, batch, NULL, call));
  const thalnet_status status = thalnet__run_backward(net, batch, NULL, 0, call);
  thalnet__leave_run(batch, NULL);
  return status;
}

thalnet_status thalnet_forward_backward(thalnet_center *net, thalnet_batch *batch, thalnet_state *state) {
  const char *call = "thalnet_forward_backward";
  THALNET__TRY(thalnet__enter_run(net, batch, state, call));
  const thalnet_status status = thalnet__run_backward(net, batch, state, 1, call);
  thalnet__leave_run(batch, state);
  return status;
}
