/* SPDX-License-Identifier: MIT */
/* thalnet/batch.h: the computing calls; thalnet/gradient_check.h. */
#include "api/contents.h"
#include "api/handles.h"
#include "core/options.h"
#include "train/gradient_check.h"

/* Takes batch and state, or neither. */
static thalnet_status thalnet__enter_run(const thalnet_center *net, thalnet_batch *batch, const thalnet_state *state,
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

static void thalnet__leave_run(thalnet_batch *batch, const thalnet_state *state) {
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

/* --- thalnet_gradient_check --- */

static thalnet_status thalnet__read_check_options(const thalnet_gradient_check_options *given,
                                                  thalnet_gradient_check_options *options) {
  *options = (thalnet_gradient_check_options)THALNET_GRADIENT_CHECK_OPTIONS_INIT;
  THALNET__TRY(
      thalnet__read_options(options, sizeof *options, sizeof *options, given, "thalnet_gradient_check_options"));
  /* comparing a NaN could trap in the host's mode */
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__check_gradient_options(options);
  thalnet__floating_leave(mode);
  return status;
}

static thalnet_status thalnet__check_result(const thalnet_center *net, const double *errors, size_t error_count,
                                            const thalnet_gradient_check_result *result, const char *call) {
  THALNET__TRY(thalnet__check_pointer(result, call, "result"));
  if (result->struct_size != sizeof *result)
    return thalnet__fail(THALNET_ERROR_VERSION, "%s: struct_size %zu is not %zu", call, result->struct_size,
                         sizeof *result);
  return thalnet__check_count(error_count, errors == NULL ? 0 : net->tensor_count, call);
}

static thalnet_status thalnet__run_gradient_check(thalnet_center *net, thalnet_batch *batch, const thalnet_state *state,
                                                  const thalnet_gradient_check_options *options, double *errors,
                                                  thalnet_gradient_check_result *result, const char *call) {
  THALNET__TRY(thalnet__check_run(net, batch, state, call));
  THALNET__TRY(thalnet__begin_writing(net));
  thalnet_status status = thalnet__start_threads(net);
  if (status == THALNET_OK) {
    const thalnet__floating mode = thalnet__floating_enter();
    status = thalnet__gradient_check(net, batch, state, options, errors, result);
    thalnet__floating_leave(mode);
  }
  thalnet__end_writing(net);
  return status;
}

thalnet_status thalnet_gradient_check(thalnet_center *net, thalnet_batch *batch, const thalnet_state *state,
                                      const thalnet_gradient_check_options *given, double *errors, size_t error_count,
                                      thalnet_gradient_check_result *result) {
  const char *call = "thalnet_gradient_check";
  thalnet_gradient_check_options options;
  thalnet_gradient_check_result found = THALNET_GRADIENT_CHECK_RESULT_INIT;
  THALNET__TRY(thalnet__read_check_options(given, &options));
  THALNET__TRY(thalnet__enter_run(net, batch, state, call));
  thalnet_status status = thalnet__check_result(net, errors, error_count, result, call);
  if (status == THALNET_OK) status = thalnet__run_gradient_check(net, batch, state, &options, errors, &found, call);
  thalnet__leave_run(batch, state);
  if (status == THALNET_OK) *result = found;
  return status;
}
