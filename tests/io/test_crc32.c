/* SPDX-License-Identifier: MIT */
/* Our checksum is zlib's, however the bytes are cut into pieces. */
#include <string.h>
#include <zlib.h>

#include "io/crc32.h"
#include "io/run.h"

static unsigned long long state = 1;

static uint32_t draw(void) { return io_draw(&state, 1u << 31); }

static uint32_t sum(const void *bytes, size_t size) {
  thalnet__crc crc;
  thalnet__crc_start(&crc);
  thalnet__crc_add(&crc, bytes, size);
  return thalnet__crc_value(&crc);
}

static uint32_t oracle(const unsigned char *bytes, size_t size) {
  return (uint32_t)crc32_z(crc32_z(0, NULL, 0), bytes, size);
}

START_TEST(known_values) {
  ck_assert_uint_eq(sum("", 0), 0);
  ck_assert_uint_eq(sum("123456789", 9), 0xcbf43926u); /* the check value of every catalogue of such sums */
  ck_assert_uint_eq(sum("a", 1), 0xe8b7be43u);
}
END_TEST

/* Every length up to a few turns of the loop, at every alignment. */
START_TEST(lengths_and_alignments) {
  unsigned char bytes[100];
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = (unsigned char)draw();
  }
  for (size_t start = 0; start < 16; start++) {
    for (size_t size = 0; start + size <= sizeof bytes; size++) {
      ck_assert_uint_eq(sum(bytes + start, size), oracle(bytes + start, size));
    }
  }
}
END_TEST

START_TEST(pieces) {
  enum { SIZE = 1 << 18 };
  unsigned char *bytes = malloc(SIZE);
  for (size_t i = 0; i < SIZE; i++) {
    bytes[i] = (unsigned char)draw();
  }
  uint32_t whole = oracle(bytes, SIZE);
  ck_assert_uint_eq(sum(bytes, SIZE), whole);
  for (int round = 0; round < 50; round++) {
    thalnet__crc crc;
    thalnet__crc_start(&crc);
    for (size_t at = 0, piece; at < SIZE; at += piece) {
      piece = draw() % (round % 2 ? 7000 : 20);
      if (piece > SIZE - at) {
        piece = SIZE - at;
      }
      thalnet__crc_add(&crc, bytes + at, piece);
    }
    ck_assert_uint_eq(thalnet__crc_value(&crc), whole);
  }
  free(bytes);
}
END_TEST

/* The value may be asked for in the middle. */
START_TEST(asking_changes_nothing) {
  thalnet__crc crc;
  thalnet__crc_start(&crc);
  ck_assert_uint_eq(thalnet__crc_value(&crc), 0);
  thalnet__crc_add(&crc, "1234", 4);
  ck_assert_uint_eq(thalnet__crc_value(&crc), oracle((const unsigned char *)"1234", 4));
  thalnet__crc_add(&crc, "56789", 5);
  ck_assert_uint_eq(thalnet__crc_value(&crc), 0xcbf43926u);
}
END_TEST

/* Any burst of up to 32 flipped bits is found: that is what a CRC promises. */
START_TEST(bursts_are_found) {
  unsigned char bytes[200];
  for (size_t i = 0; i < sizeof bytes; i++) {
    bytes[i] = (unsigned char)draw();
  }
  uint32_t right = sum(bytes, sizeof bytes);
  for (int round = 0; round < 20000; round++) {
    unsigned char broken[sizeof bytes];
    size_t at = draw() % (sizeof bytes - 4);
    uint32_t burst = draw() << 1 | 1;
    memcpy(broken, bytes, sizeof bytes);
    for (size_t i = 0; i < 4; i++) {
      broken[at + i] ^= (unsigned char)(burst >> 8 * i);
    }
    ck_assert_uint_ne(sum(broken, sizeof broken), right);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {known_values, lengths_and_alignments, pieces, asking_changes_nothing, bursts_are_found};
  return IO_RUN("crc32", tests);
}
