/* SPDX-License-Identifier: MIT */
/* Numbers as they stand in a file: little-endian whatever the machine, float32 whatever `real` is. */
#ifndef THALNET_IO_BYTES_H
#define THALNET_IO_BYTES_H

#include <stddef.h>
#include <stdint.h>

#include "core/real.h"

/* Parameters go to and from a file in pieces of this many numbers, through a buffer on the stack, which may be small. */
enum { THALNET__PIECE = 1024, THALNET__FLOAT_BYTES = 4 };

uint64_t thalnet__get_u64(const unsigned char bytes[8]);
void thalnet__put_u64(unsigned char bytes[8], uint64_t value);
void thalnet__get_floats(const unsigned char *bytes, size_t count, real *values);
void thalnet__put_floats(unsigned char *bytes, size_t count, const real *values);

#endif
