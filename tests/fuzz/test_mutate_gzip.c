/* SPDX-License-Identifier: MIT */
/* How many changed gzip files can still be unpacked, and then hold something else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../io/run.h"
#include "fuzz.h"
#include "mutate.h"

enum { CHOICES = 2, PLAIN = 200, ROOM = 1024, MUTANTS = 2000 };

/* Its content; -1: it is damaged, or not packed. */
static long unpack(const uint8_t *packed, size_t size, uint8_t *plain, size_t room) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = (Bytef *)(uintptr_t)packed;
  stream.avail_in = (uInt)size;
  stream.next_out = plain;
  stream.avail_out = (uInt)room;
  const int status = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  return status == Z_STREAM_END ? (long)(room - stream.avail_out) : -1;
}

static size_t make(uint8_t *input, uint8_t *plain) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  for (size_t i = 0; i < PLAIN; i++) plain[i] = (uint8_t)(i * i % 23);
  ck_assert_int_eq(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = plain;
  stream.avail_in = PLAIN;
  stream.next_out = input + CHOICES;
  stream.avail_out = ROOM - CHOICES;
  ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
  deflateEnd(&stream);
  memset(input, 7, CHOICES);
  return ROOM - stream.avail_out;
}

/* How many mutants can be unpacked to something else. */
static int measure(size_t (*mutate)(uint8_t *, size_t, size_t, unsigned)) {
  uint8_t input[ROOM], plain[PLAIN], other[4 * PLAIN];
  const size_t size = make(input, plain);
  int good = 0;
  for (unsigned seed = 0; seed < MUTANTS; seed++) {
    uint8_t *mutant = malloc(ROOM); /* a block of its own, so that a sanitizer sees every step over it */
    memcpy(mutant, input, size);
    const size_t changed = mutate(mutant, size, ROOM, seed);
    ck_assert_uint_le(changed, ROOM);
    const long count = changed > CHOICES ? unpack(mutant + CHOICES, changed - CHOICES, other, sizeof other) : -1;
    good += count >= 0 && (count != PLAIN || memcmp(plain, other, PLAIN) != 0);
    free(mutant);
  }
  return good;
}

static size_t change_bytes(uint8_t *bytes, size_t size, size_t room, unsigned seed) {
  (void)seed;
  return LLVMFuzzerMutate(bytes, size, room);
}

START_TEST(mutants_can_be_unpacked) {
  const int ours = measure(LLVMFuzzerCustomMutator), bytes = measure(change_bytes);
  printf("unpacked to something else: %d mutants, %d with changed bytes, of %d\n", ours, bytes, MUTANTS);
  ck_assert_int_gt(ours, MUTANTS / 2);
  ck_assert_int_lt(ours, MUTANTS);
  ck_assert_int_lt(bytes, MUTANTS / 50);
}
END_TEST

START_TEST(anything_can_be_changed) {
  uint8_t input[ROOM], plain[PLAIN];
  const size_t whole = make(input, plain);
  for (unsigned seed = 0; seed < 300; seed++)
    for (size_t size = 0; size <= whole; size++) {
      uint8_t *bytes = malloc(whole);
      memcpy(bytes, input, size);
      ck_assert_uint_le(LLVMFuzzerCustomMutator(bytes, size, whole, seed), whole);
      free(bytes);
    }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {mutants_can_be_unpacked, anything_can_be_changed};
  return IO_RUN("mutate_gzip", tests);
}
