/* SPDX-License-Identifier: MIT */
/* thalnet/center.h: parameters and gradients. */
#include <string.h>

#include "api/handles.h"
#include "network/build.h"
#include "network/freeze.h"
#include "network/gradients.h"
#include "network/prepare.h"

/* A tensor's place and size; with NULL those of the whole block. */
static thalnet_status thalnet__locate(const thalnet_center *net, const char *tensor, size_t count, size_t *place,
                                      const char *call) {
  *place = 0;
  if (tensor == NULL) return thalnet__check_count(count, net->parameter_count, call);
  const thalnet__tensor *found = thalnet__find_tensor(net, tensor);
  if (found == NULL) return thalnet__fail(THALNET_ERROR_DATA, "%s: there is no tensor '%.80s'", call, tensor);
  *place = found->place;
  if (count != found->count)
    return thalnet__fail(THALNET_ERROR_SIZE, "%s: %s has %zu values, count is %zu", call, found->name, found->count,
                         count);
  return THALNET_OK;
}

thalnet_status thalnet_center_read(const thalnet_center *net, const char *tensor, real *values, size_t count) {
  size_t place;
  THALNET__TRY(thalnet__check_built(net, "thalnet_center_read"));
  THALNET__TRY(thalnet__check_pointer(values, "thalnet_center_read", "values"));
  THALNET__TRY(thalnet__locate(net, tensor, count, &place, "thalnet_center_read"));
  memcpy(values, net->parameters + place, count * sizeof *values);
  return THALNET_OK;
}

static thalnet_status thalnet__write(thalnet_center *net, size_t place, const real *values, size_t count) {
  THALNET__TRY(thalnet__check_parameters(net, place, count, values));
  memcpy(net->parameters + place, values, count * sizeof *values);
  return thalnet__prepare(net);
}

thalnet_status thalnet_center_write(thalnet_center *net, const char *tensor, const real *values, size_t count) {
  size_t place;
  THALNET__TRY(thalnet__check_built(net, "thalnet_center_write"));
  THALNET__TRY(thalnet__check_pointer(values, "thalnet_center_write", "values"));
  THALNET__TRY(thalnet__locate(net, tensor, count, &place, "thalnet_center_write"));
  THALNET__TRY(thalnet__begin_writing(net));
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__write(net, place, values, count);
  thalnet__floating_leave(mode);
  thalnet__end_writing(net);
  return status;
}

thalnet_status thalnet_center_read_gradient(const thalnet_center *net, const char *tensor, real *values, size_t count) {
  size_t place;
  THALNET__TRY(thalnet__check_built(net, "thalnet_center_read_gradient"));
  THALNET__TRY(thalnet__check_pointer(values, "thalnet_center_read_gradient", "values"));
  THALNET__TRY(thalnet__locate(net, tensor, count, &place, "thalnet_center_read_gradient"));
  if (net->gradients == NULL)
    return thalnet__fail(THALNET_ERROR_STATE, "thalnet_center_read_gradient: there has been no batch for training");
  memcpy(values, net->gradients + place, count * sizeof *values);
  return THALNET_OK;
}

thalnet_status thalnet_center_write_gradient(thalnet_center *net, const char *tensor, const real *values,
                                             size_t count) {
  const char *call = "thalnet_center_write_gradient";
  size_t place;
  THALNET__TRY(thalnet__check_built(net, call));
  THALNET__TRY(thalnet__check_pointer(values, call, "values"));
  THALNET__TRY(thalnet__locate(net, tensor, count, &place, call));
  if (net->gradients == NULL)
    return thalnet__fail(THALNET_ERROR_STATE, "%s: there has been no batch for training", call);
  THALNET__TRY(thalnet__begin_writing(net));
  memcpy(net->gradients + place, values, count * sizeof *values);
  for (size_t t = 0; t < net->tensor_count; t++)
    if (net->tensors[t].place >= place && net->tensors[t].place < place + count) net->received[t] = 1;
  net->has_gradient = 1;
  thalnet__apply_frozen(net); /* which have none */
  thalnet__end_writing(net);
  return THALNET_OK;
}

thalnet_status thalnet_center_clear_gradients(thalnet_center *net) {
  THALNET__TRY(thalnet__check_center(net, "thalnet_center_clear_gradients"));
  if (net->gradients == NULL)
    return thalnet__fail(THALNET_ERROR_STATE, "thalnet_center_clear_gradients: there are no gradients");
  THALNET__TRY(thalnet__begin_writing(net));
  thalnet__clear_gradients(net);
  thalnet__end_writing(net);
  return THALNET_OK;
}

thalnet_status thalnet_center_begin_write(thalnet_center *net, real **values_out, size_t *count_out) {
  if (values_out != NULL) *values_out = NULL;
  if (count_out != NULL) *count_out = 0;
  THALNET__TRY(thalnet__check_built(net, "thalnet_center_begin_write"));
  THALNET__TRY(thalnet__check_pointer(values_out, "thalnet_center_begin_write", "values_out"));
  THALNET__TRY(thalnet__check_pointer(count_out, "thalnet_center_begin_write", "count_out"));
  THALNET__TRY(thalnet__begin_writing(net));
  net->lent = 1;
  *values_out = net->parameters;
  *count_out = net->parameter_count;
  return THALNET_OK;
}

thalnet_status thalnet_center_end_write(thalnet_center *net) {
  THALNET__TRY(thalnet__check_center(net, "thalnet_center_end_write"));
  if (!net->lent) return thalnet__fail(THALNET_ERROR_STATE, "thalnet_center_end_write: the block is not lent");
  const thalnet__floating mode = thalnet__floating_enter();
  thalnet_status status = thalnet__check_parameters(net, 0, net->parameter_count, net->parameters);
  if (status == THALNET_OK) status = thalnet__prepare(net);
  thalnet__floating_leave(mode);
  if (status != THALNET_OK) return status;
  net->lent = 0;
  thalnet__end_writing(net);
  return THALNET_OK;
}
