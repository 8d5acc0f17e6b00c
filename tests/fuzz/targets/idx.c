/* SPDX-License-Identifier: MIT */
/* An idx file of unknown origin, plain or gzip. Two bytes say what it must hold, the file is the rest. */
#include <string.h>

#include "../fuzz.h"
#include "common/idx.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  struct fuzz_input input = {bytes, size};
  struct example_idx_shape shape = {1, 0, 1, 1};
  struct example_idx idx;
  struct example_error error = {""};
  const unsigned sides = fuzz_byte(&input);
  shape.max_items = 1u << fuzz_below(&input, 20);
  if (sides > 0) {
    shape.rank = 3;
    shape.rows = 1 + sides % 16;
    shape.columns = 1 + sides / 16;
  }
  const int status = example_idx_read(fuzz_file(input.bytes, input.size), &shape, &idx, &error);
  if (status != 0) {
    if (!support_text_is_good(error.text)) fuzz_fail("error text '%s'", error.text);
    if (idx.values != NULL || idx.count != 0) fuzz_fail("a refused file leaves values");
  } else {
    uint8_t sum = 0; /* all values are there */
    for (size_t i = 0; i < idx.count; i++) sum = (uint8_t)(sum + idx.values[i]);
    if (idx.count != (size_t)idx.dimensions[0] * idx.dimensions[1] * idx.dimensions[2]) fuzz_fail("%u values", sum);
  }
  example_idx_free(&idx);
  return 0;
}
