/* SPDX-License-Identifier: MIT */
#include "io/crc32.h"

void thalnet__crc_start(thalnet__crc *crc) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t rest = byte;
    for (int bit = 0; bit < 8; bit++) rest = rest >> 1 ^ (rest & 1 ? 0xedb88320u : 0);
    crc->table[0][byte] = rest;
  }
  for (int k = 1; k < 8; k++)
    for (uint32_t byte = 0; byte < 256; byte++) {
      const uint32_t before = crc->table[k - 1][byte];
      crc->table[k][byte] = before >> 8 ^ crc->table[0][before & 0xff];
    }
  crc->state = 0xffffffffu;
}

/* Eight bytes a turn: each is looked up in the table for its distance from the end, and the look-ups do not wait for one
 * another. */
void thalnet__crc_add(thalnet__crc *crc, const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  uint32_t state = crc->state;
  for (; size >= 8; size -= 8, at += 8) {
    state ^= (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
    state = crc->table[7][state & 0xff] ^ crc->table[6][state >> 8 & 0xff] ^ crc->table[5][state >> 16 & 0xff] ^
            crc->table[4][state >> 24] ^ crc->table[3][at[4]] ^ crc->table[2][at[5]] ^ crc->table[1][at[6]] ^
            crc->table[0][at[7]];
  }
  for (; size > 0; size--, at++) state = state >> 8 ^ crc->table[0][(state ^ *at) & 0xff];
  crc->state = state;
}

uint32_t thalnet__crc_value(const thalnet__crc *crc) { return crc->state ^ 0xffffffffu; }
