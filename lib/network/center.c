/* SPDX-License-Identifier: MIT */
/* Life and death of a center, and the rule of one writer. */
#include "module/host_layer.h"
#include "network/spread.h"

void thalnet__center_keep(const thalnet_center *net) {
  /* the count is no part of what const protects: holders of a const center may keep it alive */
  atomic_fetch_add_explicit((atomic_size_t *)(uintptr_t)&net->references, 1, memory_order_relaxed);
}

void thalnet__module_destroy(const thalnet_memory *memory, thalnet_module *module) {
  for (size_t j = 0; j < module->layer_count; j++) thalnet__host_layer_drop(memory, module->layers[j].layer.kind);
  thalnet__release(memory, module->layers, module->layer_capacity, sizeof *module->layers);
  thalnet__release(memory, module->inputs, module->input_capacity, sizeof *module->inputs);
  thalnet__release(memory, module->outputs, module->output_capacity, sizeof *module->outputs);
  thalnet__release_parts(memory, &module->reader.reading);
  module->magic = 0;
  module->reader.magic = 0;
  thalnet__release(memory, module, 1, sizeof *module);
}

static void thalnet__center_destroy(thalnet_center *net) {
  const thalnet_memory memory = net->memory;
  thalnet__threads_stop(&net->threads);
  for (size_t i = 0; i < net->module_count; i++) thalnet__module_destroy(&memory, net->modules[i]);
  for (size_t i = 0; i < net->removed_count; i++) thalnet__module_destroy(&memory, net->removed[i]);
  if (net->origin != NULL) thalnet__center_drop(net->origin);
  thalnet__release(&memory, net->removed, net->removed_capacity, sizeof *net->removed);
  thalnet__release(&memory, net->modules, net->module_capacity, sizeof *net->modules);
  thalnet__release(&memory, net->inputs, net->input_capacity, sizeof *net->inputs);
  thalnet__release(&memory, net->outputs, net->output_capacity, sizeof *net->outputs);
  if (net->gradients != NULL) thalnet__release(&memory, net->received, net->tensor_count, sizeof *net->received);
  thalnet__release(&memory, net->gradients, net->parameter_count, sizeof *net->gradients);
  thalnet__release(&memory, net->parameters, net->parameter_count, sizeof *net->parameters);
  thalnet__release(&memory, net->prepared, net->prepared_count, sizeof *net->prepared);
  thalnet__release(&memory, net->tensors, net->tensor_count, sizeof *net->tensors);
  net->magic = 0;
  thalnet__release(&memory, net, 1, sizeof *net);
}

void thalnet__center_drop(const thalnet_center *net) {
  thalnet_center *mine = (thalnet_center *)(uintptr_t)net;
  if (atomic_fetch_sub_explicit(&mine->references, 1, memory_order_acq_rel) == 1) thalnet__center_destroy(mine);
}

thalnet_status thalnet__begin_writing(thalnet_center *net) {
  int free_place = 0;
  if (!atomic_compare_exchange_strong(&net->writing, &free_place, 1))
    return thalnet__fail(THALNET_ERROR_BUSY, "the center is being trained or written");
  return THALNET_OK;
}

void thalnet__end_writing(thalnet_center *net) { atomic_store(&net->writing, 0); }

thalnet_status thalnet__check_readable(const thalnet_center *net) {
  if (atomic_load((const atomic_int *)&net->writing))
    return thalnet__fail(THALNET_ERROR_BUSY, "the center is being trained or written");
  return THALNET_OK;
}
