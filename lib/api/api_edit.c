/* SPDX-License-Identifier: MIT */
/* thalnet/edit.h. */
#include <thalnet/edit.h>

#include "api/handles.h"
#include "api/remember.h"
#include "network/build.h"
#include "network/edit.h"
#include "network/freeze.h"
#include "train/move.h"

/* --- drafts --- */

thalnet_status thalnet_center_edit(const thalnet_center *net, thalnet_center **draft_out) {
  const char *call = "thalnet_center_edit";
  if (draft_out != NULL) *draft_out = NULL;
  THALNET__TRY(thalnet__check_built(net, call));
  THALNET__TRY(thalnet__check_pointer(draft_out, call, "draft_out"));
  return thalnet__edit(net, draft_out);
}

thalnet_module *thalnet_center_get_module(thalnet_center *net, int32_t module) {
  if (net == NULL || net->magic != THALNET__CENTER_MAGIC || module < 0 || (size_t)module >= net->module_count)
    return NULL;
  return net->modules[module];
}

thalnet_status thalnet_module_remove(thalnet_module *module) {
  THALNET__TRY(thalnet__check_module(module, "thalnet_module_remove"));
  return thalnet__remember(module->net, thalnet__remove_module(module));
}

static thalnet_status thalnet__split(thalnet_module *module, const char *name, thalnet_module **second_out) {
  THALNET__TRY(thalnet__check_pointer(second_out, "thalnet_module_split", "second_out"));
  return thalnet__split_module(module, name, second_out);
}

thalnet_status thalnet_module_split(thalnet_module *module, const char *name, thalnet_module **second_out) {
  if (second_out != NULL) *second_out = NULL;
  THALNET__TRY(thalnet__check_module(module, "thalnet_module_split"));
  return thalnet__remember(module->net, thalnet__split(module, name, second_out));
}

thalnet_status thalnet_module_grow(thalnet_module *module, size_t layer, size_t units) {
  THALNET__TRY(thalnet__check_module(module, "thalnet_module_grow"));
  return thalnet__remember(module->net, thalnet__grow_layer(module, layer, units));
}

thalnet_status thalnet_module_disconnect_input(thalnet_module *module, int32_t input) {
  THALNET__TRY(thalnet__check_module(module, "thalnet_module_disconnect_input"));
  return thalnet__remember(module->net, thalnet__disconnect_input(module, input));
}

thalnet_status thalnet_module_disconnect_output(thalnet_module *module, int32_t output) {
  THALNET__TRY(thalnet__check_module(module, "thalnet_module_disconnect_output"));
  return thalnet__remember(module->net, thalnet__disconnect_output(module, output));
}

thalnet_status thalnet_center_remove_input(thalnet_center *draft, int32_t input) {
  THALNET__TRY(thalnet__check_center(draft, "thalnet_center_remove_input"));
  return thalnet__remember(draft, thalnet__remove_input(draft, input));
}

thalnet_status thalnet_center_remove_output(thalnet_center *draft, int32_t output) {
  THALNET__TRY(thalnet__check_center(draft, "thalnet_center_remove_output"));
  return thalnet__remember(draft, thalnet__remove_output(draft, output));
}

/* --- freezing --- */

thalnet_status thalnet_center_set_frozen(thalnet_center *net, const char *prefix, int32_t frozen) {
  const char *call = "thalnet_center_set_frozen";
  THALNET__TRY(thalnet__check_built(net, call));
  THALNET__TRY(thalnet__check_pointer(prefix, call, "prefix"));
  if (frozen != 0 && frozen != 1)
    return thalnet__fail(THALNET_ERROR_ARGUMENT, "%s: frozen is %d, not 0 or 1", call, frozen);
  THALNET__TRY(thalnet__begin_writing(net));
  const thalnet_status status = thalnet__set_frozen(net, prefix, frozen);
  thalnet__end_writing(net);
  return status;
}

int32_t thalnet_center_is_frozen(const thalnet_center *net, const char *tensor) {
  if (net == NULL || net->magic != THALNET__CENTER_MAGIC || !net->built || tensor == NULL) return 0;
  const thalnet__tensor *found = thalnet__find_tensor(net, tensor);
  return found != NULL && found->frozen;
}

/* --- what goes on with the new network --- */

static thalnet_status thalnet__check_descent(const thalnet_center *from, const thalnet_center *to, const char *call) {
  THALNET__TRY(thalnet__check_built(to, call));
  if (to->origin_id != from->id)
    return thalnet__fail(THALNET_ERROR_MISMATCH, "%s: the center was not made by editing the one that this belongs to",
                         call);
  return thalnet__check_readable(to);
}

thalnet_status thalnet_optimizer_move(const thalnet_optimizer *optimizer, const thalnet_center *to,
                                      thalnet_optimizer **moved_out) {
  const char *call = "thalnet_optimizer_move";
  if (moved_out != NULL) *moved_out = NULL;
  THALNET__TRY(thalnet__check_optimizer(optimizer, call));
  THALNET__TRY(thalnet__check_descent(optimizer->net, to, call));
  THALNET__TRY(thalnet__check_pointer(moved_out, call, "moved_out"));
  THALNET__TRY(thalnet__enter(&optimizer->busy, call));
  const thalnet__floating mode = thalnet__floating_enter();
  const thalnet_status status = thalnet__optimizer_move(optimizer, to, moved_out);
  thalnet__floating_leave(mode);
  thalnet__leave(&optimizer->busy);
  return status;
}

thalnet_status thalnet_state_move(const thalnet_state *state, const thalnet_center *to, thalnet_state **moved_out) {
  const char *call = "thalnet_state_move";
  if (moved_out != NULL) *moved_out = NULL;
  THALNET__TRY(thalnet__check_state(state, call));
  THALNET__TRY(thalnet__check_descent(state->net, to, call));
  THALNET__TRY(thalnet__check_pointer(moved_out, call, "moved_out"));
  THALNET__TRY(thalnet__enter(&state->busy, call));
  const thalnet_status status = thalnet__state_move(state, to, moved_out);
  thalnet__leave(&state->busy);
  return status;
}
