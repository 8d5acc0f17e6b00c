/* SPDX-License-Identifier: MIT */
/* Whatever can be loaded can be saved, loaded again, and is then the same file. */
#include <stdlib.h>
#include <string.h>

#include "../load.h"

static void save_twice(const thalnet_center *net, const struct fuzz_load *load) {
  struct fuzz_memory memory;
  size_t size = 0, size_again = 0;
  uint8_t *bytes = fuzz_save(net, &size);
  thalnet_center *again = fuzz_load(bytes, size, load, &memory);
  if (again == NULL) fuzz_fail("a saved file is refused: %s", thalnet_error_text());
  uint8_t *bytes_again = fuzz_save(again, &size_again);
  if (size != size_again || memcmp(bytes, bytes_again, size) != 0) fuzz_fail("a file changes when it is saved again");
  free(bytes);
  free(bytes_again);
  thalnet_center_free(again);
  fuzz_memory_end(&memory, "a center that was saved");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  const struct fuzz_load load = {.allow_nonfinite = 1, .layers = FUZZ_LAYERS};
  struct fuzz_memory memory;
  thalnet_center *net = fuzz_load(bytes, size, &load, &memory);
  if (net != NULL) save_twice(net, &load);
  thalnet_center_free(net);
  fuzz_memory_end(&memory, "a loaded center");
  return 0;
}
