/* SPDX-License-Identifier: MIT */
/* Calls that save and load, through memory; the file may change on the way. */
#include <stdlib.h>

#include "api.h"

#define IN (&api->input)

static void save(struct api *api) {
  const thalnet_center *net = api_take(api, CENTER);
  size_t size = 0;
  const size_t room = api_count(api, SIZE_MAX) == 0 ? 100 : sizeof api->file;
  const thalnet_status status = FUZZ_CALL(thalnet_center_save_memory(net, api->file, room, &size));
  if (status == THALNET_OK && size > room) fuzz_fail("a file of %zu bytes in %zu", size, room);
  api->file_size = status == THALNET_OK ? size : 0;
}

/* One byte becomes another, or the end is missing. */
static void change(struct api *api) {
  const unsigned place = fuzz_number(IN);
  const uint8_t difference = fuzz_byte(IN);
  if (api->file_size == 0) return;
  api->file[place % api->file_size] ^= difference;
  if (difference == 0) api->file_size = place % api->file_size;
}

static void load(struct api *api) {
  thalnet_center_options center = THALNET_CENTER_OPTIONS_INIT;
  thalnet_load_options options = THALNET_LOAD_OPTIONS_INIT;
  thalnet_center *net = (thalnet_center *)(void *)api;
  center.memory = &api->memory.hooks;
  options.center = &center;
  options.layers = fuzz_layers;
  options.layer_count = fuzz_below(IN, FUZZ_LAYERS + 1);
  options.allow_nonfinite = (int32_t)fuzz_below(IN, 2);
  const thalnet_status status = FUZZ_CALL(thalnet_center_load_memory(api->file, api->file_size, &options, &net));
  api_keep(api, CENTER, status, net, NULL);
}

/* A training of handles that need not belong together. */
static thalnet_checkpoint_contents take_contents(struct api *api, thalnet_state **states) {
  static const thalnet_checkpoint_pair pairs[] = {{"a", "1"}, {"b", ""}, {"a", "2"}, {"B", "3"}, {"c", "\xff"}};
  thalnet_checkpoint_contents contents = THALNET_CHECKPOINT_CONTENTS_INIT;
  contents.net = api_take(api, CENTER);
  contents.optimizer = fuzz_below(IN, 2) ? api_take(api, OPTIMIZER) : NULL;
  contents.state_count = fuzz_below(IN, 3);
  for (size_t i = 0; i < contents.state_count; i++) states[i] = api_take(api, STATE);
  contents.states = states;
  const uint8_t byte = fuzz_byte(IN);
  contents.pairs = pairs;
  contents.pair_count = byte % 16 != 15 ? byte % 3 : byte / 16 % 6;
  return contents;
}

static void save_checkpoint(struct api *api) {
  thalnet_state *states[3];
  const thalnet_checkpoint_contents contents = take_contents(api, states);
  size_t size = 0;
  const thalnet_status status =
      FUZZ_CALL(thalnet_checkpoint_save_memory(&contents, api->file, sizeof api->file, &size));
  api->file_size = status == THALNET_OK ? size : 0;
}
static void load_checkpoint(struct api *api) {
  thalnet_state *states[3];
  const thalnet_checkpoint_contents contents = take_contents(api, states);
  thalnet_checkpoint *checkpoint = (thalnet_checkpoint *)(void *)api;
  const thalnet_status status =
      FUZZ_CALL(thalnet_checkpoint_load_memory(api->file, api->file_size, &contents, &checkpoint));
  api_keep(api, CHECKPOINT, status, checkpoint, contents.net);
}
static void ask_checkpoint(struct api *api) {
  const thalnet_checkpoint *checkpoint = api_take(api, CHECKPOINT);
  size_t count = 0;
  const thalnet_checkpoint_pair *pairs = thalnet_checkpoint_pairs(checkpoint, &count);
  if (count > 0 && thalnet_checkpoint_find(checkpoint, pairs[0].key) == NULL) fuzz_fail("a pair is not found");
  thalnet_checkpoint_build(checkpoint);
  thalnet_checkpoint_same_build(checkpoint);
}

static api_call *const calls[] = {save, change, load, save_checkpoint, load_checkpoint, ask_checkpoint};
const struct api_calls api_file_calls = {calls, sizeof calls / sizeof calls[0]};
