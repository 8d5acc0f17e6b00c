/* SPDX-License-Identifier: MIT */
/* One step of all modules, and how its parts are described to layers and readers. */
#ifndef THALNET_NETWORK_UNROLL_H
#define THALNET_NETWORK_UNROLL_H

#include "network/work.h"

/* One step of all modules, from slot `step` to slot after[step]. */
void thalnet__segment_step(thalnet__work *work, thalnet__segment *segment, size_t step);
/* Describes all layers at a step, in their places of the workplace; the same descriptions serve both directions. */
void thalnet__describe_step(const thalnet__work *work, const thalnet__segment *segment, size_t step);
/* What layer j of a module sees at a step, beside the task inputs. */
thalnet__const_rows thalnet__layer_input(const thalnet__work *work, const thalnet__segment *segment, size_t module,
                                         size_t j, size_t step);
/* Whose turns a step has: all modules' at once, or one after the other. Backward goes from the last turn to the first. */
static inline size_t thalnet__turns(const thalnet_center *net) { return net->in_order ? net->module_count : 1; }
static inline thalnet__range thalnet__turn(const thalnet_center *net, size_t turn) {
  return net->in_order ? (thalnet__range){turn, 1} : (thalnet__range){0, net->module_count};
}
/* Phases that a layer of any of these modules has at that depth. */
size_t thalnet__phases(const thalnet_center *net, thalnet__range modules, size_t layer, int backward);
/* How many steps from `step` on, before `end`, have their memories after them in consecutive slots. */
size_t thalnet__after_run(const thalnet__segment *segment, size_t step, size_t end);

#endif
