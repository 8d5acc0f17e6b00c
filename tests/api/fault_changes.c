/* SPDX-License-Identifier: MIT */
/* Networks that change while they learn. */
#include <stdlib.h>

#include "fault_scenarios.h"
#include "host_layers.h"

/* A network grows in the middle of training, with its optimizer and a stream. */
void fault_grow(struct fault *fault, int32_t which) {
  thalnet_optimizer_options averaging = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_module *module = NULL;
  (void)which;
  averaging.average = 0.9;
  fault_net(fault, SUPPORT_TASKS);
  FAULT_TRY(fault, thalnet_optimizer_create(fault->net, THALNET_ADAM, &averaging, &fault->optimizer));
  FAULT_TRY(fault, thalnet_state_create(fault->net, 2, NULL, &fault->state));
  FAULT_TRY(fault, thalnet_center_edit(fault->net, &fault->draft));
  FAULT_TRY(fault, thalnet_center_add_module(fault->draft, NULL, NULL, &module));
  FAULT_TRY(fault, thalnet_module_add_gru(module, 3, NULL));
  FAULT_TRY(fault, thalnet_module_add_reader(module, THALNET_LINEAR, 2, NULL, NULL));
  FAULT_TRY(fault, thalnet_module_grow(thalnet_center_get_module(fault->draft, 0), 0, 2));
  if (fault->status == THALNET_OK) {
    FAULT_TRY(fault, thalnet_module_split(thalnet_center_get_module(fault->draft, 0), "second", &module));
    if ((module == NULL) != (fault->status != THALNET_OK) ||
        thalnet_center_module_count(fault->draft) != (fault->status == THALNET_OK ? 4 : 3)) {
      abort();
    }
  }
  FAULT_TRY(fault, thalnet_module_remove(thalnet_center_get_module(fault->draft, 2)));
  FAULT_TRY(fault, thalnet_center_build(fault->draft, 2));
  FAULT_TRY(fault, thalnet_optimizer_move(fault->optimizer, fault->draft, &fault->moved));
  FAULT_TRY(fault, thalnet_state_move(fault->state, fault->draft, &fault->other));
  fault_fill(fault, fault->draft, 2, 3);
  FAULT_TRY(fault, thalnet_forward_backward(fault->draft, fault->batch, fault->other));
  FAULT_TRY(fault, thalnet_step(fault->moved, fault->draft));
}

/* Two generations of readers that see new features, the second of which outlives the first, and a file of it. */
void fault_grow_readers(struct fault *fault, int32_t which) {
  thalnet_load_options load = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center_size measured = THALNET_CENTER_SIZE_INIT;
  float routing[25];
  static unsigned char file[1 << 20];
  size_t size = 0;
  (void)which;
  load.center = fault->options;
  fault_net(fault, SUPPORT_READERS);
  for (size_t generation = 1; generation < 3 && fault->status == THALNET_OK; generation++) {
    FAULT_TRY(fault, thalnet_center_edit(fault->net, &fault->draft));
    FAULT_TRY(fault, thalnet_module_grow(thalnet_center_get_module(fault->draft, 2), 1, generation));
    FAULT_TRY(fault, thalnet_center_measure(fault->draft, &measured));
    FAULT_TRY(fault, thalnet_center_build(fault->draft, 2));
    if (fault->status == THALNET_OK) {
      thalnet_center_free(fault->net);
      fault->net = fault->draft;
      fault->draft = NULL;
    }
  }
  fault_fill(fault, fault->net, 2, 3);
  FAULT_TRY(fault, thalnet_forward_backward(fault->net, fault->batch, NULL));
  FAULT_TRY(fault, thalnet_center_routing(fault->net, fault->batch, THALNET_ROUTING_WEIGHT, routing, 25));
  FAULT_TRY(fault, thalnet_center_save_memory(fault->net, file, sizeof file, &size));
  FAULT_TRY(fault, thalnet_center_load_memory(file, size, &load, &fault->copy));
}

/* Tasks and modules go; others are connected. */
void fault_take_away(struct fault *fault, int32_t which) {
  thalnet_module *module = NULL;
  (void)which;
  fault_net(fault, SUPPORT_TASKS);
  FAULT_TRY(fault, thalnet_optimizer_create(fault->net, THALNET_RMSPROP, NULL, &fault->optimizer));
  FAULT_TRY(fault, thalnet_center_edit(fault->net, &fault->draft));
  if (fault->status == THALNET_OK) {
    module = thalnet_center_get_module(fault->draft, 1);
  }
  FAULT_TRY(fault, thalnet_module_disconnect_input(module, 1));
  FAULT_TRY(fault, thalnet_module_disconnect_output(module, 1));
  FAULT_TRY(fault, thalnet_center_remove_input(fault->draft, 0));
  FAULT_TRY(fault, thalnet_center_remove_output(fault->draft, 2));
  FAULT_TRY(fault, thalnet_center_add_output(fault->draft, "more", 2, THALNET_MEAN_SQUARED_ERROR, NULL, NULL));
  FAULT_TRY(fault, thalnet_module_connect_output(module, 2));
  FAULT_TRY(fault, thalnet_center_build(fault->draft, 2));
  FAULT_TRY(fault, thalnet_optimizer_move(fault->optimizer, fault->draft, &fault->moved));
  fault_fill(fault, fault->draft, 2, 3);
  FAULT_TRY(fault, thalnet_forward_backward(fault->draft, fault->batch, NULL));
  FAULT_TRY(fault, thalnet_step(fault->moved, fault->draft));
}

/* A network with layers of the host, changed, trained and loaded. */
void fault_host_layers(struct fault *fault, int32_t which) {
  static const thalnet_layer *const known[] = {&host_leaky, &host_peeps};
  thalnet_load_options load = THALNET_LOAD_OPTIONS_INIT;
  thalnet_module *module = NULL;
  static unsigned char bytes[65536];
  size_t size = 0;
  (void)which;
  load.center = fault->options;
  load.layers = known;
  load.layer_count = 2;
  fault_net(fault, SUPPORT_SMALL);
  FAULT_TRY(fault, thalnet_center_edit(fault->net, &fault->draft));
  FAULT_TRY(fault, thalnet_center_add_module(fault->draft, NULL, NULL, &module));
  for (size_t j = 0; j < 5; j++) { /* so that the module's table grows */
    FAULT_TRY(fault, thalnet_module_add_layer(module, 3, known[j % 2]));
  }
  FAULT_TRY(fault, thalnet_module_add_reader(module, THALNET_LINEAR, 2, NULL, NULL));
  FAULT_TRY(fault, thalnet_center_build(fault->draft, 2));
  FAULT_TRY(fault, thalnet_center_edit(fault->draft, &fault->copy));
  if (fault->status == THALNET_OK) {
    FAULT_TRY(fault, thalnet_module_split(thalnet_center_get_module(fault->copy, 2), "second", &module));
  }
  FAULT_TRY(fault, thalnet_center_build(fault->copy, 3));
  fault_fill(fault, fault->copy, 5, 3);
  FAULT_TRY(fault, thalnet_forward_backward(fault->copy, fault->batch, NULL));
  FAULT_TRY(fault, thalnet_center_save_memory(fault->copy, bytes, sizeof bytes, &size));
  if (fault->status == THALNET_OK) {
    thalnet_center_free(fault->net);
    fault->net = NULL;
  }
  FAULT_TRY(fault, thalnet_center_load_memory(bytes, size, &load, &fault->net));
}
