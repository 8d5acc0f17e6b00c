/* SPDX-License-Identifier: MIT */
#include "fault_scenarios.h"

#include <stdlib.h>

const struct fault_scenario fault_scenarios[] = {
    {"build", fault_build, 0, 1, 0},
    {"linear reader", fault_reader, 0, 1, 0},
    {"weight-norm reader", fault_reader, 1, 1, 0},
    {"softmax reader", fault_reader, 2, 1, 0},
    {"Gaussian reader", fault_reader, 3, 1, 0},
    {"normalized reader", fault_reader, 4, 1, 0},
    {"linear reader, skip_own", fault_reader, 5, 1, 0},
    {"softmax reader, skip_own", fault_reader, 6, 3, 0},
    {"dense", fault_layer, 0, 1, 0},
    {"GRU", fault_layer, 1, 1, 0},
    {"GRU, reset before, layer norm", fault_layer, 2, 1, 0},
    {"LSTM", fault_layer, 3, 1, 0},
    {"LSTM, layer norm, zoneout", fault_layer, 4, 3, 0},
    {"leaky layer of the host", fault_layer, 5, 1, 0},
    {"peephole layer of the host", fault_layer, 6, 3, 0},
    {"large", fault_large, 0, 1, 0},
    {"large, three threads", fault_large, 0, 3, 0},
    {"SGD", fault_optimizer, THALNET_SGD, 1, 0},
    {"RMSProp", fault_optimizer, THALNET_RMSPROP, 1, 0},
    {"Adam", fault_optimizer, THALNET_ADAM, 1, 0},
    {"AdamW", fault_optimizer, THALNET_ADAMW, 1, 0},
    {"train", fault_train, 0, 1, 0},
    {"train, three threads", fault_train, 0, 3, 0},
    {"train in order", fault_train, 0, 1, 1},
    {"two calls", fault_two_calls, 0, 1, 0},
    {"two calls, three threads", fault_two_calls, 0, 3, 0},
    {"everything of a batch", fault_everything_of_a_batch, 0, 1, 0},
    {"everything of a batch, three threads", fault_everything_of_a_batch, 0, 3, 0},
    {"windows", fault_windows, 0, 1, 0},
    {"windows in order", fault_windows, 0, 3, 1},
    {"live", fault_live, 0, 1, 0},
    {"settle", fault_settle, 0, 1, 0},
    {"executor", fault_executor, 0, 3, 0},
    {"write", fault_write, 0, 1, 0},
    {"freeze", fault_freeze, 0, 1, 0},
    {"gradient check", fault_check_gradients, 0, 1, 0},
    {"grow", fault_grow, 0, 1, 0},
    {"grow readers", fault_grow_readers, 0, 1, 0},
    {"take away", fault_take_away, 0, 1, 0},
    {"layers of the host", fault_host_layers, 0, 1, 0},
    {"evaluate", fault_evaluate, 0, 1, 0},
    {"evaluate, three threads", fault_evaluate, 0, 3, 0},
    {"trace", fault_trace, 0, 1, 0},
    {"graph", fault_graph, 0, 1, 0},
    {"similarity", fault_similarity, 0, 1, 0},
    {"ablate", fault_ablate, 0, 1, 0},
    {"ablate, three threads", fault_ablate, 0, 3, 0},
    {"watch", fault_watch, 0, 1, 0},
    {"save", fault_save, 0, 1, 0},
    {"load", fault_load, 0, 1, 0},
    {"load from memory", fault_load_memory, 0, 3, 0},
    {"checkpoint", fault_checkpoint, 0, 1, 0},
};
const size_t fault_scenario_count = sizeof fault_scenarios / sizeof fault_scenarios[0];

void fault_net(struct fault *fault, int32_t kind) {
  FAULT_TRY(fault, support_try_net(kind, fault->options, &fault->net));
  if ((fault->net == NULL) != (fault->status != THALNET_OK)) {
    abort();
  }
}

void fault_fill(struct fault *fault, thalnet_center *net, size_t sequences, size_t frames) {
  FAULT_TRY(fault, thalnet_batch_create(net, sequences, frames, NULL, &fault->batch));
  FAULT_TRY(fault, support_try_fill(net, fault->batch, sequences, frames, 1));
}

/* Whatever went wrong around it, a network that is built can be trained. */
static void expect_trainable(thalnet_center *net) {
  if (net && thalnet_center_is_built(net)) {
    thalnet_batch *batch = support_batch(net, 2, 2);
    support_fill(net, batch, 2, 2, 9);
    EXPECT_OK(thalnet_forward_backward(net, batch, NULL));
    thalnet_batch_free(batch);
  }
}

static void expect_usable(const struct fault *fault) {
  struct support_memory *memory = fault->options->memory->user;
  memory->fail_at = 0;
  expect_trainable(fault->draft);
  expect_trainable(fault->copy);
  expect_trainable(fault->net);
  if (fault->optimizer && fault->net && !thalnet_optimizer_averages_swapped(fault->optimizer)) {
    EXPECT_OK(thalnet_step(fault->optimizer, fault->net));
  }
  if (fault->state) {
    EXPECT_OK(thalnet_state_reset(fault->state, NULL, 0));
  }
}

thalnet_status fault_play(const struct fault_scenario *scenario, const thalnet_center_options *options) {
  struct fault fault = {.options = options};
  scenario->run(&fault, scenario->which);
  if (fault.status != THALNET_OK) {
    expect_usable(&fault);
  }
  thalnet_watch_free(fault.watch);
  thalnet_checkpoint_free(fault.checkpoint);
  thalnet_graph_free(fault.graph);
  thalnet_optimizer_free(fault.moved);
  thalnet_optimizer_free(fault.optimizer);
  thalnet_state_free(fault.other);
  thalnet_state_free(fault.state);
  thalnet_batch_free(fault.batch);
  thalnet_center_free(fault.copy);
  thalnet_center_free(fault.draft);
  thalnet_center_free(fault.net);
  return fault.status;
}
