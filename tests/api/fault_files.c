/* SPDX-License-Identifier: MIT */
/* Models and checkpoints are saved and loaded. */
#include <stdlib.h>

#include "fault_scenarios.h"

static unsigned char stored[1 << 18];
static size_t stored_size;

/* A file of a network that has nothing to do with the memory that fails; made once. */
static void store(void) {
  if (stored_size == 0) {
    thalnet_center *net = support_net(SUPPORT_READERS, NULL);
    EXPECT_OK(thalnet_center_save_memory(net, stored, sizeof stored, &stored_size));
    thalnet_center_free(net);
  }
}

/* No file stays open. */
static void close_all(struct support_io *io) {
  if (io->open != 0) {
    abort();
  }
  support_io_clear(io);
}

void fault_save(struct fault *fault, int32_t which) {
  struct support_io io = {0};
  const thalnet_io hooks = support_io_hooks(&io);
  thalnet_save_options save = THALNET_SAVE_OPTIONS_INIT;
  static unsigned char bytes[1 << 18];
  size_t size = 0;
  (void)which;
  save.io = &hooks;
  fault_net(fault, SUPPORT_READERS);
  FAULT_TRY(fault, thalnet_center_save(fault->net, "m", &save));
  FAULT_TRY(fault, thalnet_center_save_memory(fault->net, NULL, 0, &size));
  FAULT_TRY(fault, thalnet_center_save_memory(fault->net, bytes, sizeof bytes, &size));
  close_all(&io);
}

void fault_load(struct fault *fault, int32_t which) {
  struct support_io io = {.chunk = 3000};
  const thalnet_io hooks = support_io_hooks(&io);
  thalnet_load_options load = THALNET_LOAD_OPTIONS_INIT;
  (void)which;
  store();
  load.center = fault->options;
  load.io = &hooks;
  support_io_put(&io, "m", stored, stored_size);
  FAULT_TRY(fault, thalnet_center_load("m", &load, &fault->net));
  if ((fault->net == NULL) != (fault->status != THALNET_OK)) {
    abort();
  }
  close_all(&io);
}

void fault_load_memory(struct fault *fault, int32_t which) {
  thalnet_load_options load = THALNET_LOAD_OPTIONS_INIT;
  (void)which;
  store();
  load.center = fault->options;
  FAULT_TRY(fault, thalnet_center_load_memory(stored, stored_size, &load, &fault->net));
  if ((fault->net == NULL) != (fault->status != THALNET_OK)) {
    abort();
  }
  fault_fill(fault, fault->net, 2, 3);
  FAULT_TRY(fault, thalnet_forward(fault->net, fault->batch, NULL));
}

/* Saved, loaded over what has learned more meanwhile, and by someone who wants the network alone. */
void fault_checkpoint(struct fault *fault, int32_t which) {
  struct support_io io = {0};
  const thalnet_io hooks = support_io_hooks(&io);
  thalnet_optimizer_options averaging = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_checkpoint_options options = THALNET_CHECKPOINT_OPTIONS_INIT;
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  thalnet_load_options load = THALNET_LOAD_OPTIONS_INIT;
  static const thalnet_checkpoint_pair pairs[] = {{"epoch", "3"}, {"note", "\"quoted\""}};
  (void)which;
  averaging.average = 0.9;
  options.io = load.io = &hooks;
  load.center = fault->options;
  fault_net(fault, SUPPORT_SMALL);
  FAULT_TRY(fault, thalnet_optimizer_create(fault->net, THALNET_ADAM, &averaging, &fault->optimizer));
  FAULT_TRY(fault, thalnet_state_create(fault->net, 2, NULL, &fault->state));
  fault_fill(fault, fault->net, 2, 3);
  contents.net = fault->net;
  contents.optimizer = fault->optimizer;
  contents.states = &fault->state;
  contents.state_count = 1;
  contents.pairs = pairs;
  contents.pair_count = 2;
  for (int i = 0; i < 2; i++) {
    FAULT_TRY(fault, thalnet_forward_backward(fault->net, fault->batch, fault->state));
    FAULT_TRY(fault, thalnet_step(fault->optimizer, fault->net));
    if (i == 0) {
      FAULT_TRY(fault, thalnet_checkpoint_save("c", &contents, &options));
    }
  }
  FAULT_TRY(fault, thalnet_checkpoint_load("c", &contents, &options, &fault->checkpoint));
  FAULT_TRY(fault, thalnet_center_load("c", &load, &fault->copy));
  close_all(&io);
}
