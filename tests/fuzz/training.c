/* SPDX-License-Identifier: MIT */
#include "training.h"

#include <stdlib.h>
#include <string.h>

enum { SEQUENCES = 2, FRAMES = 2 };

static void add_module(thalnet_center *net, int32_t reader, int lstm) {
  thalnet_module *module = NULL;
  FUZZ_OK(thalnet_center_add_module(net, NULL, NULL, &module));
  FUZZ_OK(lstm ? thalnet_module_add_lstm(module, 1, NULL) : thalnet_module_add_gru(module, 1, NULL));
  FUZZ_OK(thalnet_module_add_reader(module, reader, 1, NULL, NULL));
  FUZZ_OK(thalnet_module_connect_input(module, 0));
  FUZZ_OK(thalnet_module_connect_output(module, 0));
}

static thalnet_center *make_net(const thalnet_memory *memory, int kind) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  options.memory = memory;
  options.learned_start = kind == FUZZ_ADAM;
  FUZZ_OK(thalnet_center_create(&options, &net));
  FUZZ_OK(thalnet_center_add_input(net, "x", 1, NULL, NULL));
  FUZZ_OK(thalnet_center_add_output(net, "y", 2, THALNET_CROSS_ENTROPY, NULL, NULL));
  add_module(net, kind == FUZZ_NONE ? THALNET_SOFTMAX : THALNET_WEIGHT_NORM, kind == FUZZ_ADAM);
  FUZZ_OK(thalnet_center_build(net, 1));
  return net;
}

/* Another module is new to the reader of the first, which gets a second part for it. */
static thalnet_center *grown(thalnet_center *net) {
  thalnet_center *draft = NULL;
  FUZZ_OK(thalnet_center_edit(net, &draft));
  add_module(draft, THALNET_LINEAR, 0);
  FUZZ_OK(thalnet_center_build(draft, 2));
  thalnet_center_free(net);
  return draft;
}

static thalnet_optimizer *make_optimizer(const thalnet_center *net, int kind) {
  static const int32_t kinds[] = {THALNET_ADAM, THALNET_SGD, THALNET_RMSPROP};
  thalnet_optimizer_options options = THALNET_OPTIMIZER_OPTIONS_INIT;
  thalnet_optimizer *optimizer = NULL;
  if (kind == FUZZ_NONE) return NULL;
  options.rate = 0.01;
  options.momentum = kind == FUZZ_SGD ? 0.5 : 0.0;
  options.average = kind == FUZZ_ADAM ? 0.75 : 0.0;
  FUZZ_OK(thalnet_optimizer_create(net, kinds[kind], &options, &optimizer));
  return optimizer;
}

void fuzz_training_start(struct fuzz_training *training, int kind) {
  static const thalnet_checkpoint_pair pairs[] = {{"epoch", "3"}, {"note", "\xc3\xa4 \"b\" \\\n"}};
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  memset(training, 0, sizeof *training);
  fuzz_memory_start(&training->memory, FUZZ_MEMORY_MOST);
  contents.net = make_net(&training->memory.hooks, kind);
  if (kind == FUZZ_NONE) contents.net = grown(contents.net);
  contents.optimizer = make_optimizer(contents.net, kind);
  contents.states = training->states;
  contents.state_count = kind == FUZZ_ADAM ? 2 : kind == FUZZ_RMSPROP ? 1 : 0;
  contents.pairs = pairs;
  contents.pair_count = kind == FUZZ_SGD ? 0 : 2;
  for (size_t i = 0; i < contents.state_count; i++)
    FUZZ_OK(thalnet_state_create(contents.net, SEQUENCES + i, NULL, &training->states[i]));
  training->contents = contents;
}

void fuzz_training_go_on(struct fuzz_training *training, uint64_t seed, int steps) {
  const thalnet_checkpoint_contents *contents = &training->contents;
  thalnet_batch *batch = NULL;
  FUZZ_OK(thalnet_batch_create(contents->net, SEQUENCES, FRAMES, NULL, &batch));
  for (int i = 0; i < steps; i++) {
    FUZZ_OK(support_try_fill(contents->net, batch, SEQUENCES, FRAMES, seed + (uint64_t)i));
    FUZZ_OK(thalnet_forward_backward(contents->net, batch, training->states[0]));
    if (contents->optimizer)
      FUZZ_OK(thalnet_step(contents->optimizer, contents->net));
    else
      FUZZ_OK(thalnet_center_clear_gradients(contents->net));
  }
  thalnet_batch_free(batch);
}

uint8_t *fuzz_training_save(const struct fuzz_training *training, size_t *size_out) {
  size_t size = 0;
  FUZZ_OK(thalnet_checkpoint_save_memory(&training->contents, NULL, 0, &size));
  uint8_t *bytes = malloc(size);
  if (bytes == NULL) fuzz_fail("no memory for a checkpoint of %zu bytes", size);
  FUZZ_OK(thalnet_checkpoint_save_memory(&training->contents, bytes, size, size_out));
  return bytes;
}

void fuzz_training_end(struct fuzz_training *training) {
  thalnet_optimizer_free(training->contents.optimizer);
  for (size_t i = 0; i < training->contents.state_count; i++) thalnet_state_free(training->states[i]);
  thalnet_center_free(training->contents.net);
  fuzz_memory_end(&training->memory, "a training");
}
