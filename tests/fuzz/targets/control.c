/* SPDX-License-Identifier: MIT */
/* A target that does what none should: its first byte says what. controls.sh sees that it is found. */
#include "../fuzz.h"

static void keep_a_block(struct fuzz_memory *memory) { memory->hooks.allocate(memory->hooks.user, 8, 8); }

static void give_back_another_size(struct fuzz_memory *memory) {
  void *block = memory->hooks.allocate(memory->hooks.user, 8, 8);
  memory->hooks.release(memory->hooks.user, block, 4, 8);
}

static void keep_a_center(struct fuzz_memory *memory) {
  thalnet_center_options options = THALNET_CENTER_OPTIONS_INIT;
  thalnet_center *net = NULL;
  options.memory = &memory->hooks;
  FUZZ_OK(thalnet_center_create(&options, &net));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct fuzz_input input = {bytes, size};
  struct fuzz_memory memory;
  fuzz_memory_start(&memory, 100);
  switch (fuzz_byte(&input)) {
  case 1: keep_a_block(&memory); break;
  case 2: give_back_another_size(&memory); break;
  case 3:
    memory.counts.most = FUZZ_MEMORY_MOST;
    keep_a_center(&memory);
    break;
  case 4: fuzz_status(-99, "a status that does not exist"); break;
  case 5: fuzz_status(THALNET_ERROR_DATA, "an error without a text"); break;
  case 6: fuzz_success(THALNET_ERROR_DATA, "a call that must succeed"); break;
  default: fuzz_status(thalnet_center_create(NULL, NULL), "a call that fails as it should");
  }
  fuzz_memory_end(&memory, "a control");
  return 0;
}
