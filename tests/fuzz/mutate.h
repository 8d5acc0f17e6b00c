/* SPDX-License-Identifier: MIT */
/* Mutators that know the format they change: without them every checksum would end the way of most inputs. */
#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's: changes bytes in place to others of its liking, and gives their number, at most `room`. */
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t size, size_t room);

/* Found by libFuzzer: changes an input in place to one of at most `room` bytes; the same for the same seed. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t room, unsigned int seed);

/* Pseudo-random numbers of a mutation. */
struct mutate_random {
  uint64_t state;
};

static inline unsigned mutate_below(struct mutate_random *random, size_t bound) {
  random->state = random->state * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)((random->state >> 33) % bound);
}

#endif
