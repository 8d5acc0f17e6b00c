/* SPDX-License-Identifier: MIT */
/* CRC-32 as in zlib, PNG and Ethernet: reflected polynomial 0xedb88320, started at and finished with all ones. */
#ifndef THALNET_IO_CRC32_H
#define THALNET_IO_CRC32_H

#include <stddef.h>
#include <stdint.h>

/* The tables are part of the sum: made in some microseconds, they need no global that threads would have to share. */
typedef struct thalnet__crc {
  uint32_t table[8][256]; /* table[k][b]: what byte b does to the sum with k bytes behind it */
  uint32_t state;
} thalnet__crc;

void thalnet__crc_start(thalnet__crc *crc);
void thalnet__crc_add(thalnet__crc *crc, const void *bytes, size_t size);
uint32_t thalnet__crc_value(const thalnet__crc *crc);

#endif
