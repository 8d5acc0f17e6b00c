/* SPDX-License-Identifier: MIT */
/* Whatever can be loaded can be saved, loaded again, and is then the same network and the same file. */
#include <stdlib.h>
#include <string.h>

#include "../load.h"

enum { SEQUENCES = 1, FRAMES = 2 };

static void compare(const thalnet_center *one, const thalnet_batch *first, const thalnet_batch *second) {
  for (int32_t o = 0; o < thalnet_center_output_count(one); o++) {
    const size_t count =
        SEQUENCES * FRAMES * (size_t)thalnet_center_output_frames(one, o) * thalnet_center_output_size(one, o);
    float *values = malloc(2 * count * sizeof *values);
    FUZZ_OK(thalnet_batch_read_output(first, o, values, count));
    FUZZ_OK(thalnet_batch_read_output(second, o, values + count, count));
    if (!support_same(values, values + count, count)) fuzz_fail("a saved network says something else");
    free(values);
  }
}

/* On the same inputs both have the same outputs, bit for bit. */
static void expect_same_function(const thalnet_center *one, const thalnet_center *other) {
  const thalnet_center *const nets[] = {one, other};
  thalnet_batch *batches[2];
  thalnet_status statuses[2];
  if (!fuzz_is_small(one, SEQUENCES, FRAMES)) return;
  for (int i = 0; i < 2; i++) {
    FUZZ_OK(thalnet_batch_create(nets[i], SEQUENCES, FRAMES, NULL, &batches[i]));
    FUZZ_OK(support_try_fill(nets[i], batches[i], SEQUENCES, FRAMES, 1));
    statuses[i] = FUZZ_CALL(thalnet_forward(nets[i], batches[i], NULL));
  }
  if (statuses[0] != statuses[1]) fuzz_fail("a saved network computes with another status");
  if (statuses[0] == THALNET_OK || statuses[0] == THALNET_ERROR_NONFINITE) compare(one, batches[0], batches[1]);
  for (int i = 0; i < 2; i++) thalnet_batch_free(batches[i]);
}

static void save_twice(const thalnet_center *net, const struct fuzz_load *load) {
  struct fuzz_memory memory;
  size_t size = 0, size_again = 0;
  uint8_t *bytes = fuzz_save(net, &size);
  thalnet_center *again = fuzz_load(bytes, size, load, &memory);
  if (again == NULL) fuzz_fail("a saved file is refused: %s", thalnet_error_text());
  expect_same_function(net, again);
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
