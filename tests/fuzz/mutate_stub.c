/* SPDX-License-Identifier: MIT */
/* In the place of libFuzzer's, for tests of the mutators: changes, inserts or removes some bytes. */
#include <string.h>

#include "mutate.h"

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t room) {
  static struct mutate_random random = {1};
  const size_t place = mutate_below(&random, size + 1);
  switch (mutate_below(&random, 3)) {
  case 0:
    if (size == room) break;
    memmove(bytes + place + 1, bytes + place, size - place);
    bytes[place] = (uint8_t)mutate_below(&random, 256);
    return size + 1;
  case 1:
    if (size < 2 || place == size) break;
    memmove(bytes + place, bytes + place + 1, size - place - 1);
    return size - 1;
  default: break;
  }
  if (size > 0) bytes[place % size] ^= (uint8_t)(1 + mutate_below(&random, 255));
  return size;
}
