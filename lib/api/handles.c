/* SPDX-License-Identifier: MIT */
#include "api/handles.h"

static thalnet_status thalnet__wrong_handle(const char *call, const char *what, const void *handle) {
  return handle == NULL ? thalnet__fail(THALNET_ERROR_HANDLE, "%s: the %s is NULL", call, what)
                        : thalnet__fail(THALNET_ERROR_HANDLE, "%s: that is not a %s, or not any more", call, what);
}

thalnet_status thalnet__check_center(const thalnet_center *net, const char *call) {
  if (net == NULL || net->magic != THALNET__CENTER_MAGIC) return thalnet__wrong_handle(call, "center", net);
  return THALNET_OK;
}

thalnet_status thalnet__check_built(const thalnet_center *net, const char *call) {
  THALNET__TRY(thalnet__check_center(net, call));
  if (!net->built) return thalnet__fail(THALNET_ERROR_STATE, "%s: the center is not built", call);
  return THALNET_OK;
}

thalnet_status thalnet__check_module(const thalnet_module *module, const char *call) {
  if (module == NULL || module->magic != THALNET__MODULE_MAGIC) return thalnet__wrong_handle(call, "module", module);
  return THALNET_OK;
}

thalnet_status thalnet__check_batch(const thalnet_batch *batch, const char *call) {
  if (batch == NULL || batch->magic != THALNET__BATCH_MAGIC) return thalnet__wrong_handle(call, "batch", batch);
  return THALNET_OK;
}

thalnet_status thalnet__check_state(const thalnet_state *state, const char *call) {
  if (state == NULL || state->magic != THALNET__STATE_MAGIC) return thalnet__wrong_handle(call, "state", state);
  return THALNET_OK;
}

thalnet_status thalnet__check_optimizer(const thalnet_optimizer *optimizer, const char *call) {
  if (optimizer == NULL || optimizer->magic != THALNET__OPTIMIZER_MAGIC)
    return thalnet__wrong_handle(call, "optimizer", optimizer);
  return THALNET_OK;
}

thalnet_status thalnet__check_pointer(const void *pointer, const char *call, const char *name) {
  if (pointer == NULL) return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: %s is NULL", call, name);
  return THALNET_OK;
}

thalnet_status thalnet__check_count(size_t count, size_t expected, const char *call) {
  if (count != expected)
    return thalnet__fail(THALNET_ERROR_SIZE, "%s: count is %zu, expected %zu", call, count, expected);
  return THALNET_OK;
}

/* The flag is no part of what const protects: a handle that is only read is still used by one thread at a time. */
thalnet_status thalnet__enter(const atomic_int *busy, const char *call) {
  int free_place = 0;
  if (!atomic_compare_exchange_strong((atomic_int *)(uintptr_t)busy, &free_place, 1))
    return thalnet__fail(THALNET_ERROR_BUSY, "%s: another thread is inside a call with this handle", call);
  return THALNET_OK;
}

void thalnet__leave(const atomic_int *busy) { atomic_store((atomic_int *)(uintptr_t)busy, 0); }
