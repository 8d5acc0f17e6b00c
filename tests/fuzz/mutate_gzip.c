/* SPDX-License-Identifier: MIT */
/* Inputs of two bytes and a file that may be packed: what is packed is unpacked, changed and packed again. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "mutate.h"

enum { CHOICES = 2, PLAIN_ROOM = 1 << 16 };

/* The bytes of the first gzip member; 0: there is none, or it is damaged, or too large. */
static size_t unpack(const uint8_t *packed, size_t size, uint8_t *plain) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return 0;
  stream.next_in = (Bytef *)(uintptr_t)packed;
  stream.avail_in = (uInt)size;
  stream.next_out = plain;
  stream.avail_out = PLAIN_ROOM;
  const int status = inflate(&stream, Z_FINISH);
  inflateEnd(&stream);
  return status == Z_STREAM_END ? PLAIN_ROOM - stream.avail_out : 0;
}

/* Their packed form, 0: it does not fit. */
static size_t pack(const uint8_t *plain, size_t size, uint8_t *packed, size_t room, int level) {
  z_stream stream;
  memset(&stream, 0, sizeof stream);
  if (deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
  stream.next_in = (Bytef *)(uintptr_t)plain;
  stream.avail_in = (uInt)size;
  stream.next_out = packed;
  stream.avail_out = (uInt)room;
  const int status = deflate(&stream, Z_FINISH);
  deflateEnd(&stream);
  return status == Z_STREAM_END ? room - stream.avail_out : 0;
}

/* A second member behind the first, of the last half of what that holds. */
static size_t split(const uint8_t *plain, size_t size, uint8_t *packed, size_t room) {
  const size_t first = pack(plain, size / 2, packed, room, 6);
  const size_t second = first > 0 ? pack(plain + size / 2, size - size / 2, packed + first, room - first, 1) : 0;
  return second > 0 ? first + second : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t size, size_t room, unsigned int seed) {
  static uint8_t plain[PLAIN_ROOM], packed[PLAIN_ROOM];
  struct mutate_random random = {seed};
  const unsigned choice = mutate_below(&random, 16);
  if (choice < 4 || size <= CHOICES || room > PLAIN_ROOM) return LLVMFuzzerMutate(bytes, size, room);
  size_t count = unpack(bytes + CHOICES, size - CHOICES, plain);
  if (count == 0) { /* plain so far */
    count = size - CHOICES;
    memcpy(plain, bytes + CHOICES, count);
  }
  if (choice > 4) count = LLVMFuzzerMutate(plain, count, count + 64 < PLAIN_ROOM ? count + 64 : PLAIN_ROOM);
  if (choice == 5) { /* unpacked */
    if (count > room - CHOICES) count = room - CHOICES;
    memcpy(bytes + CHOICES, plain, count);
    return CHOICES + count;
  }
  const size_t result = choice == 6 ? split(plain, count, packed, room - CHOICES)
                                    : pack(plain, count, packed, room - CHOICES, (int)mutate_below(&random, 10));
  if (result == 0) return LLVMFuzzerMutate(bytes, size, room);
  memcpy(bytes + CHOICES, packed, result);
  return CHOICES + result;
}
