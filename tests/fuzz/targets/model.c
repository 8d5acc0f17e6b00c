/* SPDX-License-Identifier: MIT */
/* A model file of unknown origin: loaded or refused, with what the options offer; nothing else. */
#include "../load.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  for (int32_t choice = 0; choice < 4; choice++) {
    const struct fuzz_load load = {.allow_nonfinite = choice & 1, .layers = choice & 2 ? FUZZ_LAYERS : 0};
    struct fuzz_memory memory;
    thalnet_center *net = fuzz_load(bytes, size, &load, &memory);
    thalnet_center_free(net);
    fuzz_memory_end(&memory, "a loaded center");
  }
  return 0;
}
