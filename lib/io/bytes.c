/* SPDX-License-Identifier: MIT */
#include "io/bytes.h"

#include <string.h>

uint64_t thalnet__get_u64(const unsigned char bytes[8]) {
  uint64_t value = 0;
  for (int i = 8; i > 0; i--) value = value << 8 | bytes[i - 1];
  return value;
}

void thalnet__put_u64(unsigned char bytes[8], uint64_t value) {
  for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)(value >> 8 * i);
}

/* Written so that compilers make plain moves of it where the machine's order is the file's. */
void thalnet__get_floats(const unsigned char *bytes, size_t count, real *values) {
  for (size_t i = 0; i < count; i++, bytes += THALNET__FLOAT_BYTES) {
    const uint32_t bits =
        (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    values[i] = (real)value;
  }
}

void thalnet__put_floats(unsigned char *bytes, size_t count, const real *values) {
  for (size_t i = 0; i < count; i++, bytes += THALNET__FLOAT_BYTES) {
    const float value = (float)values[i];
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    bytes[0] = (unsigned char)bits;
    bytes[1] = (unsigned char)(bits >> 8);
    bytes[2] = (unsigned char)(bits >> 16);
    bytes[3] = (unsigned char)(bits >> 24);
  }
}
